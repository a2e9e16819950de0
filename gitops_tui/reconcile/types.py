"""The types of one cluster's kinds: the bundled ones, and those of other kinds, read when such a kind is first compared.

A cluster may have a thousand CustomResourceDefinitions of a hundred kilobytes each; the ones that count are asked for one by
one. Kinds without one (of aggregated API servers), and definitions that the user may not read, are told by the cluster's OpenAPI v3
documents, which all may read; what neither tells is compared as another version of that kind, or else by the rules of JSON.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from typing import Any

from gitops_tui.errors import ClusterError, Forbidden
from gitops_tui.kube import Cluster
from gitops_tui.model.keys import GVK
from gitops_tui.reconcile.definitions import CRD
from gitops_tui.schema import SchemaSet, builtin, with_openapi


class Types:
    """Of one cluster. Everything runs on its loop."""

    def __init__(self, cluster: Cluster) -> None:
        self._cluster = cluster
        self.schemas: SchemaSet = builtin()
        # The kinds that are none of the bundled ones, whether or not their types were found.
        self._sought: dict[GVK, None] = {}
        # One at a time: an answer to an earlier question must not come in over that to a later one.
        self._reading = asyncio.Lock()

    async def learn(self, kinds: Iterable[GVK]) -> None:
        """Reads the types of kinds that were not asked for yet."""
        async with self._reading:
            served = self._cluster.discovery.get
            new = [
                each for each in kinds if each not in self._sought and builtin().exact(each) is None and served(each)
            ]
            if new:
                self._sought |= dict.fromkeys(new)
                self.schemas = await self._read(new, self.schemas)

    async def learn_anew(self) -> None:
        """Reads again all that was asked for: definitions have changed. Until all is read the types of before count; where the
        cluster doesn't answer they go on."""
        async with self._reading:
            if self._sought:
                self.schemas = await self._read(list(self._sought), builtin())

    async def _read(self, kinds: list[GVK], schemas: SchemaSet) -> SchemaSet:
        before = self.schemas
        answers = await asyncio.gather(*(self._definition(each) for each in kinds))
        for definition in answers:
            if isinstance(definition, Mapping):
                schemas = schemas.with_crd(definition)
        asked: set[tuple[str, str]] = set()
        for gvk, definition in zip(kinds, answers, strict=True):
            known = before.exact(gvk)
            if isinstance(definition, ClusterError) and known is not None:
                schemas = schemas.with_nodes({gvk: known})
            group = (gvk.group, gvk.version)
            if schemas.exact(gvk) is not None or group in asked or self._cluster.discovery.get(gvk) is None:
                continue
            asked.add(group)
            try:
                path = f"/openapi/v3/apis/{gvk.group}/{gvk.version}"
                document = await self._cluster.transport.request("GET", path, what=f"the types of {gvk.api_version}")
            except ClusterError:
                continue
            schemas = with_openapi(schemas, document)
        for gvk, definition in zip(kinds, answers, strict=True):
            if isinstance(definition, ClusterError) and schemas.exact(gvk) is None:
                # The next one who needs it asks again.
                self._sought.pop(gvk, None)
        return schemas

    async def _definition(self, gvk: GVK) -> Mapping[str, Any] | ClusterError | None:
        """A kind's CustomResourceDefinition; None where it has none or the user may not read it, the error where that is
        not known."""
        kind, definition = self._cluster.discovery.get(gvk), self._cluster.discovery.get(CRD)
        if kind is None or definition is None:
            return None
        try:
            return await self._cluster.get(definition, "", f"{kind.plural}.{gvk.group}")
        except Forbidden:
            return None
        except ClusterError as error:
            return error
