"""One cluster: its connection, its kinds, what is watched, and writes to it. Lives on the engine's loop."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from gitops_tui.errors import ApiError, NotFound, Unauthorized
from gitops_tui.kube.config import Access, ContextInfo
from gitops_tui.kube.discovery import Discovery, ResourceType
from gitops_tui.kube.informer import Informer, WatchSpec, WatchStatus
from gitops_tui.kube.store import Live, LiveStore
from gitops_tui.kube.transport import Transport
from gitops_tui.model.keys import GVK, ResourceKey
from gitops_tui.settings import FIELD_MANAGER, Settings


class Cluster:
    """A connection to one kubeconfig context.

    on_change(type, old, new) is called for each change of a watched object, on_status(type) when a kind becomes known,
    forbidden or stale; both on the loop.
    """

    def __init__(
        self,
        context: ContextInfo,
        kubeconfig: Path | None,
        settings: Settings,
        *,
        on_change: Callable[[ResourceType, Live | None, Live | None], None] = lambda *_: None,
        on_status: Callable[[ResourceType], None] = lambda _: None,
    ) -> None:
        self.context = context
        self.name = context.name
        self.settings = settings
        self.transport = Transport(Access(kubeconfig, context), settings)
        self.discovery = Discovery()
        self.store = LiveStore()
        self.version = ""
        self.user = ""
        self._on_change = on_change
        self._on_status = on_status
        self._informers: dict[GVK, Informer] = {}

    @property
    def server(self) -> str:
        return self.context.server

    async def connect(self) -> None:
        """Reads credentials, asks for version, user and kinds. Raises KubeconfigError, Unreachable, Unauthorized,
        ApiError."""
        await self.transport.open()
        try:
            version = await self.transport.request("GET", "/version", what="version")
        except Unauthorized as error:
            raise Unauthorized(
                f"{self.server} (context {self.name}) does not accept the credentials of {self.context.user or 'the user'}",
                status=401,
                reason=error.reason,
                hint=error.hint,
            ) from error
        self.version = str(version.get("gitVersion") or "")
        await self.discovery.refresh(self.transport)
        self.user = await self._whoami() or self.context.user

    async def _whoami(self) -> str:
        review = {"apiVersion": "authentication.k8s.io/v1", "kind": "SelfSubjectReview"}
        path = "/apis/authentication.k8s.io/v1/selfsubjectreviews"
        try:
            answer = await self.transport.request("POST", path, body=review, idempotent=True)
        except ApiError:
            # Older servers don't have it; the kubeconfig's word for the user stands.
            return ""
        return str(((answer.get("status") or {}).get("userInfo") or {}).get("username") or "")

    async def refresh_discovery(self) -> None:
        await self.discovery.refresh(self.transport)

    async def close(self) -> None:
        for informer in list(self._informers.values()):
            await informer.stop()
        self._informers.clear()
        await self.transport.close()

    # --- watching -------------------------------------------------------------------------------------------------

    async def set_watches(self, wanted: Iterable[WatchSpec]) -> None:
        """Watches just these kinds: starts what is new, stops what is wanted no longer."""
        specs = {spec.type.gvk: spec for spec in wanted}
        for gvk in [gvk for gvk in self._informers if gvk not in specs]:
            await self._informers.pop(gvk).stop()
            self.store.drop_kind(gvk)
        for gvk, spec in specs.items():
            running = self._informers.get(gvk)
            if running is not None and (running.spec.keep_managed_fields or not spec.keep_managed_fields):
                running.widen(spec.namespaces)
                continue
            if running is not None:
                await running.stop()
                self.store.drop_kind(gvk)
            informer = Informer(spec, self.transport, self.store, self._on_change, self._on_status)
            self._informers[gvk] = informer
            informer.start()

    async def relist(self) -> None:
        """Starts all watches anew: each kind is listed again."""
        specs = [informer.spec for informer in self._informers.values()]
        for informer in self._informers.values():
            await informer.stop()
        self._informers.clear()
        await self.set_watches(specs)

    def status(self, gvk: GVK, namespace: str = "") -> tuple[WatchStatus, str]:
        """How well a kind is known, and why not."""
        informer = self._informers.get(gvk)
        return informer.status(namespace) if informer is not None else (WatchStatus.PENDING, "")

    def is_watched(self, gvk: GVK) -> bool:
        return gvk in self._informers

    # --- reads and writes -----------------------------------------------------------------------------------------

    def _type(self, obj: Live) -> ResourceType:
        return self.discovery.find(GVK.of(obj["apiVersion"], obj["kind"]))

    async def get(self, kind: ResourceType, namespace: str, name: str) -> Live | None:
        """The object, None where there is none."""
        try:
            found = await self.transport.request("GET", kind.path(namespace, name), what=f"get {kind.plural} {name}")
        except NotFound:
            return None
        return dict(found)

    async def list(self, kind: ResourceType, namespace: str = "", label_selector: str = "") -> list[Live]:
        params = {"labelSelector": label_selector} if label_selector else {}
        what = f"list {kind.plural}"
        found = await self.transport.request("GET", kind.path(namespace), params=params, what=what)
        return [
            {"apiVersion": kind.gvk.api_version, "kind": kind.gvk.kind, **item} for item in found.get("items") or []
        ]

    async def apply(
        self, obj: Live, *, dry_run: bool = False, force: bool = True, field_manager: str = FIELD_MANAGER
    ) -> Live:
        """Server-side apply; gives the object afterwards. Raises ApiError, Unreachable, UnknownKind."""
        kind = self._type(obj)
        metadata = obj["metadata"]
        key = ResourceKey.of(obj)
        params = {"fieldManager": field_manager, "force": "true" if force else "false", "fieldValidation": "Strict"}
        if dry_run:
            params["dryRun"] = "All"
        answer = await self.transport.request(
            "PATCH",
            kind.path(str(metadata.get("namespace") or ""), metadata["name"]),
            params=params,
            body=obj,
            content_type="application/apply-patch+yaml",
            idempotent=True,
            what=("dry run of " if dry_run else "") + str(key),
            secret=key.kind == "Secret",
        )
        return dict(answer)

    async def create(self, obj: Live, *, dry_run: bool = False) -> Live:
        """Creates an object (its name may be generated)."""
        kind = self._type(obj)
        params = {"fieldManager": FIELD_MANAGER, "fieldValidation": "Strict"}
        if dry_run:
            params["dryRun"] = "All"
        key = ResourceKey.of(obj)
        answer = await self.transport.request(
            "POST",
            kind.path(key.namespace),
            params=params,
            body=obj,
            idempotent=dry_run,
            what=("dry run of " if dry_run else "") + str(key),
            secret=key.kind == "Secret",
        )
        return dict(answer)

    async def replace(self, obj: Live) -> Live:
        """Replaces an object; its resourceVersion must be the current one."""
        kind = self._type(obj)
        key = ResourceKey.of(obj)
        answer = await self.transport.request(
            "PUT",
            kind.path(key.namespace, key.name),
            params={"fieldManager": FIELD_MANAGER},
            body=obj,
            what=str(key),
            secret=key.kind == "Secret",
        )
        return dict(answer)

    async def delete(
        self,
        kind: ResourceType,
        namespace: str,
        name: str,
        *,
        uid: str = "",
        propagation: str = "Foreground",
        dry_run: bool = False,
    ) -> bool:
        """Deletes an object, only the one with that uid where given. False where there was none."""
        body: dict[str, Any] = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation}
        if uid:
            body["preconditions"] = {"uid": uid}
        if dry_run:
            body["dryRun"] = ["All"]
        key = ResourceKey(kind.gvk.group, kind.gvk.kind, namespace, name)
        try:
            # With the uid as a precondition, sending it again can't hit another object.
            await self.transport.request(
                "DELETE", kind.path(namespace, name), body=body, idempotent=bool(uid), what=f"delete {key}"
            )
        except NotFound:
            return False
        return True

    async def can_i(self, verb: str, kind: ResourceType, namespace: str = "") -> bool:
        """Whether the user may do this (SelfSubjectAccessReview)."""
        attributes = {"verb": verb, "group": kind.gvk.group, "resource": kind.plural, "namespace": namespace}
        body = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes},
        }
        path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
        answer = await self.transport.request("POST", path, body=body, idempotent=True, what="access review")
        return bool((answer.get("status") or {}).get("allowed"))
