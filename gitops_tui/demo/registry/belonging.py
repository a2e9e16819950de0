"""What a body may say of the object that it is about: its namespace, its owners, who set its fields, which version it was."""

from __future__ import annotations

from typing import Any

from gitops_tui.demo.fields import managed
from gitops_tui.demo.registry.bodies import Write
from gitops_tui.demo.registry.resources import Resource
from gitops_tui.demo.status import Fault, bad_request, conflict, modified

Obj = dict[str, Any]


def placed(resource: Resource, namespace: str, obj: Obj) -> Obj:
    """The object in the namespace of the request. Raises Fault where it names another."""
    metadata = obj["metadata"] = dict(obj["metadata"])
    given = metadata.get("namespace") or ""
    if resource.namespaced:
        if given and given != namespace:
            raise bad_request("the namespace of the provided object does not match the namespace sent on the request")
        metadata["namespace"] = namespace
    elif given and namespace:
        raise bad_request("namespace may not be set on a cluster-scoped object")
    return obj


def without_double_owners(metadata: Obj, write: Write) -> None:
    """Takes out owners that stand there twice, and warns of it."""
    owners = metadata.get("ownerReferences")
    if not owners or len(owners) < 2:
        return
    kept: list[Obj] = []
    twice = []
    for owner in owners:
        if owner in kept:
            twice.append(str(owner.get("uid")))
        else:
            kept.append(owner)
    if twice:
        metadata["ownerReferences"] = kept
        write.warnings.append(
            ".metadata.ownerReferences contains duplicate entries; API server dedups owner references in 1.20+, and "
            f"may reject such requests as early as 1.24; please fix your requests; duplicate UID(s) observed: {', '.join(twice)}"
        )


def managers_before(metadata: Obj, old: Obj, subresource: str) -> managed.Managers | None:
    """Who owns what before an update; None or {} where nobody does (then nobody will)."""
    live = managed.decode(old["metadata"].get("managedFields"), trusted=True)
    if subresource:
        return live
    given = metadata.get("managedFields")
    if given is not None and given in ([], [{}]):
        return {}
    if given is old["metadata"].get("managedFields") or given is None:
        return live
    try:
        return managed.decode(given) or live
    except ValueError:
        return live


def same_object(resource: Resource, metadata: Obj, old: Obj) -> None:
    """Raises Fault where an update is about another object of that name, or another version of it."""
    before = old["metadata"]
    version = metadata.get("resourceVersion")
    if version and version not in ("0", before["resourceVersion"]):
        raise modified(resource.plural, resource.group, before["name"])
    if metadata.get("uid") and metadata["uid"] != before["uid"]:
        key = "/".join(filter(None, ["", "registry", resource.plural, before.get("namespace") or "", before["name"]]))
        why = (
            f"StorageError: invalid object, Code: 4, Key: /{key.lstrip('/')}, ResourceVersion: 0, AdditionalErrorMsg: "
            f"Precondition failed: UID in precondition: {metadata['uid']}, UID in object meta: {before['uid']}"
        )
        raise conflict(resource.plural, resource.group, before["name"], why)


def nameless(name: str) -> Fault:
    return bad_request(f"the name of the object ({name} based on URL) was undeterminable: name must be provided")
