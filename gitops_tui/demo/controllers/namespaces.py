"""Namespaces: what each gets when it is made, and how one goes with all that it holds."""

from __future__ import annotations

from gitops_tui.demo.controllers.base import ACCOUNT, CONFIG_MAP, MANAGER, NAMESPACE, POD, Context, Obj, seconds_of
from gitops_tui.demo.status import Fault
from gitops_tui.model.keys import GVK

_CERTIFICATE = "kube-root-ca.crt"
_TOLD = (
    "Contains a CA bundle that can be used to verify the kube-apiserver when using internal endpoints such as the internal "
    "service IP or kubernetes.default.svc. No other usage is guaranteed across distributions of Kubernetes clusters."
)


def reconcile(context: Context, name: str) -> None:
    """Furnishes a namespace, or empties it."""
    obj = context.registry.get(NAMESPACE, "", name)
    if obj is None:
        return
    if not obj["metadata"].get("deletionTimestamp"):
        _furnish(context, name)
        return
    delay = context.namespace_delay()
    if delay > 0:
        since = obj["metadata"]["deletionTimestamp"]
        left = seconds_of(since) + delay - context.clock.time()
        if left > 0:
            context.enqueue("namespace", "", name, left)
            return
    _empty(context, obj)


def _furnish(context: Context, name: str) -> None:
    if context.registry.get(ACCOUNT, name, "default") is None:
        account: Obj = {
            "apiVersion": "v1",
            "kind": "ServiceAccount",
            "metadata": {"name": "default", "namespace": name},
        }
        context.registry.create(account, manager=MANAGER)
    if context.registry.get(CONFIG_MAP, name, _CERTIFICATE) is None:
        metadata = {
            "name": _CERTIFICATE,
            "namespace": name,
            "annotations": {"kubernetes.io/description": _TOLD},
        }
        made: Obj = {"apiVersion": "v1", "kind": "ConfigMap", "metadata": metadata, "data": {"ca.crt": ""}}
        context.registry.create(made, manager=MANAGER)


def _empty(context: Context, obj: Obj) -> None:
    name = obj["metadata"]["name"]
    for key in list(context.index.in_namespace.get(name, ())):
        held = context.registry.get(*key)
        if held is None or (held["metadata"].get("deletionTimestamp") and key[0] != POD):
            continue
        try:
            options = {"propagationPolicy": "Background"}
            if key[0] == POD:
                options = {"gracePeriodSeconds": 0}  # type: ignore[dict-item]
            context.registry.delete(*key, options)
        except Fault as fault:
            if fault.status != 404:
                raise
    left = [context.registry.get(*key) for key in context.index.in_namespace.get(name, ())]
    left = [each for each in left if each is not None]
    if not left:
        context.registry.finalize_namespace(name)
        return
    _tell(context, obj, [each for each in left if each is not None])


def _tell(context: Context, obj: Obj, left: list[Obj]) -> None:
    """The conditions that say what holds the namespace up."""
    now = context.clock.now()
    finalizers: dict[str, int] = {}
    kinds: dict[str, int] = {}
    for each in left:
        resource = context.registry.resource(GVK.of(each["apiVersion"], each["kind"]))
        name = f"{resource.plural}.{resource.group}"
        kinds[name] = kinds.get(name, 0) + 1
        for finalizer in each["metadata"].get("finalizers") or ():
            finalizers[finalizer] = finalizers.get(finalizer, 0) + 1
    holding = ", ".join(f"{each} in {count} resource instances" for each, count in sorted(finalizers.items()))
    content = ", ".join(f"{each} has {count} resource instances" for each, count in sorted(kinds.items()))
    rows = [
        ("NamespaceDeletionDiscoveryFailure", "False", "ResourcesDiscovered", "All resources successfully discovered"),
        (
            "NamespaceDeletionGroupVersionParsingFailure",
            "False",
            "ParsedGroupVersions",
            "All legacy kube types successfully parsed",
        ),
        (
            "NamespaceDeletionContentFailure",
            "False",
            "ContentDeleted",
            "All content successfully deleted, may be waiting on finalization",
        ),
        ("NamespaceContentRemaining", "True", "SomeResourcesRemain", f"Some resources are remaining: {content}"),
    ]
    if holding:
        said = f"Some content in the namespace has finalizers remaining: {holding}"
        rows.append(("NamespaceFinalizersRemaining", "True", "SomeFinalizersRemain", said))
    else:
        said = "All content-preserving finalizers finished"
        rows.append(("NamespaceFinalizersRemaining", "False", "ContentHasNoFinalizers", said))
    old = {each["type"]: each for each in (obj.get("status") or {}).get("conditions") or ()}
    conditions = []
    for kind, status, reason, message in rows:
        was = old.get(kind)
        since = was["lastTransitionTime"] if was and was["status"] == status else now
        conditions.append(
            {"type": kind, "status": status, "lastTransitionTime": since, "reason": reason, "message": message}
        )
    fresh = context.registry.get(NAMESPACE, "", obj["metadata"]["name"])
    if fresh is not None:
        context.write_status(fresh, {"phase": "Terminating", "conditions": conditions})
