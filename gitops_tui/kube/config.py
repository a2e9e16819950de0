"""kubeconfig: the files, merged as kubectl does, and which contexts they have. `access` turns one into credentials."""

from __future__ import annotations

import difflib
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gitops_tui.errors import KubeconfigError
from gitops_tui.model.text import printable
from gitops_tui.records import dataclass, field

IN_CLUSTER = "in-cluster"
_SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")


@dataclass(frozen=True, slots=True)
class ContextInfo:
    """One context of the kubeconfig. server: its URL; namespace: its default one, "" where it names none."""

    name: str
    cluster: str
    server: str
    user: str
    namespace: str
    current: bool


def _paths(kubeconfig: Path | None) -> list[Path]:
    if kubeconfig is not None:
        return [kubeconfig.expanduser()]
    if named := os.environ.get("KUBECONFIG"):
        return [Path(each).expanduser() for each in named.split(os.pathsep) if each]
    return [Path.home() / ".kube" / "config"]


@dataclass(frozen=True, slots=True)
class Part:
    """One named part of a kubeconfig, and the folder that its relative file names start from."""

    value: Mapping[str, Any]
    folder: Path


@dataclass(slots=True)
class Kubeconfig:
    """The parts of all files by their names."""

    contexts: dict[str, Part] = field(default_factory=dict)
    clusters: dict[str, Part] = field(default_factory=dict)
    users: dict[str, Part] = field(default_factory=dict)
    current: str = ""


def existing_paths(kubeconfig: Path | None) -> list[Path]:
    """The files that are there, the given one or those that kubectl would read."""
    # A link that leads nowhere counts: reading it then says so.
    return [path for path in _paths(kubeconfig) if os.path.lexists(path)]


def merged(kubeconfig: Path | None) -> Kubeconfig:
    """The files merged as kubectl does: the first to name a thing wins. Raises KubeconfigError."""
    there = existing_paths(kubeconfig)
    if not there:
        shown = ", ".join(printable(str(path)) for path in _paths(kubeconfig))
        raise KubeconfigError(
            f"there is no kubeconfig at {shown}",
            hint="give one with --kubeconfig or $KUBECONFIG, or try: gitops-tui demo",
        )
    found = Kubeconfig()
    for path in there:
        data = _read(path)
        found.current = found.current or str(data.get("current-context") or "")
        for name, into in (("contexts", found.contexts), ("clusters", found.clusters), ("users", found.users)):
            items = data.get(name) or []
            if not isinstance(items, list):
                raise KubeconfigError(f"the kubeconfig {path}: {name} must be a list")
            for number, item in enumerate(items):
                value = item.get(name[:-1]) if isinstance(item, dict) else None
                if not isinstance(item, dict) or not isinstance(item.get("name"), str):
                    raise KubeconfigError(f"the kubeconfig {path}: {name}[{number}] needs a name that is text")
                if value is not None and not isinstance(value, dict):
                    raise KubeconfigError(f"the kubeconfig {path}: {name}[{number}].{name[:-1]} must be a mapping")
                into.setdefault(item["name"], Part(value or {}, path.absolute().parent))
    return found


def _read(path: Path) -> dict[str, Any]:
    import yaml

    try:
        data = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise KubeconfigError(f"the kubeconfig {path} can't be read: {printable(str(error))}") from error
    except (yaml.YAMLError, ValueError, TypeError, RecursionError) as error:
        mark = getattr(error, "problem_mark", None)
        place = f"{path}:{mark.line + 1}:{mark.column + 1}" if mark is not None else str(path)
        raise KubeconfigError(
            f"the kubeconfig {place} is not valid YAML: {printable(str(getattr(error, 'problem', None) or 'broken'))}"
        ) from error
    if data is None:
        return {}
    if not isinstance(data, dict):
        raise KubeconfigError(f"the kubeconfig {path} must hold a mapping, not a {type(data).__name__}")
    return data


def contexts(kubeconfig: Path | None = None) -> list[ContextInfo]:
    """All contexts, the current one marked; in a pod without a kubeconfig the one of its service account.

    Raises KubeconfigError: no file, not readable, not YAML (with line), no context in it.
    """
    if kubeconfig is None and not existing_paths(None) and _in_cluster():
        return [ContextInfo(IN_CLUSTER, IN_CLUSTER, _in_cluster(), "serviceaccount", "", True)]
    config = merged(kubeconfig)
    found = []
    for name, context in config.contexts.items():
        cluster = config.clusters.get(str(context.value.get("cluster") or ""))
        found.append(
            ContextInfo(
                name=name,
                cluster=str(context.value.get("cluster") or ""),
                server=str(cluster.value.get("server") or "") if cluster is not None else "",
                user=str(context.value.get("user") or ""),
                namespace=str(context.value.get("namespace") or ""),
                current=name == config.current,
            )
        )
    if not found:
        shown = ", ".join(str(path) for path in _paths(kubeconfig))
        raise KubeconfigError(f"the kubeconfig {shown} has no context", hint="see: kubectl config get-contexts")
    return found


def pick(name: str | None, known: list[ContextInfo], *, kubeconfig: Path | None = None) -> ContextInfo:
    """The context of that name, or the current one. kubeconfig: where they come from. Raises KubeconfigError with the known
    names."""
    names = [context.name for context in known]
    if name is None:
        for context in known:
            if context.current:
                return context
        wanted = merged(kubeconfig).current
        said = f"the kubeconfig's current context {printable(wanted)!r} is not in it" if wanted else ""
        raise KubeconfigError(
            said or "the kubeconfig has no current context",
            hint=f"give one with --context: {', '.join(sorted(names)[:10])}",
        )
    for context in known:
        if context.name == name:
            return context
    near = difflib.get_close_matches(name, names, 1) or None
    hint = f"did you mean {near[0]}? " if near else ""
    raise KubeconfigError(
        f"the kubeconfig has no context {printable(name)!r}", hint=f"{hint}known: {', '.join(sorted(names)[:10])}"
    )


def _in_cluster() -> str:
    host, port = os.environ.get("KUBERNETES_SERVICE_HOST"), os.environ.get("KUBERNETES_SERVICE_PORT")
    return f"https://{host}:{port}" if host and port and (_SERVICE_ACCOUNT / "token").exists() else ""
