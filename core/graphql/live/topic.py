"""A topic: one subscription field, with everybody who is subscribed to it in this process."""

from __future__ import annotations

import asyncio
import logging
from abc import ABC, abstractmethod
from collections.abc import Collection, Hashable, Sequence
from time import time
from typing import Any, ClassVar

from core.context import Context
from core.database.database import DatabaseUnavailable
from core.errors import JSONObject
from core.events.dispatcher import DELIVERY_SECONDS, Dispatcher
from core.events.dispatcher_metrics import EVENT_AGE
from core.events.event_log import EventLog, EventRow, ResyncReason
from core.events.log_positions import Position, Snapshot
from core.graphql.errors import client_error, error_entry, fault_entry
from core.graphql.live import topic_metrics
from core.graphql.live.event_payloads import EventRenderer
from core.graphql.live.shared_operations import LiveOperation, PublicFields
from core.graphql.live.subscriber import HeldEvents, Subscriber
from core.graphql.live.subscription_messages import ReadyRow, ResyncRow

logger = logging.getLogger(__name__)

MISSED_AT_ONCE = 200
JOINING_AT_ONCE = 4
"""How many subscribers at a time are given what they missed; they leave most connections to others."""
SENT_BETWEEN_BREATHS = 250
"""After so many messages the loop serves others for a turn."""
RETRY_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0)


class Presented(ABC):
    """An event as subscribers may be told of it, judged now for the viewers of a batch."""

    __slots__ = ("event",)

    def __init__(self, event: EventRow) -> None:
        self.event = event

    @abstractmethod
    def is_seen_by(self, viewer_id: int | None) -> bool:
        """Whether that viewer, one of those judged, may be told."""

    @abstractmethod
    def row(self, cursor: str) -> Any:
        """What the fields read that are the same for all."""

    @abstractmethod
    def row_for(self, viewer_id: int | None, cursor: str) -> Any:
        """What all fields read when that viewer looks."""


class Topic(ABC):
    """Gives subscribers what they missed, then what happens, with no seam.

    A subclass knows which events go to whom and how they are told.
    """

    field: ClassVar[str]
    """The subscription's root field."""
    kinds: ClassVar[frozenset[str]]
    public_fields: ClassVar[PublicFields]

    def __init__(self, dispatcher: Dispatcher, renderer: EventRenderer) -> None:
        self._dispatcher = dispatcher
        self._renderer = renderer
        self._subscribers = topic_metrics.SUBSCRIBERS.labels(self.field)
        self._uncounted = 0
        """Messages that were given and are not in the metric yet: counting each costs 0.7 µs."""
        self._messages = topic_metrics.MESSAGES.labels(self.field)
        self._shared = topic_metrics.EXECUTIONS.labels(self.field, "all")
        self._single = topic_metrics.EXECUTIONS.labels(self.field, "one")
        self._everyone: set[Subscriber] = set()
        self._joining = asyncio.Semaphore(JOINING_AT_ONCE)
        self._resuming: set[asyncio.Task[None]] = set()
        dispatcher.add(self)

    @property
    def log(self) -> EventLog:
        return self._dispatcher.log

    @property
    def has_subscribers(self) -> bool:
        return bool(self._everyone)

    @abstractmethod
    def topic_key(self, context: Context, arguments: JSONObject, /) -> Hashable:
        """Which events a subscription with these arguments receives. Errors: ClientError."""

    @abstractmethod
    def add(self, subscriber: Subscriber) -> None:
        """Puts the subscriber where `recipients` finds it."""

    @abstractmethod
    def remove(self, subscriber: Subscriber) -> None:
        """Takes it from there."""

    @abstractmethod
    def viewers(self, events: Sequence[EventRow]) -> set[int | None]:
        """The viewers who may have to be told of some of these."""

    @abstractmethod
    def recipients(self, presented: Presented) -> Collection[Subscriber]:
        """The subscribers, of those added, who are to be told if they may see it."""

    @abstractmethod
    async def missed(
        self, subscriber: Subscriber, after: Position, until: Position, limit: int
    ) -> list[EventRow]:
        """The first events for the subscriber's topic key between two positions, in order."""

    @abstractmethod
    async def present(
        self, events: Sequence[EventRow], viewers: set[int | None]
    ) -> list[Presented]:
        """Those of the events, in order, that somebody may be told of at this moment.

        Cost: the same number of statements however many events and viewers.
        """

    async def serve(self, subscriber: Subscriber, after: str | None) -> None:
        """Begins a subscription; returns when the subscriber is given its events live.

        Errors: DatabaseUnavailable, before the first message.
        """
        subscriber.waiting = HeldEvents()
        subscriber.live_from = self._dispatcher.position
        self._everyone.add(subscriber)
        self.add(subscriber)
        self._dispatcher.subscriber_added()
        self._subscribers.inc()
        async with self._joining:
            start = await self.log.start(after)
            if isinstance(start, ResyncReason):
                await self._refuse(subscriber, after or "", start)
                return
            subscriber.position = start
            cursor = self.log.cursor(start) if after is None else after
            ready = ReadyRow(cursor, after is not None)
            if not await self._say(subscriber, ready):
                return
        await self._catch_up(subscriber, start)

    def close(self, subscriber: Subscriber) -> None:
        """Ends a subscription. Nothing more is sent for it."""
        if subscriber.is_open:
            subscriber.is_open = False
            self._everyone.discard(subscriber)
            self.remove(subscriber)
            self._subscribers.dec()

    async def _refuse(self, subscriber: Subscriber, cursor: str, reason: ResyncReason) -> None:
        topic_metrics.RESYNCS.labels(reason.value).inc()
        if await self._say(subscriber, ReadyRow(cursor, resumed=False)):
            await self._say_last(subscriber, ResyncRow(cursor, reason))

    async def _catch_up(self, subscriber: Subscriber, after: Position) -> None:
        """Gives the subscriber what is in the log up to where live events begin, then those that
        have arrived in the meantime.
        """
        loop = asyncio.get_running_loop()
        failures, deadline = 0, 0.0
        while subscriber.is_open and (waiting := subscriber.waiting) is not None:
            try:
                async with self._joining:
                    if not failures:
                        deadline = loop.time() + DELIVERY_SECONDS
                    async with asyncio.timeout_at(deadline):
                        after = await self._give_missed(subscriber, waiting, after)
                failures = 0
            except (DatabaseUnavailable, TimeoutError):
                if loop.time() >= deadline:
                    raise DatabaseUnavailable("events could not be delivered in time") from None
                await asyncio.sleep(RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)])
                failures += 1
            await subscriber.sink.drained()

    async def _give_missed(
        self, subscriber: Subscriber, waiting: HeldEvents, after: Position
    ) -> Position:
        """Gives a part; live when there is none left. Where to read on from."""
        if waiting.is_for_another_log:
            return await self._begin_anew(subscriber)
        until = subscriber.live_from
        if after.is_before(until):
            events = await self.missed(subscriber, after, until, MISSED_AT_ONCE)
            await self._give_judged(subscriber, events)
            if len(events) == MISSED_AT_ONCE:
                return Position(*events[-1].identity)
            return until
        if waiting.is_overrun:
            subscriber.live_from, subscriber.waiting = self._dispatcher.position, HeldEvents()
            return after
        if waiting.events:
            events = waiting.events[:MISSED_AT_ONCE]
            await self._give_judged(subscriber, events)
            del waiting.events[: len(events)]
            return after
        subscriber.waiting = None
        return after

    async def _begin_anew(self, subscriber: Subscriber) -> Position:
        """Goes on in another log if that has what the subscriber has seen. Where to read on from."""
        cursor = self.log.cursor(subscriber.position)
        start = await self.log.start(cursor)
        if isinstance(start, ResyncReason):
            topic_metrics.RESYNCS.labels(start.value).inc()
            await self._say_last(subscriber, ResyncRow(cursor, start))
            return subscriber.position
        subscriber.live_from, subscriber.waiting = self._dispatcher.position, HeldEvents()
        return start

    async def _give_judged(self, subscriber: Subscriber, events: list[EventRow]) -> None:
        """Gives a subscriber those of the events that are not behind it and that it may see."""
        precedes = subscriber.position.precedes
        events = [event for event in events if precedes(event.transaction, event.id)]
        if not events:
            return
        viewer_id = subscriber.viewer_id
        for presented in await self.present(events, {viewer_id}):
            if presented.is_seen_by(viewer_id):
                event = presented.event
                position = subscriber.position.advanced_past(event.identity)
                cursor = self.log.cursor(position)
                payload = await self._render(subscriber.operation, viewer_id, presented, cursor)
                await self._give(subscriber, payload, cursor, position)
        self._count_messages()

    async def deliver(self, events: Sequence[EventRow], position: Position) -> None:
        """Tells the subscribers. See `Listener`."""
        events = [event for event in events if event.kind in self.kinds]
        viewers = self.viewers(events)
        if not viewers:
            return
        try:
            for presented in await self.present(events, viewers):
                await self._pass_on(presented, position)
                EVENT_AGE.observe(max(0.0, time() - presented.event.created_at.timestamp()))
        except DatabaseUnavailable:
            raise
        except Exception as fault:  # noqa: BLE001  # logged; nobody must miss an event unawares
            entry = fault_entry(fault, self.field)
            for subscriber in tuple(self._everyone):
                self._fail(subscriber, entry)
        finally:
            self._count_messages()

    def force_resync(self, position: Position) -> None:
        """Ends the subscriptions that lack these events, as unavailable. See `Listener`."""
        entry = _unavailable(DatabaseUnavailable("events could not be delivered in time"))
        for subscriber in tuple(self._everyone):
            if subscriber.live_from.is_before(position):
                self._fail(subscriber, entry)

    def _count_messages(self) -> None:
        self._messages.inc(self._uncounted)
        self._uncounted = 0

    async def restart(self) -> None:
        """Has each subscriber's position judged anew: the log is another one. See `Listener`."""
        for subscriber in tuple(self._everyone):
            if subscriber.waiting is None:
                subscriber.waiting = HeldEvents()
                task = asyncio.create_task(self._resume(subscriber), name=f"{self.field}: resume")
                self._resuming.add(task)
                task.add_done_callback(self._resuming.discard)
            subscriber.waiting.is_for_another_log = True

    async def _resume(self, subscriber: Subscriber) -> None:
        try:
            await self._catch_up(subscriber, subscriber.position)
        except DatabaseUnavailable as error:
            self._fail(subscriber, _unavailable(error))
        except Exception as fault:  # noqa: BLE001  # logged; nobody must miss an event unawares
            self._fail(subscriber, fault_entry(fault, self.field))

    async def _pass_on(self, presented: Presented, batch: Position) -> None:
        event = presented.event
        rendered: dict[tuple[LiveOperation, Snapshot | None], str] = {}
        cursors: dict[Snapshot | None, str] = {}
        sent = 0
        for subscriber in tuple(self.recipients(presented)):
            # Who came after the batch was read has its events from the log.
            if not subscriber.is_open or not subscriber.live_from.is_before(batch):
                continue
            if not presented.is_seen_by(subscriber.viewer_id):
                continue
            if subscriber.waiting is not None:
                subscriber.waiting.add(event)
                continue
            position = subscriber.position
            if not position.precedes(event.transaction, event.id):
                continue
            position = position.advanced_past(event.identity)
            cursor = cursors.get(position.snapshot)
            if cursor is None:
                cursor = cursors[position.snapshot] = self.log.cursor(position)
            operation = subscriber.operation
            payload = rendered.get((operation, position.snapshot))
            if payload is None:
                payload = await self._render(operation, subscriber.viewer_id, presented, cursor)
                if operation.is_shared:
                    rendered[operation, position.snapshot] = payload
            await self._give(subscriber, payload, cursor, position)
            sent += 1
            if sent % SENT_BETWEEN_BREATHS == 0:
                await asyncio.sleep(0)

    async def _render(
        self, operation: LiveOperation, viewer_id: int | None, presented: Presented, cursor: str
    ) -> str:
        if operation.is_shared:
            self._shared.inc()
            return await self._renderer.render(operation, None, presented.row(cursor))
        self._single.inc()
        row = presented.row_for(viewer_id, cursor)
        return await self._renderer.render(operation, viewer_id, row)

    async def _give(
        self, subscriber: Subscriber, payload: str, cursor: str, position: Position
    ) -> None:
        """Sends an event's result; a client that does not keep up is told to start again."""
        if not subscriber.is_open:
            return
        if subscriber.sink.push(payload, cursor):
            subscriber.position = position
            self._uncounted += 1
            return
        topic_metrics.OVERFLOWS.labels(self.field).inc()
        topic_metrics.RESYNCS.labels(ResyncReason.TOO_SLOW.value).inc()
        last = self.log.cursor(subscriber.position)
        await self._say_last(subscriber, ResyncRow(last, ResyncReason.TOO_SLOW))

    async def _say(self, subscriber: Subscriber, row: ReadyRow) -> bool:
        """Sends a message that is no event. Whether the subscription is still open."""
        payload = await self._renderer.render(subscriber.operation, subscriber.viewer_id, row)
        return subscriber.is_open and subscriber.sink.push(payload, row.cursor)

    async def _say_last(self, subscriber: Subscriber, row: ResyncRow) -> None:
        self.close(subscriber)
        payload = await self._renderer.render(subscriber.operation, subscriber.viewer_id, row)
        subscriber.sink.push_last(payload, row.cursor)

    def _fail(self, subscriber: Subscriber, entry: JSONObject) -> None:
        if subscriber.is_open:
            self.close(subscriber)
            subscriber.sink.fail([entry])


def _unavailable(error: DatabaseUnavailable) -> JSONObject:
    """What a client is told that has to resume when the database is back."""
    refusal = client_error(error)
    return fault_entry(error) if refusal is None else error_entry(refusal)
