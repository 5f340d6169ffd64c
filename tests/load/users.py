"""What a simulated user does: reads feeds and pages, likes, comments, posts, and watches a post live.

Nothing of the product is imported, so that any server can be loaded.
"""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Iterator
from pathlib import Path
from random import choice, randint
from typing import Any

from locust import HttpUser, between, task
from locust.exception import StopUser

OPERATIONS = Path(__file__).resolve().parent.parent / "operations"
DOCUMENTS = {path.stem: path.read_text() for path in OPERATIONS.glob("*.graphql")}
LIVE_SECONDS = 10.0
PASSWORD_BYTES = 18
MAX_KNOWN = 200
"""Posts that a user remembers, at most."""

Json = dict[str, Any]


class FeedUser(HttpUser):
    """One user of the feed. Waits between actions as someone does who reads."""

    wait_time = between(0.2, 1.0)

    def on_start(self) -> None:
        """Signs in, and watches a post. Errors: StopUser."""
        self.posts: list[str] = []
        self.public_feed()
        if not self.posts:
            raise StopUser("The public feed can't be read: see the table of errors.")
        self.client.headers["Authorization"] = f"Bearer {self._token()}"
        self.home_feed()
        self.watch()

    @task(30)
    def home_feed(self) -> None:
        """Reads the home feed, and often pages on."""
        after = self._page("HomeFeed", "homeFeed")
        while after is not None and randint(0, 2):
            after = self._page("HomeFeed", "homeFeed", after=after)

    @task(15)
    def public_feed(self) -> None:
        """Reads the public feed, and pages twice as far."""
        after = self._page("PublicFeed", "publicFeed")
        while after is not None and randint(0, 4):
            after = self._page("PublicFeed", "publicFeed", after=after)

    @task(15)
    def open_post(self) -> None:
        """Reads a post with its comments."""
        self._ask("PostDetail", {"id": choice(self.posts)})

    @task(20)
    def like(self) -> None:
        self._mutate("LikePost", postId=choice(self.posts))

    @task(5)
    def unlike(self) -> None:
        self._mutate("UnlikePost", postId=choice(self.posts))

    @task(6)
    def comment(self) -> None:
        self._mutate("CreateComment", postId=choice(self.posts), text="Read under load.")

    @task(3)
    def write(self) -> None:
        self._mutate("CreatePost", text=f"Written under load, {secrets.token_hex(4)}.")

    @task(4)
    def watch(self) -> None:
        """Subscribes to a post, likes it or takes the like back, and waits for the event."""
        post = choice(self.posts)
        body = {"query": DOCUMENTS["PostInteractions"], "variables": {"postIds": [post]}}
        with self.client.post(
            "/graphql/",
            json=body,
            headers={"Accept": "text/event-stream"},
            stream=True,
            timeout=LIVE_SECONDS,
            name="PostInteractions (subscribe)",
            catch_response=True,
        ) as stream:
            events = _events(stream)
            if next(events, None) != "SubscriptionReady":
                stream.failure("no SubscriptionReady")
                return
            stream.success()
            began = time.perf_counter()
            changed = self._mutate("LikePost", postId=post) or self._mutate(
                "UnlikePost", postId=post
            )
            if changed:
                self._wait_for_event(events, began)

    def _wait_for_event(self, events: Iterator[str], began: float) -> None:
        problem: Exception | None = None
        try:
            if next(events, None) is None:
                problem = RuntimeError("the stream ended")
        except OSError as error:
            problem = error
        self.environment.events.request.fire(
            request_type="LIVE",
            name="from the like to its event",
            response_time=(time.perf_counter() - began) * 1_000,
            response_length=0,
            exception=problem,
            context={},
        )

    def _page(self, operation: str, field: str, **variables: Any) -> str | None:
        """Reads a page and remembers its posts; the cursor of the next page, if there is one."""
        name = f"{operation} (next page)" if variables else operation
        page = (self._ask(operation, {"first": 20, **variables}, name=name) or {}).get(field)
        if page is None:
            return None
        self.posts = [edge["node"]["id"] for edge in page["edges"]] + self.posts[:MAX_KNOWN]
        return page["pageInfo"]["endCursor"] if page["pageInfo"]["hasNextPage"] else None

    def _mutate(self, operation: str, **fields: Any) -> bool:
        """Whether it has changed anything."""
        payload = self._ask(operation, {"input": fields}) or {}
        [result] = payload.values() or [{}]
        return bool(result and result.get("changed"))

    def _ask(self, operation: str, variables: Json, *, name: str | None = None) -> Json | None:
        """The data of an answer; None, and counted as failed, if there are errors."""
        body = {"query": DOCUMENTS[operation], "variables": variables, "operationName": operation}
        with self.client.post(
            "/graphql/", json=body, name=name or operation, catch_response=True
        ) as response:
            answer = json.loads(response.content) if response.content else {}
            errors = answer.get("errors") or [
                error
                for payload in (answer.get("data") or {}).values()
                if isinstance(payload, dict)
                for error in payload.get("errors") or ()
            ]
            if errors:
                response.failure(errors[0].get("code") or errors[0]["extensions"]["code"])
                return None
            if response.status_code != 200:
                response.failure(f"HTTP {response.status_code}")
                return None
            return answer["data"]

    def _token(self) -> str:
        """An access token: of LOAD_LOGIN, of an author in development, or of a new account."""
        login = os.environ.get("LOAD_LOGIN")
        if login:
            sent = {"login": login, "password": os.environ.get("LOAD_PASSWORD", "")}
            return self._session("SignIn", "signIn", sent)
        page = self._ask("PublicFeed", {"first": 100}) or {}
        authors = {edge["node"]["author"]["username"] for edge in page["publicFeed"]["edges"]}
        with self.client.post(
            "/playground/sign-in",
            json={"username": choice(sorted(authors))},
            name="sign in",
            catch_response=True,
        ) as response:
            response.success()  # A server that is not in development has no such path.
            if response.status_code == 200:
                return response.json()["accessToken"]
        name = f"load_{secrets.token_hex(6)}"
        password = secrets.token_urlsafe(PASSWORD_BYTES)
        fields = {"username": name, "displayName": "Load test", "password": password}
        return self._session("SignUp", "signUp", {**fields, "email": f"{name}@example.com"})

    def _session(self, operation: str, field: str, sent: Json) -> str:
        data = self._ask(operation, {"input": sent})
        if data is None:
            raise StopUser(f"{operation} was refused: see the table of errors.")
        return data[field]["session"]["accessToken"]


def _events(stream: Any) -> Iterator[str]:
    """The types of the events of the stream."""
    for line in stream.iter_lines():
        if line.startswith(b"data: {"):
            yield json.loads(line[6:])["data"]["postInteractions"]["__typename"]
