"""How one desired object gets to the API server: server-side apply, and what sync options ask for in its place.

`Replace=true` puts the whole object (CRDs and Namespaces too are only ever updated), with `Force=true` it is deleted
and made anew; `Force=true` alone does that where the server refuses the change; `ServerSideApply=false` is kubectl's
client-side apply. As gitops-engine's sync_context.go `applyObject`.
"""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Mapping
from typing import Any

from gitops_tui.compare.ownership import as_stored
from gitops_tui.compare.values import with_data
from gitops_tui.errors import ApiError, Conflict, GitOpsError, Invalid, NotFound
from gitops_tui.kube import Cluster, ResourceType
from gitops_tui.model.application import Application
from gitops_tui.model.keys import GVK, ResourceKey
from gitops_tui.settings import FIELD_MANAGER, Settings
from gitops_tui.sync.clientside import CLIENT_SIDE_MANAGER, three_way, with_last_applied
from gitops_tui.sync.emptied import applied
from gitops_tui.sync.options import MIGRATION_MANAGER, ObjectOptions

_UPDATED_ONLY = frozenset({("", "Namespace"), ("apiextensions.k8s.io", "CustomResourceDefinition")})
_TRIES = 5
_POLL = 0.1


class Writer:
    """Writes objects of one application to one cluster. Everything raises ApiError, Unreachable and UnknownKind."""

    def __init__(self, app: Application, cluster: Cluster, settings: Settings) -> None:
        self._cluster = cluster
        self._settings = settings
        migrated = app.annotations.get(MIGRATION_MANAGER)
        self._client_managers = (*settings.client_managers, *((migrated,) if migrated else ()))

    async def write(
        self, obj: dict[str, Any], options: ObjectOptions, live: Mapping[str, Any] | None
    ) -> dict[str, Any]:
        """Makes the cluster's object as `obj` says; gives at least its metadata afterwards. live: the object as it was
        last seen."""
        if options.replace:
            return await self._replace(obj, options)
        try:
            if not options.server_side:
                return await self._client_side(obj, options)
            if live is not None and options.migrate:
                await self._migrate(obj, live)
            return await self._apply(obj, options, live)
        except (Conflict, Invalid) as error:
            if not _may_be_made_anew(obj, options, error):
                raise
            return await self._anew(obj, options)

    async def dry_run(self, obj: dict[str, Any], options: ObjectOptions, live: Mapping[str, Any] | None) -> None:
        """Has the API server check the write, as far as it can without doing it."""
        validation = _validation(options)
        if options.replace and options.force and live is not None and not _updated_only(obj):
            await self.dry_create(obj, validation)
            return
        try:
            if options.replace:
                await self._put(obj, options, dry_run=True)
            elif not options.server_side:
                await self._client_side(obj, options, dry_run=True)
            else:
                await self._apply(obj, options, live, dry_run=True)
        except (Conflict, Invalid) as error:
            if live is None or not _may_be_made_anew(obj, options, error):
                raise
            await self.dry_create(obj, validation)

    async def _apply(
        self, obj: dict[str, Any], options: ObjectOptions, live: Mapping[str, Any] | None, *, dry_run: bool = False
    ) -> dict[str, Any]:
        async def send(each: dict[str, Any]) -> dict[str, Any]:
            validation = _validation(options)
            return await self._cluster.apply(each, dry_run=dry_run, validation=validation, metadata_only=True)

        return await applied(send, obj, live, dry_run=dry_run)

    async def dry_create(self, obj: dict[str, Any], validation: str = "Strict") -> None:
        """Has the server check an object that is to be made anew: under a generated name, since its own is taken."""
        try:
            await self._cluster.create(obj, dry_run=True, validation=validation)
        except Conflict:
            metadata = {key: value for key, value in obj["metadata"].items() if key != "name"}
            made = {**obj, "metadata": {**metadata, "generateName": f"{obj['metadata']['name'][:50]}-"}}
            await self._cluster.create(made, dry_run=True, validation=validation)

    async def remove(self, kind: ResourceType, key: ResourceKey, uid: str, propagation: str = "Foreground") -> None:
        """Deletes the object with that uid and waits until it is gone. Raises GitOpsError where it stays."""
        await self._cluster.delete(kind, key.namespace, key.name, uid=uid, propagation=propagation)
        await self.until_gone(kind, key, uid, min(self._settings.wave_timeout, 60.0))

    async def until_gone(self, kind: ResourceType, key: ResourceKey, uid: str, limit: float) -> None:
        """Waits until the object with that uid is gone. Raises GitOpsError, with what holds it, after `limit` s."""
        loop = asyncio.get_running_loop()
        deadline, pause = loop.time() + limit, _POLL
        while True:
            live = await self._cluster.get(kind, key.namespace, key.name)
            if live is None or live["metadata"].get("uid") != uid:
                return
            if loop.time() > deadline:
                held = ", ".join(map(str, live["metadata"].get("finalizers") or ())) or "no finalizer"
                raise GitOpsError(
                    f"{key} is still there {limit:.0f} s after its deletion was accepted; it is held by {held}",
                    hint="see why its finalizers are not taken away; the deletion goes on when they are",
                )
            await asyncio.sleep(pause)
            pause = min(pause * 1.5, 1.0)

    # --- replace, delete and make anew ----------------------------------------------------------------------------

    async def _replace(self, obj: dict[str, Any], options: ObjectOptions) -> dict[str, Any]:
        if options.force and not _updated_only(obj):
            return await self._anew(obj, options)
        return await self._put(obj, options)

    async def _put(self, obj: dict[str, Any], options: ObjectOptions, *, dry_run: bool = False) -> dict[str, Any]:
        for attempt in range(_TRIES):
            live = await self._live(obj)
            try:
                if live is None:
                    return await self._cluster.create(obj, dry_run=dry_run, validation=_validation(options))
                version = live["metadata"]["resourceVersion"]
                made = {**obj, "metadata": {**obj["metadata"], "resourceVersion": version}}
                return await self._cluster.replace(made, dry_run=dry_run, validation=_validation(options))
            except (Conflict, NotFound):
                # Written, made or deleted by somebody else in between.
                if attempt == _TRIES - 1:
                    raise
        raise AssertionError("not reached")

    async def _anew(self, obj: dict[str, Any], options: ObjectOptions) -> dict[str, Any]:
        live = await self._live(obj)
        if live is not None:
            # Nothing is deleted for an object that would then be refused.
            await self.dry_create(obj, _validation(options))
            await self.remove(self._kind(obj), ResourceKey.of(obj), live["metadata"]["uid"])
        return await self._cluster.create(obj, validation=_validation(options))

    # --- client-side apply ----------------------------------------------------------------------------------------

    async def _client_side(
        self, obj: dict[str, Any], options: ObjectOptions, *, dry_run: bool = False
    ) -> dict[str, Any]:
        made = with_last_applied(obj)
        for attempt in range(_TRIES):
            live = await self._live(obj)
            try:
                if live is None:
                    return await self._cluster.create(
                        made, dry_run=dry_run, validation=_validation(options), field_manager=CLIENT_SIDE_MANAGER
                    )
                patch, content_type = three_way(made, live)
                kind, key = self._kind(obj), ResourceKey.of(obj)
                params = {"fieldManager": CLIENT_SIDE_MANAGER, "fieldValidation": _validation(options)}
                return await self._cluster.transport.request(
                    "PATCH",
                    kind.path(key.namespace, key.name),
                    params={**params, **({"dryRun": "All"} if dry_run else {})},
                    body=patch,
                    content_type=content_type,
                    idempotent=True,
                    what=f"{'dry run of ' if dry_run else ''}{key}",
                    secret=key.kind == "Secret",
                )
            except (Conflict, NotFound):
                if attempt == _TRIES - 1:
                    raise
        raise AssertionError("not reached")

    # --- from client-side to server-side --------------------------------------------------------------------------

    async def _migrate(self, obj: dict[str, Any], live: Mapping[str, Any]) -> None:
        """Before the first server-side apply: what client-side tools own becomes ours, so that what Git no longer sets
        goes away too (client-go's csaupgrade)."""
        if not self._is_client_side(live):
            return
        for _ in range(_TRIES):
            fresh = await self._live(obj)
            if fresh is None or not self._is_client_side(fresh):
                return
            patch = [
                {"op": "test", "path": "/metadata/resourceVersion", "value": fresh["metadata"]["resourceVersion"]},
                {"op": "replace", "path": "/metadata/managedFields", "value": self._ours(fresh)},
            ]
            kind, key = self._kind(obj), ResourceKey.of(obj)
            try:
                await self._cluster.transport.request(
                    "PATCH",
                    kind.path(key.namespace, key.name),
                    params={"fieldManager": FIELD_MANAGER},
                    body=patch,
                    content_type="application/json-patch+json",
                    what=str(key),
                    secret=key.kind == "Secret",
                )
            except (Conflict, NotFound):
                continue
            except ApiError as error:
                # 422: the resourceVersion is another one by now.
                if error.status != 422:
                    raise
                continue
            return

    def _is_client_side(self, live: Mapping[str, Any]) -> bool:
        """Whether client-side tools own fields and we don't yet."""
        managed = (live.get("metadata") or {}).get("managedFields") or []
        ours = any(each.get("manager") == FIELD_MANAGER and each.get("operation") == "Apply" for each in managed)
        return not ours and any(self._is_theirs(each) for each in managed)

    def _is_theirs(self, entry: Mapping[str, Any]) -> bool:
        return entry.get("manager") in self._client_managers and not entry.get("subresource")

    def _ours(self, live: Mapping[str, Any]) -> list[dict[str, Any]]:
        managed = copy.deepcopy(live["metadata"]["managedFields"])
        theirs = [each for each in managed if self._is_theirs(each)]
        first = {**theirs[-1], "manager": FIELD_MANAGER, "operation": "Apply"}
        for each in theirs:
            first["fieldsV1"] = _union(first.get("fieldsV1") or {}, each.get("fieldsV1") or {})
        if live.get("kind") == "Secret":
            # What is owned as stringData would stay for ever.
            first["fieldsV1"] = dict(as_stored(first["fieldsV1"]))
        return [first, *(each for each in managed if not self._is_theirs(each))]

    # --- small things ---------------------------------------------------------------------------------------------

    def _kind(self, obj: Mapping[str, Any]) -> ResourceType:
        return self._cluster.discovery.find(GVK.of(obj["apiVersion"], obj["kind"]))

    async def _live(self, obj: dict[str, Any]) -> dict[str, Any] | None:
        key = ResourceKey.of(obj)
        return await self._cluster.get(self._kind(obj), key.namespace, key.name)


def for_apply(obj: dict[str, Any]) -> dict[str, Any]:
    """Without what an applied configuration must not have. A Secret's `stringData` is applied as `data`: what is owned as
    `stringData` stays for ever when Git leaves it out."""
    texts = obj.get("stringData") if obj.get("kind") == "Secret" else None
    if isinstance(texts, Mapping) and all(isinstance(each, str) for each in texts.values()):
        obj = dict(with_data(obj))
    made = {key: value for key, value in obj.items() if key != "status"}
    dropped = ("managedFields", "resourceVersion", "uid", "creationTimestamp", "generation", "selfLink")
    made["metadata"] = {key: value for key, value in made["metadata"].items() if key not in dropped}
    return made


def _updated_only(obj: Mapping[str, Any]) -> bool:
    """Kinds that take others with them when they are deleted: never deleted for a change's sake."""
    key = ResourceKey.of(dict(obj))
    return (key.group, key.kind) in _UPDATED_ONLY


def _may_be_made_anew(obj: Mapping[str, Any], options: ObjectOptions, error: ApiError) -> bool:
    """kubectl's rule for --force: the change was refused as such (immutable fields, conflicts), not its wording."""
    return options.force and error.status in (409, 422) and not _updated_only(obj)


def _validation(options: ObjectOptions) -> str:
    return "Strict" if options.validate else "Ignore"


def _union(one: dict[str, Any], other: dict[str, Any]) -> dict[str, Any]:
    """The union of two fieldsV1 sets."""
    made = dict(one)
    for name, below in other.items():
        mine = made.get(name)
        made[name] = _union(mine, below) if isinstance(mine, dict) and isinstance(below, dict) else below
    return made
