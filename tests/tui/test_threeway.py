"""Key 3: the last sync, Git now and the cluster in the right pane."""

from __future__ import annotations

from concurrent.futures import Future

import pytest

from gitops_tui.model.diff import DiffCell, RowKind
from gitops_tui.model.drift import Moved
from gitops_tui.model.keys import ResourceKey
from gitops_tui.model.threeway import ThreeWay, ThreeWayRow, ThreeWayRows
from gitops_tui.settings import Settings
from gitops_tui.tui.app import GitOpsApp
from gitops_tui.tui.diffview import Look
from gitops_tui.tui.layout import Node
from gitops_tui.tui.threeview import ThreeLines
from tests.benchmarks import fake_engine as fake
from tests.support.waiting import until_screen


def text(app: GitOpsApp) -> str:
    detail = app.detail
    return "\n".join(detail.render_line(y).text for y in range(detail.size.height))


async def drifted(pilot, app: GitOpsApp, name: str = "cart") -> Node:
    """The cursor on a drifted resource whose diff stands in the pane."""
    await until_screen(pilot, lambda: len(app.tree_pane.rows) > 2)
    await pilot.press("right_square_bracket")
    await until_screen(pilot, lambda: "replicas" in text(app))
    assert app.tree_pane.node is not None
    return app.tree_pane.node


def screen(engine: object = None) -> GitOpsApp:
    made = engine or fake.FakeEngine(fake.picture(4, 20))
    return GitOpsApp(lambda: made, Settings())


@pytest.mark.parametrize(("size", "columns"), [((200, 48), True), ((160, 48), True), ((80, 24), False)])
async def test_three_columns_where_there_is_room_and_named_lines_elsewhere(size, columns: bool) -> None:
    app = screen()
    async with app.run_test(size=size) as pilot:
        await drifted(pilot, app)
        await pilot.press("3")
        await until_screen(pilot, lambda: app.detail.three_lines is not None)
        shown = text(app)
        assert app.detail.three_lines.columns is columns
        if columns:
            line = next(each for each in shown.splitlines() if "replicas" in each and "│" in each)
            assert [part.split()[-1] for part in line.split("│")[:2]] == ["2", "3"]
            assert "last sync bbbbbbb" in shown
        else:
            assert "last       " in shown
            assert [line.split()[0] for line in shown.splitlines() if "replicas:" in line] == ["last", "Git", "live"]
        assert "live" in shown
        assert app.detail.difference is not None
        assert app.detail.difference.path == "spec.replicas"
        await pilot.press("3")
        await until_screen(pilot, lambda: app.detail.three_lines is None)
        assert "last sync" not in text(app)


async def test_u_puts_the_columns_one_under_the_other() -> None:
    app = screen()
    async with app.run_test(size=(200, 48)) as pilot:
        await drifted(pilot, app)
        await pilot.press("3")
        await until_screen(pilot, lambda: app.detail.three_lines is not None and app.detail.three_lines.columns)
        await pilot.press("u")
        await until_screen(pilot, lambda: app.detail.three_lines is not None and not app.detail.three_lines.columns)


async def test_it_stays_on_for_the_next_resource_and_a_late_answer_is_dropped() -> None:
    engine = fake.FakeEngine(fake.picture(4, 20))
    held: list[tuple[object, Future[ThreeWay]]] = []

    def three_way(app: object, key: object) -> Future[ThreeWay]:
        future: Future[ThreeWay] = Future()
        held.append((key, future))
        return future

    answer = engine.three_way
    engine.three_way = three_way
    app = screen(engine)
    async with app.run_test(size=(160, 48)) as pilot:
        first = await drifted(pilot, app)
        await pilot.press("3")
        await until_screen(pilot, lambda: len(held) == 1)
        assert "asking what Git said" in text(app)
        assert "replicas: 5" in text(app)  # the two sides meanwhile
        await pilot.press("right_square_bracket")
        await until_screen(pilot, lambda: len(held) == 2)
        late, mine = answer(first.app, held[0][0]).result(), answer(app.tree_pane.node.app, held[1][0]).result()
        held[1][1].set_result(mine)
        await until_screen(pilot, lambda: app.detail.three is mine)
        held[0][1].set_result(late)
        await pilot.pause(0.1)
        assert app.detail.three is mine


async def test_why_there_is_no_third_side_is_said_beside_the_two() -> None:
    engine = fake.FakeEngine(fake.picture(4, 20))
    found: Future[ThreeWay] = Future()
    engine.three_way = lambda app, key: found
    app = screen(engine)
    async with app.run_test(size=(160, 48)) as pilot:
        node = await drifted(pilot, app)
        found.set_result(ThreeWay(node.key, problem="no sync of this application is recorded yet"))
        await pilot.press("3")
        await until_screen(pilot, lambda: "three-way: no sync of this application is recorded yet" in text(app))
        assert "replicas: 5" in text(app)


@pytest.mark.parametrize("columns", [True, False])
@pytest.mark.parametrize("wrap", [True, False])
def test_each_line_is_made_when_it_is_looked_at_and_all_text_is_there(columns: bool, wrap: bool) -> None:
    cells = [DiffCell(1, text) for text in ("a" * 70, "漢" * 50, "b" * 9)]
    one = ThreeWayRow(RowKind.CHANGED, *cells, path="x", moved=Moved.BOTH)
    same = ThreeWayRow(RowKind.EQUAL, cells[2], cells[2], cells[2], path="y")
    found = ThreeWay(ResourceKey("", "ConfigMap", "", "c"), ThreeWayRows((same, one, *[same] * 9), (1,), 7), "b" * 40)
    made = ThreeLines(found, Look(wrap=wrap, unified=not columns, context=1), 92)
    assert made.columns is columns
    drawn = ["".join(text for text, _ in (line if isinstance(line, list) else made.draw(line))) for line in made.lines]
    assert len(drawn) == len(made.lines)
    assert "≠" in drawn[made.changes[0]] or drawn[made.changes[0]].startswith(" last")
    assert drawn[-1] == " … 7 more lines at least"
    assert "8 lines that nobody moved" in drawn[-2]
    if wrap:
        assert sum(line.count("a") for line in drawn[1:-2]) == 70 + sum("last" in line for line in drawn[1:-2])
        assert sum(line.count("漢") for line in drawn) == 50
