"""Documents -> Manifests: what makes a document a Kubernetes object, and what is wrong with one that isn't."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable
from typing import Any

import orjson

from gitops_tui.errors import Problem
from gitops_tui.model.keys import GVK, ResourceKey
from gitops_tui.model.manifest import Manifest, Origin
from gitops_tui.model.text import printable

_HOOKS = ("argocd.argoproj.io/hook", "helm.sh/hook")


def digest(obj: Any) -> str:
    """A hash of the object's canonical JSON."""
    return hashlib.blake2b(orjson.dumps(obj, option=orjson.OPT_SORT_KEYS), digest_size=16).hexdigest()


def manifests_of(document: Any, origin: Origin, problems: list[Problem]) -> Iterable[Manifest]:
    """The objects in one document (a List's items each); what is wrong is added to `problems`."""
    if document is None:
        return
    if not isinstance(document, dict):
        problems.append(_problem(origin, f"a manifest must be a mapping, not {_kind_of(document)}"))
        return
    if not document:
        return
    kind, items = document.get("kind"), document.get("items")
    if isinstance(kind, str) and kind.endswith("List") and isinstance(items, list):
        for item in items:
            if isinstance(item, dict) and kind != "List" and "kind" not in item:
                item = {"apiVersion": document.get("apiVersion"), "kind": kind.removesuffix("List"), **item}
            yield from manifests_of(item, origin, problems)
        return
    manifest = _manifest(document, origin, problems)
    if manifest is not None:
        yield manifest


def _manifest(obj: dict[str, Any], origin: Origin, problems: list[Problem]) -> Manifest | None:
    def bad(message: str) -> Manifest | None:
        problems.append(_problem(origin, message))
        return None

    api_version, kind, metadata = obj.get("apiVersion"), obj.get("kind"), obj.get("metadata")
    if not isinstance(kind, str) or not kind:
        return bad("the manifest has no kind" if not kind else "kind must be text")
    if not isinstance(api_version, str) or not api_version:
        return bad(f"the {printable(kind)} has no apiVersion" if not api_version else "apiVersion must be text")
    if api_version.count("/") > 1 or api_version.startswith("/") or api_version.endswith("/"):
        return bad(f"apiVersion {printable(api_version)!r} is not of the form group/version")
    if metadata is None:
        return bad(f"the {printable(kind)} has no metadata.name")
    if not isinstance(metadata, dict):
        return bad(f"metadata must be a mapping, not {_kind_of(metadata)}")
    name, namespace = metadata.get("name"), metadata.get("namespace")
    for field, value in (("name", name), ("namespace", namespace)):
        if value is not None and not isinstance(value, str):
            return bad(f"metadata.{field} must be text: {_unquoted(value)}")
    for field in ("annotations", "labels"):
        values = metadata.get(field)
        if values is None:
            continue
        if not isinstance(values, dict):
            return bad(f"metadata.{field} must be a mapping, not {_kind_of(values)}")
        for key, value in values.items():
            if not isinstance(value, str | None):
                return bad(f"metadata.{field}[{printable(key)!r}] must be text: {_unquoted(value)}")
    if not name:
        generate = metadata.get("generateName")
        notes = metadata.get("annotations") or {}
        if not generate or not any(hook in notes for hook in _HOOKS):
            return bad(
                f"the {printable(kind)} has no metadata.name"
                + (" (generateName is for hooks only)" if generate else "")
            )
        name = str(generate)
    if any(part in ("", ".", "..") or "/" in part or "%" in part for part in (name,)):
        return bad(f"the {printable(kind)} has a name that can't be one: {printable(name)!r}")
    if namespace and ("/" in namespace or "%" in namespace or namespace in (".", "..")):
        return bad(
            f"the {printable(kind)} {printable(name)} has a namespace that can't be one: {printable(namespace)!r}"
        )
    if _has_nan(obj):
        return bad(f"the {printable(kind)} {printable(name)} holds .nan or .inf, which JSON can't carry")
    try:
        made = digest(obj)
    except (TypeError, ValueError) as error:
        return bad(f"the {printable(kind)} {printable(name)} can't be written as JSON: {printable(str(error))}")
    gvk = GVK.of(api_version, kind)
    return Manifest(ResourceKey(gvk.group, kind, namespace or "", name), api_version, obj, origin, made)


def _has_nan(value: Any) -> bool:
    stack = [value]
    while stack:
        each = stack.pop()
        kind = each.__class__
        if kind is dict:
            stack += each.values()
        elif kind is list:
            stack += each
        elif kind is float and not math.isfinite(each):
            return True
    return False


def _kind_of(value: Any) -> str:
    return {str: "text", bool: "true or false", int: "a number", float: "a number", list: "a list"}.get(
        type(value), type(value).__name__
    )


def _problem(origin: Origin, message: str) -> Problem:
    return Problem(
        origin.path, message + (f" (document {origin.document})" if origin.document > 1 else ""), origin.line
    )


def without_duplicates(manifests: Iterable[Manifest]) -> tuple[list[Manifest], list[str]]:
    """The last of each key, as in Argo CD, and a warning for each that was there before it."""
    found: dict[tuple[ResourceKey, str], Manifest] = {}
    warnings = []
    for manifest in manifests:
        generated = not (manifest.obj.get("metadata") or {}).get("name")
        key = (manifest.key, manifest.digest if generated else "")
        if (before := found.pop(key, None)) is not None:
            warnings.append(
                f"{printable(str(manifest.key))} is there twice: {_place(before)} and {_place(manifest)}; "
                "the last one counts"
            )
        found[key] = manifest
    return list(found.values()), warnings


def _place(manifest: Manifest) -> str:
    origin = manifest.origin
    return f"{printable(origin.path)}:{origin.line}" if origin.line else printable(origin.path) or "the rendered output"


def _unquoted(value: object) -> str:
    """What to do about a value that YAML takes for no text."""
    if isinstance(value, bool):
        words = "y, yes, on" if value else "n, no, off"
        return f"{words} and {str(value).lower()} are booleans in YAML, put it in quotes"
    return f"put {printable(str(value))[:40]!r} in quotes"
