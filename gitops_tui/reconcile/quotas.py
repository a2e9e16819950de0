"""ResourceQuotas where Pods are missing: what is used of what is allowed, read from the quotas themselves.

Events go after an hour, and their numbers are those of a moment that is over; the quota tells what is so now. A quota stands as
a cause where it has no room for one more Pod of a workload that has fewer than it wants, and beside what the API server said
where it said that. Pure, but for `read`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from fractions import Fraction
from typing import Any, Final

from gitops_tui.compare.values import quantity
from gitops_tui.health.objects import clean, items, number, part, word
from gitops_tui.health.why import QUOTA
from gitops_tui.kube import Cluster
from gitops_tui.model.inspect import Cause
from gitops_tui.model.keys import GVK, ResourceKey
from gitops_tui.reconcile.listing import in_namespaces
from gitops_tui.records import replace

KIND: Final = GVK("", "v1", "ResourceQuota")
_SHOWN: Final = 4
_NAMED: Final = re.compile(r"the quota ([a-z0-9][a-z0-9.-]*) (?:is used up|asks for)")
Obj = Mapping[str, Any]


def lacks_pods(obj: Obj) -> bool:
    """Whether a controller has made fewer Pods than it is to make; where it makes them of another controller, that one
    counts."""
    kind, spec, status = word(obj, "kind"), part(obj, "spec"), part(obj, "status")
    if kind in ("ReplicaSet", "StatefulSet", "ReplicationController"):
        return number(status, "replicas") < number(spec, "replicas", 1)
    if kind == "DaemonSet":
        return number(status, "currentNumberScheduled") < number(status, "desiredNumberScheduled")
    if kind == "Job":
        ended = any(
            each.get("type") in ("Complete", "Failed") and each.get("status") == "True"
            for each in items(status, "conditions")
        )
        made = number(status, "active") + number(status, "succeeded") + number(status, "failed")
        return not ended and spec.get("suspend") is not True and not made
    return False


def asks(obj: Obj) -> dict[str, Fraction]:
    """What one more Pod of a controller takes of a quota."""
    spec = part(obj, "spec", "template", "spec")
    taken = {"pods": Fraction(1), "count/pods": Fraction(1)}
    for bound in ("requests", "limits"):
        for resource in ("cpu", "memory", "ephemeral-storage"):
            amounts = [_amount(part(each, "resources", bound).get(resource)) for each in items(spec, "containers")]
            before = [_amount(part(each, "resources", bound).get(resource)) for each in items(spec, "initContainers")]
            total = max(sum(amounts, Fraction(0)), max(before, default=Fraction(0)))
            if total:
                taken[f"{bound}.{resource}"] = total
                if bound == "requests":
                    taken[resource] = total
    return taken


def _amount(value: Any) -> Fraction:
    if isinstance(value, bool) or not isinstance(value, str | int | float):
        return Fraction(0)
    return quantity(str(value)) or Fraction(0)


def full(quota: Obj, taken: Mapping[str, Fraction]) -> list[str]:
    """The resources of which a quota has no room for that."""
    status = part(quota, "status")
    hard, used = part(status, "hard"), part(status, "used")
    return [
        name for name, more in taken.items() if name in hard and _amount(used.get(name)) + more > _amount(hard[name])
    ]


def words(quota: Obj, names: Iterable[str]) -> str:
    """ "pods 3 of 3, requests.cpu 1900m of 2 used"."""
    status = part(quota, "status")
    hard, used = part(status, "hard"), part(status, "used")
    found = list(names)
    said = [f"{name} {used.get(name, 0)} of {hard[name]}" for name in found[:_SHOWN] if name in hard]
    more = f" and {len(found) - _SHOWN} more" if len(found) > _SHOWN else ""
    return clean(f"{', '.join(said)}{more} used") if said else ""


def with_quotas(causes: Iterable[Cause], short: Iterable[Obj], quotas: Iterable[Obj]) -> list[Cause]:
    """The causes with what the quotas say now. short: the controllers that lack Pods; quotas: those of their namespaces."""
    known = {(word(part(each, "metadata"), "namespace"), word(part(each, "metadata"), "name")): each for each in quotas}
    made: list[Cause] = []
    named: set[tuple[str, str]] = set()
    for cause in causes:
        found = _NAMED.match(cause.what) if cause.weight == QUOTA else None
        place = (cause.about.namespace, found[1] if found else "")
        quota = known.get(place)
        if quota is not None:
            named.add(place)
            if "is used up" in cause.what:
                cause = replace(cause, what=_now(cause.what, quota, cause.message))
        made.append(cause)
    for obj in short:
        key = ResourceKey.of(dict(obj))
        for place, quota in known.items():
            # Which Pods a scope means is not looked into: such a quota counts where the API server named it.
            scoped = part(quota, "spec").get("scopes") or part(quota, "spec").get("scopeSelector")
            if place[0] != key.namespace or place in named or scoped:
                continue
            if names := full(quota, asks(obj)):
                what = f"the quota {place[1]} has no room for its Pods: {words(quota, names)}"
                made.append(Cause(QUOTA, key, what))
    return made


def _now(what: str, quota: Obj, message: str) -> str:
    """A refusal with the quota's numbers of now. The message: "exceeded quota: a, requested: pods=1, used: …"."""
    asked = re.search(r"requested: (.*?), used:", message)
    pairs = (each.partition("=") for each in asked[1].split(",")) if asked else ()
    taken = {name.strip(): _amount(value) for name, _, value in pairs}
    hard = part(quota, "status", "hard")
    names = [name for name in taken if name in hard] or list(hard)
    numbers = words(quota, names)
    if not numbers:
        return what
    if taken and not full(quota, taken):
        head = what.partition(" is used up")[0]
        return f"{head} was used up, and has room again: {numbers}; Pods were refused"
    return what.replace(" is used up:", f" is used up ({numbers}):")


async def read(cluster: Cluster, namespaces: Iterable[str]) -> tuple[list[Obj], list[str]]:
    """The quotas of these namespaces, and what could not be read."""
    kind = cluster.discovery.get(KIND)
    spaces = sorted(set(namespaces))
    if kind is None or not spaces:
        return [], []
    found, problems = await in_namespaces(cluster, kind, spaces, "ResourceQuotas")
    return list(found), problems
