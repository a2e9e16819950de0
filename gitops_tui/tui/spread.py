"""A sequence of parts of some length each, found by prefix sums: the tree's rows, and lines that are made when they are looked at."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import accumulate
from typing import TypeVar, overload

T = TypeVar("T")


class Spread(Sequence[T]):
    """heights: how many lines each row takes. make: a line, by its row and its number within it."""

    def __init__(self, heights: Iterable[int], make: Callable[[int, int], T]) -> None:
        self._starts = [0, *accumulate(heights)]
        self._make = make

    def start(self, row: int) -> int:
        """The first line of a row."""
        return self._starts[row]

    def __len__(self) -> int:
        return self._starts[-1]

    @overload
    def __getitem__(self, index: int) -> T: ...
    @overload
    def __getitem__(self, index: slice) -> list[T]: ...
    def __getitem__(self, index: int | slice) -> T | list[T]:
        if isinstance(index, slice):
            return [self[at] for at in range(*index.indices(len(self)))]
        if index < 0:
            index += len(self)
        if not 0 <= index < len(self):
            raise IndexError(index)
        row = bisect_right(self._starts, index) - 1
        return self._make(row, index - self._starts[row])

    def __iter__(self) -> Iterator[T]:
        return (self[at] for at in range(len(self)))
