"""Which numbers of a machine's messages came, which never did, and which came twice."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from operator import attrgetter


@dataclass(slots=True)
class GapInfo:
    """Messages that never came, right before position ``pos``.

    ``reason`` is the exporter's (``outbox``, ``exit``), or ``missing`` when only their numbers
    tell. ``since`` and ``until`` in Unix ns, 0 when unknown. ``first_seq`` and ``last_seq`` are 0
    when the messages carry no numbers.
    """

    pos: int
    lost: int
    reason: str = "missing"
    since: int = 0
    until: int = 0
    first_seq: int = 0
    last_seq: int = 0


class Sequence:
    """``seq`` counts from 1 what an instance produced. ``expected`` is the next one.

    The indexer handles the number that is expected by itself; all others come here.
    """

    __slots__ = ("expected", "gaps", "lost", "numbered")

    def __init__(self) -> None:
        self.expected = 1
        self.gaps: list[GapInfo] = []
        self.numbered: list[GapInfo] = []  # those with numbers, sorted by them
        self.lost = 0

    def unexpected(self, seq: int, pos: int, since: int, until: int) -> bool | None:
        """A message with a number that was not expected, at position ``pos``.

        True: messages before it are missing. None: it came late, but never before.
        False: it came before, drop it.
        """
        if seq >= self.expected:
            missing = seq > self.expected
            if missing:
                self._add(GapInfo(pos, 0, "missing", since, until, self.expected, seq - 1))
            self.expected = seq + 1
            return missing
        return None if self._fill(seq) else False

    def report(
        self, pos: int, lost: int, first: int, last: int, since: int, until: int, reason: str
    ) -> bool:
        """An exporter's own report of what it dropped. True if that is news."""
        if not first or last < first:
            if not lost:
                return False
            self.gaps.append(GapInfo(pos, lost, reason, since, until))
            self.lost += lost
            return True
        self._explain(first, last, reason)
        if last < self.expected:
            return False
        if first > self.expected:
            self._add(GapInfo(pos, 0, "missing", 0, since, self.expected, first - 1))
        self._add(GapInfo(pos, 0, reason, since, until, max(first, self.expected), last))
        self.expected = last + 1
        return True

    def _add(self, gap: GapInfo) -> None:
        gap.lost = gap.last_seq - gap.first_seq + 1
        self.lost += gap.lost
        self.gaps.append(gap)
        self.numbered.append(gap)

    def _explain(self, first: int, last: int, reason: str) -> None:
        """Give the reason to gaps that were only noticed so far."""
        for gap in reversed(self.numbered):
            if gap.last_seq < first:
                break
            if gap.reason == "missing" and first <= gap.first_seq and gap.last_seq <= last:
                gap.reason = reason

    def _fill(self, seq: int) -> bool:
        """Take ``seq`` out of the gap it is in; False when it is in none."""
        k = bisect_right(self.numbered, seq, key=attrgetter("first_seq")) - 1
        if k < 0 or self.numbered[k].last_seq < seq:
            return False
        gap = self.numbered[k]
        self.lost -= 1
        gap.lost -= 1
        if not gap.lost:
            del self.numbered[k]
            self.gaps = [other for other in self.gaps if other is not gap]
        elif seq == gap.first_seq:
            gap.first_seq += 1
        elif seq == gap.last_seq:
            gap.last_seq -= 1
        else:
            after = GapInfo(gap.pos, 0, gap.reason, gap.since, gap.until, seq + 1, gap.last_seq)
            after.lost = after.last_seq - seq
            gap.last_seq = seq - 1
            gap.lost -= after.lost
            self.numbered.insert(k + 1, after)
            self.gaps.append(after)
            self.gaps.sort(key=attrgetter("pos"))
        return True
