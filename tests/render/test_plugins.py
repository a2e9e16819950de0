"""Plugins: only from the user's own settings, with Argo CD's environment, bounded, and never because a repository asks."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from typing import Any

import pytest

from gitops_tui.errors import ConfigError, RenderError
from gitops_tui.git import open_repository
from gitops_tui.model.application import Source
from gitops_tui.render import render
from gitops_tui.render.confined import has_no_network
from gitops_tui.render.render import Rendered
from gitops_tui.settings import Settings, settings_from

CONFIG = "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: %s}\n"
PRINTS = """
import os, json
data = {k: v for k, v in os.environ.items()}
print(json.dumps({"apiVersion": "v1", "kind": "ConfigMap", "metadata": {"name": "env"}, "data": data}))
"""


def _settings(*plugins: dict[str, Any], **more: Any) -> Settings:
    return settings_from({"plugins": list(plugins), **more}, "config.yaml")


def _python(code: str, **more: Any) -> dict[str, Any]:
    return {"name": "p", "generate": {"command": [sys.executable, "-I", "-c", code]}, **more}


def _render(made, settings: Settings, block: dict[str, Any] | None = None, **source: Any) -> Rendered:
    repository = open_repository(str(made.folder), settings=Settings())
    try:
        given = Source("https://example.com/r", path="a", plugin=block, **source)
        commit = repository.resolve("HEAD")
        return render(
            repository, commit, given, app_name="app", namespace="d", settings=settings, kube_version="v1.37.1"
        )
    finally:
        repository.close()


def test_a_plugin_gets_argo_cds_environment_and_nothing_of_this_machines(
    made_repository, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MY_TOKEN", "tops3cret")
    sha = made_repository.commit({"a/x.yaml": CONFIG % "x"})
    block = {
        "name": "p",
        "env": [{"name": "WHO", "value": "$ARGOCD_APP_NAME!"}],
        "parameters": [
            {"name": "one-text", "string": "s"},
            {"name": "many", "array": ["x", "y"]},
            {"name": "named", "map": {"in.side": "z"}},
        ],
    }
    (manifest,) = _render(made_repository, _settings(_python(PRINTS, env={"OWN": "1"})), block).manifests
    data = manifest.obj["data"]
    wanted = {
        "ARGOCD_APP_NAME": "app",
        "ARGOCD_APP_NAMESPACE": "d",
        "ARGOCD_APP_REVISION": sha,
        "ARGOCD_APP_SOURCE_PATH": "a",
        "ARGOCD_ENV_WHO": "app!",
        "PARAM_ONE_TEXT": "s",
        "PARAM_MANY_1": "y",
        "PARAM_NAMED_IN_SIDE": "z",
        "KUBE_VERSION": "1.37.1",
        "OWN": "1",
    }
    assert {name: data.get(name) for name in wanted} == wanted
    assert "MY_TOKEN" not in data
    assert data["HOME"] != os.environ.get("HOME")


def test_it_runs_in_a_copy_of_the_source(made_repository) -> None:
    made_repository.commit({"a/x.yaml": CONFIG % "x", "base/y.yaml": CONFIG % "other"})
    code = "print(open('x.yaml').read() + '---\\n' + open('../base/y.yaml').read()); open('x.yaml', 'w').write('gone')"
    rendered = _render(made_repository, _settings(_python(code)), {"name": "p"})
    assert [each.key.name for each in rendered.manifests] == ["x", "other"]
    assert (made_repository.folder / "a/x.yaml").read_text() == CONFIG % "x"


def test_a_plugin_that_is_not_in_the_settings_never_runs(made_repository) -> None:
    made_repository.commit({"a/x.yaml": CONFIG % "x"})
    with pytest.raises(RenderError, match="plugin other is not in your settings"):
        _render(made_repository, _settings(_python("")), {"name": "other"})


def test_a_repository_cannot_ask_for_a_plugin(made_repository) -> None:
    made_repository.commit({"a/x.yaml": CONFIG % "x", "a/.argocd-source.yaml": "plugin: {name: p}\n"})
    with pytest.raises(RenderError, match="plugin"):
        _render(made_repository, _settings(_python("print('ran')")))


def test_discovery_finds_folders_by_the_settings_rule_alone(made_repository) -> None:
    made_repository.commit({"a/x.yaml": CONFIG % "plain", "a/x.tpl": "t"})
    code = f"print({CONFIG % 'made'!r})"
    fits = _settings(_python(code, discover={"fileName": "./*.tpl"}))
    assert [each.key.name for each in _render(made_repository, fits).manifests] == ["made"]
    other = _settings(_python(code, discover={"find": {"glob": "**/*.other"}}))
    assert [each.key.name for each in _render(made_repository, other).manifests] == ["plain"]


@pytest.mark.parametrize(
    ("code", "said"),
    [
        ("import sys; print('chart is broken', file=sys.stderr); sys.exit(3)", "exit code 3"),
        ("while True: pass", "longer than 1 s"),
        ("x = 'a' * 10**10", "MemoryError"),
        ("print('a: b: c')", "is broken"),
        ("print('kind: ConfigMap')", "has no apiVersion"),
    ],
)
def test_a_plugin_that_fails_or_never_ends_is_one_clear_error(made_repository, code: str, said: str) -> None:
    made_repository.commit({"a/x.yaml": CONFIG % "x"})
    with pytest.raises(RenderError) as raised:
        _render(
            made_repository,
            _settings(_python(code, timeout=1 if "while" in code else 60, memory="500Mi")),
            {"name": "p"},
        )
    assert said in str(raised.value)


def test_there_is_no_network(made_repository) -> None:
    if not has_no_network():
        pytest.skip("unshare does not work here")
    made_repository.commit({"a/x.yaml": CONFIG % "x"})
    code = f"""
import socket
names = [name for _, name in socket.if_nameindex()]
print({CONFIG!r} % ("only-lo" if names == ["lo"] else "others"))
"""
    assert [each.key.name for each in _render(made_repository, _settings(_python(code)), {"name": "p"}).manifests] == [
        "only-lo"
    ]


def test_the_example_that_fills_in_names(made_repository) -> None:
    settings = _settings({"name": "envsubst", "builtin": "envsubst"})
    made_repository.commit(
        {
            "a/x.yaml": CONFIG % "${WHO}-${ARGOCD_APP_NAME}" + "data: {a: '${NOPE:-d}', b: '$${KEPT}'}\n",
            "a/os.py": "1/0",
        }
    )
    block = {"name": "envsubst", "env": [{"name": "WHO", "value": "dana"}]}
    (manifest,) = _render(made_repository, settings, block).manifests
    assert (manifest.key.name, manifest.obj["data"]) == ("dana-app", {"a": "d", "b": "${KEPT}"})
    with pytest.raises(RenderError, match=r"x\.yaml:3: \$\{WHO\} has no value"):
        _render(made_repository, settings, {"name": "envsubst"})


@pytest.mark.skipif(importlib.util.find_spec("jinja2") is None, reason="needs the extra jinja")
def test_the_example_with_jinja(made_repository) -> None:
    settings = _settings({"name": "jinja", "builtin": "jinja"})
    made_repository.commit(
        {
            "a/x.yaml.j2": "{% include '_head.yaml' %}{% for n in params.names %}---\n"
            + CONFIG % "{{ n }}-{{ env.WHO }}-{{ app.name }}"
            + "{% endfor %}",
            "a/_head.yaml": "# head\n",
        }
    )
    block: dict[str, Any] = {
        "name": "jinja",
        "env": [{"name": "WHO", "value": "dana"}],
        "parameters": [{"name": "names", "array": ["a", "b"]}],
    }
    rendered = _render(made_repository, settings, block)
    assert [each.key.name for each in rendered.manifests] == ["a-dana-app", "b-dana-app"]
    with pytest.raises(RenderError, match=r"x\.yaml\.j2:1: 'dict object' has no attribute 'names'"):
        _render(made_repository, settings, {"name": "jinja"})
    made_repository.commit({"a/x.yaml.j2": "{{ ''.__class__.__mro__ }}"})
    with pytest.raises(RenderError, match="unsafe"):
        _render(made_repository, settings, {"name": "jinja"})


@pytest.mark.parametrize(
    ("plugin", "said"),
    [
        ({}, "name is missing"),
        ({"name": "x"}, "needs either generate.command or builtin"),
        ({"name": "x", "builtin": "nope"}, "builtin must be one of"),
        ({"name": "x", "generate": {"command": "sh"}}, "must be a list of texts"),
        ({"name": "x", "builtin": "envsubst", "memory": "lots"}, "must be a size"),
        ({"name": "x", "builtin": "envsubst", "colour": 1}, "unknown field 'colour'"),
    ],
)
def test_odd_plugin_settings_are_named(plugin: dict[str, Any], said: str) -> None:
    with pytest.raises(ConfigError, match=said):
        _settings(plugin)


def test_python_files_of_the_repository_are_never_imported(made_repository, tmp_path: Path) -> None:
    mark = tmp_path / "mark"
    evil = f"open({str(mark)!r}, 'w')\n"
    made_repository.commit({"a/x.yaml": CONFIG % "x", "a/re.py": evil, "a/json.py": evil, "a/jinja2.py": evil})
    _render(made_repository, _settings({"name": "envsubst", "builtin": "envsubst"}), {"name": "envsubst"})
    assert not mark.exists()
