"""Sync windows: when automatic and manual syncs may begin (Argo CD, docs/user-guide/sync_windows.md)."""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING

from gitops_tui.records import dataclass, field

if TYPE_CHECKING:
    from gitops_tui.model.cron import Schedule


class WindowKind(StrEnum):
    ALLOW = "allow"
    DENY = "deny"


@dataclass(frozen=True, slots=True)
class SyncWindow:
    """One window. source: who sets it, as people are told ("the project web", "the settings"); number: its place there, from
    1. schedule, duration, kind, time_zone: as written. starts, length: the same, read; None where `problem` is set, which says
    what can't be read: such a window holds every sync that it may be about. applications, namespaces, clusters: patterns; with
    and_operator all that are given must match, else one."""

    source: str
    number: int
    kind: str = ""
    schedule: str = ""
    duration: str = ""
    applications: tuple[str, ...] = ()
    namespaces: tuple[str, ...] = ()
    clusters: tuple[str, ...] = ()
    and_operator: bool = False
    manual_sync: bool = False
    sync_overrun: bool = False
    time_zone: str = "UTC"
    description: str = ""
    starts: Schedule | None = None
    length: timedelta = timedelta()
    problem: str = ""
    for_all: bool = False

    @property
    def words(self) -> str:
        """ "deny 22 * * * * for 1h"."""
        zone = f" {self.time_zone}" if self.time_zone != "UTC" else ""
        return f"{self.kind} {self.schedule}{zone} for {self.duration}"


@dataclass(frozen=True, slots=True)
class WindowState:
    """A window at one moment. active: None where it can't be read. changes: when it opens or closes next, None where it never
    does, or not within sight."""

    window: SyncWindow
    active: bool | None
    changes: datetime | None = None


@dataclass(frozen=True, slots=True)
class SyncGate:
    """Whether an application may be synced now. why: who holds automatic sync and until when, "" where nobody does. opens: when
    automatic sync may begin again, None where that is not known. changes: when any of it may be otherwise. windows: all that
    are about the application."""

    automatic: bool = True
    manual: bool = True
    why: str = ""
    opens: datetime | None = None
    changes: datetime | None = None
    windows: tuple[WindowState, ...] = ()


OPEN_GATE = SyncGate()


@dataclass(frozen=True, slots=True)
class WindowLine:
    """A window as it is listed. applications: "name" or "namespace/name" of those of this session that it is about."""

    state: WindowState
    applications: tuple[str, ...] = field(default=())
