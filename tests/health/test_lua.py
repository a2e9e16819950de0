"""Users' own health scripts: what they may do, what they may not, and what is said then."""

from __future__ import annotations

import sys
import time
from pathlib import Path
from typing import Any

import pytest
import yaml

from gitops_tui.errors import ConfigError
from gitops_tui.health import assess, assessor
from gitops_tui.health.lua import MISSING, STRIKES, Assessor
from gitops_tui.healthscripts import HealthScript, scripts_in_folder
from gitops_tui.model.health import Health, HealthStatus
from gitops_tui.settings import load_settings, settings_from
from tests.health.argocd_checkout import CHECKOUT, Loader, first_document, needs_checkout

STATUS = {"phase": "Up", "count": 3, "list": ["a", "b"], "empty": {}, "yes": True, "nothing": None}
OBJ: dict[str, Any] = {"apiVersion": "a.b/v1", "kind": "Thing", "metadata": {"name": "x"}, "status": STATUS}


def run(code: str, obj: dict[str, Any] | None = None) -> Health:
    return Assessor((HealthScript("a.b/Thing", code, "config.yaml"),))(obj or OBJ)


def said(code: str) -> str:
    """What is said of the object where a script goes wrong."""
    found = run(code)
    assert found.status is HealthStatus.UNKNOWN
    assert found.message.startswith("health script of a.b/Thing (config.yaml): ")
    return found.message.partition("): ")[2]


def test_a_script_decides_the_health_and_the_words() -> None:
    code = """
    hs = {}
    if obj.status ~= nil and obj.status.phase == "Up" then
      hs.status = "Healthy"
      hs.message = table.concat(obj.status.list, "+") .. #obj.status.list .. obj.status.count .. tostring(obj.status.nothing)
      return hs
    end
    """
    assert run(code) == Health(HealthStatus.HEALTHY, "a+b23nil")


def test_other_kinds_and_what_is_being_deleted_are_not_given_to_a_script() -> None:
    going = {**OBJ, "metadata": {"deletionTimestamp": "2026-01-01T00:00:00Z"}}
    broken = "error('never run')"
    assert run(broken, going) == assess(going)
    other = {**OBJ, "kind": "Other"}
    assert run(broken, other) == assess(other)


@pytest.mark.parametrize(
    "name", ["io", "debug", "package", "load", "loadstring", "loadfile", "dofile", "pcall", "coroutine", "setmetatable", "getmetatable", "collectgarbage", "python", "print"]
)  # fmt: skip
def test_what_is_not_in_the_sandbox(name: str) -> None:
    assert run(f"return {{status='Healthy', message=type({name}) .. type(_G.{name})}}").message == "nilnil"


@pytest.mark.parametrize(
    "call", ["os.execute('x')", "os.getenv('HOME')", "os.remove('x')", "os.exit()", "io.open('/etc/passwd')"]
)
def test_asking_for_files_or_processes_is_said(call: str) -> None:
    assert said(f"return {call}").startswith("line:1: attempt to")


def test_only_modules_of_the_sandbox_can_be_required() -> None:
    assert run("return {status='Healthy', message=type(require('os').time())}").message == "number"
    assert said("require('socket')") == "line:1: there is no module socket in the sandbox"


@pytest.mark.parametrize(
    "code",
    [
        "while true do end",
        "function f() return f() end return f()",
        "local t = {3, 2, 1} table.sort(t, function() while true do end end)",
        "('x'):gsub('x', function() while true do end end)",
        "for i = 1, 1e12 do end",
        "repeat local x = ('a'):rep(10) until false",
    ],
)
def test_a_script_that_loops_is_stopped(code: str) -> None:
    begin = time.monotonic()
    assert said(code).startswith("it takes too long (it was stopped after")
    assert time.monotonic() - begin < 5


@pytest.mark.parametrize(
    ("code", "words"),
    [
        ("('a'):rep(100000):match('.-.-.-.-b')", "line:1: a pattern that could take too long"),
        ("string.rep('', 1e10)", "line:1: a repetition that could take too long"),
        ("local t = {} while true do t[#t + 1] = ('x'):rep(50000) .. #t end", "it takes too much memory"),
        ("local s = 'x' while true do s = s .. s end", "it takes too much memory"),
        ("x = = 3", "line:1: unexpected symbol near '='"),
        ("return 3", "it returned a number, not a table"),
        ("return {status = 3}", "its status is a number"),
        ("error({})", "it raised a table"),
        (
            "return {status = 'Healthy', message = obj.nothing.here}",
            "line:1: attempt to index a nil value (field 'nothing')",
        ),
    ],
)
def test_what_goes_wrong_is_said(code: str, words: str) -> None:
    assert said(code) == words


def test_a_pattern_as_people_write_them_is_fine() -> None:
    code = (
        "return {status='Healthy', message=string.match('replicas 3 of 12 are-ready', '^([a-z-]+)%s+(%d+) of (%d+)')}"
    )
    assert run(code).message == "replicas"


def test_a_status_that_is_none_is_unknown() -> None:
    wanted = Health(HealthStatus.UNKNOWN, "Lua returned an invalid health status")
    assert [run("return {status='Fine'}"), run("return {}"), run("return nil")] == [wanted] * 3


def test_nothing_of_one_run_is_left_for_the_next() -> None:
    code = "seen = (seen or 0) + 1; string.upper = nil; table.insert = nil; obj.status = nil; return {status='Healthy', message=tostring(seen)}"
    again = Assessor((HealthScript("a.b/Thing", code, "x"),))
    assert [again(OBJ).message, again(OBJ).message] == ["1", "1"]
    assert OBJ["status"] is STATUS


def test_a_script_goes_on_after_an_error_but_is_given_up_where_it_costs_everybody_time() -> None:
    once = Assessor(
        (HealthScript("a.b/Thing", "if obj.loop then while true do end end return {status='Healthy'}", "x"),)
    )
    assert once({**OBJ, "loop": True}).status == "Unknown"
    assert once(OBJ).status == "Healthy"
    found = [once({**OBJ, "loop": True}) for _ in range(STRIKES)]
    assert "it is not run any more" in found[-1].message
    assert "it is not run any more" in once(OBJ).message


def test_an_object_that_is_too_deep_is_said_and_not_followed() -> None:
    deep: Any = {}
    for _ in range(5000):
        deep = {"a": deep}
    assert "too deep" in run("return {status='Healthy'}", {**OBJ, "status": deep}).message


def test_odd_values_reach_a_script_or_are_said() -> None:
    odd = {**OBJ, "status": {"big": 2**80, "half": 0.5, "bad": "\ud800", "nul": "a\0b"}}
    assert run("return {status='Healthy'}", odd).status in (HealthStatus.HEALTHY, HealthStatus.UNKNOWN)
    odd["status"].pop("bad")
    assert run("return {status='Healthy', message='' .. #obj.status.nul}", odd).message == "3"


def test_without_the_extra_the_object_says_how_to_get_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "lupa", None)
    assert said("return {status='Healthy'}") == MISSING


def test_scripts_from_the_settings_file_and_from_a_folder(tmp_path: Path) -> None:
    folder = tmp_path / "health"
    (folder / "_.example.org/_").mkdir(parents=True)
    (folder / "_.example.org/_/health.lua").write_text("return {status='Degraded', message='any of the family'}")
    (folder / "x.example.org/Own").mkdir(parents=True)
    (folder / "x.example.org/Own/health.lua").write_text("return {status='Suspended', message='by folder'}")
    (folder / "x.example.org_Two.lua").write_text("return {status='Healthy', message='by file'}")
    (folder / "Pod.lua").write_text("return {status='Healthy', message='a pod is a pod'}")
    file = tmp_path / "config.yaml"
    file.write_text(
        f"health_folder: {folder}\n"
        "resource.customizations.health.x.example.org_Own: |\n  return {status='Progressing', message='by settings'}\n"
        "resource.customizations: |\n  'y.*/*':\n    health.lua: |\n      return {status='Missing', message='older form'}\n"
    )
    found = assessor(load_settings(file).health_scripts)

    def of(api_version: str, kind: str) -> str:
        return found({"apiVersion": api_version, "kind": kind, "status": {"phase": "x"}}).message

    assert of("x.example.org/v1", "Own") == "by settings"
    assert of("x.example.org/v1", "Two") == "by file"
    assert of("z.example.org/v1", "Any") == "any of the family"
    assert of("y.other/v1", "Any") == "older form"
    assert of("v1", "Pod") == "a pod is a pod"
    assert of("v1", "ConfigMap") == ""


@pytest.mark.parametrize(
    ("data", "words"),
    [
        ({"resource.customizations.health.a.b_C": 3}, "a health script must be Lua in a text, not int"),
        ({"resource.customizations.health.": "x"}, "names no kind"),
        ({"resource.customizations.actions.a_B": "x"}, "only health is supported"),
        ({"resource.customizations.useOpenLibs.a_B": "true"}, "only health is supported"),
        ({"resource.customizations": "a/B: {health.lua: x, actions: y}"}, "a/B must hold health.lua and nothing else"),
        ({"resource.customizations": "{"}, "is not valid YAML"),
        ({"health_folder": "/nowhere/at/all"}, "is no folder"),
        ({"health_scripts": []}, "unknown setting 'health_scripts'"),
    ],
)
def test_settings_that_are_no_health_script_are_refused_by_name(data: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError) as found:
        settings_from(data, "config.yaml")
    assert words in str(found.value)


@needs_checkout
def test_argo_cds_own_scripts_run_in_the_sandbox() -> None:
    folder = CHECKOUT / "resource_customizations"
    found = Assessor(scripts_in_folder(folder))
    wrong = []
    for table in sorted(folder.rglob("health_test.yaml")):
        for case in yaml.load(table.read_text(encoding="utf-8"), Loader)["tests"]:
            case = {name.lower(): value for name, value in case.items()}
            obj = first_document(table.parent / case["inputpath"])
            going = found(obj)
            # Argo CD's tests run the script alone, without the look at the deletion that comes before it.
            obj.get("metadata", {}).pop("deletionTimestamp", None)
            health = found(obj)
            if case["healthstatus"]["status"] not in (health.status.value, going.status.value):
                wrong.append(f"{table.parent} {case['inputpath']}: {case['healthstatus']['status']}, {health}")
    assert not wrong, "\n".join(wrong)
