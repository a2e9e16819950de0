"""What has lost its owners goes: in the background after them, in the foreground before them, or not (orphans).

The rules are those of https://kubernetes.io/docs/concepts/architecture/garbage-collection/.
"""

from __future__ import annotations

from gitops_tui.demo.controllers.base import MANAGER, Context, Key, Obj
from gitops_tui.demo.status import Fault


def owner_went(context: Context, uid: str) -> None:
    """Deletes what this owner leaves behind; what has another owner stays and forgets this one."""
    for key in context.index.owned(uid):
        child = context.registry.get(*key)
        if child is None or child["metadata"].get("deletionTimestamp"):
            continue
        others = [
            each
            for each in child["metadata"].get("ownerReferences") or ()
            if each["uid"] != uid and each["uid"] in context.index.by_uid
        ]
        if others:
            _forget_owner(context, key, child, uid)
        else:
            _delete(context, key, child, "Background")


def owner_goes(context: Context, key: Key) -> None:
    """The next step for an owner that is marked for deletion in the foreground, or whose children are to stay."""
    owner = context.registry.get(*key)
    if owner is None or not owner["metadata"].get("deletionTimestamp"):
        return
    uid, finalizers = owner["metadata"]["uid"], owner["metadata"].get("finalizers") or ()
    if "orphan" in finalizers:
        for child_key in context.index.owned(uid):
            child = context.registry.get(*child_key)
            if child is not None:
                _forget_owner(context, child_key, child, uid)
        context.registry.remove_finalizer(*key, "orphan")
    elif "foregroundDeletion" in finalizers:
        blocking = False
        for child_key in context.index.owned(uid):
            child = context.registry.get(*child_key)
            if child is None:
                continue
            refs = child["metadata"].get("ownerReferences") or ()
            blocking |= any(each["uid"] == uid and each.get("blockOwnerDeletion") for each in refs)
            if not child["metadata"].get("deletionTimestamp"):
                _delete(context, child_key, child, "Foreground")
        still = [context.registry.get(*each) for each in context.index.owned(uid)]
        if not any(
            each["uid"] == uid and each.get("blockOwnerDeletion")
            for child in still
            if child is not None
            for each in child["metadata"].get("ownerReferences") or ()
        ):
            context.registry.remove_finalizer(*key, "foregroundDeletion")


def check(context: Context, key: Key) -> None:
    """Deletes an object none of whose owners is there (any more)."""
    obj = context.registry.get(*key)
    if obj is None or obj["metadata"].get("deletionTimestamp"):
        return
    refs = obj["metadata"].get("ownerReferences") or ()
    if refs and not any(each["uid"] in context.index.by_uid for each in refs):
        _delete(context, key, obj, "Background")


def _forget_owner(context: Context, key: Key, child: Obj, uid: str) -> None:
    refs = [each for each in child["metadata"].get("ownerReferences") or () if each["uid"] != uid]
    context.registry.patch(*key, {"metadata": {"ownerReferences": refs or None}}, manager=MANAGER)


def _delete(context: Context, key: Key, child: Obj, policy: str) -> None:
    options = {"propagationPolicy": policy, "preconditions": {"uid": child["metadata"]["uid"]}}
    try:
        context.registry.delete(*key, options)
    except Fault as fault:
        if fault.status != 404:
            raise
