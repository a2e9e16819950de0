"""Charts rendered in process and by the program: the same bytes, and nothing that a chart does outlives its render."""

from __future__ import annotations

import importlib.util
import os
import re
import signal
import subprocess
import threading
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitops_tui.errors import RenderError, ToolMissing
from gitops_tui.render import helm as helm_module
from gitops_tui.render import helmlibrary
from gitops_tui.render.chartscan import scan
from gitops_tui.render.helm import by_program
from gitops_tui.render.helmlibrary import library_version
from gitops_tui.render.helmtemplate import Refused, Request, Unsure, template
from gitops_tui.render.strvals import Int, Wrong, set_into, typed
from gitops_tui.settings import Settings
from tests.render.charts import CHART, SHOWN, data, helm, rendered
from tests.render.chartzoo import parent, simple, write

pytestmark = pytest.mark.skipif(
    importlib.util.find_spec("helm_python") is None, reason="needs the extra helm: pip install 'gitops-tui[helm]'"
)


@pytest.fixture
def web(tmp_path: Path) -> Path:
    return simple(tmp_path / "chart")


@pytest.fixture
def family(tmp_path: Path) -> Path:
    return parent(tmp_path / "chart")


def ours(request: Request) -> bytes:
    return template(request, scan(request.chart), Path("spec.source.helm.values"))


def both(chart: Path, home: Path, **what: Any) -> tuple[bytes | str, bytes | str]:
    """What the library and the program give: bytes, or what they refuse with."""
    request = Request(chart, "rel", "place", **{"kube_version": "1.31.2", **what})
    before = sorted(chart.rglob("*"))
    made: list[bytes | str] = []
    for way in (ours, lambda each: by_program(each, home)):
        try:
            made.append(way(request))
        except Refused as refused:
            made.append(str(refused))
    assert sorted(chart.rglob("*")) == before
    return made[0], made[1]


@cache
def is_same_helm() -> bool:
    """Whether the program is of the library's version."""
    from helm_python import _native

    said = subprocess.run(["helm", "version", "--short"], capture_output=True, text=True, check=True).stdout.strip()
    # A build without its flags says no more than v4.2.
    return said.split(".")[:2] == _native.helm_sdk_version().split(".")[:2]


def shown(made: bytes | str) -> bytes | str:
    """Bytes to compare: helm 4.3 leaves blank lines between documents that the versions before it took away."""
    if isinstance(made, str) or is_same_helm():
        return made
    return re.sub(rb"\n\s*(\n---\n|\Z)", rb"\1", made)


def sets(*expressions: str) -> tuple[tuple[bool, str], ...]:
    """Those that begin with "!" are forced to be text."""
    return tuple((each.startswith("!"), each.removeprefix("!")) for each in expressions)


CASES: dict[str, dict[str, Any]] = {
    "as it is": {},
    "numbers by --set are int64": {"sets": sets("port=8080", "big=98765432109")},
    "a number forced to be text": {"sets": sets("!text=17", "port=81"), "skip_schema_validation": True},
    "deep numbers": {"sets": sets("deep.a.b=5", "deep.new.thing=-7", r"deep.with\.dot=3")},
    "numbers in lists": {"sets": sets("list={1,two,3,null}", "deep.a.c[2].d=9", "deep.a.c[0]=8")},
    "index past the end": {"sets": sets("list[6]=5")},
    "taken away": {"sets": sets("gone=null", "deep.a=null")},
    "words": {
        "sets": sets("text=true", "!float=1e3", "extra[0].kind=X", r"template=a\,b", "gone="),
        "skip_schema_validation": True,
    },
    "leading zero": {"sets": sets("float=007", "list[0]=0")},
    "too large for int64": {
        "sets": sets("big=9223372036854775808", "port=9223372036854775"),
        "skip_schema_validation": True,
    },
    "inline values": {"values": "port: 8081\ndeep: {a: {b: 1.0}}\nbig: 123456789012345678901\ntext: 'y'\n"},
    "inline values under parameters": {"values": "deep: {a: {c: [5, {d: 1}]}}\n", "sets": sets("deep.a.c[1].d=2")},
    "versions": {"kube_version": "1.27", "api_versions": ("monitoring.coreos.com/v1", "a/v1")},
    "without crds": {"skip_crds": True},
    "without tests": {"skip_tests": True},
    "hooks out of values": {
        "values": "extra: [{apiVersion: v1, kind: Pod, metadata: {name: x, annotations: {helm.sh/hook: pre-delete}}}]\n"
    },
    "global": {"values": "global: {zone: asia, more: [1]}\n"},
    "odd keys": {"sets": sets('deep.q"uo\\.te=4', "deep.ünï=5", "deep.$x=6")},
}


@helm
@pytest.mark.parametrize("case", CASES)
def test_one_chart_gives_the_same_bytes(web: Path, tmp_path: Path, case: str) -> None:
    mine, theirs = both(web, tmp_path, **CASES[case])
    assert shown(mine) == shown(theirs)
    assert isinstance(mine, bytes)
    assert (b"no-such-hook" in mine, b"kind: Zebra" in mine) == (False, True)


@helm
@pytest.mark.parametrize("case", [*CASES, "switched on and off"])
def test_a_chart_with_dependencies_gives_the_same_bytes(family: Path, tmp_path: Path, case: str) -> None:
    what = CASES.get(case) or {
        "sets": sets("child.enabled=false", "tags.more=true", "second.size=40", "packed.size=123456789")
    }
    mine, theirs = both(family, tmp_path, **{**what, "skip_schema_validation": False})
    assert shown(mine) == shown(theirs)
    assert isinstance(mine, bytes)
    assert b"rel-packed" in mine


@helm
def test_value_files_and_file_parameters_give_the_same_bytes(web: Path, tmp_path: Path) -> None:
    write(
        tmp_path,
        {"1.yaml": "port: 1\ndeep: {a: {x: 1}}\n# end", "2.yaml": "---\ndeep: {a: {b: 2}}\n", "f": "say\n\tit"},
    )
    write(tmp_path, {"3.yaml": "# nothing at all\n"})
    files = tuple(tmp_path / f"{each}.yaml" for each in (1, 2, 3))
    mine, theirs = both(web, tmp_path, value_files=files, values="port: 3\n", files=(("deep.file", tmp_path / "f"),))
    assert shown(mine) == shown(theirs)
    assert b"say" in mine


@helm
@pytest.mark.parametrize(
    "files",
    [
        {"templates/x.yaml": '{{ required "name the team" .Values.team }}'},
        {"templates/x.yaml": '{{ fail "not on a Friday" }}'},
        {"templates/x.yaml": "{{ .Values.port.x.y }}"},
        {"templates/x.yaml": "{{ nofunction }}"},
        {"templates/x.yaml": "a: b\n  c: d"},
        {"templates/x.yaml": '{{ include "nope" . }}'},
        {"templates/x.yaml": '{{ define "a" }}{{ include "a" . }}{{ end }}{{ include "a" . }}'},
        {"values.yaml": "port: 99999"},
        {"values.yaml": "a: ["},
        {"Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.2.3\ntype: library\n"},
        {"Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.2.3\nkubeVersion: '>=1.99'\n"},
        {"Chart.yaml": "apiVersion: v2\nname: web\nversion: 1.2.3\ndependencies: [{name: a, version: '1'}]\n"},
        {"Chart.yaml": "name: web\n"},
        {"Chart.yaml": "a: [\n"},
    ],
)
def test_what_the_program_refuses_is_refused_with_the_same_file_and_words(
    web: Path, tmp_path: Path, files: dict[str, str]
) -> None:
    write(web, files)
    mine, theirs = both(web, tmp_path)
    assert isinstance(mine, str)
    assert isinstance(theirs, str)
    words = [
        [(each.path, each.line, each.message) for each in helm_module.problems_of(said, "a", {web: "a"})]
        for said in (mine, theirs)
    ]
    assert words[0] == words[1]


_names = st.sampled_from(["port", "big", "deep", "a", "b", "list", "new", "x-y", r"dotted\.name"])
_values = st.sampled_from(
    ["1", "0", "-5", "07", "true", "null", "", "12345678", "{1,a,2}", "{}", "text", r"a\,b", "1.5"]
)
_paths = st.lists(_names, min_size=1, max_size=3).map(".".join)
_expressions = st.tuples(_paths, st.sampled_from(["", "", "[0]", "[2]", "[1].k"]), _values).map(
    lambda each: f"{each[0]}{each[1]}={each[2]}"
)


@helm
@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(expressions=st.lists(st.tuples(st.booleans(), _expressions), min_size=1, max_size=4))
def test_any_parameters_give_the_same_values(
    tmp_path_factory: pytest.TempPathFactory, expressions: list[tuple[bool, str]]
) -> None:
    folder = tmp_path_factory.mktemp("any")
    text = (
        '{{ define "show" }}{{ if kindIs "map" . }}{ {{ range $k, $v := . }}{{ $k }}: {{ include "show" $v }}, {{ end }}}'
        '{{ else if kindIs "slice" . }}[{{ range . }}{{ include "show" . }}, {{ end }}]'
        '{{ else }}{{ printf "%T %v" . . }}{{ end }}{{ end }}'
        'kind: X\nshown: {{ include "show" .Values | quote }}\n'
    )
    chart = write(
        folder / "chart",
        {"Chart.yaml": CHART, "templates/x.yaml": text, "values.yaml": "deep: {a: {b: [1]}}\nport: 1\n"},
    )
    mine, theirs = both(chart, folder, sets=tuple(expressions))
    if isinstance(theirs, bytes):
        assert shown(mine) == shown(theirs)
    else:
        assert isinstance(mine, str)


def test_set_expressions_are_read_as_by_helms_own_parser() -> None:
    from helm_python import _native

    for text in (
        "a=1",
        "a.b=x,c={1,2}",
        "a[1]=5",
        r"a\.b=1",
        "a[0].b.c=true",
        "a[0][1]=x",
        "a=,b=2",
        "a={},b=null",
        "a= 1",
    ):
        made: dict[str, Any] = {}
        set_into(text, made)
        assert made == helmlibrary.json.loads(_native.call_string("helm_strvals_parse", text)), text
    for text in ("a", "a,b", "a={1", "a[x]=1", "a[-1]=1", "a[99999]=1", ".".join("a" * 40) + "=1", "a.=1,"):
        with pytest.raises(Wrong):
            set_into(text, {})
    with pytest.raises(Wrong, match="not to a map"):
        set_into("a.b=1", {"a": 1})
    assert [type(typed(each)) for each in ("5", "05", "0", "true", "x")] == [Int, str, Int, bool, str]


@helm
def test_what_the_library_reads_otherwise_the_program_renders_and_that_is_said(made_repository) -> None:
    made_repository.commit(
        {"a/Chart.yaml": CHART, "a/templates/x.yaml": SHOWN, "a/v.yaml": "said: one\n---\nsaid: two\n"}
    )
    found = rendered(made_repository.folder, valueFiles=["v.yaml"])
    assert data(found)["said"] == "two"
    assert found.warnings == ("rendered by the program helm, not in process: a values file holds several documents",)


def test_without_the_program_that_is_an_error_which_names_it(made_repository, monkeypatch) -> None:
    monkeypatch.setattr(helm_module.shutil, "which", lambda name: None)
    made_repository.commit(
        {"a/Chart.yaml": CHART, "a/templates/x.yaml": SHOWN, "a/v.yaml": "said: one\n---\nsaid: two\n"}
    )
    with pytest.raises(ToolMissing, match="needs the program helm: a values file holds several documents"):
        rendered(made_repository.folder, valueFiles=["v.yaml"], releaseName="no-program")
    assert data(rendered(made_repository.folder, values="said: x", releaseName="no-program"))["said"] == "x"


@pytest.mark.parametrize(
    ("files", "what"),
    [
        ({"Chart.yaml": CHART + "dependencies: [{name: c, version: '1', import-values: [x]}]\n"}, "imports values"),
        ({"charts/c/Chart.yaml": "apiVersion: v2\nname: c\nversion: '1'\n"}, "global number"),
    ],
)
def test_numbers_that_would_be_copied_before_they_can_be_set_are_left_to_the_program(
    tmp_path: Path, files: dict[str, str], what: str
) -> None:
    write(tmp_path, {"Chart.yaml": CHART, "templates/x.yaml": "", **files})
    request = Request(tmp_path, "rel", "d", sets=sets("global.x=5"))
    with pytest.raises(Unsure, match=what):
        ours(request)


@helm
def test_the_setting_leaves_everything_to_the_program(made_repository, monkeypatch) -> None:
    def never(*_: Any) -> None:
        raise AssertionError

    monkeypatch.setattr(helmlibrary, "ask", never)
    monkeypatch.setattr("gitops_tui.render.helmtemplate.ask", never)
    made_repository.commit({"a/Chart.yaml": CHART, "a/templates/x.yaml": SHOWN})
    found = rendered(made_repository.folder, values="said: x", settings=replace(Settings(), helm_in_process=False))
    assert data(found)["said"] == "x"


# --- limits -----------------------------------------------------------------------------------------------------------

ENDLESS = "{{ range until 100000 }}{{ range until 100000 }}{{ $x := 1 }}{{ end }}{{ end }}"


def test_a_template_without_an_end_is_stopped_and_the_next_chart_renders(tmp_path: Path) -> None:
    chart = write(tmp_path, {"Chart.yaml": CHART, "templates/x.yaml": ENDLESS})
    with pytest.raises(RenderError, match="helm took longer than 2 s"):
        ours(Request(chart, "rel", "d", timeout=2.0))
    write(chart, {"templates/x.yaml": "a: {{ .Release.Name }}"})
    assert ours(Request(chart, "rel", "d")).endswith(b"a: rel\n")


def test_a_template_that_eats_memory_is_stopped(tmp_path: Path) -> None:
    eats = '{{ $x := "0123456789" }}{{ range until 60 }}{{ $x = printf "%s%s" $x $x }}{{ end }}'
    chart = write(tmp_path, {"Chart.yaml": CHART, "templates/x.yaml": eats})
    with pytest.raises(RenderError, match=r"more memory than it may have \(100000000 bytes\)") as raised:
        ours(Request(chart, "rel", "d", memory=100_000_000))
    assert "render_memory" in raised.value.hint
    write(chart, {"templates/x.yaml": "a: b"})
    assert ours(Request(chart, "rel", "d")).endswith(b"a: b\n")


def test_a_child_that_was_killed_is_replaced(tmp_path: Path) -> None:
    chart = write(tmp_path, {"Chart.yaml": CHART, "templates/x.yaml": "a: b"})
    ours(Request(chart, "rel", "d"))
    for each in helmlibrary._idle:
        os.kill(each._process.pid, signal.SIGKILL)
        each._process.wait()
    assert ours(Request(chart, "rel", "d")).endswith(b"a: b\n")


def test_there_are_never_more_children_than_cores(tmp_path: Path) -> None:
    chart = write(tmp_path, {"Chart.yaml": CHART, "templates/x.yaml": "a: b"})
    threads = [threading.Thread(target=lambda: ours(Request(chart, "rel", "d"))) for _ in range(12)]
    for each in threads:
        each.start()
    for each in threads:
        each.join()
    assert 1 <= len(helmlibrary._idle) <= len(os.sched_getaffinity(0))
    helmlibrary.end_all()
    assert not helmlibrary._idle


def test_a_child_has_nothing_of_this_machines_environment(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    helmlibrary.end_all()
    monkeypatch.setenv("GITOPS_TUI_CANARY", "canary-5ecret")
    chart = write(tmp_path, {"Chart.yaml": CHART, "templates/x.yaml": "a: b"})
    ours(Request(chart, "rel", "d"))
    (child,) = helmlibrary._idle
    assert b"canary" not in Path(f"/proc/{child._process.pid}/environ").read_bytes()
    write(chart, {"templates/x.yaml": 'a: {{ env "HOME" }}'})
    with pytest.raises(Refused, match='function "env" not defined'):
        ours(Request(chart, "rel", "d"))


def test_the_version_is_in_the_cache_key(made_repository, monkeypatch) -> None:
    assert library_version().startswith("helm-python-sdk ")
    made_repository.commit({"a/Chart.yaml": CHART, "a/templates/x.yaml": SHOWN})
    first = rendered(made_repository.folder, values="said: x")
    assert rendered(made_repository.folder, values="said: x").manifests[0] is first.manifests[0]
    monkeypatch.setattr(helmlibrary, "library_version", lambda: "another")
    assert rendered(made_repository.folder, values="said: x").manifests[0] is not first.manifests[0]
