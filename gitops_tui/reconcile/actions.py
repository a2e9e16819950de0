"""Does what a person asks of one object: says beforehand what it means and whether it is allowed, then writes it.

Writes carry a field manager of their own, so that blame shows a person's doing; they hold only for the object that was
looked at (uid), as it was looked at (resourceVersion; a status that moved on is no matter), and are sent once.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Iterable, Mapping
from concurrent.futures import Future
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, cast

from gitops_tui.errors import ApiError, Conflict, GitOpsError, NotFound
from gitops_tui.kube import ResourceType
from gitops_tui.kube.config import IN_CLUSTER
from gitops_tui.model.actions import ActionRequest, ObjectAction, ObjectActions, Propagation
from gitops_tui.model.keys import GVK, AppKey, ResourceKey
from gitops_tui.model.snapshot import OwnedObject, ResourceState
from gitops_tui.model.sync import Initiator, OperationPhase
from gitops_tui.model.text import printable
from gitops_tui.reconcile.action_table import Create, Delete, Offer, Patch, Right, kind_of, offers, writes
from gitops_tui.reconcile.noting import entry_of, note
from gitops_tui.reconcile.part import EnginePart
from gitops_tui.reconcile.rules import AUTOSCALER, scaled_by
from gitops_tui.reconcile.runtime import Runtime
from gitops_tui.reconcile.session import ClusterSession
from gitops_tui.records import replace
from gitops_tui.settings import ACTION_MANAGER

if TYPE_CHECKING:
    from gitops_tui.reconcile.worker import Engine

_AGAIN = 3
_GONE_WITHIN = 60.0
Live = Mapping[str, Any]


class ActionCommands(EnginePart):
    """The engine's answers to `ActionsApi`."""

    def actions(self, app: AppKey, key: ResourceKey, uid: str = "") -> Future[ObjectActions]:
        return asyncio.run_coroutine_threadsafe(self._actions(app, key, uid), self.loop)

    def act(self, app: AppKey, key: ResourceKey, request: ActionRequest, uid: str = "") -> Future[str]:
        return asyncio.run_coroutine_threadsafe(self._act(app, key, request, uid), self.loop)

    def kubectl_options(self, app: AppKey) -> tuple[str, ...]:
        cluster = self.session(self.runtime(app)).cluster
        if cluster.context.name == IN_CLUSTER:
            return ()
        file = self.request.kubeconfig
        given = ("--kubeconfig", str(file.expanduser().absolute())) if file is not None else ()
        return (*given, "--context", cluster.context.name)

    async def _actions(self, app: AppKey, key: ResourceKey, uid: str) -> ObjectActions:
        runtime = self.runtime(app)
        self.settle(runtime)
        target = Target(runtime, self.session(runtime), key, uid)
        found = target.offers()
        allowed = await asyncio.gather(*(_allowed(target, each.rights) for each in found))
        made = []
        for offer, refusal in zip(found, allowed, strict=True):
            if self.settings.read_only:
                refusal = "this session is read-only"
            made.append(target.action(replace(offer, refused=refusal or offer.refused)))
        return ObjectActions(target.cluster.name, target.key, target.uid, tuple(made))

    async def _act(self, app: AppKey, key: ResourceKey, request: ActionRequest, uid: str) -> str:
        if self.settings.read_only:
            raise GitOpsError("this session is read-only", hint="start it without --read-only")
        runtime = self.runtime(app)
        self.settle(runtime)
        target = Target(runtime, self.session(runtime), key, uid)
        if request.uid != target.uid:
            raise GitOpsError(
                f"{target.key} is another object than the one that was shown", hint="look, then try again"
            )
        offer = next((each for each in target.offers() if each.name == request.name), None)
        if offer is None:
            names = ", ".join(each.name for each in target.offers())
            raise GitOpsError(f"{request.name} can't be done with {target.key}", hint=f"what can: {names}")
        if offer.refused:
            raise GitOpsError(f"{offer.title}, {target.key}: {offer.refused}")
        try:
            said = await _written(target, request)
        except GitOpsError as error:
            await self._noted(runtime, f"{request.name} {target.key}: {error.message}", OperationPhase.FAILED)
            raise
        await self._noted(runtime, f"{request.name} {target.key}: {said}", OperationPhase.SUCCEEDED)
        return f"{target.key}: {said}"

    async def _noted(self, runtime: Runtime, message: str, phase: OperationPhase) -> None:
        engine = cast("Engine", self)
        await note(engine, runtime, entry_of(engine, runtime, Initiator.ACTION, message, phase))


async def _written(target: Target, request: ActionRequest) -> str:
    """Does it; a word on what it made. Raises GitOpsError."""
    said = ""
    for write in writes(target.obj, request, datetime.now(UTC)):
        if isinstance(write, Patch):
            await _patch(target, write)
        elif isinstance(write, Create):
            made = await target.cluster.create(write.obj, validation="Ignore", field_manager=ACTION_MANAGER)
            said = f"made {ResourceKey.of({**write.obj, **made})}"
        else:
            said = await _delete(target, write, request.propagation)
    return said or _done(request)


def _done(request: ActionRequest) -> str:
    return {
        "scale": f"scaled to {request.replicas}",
        "restart": "restarts",
        "suspend": "suspended",
        "resume": "resumed",
        "pause-rollout": "its rollout is paused",
        "resume-rollout": "its rollout goes on",
        "promote": "promoted",
        "promote-full": "promoted fully",
        "abort": "aborted",
        "retry": "tries again",
        "reconcile": "its controller was asked to reconcile it",
    }.get(request.name, "done")


class Target:
    """The object that is meant: one of the application, or one beneath it. Raises GitOpsError where it is not there."""

    def __init__(self, runtime: Runtime, session: ClusterSession, key: ResourceKey, uid: str) -> None:
        self.runtime, self.session, self.cluster = runtime, session, session.cluster
        self.state: ResourceState | None = runtime.resources.get(key)
        found: Any = None
        if uid:
            held = self.cluster.store.by_uid(uid)
            found = held[1] if held is not None else None
        elif self.state is not None:
            found = self.state.live
        if found is None:
            raise GitOpsError(f"{key} is not in the cluster", hint="a sync makes what is missing" if not uid else "")
        self.beneath = bool(uid)
        self.obj: dict[str, Any] = dict(found)
        self.key = ResourceKey.of(self.obj)
        self.uid = str(self.obj["metadata"].get("uid") or "")
        self.type: ResourceType = self.cluster.discovery.find(GVK.of(self.obj["apiVersion"], self.obj["kind"]))

    def offers(self) -> list[Offer]:
        return offers(self.obj, scalable="scale" in self.type.subresources)

    def action(self, offer: Offer) -> ObjectAction:
        notes = [*offer.notes]
        if offer.name == "delete":
            notes = [*self._goes_with_it(), *notes]
        if offer.name == "scale" and (scaler := self._scaler()):
            notes.append(f"HorizontalPodAutoscaler {scaler} sets its replicas, and will set them again")
        return ObjectAction(
            offer.name, offer.letter, offer.title, offer.what, self._drift(offer), tuple(map(printable, notes)),
            offer.refused, offer.asks, offer.number, offer.destructive,
        )  # fmt: skip

    # --- what Git says ----------------------------------------------------------------------------------------------

    def _heals(self) -> bool:
        """Whether automatic sync takes back what differs."""
        policy = self.runtime.app.sync_policy.automated
        auto = self.runtime.state.auto
        return policy is not None and policy.self_heal and not auto.startswith(("off", "paused", "pinned", "held"))

    def _drift(self, offer: Offer) -> str:
        manifest = self.state.manifest if self.state is not None and not self.beneath else None
        if self.beneath:
            owner = self.runtime.resources.get(self.state.key) if self.state else None
            return f"it belongs to {owner.key}" if owner is not None and offer.name != "run" else ""
        if offer.name in ("delete", "retry"):
            if manifest is None:
                return "Git does not have it: nothing brings it back" if offer.name == "delete" else ""
            if offer.name == "retry":
                return "Git has it: it is made anew as it is in the cluster now"
            if self._heals():
                return "Git has it: auto-sync will make it anew"
            return "Git has it: it will be shown as missing until the next sync makes it anew"
        if manifest is None or not offer.paths:
            return ""
        for path in offer.paths:
            value = _at(manifest.obj, path)
            if value is not None:
                if path == "spec.replicas" and self._scaler():
                    return f"Git says {path}: {value}, which is left to the autoscaler"
                will = (
                    "auto-sync will set it back" if self._heals() else "it will be shown as drift until the next sync"
                )
                return f"Git says {path}: {value}: {will}"
        return f"Git does not set {offer.paths[0]}: no drift"

    def _scaler(self) -> str:
        for each in self.cluster.store.of_kind(AUTOSCALER).values():
            if scaled_by(AUTOSCALER, each) == self.key:
                return str(each["metadata"].get("name"))
        return ""

    # --- what goes with it ------------------------------------------------------------------------------------------

    def _goes_with_it(self) -> list[str]:
        group, kind = kind_of(self.obj)
        spec, metadata = self.obj.get("spec") or {}, self.obj["metadata"]
        said: list[str] = []
        if (group, kind) == ("", "Namespace"):
            held = Counter(gvk.kind for gvk, (place, _) in self._held() if place == self.key.name)
            known = f" (known here: {_counted(held)})" if held else ""
            said.append(f"everything in the namespace goes with it{known}")
        elif kind == "CustomResourceDefinition":
            names = spec.get("names") or {}
            count = sum(gvk.kind == names.get("kind") and gvk.group == spec.get("group") for gvk, _ in self._held())
            known = f" ({count} known here)" if count else ""
            said.append(f"every {names.get('kind', 'object of its kind')} in the whole cluster goes with it{known}")
        elif (group, kind) == ("", "PersistentVolumeClaim"):
            said.append("the data goes with it, unless its volume is kept (reclaim policy Retain)")
        elif (group, kind) == ("", "PersistentVolume"):
            policy = spec.get("persistentVolumeReclaimPolicy")
            claim = spec.get("claimRef") or {}
            used = f"; the claim {claim.get('namespace')}/{claim.get('name')} loses it" if claim.get("name") else ""
            said.append(f"it holds data; its reclaim policy is {policy}{used}")
        below = self._below()
        if below:
            said.append(f"what it owns goes with it, unless it is orphaned: {_counted(below)}")
        if finalizers := metadata.get("finalizers"):
            said.append(f"it stays until its finalizers are done: {', '.join(map(str, finalizers))}")
        return said

    def _held(self) -> Iterable[tuple[GVK, tuple[str, str]]]:
        store = self.cluster.store
        for gvk in store.all_kinds():
            for place in store.of_kind(gvk):
                yield gvk, place

    def _below(self) -> Counter[str]:
        def count(objects: Iterable[OwnedObject]) -> None:
            for each in objects:
                if each.key.name != "?":
                    found[each.key.kind] += 1
                count(each.children)

        found: Counter[str] = Counter()
        if self.state is not None and not self.beneath:
            count(self.state.owned)
        else:
            for gvk, _ in self.cluster.store.children(self.uid):
                found[gvk.kind] += 1
        return found


def _counted(found: Counter[str]) -> str:
    return ", ".join(f"{number} {kind}" for kind, number in found.most_common(8))


def _at(obj: Any, path: str) -> Any:
    """The value at a dotted path whose last part may hold dots; None where there is none."""
    head, found = obj, path.split(".")
    for at, name in enumerate(found):
        if not isinstance(head, Mapping):
            return None
        rest = ".".join(found[at:])
        if rest in head:
            return head[rest]
        head = head.get(name)
    return head


async def _allowed(target: Target, rights: Iterable[Right]) -> str:
    """Why the user may not, "" where they may."""
    for right in rights:
        kind = target.type
        if right.kind != ("", ""):
            other = target.cluster.discovery.served(*right.kind)
            if other is None:
                return f"the cluster does not serve {right.kind[1]}"
            kind = other
        if right.subresource and right.subresource not in kind.subresources:
            right = Right(right.verb)
        name = target.key.name if right.verb != "create" else ""
        try:
            may = await target.cluster.can_i(
                right.verb, kind, target.key.namespace, subresource=right.subresource, name=name
            )
        except ApiError:
            continue  # who can't be asked is asked by doing it
        if not may:
            part = f"/{right.subresource}" if right.subresource else ""
            return f"no right to {right.verb} {kind.plural}{part}"
    return ""


async def _patch(target: Target, write: Patch) -> None:
    """Raises GitOpsError where the object is another one by now, or what it says has changed."""
    seen = target.obj
    for attempt in range(_AGAIN):
        metadata: dict[str, Any] = {"uid": target.uid, "resourceVersion": seen["metadata"].get("resourceVersion")}
        body = {**write.body, "metadata": {**write.body.get("metadata", {}), **metadata}}
        subresource = write.subresource if write.subresource in target.type.subresources else ""
        path = target.type.path(target.key.namespace, target.key.name) + (f"/{subresource}" if subresource else "")
        try:
            answer = await target.cluster.transport.request(
                "PATCH", path, params={"fieldManager": ACTION_MANAGER}, body=body,
                content_type="application/merge-patch+json", idempotent=False, what=printable(str(target.key)),
            )  # fmt: skip
        except NotFound as error:
            raise GitOpsError(f"{target.key} is gone", hint="look, then try again") from error
        except Conflict as error:
            fresh = await target.cluster.get(target.type, target.key.namespace, target.key.name)
            same = fresh is not None and fresh["metadata"].get("uid") == target.uid
            if fresh is None or not same or fresh.get("spec") != seen.get("spec") or attempt == _AGAIN - 1:
                what = "is another object by now" if fresh is not None and not same else "has changed meanwhile"
                raise GitOpsError(f"{target.key} {what}: nothing was done", hint="look, then try again") from error
            seen = fresh
        else:
            if answer.get("kind") == target.obj.get("kind"):
                target.obj = answer
            return


async def _delete(target: Target, write: Delete, propagation: Propagation) -> str:
    # The pods of a Job that is made anew go first: their names and its own are taken until then.
    policy = Propagation.FOREGROUND if write.then else propagation
    place = (target.type, target.key.namespace, target.key.name)
    if not await target.cluster.delete(*place, uid=target.uid, propagation=policy.value):
        raise GitOpsError(f"{target.key} was gone already")
    if not write.then:
        left = await target.cluster.get(*place)
        if left is not None and left["metadata"].get("uid") == target.uid:
            return "is being deleted"
        return "deleted"
    end = asyncio.get_running_loop().time() + _GONE_WITHIN
    wait = 0.05
    while (left := await target.cluster.get(*place)) is not None and left["metadata"].get("uid") == target.uid:
        if asyncio.get_running_loop().time() > end:
            raise GitOpsError(
                f"{target.key} is being deleted and not gone yet: it was not made anew",
                hint="its finalizers or pods hold it; once it is gone, a sync makes it where Git has it",
            )
        await asyncio.sleep(wait)
        wait = min(wait * 2, 1.0)
    if left is not None:
        return "made anew by somebody else meanwhile"
    try:
        await target.cluster.create(write.then, validation="Ignore", field_manager=ACTION_MANAGER)
    except Conflict:
        return "made anew by somebody else meanwhile"
    return "made anew"
