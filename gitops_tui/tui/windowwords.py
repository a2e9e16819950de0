"""What the screens say of sync windows."""

from __future__ import annotations

from datetime import UTC, datetime

from gitops_tui.model.snapshot import ApplicationState
from gitops_tui.model.windows import SyncGate


def is_held(state: ApplicationState) -> bool:
    """Whether a sync window holds what somebody would do or have done: automatic sync where it is on, or manual syncs."""
    return not state.gate.automatic and (state.app.sync_policy.automated is not None or not state.gate.manual)


def gate_words(gate: SyncGate, now: datetime | None = None) -> str:
    """ "⊘ sync window until 23:00 · manual syncs allowed"."""
    manual = "manual syncs allowed" if gate.manual else "manual syncs refused too"
    if any(each.active is None for each in gate.windows):
        return f"⊘ held by a sync window that can't be read · {manual}"
    until = f" until {clock(gate.opens, now)}" if gate.opens is not None else ""
    return f"⊘ sync window{until} · {manual}"


def clock(when: datetime, now: datetime | None = None) -> str:
    """The time here, with the day where it is another one."""
    here, today = when.astimezone(), (now or datetime.now(UTC)).astimezone().date()
    return f"{here:%H:%M}" if here.date() == today else f"{here:%a %F %H:%M}"
