"""A command that waits for health leaves only once its sync's own entry says so: the picture may be older than the sync."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from gitops_tui.cli.steering import until_healthy
from gitops_tui.model.application import Application, Destination, Source
from gitops_tui.model.health import HealthStatus
from gitops_tui.model.keys import AppKey
from gitops_tui.model.record import AppRecord, HistoryEntry
from gitops_tui.model.snapshot import ApplicationState
from gitops_tui.model.sync import NOT_RECORDED, Initiator, OperationPhase, SyncOperation, SyncStatus
from gitops_tui.records import replace

KEY = AppKey("demo", "", "web")
NOW = datetime(2030, 1, 1, tzinfo=UTC)
DONE = SyncOperation(KEY, "a" * 40, OperationPhase.SUCCEEDED, NOW)


def entry(started: datetime, **more: Any) -> HistoryEntry:
    phase = more.pop("phase", OperationPhase.SUCCEEDED)
    return HistoryEntry(1, "a" * 40, phase, started, started, "dana", Initiator.PERSON, **more)


class Work:
    """A session that shows one picture after the other."""

    def __init__(self, *histories: tuple[HistoryEntry, ...]) -> None:
        self._left = list(histories)
        self.waited = 0
        self.engine = SimpleNamespace(snapshot=None)
        self.news(0)
        self.waited = 0

    def news(self, _: float) -> None:
        self.waited += 1
        app = Application(KEY, (Source("https://git.example/web.git"),), Destination())
        self.state = ApplicationState(
            app, False, SyncStatus.SYNCED, HealthStatus.HEALTHY, record=AppRecord(history=self._left.pop(0))
        )
        self.engine.snapshot = SimpleNamespace(applications={KEY: self.state})


def test_neither_an_empty_record_nor_an_earlier_syncs_entry_is_the_end() -> None:
    before = entry(NOW - timedelta(hours=1), healthy=True)
    work = Work((), (before,), (before, entry(NOW)), (before, entry(NOW, healthy=True)))
    assert until_healthy(work, work.state, DONE, 60, quiet=True)  # type: ignore[arg-type]
    assert work.waited == 3


@pytest.mark.parametrize(
    ("history", "operation"),
    [
        ((), None),
        ((), replace(DONE, warnings=(f"{NOT_RECORDED}: no rights",))),
        ((entry(NOW, partial=True),), DONE),
        ((entry(NOW, phase=OperationPhase.FAILED),), DONE),
    ],
)
def test_where_nothing_more_will_be_noted_it_leaves(history: Any, operation: Any) -> None:
    work = Work(history)
    assert until_healthy(work, work.state, operation, 60, quiet=True)  # type: ignore[arg-type]
    assert work.waited == 0
