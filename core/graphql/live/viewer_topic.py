"""A topic of what belongs to the viewer."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from core.context import Context
from core.errors import JSONObject
from core.graphql.live.subscriber import Subscriber
from core.graphql.live.topic import Topic


class ViewerTopic(Topic):
    """Subscribers by viewer: each receives the events of their own feed or list. `topic_key` is the viewer's key."""

    def __init__(self, *arguments: Any) -> None:
        super().__init__(*arguments)
        self._by_viewer: defaultdict[int, set[Subscriber]] = defaultdict(set)

    def topic_key(self, context: Context, _: JSONObject) -> int:
        return context.require_viewer()

    def add(self, subscriber: Subscriber) -> None:
        self._by_viewer[subscriber.topic_key].add(subscriber)

    def remove(self, subscriber: Subscriber) -> None:
        subscribers = self._by_viewer[subscriber.topic_key]
        subscribers.discard(subscriber)
        if not subscribers:
            del self._by_viewer[subscriber.topic_key]

    def missed_arguments(self, subscriber: Subscriber) -> tuple[object, ...]:
        return (subscriber.topic_key,)
