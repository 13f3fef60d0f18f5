"""The stable sort of the original's runtime, move for move.

``less`` here is no strict weak order (After compares neighbours only), so which elements are
compared decides the outcome. Blocks of 20 are sorted by insertion, then merged in place by SymMerge
(Kim and Kutzner), as Go's ``sort.Stable`` does. Python's sort with a comparator differs.
"""

from __future__ import annotations

from collections.abc import Callable

BLOCK = 20

Less = Callable[[int, int], bool]


def stable_sort(items: list[int], less: Less) -> None:
    """Sort ``items`` in place."""
    n = len(items)
    block = BLOCK
    start = 0
    while start < n:
        _insertion(items, start, min(start + block, n), less)
        start += block
    while block < n:
        start = 0
        while start + block < n:
            _merge(items, start, start + block, min(start + 2 * block, n), less)
            start += 2 * block
        block *= 2


def _insertion(items: list[int], start: int, end: int, less: Less) -> None:
    for i in range(start + 1, end):
        j = i
        while j > start and less(items[j], items[j - 1]):
            items[j], items[j - 1] = items[j - 1], items[j]
            j -= 1


def _merge(items: list[int], a: int, m: int, b: int, less: Less) -> None:
    """Merge the sorted ranges [a, m) and [m, b)."""
    if m - a == 1:
        low, high = m, b
        while low < high:
            half = (low + high) // 2
            if less(items[half], items[a]):
                low = half + 1
            else:
                high = half
        items.insert(low - 1, items.pop(a))
        return
    if b - m == 1:
        low, high = a, m
        while low < high:
            half = (low + high) // 2
            if not less(items[m], items[half]):
                low = half + 1
            else:
                high = half
        items.insert(low, items.pop(m))
        return
    mid = (a + b) // 2
    n = mid + m
    if m > mid:
        start, r = n - b, mid
    else:
        start, r = a, m
    while start < r:
        c = (start + r) // 2
        if not less(items[n - 1 - c], items[c]):
            start = c + 1
        else:
            r = c
    end = n - start
    if start < m < end:
        items[start:end] = items[m:end] + items[start:m]
    if a < start < mid:
        _merge(items, a, start, mid, less)
    if mid < end < b:
        _merge(items, mid, end, b, less)
