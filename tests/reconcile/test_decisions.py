"""When automatic sync acts by itself, and what it says where it doesn't."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from gitops_tui.model.application import Application, Automated, Destination, Source, SyncPolicy
from gitops_tui.model.drift import Drift, DriftKind, FieldDifference, Owner, Reason
from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.model.manifest import Manifest, Origin
from gitops_tui.model.record import AppRecord, BadCommit, HistoryEntry, Pause, PauseKind, Pin
from gitops_tui.model.revision import Commit
from gitops_tui.model.snapshot import ApplicationState, ResourceState
from gitops_tui.model.sync import Initiator, OperationPhase, SyncStatus
from gitops_tui.model.windows import SyncGate
from gitops_tui.reconcile.auto import FIGHT, Attempts, Decision, decide, fight

NOW = datetime(2026, 5, 1, 12, tzinfo=UTC)
SHA, OLD = "b" * 40, "a" * 40
KEY = ResourceKey("apps", "Deployment", "shop", "web")


def entry(number: int, revision: str, phase: OperationPhase = OperationPhase.SUCCEEDED, **more) -> HistoryEntry:
    when = NOW - timedelta(hours=10 - number)
    return HistoryEntry(number, revision, phase, when, when, "dana@x", Initiator.PERSON, **more)


def drifted(record: AppRecord, *, self_heal: bool = True) -> ApplicationState:
    owner = Owner("kubectl-edit", "Update", NOW)
    difference = FieldDifference("spec.replicas", 3, 5, Reason.DIFFERS, owner)
    obj = {"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web"}}
    manifest = Manifest(KEY, "apps/v1", obj, Origin("web.yaml"), "d")
    resource = ResourceState(
        KEY, "apps/v1", SyncStatus.OUT_OF_SYNC, Drift(DriftKind.MODIFIED, (difference,)), manifest=manifest
    )
    policy = SyncPolicy(automated=Automated(self_heal=self_heal))
    app = Application(AppKey("prod", "", "shop"), (Source("/r"),), Destination(), sync_policy=policy)
    commit = Commit(SHA, "Dana", "d@x", NOW, NOW, "Change")
    return ApplicationState(
        app, loading=False, sync=SyncStatus.OUT_OF_SYNC, revision=commit, resources={KEY: resource}, record=record
    )


def asked(record: AppRecord, attempts: Attempts | None = None, *, content: str = "", now: float = 1000.0) -> Decision:
    return decide(
        drifted(record),
        attempts or Attempts(),
        now=now,
        wall=NOW,
        enabled=True,
        record_known=True,
        content=content,
    )


def test_a_commit_that_was_rolled_back_from_is_not_deployed_by_itself() -> None:
    bad = BadCommit(SHA, "dana@x", NOW, "INC-42", "same")
    found = asked(AppRecord(bad=(bad,), history=(entry(1, OLD),)))
    assert not found.act
    assert "rolled back from by dana@x" in found.why


def test_a_later_commit_that_renders_the_same_is_held_too_and_any_other_goes_out() -> None:
    record = AppRecord(bad=(BadCommit("c" * 40, "dana@x", NOW, "", "same"),), history=(entry(1, OLD),))
    assert not asked(record, content="same").act
    assert asked(record, content="other").act


def test_a_failed_commit_is_held_by_the_next_session_with_its_error() -> None:
    record = AppRecord(failed_revision=SHA, failed_message="quota exceeded", history=(entry(1, OLD),))
    found = asked(record, Attempts())
    assert not found.act
    assert "quota exceeded" in found.why


def test_what_failed_is_tried_again_once_another_source_renders_otherwise() -> None:
    record = AppRecord(failed_revision=SHA, failed_message="stopped", failed_content="old", history=(entry(1, OLD),))
    state = drifted(record, self_heal=False)
    two = replace(state, app=replace(state.app, sources=(Source("/r"), Source("/values"))))

    def of(state: ApplicationState, content: str) -> bool:
        return decide(state, Attempts(), now=1.0, wall=NOW, enabled=True, record_known=True, content=content).act

    assert [of(two, "old"), of(two, "new"), of(state, "new")] == [False, True, False]


def test_healing_off_reports_drift_and_still_takes_a_new_commit() -> None:
    pause = Pause("dana@x", NOW, kind=PauseKind.HEAL_OFF)
    synced = AppRecord(pause=pause, history=(entry(1, SHA),))
    found = asked(synced)
    assert not found.act
    assert "not corrected" in found.why
    assert asked(AppRecord(pause=pause, history=(entry(1, OLD),))).act


def test_held_commits_leave_healing_on_and_a_full_pause_stops_all() -> None:
    held = Pause("dana@x", NOW, kind=PauseKind.HOLD_COMMITS, revision=SHA)
    found = asked(AppRecord(pause=held, history=(entry(1, SHA),)))
    assert (found.act, found.initiator) == (True, Initiator.SELF_HEAL)
    assert not asked(AppRecord(pause=replace(held, kind=PauseKind.ALL), history=(entry(1, SHA),))).act


def test_a_half_pause_ends_by_itself() -> None:
    over = Pause("dana@x", NOW - timedelta(hours=2), until=NOW - timedelta(hours=1), kind=PauseKind.HEAL_OFF)
    assert asked(AppRecord(pause=over, history=(entry(1, SHA),))).act


def test_a_fight_is_waited_out_longer_each_time_and_who_fights_is_said() -> None:
    record = AppRecord(history=(entry(1, SHA),))
    waits = []
    for heals in (1, 2, 3):
        found = asked(record, Attempts(SHA, last=1000.0, heals=heals))
        assert not found.act
        assert "kubectl-edit" in found.why
        assert "spec.replicas" in found.why
        waits.append(found.wait)
    assert waits == sorted(waits)
    assert waits[0] < waits[-1]
    said = fight(drifted(record), Attempts(SHA, heals=FIGHT, fighter="kubectl-edit (spec.replicas of Deployment web)"))
    assert "kubectl-edit" in said
    assert not fight(drifted(record), Attempts(SHA, heals=1))


@pytest.mark.parametrize(
    ("history", "wanted"),
    [
        ((entry(1, OLD), entry(2, SHA)), OLD),
        ((entry(1, OLD), entry(2, SHA, OperationPhase.FAILED)), OLD),
        ((entry(1, OLD), entry(2, SHA), entry(3, OLD, partial=True)), OLD),
        ((entry(1, SHA), entry(2, SHA)), ""),
        ((entry(1, SHA),), ""),
        ((), ""),
    ],
)
def test_undo_goes_to_the_commit_before_the_last_whole_sync(history, wanted) -> None:
    assert AppRecord(history=history).before_last == wanted


def test_the_last_healthy_commit_is_neither_the_deployed_one_nor_one_that_was_rolled_back_from() -> None:
    worse = "d" * 40
    history = (entry(1, OLD, healthy=True), entry(2, worse, healthy=True), entry(3, SHA, healthy=True))
    record = AppRecord(history=history, bad=(BadCommit(worse, "dana@x", NOW),))
    found = record.last_healthy
    assert found is not None
    assert found.revision == OLD
    assert AppRecord(history=history[2:]).last_healthy is None


def test_a_second_source_that_moved_under_the_same_commit_is_synced_without_self_heal() -> None:
    record = AppRecord(history=(entry(1, SHA, content="old"),))

    def of(sources: tuple[Source, ...], content: str, attempts: Attempts | None = None) -> Decision:
        state = drifted(record, self_heal=False)
        state = replace(state, app=replace(state.app, sources=sources))
        return decide(
            state, attempts or Attempts(), now=1000.0, wall=NOW, enabled=True, record_known=True, content=content
        )

    one, two = (Source("/r"),), (Source("/r"), Source("/values"))
    assert of(two, "new") == Decision(True, "syncing")
    assert not of(two, "old").act
    # With one source the commit says it all: a chart may render otherwise for another version of the cluster.
    assert not of(one, "new").act
    # What was just tried, here, is not tried again for ever.
    assert not of(two, "new", Attempts(SHA, "new", last=999.0)).act
    assert of(two, "newer", Attempts(SHA, "new", last=999.0)).act


def test_a_rolled_back_commit_is_free_again_once_another_source_renders_otherwise() -> None:
    bad = AppRecord(bad=(BadCommit(SHA, "dana@x", NOW, "INC-42", "same"),))
    state = drifted(bad)
    state = replace(state, app=replace(state.app, sources=(Source("/r"), Source("/values"))))
    held = decide(state, Attempts(), now=1000.0, wall=NOW, enabled=True, record_known=True, content="same")
    free = decide(state, Attempts(), now=1000.0, wall=NOW, enabled=True, record_known=True, content="other")
    assert (held.act, free.act) == (False, True)


def held_by_window(**more) -> SyncGate:
    fields = {"automatic": False, "manual": True, "why": "sync window deny 0 12 * * * for 1h of the project web"}
    return SyncGate(**{**fields, **more})


def test_a_sync_window_holds_until_its_edge_and_a_pin_and_a_pause_come_first() -> None:
    gate = held_by_window(changes=NOW + timedelta(minutes=30), opens=NOW + timedelta(hours=2))
    found = decide(drifted(AppRecord()), Attempts(), now=1000.0, wall=NOW, enabled=True, record_known=True, gate=gate)
    assert found == Decision(False, f"held: {gate.why}", wait=1800.0)
    paused = AppRecord(pause=Pause("dana@x", NOW))
    for record, said in ((paused, "paused"), (AppRecord(pin=Pin(SHA, "dana@x", NOW)), "pinned")):
        other = decide(drifted(record), Attempts(), now=1.0, wall=NOW, enabled=True, record_known=True, gate=gate)
        assert other.why == said


def test_a_window_without_an_end_is_not_waited_for() -> None:
    found = decide(
        drifted(AppRecord()), Attempts(), now=1.0, wall=NOW, enabled=True, record_known=True, gate=held_by_window()
    )
    assert (found.act, found.wait) == (False, 0.0)


def test_the_rules_of_a_project_hold_automatic_sync_whatever_the_windows_say() -> None:
    said = "the project web does not permit ClusterRole admin: it is not in clusterResourceWhitelist"
    found = decide(drifted(AppRecord()), Attempts(), now=1.0, wall=NOW, enabled=True, record_known=True, refused=said)
    assert found == Decision(False, f"held: {said}")
    assert decide(drifted(AppRecord()), Attempts(), now=1.0, wall=NOW, enabled=True, record_known=True).act
