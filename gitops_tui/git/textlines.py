"""Lines as git counts them, for text that a YAML parser has read.

YAML ends a line also at a lone carriage return, NEL (U+0085) and U+2028 and U+2029; git ends one at a line feed alone. A place
that the parser names by its line would be another one in a diff or a blame: so places are taken by their offset.
"""

from __future__ import annotations

from bisect import bisect_right

_BOM = "\ufeff"


class Lines:
    """parsed: what to give to the parser; its marks' `index` counts in that."""

    def __init__(self, text: str) -> None:
        # libyaml does not count the mark at the beginning.
        self.parsed = text.removeprefix(_BOM)
        self._shift = len(text) - len(self.parsed)
        self._begins = [0]
        at = text.find("\n")
        while at >= 0:
            self._begins.append(at + 1)
            at = text.find("\n", at + 1)

    def at(self, index: int) -> tuple[int, int]:
        """(line, column) of a mark's index, both from 0."""
        index += self._shift
        line = bisect_right(self._begins, index) - 1
        return line, index - self._begins[line]
