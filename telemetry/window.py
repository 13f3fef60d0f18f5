"""What is on its way: items become messages and requests, which stay until they are answered."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from telemetry.batches import Batch, Limits, known_machines, repeated
from telemetry.encode_dbg import Feed, Snapshot
from telemetry.messages import DbgMsg
from telemetry.outbox import GONE, QUEUED, SCHEMA, TRANSITION, Item, Loss, Outbox
from telemetry.wire import Response

WINDOW, LAST_WINDOW = 32, 8
"""Most batches unanswered; the same while the program waits to end."""

TAKE = 16
"""Items taken from the outbox at a time."""

_LAST_ID = 0x7FFF_FFFF


class Window:
    """Takes items from an outbox and gives requests to ``send``; no sockets, no thread of its own.

    Used by the sender thread. Only ``settled_at`` and the counts may be read on another one.
    """

    def __init__(self, outbox: Outbox, send: Callable[[bytes], None]) -> None:
        self._outbox = outbox
        self._send = send
        self._limits = Limits()
        self._most = WINDOW
        self._open: Batch | None = None
        self._unanswered: dict[int, Batch] = {}
        self._last_id = 0
        self._position = 0
        self.live: dict[Feed, None] = {}
        """The machines that have been announced and aren't gone."""
        self.sent = 0
        self.answered = 0
        self.rejected = 0

    # -- forward

    def full(self) -> bool:
        """Whether answers must come before more is sent. At exit nobody waits for them."""
        return len(self._unanswered) >= self._most and not self._outbox.closed

    def narrow(self) -> None:
        """The end is near: keeps less on its way, so that the last words arrive in time."""
        self._most = LAST_WINDOW

    def half_full(self) -> bool:
        """Whether it is time to look for answers."""
        return len(self._unanswered) > WINDOW // 4

    def idle(self) -> bool:
        """Whether everything sent is answered."""
        return not self._unanswered

    def nothing_left(self) -> bool:
        """Whether everything is answered and the outbox is empty."""
        return not self._unanswered and self._outbox.empty()

    def next_id(self) -> int:
        """An id for a request."""
        self._last_id = self._last_id % _LAST_ID + 1
        return self._last_id

    def work(self, over: Callable[[], bool]) -> None:
        """Sends what the outbox has, until ``over``, or the window is full."""
        position = self._position
        while not self.full():
            taken = self._outbox.take(TAKE)
            for feed, loss in taken.losses.items():
                self._add_loss(feed, loss, position)
            for item in taken.items:
                self._add_item(item, position)
            position = taken.position
            if over() or self._outbox.empty():
                break
        self._close_batch()
        self._position = position

    def _add_item(self, item: Item, position: int) -> None:
        feed, kind, content, more, _ = item
        if kind == GONE:
            self.live.pop(feed, None)
            return
        if kind == SCHEMA:
            self.live[feed] = None
            batch = self._batch(feed, "DbgMsgStruct", position)
            batch.add(feed, feed.schema_changed(content))
            return
        if not feed.announced:  # inherited by a forked process
            self.live[feed] = None
            self._batch(feed, "DbgMsgStruct", position).add(feed, feed.announce())
        batch = self._batch(feed, "DbgMsgTx", position)
        if kind == TRANSITION:
            batch.add(feed, feed.transition(content))
        elif kind == QUEUED:
            batch.add(feed, feed.queued_mutation(content, more))

    def _add_loss(self, feed: Feed, loss: Loss, position: int) -> None:
        known = feed.snapshot()
        for message in feed.lost(loss, "exit" if self._outbox.closed else "outbox"):
            self._batch(feed, type(message).__name__, position, known).add(feed, message)
        if loss.gone:
            self.live.pop(feed, None)
        else:
            self.live[feed] = None

    def _batch(
        self, feed: Feed, method: str, position: int, known: Snapshot | None = None
    ) -> Batch:
        """The open batch of this kind, with what is known of the machine before it."""
        batch = self._open
        if batch is None or batch.method != method or batch.full():
            self._close_batch()
            batch = self._open = Batch(method, position, self._limits)
        if feed not in batch.feeds:
            snapshot = known or feed.snapshot()
            if snapshot is not None:
                batch.before[feed] = snapshot
        return batch

    def _close_batch(self) -> None:
        batch, self._open = self._open, None
        if batch is not None:
            self.sent += len(batch.parts)
            self._dispatch(batch)

    def _dispatch(self, batch: Batch) -> None:
        msgid = self.next_id()
        self._unanswered[msgid] = batch
        self._send(batch.request(msgid))

    # -- back

    def answer(self, answer: Response) -> str:
        """Settles the request that this answers, if there is one; what is wrong, or nothing."""
        batch = self._unanswered.pop(answer.msgid, None)
        if batch is None:
            return ""
        count = len(batch.parts)
        self.answered += count
        rejected: Any = count
        if answer.error is None:
            rejected = answer.result.get("rejected") if isinstance(answer.result, dict) else 0
        if not isinstance(rejected, int) or rejected <= 0:
            return ""
        self.rejected += rejected
        return f"{rejected} messages rejected: {answer.error or 'see the debugger'}"

    def settled_at(self) -> int:
        """Up to which item of the outbox everything is answered or lost. Any thread may ask."""
        try:
            return min((b.position for b in self._unanswered.values()), default=self._position)
        except RuntimeError:  # the sender changed it meanwhile
            return 0

    # -- again

    def begin_again(self, limits: Limits) -> None:
        """After a reconnect: schemas with clocks as last answered, then what was not answered.

        Where something was not answered the machine's schema goes once more with the clocks after
        it: the reader may have had all of it already, and would be left with the earlier ones.
        """
        self._limits = limits
        waiting = [batch for batch in self._unanswered.values() if batch.repeat]
        self._unanswered = {}
        known = known_machines(waiting)
        fresh = {feed: None for b in waiting for feed in b.feeds if feed not in known}
        live = [feed for feed in self.live if feed.announced and feed not in fresh]
        for feed in dict.fromkeys((*known, *live)):
            self._announce(feed, feed.announce(known.get(feed)))
        self._close_batch()
        for batch in repeated(waiting, limits):
            self._dispatch(batch)
        for feed in (*known, *fresh):
            self._announce(feed, feed.announce())
        self._close_batch()

    def _announce(self, feed: Feed, message: DbgMsg) -> None:
        """Adds a message that is made anew, not repeated, after the next reconnect."""
        if self._open is not None and self._open.full():
            self._close_batch()
        if self._open is None:
            self._open = Batch("DbgMsgStruct", self.settled_at(), self._limits, repeat=False)
        self._open.add(feed, message)
