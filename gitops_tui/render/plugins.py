"""Plugins: a command of the user's own settings prints the manifests (Argo CD's config management plugins).

It runs in a copy of the repository at the commit, in the source's folder, with the environment that Argo CD gives
(docs/operator-manual/config-management-plugins.md: ARGOCD_APP_*, ARGOCD_ENV_*, PARAM_*, ARGOCD_APP_PARAMETERS, KUBE_VERSION,
KUBE_API_VERSIONS) and nothing of this machine's but PATH; with limits, and no network unless the settings give it.
"""

from __future__ import annotations

import importlib.util
import json
import os
import re
import sys
import tempfile
import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from gitops_tui.errors import Problem, RenderError, ToolMissing
from gitops_tui.git import Repository
from gitops_tui.git.patterns import matcher
from gitops_tui.model.application import Source
from gitops_tui.model.manifest import Manifest, Origin
from gitops_tui.model.revision import Commit
from gitops_tui.model.text import printable, redact
from gitops_tui.pluginsettings import Plugin
from gitops_tui.render.confined import Limits, has_no_network, run_confined
from gitops_tui.render.environment import substitute
from gitops_tui.render.loader import load
from gitops_tui.render.manifests import manifests_of
from gitops_tui.settings import Settings

_EXAMPLES = Path(__file__).with_name("examples")
_discovered: OrderedDict[tuple[str, str, str], bool] = OrderedDict()
_lock = threading.Lock()


def choose(
    repository: Repository, commit: Commit, source: Source, path: str, settings: Settings, *, untyped: bool
) -> Plugin | None:
    """The plugin that renders a source: the one that its `plugin` block names; where it names none, or where the source is
    `untyped` (no block at all), the first whose `discover` fits. Raises RenderError for one that is not in the settings."""
    block = source.plugin
    if block is None and not untyped:
        return None
    name = block.get("name") if block is not None else None
    if name:
        for each in settings.plugins:
            if name in (each.name, each.full_name):
                return each
        known = ", ".join(each.full_name for each in settings.plugins) or "none"
        raise RenderError(
            f"the plugin {printable(str(name))} is not in your settings",
            hint=f"only what you declare under plugins: in the settings file is ever run; declared: {known}",
        )
    for each in settings.plugins:
        if each.discovers and _fits(each, repository, commit, path, settings):
            return each
    if block is not None:
        raise RenderError(
            f"no plugin of your settings fits {printable(path) or '.'}",
            hint="name one in spec.source.plugin.name, or give it discover: in the settings",
        )
    return None


def _fits(plugin: Plugin, repository: Repository, commit: Commit, path: str, settings: Settings) -> bool:
    key = (
        repr(plugin),
        repository.url,
        f"{commit.sha if plugin.discover_command else ''} {repository.tree_sha(commit.sha, path)}",
    )
    with _lock:
        if key in _discovered:
            return _discovered[key]
    made = _look(plugin, repository, commit, path, settings)
    with _lock:
        _discovered[key] = made
        while len(_discovered) > 1000:
            _discovered.popitem(last=False)
    return made


def _look(plugin: Plugin, repository: Repository, commit: Commit, path: str, settings: Settings) -> bool:
    if plugin.discover_command:
        with tempfile.TemporaryDirectory(prefix="gitops-tui-") as temporary:
            root = _copy(repository, commit, Path(temporary))
            ran = run_confined(
                plugin.discover_command,
                root / path,
                _base(root.parent),
                _limits(plugin, settings),
                name=f"the discovery of the plugin {plugin.full_name}",
            )
        return ran.code == 0 and bool(ran.out.strip())
    pattern = (plugin.discover_file or plugin.discover_glob).removeprefix("./")
    matches = matcher(pattern)
    prefix = f"{path}/" if path else ""
    entries = repository.list_tree(commit.sha, path, recursive="/" in pattern)
    return any(entry.type == "blob" and matches(entry.path.removeprefix(prefix)) for entry in entries)


def environment(
    source: Source, build: Mapping[str, str], kube_version: str, api_versions: Sequence[str]
) -> dict[str, str]:
    """What Argo CD puts into a plugin's environment besides its own. Raises RenderError for a block that can't be read."""
    block = source.plugin or {}
    made = dict(build)
    made |= {"KUBE_VERSION": kube_version.lstrip("v"), "KUBE_API_VERSIONS": ",".join(api_versions)}
    for each in _entries(block, "env"):
        made[f"ARGOCD_ENV_{each['name']}"] = substitute(str(each.get("value") or ""), build)
    parameters = _entries(block, "parameters")
    made["ARGOCD_APP_PARAMETERS"] = json.dumps(parameters)
    for each in parameters:
        name = f"PARAM_{_upper(each['name'])}"
        if isinstance(each.get("string"), str):
            made[name] = each["string"]
        if isinstance(each.get("array"), list):
            made |= {f"{name}_{at}": str(value) for at, value in enumerate(each["array"])}
        if isinstance(each.get("map"), Mapping):
            made |= {f"{name}_{_upper(str(key))}": str(value) for key, value in each["map"].items()}
    return {name: value.replace("\0", "") for name, value in made.items()}


def _upper(name: str) -> str:
    return re.sub(r"[^A-Z0-9_]", "_", name.upper())


def _entries(block: Mapping[str, Any], field: str) -> list[dict[str, Any]]:
    found = block.get(field) or []
    if not isinstance(found, list) or not all(
        isinstance(each, Mapping) and isinstance(each.get("name"), str) and not set(each["name"]) & set("=\0")
        for each in found
    ):
        raise RenderError(f"spec.source.plugin.{field} must be a list of entries with a name")
    return [dict(each) for each in found]


def _base(home: Path) -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", ""),
        "HOME": str(home),
        "TMPDIR": str(home),
        "LC_ALL": "C.UTF-8",
        "KUBECONFIG": os.devnull,
    }


def _limits(plugin: Plugin, settings: Settings) -> Limits:
    return Limits(plugin.timeout or settings.render_timeout, plugin.memory or settings.render_memory, plugin.network)


def _copy(repository: Repository, commit: Commit, home: Path) -> Path:
    root = home / "repository"
    root.mkdir()
    repository.export_paths(commit.sha, ("",), root)
    return root


def _lines(plugin: Plugin) -> list[tuple[str, ...]]:
    if plugin.builtin:
        if plugin.builtin == "jinja" and importlib.util.find_spec("jinja2") is None:
            raise ToolMissing(
                "the plugin jinja needs Jinja2, which is not installed",
                hint="install it: pip install 'gitops-tui[jinja]'",
            )
        # -I: the folder that it runs in is the repository's, and nothing there may be imported.
        return [(sys.executable, "-I", str(_EXAMPLES / f"{plugin.builtin}.py"))]
    return [each for each in (plugin.init, plugin.generate) if each]


def render(
    repository: Repository,
    commit: Commit,
    source: Source,
    path: str,
    plugin: Plugin,
    *,
    build: Mapping[str, str],
    settings: Settings,
    kube_version: str,
    api_versions: Sequence[str],
) -> tuple[list[Manifest], list[str]]:
    """What the plugin prints. Raises RenderError, ToolMissing."""
    name = f"the plugin {printable(plugin.full_name)}"
    where = printable(path) or "."
    env = environment(source, build, kube_version, api_versions)
    warnings = []
    if not plugin.network and not has_no_network():
        warnings.append(f"{name} could not be cut off from the network: unshare does not work here")
    with tempfile.TemporaryDirectory(prefix="gitops-tui-") as temporary:
        root = _copy(repository, commit, Path(temporary))
        out = b""
        for line in _lines(plugin):
            ran = run_confined(
                line,
                root / path,
                {**_base(Path(temporary)), **plugin.env, **env},
                _limits(plugin, settings),
                name=name,
            )
            if ran.code != 0:
                said = printable(redact(ran.err.replace(f"{root}/", "").strip()), keep_newlines=True)[-1500:]
                how = f"was killed by signal {-ran.code}" if ran.code < 0 else f"failed with exit code {ran.code}"
                raise RenderError(
                    f"{name} {how} in {where} at {commit.short}", problems=(Problem(where, said or "it said nothing"),)
                )
            out = ran.out
    documents, problem = load(out, "")
    problems = [problem] if problem else []
    found: list[Manifest] = []
    for number, _, document in documents:
        found += manifests_of(document, Origin(where, number, 0, commit.sha), problems)
    if problems:
        raise RenderError(f"what {name} printed for {where} is broken", problems=tuple(problems))
    return found, warnings
