"""The sort of target states, above 20 too, where it is a block merge."""

from __future__ import annotations

import random
from collections.abc import Callable

import pytest

from asyncmachine import Machine, State
from asyncmachine.sorting import stable_sort


def test_it_sorts_stably_when_the_order_is_a_real_one() -> None:
    rng = random.Random(1)
    for size in (0, 1, 2, 19, 20, 21, 40, 41, 64, 200):
        items = [rng.randrange(10**6) for _ in range(size)]
        ours = list(items)
        stable_sort(ours, lambda x, y: x % 7 < y % 7)
        assert ours == sorted(items, key=lambda x: x % 7)


class Swaps:
    """The same algorithm by adjacent swaps on one list, as Go's sort.Stable is written."""

    def __init__(self, items: list[int], less: Callable[[int, int], bool]) -> None:
        self.items = items
        self._less = less

    def less(self, i: int, j: int) -> bool:
        return self._less(self.items[i], self.items[j])

    def swap(self, i: int, j: int) -> None:
        self.items[i], self.items[j] = self.items[j], self.items[i]

    def insertion(self, a: int, b: int) -> None:
        for i in range(a + 1, b):
            j = i
            while j > a and self.less(j, j - 1):
                self.swap(j, j - 1)
                j -= 1

    def stable(self) -> None:
        n, size = len(self.items), 20
        a, b = 0, size
        while b <= n:
            self.insertion(a, b)
            a, b = b, b + size
        self.insertion(a, n)
        while size < n:
            a, b = 0, 2 * size
            while b <= n:
                self.merge(a, a + size, b)
                a, b = b, b + 2 * size
            if a + size < n:
                self.merge(a, a + size, n)
            size *= 2

    def merge(self, a: int, m: int, b: int) -> None:
        if m - a == 1:
            i, j = m, b
            while i < j:
                h = (i + j) >> 1
                i, j = (h + 1, j) if self.less(h, a) else (i, h)
            for k in range(a, i - 1):
                self.swap(k, k + 1)
            return
        if b - m == 1:
            i, j = a, m
            while i < j:
                h = (i + j) >> 1
                i, j = (h + 1, j) if not self.less(m, h) else (i, h)
            for k in range(m, i, -1):
                self.swap(k, k - 1)
            return
        mid = (a + b) >> 1
        n = mid + m
        start, r = (n - b, mid) if m > mid else (a, m)
        p = n - 1
        while start < r:
            c = (start + r) >> 1
            start, r = (c + 1, r) if not self.less(p - c, c) else (start, c)
        end = n - start
        if start < m < end:
            self.rotate(start, m, end)
        if a < start < mid:
            self.merge(a, start, mid)
        if mid < end < b:
            self.merge(mid, end, b)

    def rotate(self, a: int, m: int, b: int) -> None:
        i, j = m - a, b - m
        while i != j:
            if i > j:
                self.swap_range(m - i, m, j)
                i -= j
            else:
                self.swap_range(m - i, m + j - i, i)
                j -= i
        self.swap_range(m - i, m, i)

    def swap_range(self, a: int, b: int, n: int) -> None:
        for i in range(n):
            self.swap(a + i, b + i)


@pytest.mark.parametrize("seed", range(40))
def test_comparisons_and_moves_are_those_of_the_original(seed: int) -> None:
    """After is no real order, so every comparison counts: each one is recorded as a step."""
    rng = random.Random(seed)
    size = rng.randrange(15, 95)
    after = {i: {rng.randrange(size) for _ in range(rng.randrange(3))} for i in range(size)}
    items = list(range(size))
    rng.shuffle(items)
    compared: list[list[tuple[int, int]]] = [[], []]

    def less(log: list[tuple[int, int]]) -> Callable[[int, int], bool]:
        def compare(x: int, y: int) -> bool:
            log.append((x, y))
            return y not in after[x] and x in after[y]

        return compare

    ours, theirs = list(items), Swaps(list(items), less(compared[1]))
    stable_sort(ours, less(compared[0]))
    theirs.stable()
    assert ours == theirs.items
    assert compared[0] == compared[1]


def test_a_machine_with_more_than_20_states() -> None:
    rng = random.Random(3)
    names = [f"S{i}" for i in range(45)]
    m = Machine({n: State(after=rng.sample([x for x in names if x != n], 2)) for n in names})
    order = rng.sample(names, 45)
    assert m.add(*order).executed
    after = {name: set(m.schema[name].after) for name in names}
    swaps = Swaps(
        [names.index(n) for n in order],
        lambda x, y: names[y] not in after[names[x]] and names[x] in after[names[y]],
    )
    swaps.stable()
    assert [names.index(n) for n in m.active_states()] == swaps.items
