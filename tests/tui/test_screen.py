"""The main screen as a person uses it: panes, filter, header, right pane, memory."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from textual.events import Focus
from textual.widgets import Input

from gitops_tui.model.keys import ResourceKey
from gitops_tui.model.record import AppRecord, Pause, Pin
from gitops_tui.model.revision import Commit
from gitops_tui.model.snapshot import Condition, Link, OwnedObject, RepositoryState, Severity, Snapshot
from gitops_tui.settings import Settings
from gitops_tui.tui.app import GitOpsApp
from gitops_tui.tui.bar import Bar, Item, fitted
from gitops_tui.tui.filterline import FilterLine
from gitops_tui.tui.header import header_items
from gitops_tui.tui.layout import Node
from gitops_tui.tui.remember import Memory
from tests.benchmarks import fake_engine as fake
from tests.support.waiting import until_screen


def screen(snapshot: Snapshot | None = None, **more: object) -> GitOpsApp:
    engine = fake.FakeEngine(snapshot or fake.picture(4, 20))
    return GitOpsApp(lambda: engine, more.pop("settings", Settings()), **more)


async def ready(pilot, app: GitOpsApp) -> None:
    await until_screen(pilot, lambda: len(app.tree_pane.rows) > 2 and app.detail._node is not None)


def lines(widget) -> list[str]:
    return [widget.render_line(y).text for y in range(widget.size.height)]


def text(widget) -> str:
    return "\n".join(lines(widget))


async def test_a_drifted_resource_shows_its_diff_with_who_changed_it() -> None:
    app = screen()
    async with app.run_test(size=(160, 40)) as pilot:
        await ready(pilot, app)
        await pilot.press("right_square_bracket")
        await until_screen(pilot, lambda: app.detail.view is not None)
        shown = text(app.detail)
        assert "replicas: 3" in shown
        assert "replicas: 5" in shown
        assert "kubectl-edit" in shown
        assert "≠ Modified" in lines(app.detail)[0]
        assert "1 change" in lines(app.detail)[-1]
        assert "drift 1 of 4" in text(app.query_one("#footer"))
        await pilot.press("u")
        assert app.detail.look.unified
        assert "- Git" in lines(app.detail)[1]
        await pilot.press("right_curly_bracket")
        assert "around each change" in text(app.query_one("#footer"))


async def test_the_next_change_goes_around_and_says_so() -> None:
    app = screen()
    async with app.run_test(size=(160, 40)) as pilot:
        await ready(pilot, app)
        await pilot.press("right_square_bracket")
        await until_screen(pilot, lambda: app.detail.view is not None)
        await pilot.press("n")
        assert "the only change" in text(app.query_one("#footer"))
        await pilot.press("j")
        assert "the only change" not in text(app.query_one("#footer"))


@pytest.mark.parametrize("size", [(160, 48), (100, 30), (99, 30), (80, 24)])
async def test_tab_moves_the_arrows_to_the_other_pane(size) -> None:
    app = screen()
    async with app.run_test(size=size) as pilot:
        await ready(pilot, app)
        before = app.tree_pane.cursor
        await pilot.press("tab")
        await pilot.press("j", "j")
        assert app.tree_pane.cursor == before
        await pilot.press("escape", "j")
        assert app.tree_pane.cursor == before + 1
        # Both panes are there, above each other below 100 columns.
        tree, detail = app.tree_pane.region, app.detail.region
        assert (tree.bottom <= detail.y) == (size[0] < 100)
        assert tree.height > 3
        assert detail.height > 3


async def test_panes_grow_and_shrink_and_the_focused_one_never_goes() -> None:
    app = screen()
    async with app.run_test(size=(120, 30)) as pilot:
        await ready(pilot, app)
        for _ in range(8):
            await pilot.press("plus")
        await pilot.pause()
        assert app.tree_pane.region.width == 120
        assert not app.detail.display
        await pilot.press("tab")
        await pilot.pause()
        assert app.detail.display
        for _ in range(8):
            await pilot.press("plus")
        await pilot.pause()
        assert app.detail.region.width >= 119
        await pilot.press("escape")
        await pilot.pause()
        assert app.tree_pane.display
        assert app.tree_pane.region.width > 20


async def test_a_filter_is_typed_with_every_letter_counted_and_left_by_esc() -> None:
    app = screen()
    async with app.run_test(size=(120, 30)) as pilot:
        await ready(pilot, app)
        await pilot.press("slash")
        await pilot.press(*"kind:secret")
        assert app.query_one(Input).value == "kind:secret"
        await until_screen(pilot, lambda: app.tree_pane.layout_rows.matched == 16)
        assert "16 of 80" in lines(app.tree_pane)[0]
        await pilot.press("enter")
        assert app.screen.focused is None
        assert all(row.what.key.kind == "Secret" for row in app.tree_pane.rows if row.depth == 2)
        await pilot.press("j")
        assert app.tree_pane.cursor > 0
        await pilot.press("escape")
        await until_screen(pilot, lambda: not app.tree_pane.layout_rows.filter)
        await pilot.press("slash", *"nothing-like-it", "enter")
        assert "nothing matches" in text(app.tree_pane)
        await pilot.press("slash", "escape")
        await until_screen(pilot, lambda: len(app.tree_pane.rows) > 4)


async def test_a_changed_resource_repaints_its_row_and_keeps_the_cursor() -> None:
    snapshot = fake.picture(4, 20)
    app = screen(snapshot)
    async with app.run_test(size=(120, 30)) as pilot:
        await ready(pilot, app)
        await pilot.press("right_square_bracket", "right_square_bracket")
        node = app.tree_pane.node
        key = next(iter(snapshot.applications))
        state = next(each for each in snapshot.applications[key].resources.values() if not each.drift.is_drifted)
        new = fake.resource(key.name, int(state.key.name[-5:]), drifted=True)
        app.engine.snapshot = fake.with_change(snapshot, key, new)
        app._snapshot_came(app.engine.snapshot)
        await until_screen(pilot, lambda: app.tree_pane.rows.find(Node(key, new.key.group_kind, new.key)) is not None)
        assert app.tree_pane.node == node
        assert app.tree_pane.rows[app.tree_pane.cursor].node == node


async def test_a_click_chooses_a_row_and_its_arrow_opens_it() -> None:
    app = screen()
    async with app.run_test(size=(120, 48)) as pilot:
        await ready(pilot, app)
        at = next(at for at, row in enumerate(app.tree_pane.rows) if row.depth == 0 and row.is_open is False)
        before = len(app.tree_pane.rows)
        await pilot.click("#tree", offset=(20, at + 1))
        assert app.tree_pane.cursor == at
        assert len(app.tree_pane.rows) == before
        await pilot.click("#tree", offset=(1, at + 1))
        await until_screen(pilot, lambda: len(app.tree_pane.rows) > before)


async def test_every_count_in_the_header_jumps() -> None:
    app = screen()
    async with app.run_test(size=(120, 30)) as pilot:
        await ready(pilot, app)
        bar = app.query_one("#header", Bar)
        shown = bar.render_line(0).text
        await pilot.click("#header", offset=(shown.index("2 ✗"), 0))
        await pilot.pause()
        assert app.tree_pane.node == Node(app.tree_pane.node.app)
        first = app.tree_pane.node
        await pilot.click("#header", offset=(shown.index("2 ✓"), 0))
        await pilot.pause()
        assert app.tree_pane.node != first
        assert app.tree_pane.row.what.sync.value == "Synced"


def a_busy_picture() -> Snapshot:
    now = datetime.now(UTC)
    commit = Commit(
        "3f2c1d9" + "0" * 33,
        "Dana",
        "d@x",
        now,
        now - timedelta(minutes=4),
        "Bump checkout to 1.8 and a good deal more than that",
    )
    snapshot = fake.picture(12, 3)
    return replace(
        snapshot,
        repositories=(RepositoryState("https://git.example/infra.git", "main", commit, now),),
        worker="this session",
        conditions=(Condition(Severity.WARNING, "session", "something", now),),
    )


@pytest.mark.parametrize("width", [160, 120, 100, 80, 60, 40])
def test_the_header_keeps_what_matters_most(width: int) -> None:
    items = header_items(a_busy_picture(), title="", read_only=True)
    kept = " ".join(each.text for each in fitted(items, width, 3))
    assert "4 ✗" in kept
    assert "prod-eu" in kept
    if width >= 80:
        assert "read-only" in kept
        assert "live" in kept
    if width >= 160:
        assert "3f2c1d9" in kept
        assert "worker: this session" in kept


def test_a_lost_link_is_said_with_its_time_and_stays_at_80_columns() -> None:
    snapshot = a_busy_picture()
    lost = replace(snapshot.clusters[0], link=Link.RECONNECTING, message="connection refused " * 9)
    items = fitted(header_items(replace(snapshot, clusters=(lost,)), title="", read_only=False), 80, 3)
    assert any("reconnecting, stale since" in each.text for each in items)
    assert sum(len(each.text) + 3 for each in items) <= 82


def test_items_give_way_by_their_rank() -> None:
    items = [Item("keep"), Item("long words", drop=2, short="words"), Item("first", drop=9)]
    assert [each.text for each in fitted(items, 22, 3)] == ["keep", "long words"]
    assert [each.text for each in fitted(items, 17, 3)] == ["keep", "words"]
    assert [each.text for each in fitted(items, 9, 3)] == ["keep"]


async def test_paused_pinned_failed_and_stale_applications_say_so() -> None:
    snapshot = fake.picture(3, 4)
    keys = list(snapshot.applications)
    now = datetime.now(UTC)
    apps = dict(snapshot.applications)
    pause = Pause("dana@laptop", now - timedelta(hours=2), "INC-42 [red]")
    apps[keys[0]] = replace(
        apps[keys[0]], record=AppRecord(pause=pause, pin=Pin("3f2c1d9" + "0" * 33, "dana", now)), behind=4
    )
    error = Condition(Severity.ERROR, "render", "apps/x.yaml:3: bad \x1b[31m indent", now, "fix line 3")
    apps[keys[1]] = replace(apps[keys[1]], conditions=(error,), resources={})
    apps[keys[2]] = replace(apps[keys[2]], stale_since=now - timedelta(minutes=3))
    app = screen(replace(snapshot, applications=apps))
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(pilot, app)
        shown = text(app.tree_pane)
        assert '⏸ paused by dana 2h "INC-42 [red]"' in shown
        assert "⚲ pinned 3f2c1d9, 4 behind" in shown
        assert "✗ apps/x.yaml:3: bad ␛[31m indent" in shown
        app.select(Node(keys[1]))
        await until_screen(pilot, lambda: "→ fix line 3" in text(app.detail))
        at = app.tree_pane.rows.find(Node(keys[2]))
        stale = app.tree_pane.render_line(at + 1 - app.tree_pane.top)
        assert {segment.style.color for segment in stale if segment.text.strip()} == {
            app.tree_pane.palette["muted"].color
        }


async def test_an_application_page_tells_where_it_comes_from_and_goes() -> None:
    app = screen(a_busy_picture())
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(pilot, app)
        shown = text(app.detail)
        for said in (
            "https://git.example/infra",
            "apps/team-00",
            "prod-eu",
            "auto-sync",
            "Differs from Git: 2",
            "OutOfSync",
        ):
            assert said in shown, said


async def test_kinds_and_owned_objects_have_pages() -> None:
    snapshot = fake.picture(1, 5)
    key, state = next(iter(snapshot.applications.items()))
    owner = next(each for each in state.resources.values() if each.key.kind == "Deployment")
    pod = OwnedObject(
        ResourceKey("", "Pod", "n", "pod-1"), "u1", None, datetime.now(UTC), "CrashLoopBackOff app (137, OOMKilled) x12"
    )
    app = screen(fake.with_change(snapshot, key, replace(owner, owned=(pod,))))
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(pilot, app)
        app.select(Node(key, "Deployment.apps", owner.key, "u1"))
        await until_screen(pilot, lambda: "CrashLoopBackOff" in text(app.detail))
        assert "owned by     Deployment" in text(app.detail)
        assert "CrashLoopBackOff app (137" in text(app.tree_pane)
        app.select(Node(key, "Deployment.apps"))
        await until_screen(pilot, lambda: "Differs from Git: 1" in text(app.detail) or "objects" in text(app.detail))


async def test_a_late_diff_of_another_resource_is_dropped() -> None:
    app = screen()
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(pilot, app)
        for _ in range(6):
            await pilot.press("right_square_bracket")
        await until_screen(
            pilot,
            lambda: app.detail.view is not None and not app.detail.computing and app.detail._node == app.tree_pane.node,
        )
        assert app.tree_pane.node.key.name in lines(app.detail)[0]
        node = app.tree_pane.node
        state = app.engine.snapshot.applications[node.app].resources[node.key]
        assert app.detail._views[id(state)] == (state, app.detail.view)


async def test_a_focus_that_comes_behind_the_first_letters_costs_none_of_them() -> None:
    app = screen()
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(pilot, app)
        await pilot.press("slash", *"ab")
        line = app.query_one(FilterLine)
        line.box.post_message(Focus())
        await pilot.press("backspace", "c")
        assert line.box.value == "ac"


async def test_the_next_run_begins_where_the_last_one_ended(tmp_path: Path) -> None:
    memory = Memory(tmp_path / "screen.json", "s")
    app = screen(memory=memory)
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(pilot, app)
        await pilot.press("t", "right_square_bracket", "right_square_bracket", "right_square_bracket", "plus")
        node, theme, share = app.tree_pane.node, app.theme, app.share
        await pilot.press("slash", *"status:drifted", "enter")
        await until_screen(pilot, lambda: app.tree_pane.layout_rows.filter)
        app.exit()
    again = screen(memory=memory)
    async with again.run_test(size=(140, 40)) as pilot:
        await ready(pilot, again)
        await until_screen(pilot, lambda: (again.tree_pane.node, again.theme, again.share) == (node, theme, share))
        await until_screen(pilot, lambda: again.tree_pane.layout_rows.filter.text == "status:drifted")


async def test_a_broken_memory_is_said_and_the_screen_starts(tmp_path: Path) -> None:
    (tmp_path / "screen.json").write_text("{")
    app = screen(memory=Memory(tmp_path / "screen.json", "s"))
    async with app.run_test(size=(140, 40)) as pilot:
        await ready(pilot, app)
        assert "is ignored" in text(app.query_one("#footer"))


@pytest.mark.parametrize("size", [(160, 48), (80, 24), (40, 12)])
async def test_help_shows_every_key_by_scrolling(size) -> None:
    app = screen()
    async with app.run_test(size=size) as pilot:
        await ready(pilot, app)
        await pilot.press("question_mark")
        await until_screen(pilot, lambda: len(app.screen_stack) > 1)
        pane = app.screen.query_one("KeyLines")
        seen = ""
        for _ in range(30):
            await pilot.pause()
            seen += text(pane)
            await pilot.press("pagedown")
        for key in app.table:
            assert key.shown in seen, key
        await pilot.press("escape")
        assert len(app.screen_stack) == 1


async def test_every_theme_can_be_drawn() -> None:
    app = screen()
    async with app.run_test(size=(140, 30)) as pilot:
        await ready(pilot, app)
        await pilot.press("right_square_bracket")
        await until_screen(pilot, lambda: app.detail.view is not None)
        seen = set()
        for _ in range(5):
            await pilot.press("t")
            await pilot.pause()
            seen.add(app.theme)
            assert app.tree_pane.render_line(3).cell_length == app.tree_pane.size.width
            ground = app.tree_pane.palette["text"].bgcolor
            assert any(segment.style.bgcolor == ground for segment in app.tree_pane.render_line(1))
        assert len(seen) == 5
