"""The health of one object, in Argo CD's words: `assess(obj)`.

An object that is being deleted is Progressing (but for a hook that waits for its finalizer). Then decides, the first
that there is: the kind's own check (`builtin.py`, exactly as gitops-engine; `kinds.py`), the kind's rules (`table.py`), the rules for
all kinds (`general.py`). Pure: takes an object as the API server gives it (a mapping out of JSON), half-written ones and
wrong types too; never raises; the message is one printable line without credentials."""

from __future__ import annotations

import fnmatch
from collections.abc import Mapping
from functools import lru_cache
from typing import Any

from gitops_tui.health.builtin import BUILTIN, WrongType
from gitops_tui.health.general import general
from gitops_tui.health.kinds import OWN
from gitops_tui.health.objects import Obj, clean, part, word
from gitops_tui.health.rules import Rule, apply, parse
from gitops_tui.health.table import PATTERNS, TABLE
from gitops_tui.model.health import Health, HealthStatus

_HOOK_FINALIZER = "argocd.argoproj.io/hook-finalizer"
_DELETING = Health(HealthStatus.PROGRESSING, "Pending deletion")


def assess(obj: Any) -> Health:
    """How healthy an object is: `.status` (a HealthStatus) and `.message` ("" where there is nothing to say)."""
    if not isinstance(obj, Mapping):
        return Health(HealthStatus.UNKNOWN, "this is no object")
    if going(obj):
        return _DELETING
    found = judge(obj)
    return Health(found.status, clean(found.message)) if found.message else found


def going(obj: Obj) -> bool:
    """Whether an object is being deleted, but for a hook that waits for its finalizer."""
    metadata = part(obj, "metadata")
    if not metadata.get("deletionTimestamp"):
        return False
    finalizers = metadata.get("finalizers")
    return not (isinstance(finalizers, list) and _HOOK_FINALIZER in finalizers)


def judge(obj: Obj) -> Health:
    """The same without the deletion and with the message as the object has it."""
    version, kind = word(obj, "apiVersion"), word(obj, "kind")
    group = version.rpartition("/")[0]
    builtin = BUILTIN.get((group, kind))
    if builtin is None:
        own = OWN.get((group, kind))
        if own is not None:
            return own(obj)
        rules = rules_for(group, kind)
        return apply(rules, obj) if rules is not None else general(obj)
    versions, check = builtin
    if versions and version not in versions:
        return Health(HealthStatus.UNKNOWN, f"unsupported {kind} GVK: {version}, Kind={kind}")
    try:
        return check(obj)
    except WrongType as error:
        return Health(HealthStatus.UNKNOWN, f"failed to convert unstructured {kind} to typed: {error}")


@lru_cache(maxsize=2048)
def rules_for(group: str, kind: str) -> tuple[Rule, ...] | None:
    """The rules of a kind, None where it has none of its own."""
    text = TABLE.get(f"{group}/{kind}") or TABLE.get(f"{group}/*")
    if text is None:
        text = next(
            (each for pattern, each in PATTERNS.items() if fnmatch.fnmatchcase(f"{group}/{kind}", pattern)), None
        )
    return parse(text) if text is not None else None
