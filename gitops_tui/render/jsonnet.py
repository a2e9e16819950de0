"""Jsonnet in a directory source: `*.jsonnet` files -> documents, as Argo CD's `directory.jsonnet` has them.

Evaluated in a process of its own with time and memory limits (`jsonnet_child.py`), by the package `rjsonnet` or `jsonnet`.
Imports reach files of the repository only.
"""

from __future__ import annotations

import importlib.util
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson

from gitops_tui.errors import Problem, RenderError, ToolMissing
from gitops_tui.git import Repository
from gitops_tui.git.paths import clean_path
from gitops_tui.model.revision import Commit
from gitops_tui.model.text import printable, redact
from gitops_tui.render.confined import Limits, run_confined
from gitops_tui.render.environment import substitute
from gitops_tui.settings import Settings

_CHILD = Path(__file__).with_name("jsonnet_child.py")
_PACKAGES = ("rjsonnet", "_jsonnet")


def is_there() -> bool:
    """Whether something that evaluates Jsonnet is installed."""
    return any(importlib.util.find_spec(name) is not None for name in _PACKAGES)


def evaluate(
    repository: Repository,
    commit: Commit,
    path: str,
    files: Sequence[str],
    block: Mapping[str, Any],
    env: Mapping[str, str],
    settings: Settings,
) -> list[tuple[str, Any, Problem | None]]:
    """(file, its value, what is wrong with it) for each of `files` (from the repository's root). block:
    `directory.jsonnet`. env: the build environment. Raises RenderError, ToolMissing."""
    if not is_there():
        raise ToolMissing(
            f"{printable(path) or '.'} holds Jsonnet, and nothing here evaluates it",
            hint="install it: pip install 'gitops-tui[jsonnet]'",
        )
    libs = block.get("libs") or []
    if not isinstance(libs, list) or not all(isinstance(each, str) for each in libs):
        raise RenderError("directory.jsonnet.libs must be a list of folders")
    request = {
        "ext_vars": _variables(block, "extVars", env, code=False),
        "ext_codes": _variables(block, "extVars", env, code=True),
        "tla_vars": _variables(block, "tlas", env, code=False),
        "tla_codes": _variables(block, "tlas", env, code=True),
        "libs": [clean_path(each) for each in libs],
        "files": list(files),
    }
    with tempfile.TemporaryDirectory(prefix="gitops-tui-") as temporary:
        root = Path(temporary) / "repository"
        root.mkdir()
        repository.export_paths(commit.sha, ("",), root)
        request["root"] = str(root)
        ran = run_confined(
            # -I: nothing of the repository is ever imported as Python.
            [sys.executable, "-I", str(_CHILD)],
            Path(temporary),
            {"LC_ALL": "C.UTF-8"},
            Limits(settings.render_timeout, settings.render_memory),
            name=f"the Jsonnet in {printable(path) or '.'}",
            given=orjson.dumps(request),
        )
    if ran.code != 0:
        why = "ran out of memory or crashed" if ran.code < 0 or "emory" in ran.err or "alloc" in ran.err else "failed"
        raise RenderError(
            f"the Jsonnet in {printable(path) or '.'} {why}",
            problems=(Problem(path, printable(redact(ran.err.strip()[-500:]))),) if ran.code > 0 else (),
            hint="render_memory and render_timeout in the settings are its limits",
        )
    made: list[tuple[str, Any, Problem | None]] = []
    for file, answer in zip(files, orjson.loads(ran.out), strict=True):
        if "error" in answer:
            said = printable(redact(str(answer["error"]).replace(f"{root}/", "")), keep_newlines=True).strip()[:1500]
            made.append((file, None, Problem(printable(file), said)))
        else:
            made.append((file, answer["value"], None))
    return made


def _variables(block: Mapping[str, Any], field: str, env: Mapping[str, str], *, code: bool) -> dict[str, str]:
    entries = block.get(field) or []
    if not isinstance(entries, list):
        raise RenderError(f"directory.jsonnet.{field} must be a list")
    made = {}
    for at, each in enumerate(entries):
        if not isinstance(each, Mapping) or not isinstance(each.get("name"), str):
            raise RenderError(f"directory.jsonnet.{field}[{at}] must have a name and a value")
        value = each.get("value", "")
        if not isinstance(value, str):
            raise RenderError(f"directory.jsonnet.{field}[{at}].value must be text")
        if bool(each.get("code")) is code:
            made[each["name"]] = substitute(value, env)
    return made
