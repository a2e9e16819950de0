"""Which kinds an API server serves, by aggregated discovery, or one request for each group where it has none."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from gitops_tui.errors import ApiError, Invalid, UnknownKind
from gitops_tui.kube.transport import Transport
from gitops_tui.model.keys import GVK
from gitops_tui.model.text import printable
from gitops_tui.records import dataclass

_AGGREGATED = "application/json;g=apidiscovery.k8s.io;v=v2;as=APIGroupDiscoveryList,application/json"


@dataclass(frozen=True, slots=True)
class ResourceType:
    """One kind as served: its GVK, its name in URLs, whether it lives in namespaces, and what can be done with it."""

    gvk: GVK
    plural: str
    namespaced: bool
    verbs: frozenset[str] = frozenset()
    singular: str = ""
    short_names: tuple[str, ...] = ()
    subresources: frozenset[str] = frozenset()

    def path(self, namespace: str = "", name: str = "") -> str:
        """Its URL path: all of them, those of a namespace, or one object.

        Raises Invalid for names that would make it the path of something else, as client-go does
        (apimachinery/pkg/api/validation/path).
        """
        for part in (namespace, name):
            if part in (".", "..") or "/" in part or "%" in part:
                raise Invalid(
                    f"{printable(part)!r} can't be the name of an object",
                    status=0,
                    hint="'.', '..', '/' and '%' are refused",
                )
        base = f"/apis/{self.gvk.group}/{self.gvk.version}" if self.gvk.group else f"/api/{self.gvk.version}"
        if self.namespaced and namespace:
            base += f"/namespaces/{quote(namespace, safe='')}"
        return f"{base}/{self.plural}" + (f"/{quote(name, safe='')}" if name else "")


class Discovery:
    """The kinds by GVK. `refresh` asks again, and generation grows by one; the rest is memory only."""

    def __init__(self) -> None:
        self._types: dict[GVK, ResourceType] = {}
        self.failed: tuple[str, ...] = ()
        self.generation = 0

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
        self.generation += 1

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

    def find_kind(self, word: str) -> ResourceType:
        """The kind that a person means by "deploy", "deployment", "Deployments" or "deployments.apps", as kubectl
        understands it; of several the one that comes first, core kinds before all. Raises UnknownKind."""
        name, _, group = word.strip().lower().partition(".")
        for found in self._types.values():
            names = (found.plural.lower(), found.singular.lower(), found.gvk.kind.lower(), *found.short_names)
            if name in names and (not group or group == found.gvk.group):
                return found
        words = {each.plural for each in self._types.values()} | {gvk.kind.lower() for gvk in self._types}
        near = difflib.get_close_matches(name, words, 3, 0.7)
        hint = f"did you mean {', '.join(near)}?" if near else "is its CustomResourceDefinition installed?"
        raise UnknownKind(f"the cluster has no kind {printable(word)!r}", hint=hint)

    def __len__(self) -> int:
        return len(self._types)

    def all(self) -> Iterable[ResourceType]:
        return self._types.values()

    def api_versions(self) -> tuple[str, ...]:
        """As Helm's `.Capabilities.APIVersions` has them."""
        return tuple(
            sorted({gvk.api_version for gvk in self._types} | {f"{gvk.api_version}/{gvk.kind}" for gvk in self._types})
        )


def _aggregated(answer: dict[str, Any], failed: list[str]) -> Iterable[ResourceType]:
    for group in _mappings(answer.get("items")):
        name = str((group.get("metadata") or {}).get("name") or "")
        for version in _mappings(group.get("versions")):
            if version.get("freshness") == "Stale":
                failed.append(f"{name}/{version.get('version')}")
            for resource in _mappings(version.get("resources")):
                kind = (resource.get("responseKind") or {}).get("kind")
                if kind and resource.get("resource") and version.get("version"):
                    yield ResourceType(
                        GVK(name, str(version["version"]), str(kind)),
                        str(resource["resource"]),
                        resource.get("scope") == "Namespaced",
                        frozenset(resource.get("verbs") or ()),
                        str(resource.get("singularResource") or ""),
                        tuple(resource.get("shortNames") or ()),
                        frozenset(str(each.get("subresource")) for each in _mappings(resource.get("subresources"))),
                    )


def _mappings(value: Any) -> list[dict[str, Any]]:
    """The mappings of a list; whatever else an odd server puts there is no kind."""
    return [each for each in value if isinstance(each, dict)] if isinstance(value, list) else []


async def _legacy(transport: Transport, answer: dict[str, Any], is_core: bool, failed: list[str]) -> list[ResourceType]:
    if is_core:
        versions = [("", str(version)) for version in answer.get("versions") or ["v1"]]
    else:
        versions = [
            (str(group["name"]), str(version["version"]))
            for group in _mappings(answer.get("groups"))
            for version in _preferred_first(group)
            if group.get("name") and version.get("version")
        ]

    async def one(group: str, version: str) -> list[ResourceType]:
        path = f"/apis/{group}/{version}" if group else f"/api/{version}"
        try:
            listed = await transport.request("GET", path, what="discovery")
        except ApiError:
            failed.append(f"{group}/{version}" if group else version)
            return []
        resources = [each for each in _mappings(listed.get("resources")) if each.get("name") and each.get("kind")]
        subresources: dict[str, set[str]] = {}
        for each in resources:
            plural, _, subresource = str(each["name"]).partition("/")
            if subresource:
                subresources.setdefault(plural, set()).add(subresource)
        return [
            ResourceType(
                GVK(group, version, str(each["kind"])),
                str(each["name"]),
                bool(each.get("namespaced")),
                frozenset(each.get("verbs") or ()),
                str(each.get("singularName") or ""),
                tuple(each.get("shortNames") or ()),
                frozenset(subresources.get(str(each["name"]), ())),
            )
            for each in resources
            if "/" not in each["name"]
        ]

    found = await asyncio.gather(*(one(group, version) for group, version in versions))
    return [each for some in found for each in some]


def _preferred_first(group: dict[str, Any]) -> list[dict[str, Any]]:
    preferred = (group.get("preferredVersion") or {}).get("version")
    return sorted(_mappings(group.get("versions")), key=lambda version: version.get("version") != preferred)
