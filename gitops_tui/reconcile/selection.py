"""A selection of a screen or a command as live objects: an application, one of its resources, or an object beneath one.

Out of the newest verdicts and the live store only; nothing is asked of the cluster."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import Any

from gitops_tui.errors import GitOpsError
from gitops_tui.health.why import why
from gitops_tui.kube import LiveStore
from gitops_tui.model.health import Health, HealthStatus
from gitops_tui.model.keys import AppKey, ResourceKey
from gitops_tui.model.snapshot import OwnedObject, ResourceState
from gitops_tui.records import dataclass, field

Live = dict[str, Any]
# Of a thousand Pods that crash, the first ones tell why.
_TELLING = 50


@dataclass(slots=True)
class Family:
    """One object of the selection with all beneath it. hidden: what to say of kinds below that may not be seen."""

    key: ResourceKey
    state: ResourceState
    root: Live | None
    health: Health | None = None
    owned: list[Live] = field(default_factory=list)
    hidden: list[str] = field(default_factory=list)

    @property
    def objects(self) -> list[Live]:
        return ([self.root] if self.root is not None else []) + self.owned


def families(
    store: LiveStore, resources: dict[ResourceKey, ResourceState], app: AppKey, key: ResourceKey | None, uid: str = ""
) -> list[Family]:
    """The families of a selection; all of the application where key is None. Raises GitOpsError where there is no such
    object (any longer)."""
    if key is None:
        return [_family(store, each, each.live, each.key, each.owned, each.health) for each in resources.values()]
    state = resources.get(key)
    if state is None:
        raise GitOpsError(f"{key} is no object of {app}", hint="it may have left since: look at the tree")
    if not uid:
        return [_family(store, state, state.live, key, state.owned, state.health)]
    found = next((each for each in walk(state.owned) if each.uid == uid), None)
    if found is None:
        raise GitOpsError(f"what was selected beneath {key} is there no longer", hint="choose it again in the tree")
    live = store.by_uid(uid)
    return [_family(store, state, live[1] if live else None, found.key, found.children, found.health)]


def walk(owned: Iterable[OwnedObject]) -> Iterator[OwnedObject]:
    """All of them, however deep."""
    for each in owned:
        yield each
        yield from walk(each.children)


def _family(
    store: LiveStore,
    state: ResourceState,
    root: Any,
    key: ResourceKey,
    owned: tuple[OwnedObject, ...],
    health: Health | None,
) -> Family:
    made = Family(key, state, root, health)
    for each in walk(owned):
        if each.key.name == "?":
            made.hidden.append(f"{each.summary} of {key}")
        elif (live := store.by_uid(each.uid)) is not None:
            made.owned.append(live[1])
    return made


def namespaces(found: Iterable[Family]) -> list[str]:
    """Where the events about them are: those about objects without a namespace are in `default`
    (client-go tools/record/event.go)."""
    spaces: dict[str, None] = {}
    for each in found:
        spaces[each.key.namespace or "default"] = None
        for obj in each.owned:
            metadata = obj.get("metadata") or {}
            spaces[str(metadata.get("namespace") or "default")] = None
    return sorted(spaces)


def first_cause(store: LiveStore, live: Any, health: Health, owned: tuple[OwnedObject, ...]) -> str:
    """The weightiest cause of an object's not being well, as far as it and what it owns say; "" where it is well."""
    if health.status in (HealthStatus.HEALTHY, HealthStatus.SUSPENDED):
        return ""
    troubled = (each.uid for each in walk(owned) if each.trouble)
    found = (store.by_uid(uid) for uid in islice(troubled, _TELLING))
    causes = why(live, [each[1] for each in found if each is not None], ())
    return causes[0].what if causes else ""
