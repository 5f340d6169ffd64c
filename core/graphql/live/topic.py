"""A topic: one subscription field with all of its subscribers in this process."""

from __future__ import annotations

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Collection, Hashable, Sequence
from typing import ClassVar

from core.context import Context
from core.database.clock import CLOCK
from core.database.database import DatabaseUnavailable
from core.errors import JSONObject
from core.events.dispatcher import DELIVERY_SECONDS, Dispatcher
from core.events.dispatcher_metrics import EVENT_AGE
from core.events.event_log import EventLog, EventRow, ResyncReason
from core.events.log_positions import Position, Snapshot
from core.graphql.errors import client_error, error_entry, fault_entry
from core.graphql.live import topic_metrics
from core.graphql.live.event_payloads import EventRenderer
from core.graphql.live.presented_event import PresentedEvent
from core.graphql.live.shared_operations import LiveOperation, PublicFields
from core.graphql.live.subscriber import AwaitedEvent, EventBuffer, Subscriber
from core.graphql.live.subscription_messages import ReadyRow, ResyncRow

MISSED_AT_ONCE = 200
"""Missed events read from the log per statement."""
CATCH_UPS_AT_ONCE = 4
"""Subscribers that read missed events concurrently; bounds their use of database connections."""
WAITING_AT_ONCE = 2
"""Subscribers whose payloads are read concurrently, beside the delivery to others."""
MESSAGES_BETWEEN_YIELDS = 250
"""After so many messages `deliver` yields to the event loop."""
RETRY_SECONDS = (0.05, 0.1, 0.25, 0.5, 1.0)


class Topic(ABC):
    """Delivers missed events to each subscriber, then live ones, without a gap or a repetition.

    A subclass selects the recipients of an event and makes the rows for its payload.
    """

    field: ClassVar[str]
    """The subscription's root field."""
    kinds: ClassVar[frozenset[str]]
    public_fields: ClassVar[PublicFields]
    missed_statement: ClassVar[str]
    """The columns of EventRow. Parameters: `missed_arguments`, after and until (transaction, id), limit."""

    def __init__(self, dispatcher: Dispatcher, renderer: EventRenderer) -> None:
        self._dispatcher = dispatcher
        self._renderer = renderer
        self._subscribers = topic_metrics.SUBSCRIBERS.labels(self.field)
        self._uncounted = 0
        """Messages not yet added to the metric: counting them one by one costs 0.7 µs each."""
        self._messages = topic_metrics.MESSAGES.labels(self.field)
        self._shared = topic_metrics.EXECUTIONS.labels(self.field, "all")
        self._single = topic_metrics.EXECUTIONS.labels(self.field, "one")
        self._all: set[Subscriber] = set()
        self._catch_ups = asyncio.Semaphore(CATCH_UPS_AT_ONCE)
        self._waiting = asyncio.Semaphore(WAITING_AT_ONCE)
        self._resuming: set[asyncio.Task[None]] = set()
        dispatcher.add(self)

    @property
    def log(self) -> EventLog:
        return self._dispatcher.log

    @property
    def has_subscribers(self) -> bool:
        return bool(self._all)

    @abstractmethod
    def topic_key(self, context: Context, arguments: JSONObject, /) -> Hashable:
        """Which events a subscription with these arguments receives. Errors: ClientError."""

    @abstractmethod
    def add(self, subscriber: Subscriber) -> None:
        """Adds the subscriber to the index of `recipients`."""

    @abstractmethod
    def remove(self, subscriber: Subscriber) -> None:
        """Removes the subscriber from the index of `recipients`."""

    @abstractmethod
    def viewers(self, events: Sequence[EventRow]) -> set[int | None]:
        """The viewers who may have to be notified of some of the events."""

    @abstractmethod
    def recipients(self, presented: PresentedEvent) -> Collection[Subscriber]:
        """The subscribers to notify if the event is visible to them."""

    @abstractmethod
    def missed_arguments(self, subscriber: Subscriber) -> tuple[object, ...]:
        """The first arguments of `missed_statement`: those for the subscriber's topic key."""

    async def missed(
        self, subscriber: Subscriber, after: Position, until: Position, limit: int
    ) -> list[EventRow]:
        """The first events for the subscriber's topic key between two positions. Order: of the log."""
        between = (after.transaction, after.id, until.transaction, until.id)
        rows = await self.log.database.fetch(
            self.missed_statement, *self.missed_arguments(subscriber), *between, limit
        )
        return [EventRow(*row) for row in rows]

    @abstractmethod
    async def present(
        self, events: Sequence[EventRow], viewers: set[int | None]
    ) -> list[PresentedEvent]:
        """The events that are visible to at least one of the viewers now. Order: of `events`.

        Cost: a constant number of statements.
        """

    async def serve(self, subscriber: Subscriber, after: str | None) -> None:
        """Starts a subscription; returns when the subscriber has caught up and receives live events.

        Errors: DatabaseUnavailable, before the first message.
        """
        subscriber.buffer = EventBuffer()
        subscriber.live_from = self._dispatcher.position
        self._all.add(subscriber)
        self.add(subscriber)
        self._dispatcher.subscriber_added()
        self._subscribers.inc()
        async with self._catch_ups:
            start = await self.log.start(after)
            if isinstance(start, ResyncReason):
                await self._require_resync(subscriber, after or "", start)
                return
            subscriber.position = start
            if not subscriber.buffer.has_log_changed:
                # What was delivered before the position was known is read from the log.
                subscriber.live_from, subscriber.buffer = self._dispatcher.position, EventBuffer()
            cursor = self.log.cursor(start) if after is None else after
            ready = ReadyRow(cursor, after is not None)
            if not await self._send_ready(subscriber, ready):
                return
        await self._catch_up(subscriber, start, self._catch_ups)

    def close(self, subscriber: Subscriber) -> None:
        """Ends a subscription. Nothing more is sent for it."""
        if subscriber.is_open:
            subscriber.is_open = False
            self._all.discard(subscriber)
            self.remove(subscriber)
            self._subscribers.dec()

    async def _require_resync(
        self, subscriber: Subscriber, cursor: str, reason: ResyncReason
    ) -> None:
        topic_metrics.RESYNCS.labels(reason.value).inc()
        if await self._send_ready(subscriber, ReadyRow(cursor, resumed=False)):
            await self._send_resync(subscriber, ResyncRow(cursor, reason))

    async def _catch_up(
        self, subscriber: Subscriber, after: Position, turns: asyncio.Semaphore
    ) -> None:
        """Sends the events of the log up to `live_from`, then the buffered ones. `turns`: of what runs concurrently."""
        loop = asyncio.get_running_loop()
        failures, deadline = 0, 0.0
        while subscriber.is_open and (buffer := subscriber.buffer) is not None:
            try:
                async with turns:
                    if not failures:
                        deadline = loop.time() + DELIVERY_SECONDS
                    async with asyncio.timeout_at(deadline):
                        after = await self._send_next_missed(subscriber, buffer, after)
                failures = 0
            except (DatabaseUnavailable, TimeoutError):
                if loop.time() >= deadline:
                    raise DatabaseUnavailable("events could not be delivered in time") from None
                await asyncio.sleep(RETRY_SECONDS[min(failures, len(RETRY_SECONDS) - 1)])
                failures += 1
            await subscriber.sink.drained()

    async def _send_next_missed(
        self, subscriber: Subscriber, buffer: EventBuffer, after: Position
    ) -> Position:
        """Sends a batch, or as much of it as the send queue takes, and returns the position after that.

        Removes the buffer after the last batch.
        """
        if buffer.has_log_changed:
            return await self._continue_in_new_log(subscriber)
        until = subscriber.live_from
        if after.is_before(until):
            events = await self.missed(subscriber, after, until, MISSED_AT_ONCE)
            done = await self._send_visible(subscriber, events)
            if done == len(events) < MISSED_AT_ONCE:
                return until
            return Position(*events[done - 1].identity) if done else after
        if buffer.has_overflowed and buffer.is_live:
            await self._end_slow(subscriber)
        elif buffer.has_overflowed:
            subscriber.live_from, subscriber.buffer = self._dispatcher.position, EventBuffer()
        elif buffer.first is not None:
            first, buffer.first = buffer.first, None
            presented = await first.presented_to(subscriber.viewer_id, self.present)
            done = await self._send_visible(subscriber, [first.event], presented)
            del buffer.events[:done]
        elif buffer.events:
            done = await self._send_visible(subscriber, buffer.events[:MISSED_AT_ONCE])
            del buffer.events[:done]
        else:
            subscriber.buffer = None
        return after

    async def _continue_in_new_log(self, subscriber: Subscriber) -> Position:
        """Returns the subscriber's position if the new log contains it; else requires a resync."""
        cursor = self.log.cursor(subscriber.position)
        start = await self.log.start(cursor)
        if isinstance(start, ResyncReason):
            topic_metrics.RESYNCS.labels(start.value).inc()
            await self._send_resync(subscriber, ResyncRow(cursor, start))
            return subscriber.position
        subscriber.live_from, subscriber.buffer = self._dispatcher.position, EventBuffer()
        return start

    async def _send_visible(
        self,
        subscriber: Subscriber,
        events: Sequence[EventRow],
        presented_events: Sequence[PresentedEvent] | None = None,
    ) -> int:
        """Sends those of the events that are after the subscriber's position and visible to it.

        `presented_events`: the events with their data, if these have been read. Returns how many of the events are
        done: all, or those before the first that the full send queue did not take.
        """
        precedes = subscriber.position.precedes
        new = [event for event in events if precedes(event.transaction, event.id)]
        viewer_id = subscriber.viewer_id
        done = len(events)
        if presented_events is None:
            presented_events = await self.present(new, {viewer_id}) if new else ()
        for presented in presented_events:
            if not presented.is_visible_to(viewer_id):
                continue
            event = presented.event
            position = subscriber.position.advanced_past(event.identity)
            cursor = self.log.cursor(position)
            payload = await self._render(subscriber.operation, viewer_id, presented, cursor)
            if not self._push(subscriber, payload, cursor, position):
                done = events.index(event)
                break
        self._count_messages()
        return done

    async def deliver(self, events: Sequence[EventRow], position: Position) -> None:
        """Sends the events to their recipients. See `Listener`."""
        events = [event for event in events if event.kind in self.kinds]
        viewers = self.viewers(events)
        if not viewers:
            return
        try:
            for presented in await self.present(events, viewers):
                await self._send_to_recipients(presented, position)
                EVENT_AGE.observe(max(0.0, CLOCK.now() - presented.event.created_at.timestamp()))
        except DatabaseUnavailable:
            raise
        except Exception as fault:  # noqa: BLE001  # logged; no subscriber may miss an event unnoticed
            entry = fault_entry(fault, self.field)
            for subscriber in tuple(self._all):
                self._fail(subscriber, entry)
        finally:
            self._count_messages()

    def force_resync(self, position: Position) -> None:
        """Ends the subscriptions that have missed the events, as unavailable. See `Listener`."""
        entry = _unavailable(DatabaseUnavailable("events could not be delivered in time"))
        for subscriber in tuple(self._all):
            if subscriber.live_from.is_before(position):
                self._fail(subscriber, entry)

    def _count_messages(self) -> None:
        self._messages.inc(self._uncounted)
        self._uncounted = 0

    async def restart(self) -> None:
        """Checks every subscriber's position against the new log. See `Listener`."""
        for subscriber in tuple(self._all):
            if subscriber.buffer is None:
                subscriber.buffer = EventBuffer()
                self._start_resuming(subscriber, self._catch_ups)
            subscriber.buffer.has_log_changed = True

    def _send_beside(self, subscriber: Subscriber, awaited: AwaitedEvent) -> None:
        """Sends the event in a task, so that what is read for it does not delay the events of others."""
        awaited.add(subscriber.viewer_id)
        subscriber.buffer = EventBuffer(awaited)
        self._start_resuming(subscriber, self._waiting)

    def _start_resuming(self, subscriber: Subscriber, turns: asyncio.Semaphore) -> None:
        task = asyncio.create_task(self._resume(subscriber, turns), name=f"{self.field}: resume")
        self._resuming.add(task)
        task.add_done_callback(self._resuming.discard)

    async def _resume(self, subscriber: Subscriber, turns: asyncio.Semaphore) -> None:
        after = subscriber.position
        if after.is_before(subscriber.live_from):
            after = subscriber.live_from
        try:
            await self._catch_up(subscriber, after, turns)
        except DatabaseUnavailable as error:
            self._fail(subscriber, _unavailable(error))
        except Exception as fault:  # noqa: BLE001  # logged; no subscriber may miss an event unnoticed
            self._fail(subscriber, fault_entry(fault, self.field))

    async def _send_to_recipients(self, presented: PresentedEvent, batch: Position) -> None:
        event, awaited = presented.event, AwaitedEvent(presented)
        rendered: dict[tuple[LiveOperation, Snapshot | None], str] = {}
        cursors: dict[Snapshot | None, str] = {}
        sent = 0
        for subscriber in tuple(self.recipients(presented)):
            # A subscriber added after the batch was read gets its events from the log.
            if not subscriber.is_open or not subscriber.live_from.is_before(batch):
                continue
            if not presented.is_visible_to(subscriber.viewer_id):
                continue
            if subscriber.buffer is not None:
                subscriber.buffer.add(event)
                continue
            position = subscriber.position
            if not position.precedes(event.transaction, event.id):
                continue
            if subscriber.operation.waits is not False and not subscriber.operation.is_shared:
                self._send_beside(subscriber, awaited)
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
            if not self._push(subscriber, payload, cursor, position):
                await self._end_slow(subscriber)
            sent += 1
            if sent % MESSAGES_BETWEEN_YIELDS == 0:
                await asyncio.sleep(0)

    async def _render(
        self,
        operation: LiveOperation,
        viewer_id: int | None,
        presented: PresentedEvent,
        cursor: str,
    ) -> str:
        if operation.is_shared:
            self._shared.inc()
            return await self._renderer.render(operation, None, presented.row(cursor))
        self._single.inc()
        row = presented.row_for(viewer_id, cursor)
        payload = await self._renderer.render(operation, viewer_id, row)
        operation.waits = bool(operation.waits)
        return payload

    def _push(self, subscriber: Subscriber, payload: str, cursor: str, position: Position) -> bool:
        """Sends an event's payload, if the subscription is open. False if the send queue is full."""
        if subscriber.is_open:
            if not subscriber.sink.push(payload, cursor):
                return False
            subscriber.position = position
            self._uncounted += 1
        return True

    async def _end_slow(self, subscriber: Subscriber) -> None:
        """Requires a resync of a client that reads too slowly."""
        topic_metrics.OVERFLOWS.labels(self.field).inc()
        topic_metrics.RESYNCS.labels(ResyncReason.TOO_SLOW.value).inc()
        last = self.log.cursor(subscriber.position)
        await self._send_resync(subscriber, ResyncRow(last, ResyncReason.TOO_SLOW))

    async def _send_ready(self, subscriber: Subscriber, row: ReadyRow) -> bool:
        """Sends the first message; False if the subscription is closed."""
        payload = await self._renderer.render(subscriber.operation, subscriber.viewer_id, row)
        return subscriber.is_open and subscriber.sink.push(payload, row.cursor)

    async def _send_resync(self, subscriber: Subscriber, row: ResyncRow) -> None:
        """Ends the subscription and sends its last message."""
        self.close(subscriber)
        payload = await self._renderer.render(subscriber.operation, subscriber.viewer_id, row)
        subscriber.sink.push_last(payload, row.cursor)

    def _fail(self, subscriber: Subscriber, entry: JSONObject) -> None:
        if subscriber.is_open:
            self.close(subscriber)
            subscriber.sink.fail([entry])


def _unavailable(error: DatabaseUnavailable) -> JSONObject:
    """The error entry for a client that has to resume when the database is available again."""
    shown = client_error(error)
    return fault_entry(error) if shown is None else error_entry(shown)
