"""From a body that a client sent to an object of its kind: decoded, pruned, with defaults."""

from __future__ import annotations

from typing import Any

from gitops_tui.demo.hooks import ADMIN, RequestInfo
from gitops_tui.demo.registry.decode import DecodeError, Decoder
from gitops_tui.demo.registry.resources import Resource, definitions
from gitops_tui.demo.rules.defaults import set_defaults
from gitops_tui.demo.status import bad_request
from gitops_tui.records import dataclass, field

Obj = dict[str, Any]
_META = "io.k8s.apimachinery.pkg.apis.meta.v1.ObjectMeta"


@dataclass(slots=True)
class Write:
    """How something is written. validation: Ignore, Warn or Strict. warnings: what the answer will warn of."""

    manager: str
    dry_run: bool = False
    validation: str = "Ignore"
    info: RequestInfo = field(default_factory=lambda: RequestInfo("", "", "", user=ADMIN))
    warnings: list[str] = field(default_factory=list)
    duplicates: tuple[str, ...] = ()
    """Paths of keys that the body has twice."""
    repeated: tuple[str, ...] = ()
    """The same of a YAML body, in the words of its parser."""
    whole: bool = False
    """3.0 is an integer in it."""


def check_strict(resource: Resource, unknown: list[str], write: Write) -> None:
    """Refuses, warns of or passes over unknown and repeated fields."""
    if write.validation == "Ignore" or not (unknown or write.duplicates or write.repeated):
        return
    said = [f'duplicate field "{path}"' for path in write.duplicates] + [f'unknown field "{path}"' for path in unknown]
    if write.validation == "Strict":
        if write.repeated:
            said.insert(0, "yaml: unmarshal errors:\n" + "\n".join(f"  {each}" for each in write.repeated))
        raise bad_request(_cannot(resource, "strict decoding error: " + ", ".join(said)))
    write.warnings += [*write.repeated, *said]


def _cannot(resource: Resource, why: str) -> str:
    return f'{resource.kind} in version "{resource.gvk.version}" cannot be handled as a {resource.kind}: {why}'


def decode(resource: Resource, body: Obj, write: Write) -> Obj:
    """The object that a body is, in the version of the resource, without defaults. Raises Fault 400."""
    try:
        made, unknown = _decoded(resource, body, whole=write.whole)
    except DecodeError as error:
        raise bad_request(_cannot(resource, str(error))) from None
    check_strict(resource, unknown, write)
    metadata = body.get("metadata")
    if isinstance(metadata, dict) and metadata.get("managedFields") == []:
        made["metadata"]["managedFields"] = []  # asks for nobody to own anything; Go tells it from no list
    return made


def decoded(resource: Resource, body: Obj) -> Obj:
    """The same of an object that was put together here. Raises DecodeError."""
    return _decoded(resource, body, whole=True)[0]


def _decoded(resource: Resource, body: Obj, *, whole: bool = False) -> tuple[Obj, list[str]]:
    if resource.custom is None:
        decoder = Decoder(whole=whole)
        made = decoder.object(body, resource.type)
        return {"kind": resource.kind, "apiVersion": resource.gvk.api_version, **_rest(made)}, decoder.unknown
    unknown: list[str] = []
    found = resource.custom.prune(body, unknown)
    decoder = Decoder()
    metadata = body.get("metadata")
    if metadata is None:
        metadata = {}
    if not isinstance(metadata, dict):
        raise DecodeError(
            "json: cannot unmarshal string into Go struct field ObjectMeta.metadata of type v1.ObjectMeta"
        )
    typed = decoder._struct(metadata, _meta_type(), "metadata.", "")
    unknown += decoder.unknown
    made = {"apiVersion": resource.gvk.api_version, "kind": resource.kind, "metadata": typed}
    made.update(_rest(found))
    made["metadata"] = typed
    return made, unknown


_META_TYPE: list[Any] = []


def _meta_type() -> Any:
    if not _META_TYPE:
        _META_TYPE.append(definitions().type(_META))
    return _META_TYPE[0]


def _rest(obj: Obj) -> Obj:
    made = {name: value for name, value in obj.items() if name not in ("apiVersion", "kind")}
    made.setdefault("metadata", {})
    return made


def defaulted(resource: Resource, obj: Obj, *, keep_nulls: bool = False) -> Obj:
    """The object with its kind's defaults; it must be freshly decoded."""
    if resource.custom is not None:
        return resource.custom.default(obj, keep_nulls=keep_nulls)  # type: ignore[no-any-return]
    set_defaults(obj, resource.gvk)
    return obj
