"""Jsonnet in directories: values, lists, libraries, and what is wrong or never ends."""

from __future__ import annotations

from typing import Any

import pytest

from gitops_tui.errors import RenderError, ToolMissing
from gitops_tui.git import open_repository
from gitops_tui.model.application import DirectorySource, Source
from gitops_tui.render import jsonnet, render
from gitops_tui.render.render import Rendered
from gitops_tui.settings import Settings

pytestmark = pytest.mark.skipif(not jsonnet.is_there(), reason="needs the extra jsonnet")
CONFIG = "{apiVersion: 'v1', kind: 'ConfigMap', metadata: {name: %s}}"


def _render(made, block: dict[str, Any] | None = None, **settings: Any) -> Rendered:
    repository = open_repository(str(made.folder), settings=Settings())
    try:
        source = Source("x", path="a", directory=DirectorySource(jsonnet=block) if block is not None else None)
        commit = repository.resolve("HEAD")
        return render(repository, commit, source, app_name="app", namespace="d", settings=Settings(**settings))
    finally:
        repository.close()


def _names(rendered: Rendered) -> list[str]:
    return [each.key.name for each in rendered.manifests]


def test_single_objects_lists_and_plain_files_beside_them(made_repository) -> None:
    made_repository.commit(
        {
            "a/one.jsonnet": CONFIG % "'one'",
            "a/two.jsonnet": f"[{CONFIG % repr('l1')}, {CONFIG % repr('l2')}]",
            "a/list.jsonnet": "{apiVersion: 'v1', kind: 'List', items: [%s]}" % (CONFIG % "'item'"),
            "a/lib.libsonnet": "error 'only imported'",
            "a/plain.yaml": "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: plain}\n",
        }
    )
    rendered = _render(made_repository)
    assert sorted(_names(rendered)) == ["item", "l1", "l2", "one", "plain"]
    assert {each.origin.path for each in rendered.manifests} == {
        "a/one.jsonnet",
        "a/two.jsonnet",
        "a/list.jsonnet",
        "a/plain.yaml",
    }


def test_variables_top_level_arguments_libraries_and_the_build_environment(made_repository) -> None:
    made_repository.commit(
        {
            "a/x.jsonnet": "local l = import 'names.libsonnet'; function(n, count)"
            " [%s for i in std.range(1, count)]" % (CONFIG % "l.prefix + n + std.extVar('e') + std.extVar('c').x + i"),
            "lib/names.libsonnet": "{prefix: (import '../shared/p.libsonnet')}",
            "shared/p.libsonnet": "'p-'",
        }
    )
    block = {
        "libs": ["lib"],
        "extVars": [{"name": "e", "value": "$ARGOCD_APP_NAME"}, {"name": "c", "value": "{x: '-'}", "code": True}],
        "tlas": [{"name": "n", "value": "n-"}, {"name": "count", "value": "2", "code": True}],
    }
    assert _names(_render(made_repository, block)) == ["p-n-app-1", "p-n-app-2"]
    made_repository.commit({"shared/p.libsonnet": "'q-'"})
    assert _names(_render(made_repository, block)) == ["q-n-app-1", "q-n-app-2"]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("{ a: ", r"a/x\.jsonnet: .*(?s:.)*"),
        ("import '/etc/hostname'", "leads out of the repository"),
        ("importstr '../../../../../etc/hostname'", "leads out of the repository"),
        ("import 'gone.libsonnet'", "is not in the repository"),
        ("error 'no region given'", "no region given"),
        ("{apiVersion: 'v1', kind: 'ConfigMap'}", "has no metadata.name"),
        ("'text'", "must be a mapping"),
    ],
)
def test_what_is_wrong_is_named_with_its_file(made_repository, text: str, said: str) -> None:
    made_repository.commit({"a/x.jsonnet": text})
    with pytest.raises(RenderError) as raised:
        _render(made_repository)
    assert any("a/x.jsonnet" in each.path for each in raised.value.problems)
    assert pytest.importorskip("re").search(said, str(raised.value))


@pytest.mark.parametrize(
    "text", ["local f(x) = if x < 0 then x else f(x + 1) tailstrict; f(1)", "std.repeat('a', 1e11)"]
)
def test_what_never_ends_or_eats_memory_is_stopped(made_repository, text: str) -> None:
    made_repository.commit({"a/x.jsonnet": text})
    with pytest.raises(RenderError, match="Jsonnet"):
        _render(made_repository, render_timeout=5, render_memory=600_000_000)


def test_a_missing_package_is_said_with_how_to_get_it(made_repository, monkeypatch: pytest.MonkeyPatch) -> None:
    made_repository.commit({"a/x.jsonnet": CONFIG % "'one'"})
    monkeypatch.setattr(jsonnet, "_PACKAGES", ("there_is_no_such_package",))
    with pytest.raises(ToolMissing) as raised:
        _render(made_repository)
    assert "gitops-tui[jsonnet]" in str(raised.value)


def test_googles_jsonnet_evaluates_the_same(tmp_path) -> None:
    """The package `jsonnet`, where `rjsonnet` isn't there."""
    import json
    import subprocess
    import sys

    from gitops_tui.render.jsonnet import _CHILD

    pytest.importorskip("_jsonnet", reason="needs the package jsonnet")
    (tmp_path / "lib").mkdir()
    (tmp_path / "lib" / "l.libsonnet").write_text("{name: 'from-lib'}")
    (tmp_path / "x.jsonnet").write_text(
        "local l = import 'l.libsonnet'; function(size) {kind: 'X', name: l.name, who: std.extVar('who'), size: size}"
    )
    (tmp_path / "out.jsonnet").write_text("import '/etc/hostname'")
    request = {
        "root": str(tmp_path), "libs": ["lib"], "files": ["x.jsonnet", "out.jsonnet"], "memory": 0,
        "ext_vars": {"who": "me"}, "ext_codes": {}, "tla_vars": {}, "tla_codes": {"size": "1 + 1"},
    }  # fmt: skip
    without = "import sys, runpy; sys.modules['rjsonnet'] = None; runpy.run_path(sys.argv[1], run_name='__main__')"
    done = subprocess.run(
        [sys.executable, "-c", without, str(_CHILD)],
        input=json.dumps(request).encode(),
        capture_output=True,
        check=False,
    )
    first, second = json.loads(done.stdout)
    assert first == {"value": {"kind": "X", "name": "from-lib", "who": "me", "size": 2}}
    assert "leads out of the repository" in second["error"]
