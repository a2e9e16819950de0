"""Logs of pods: whose, which part, and the lines on their way from the engine to whoever reads them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Sequence
from enum import StrEnum
from typing import NamedTuple

from gitops_tui.records import dataclass


class ContainerKind(StrEnum):
    CONTAINER = "container"
    INIT = "init"
    EPHEMERAL = "ephemeral"


@dataclass(frozen=True, slots=True)
class LogContainer:
    """A container of a pod. state: in a few words ("running", "waiting: CrashLoopBackOff", "exit 137 OOMKilled", "" where
    nothing is known). chosen: it is the one whose log is meant where none is named."""

    name: str
    kind: ContainerKind = ContainerKind.CONTAINER
    state: str = ""
    chosen: bool = False


@dataclass(frozen=True, slots=True)
class LogPod:
    """A pod with its containers, init containers first."""

    namespace: str
    name: str
    uid: str
    containers: tuple[LogContainer, ...] = ()


ALL_CONTAINERS = "*"


@dataclass(frozen=True, slots=True)
class LogOptions:
    """container: a name, "" for each pod's own default (as kubectl picks it), "*" for all. previous: of the run before the
    last restart. since: only the last so many seconds, 0 for all. tail: only so many of the last lines a container, -1
    for all. follow: go on with what comes."""

    container: str = ""
    previous: bool = False
    since: int = 0
    tail: int = -1
    follow: bool = True


class LogSource(NamedTuple):
    """Whose log a line is of."""

    namespace: str
    pod: str
    container: str


class LogLine(NamedTuple):
    """source: an index into the feed's sources, -1 for none. time: RFC 3339 as the kubelet wrote it, "" where there is none.
    text: as it came, not printable. note: said by us about the log, not a line of it."""

    source: int
    time: str
    text: str
    note: bool = False


class LogFeed:
    """Lines on their way from the engine's thread to another one. The reader is told once (`on_news`, on the engine's
    thread) and then takes all there is; the engine reads no further while `is_full`."""

    def __init__(self, on_news: Callable[[], None] = lambda: None, *, room: int = 20_000) -> None:
        self.on_news = on_news
        self.sources: list[LogSource] = []
        self._lock = threading.Lock()
        self._lines: list[LogLine] = []
        self._told = False
        self._room = room
        self.over = False

    @property
    def is_full(self) -> bool:
        return len(self._lines) >= self._room

    def source(self, source: LogSource) -> int:
        """The index of a source, the same for the same."""
        with self._lock:
            if source not in self.sources:
                self.sources.append(source)
            return self.sources.index(source)

    def put(self, lines: Sequence[LogLine]) -> None:
        with self._lock:
            self._lines += lines
            tell, self._told = not self._told, True
        if tell:
            self.on_news()

    def note(self, text: str, source: int = -1, time: str = "") -> None:
        """A line of ours."""
        self.put([LogLine(source, time, text, note=True)])

    def end(self) -> None:
        """Nothing comes any more."""
        self.over = True
        self.put(())

    def take(self) -> list[LogLine]:
        """All lines since the last time."""
        with self._lock:
            lines, self._lines, self._told = self._lines, [], False
        return lines
