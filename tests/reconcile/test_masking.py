"""Values of Secrets, and of ConfigMap keys that look like credentials, reach no screen, output, file or error."""

from __future__ import annotations

import copy
import json
from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from gitops_tui.cli import shapes
from gitops_tui.cli.drift import diff_lines
from gitops_tui.compare import compare, scrubbed
from gitops_tui.compare.blame import three_way
from gitops_tui.model.drift import ABSENT, Drift, DriftKind, Masked
from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.model.snapshot import ResourceState
from gitops_tui.model.sync import Action, PlanStep, ResultStatus, SyncOptions, SyncPlan, SyncStatus
from gitops_tui.render.loader import load
from gitops_tui.settings import Settings
from gitops_tui.sync.report import Report
from gitops_tui.tui.app import GitOpsApp
from gitops_tui.tui.diffview import Look, build, lines_of
from gitops_tui.tui.layout import Node
from gitops_tui.tui.objects import patch_of, yaml_of
from tests.reconcile.drift_world import CONFIG, CONFIG_KEY, World
from tests.support.waiting import until, until_screen

VALUES = [f"kanarienvogel-{side}" for side in ("last", "git", "live", "hook")]
FORBIDDEN = ["kanarienvogel", *(b64encode(each.encode()).decode()[:12] for each in VALUES)]
SECRET_KEY = ResourceKey("", "Secret", "default", "pay")


def clean(text: str, where: str) -> None:
    found = [each for each in FORBIDDEN if each in text]
    assert not found, f"{where}: {found}: …{text[max(0, text.index(found[0]) - 200) :][:400]}"


def secret(value: str) -> dict[str, Any]:
    return {
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {"name": "pay", "namespace": "default"},
        "stringData": {"card": value, "note": "x"},
    }


def config(value: str, **more: str) -> dict[str, Any]:
    return {**CONFIG, "data": {"db_password": value, "mode": "fast", **more}}


HOOK = {
    "apiVersion": "v1",
    "kind": "ConfigMap",
    "metadata": {"name": "hook", "namespace": "default", "annotations": {"argocd.argoproj.io/hook": "PostSync"}},
    "data": {"api_token": VALUES[3]},
}


@pytest.fixture
def world(tmp_path: Path, made_repository: Any) -> Iterator[Any]:
    """Both sides of a Secret and of a ConfigMap have moved; the live ones carry kubectl's annotation."""
    made = World(tmp_path, made_repository)
    last, now, live = VALUES[:3]
    made.repository.commit({"app/hook.yaml": json.dumps(HOOK)}, "hook")
    made.commit("one", secret(last), config(last))
    made.start()
    made.sync()
    for obj in (secret(live), config(live)):
        noted = copy.deepcopy(obj)
        noted["metadata"]["annotations"] = {"kubectl.kubernetes.io/last-applied-configuration": json.dumps(obj)}
        made.apply(noted, "kubectl-client-side-apply")
    made.commit("two", secret(now), config(now))
    made.refresh()
    for key in (SECRET_KEY, CONFIG_KEY):
        until(lambda key=key: made.resource(key).moved.value == "both changed")
    yield made
    made.stop()


def test_no_value_in_what_the_engine_and_the_commands_tell(world: Any) -> None:
    engine = world.engine
    for key in (SECRET_KEY, CONFIG_KEY, ResourceKey("", "ConfigMap", "default", "hook")):
        state = world.resource(key)
        explained = engine.explain(world.state.key, key).result(120)
        three = engine.three_way(world.state.key, key).result(120)
        clean(repr(state.drift), f"{key} verdict")
        clean(repr(state.warnings), f"{key} warnings")
        clean(repr(explained), f"{key} explained")
        clean(repr(three), f"{key} three ways")
        clean(repr(shapes.resource(state, explained, three)), f"{key} JSON")
        for side in (None, three):
            clean("\n".join(diff_lines(state, explained, three=side)), f"{key} diff")
        clean(repr(build(state)), f"{key} rows")
        clean(repr(list(lines_of(build(state), Look(context=-1), 100)[0])), f"{key} lines")
        clean(patch_of(state), f"{key} patch")
        for side in ("git", "live"):
            clean(yaml_of(state, side, managed=True), f"{key} YAML of {side}")
    secret_state = world.resource(SECRET_KEY)
    assert "••••" in yaml_of(secret_state, "live")
    assert "••••" in yaml_of(world.resource(CONFIG_KEY), "git")
    assert "mode: fast" in yaml_of(world.resource(CONFIG_KEY), "git")
    clean(repr(engine.plan(world.state.key, SyncOptions()).result(120)), "plan")
    clean(repr(world.state.conditions), "conditions")


async def test_no_value_on_any_screen_or_in_the_copy_menu(world: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    engine = world.engine
    copied: list[str] = []
    monkeypatch.setattr(GitOpsApp, "copy", lambda self, text, what: copied.append(text))

    class Running:
        """The running engine, which the screen neither starts nor stops."""

        def __getattr__(self, name: str) -> Any:
            return getattr(engine, name)

        def start(self) -> None: ...
        def stop(self, timeout: float = 5.0) -> None: ...

    app = GitOpsApp(Running, Settings())  # type: ignore[arg-type,return-value]

    def text() -> str:
        strips = app.screen._compositor.render_strips()
        return "\n".join("".join(segment.text for segment in strip) for strip in strips)

    async with app.run_test(size=(180, 60)) as pilot:
        for key in (SECRET_KEY, CONFIG_KEY):
            node = Node(world.state.key, key.group_kind, key)
            await until_screen(pilot, lambda node=node: app.tree_pane.rows and app.select(node))
            for keys in ("", "3", "3", "b", "escape", "y", "tab", "f", "escape", "i", "escape"):
                if keys:
                    await pilot.press(keys)
                await pilot.pause(0.4)
                clean(text(), f"{key} after {keys!r}")
            for letter in "ylvwifkd":
                await pilot.press("c")
                await pilot.pause(0.2)
                clean(text(), f"{key} copy menu")
                await pilot.press(letter)
                await pilot.pause(0.3)
                if app.screen is not app.screen_stack[0]:
                    await pilot.press("escape")
    assert len(copied) >= 8
    clean("\n".join(copied), "copied")


def test_a_whole_data_that_differs_tells_no_credential_of_the_last_sync() -> None:
    desired = config("kanarienvogel-git")
    live = {key: value for key, value in desired.items() if key != "data"}
    found = compare(desired, live, mask_keys=Settings().mask_keys)
    last = config("kanarienvogel-last", old_token="kanarienvogel-hook")
    moves = three_way(last, desired, live, found, mask_keys=Settings().mask_keys)
    assert moves
    clean(repr(moves), "moves")
    assert "fast" in repr(moves)


def test_marks_of_the_last_sync_and_of_the_verdict_mean_the_same_values() -> None:
    def with_values(**values: str) -> dict[str, Any]:
        data = {key: b64encode(value.encode()).decode() for key, value in values.items()}
        return {"apiVersion": "v1", "kind": "Secret", "metadata": {"name": "s"}, "data": data}

    last, desired = with_values(a="one", b="two"), with_values(a="three", b="one")
    live = with_values(a="two", b="four")
    moves = {each.path: each for each in three_way(last, desired, live, compare(desired, live))}
    one, two = moves["data.a"], moves["data.b"]
    assert all(isinstance(each, Masked) for move in (one, two) for each in (move.last, move.desired, move.live))
    assert one.last == two.desired
    assert two.last == one.live
    assert len({one.last, one.desired, one.live, two.live}) == 4


def test_an_error_that_quotes_a_credential_of_a_config_map_is_told_without_it() -> None:
    desired = config("kanarienvogel-git")
    key = ResourceKey("", "ConfigMap", "default", "config")
    plan = SyncPlan(AppKey("c", "", "a"), "r", SyncOptions(), (PlanStep(key, "v1", Action.CHANGE),))
    seen: list[Any] = []

    def scrub(step: PlanStep, message: str) -> str:
        assert step.key == key
        return scrubbed(message, desired, mask_keys=Settings().mask_keys)

    report = Report(plan, lambda results, line: seen.append(results), scrub=scrub)
    report.tell(0, ResultStatus.FAILED, 'admission webhook denied: db_password "kanarienvogel-git" is too short')
    clean(repr(report.results), "results")
    assert "is too short" in report.results[0].message


def test_broken_yaml_of_a_secret_is_told_without_its_values() -> None:
    text = 'apiVersion: v1\nkind: Secret\nmetadata:\n  name: pay\nstringData:\n  card: "kanarienvogel-git\n  note: [\n'
    _, problem = load(text.encode(), "apps/pay.yaml")
    assert problem is not None
    clean(repr(problem), "problem")
    text = "apiVersion: v1\nkind: Secret\nstringData:\n  card: kanarienvogel-git: x\n"
    _, problem = load(text.encode(), "apps/pay.yaml")
    assert problem is not None
    clean(repr(problem), "problem")
    text = "apiVersion: v1\nkind: ConfigMap\ndata:\n  db_password: kanarienvogel-git: x\n"
    _, problem = load(text.encode(), "apps/c.yaml")
    assert problem is not None
    clean(repr(problem), "problem")
    text = "apiVersion: v1\nkind: ConfigMap\ndata:\n  plain: in sight: x\n"
    _, problem = load(text.encode(), "apps/c.yaml")
    assert "in sight" in repr(problem)


def test_a_field_that_is_not_there_stays_told_apart_from_a_masked_one() -> None:
    desired, live = secret("kanarienvogel-git"), {**secret("x"), "stringData": {"note": "x"}}
    (difference,) = compare(desired, live).differences
    assert difference.live is ABSENT
    assert isinstance(difference.desired, Masked)
    assert Drift(DriftKind.NONE).masked == ()


@pytest.mark.parametrize("kind", ["Secret", "ConfigMap"])
def test_list_items_that_managed_fields_know_by_their_value_are_masked_too(kind: str) -> None:
    data = {"db_password": VALUES[2], "mode": "fast"}
    fields = {
        "f:metadata": {f'v:"{VALUES[2]}"': {}, f'k:{{"name":"{VALUES[2]}"}}': {".": {}}},
        "f:data": {"f:mode": {}},
    }
    entry = {"manager": "somebody", "operation": "Apply", "fieldsType": "FieldsV1", "fieldsV1": fields}
    metadata = {"name": "pay", "namespace": "default", "managedFields": [entry]}
    live = {"apiVersion": "v1", "kind": kind, "metadata": metadata, "stringData" if kind == "Secret" else "data": data}
    key = ResourceKey("", kind, "default", "pay")
    state = ResourceState(key, "v1", SyncStatus.SYNCED, Drift(DriftKind.NONE), live=live)
    shown = yaml_of(state, "live", managed=True, mask_keys=("*password*",))
    clean(shown, kind)
    assert "f:mode" in shown
    assert "somebody" in shown
