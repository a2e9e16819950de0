"""One cluster: its connection, its kinds, what is watched, and writes to it. Lives on the engine's loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from gitops_tui.errors import ApiError, Conflict, Gone, Invalid, NotFound, Unauthorized, Unreachable
from gitops_tui.kube.access import Access
from gitops_tui.kube.config import ContextInfo
from gitops_tui.kube.discovery import Discovery, ResourceType
from gitops_tui.kube.informer import PAGE, Informer, WatchSpec, WatchStatus
from gitops_tui.kube.store import Live, LiveStore
from gitops_tui.kube.transport import ApiWrite, Transport
from gitops_tui.model.keys import GVK, ResourceKey
from gitops_tui.model.text import printable, redact
from gitops_tui.settings import FIELD_MANAGER, Settings

_METADATA = "application/json;as=PartialObjectMetadata;g=meta.k8s.io;v=v1,application/json"


class Cluster:
    """A connection to one kubeconfig context.

    on_change(type, old, new) is called for each change of a watched object, on_status(type) when a kind becomes known,
    forbidden or stale, on_write(write) for each write that was sent, on_warning(what, text) for each warning of the API
    server; all on the loop.
    """

    def __init__(
        self,
        context: ContextInfo,
        kubeconfig: Path | None,
        settings: Settings,
        *,
        on_change: Callable[[ResourceType, Live | None, Live | None], None] = lambda *_: None,
        on_status: Callable[[ResourceType], None] = lambda _: None,
        on_write: Callable[[ApiWrite], None] = lambda _: None,
        on_warning: Callable[[str, str], None] = lambda *_: None,
    ) -> None:
        self.context = context
        self.name = context.name
        self.settings = settings
        self.transport = Transport(Access(kubeconfig, context), settings, on_write=on_write, on_warning=on_warning)
        self.discovery = Discovery()
        self.store = LiveStore()
        self.version = ""
        self.user = ""
        self._on_change = on_change
        self._on_status = on_status
        self._informers: dict[GVK, Informer] = {}
        self._changing = asyncio.Lock()

    @property
    def server(self) -> str:
        return self.context.server

    async def connect(self) -> None:
        """Reads credentials, asks for version, user and kinds. Raises KubeconfigError, Unreachable, Unauthorized,
        ApiError."""
        await self.transport.open()
        # Asked at once: on a bad line each answer that is waited for costs. What the version's question meets counts.
        rest = asyncio.gather(self.discovery.refresh(self.transport), self._whoami())
        try:
            await self._ask_version()
        except BaseException:
            rest.cancel()
            await asyncio.gather(rest, return_exceptions=True)
            raise
        _, user = await rest
        self.user = user or self.context.user

    async def _ask_version(self) -> None:
        try:
            version = await self.transport.request("GET", "/version", what="version")
        except Unauthorized as error:
            raise Unauthorized(
                printable(
                    f"{redact(self.server)} (context {self.name}) does not accept the credentials of "
                    f"{self.context.user or 'the user'}"
                ),
                status=401,
                reason=error.reason,
                hint=error.hint,
            ) from error
        except ApiError as error:
            if error.status == 400 and "HTTP request to an HTTPS server" in str(error):
                raise Unreachable(
                    printable(f"{redact(self.server)} (context {self.name}) speaks HTTPS only"),
                    hint="write https:// in clusters[].cluster.server of the kubeconfig",
                ) from error
            raise
        self.version = str(version.get("gitVersion") or "")
        if not self.version:
            raise Unreachable(
                printable(f"{redact(self.server)} (context {self.name}) answers, and not as a Kubernetes API server"),
                hint="check clusters[].cluster.server of the kubeconfig, and what stands in between",
            )

    async def ping(self) -> None:
        """The cheapest question that every server answers. Raises Unreachable, ApiError."""
        await self.transport.request("GET", "/version", what="version")

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
        """Ends all watches and connections."""
        async with self._changing:
            await asyncio.gather(*(informer.stop() for informer in self._informers.values()))
            self._informers.clear()
        await self.transport.close()

    # --- watching -------------------------------------------------------------------------------------------------

    async def set_watches(self, wanted: Iterable[WatchSpec]) -> None:
        """Watches just these kinds: starts what is new, stops what is wanted no longer."""
        specs = {spec.type.gvk: spec for spec in wanted}
        async with self._changing:
            for gvk, running in list(self._informers.items()):
                spec = specs.get(gvk)
                if spec is not None and running.spec.covers(spec):
                    running.widen(spec.namespaces)
                    continue
                await running.stop()
                del self._informers[gvk]
                self.store.drop_kind(gvk)
            for gvk, spec in specs.items():
                if gvk not in self._informers:
                    informer = Informer(spec, self.transport, self.store, self._on_change, self._on_status)
                    self._informers[gvk] = informer
                    informer.start()

    async def relist(self) -> None:
        """Each watched kind is listed again; what is known stays until then."""
        async with self._changing:
            await asyncio.gather(*(informer.relist() for informer in self._informers.values()))

    def status(self, gvk: GVK, namespace: str = "") -> tuple[WatchStatus, str]:
        """How well a kind is known, and why not."""
        informer = self._informers.get(gvk)
        if informer is not None:
            return informer.status(namespace)
        served = self.discovery.get(gvk)
        if served is not None and "watch" not in served.verbs:
            return WatchStatus.FAILED, f"the cluster can't watch {served.plural}"
        return WatchStatus.PENDING, ""

    def is_watched(self, gvk: GVK) -> bool:
        return gvk in self._informers

    # --- reads and writes -----------------------------------------------------------------------------------------

    def _type(self, obj: Live) -> ResourceType:
        return self.discovery.find(GVK.of(obj["apiVersion"], obj["kind"]))

    def _path(self, kind: ResourceType, namespace: str, name: str) -> str:
        """The path of one object. Without a name, or without its namespace, it would be the path of many."""
        if not name or (kind.namespaced and not namespace):
            missing = "name" if not name else "namespace"
            raise Invalid(f"a {kind.gvk.kind} {printable(name)} needs a {missing}".replace("  ", " "), status=0)
        return kind.path(namespace, name)

    async def get(self, kind: ResourceType, namespace: str, name: str) -> Live | None:
        """The object, None where there is none. Raises ApiError, Unreachable."""
        key = ResourceKey(kind.gvk.group, kind.gvk.kind, namespace, name)
        try:
            return await self.transport.request("GET", self._path(kind, namespace, name), what=printable(f"get {key}"))
        except NotFound:
            return None

    async def _pages(self, kind: ResourceType, namespace: str, label_selector: str) -> list[Live]:
        params = {"limit": str(PAGE), **({"labelSelector": label_selector} if label_selector else {})}
        items: list[Live] = []
        while True:
            page = await self.transport.request("GET", kind.path(namespace), params=params, what=f"list {kind.plural}")
            items.extend(
                {"apiVersion": kind.gvk.api_version, "kind": kind.gvk.kind, **item} for item in page.get("items") or []
            )
            token = (page.get("metadata") or {}).get("continue")
            if not token:
                return items
            params["continue"] = str(token)

    async def list(self, kind: ResourceType, namespace: str = "", label_selector: str = "") -> list[Live]:
        """All objects of a kind, in all namespaces or one, read page by page. Raises ApiError, Unreachable."""
        for restarted in (False, True):
            try:
                return await self._pages(kind, namespace, label_selector)
            except Gone:
                # The list grew too old while it was read.
                if restarted:
                    raise
        raise AssertionError("not reached")

    async def apply(
        self,
        obj: Live,
        *,
        dry_run: bool = False,
        force: bool = True,
        field_manager: str = FIELD_MANAGER,
        validation: str = "Strict",
        metadata_only: bool = False,
    ) -> Live:
        """Server-side apply; gives the object afterwards, or only its metadata where that is enough: the server has less
        to write then, and we to read. validation: of fields, "Strict" or "Ignore". Raises ApiError, Unreachable,
        UnknownKind."""
        kind = self._type(obj)
        key = ResourceKey.of(obj)
        params = {"fieldManager": field_manager, "force": "true" if force else "false", "fieldValidation": validation}
        if dry_run:
            params["dryRun"] = "All"
        return await self.transport.request(
            "PATCH",
            self._path(kind, key.namespace, key.name),
            params=params,
            body=obj,
            content_type="application/apply-patch+yaml",
            accept=_METADATA if metadata_only else "application/json",
            idempotent=True,
            what=printable(("dry run of " if dry_run else "") + str(key)),
            secret=key.kind == "Secret",
        )

    async def create(
        self, obj: Live, *, dry_run: bool = False, validation: str = "Strict", field_manager: str = FIELD_MANAGER
    ) -> Live:
        """Creates an object (its name may be generated)."""
        kind = self._type(obj)
        params = {"fieldManager": field_manager, "fieldValidation": validation}
        if dry_run:
            params["dryRun"] = "All"
        key = ResourceKey.of(obj)
        if kind.namespaced and not key.namespace:
            raise Invalid(printable(f"{key} needs a namespace"), status=0)
        return await self.transport.request(
            "POST",
            kind.path(key.namespace),
            params=params,
            body=obj,
            idempotent=dry_run,
            what=printable(("dry run of " if dry_run else "") + str(key)),
            secret=key.kind == "Secret",
        )

    async def replace(self, obj: Live, *, dry_run: bool = False, validation: str = "") -> Live:
        """Replaces an object; its resourceVersion must be the current one. validation: as in `apply`, "" for the API
        server's own way."""
        kind = self._type(obj)
        key = ResourceKey.of(obj)
        params = {"fieldManager": FIELD_MANAGER}
        if validation:
            params["fieldValidation"] = validation
        if dry_run:
            params["dryRun"] = "All"
        return await self.transport.request(
            "PUT",
            self._path(kind, key.namespace, key.name),
            params=params,
            body=obj,
            idempotent=dry_run,
            what=printable(("dry run of " if dry_run else "") + str(key)),
            secret=key.kind == "Secret",
        )

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
        """Deletes an object, only the one with that uid where given. False where there was none, or no longer that
        one. Raises ApiError, Unreachable."""
        body: dict[str, Any] = {"apiVersion": "v1", "kind": "DeleteOptions", "propagationPolicy": propagation}
        if uid:
            body["preconditions"] = {"uid": uid}
        if dry_run:
            body["dryRun"] = ["All"]
        key = ResourceKey(kind.gvk.group, kind.gvk.kind, namespace, name)
        try:
            # With the uid as a precondition, sending it again can't hit another object.
            await self.transport.request(
                "DELETE",
                self._path(kind, namespace, name),
                params={"dryRun": "All"} if dry_run else None,
                body=body,
                idempotent=bool(uid) or dry_run,
                what=printable(f"delete {key}"),
            )
        except NotFound:
            return False
        except Conflict as error:
            # The one that was meant is gone; what stands there now has another uid. Two places of the API server say
            # so: registry/rest/delete.go and storage/interfaces.go.
            if uid and ("UID in the precondition" in error.message or "UID in precondition" in error.message):
                return False
            raise
        return True

    async def can_i(
        self, verb: str, kind: ResourceType, namespace: str = "", *, subresource: str = "", name: str = ""
    ) -> bool:
        """Whether the user may do this (SelfSubjectAccessReview); name: to that object ("": to any)."""
        attributes = {"verb": verb, "group": kind.gvk.group, "resource": kind.plural, "namespace": namespace}
        attributes |= {key: value for key, value in (("subresource", subresource), ("name", name)) if value}
        body = {
            "apiVersion": "authorization.k8s.io/v1",
            "kind": "SelfSubjectAccessReview",
            "spec": {"resourceAttributes": attributes},
        }
        path = "/apis/authorization.k8s.io/v1/selfsubjectaccessreviews"
        answer = await self.transport.request("POST", path, body=body, idempotent=True, what="access review")
        return bool((answer.get("status") or {}).get("allowed"))
