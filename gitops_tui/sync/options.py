"""Sync options: what an Application's `syncPolicy.syncOptions` and an object's `argocd.argoproj.io/sync-options` ask for.

The names and meanings are Argo CD's (docs/user-guide/sync-options.md): the object's word goes before the
application's. The one difference is that server-side apply is the rule here, and `ServerSideApply=false` the exception
(`Validate=false` alone means it too).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gitops_tui.model.application import Application
from gitops_tui.records import dataclass
from gitops_tui.sync.annotations import options as written

# Option -> the values that it takes.
_FLAG = ("true", "false")
_BOTH: dict[str, tuple[str, ...]] = {
    "Prune": ("true", "false", "confirm"),
    "Delete": ("true", "false", "confirm"),
    "PruneLast": _FLAG,
    "Replace": _FLAG,
    "Force": _FLAG,
    "Validate": _FLAG,
    "ServerSideApply": _FLAG,
    "ClientSideApplyMigration": _FLAG,
    "SkipDryRunOnMissingResource": _FLAG,
}
_APPLICATION: dict[str, tuple[str, ...]] = {
    **_BOTH,
    "CreateNamespace": _FLAG,
    "PrunePropagationPolicy": ("foreground", "background", "orphan"),
    "ApplyOutOfSyncOnly": _FLAG,
    "FailOnSharedResource": _FLAG,
    "RespectIgnoreDifferences": _FLAG,
}
MIGRATION_MANAGER = "argocd.argoproj.io/client-side-apply-migration-manager"


@dataclass(frozen=True, slots=True)
class ObjectOptions:
    """What holds for one object. prune, delete: "true", "false" or "confirm"."""

    prune: str = "true"
    delete: str = "true"
    prune_last: bool = False
    replace: bool = False
    force: bool = False
    validate: bool = True
    server_side: bool = True
    migrate: bool = True
    skip_missing: bool = False


def application_options(app: Application) -> dict[str, str]:
    """The application's options, name -> value; the last one holds where one is given twice."""
    split = (option.partition("=") for option in app.sync_policy.sync_options)
    return {name.strip(): value.strip() for name, _, value in split}


def object_options(app: Mapping[str, str], *objects: Mapping[str, Any] | None) -> ObjectOptions:
    """What holds for an object. app: the application's options; objects: the desired and the live object, the first
    that has an option goes first (Replace and Force may stand on either)."""
    found = dict(app)
    for obj in reversed(objects):
        if obj is not None:
            found |= written(obj)

    def flag(name: str, default: bool = False) -> bool:
        value = found.get(name)
        return value == "true" if value in _FLAG else default

    def word(name: str) -> str:
        value = found.get(name, "true")
        return value if value in _BOTH[name] else "true"

    return ObjectOptions(
        prune=word("Prune"),
        delete=word("Delete"),
        prune_last=flag("PruneLast"),
        replace=flag("Replace"),
        force=flag("Force"),
        validate=flag("Validate", default=True),
        # Server-side apply takes no fields that the schema doesn't know, whatever is asked; Argo CD's default does.
        server_side=flag("ServerSideApply", default=flag("Validate", default=True)),
        migrate=flag("ClientSideApplyMigration", default=True),
        skip_missing=flag("SkipDryRunOnMissingResource"),
    )


def propagation_policy(app: Mapping[str, str]) -> str:
    """How pruning treats what an object owns: "Foreground", "Background" or "Orphan"."""
    value = app.get("PrunePropagationPolicy", "foreground")
    return value.capitalize() if value in _APPLICATION["PrunePropagationPolicy"] else "Foreground"


def unsupported(app: Application) -> list[str]:
    """A warning for each of the application's sync options that has no effect here."""
    return [said for option in app.sync_policy.sync_options if (said := _problem(option, _APPLICATION))]


def object_problems(obj: Mapping[str, Any]) -> list[str]:
    """The same for an object's own."""
    said = []
    for name, value in written(obj).items():
        if name in _APPLICATION and name not in _BOTH:
            said.append(
                f"the sync option {name}={value} holds for whole applications only and has no effect on an object"
            )
        elif problem := _problem(f"{name}={value}" if value else name, _BOTH):
            said.append(problem)
    return said


def _problem(option: str, known: Mapping[str, tuple[str, ...]]) -> str:
    name, _, value = (part.strip() for part in option.partition("="))
    if name not in known:
        return f"the sync option {option} is not known and has no effect"
    if value not in known[name]:
        return f"the sync option {option} has no effect: {name} takes {', '.join(known[name])}"
    return ""
