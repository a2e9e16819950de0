"""What requests bring: how something is to be written, and bodies that must be of a kind, patches, or options."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from gitops_tui.demo.fields.types import Type
from gitops_tui.demo.hooks import RequestInfo
from gitops_tui.demo.http import bodies, gojson, options
from gitops_tui.demo.patches.strategic import go_map
from gitops_tui.demo.registry.bodies import Write
from gitops_tui.demo.registry.resources import Resource, definitions
from gitops_tui.demo.status import Fault, bad_request
from gitops_tui.model.keys import GVK

Obj = dict[str, Any]
_DELETE_OPTIONS = "io.k8s.apimachinery.pkg.apis.meta.v1.DeleteOptions"


def write(request: web.BaseRequest, info: RequestInfo) -> Write:
    """How a request writes; a manager that is not named is the program's name."""
    query = request.query
    manager = query.get("fieldManager") or request.headers.get("User-Agent", "").split("/")[0][:128] or "unknown"
    return Write(manager, bool(query.get("dryRun")), query.get("fieldValidation") or "Warn", info)


def expected(resource: Resource, info: RequestInfo) -> tuple[GVK, Type]:
    """The kind of what a request brings, and its type."""
    kind = resource.subresources[info.subresource].kind if info.subresource else resource.gvk
    if kind == resource.gvk:
        return kind, resource.type
    group = kind.group.partition(".")[0] or "core"
    return kind, definitions().type(f"io.k8s.api.{group}.{kind.version}.{kind.kind}")


def check_kind(body: Obj, expects: GVK, *, custom: bool = False) -> None:
    """A body that says what it is must be what its address says; one that doesn't gets it. Raises Fault 400."""
    kind, version = body.get("kind"), body.get("apiVersion")
    for name, value in (("kind", kind), ("apiVersion", version)):
        if value is not None and not isinstance(value, str):
            raise bad_request(
                f"the object provided is unrecognized (must be of type {expects.kind}): couldn't get version/kind; "
                f"json parse error: json: cannot unmarshal {bodies.go_kind(value)} into Go struct field .{name} of type string"
            )
    if not kind and not version:
        body["kind"], body["apiVersion"] = expects.kind, expects.api_version
        return
    given = GVK.of(version or expects.api_version, kind or expects.kind)
    if given == expects:
        return
    if custom or (given.kind == expects.kind and given.group == expects.group):
        said = f"the API version in the data ({given.api_version}) does not match the expected API version"
        raise bad_request(f"{said} ({expects.api_version})")
    ours = expects.group.partition(".")[0] or "core"
    raise bad_request(
        f'{given.kind} in version "{given.version}" cannot be handled as a {expects.kind}: '
        f"converting ({given.version}.{given.kind}) to ({ours}.{expects.kind}): unknown conversion"
    )


def find_duplicates(data: bytes, body: Any, keys: int | None, how: Write) -> None:
    """Keys that stand twice in one object; looked for only where the text has more keys than the object."""
    if keys is not None and how.validation != "Ignore" and keys != _count_keys(body):
        how.duplicates = bodies.duplicates(data)


def _count_keys(value: Any) -> int:
    if isinstance(value, dict):
        return len(value) + sum(_count_keys(below) for below in value.values() if isinstance(below, dict | list))
    if isinstance(value, list):
        return sum(_count_keys(below) for below in value if isinstance(below, dict | list))
    return 0


def patch(data: bytes, *, a_list: bool) -> Any:
    """What a patch says. a_list: it is a JSON patch. Raises Fault 400."""
    try:
        found = bodies.json_value(data)
    except gojson.NotJson as error:
        # Clients may send YAML here too.
        try:
            found = bodies.yaml_value(data)
        except ValueError:
            said = f"error decoding patch: {error}" if a_list else "invalid JSON patch"
            raise bad_request(said) from None
        if not isinstance(found, dict | list):
            raise bad_request(f"error decoding patch: {error}") from None
    if a_list:
        if not isinstance(found, list):
            raise bad_request(
                "error decoding patch: json: cannot unmarshal object into Go value of type []handlers.jsonPatchOp"
            )
    elif not isinstance(found, dict):
        raise bad_request(
            f"error decoding patch: json: cannot unmarshal {bodies.go_kind(found)} into Go value of type map[string]interface {{}}"
        )
    return found


def applied(data: bytes, how: Write) -> Obj:
    """The object of an apply. how: gets the keys that stand twice in it. Raises Fault 400."""
    twice: list[str] = []
    try:
        body = bodies.yaml_value(data, twice)
    except ValueError as error:
        raise bad_request(f"error encoding patch: {error}") from None
    if not twice and how.validation != "Ignore" and data[:1] == b"{":
        twice = [f'line 1: key "{each.rpartition(".")[2]}" already set in map' for each in bodies.duplicates(data)]
    if twice and how.validation == "Strict":
        listed = "".join(f"\n  {each}" for each in twice)
        said = "error strict decoding patch: error converting YAML to JSON: yaml: unmarshal errors:"
        raise bad_request(said + listed)
    how.repeated = tuple(twice)
    body = {} if body is None else body
    if not isinstance(body, dict):
        raise bad_request(
            "error decoding patch: error unmarshaling JSON: while decoding JSON: json: cannot unmarshal "
            f"{bodies.go_kind(body)} into Go value of type map[string]interface {{}}"
        )
    return body


def unrecognized(fault: Fault, patch: Any) -> Fault:
    """How a strategic merge patch words a value of the wrong type."""
    _, found, strict = fault.message.rpartition(": strict decoding error: ")
    why = f"strict decoding error: {strict}"
    if not found:
        _, found, wanted = fault.message.rpartition(" of type ")
        if not found or "Go struct field" not in fault.message:
            return fault
        why = f"unrecognized type: {wanted}"
    said = f'Invalid value: "{go_map(patch)}": {why}'
    made = Fault(422, "Invalid", f' "" is invalid: patch: {said}', details={})
    made.causes = [{"reason": "FieldValueInvalid", "message": said, "field": "patch"}]
    return made


def delete_options(request: web.BaseRequest, data: bytes) -> Obj:
    """The DeleteOptions of a request, whose body is data, or of its query. Raises Fault 400, 415."""
    given: Obj = {}
    if data.strip():
        try:
            found, _ = bodies.obj(
                data, bodies.content_type(request), "DeleteOptions", definitions().type(_DELETE_OPTIONS)
            )
        except Fault as fault:
            if fault.status == 400:
                fault.message = fault.message.partition("): ")[2].rpartition(" (")[0] or fault.message
            raise
        given = found
        if (kind := given.get("kind")) and kind != "DeleteOptions":
            group, _, version = str(given.get("apiVersion") or "").rpartition("/")
            of = f'version "{group}/{version}"' if group else f'version "{version}"'
            raise bad_request(f'no kind "{kind}" is registered for {of} in scheme "pkg/runtime/scheme.go:111"')
    query = request.query
    # A body's options are all there are: the query counts only without one.
    for name in ("propagationPolicy", "gracePeriodSeconds", "orphanDependents") if not given else ():
        if name in query:
            value: Any = query[name]
            if name == "gracePeriodSeconds":
                value = options.number(query, name)
            elif name == "orphanDependents":
                value = options.truth(query, name)
            given = {**given, name: value}
    dry = query.getall("dryRun", [])
    if dry and not data.strip():
        given = {**given, "dryRun": dry}
    return given
