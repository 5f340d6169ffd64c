"""A cache of documents, parsed, checked against the limits and validated once.

Documents are found by their text or by an identifier: in this process, and else where processes share them. What a
client registers by its hash is in Redis; what the operator trusts is in the database, and may be all that is executed.
"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable
from operator import attrgetter
from time import monotonic

from graphql import (
    DocumentNode,
    GraphQLError,
    GraphQLSchema,
    GraphQLSyntaxError,
    NoUnusedFragmentsRule,
    parse,
)
from graphql.language.visitor import VisitorKeyMap
from prometheus_client import Counter

from core.documents.identifiers import identifier_of, is_hash
from core.documents.selectors import TrustedTexts
from core.documents.shared_texts import SharedTexts
from core.errors import ClientError
from core.graphql.document import Document
from core.graphql.document_errors import syntax_entry, validation_entries
from core.graphql.errors import error_entry
from core.graphql.limits.counting import check_limits, check_text
from core.graphql.limits.limits import Limits
from core.graphql.validation import DEFINITIONS, VISITED, errors_of
from core.graphql.validation_rules import Rules, ValidationRules
from core.recently_used import RecentlyUsed

DOCUMENTS_PARSED = Counter(
    "feed_documents_parsed",
    "Documents that were not in the cache of a process, and were parsed and validated.",
    ["result"],
)
NOT_TRUSTED = (
    "Only trusted documents are executed, and this is none. Send a document of a manifest that the operator has "
    "trusted, or its `documentId`."
)
TOO_MANY_NEW = (
    "Too many new documents are being validated at the moment. Try again in a few seconds."
)
CHARACTERS_A_POINT = 4
"""How many characters of a document that is parsed take a point. They take up to 4 µs each."""
LOOK_UP_POINTS = 10
"""What a look-up by an identifier takes from the sender's address."""
PARSE_SECONDS = 5.0
TRUST_SECONDS = 60.0
"""How long a process goes by what it has read of a trusted document."""
SHARE_SECONDS = 60.0
"""A client that sends a hash with its text has found a process that did not know it: then it is shared again, at most
this often.
"""


ChargeDocument = Callable[[int, str | None], Awaitable[None] | None]
"""Takes so many points from an address, None if it is not known. Errors, at once or when awaited: RATE_LIMITED."""


def free(_points: int, _address: str | None) -> None:
    """Takes nothing."""


class DocumentStore:
    """An LRU cache of documents, bounded in number and memory."""

    def __init__(
        self,
        schema: GraphQLSchema,
        limits: Limits,
        *,
        count_at_most: int = 1_000,
        bytes_at_most: int = 32 * 1024 * 1024,
        suggestions: bool = False,
        shared: SharedTexts | None = None,
        trusted: TrustedTexts | None = None,
        trusted_only: bool = False,
        charge: ChargeDocument = free,
        parse_seconds: float = PARSE_SECONDS,
        clock: Callable[[], float] = monotonic,
    ) -> None:
        """`suggestions`: whether errors may suggest names from the schema ("Did you mean …?").
        `trusted_only`: whether documents that are not trusted are refused.
        `charge`: called with the price before a document is looked up or parsed.
        `parse_seconds`: how long a document waits for others to be parsed.
        """
        self.limits = limits
        self._schema = schema
        self._suggestions = suggestions
        self._bytes_at_most = bytes_at_most
        self._shared = shared
        self._trusted = trusted
        self._trusted_only = trusted_only
        self._charge = charge
        self._parse_seconds = parse_seconds
        self._clock = clock
        self._documents: RecentlyUsed[str, Document] = RecentlyUsed(
            count_at_most, weight_limit=bytes_at_most, weigh=attrgetter("weight")
        )
        self._by_identifier: dict[str, tuple[Document, float]] = {}
        """Each with the time until which it holds."""
        self._parsing = asyncio.Lock()
        self._rules = ValidationRules(limits.merge_steps)

    def __len__(self) -> int:
        return len(self._documents)

    @property
    def weight(self) -> int:
        """Estimated memory of all documents. Units: bytes."""
        return self._documents.weight

    async def of_request(
        self, text: str | None, identifier: str | None, address: str | None = None
    ) -> Document:
        """The document that a client sent by its text, an identifier or both; it may be invalid.

        Registers a text that came with its hash. Unknown documents are parsed one in each turn of the event loop, so
        that many of them don't delay known ones. `address`: the sender's, if it is known.
        Errors: RATE_LIMITED; PERSISTED_QUERY_NOT_FOUND, after which a client sends hash and text; DOCUMENT_NOT_TRUSTED;
        PERSISTED_QUERY_HASH_MISMATCH; UNAVAILABLE while too many are parsed; DatabaseUnavailable.
        Cost: nothing for a known document; else a round trip to Redis or one statement, or both.
        """
        return self.known(text, identifier) or await self.look_up(text, identifier, address)

    def by_text(self, text: str) -> Document:
        """The document, which may be invalid.

        Cost: a look-up; on a miss, parsing and validation, both bounded by the limits.
        """
        known = self._documents.get(text)
        if known is not None:
            return known
        document = self._parse(text)
        DOCUMENTS_PARSED.labels("invalid" if document.errors else "valid").inc()
        self._store(document)
        return document

    def known(self, text: str | None, identifier: str | None) -> Document | None:
        """As `of_request`, if that needs no look-up elsewhere; else None."""
        if identifier is None:
            sent = self._documents.get(text or "")
            if sent is None or not self._trusted_only:
                return sent
            identifier = sent.identifier or ""
        document, until = self._by_identifier.get(identifier, (None, 0.0))
        if document is None or until <= self._clock():
            return None
        if text is not None and (text != document.text or self._is_to_share(document)):
            return None
        self._documents.get(document.text)  # It was used.
        return document

    async def look_up(
        self, text: str | None, identifier: str | None, address: str | None
    ) -> Document:
        """As `of_request`, for a document that is not `known`."""
        if text is None and identifier is not None:
            return await self._look_up_identified(identifier, address)
        text = text or ""
        own = identifier_of(text) if identifier is not None or self._trusted_only else ""
        if identifier is not None and identifier != own:
            message = "The hash is not the SHA-256 of `query`, in lower-case hexadecimal."
            raise ClientError(message, "PERSISTED_QUERY_HASH_MISMATCH")
        if self._trusted_only:
            return await self._look_up_trusted(own, address)
        document = await self._parsed_for(address, text)
        if identifier is not None and not document.errors:
            self._identify(document, own, math.inf)
            if self._shared is not None:
                document.shared_at = self._clock()
                await self._shared.share(own, text)
        return document

    async def _look_up_identified(self, identifier: str, address: str | None) -> Document:
        if self._shared is not None and is_hash(identifier) and not self._trusted_only:
            await self._pay(LOOK_UP_POINTS, address)
            text = await self._shared.find(identifier)
            if text is not None:
                document = await self._parsed_for(address, text)
                self._identify(document, identifier, math.inf)
                return document
        return await self._look_up_trusted(identifier, address)

    async def _look_up_trusted(self, identifier: str, address: str | None) -> Document:
        # What was trusted a minute ago is only read again.
        if identifier not in self._by_identifier:
            await self._pay(LOOK_UP_POINTS, address)
        text = None if self._trusted is None else await self._trusted.find(identifier)
        if text is None:
            if self._trusted_only:
                raise ClientError(NOT_TRUSTED, "DOCUMENT_NOT_TRUSTED")
            # Clients recognise the error by this exact message.
            raise ClientError("PersistedQueryNotFound", "PERSISTED_QUERY_NOT_FOUND")
        document = await self._parsed(text)
        until = self._clock() + TRUST_SECONDS
        self._identify(document, identifier, until)
        if self._trusted_only:
            document.identifier = document.identifier or identifier_of(text)
            self._identify(document, document.identifier, until)
        return document

    async def _parsed_for(self, address: str | None, text: str) -> Document:
        """As `_parsed`; a document that is not known takes points from the address. Errors: RATE_LIMITED."""
        known = self._documents.get(text)
        if known is not None:
            return known
        length = min(len(text), self.limits.document_characters)
        await self._pay(-(-length // CHARACTERS_A_POINT), address)
        return await self._parsed(text)

    async def _pay(self, points: int, address: str | None) -> None:
        wait = self._charge(points, address)
        if wait is not None:
            await wait

    async def _parsed(self, text: str) -> Document:
        """As `by_text`, after the documents that came before. Errors: UNAVAILABLE if these take too long."""
        known = self._documents.get(text)
        if known is not None:
            return known
        try:
            async with asyncio.timeout(self._parse_seconds):
                await self._parsing.acquire()
        except TimeoutError:
            raise ClientError(TOO_MANY_NEW, "UNAVAILABLE") from None
        try:
            document = self.by_text(text)
            await asyncio.sleep(0)  # Whatever else is ready runs before the next one is parsed.
        finally:
            self._parsing.release()
        return document

    def _is_to_share(self, document: Document) -> bool:
        return self._shared is not None and self._clock() >= document.shared_at + SHARE_SECONDS

    def _identify(self, document: Document, identifier: str, until: float) -> None:
        """Finds the document by this identifier, if it is kept, until then."""
        if self._documents.get(document.text) is not document:
            return
        before, _ = self._by_identifier.get(identifier, (None, 0.0))
        if before is not None:
            before.identifiers.discard(identifier)
        document.identifiers.add(identifier)
        self._by_identifier[identifier] = (document, until)

    def _store(self, document: Document) -> None:
        if document.weight > self._bytes_at_most // 4:
            return
        for dropped in self._documents.put(document.text, document):
            for identifier in dropped.identifiers:
                del self._by_identifier[identifier]

    def _parse(self, text: str) -> Document:
        limits = self.limits
        try:
            check_text(text, limits)
        except ClientError as too_long:
            return Document(text, [error_entry(too_long)])
        try:
            ast = parse(text, max_lexical_tokens=limits.tokens, max_comments=limits.comments)
        except GraphQLSyntaxError as error:
            return Document(text, [syntax_entry(error, limits)])
        over = check_limits(ast, limits)
        if over:
            return Document(text, [error_entry(each) for each in over])
        # Fragments that nothing spreads are in no operation, so no limit on operations bounds them.
        errors = self._errors(ast, [NoUnusedFragmentsRule], DEFINITIONS) or self._errors(
            ast, self._rules.of(text)
        )
        if errors:
            return Document(text, validation_entries(errors, limits))
        return Document(text, [], ast, self._schema)

    def _errors(
        self, document: DocumentNode, rules: Rules, visited: VisitorKeyMap = VISITED
    ) -> list[GraphQLError]:
        return errors_of(
            self._schema,
            document,
            rules,
            max_errors=self.limits.validation_errors,
            hide_suggestions=not self._suggestions,
            visited=visited,
        )
