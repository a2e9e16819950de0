"""Get and list: selectors, pages, versions, forms."""

from __future__ import annotations

import base64
import json
from collections.abc import Mapping
from typing import Any

import orjson

from gitops_tui.demo.http import options, tables
from gitops_tui.demo.http.accept import Form
from gitops_tui.demo.http.selectors import Match, field_selector, label_selector
from gitops_tui.demo.registry.conversion import convert
from gitops_tui.demo.registry.registry import Registry
from gitops_tui.demo.registry.resources import Resource
from gitops_tui.demo.status import Fault, bad_request, expired

Obj = dict[str, Any]


def matcher(query: Mapping[str, str], resource: Resource) -> tuple[Match | None, str | None]:
    """What the selectors of a request take (None: all), and the one name that they ask for."""
    labels = label_selector(query.get("labelSelector", ""))
    fields, name = field_selector(query.get("fieldSelector", ""), resource)
    if labels is None or fields is None:
        return labels or fields, name
    both = (labels, fields)
    return (lambda obj: both[0](obj) and both[1](obj)), name


def _go_type(resource: Resource, more: str = "") -> str:
    """What Go calls the type of an object or a list of them."""
    if resource.custom is not None:
        return f"*unstructured.Unstructured{more}"
    return f"*{resource.group.partition('.')[0] or 'core'}.{resource.kind}{more}"


def shown(registry: Registry, resource: Resource, obj: Obj, form: Form) -> Obj:
    """One object in the form that the client wants."""
    seen = convert(obj, resource.gvk)
    if form.kind == "PartialObjectMetadataList":
        said = f"you requested {form.kind}, but the requested object is not a list ({_go_type(resource)})"
        raise Fault(406, "NotAcceptable", said)
    if form.kind == "Table":
        version = {"resourceVersion": obj["metadata"].get("resourceVersion", "")}
        return tables.table(resource, [seen], version, registry.clock.time(), form.include, form.version)
    if form.kind == "PartialObjectMetadata":
        return tables.partial(seen, form.version)
    return seen


class Page:
    """What a list gives: items (as stored), and the metadata of the list."""

    __slots__ = ("items", "metadata")

    def __init__(self, items: list[Obj], metadata: Obj) -> None:
        self.items, self.metadata = items, metadata


def _decode_continue(text: str) -> tuple[int, str]:
    wrong = "invalid continue token: continue key is not valid: "
    try:
        told = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        raise bad_request(f"{wrong}illegal base64 data at input byte 0") from None
    if told[:1] not in (b"{", b"n"):
        first = json.dumps(chr(told[0])).strip('"') if told else ""
        raise bad_request(f"{wrong}invalid character '{first}' looking for beginning of value")
    try:
        found = orjson.loads(told)
        version, start = int(found["rv"]), str(found["start"])
    except (ValueError, KeyError, TypeError):
        raise bad_request(f"{wrong}server does not recognize this encoded version ") from None
    if not version:
        raise bad_request(f"{wrong}incorrect encoded start resourceVersion (version meta.k8s.io/v1)")
    return version, start


def _encode_continue(version: int, start: str) -> str:
    found = orjson.dumps({"v": "meta.k8s.io/v1", "rv": version, "start": start})
    return base64.urlsafe_b64encode(found).decode().rstrip("=")


_GONE = (
    "The provided continue parameter is too old to display a consistent list result. You can start a new list without "
    "the continue parameter, or use the continue token in this response to retrieve the remainder of the results. "
    "Continuing with the provided token results in an inconsistent list - objects that were created, modified, or "
    "deleted between the time the first chunk was returned and now may show up in the list."
)


def page(registry: Registry, resource: Resource, namespace: str, query: Mapping[str, str]) -> Page:
    """The objects that a list asks for. Raises Fault."""
    options.check_list(query, watch=False)
    match, _ = matcher(query, resource)
    limit = max(options.number(query, "limit") or 0, 0)
    options.number(query, "timeoutSeconds")
    if query.get("resourceVersion") == "0" and not query.get("continue"):
        limit = 0  # the real one's cache answers, and gives all that it has
    objects = registry.objects
    gvk = resource.storage
    wanted = options.version(query.get("resourceVersion", ""))
    token = query.get("continue", "")
    start = ""
    at = objects.version
    if token:
        if query.get("resourceVersion") not in (None, "", "0"):
            raise bad_request("specifying resource version is not allowed when using continue")
        at, start = _decode_continue(token)
        if at < 0:
            at = objects.version
        found = objects.at(gvk, namespace, at)
        if found is None:
            raise Fault(410, "Expired", _GONE)
    elif query.get("resourceVersionMatch") == "Exact" or (wanted and limit and not query.get("resourceVersionMatch")):
        if wanted > objects.version:
            raise options.too_large(wanted, objects.version)
        found = objects.at(gvk, namespace, wanted)
        at = wanted
        if found is None:
            raise expired("The resourceVersion for the provided list is too old.")
    else:
        if wanted > objects.version:
            raise options.too_large(wanted, objects.version)
        found = objects.of_kind(gvk, namespace)
    if start:
        found = [each for each in found if _key(each) > start]
    if match is not None:
        found = [each for each in found if match(each)]
    metadata: Obj = {"resourceVersion": str(at)}
    if limit and len(found) > limit:
        rest = len(found) - limit
        found = found[:limit]
        metadata["continue"] = _encode_continue(at, _key(found[-1]))
        if match is None:
            metadata["remainingItemCount"] = rest
    return Page(found, metadata)


def _key(obj: Obj) -> str:
    return f"{obj['metadata'].get('namespace') or ''}/{obj['metadata']['name']}"


def listed(registry: Registry, resource: Resource, page_: Page, form: Form) -> Obj:
    """A list in the form that the client wants."""
    items = page_.items
    if resource.storage != resource.gvk:
        items = [convert(each, resource.gvk) for each in items]
    if form.kind == "Table":
        return tables.table(resource, items, page_.metadata, registry.clock.time(), form.include, form.version)
    if form.kind == "PartialObjectMetadata":
        said = f"you requested {form.kind}, but the requested object is a list ({_go_type(resource, 'List')})"
        raise Fault(406, "NotAcceptable", said)
    if form.kind == "PartialObjectMetadataList":
        return {
            "kind": "PartialObjectMetadataList",
            "apiVersion": f"meta.k8s.io/{form.version}",
            "metadata": page_.metadata,
            "items": [tables.partial(each, form.version) for each in items],
        }
    if resource.custom is None:
        items = [{name: value for name, value in each.items() if name not in _OWN} for each in items]
    return {
        "kind": f"{resource.kind}List",
        "apiVersion": resource.gvk.api_version,
        "metadata": page_.metadata,
        "items": items,
    }


_OWN = ("kind", "apiVersion")
