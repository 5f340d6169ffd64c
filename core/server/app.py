"""The services of one server process, and the GraphQL endpoint that uses them."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from contextlib import AsyncExitStack, asynccontextmanager
from datetime import timedelta
from functools import partial
from time import perf_counter
from typing import Any

from graphql import DocumentNode
from starlette.types import ASGIApp

from core.accounts.authentication import BearerAuthentication
from core.accounts.login_throttle import shared_login_throttle
from core.accounts.passwords import Passwords
from core.accounts.revoked_sessions import RevokedSessions
from core.accounts.sessions import Accounts
from core.accounts.tokens import AccessTokens, RefreshTokens
from core.config.environment import Environment
from core.config.schema import graphql_schema
from core.context import Services
from core.database.cursors import CursorSigner
from core.database.database import Database
from core.database.statement_metrics import SlowStatements
from core.database.usage import USAGE, Timing
from core.documents.selectors import TrustedTexts
from core.documents.shared_texts import SharedTexts
from core.execution import Executor, FellBack
from core.graphql.codes import ERROR_DOCS
from core.graphql.http.cors import CORSPolicy
from core.graphql.http.endpoint import GraphQLHTTP
from core.graphql.http.operations import ExecutedOperation
from core.graphql.http.response_cache import ResponseCache
from core.graphql.limits.rate_limits import HOUR, MINUTE, RateLimits, Rates
from core.graphql.limits.token_buckets import Rate, TokenBuckets
from core.server.documents import document_store
from core.server.playground import playground_page
from core.server.probes import Probes
from core.server.prometheus import ExecutionCounters
from core.server.request_observer import RequestObserver
from core.server.sampler import Sampler
from core.server.subscriptions import Live
from core.server.tracing import Traces, TracingObserver
from feed.home_feeds import HomeFeeds
from interactions.graphql.exports import ExportAddress

UNCACHED_FIELDS = (
    *("viewer", "account", "homeFeed", "homeFeedUpdates", "rateLimit"),
    # A change of a text or name holds for the next search, and a sign-up for who asks whether the name is free.
    *("searchPosts", "searchUsers", "searchHashtags", "usernameAvailability"),
)


def execution_header(executed: ExecutedOperation) -> tuple[tuple[bytes, bytes], ...]:
    """The header `x-execution`: compiled, cached, or standard with the reason for the fallback."""
    result = executed.result
    how = f"standard: {result.reason}" if isinstance(result, FellBack) else "compiled"
    return ((b"x-execution", ("cached" if result is None else how).encode()),)


def own_origins(hosts: Iterable[str]) -> list[str]:
    """The origins of pages under these host names, on any port. `*` and subdomains are left out."""
    return [
        f"{scheme}://{host.removeprefix('.')}:*"
        for host in hosts
        if "*" not in host
        for scheme in ("http", "https")
    ]


class Server:
    """The services of one process. `running` opens and closes them."""

    def __init__(self, settings: Environment) -> None:
        ERROR_DOCS.url = _error_docs_url(settings)
        SlowStatements.seconds = settings.slow_statement_seconds
        self.traces = Traces() if settings.debug and settings.playground else None
        """For the playground, in development."""
        self.database = _database(settings)
        self.probes = Probes(self.database, settings.redis_url)
        self.services = Services(
            database=self.database, cursors=CursorSigner(*settings.secrets), notify=lambda: None
        )
        tokens = AccessTokens(*settings.secrets)
        self.accounts = _accounts(settings, tokens)
        self.revoked = RevokedSessions(token_life=self.accounts.access_token_life)
        self.authentication = BearerAuthentication(self.services, tokens, self.revoked)
        self.home_feeds = HomeFeeds(self.database)
        self.rate_limits = RateLimits(TokenBuckets(settings.redis_url), _rates(settings))
        address = ExportAddress((settings.api_url or "").rstrip("/"))
        for service in (self.accounts, self.home_feeds, self.rate_limits, address):
            self.services.register(service)
        self.shared_texts = SharedTexts(settings.redis_url)
        self.documents = document_store(
            settings,
            shared=self.shared_texts,
            trusted=TrustedTexts(self.database),
            suggestions=settings.debug,
            charge=self.rate_limits.admit_document,
        )
        self.sampler = Sampler(self.database)
        self.executor = Executor(
            graphql_schema,
            enabled=settings.compiled_execution,
            suggestions=settings.debug,
            counters=ExecutionCounters(),
        )
        self.observer = (TracingObserver if self.traces else RequestObserver)(settings)
        response_cache = None
        if settings.byte_cache_seconds:
            response_cache = ResponseCache(settings.byte_cache_seconds)
            self.services.drop_cached_responses = response_cache.clear
        live_origins = CORSPolicy((*settings.cors_origins, *own_origins(settings.allowed_hosts)))
        self.live = self._live(settings, live_origins)
        self.services.notify = self.live.notify
        http = self._http(settings, response_cache, live_origins)
        self.graphql: dict[str, ASGIApp] = {
            "http": self.traces.traced(http) if self.traces else http,
            "websocket": self.live.websocket,
        }
        """The ASGI applications of the GraphQL endpoint, by the type of their scope."""

    def _live(self, settings: Environment, origins: CORSPolicy) -> Live:
        return Live(
            settings,
            services=self.services,
            documents=self.documents,
            executor=self.executor,
            admission=self.rate_limits,
            observer=self.observer,
            context_for=self.authentication.context_for,
            read_token=self.authentication.read_token,
            revoke=self.revoked.add,
            hidden=self.services.drop_cached_responses,
            origins=origins,
        )

    def _http(
        self,
        settings: Environment,
        response_cache: ResponseCache | None,
        live_origins: CORSPolicy,
    ) -> GraphQLHTTP:
        return GraphQLHTTP(
            documents=self.documents,
            execute=self._execute
            if settings.traces_url
            else partial(self.executor.execute, to_json=True),
            context_for=self.authentication.context_for,
            stream=self.live.streams.serve,
            response_cache=response_cache,
            admission=self.rate_limits,
            observer=self.observer,
            compress_from=settings.compress_bytes,
            uncached_fields=UNCACHED_FIELDS,
            origins=settings.cors_origins,
            live_origins=live_origins,
            page=playground_page(development=settings.debug) if settings.playground else None,
            headers_for=execution_header if settings.debug else None,
            draft_statuses=settings.draft_statuses,
        )

    def _execute(self, document: DocumentNode, name: str | None, *more: Any) -> Any:
        """As the executor, and times the plan for a request that is traced."""
        usage = USAGE.get()
        if usage is not None and usage.timings is not None:
            began = perf_counter()
            self.executor.prepare(document, name)
            usage.timings.append(Timing("plan", began, perf_counter()))
        return self.executor.execute(document, name, *more, to_json=True)

    @asynccontextmanager
    async def running(self) -> AsyncIterator[None]:
        """Opens the services, and closes them at the end in reverse order."""
        async with AsyncExitStack() as stack:
            stack.callback(self.observer.close)
            await self.database.open()
            stack.push_async_callback(self.database.close)
            stack.push_async_callback(self.rate_limits.close)
            stack.push_async_callback(self.shared_texts.close)
            stack.callback(self.accounts.passwords.close)
            stack.callback(self.accounts.login_throttle.close)
            stack.push_async_callback(self.services.group_commits.close)
            stack.push_async_callback(self.home_feeds.close)
            await self.live.start()
            stack.push_async_callback(self.live.close)
            self.sampler.start()
            stack.callback(self.sampler.close)
            self.probes.start()
            stack.push_async_callback(self.probes.close)
            yield


def _error_docs_url(settings: Environment) -> str | None:
    """ERROR_DOCS_URL; a path is below API_URL, so that a page of another origin can follow it."""
    url = settings.error_docs_url
    is_path = url is not None and url.startswith("/")
    return f"{(settings.api_url or '').rstrip('/')}{url}" if is_path else url


def _database(settings: Environment) -> Database:
    return Database(
        settings.database_url,
        size=settings.pool_size,
        pgbouncer=settings.pgbouncer,
        acquire_seconds=settings.pool_seconds,
        waiting_at_most=settings.pool_queue,
        statement_seconds=settings.statement_seconds,
    )


def _accounts(settings: Environment, tokens: AccessTokens) -> Accounts:
    return Accounts(
        access_tokens=tokens,
        refresh_tokens=RefreshTokens(*settings.secrets),
        passwords=Passwords(),
        login_throttle=shared_login_throttle(settings.redis_url, settings.sign_in_attempts),
        access_token_life=timedelta(minutes=settings.access_token_minutes),
        refresh_token_life=timedelta(days=settings.refresh_token_days),
        sign_up_is_open=settings.sign_up == "OPEN",
        deletion_grace=timedelta(days=settings.deletion_grace_days),
    )


def _rates(settings: Environment) -> Rates:
    def rate(name: str, capacity: int, seconds: int = HOUR) -> Rate | None:
        return Rate(name, capacity, seconds) if capacity else None

    calls = [
        rate("posts", settings.posts_per_hour),
        rate("comments", settings.comments_per_hour),
        rate("follows", settings.follows_per_hour),
        rate("blocks", settings.blocks_per_hour),
        rate("reactions", settings.reactions_per_hour),
        rate("reports", settings.reports_per_hour),
        rate("exports", settings.exports_per_hour),
        rate("verification-mails", settings.verification_mails_per_hour),
        rate("uploads", settings.uploads_per_hour),
    ]
    calls_by_address = [
        rate("sign-ups", settings.sign_ups_per_hour),
        rate("sign-ins", settings.sign_ins_per_hour),
        rate("password-resets", settings.password_resets_per_hour),
    ]
    return Rates(
        rate("points", settings.user_points_per_minute, MINUTE),
        rate("points for this address", settings.address_points_per_minute, MINUTE),
        {each.name: each for each in calls if each},
        {each.name: each for each in calls_by_address if each},
    )
