"""Which kinds an API server serves, by aggregated discovery, or one request for each group where it has none."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from gitops_tui.errors import ApiError, UnknownKind
from gitops_tui.kube.transport import Transport
from gitops_tui.model.keys import GVK
from gitops_tui.model.text import printable

_AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"


@dataclass(frozen=True, slots=True)
class ResourceType:
    """One kind as served: its GVK, its name in URLs, whether it lives in namespaces, and what can be done with it."""

    gvk: GVK
    plural: str
    namespaced: bool
    verbs: frozenset[str] = frozenset()

    def path(self, namespace: str = "", name: str = "") -> str:
        """Its URL path: all of them, those of a namespace, or one object."""
        from urllib.parse import quote

        base = f"/apis/{self.gvk.group}/{self.gvk.version}" if self.gvk.group else f"/api/{self.gvk.version}"
        if self.namespaced and namespace:
            base += f"/namespaces/{quote(namespace, safe='')}"
        return f"{base}/{self.plural}" + (f"/{quote(name, safe='')}" if name else "")


class Discovery:
    """The kinds by GVK. `refresh` asks again; the rest is memory only."""

    def __init__(self) -> None:
        self._types: dict[GVK, ResourceType] = {}
        self.failed: tuple[str, ...] = ()

    async def refresh(self, transport: Transport) -> None:
        """Asks the API server. A group that doesn't answer (a broken APIService) is named in `failed`.
        Raises ApiError and Unreachable where nothing can be read."""
        core, groups = await asyncio.gather(
            transport.request("GET", "/api", accept=_AGGREGATED, what="discovery"),
            transport.request("GET", "/apis", accept=_AGGREGATED, what="discovery"),
        )
        types: dict[GVK, ResourceType] = {}
        failed: list[str] = []
        for answer, is_core in ((core, True), (groups, False)):
            if answer.get("kind") == "APIGroupDiscoveryList":
                for found in _aggregated(answer, failed):
                    types.setdefault(found.gvk, found)
            else:
                for found in await _legacy(transport, answer, is_core, failed):
                    types.setdefault(found.gvk, found)
        self._types, self.failed = types, tuple(failed)

    def get(self, gvk: GVK) -> ResourceType | None:
        """The served kind, None where there is none."""
        return self._types.get(gvk)

    def find(self, gvk: GVK) -> ResourceType:
        """The served kind. Raises UnknownKind with what comes near."""
        found = self._types.get(gvk)
        if found is not None:
            return found
        shown = printable(str(gvk))
        versions = sorted(each.api_version for each in self._types if (each.group, each.kind) == (gvk.group, gvk.kind))
        if versions:
            raise UnknownKind(
                f"the cluster does not serve {shown}", hint=f"it serves this kind as {', '.join(versions)}"
            )
        elsewhere = sorted({each.api_version for each in self._types if each.kind == gvk.kind})
        if elsewhere:
            raise UnknownKind(
                f"the cluster does not serve {shown}", hint=f"it serves a {gvk.kind} in {', '.join(elsewhere)}"
            )
        near = difflib.get_close_matches(gvk.kind, {each.kind for each in self._types}, 1, 0.75)
        hint = f"did you mean {near[0]}?" if near else "is its CustomResourceDefinition installed?"
        raise UnknownKind(f"the cluster does not serve {shown}", hint=hint)

    def served(self, group: str, kind: str) -> ResourceType | None:
        """Any served version of a kind."""
        for gvk, found in self._types.items():
            if (gvk.group, gvk.kind) == (group, kind):
                return found
        return None

    def all(self) -> Iterable[ResourceType]:
        return self._types.values()

    def api_versions(self) -> tuple[str, ...]:
        """As Helm's `.Capabilities.APIVersions` has them."""
        return tuple(
            sorted({gvk.api_version for gvk in self._types} | {f"{gvk.api_version}/{gvk.kind}" for gvk in self._types})
        )


def _aggregated(answer: dict[str, Any], failed: list[str]) -> Iterable[ResourceType]:
    for group in answer.get("items") or []:
        name = (group.get("metadata") or {}).get("name") or ""
        for version in group.get("versions") or []:
            if version.get("freshness") == "Stale":
                failed.append(f"{name}/{version.get('version')}")
            for resource in version.get("resources") or []:
                kind = (resource.get("responseKind") or {}).get("kind")
                if kind:
                    yield ResourceType(
                        GVK(name, version["version"], kind),
                        resource["resource"],
                        resource.get("scope") == "Namespaced",
                        frozenset(resource.get("verbs") or ()),
                    )


async def _legacy(transport: Transport, answer: dict[str, Any], is_core: bool, failed: list[str]) -> list[ResourceType]:
    if is_core:
        versions = [("", version) for version in answer.get("versions") or ["v1"]]
    else:
        versions = [
            (group["name"], version["version"])
            for group in answer.get("groups") or []
            for version in group.get("versions") or []
        ]

    async def one(group: str, version: str) -> list[ResourceType]:
        path = f"/apis/{group}/{version}" if group else f"/api/{version}"
        try:
            listed = await transport.request("GET", path, what="discovery")
        except ApiError:
            failed.append(f"{group}/{version}")
            return []
        return [
            ResourceType(
                GVK(group, version, each["kind"]),
                each["name"],
                bool(each.get("namespaced")),
                frozenset(each.get("verbs") or ()),
            )
            for each in listed.get("resources") or []
            if "/" not in each["name"]
        ]

    found = await asyncio.gather(*(one(group, version) for group, version in versions))
    return [each for some in found for each in some]
