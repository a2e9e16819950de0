"""Keys i and I: an ignore rule made of the difference in sight, and what rules hide."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from gitops_tui.errors import ConfigError
from gitops_tui.model.drift import Drift, DriftEpisode, DriftKind
from gitops_tui.model.ignoring import HiddenBy, IgnorePreview
from gitops_tui.model.sync import SyncStatus
from gitops_tui.settings import Settings
from gitops_tui.tui.app import GitOpsApp
from gitops_tui.tui.screens.ignore import IgnoreScreen
from tests.benchmarks import fake_engine as fake
from tests.support.waiting import until_screen


class Engine(fake.FakeEngine):  # type: ignore[misc]
    """Previews by the rule's breadth; keeps what it was asked to write."""

    def __init__(self, failure: Exception | None = None) -> None:
        super().__init__(fake.picture(4, 20))
        self.written: list[Any] = []
        self.failure = failure

    def preview_ignore(self, rule: Any) -> Future[IgnorePreview]:
        app, state = next(iter(self.snapshot.applications.items()))
        keys = [key for key, each in state.resources.items() if each.drift.is_drifted]
        found = keys[:1] if rule.name else keys
        future: Future[IgnorePreview] = Future()
        future.set_result(IgnorePreview(tuple(HiddenBy(app, key, ("spec.replicas",), True) for key in found)))
        return future

    def ignore(self, rule: Any, path: Path | None = None) -> Future[Path]:
        future: Future[Path] = Future()
        if self.failure:
            future.set_exception(self.failure)
        else:
            self.written.append(rule)
            future.set_result(Path("/home/dana/config.yaml"))
        return future


async def opened(pilot, app: GitOpsApp) -> IgnoreScreen:
    await until_screen(pilot, lambda: len(app.tree_pane.rows) > 2)
    await pilot.press("right_square_bracket")
    await until_screen(pilot, lambda: app.detail.difference is not None)
    await pilot.press("i")
    await until_screen(pilot, lambda: isinstance(app.screen, IgnoreScreen) and app.screen.preview is not None)
    assert isinstance(app.screen, IgnoreScreen)
    return app.screen


@pytest.mark.parametrize("size", [(160, 48), (80, 24)])
async def test_the_rule_is_shown_with_what_it_hides_before_it_is_written(size) -> None:
    engine = Engine()
    app = GitOpsApp(lambda: engine, Settings())
    async with app.run_test(size=size) as pilot:
        screen = await opened(pilot, app)
        assert "/spec/replicas" in screen.text
        assert "application: team-00" in screen.text
        assert "hides 1 difference of 1 object now, which would be in sync" in screen.text
        assert not engine.written
        await pilot.press("3")
        await until_screen(pilot, lambda: screen.preview is not None and len(screen.preview.found) == 2)
        assert "hides 2 differences of 2 objects now" in screen.text
        assert "application:" not in screen.text
        await pilot.press("enter")
        await until_screen(pilot, lambda: app.screen is not screen)
        assert [(each.kind, each.name, each.json_pointers) for each in engine.written] == [
            (engine.written[0].kind, "", ("/spec/replicas",))
        ]
        assert app.message is not None
        assert "/home/dana/config.yaml" in app.message[0]


async def test_a_manager_can_be_ignored_in_place_of_a_field() -> None:
    engine = Engine()
    app = GitOpsApp(lambda: engine, Settings())
    async with app.run_test(size=(160, 48)) as pilot:
        screen = await opened(pilot, app)
        await pilot.press("m", "enter")
        await until_screen(pilot, lambda: app.screen is not screen)
        assert engine.written[0].managed_fields_managers == ("kubectl-edit",)
        assert not engine.written[0].json_pointers


async def test_for_git_it_is_copied_as_ignore_differences_and_nothing_is_written(monkeypatch) -> None:
    engine = Engine()
    app = GitOpsApp(lambda: engine, Settings())
    copied: list[str] = []
    monkeypatch.setattr(GitOpsApp, "copy", lambda self, text, what: copied.append(text))
    async with app.run_test(size=(160, 48)) as pilot:
        screen = await opened(pilot, app)
        await pilot.press("c")
        await until_screen(pilot, lambda: app.screen is not screen)
    assert copied[0].startswith("ignoreDifferences:\n")
    assert "application:" not in copied[0]
    assert "- /spec/replicas" in copied[0]
    assert not engine.written


async def test_a_settings_file_that_can_not_be_written_is_said_in_the_dialog() -> None:
    engine = Engine(ConfigError("the settings file can't be written", hint="copy the rule"))
    app = GitOpsApp(lambda: engine, Settings())
    async with app.run_test(size=(160, 48)) as pilot:
        screen = await opened(pilot, app)
        await pilot.press("enter")
        await until_screen(pilot, lambda: "can't be written" in screen.text)
        assert "copy the rule" in screen.text
        assert app.screen is screen


async def test_a_read_only_session_offers_the_copy_alone() -> None:
    engine = Engine()
    app = GitOpsApp(lambda: engine, Settings(read_only=True))
    async with app.run_test(size=(160, 48)) as pilot:
        screen = await opened(pilot, app)
        assert "read-only" in screen.text
        await pilot.press("enter")
        await pilot.pause(0.1)
        assert app.screen is screen
        assert not engine.written


async def test_how_often_it_drifted_stands_above_the_diff() -> None:
    engine = Engine()
    app_key, state = next(iter(engine.snapshot.applications.items()))
    key, old = next((key, each) for key, each in state.resources.items() if each.drift.is_drifted)
    noon = datetime(2026, 5, 4, 12, 0, tzinfo=UTC)
    then = DriftEpisode(noon - timedelta(minutes=30), noon - timedelta(minutes=20), "argocd", ("spec.replicas",))
    now = DriftEpisode(noon, None, "kubectl-edit", ("spec.replicas",))
    engine.snapshot = fake.with_change(engine.snapshot, app_key, replace(old, episodes=(then, now)))
    app = GitOpsApp(lambda: engine, Settings())

    def text() -> str:
        return " ".join(app.detail.render_line(y).text.strip() for y in range(app.detail.size.height))

    async with app.run_test(size=(160, 48)) as pilot:
        await until_screen(pilot, lambda: len(app.tree_pane.rows) > 2)
        from gitops_tui.tui.layout import Node

        app.select(Node(app_key, key.group_kind, key))
        local = noon.astimezone()
        said = f"drifted 2 times in this session: since {local:%H:%M} by kubectl-edit, "
        await until_screen(pilot, lambda: said in " ".join(text().split()))
        before = f"{local - timedelta(minutes=30):%H:%M} to {local - timedelta(minutes=20):%H:%M} by argocd"
        assert before in " ".join(text().split())


async def test_what_rules_hide_is_counted_and_shown_dimmed_on_a_key() -> None:
    engine = Engine()
    app_key, state = next(iter(engine.snapshot.applications.items()))
    key, old = next((key, each) for key, each in state.resources.items() if each.drift.is_drifted)
    (difference,) = old.drift.differences
    hidden = (replace(difference, ignored_by="setting ignore_differences: /spec/replicas"),)
    settled = replace(old, drift=Drift(DriftKind.NONE, ignored=1, hidden=hidden), sync=SyncStatus.SYNCED)
    engine.snapshot = fake.with_change(engine.snapshot, app_key, settled)
    app = GitOpsApp(lambda: engine, Settings())

    def text() -> str:
        return "\n".join(app.detail.render_line(y).text for y in range(app.detail.size.height))

    async with app.run_test(size=(160, 48)) as pilot:
        await until_screen(pilot, lambda: len(app.tree_pane.rows) > 2)
        from gitops_tui.tui.layout import Node

        app.select(Node(app_key, key.group_kind, key))
        await until_screen(pilot, lambda: "1 difference hidden by ignore rules (I shows them)" in text())
        assert "setting ignore_differences" not in text()
        await pilot.press("I")
        await until_screen(pilot, lambda: "~ spec.replicas: setting ignore_differences: /spec/replicas" in text())
        assert "replicas: 5" in text()
        await pilot.press("I")
        await until_screen(pilot, lambda: "(I shows them)" in text())
        await pilot.press("i")
        await pilot.pause(0.1)
        assert app.message is not None
        assert "hidden already" in app.message[0]


async def test_what_is_hidden_is_brought_into_sight_and_what_is_not_there_is_not_counted() -> None:
    engine = Engine()
    app_key, state = next(iter(engine.snapshot.applications.items()))
    key, old = next((key, each) for key, each in state.resources.items() if each.drift.is_drifted)
    (difference,) = old.drift.differences
    hidden = tuple(replace(difference, path=f"spec.x{at}", ignored_by="a rule") for at in range(12))
    both = replace(old, drift=replace(old.drift, ignored=12, hidden=hidden))
    engine.snapshot = fake.with_change(engine.snapshot, app_key, both)
    app = GitOpsApp(lambda: engine, Settings())
    async with app.run_test(size=(80, 24)) as pilot:
        await until_screen(pilot, lambda: len(app.tree_pane.rows) > 2)
        await pilot.press("right_square_bracket")
        await until_screen(pilot, lambda: app.detail.difference is not None)
        await pilot.press("I")
        await until_screen(
            pilot, lambda: app.message is not None and "12 differences that do not count" in app.message[0]
        )
        assert app.detail.top == 0
        await pilot.press("I", "right_square_bracket")
        await until_screen(pilot, lambda: getattr(app.detail.subject, "key", key) != key)
        await pilot.press("I")
        await until_screen(
            pilot, lambda: app.message is not None and app.message[0] == "what rules hide is shown dimmed"
        )


async def test_no_rule_is_offered_about_all_that_we_set_ourselves() -> None:
    engine = Engine()
    app_key, state = next(iter(engine.snapshot.applications.items()))
    _, old = next((key, each) for key, each in state.resources.items() if each.drift.is_drifted)
    (difference,) = old.drift.differences
    ours = replace(difference, live_owner=replace(difference.live_owner, manager="gitops-tui"))
    changed = replace(old, drift=replace(old.drift, differences=(ours,)))
    engine.snapshot = fake.with_change(engine.snapshot, app_key, changed)
    app = GitOpsApp(lambda: engine, Settings())
    async with app.run_test(size=(160, 48)) as pilot:
        dialog = await opened(pilot, app)
        assert dialog.manager == ""
        await pilot.press("m")
        assert not dialog.by_manager
