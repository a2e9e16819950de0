"""Key b: who set what, on both sides, and since when; the line above a diff says so too."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

from gitops_tui.model.drift import Drift, DriftEpisode, DriftKind, FieldMove, Moved, Owner
from gitops_tui.model.explain import Explained, FieldBlame
from gitops_tui.model.revision import BlameLine
from gitops_tui.settings import Settings
from gitops_tui.tui.app import GitOpsApp
from gitops_tui.tui.layout import Node
from gitops_tui.tui.screens.blame import BlameScreen
from gitops_tui.tui.words import history_words
from tests.benchmarks import fake_engine as fake
from tests.support.waiting import until_screen


class Engine(fake.FakeEngine):  # type: ignore[misc]
    """With one drifted object, changed as the test wants it, and the answer to who set what."""

    def __init__(self, **changes: Any) -> None:
        super().__init__(fake.picture(4, 20))
        self.app, state = next(iter(self.snapshot.applications.items()))
        self.key, old = next((key, each) for key, each in state.resources.items() if each.drift.is_drifted)
        self.snapshot = fake.with_change(self.snapshot, self.app, replace(old, **changes))
        self.explained = Explained(self.key, moved=Moved.CLUSTER, last_synced_revision="a" * 40)

    def explain(self, app: object, key: object) -> Future[Explained]:
        future: Future[Explained] = Future()
        future.set_result(self.explained)
        return future


def pane(app: GitOpsApp) -> str:
    return " ".join("\n".join(app.detail.render_line(y).text for y in range(app.detail.size.height)).split())


async def shown(pilot, app: GitOpsApp, engine: Engine) -> str:
    """What the dialog says."""
    await until_screen(pilot, lambda: len(app.tree_pane.rows) > 2)
    app.select(Node(engine.app, engine.key.group_kind, engine.key))
    await until_screen(pilot, lambda: app.detail.shows(Node(engine.app, engine.key.group_kind, engine.key)))
    await pilot.press("b")
    await until_screen(pilot, lambda: isinstance(app.screen, BlameScreen) and app.screen.explained is not None)
    assert isinstance(app.screen, BlameScreen)
    return app.screen.text


def ago(minutes: float) -> datetime:
    return datetime.now(UTC) - timedelta(minutes=minutes)


async def test_both_sides_are_named_in_words() -> None:
    engine = Engine(episodes=(DriftEpisode(ago(2.1), by="kubectl scale", paths=("spec.replicas",)),))
    owner = Owner("kubectl", "Update", ago(2.1), "scale")
    line = BlameLine("c" * 40, "Dana", "", ago(600.1), "Bump (#4)", "apps/cart.yaml", 7, "replicas: 3", boundary=True)
    engine.explained = replace(
        engine.explained,
        blame={"spec.replicas": FieldBlame(line, owner)},
        moves=(FieldMove("spec.replicas", 3, 3, 5, Moved.CLUSTER),),
    )
    app = GitOpsApp(lambda: engine, Settings())
    async with app.run_test(size=(160, 48)) as pilot:
        said = await shown(pilot, app, engine)
        assert "ccccccc Dana 10h ago or earlier (the clone ends there)  Bump (#4)  apps/cart.yaml:7" in said
        assert "cluster  kubectl scale 2m ago" in said
        assert "cluster changed since the last sync" in said
        assert (
            f"{engine.snapshot.applications[engine.app].resources[engine.key].episodes[0].began.astimezone():%H:%M}"
            in said
        )
        assert "drifted since" in pane(app)
        assert "2 min ago by kubectl scale" in pane(app)


async def test_an_object_that_is_gone_differs_as_a_whole() -> None:
    gone = DriftEpisode(ago(5.1), moved=Moved.CLUSTER)
    engine = Engine(drift=Drift(DriftKind.MISSING), live=None, moved=Moved.CLUSTER, episodes=(gone,))
    app = GitOpsApp(lambda: engine, Settings())
    async with app.run_test(size=(80, 24)) as pilot:
        said = await shown(pilot, app, engine)
        assert "it is not in the cluster: all of it is Git's" in said
        assert "gone from the cluster 5 min ago" in said
        assert "no field differs" not in said


async def test_who_took_an_object_out_of_git_is_named() -> None:
    engine = Engine(drift=Drift(DriftKind.EXTRA), manifest=None, moved=Moved.GIT)
    line = BlameLine("d" * 40, "Eve", "", ago(7.1), "No cart", "apps/cart.yaml", 4, "")
    engine.explained = replace(engine.explained, moved=Moved.GIT, whole=FieldBlame(removed=line))
    app = GitOpsApp(lambda: engine, Settings())
    async with app.run_test(size=(120, 40)) as pilot:
        said = await shown(pilot, app, engine)
        assert "it is not in Git: all of it is the cluster's" in said
        assert "ddddddd Eve 7m ago took it out  No cart  (it was apps/cart.yaml:4)" in said
        assert "taken out of Git 7 min ago" in said


def test_times_of_a_history_that_fall_into_one_minute_are_told_once() -> None:
    noon = datetime(2026, 5, 4, 12, 0, 10, tzinfo=UTC)
    local = f"{noon.astimezone():%H:%M}"
    short = DriftEpisode(noon, noon + timedelta(seconds=9), by="x")
    assert history_words((short,)) == f"drifted 1 time in this session: {local} by x"
    found = DriftEpisode(noon, None, dated=False)
    assert history_words((short, found)) == f"drifted 2 times in this session: since before {local}, {local} by x"


async def test_a_field_that_was_not_looked_for_is_not_told_as_one_that_git_does_not_set() -> None:
    base = Engine()
    old = base.snapshot.applications[base.app].resources[base.key]
    (first,) = old.drift.differences
    more = replace(first, path="spec.paused")
    engine = Engine(drift=replace(old.drift, differences=(first, more)))
    engine.explained = replace(engine.explained, blame={first.path: FieldBlame(None, None)})
    app = GitOpsApp(lambda: engine, Settings())
    async with app.run_test(size=(120, 40)) as pilot:
        said = await shown(pilot, app, engine)
        assert "no line of Git is found that sets it" in said
        assert "not looked for: of this many only the first 1 are" in said


async def test_why_a_sync_would_fail_is_what_is_seen_first() -> None:
    base = Engine()
    old = base.snapshot.applications[base.app].resources[base.key]
    engine = Engine(drift=replace(old.drift, refused="because " * 60 + "of this"))
    app = GitOpsApp(lambda: engine, Settings())
    async with app.run_test(size=(80, 24)) as pilot:
        await until_screen(pilot, lambda: len(app.tree_pane.rows) > 2)
        app.select(Node(engine.app, engine.key.group_kind, engine.key))
        await until_screen(pilot, lambda: "sync would fail: because" in pane(app))
        assert "⊘ sync would fail ·" in pane(app)
        assert app.detail.top == 0
        await pilot.press("n")
        await until_screen(pilot, lambda: app.detail.top > 0)
