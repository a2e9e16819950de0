"""What form a client wants its answer in."""

from __future__ import annotations

from collections.abc import Mapping

from gitops_tui.demo.status import Fault
from gitops_tui.records import dataclass

_SERVED = "application/json, application/yaml, application/vnd.kubernetes.protobuf"


@dataclass(frozen=True, slots=True)
class Form:
    """kind: "" (as it is), Table, PartialObjectMetadata or PartialObjectMetadataList. version: of meta.k8s.io."""

    yaml: bool = False
    kind: str = ""
    version: str = "v1"
    include: str = "Metadata"


def parameters(accept: str) -> list[tuple[str, dict[str, str]]]:
    """(media type, parameters) in the order of preference."""
    found = []
    for number, part in enumerate(accept.split(",")):
        name, *rest = [each.strip() for each in part.split(";")]
        options = dict(each.split("=", 1) for each in rest if "=" in each)
        try:
            weight = float(options.pop("q", "1"))
        except ValueError:
            weight = 1.0
        found.append((-weight, number, name.lower(), options))
    found.sort(key=lambda each: each[:2])
    return [(name, options) for _, _, name, options in found]


def form(
    headers: Mapping[str, str], query: Mapping[str, str], *, tables: bool, many: bool = False, stream: bool = False
) -> Form:
    """The form that a client wants most of those there are. many: of a list; stream: of a watch. Raises Fault 406."""
    accept = headers.get("Accept", "")
    if not accept or accept == "application/json":
        return _PLAIN
    for name, options in parameters(accept):
        if name not in _KNOWN or (stream and name == "application/yaml"):
            continue
        kind = options.get("as", "")
        if kind and (not tables or options.get("g") != "meta.k8s.io" or kind not in _KINDS):
            continue
        version = options.get("v", "v1") if kind else "v1"
        if version not in ("v1", "v1beta1"):
            continue
        return Form(name == "application/yaml", kind, version, query.get("includeObject", "") or "Metadata")
    if not any(name in _KNOWN for name, _ in parameters(accept)):
        more = ", application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch" if many else ""
        said = f"406: Not Acceptable\n\nAvailable representations: {_SERVED}{more}"
        raise Fault(406, "NotAcceptable", said, details={})
    only = "application/json;stream=watch, application/vnd.kubernetes.protobuf;stream=watch" if stream else _SERVED
    said = f"only the following media types are accepted: {only}"
    raise Fault(406, "NotAcceptable", said)


_KINDS = ("Table", "PartialObjectMetadata", "PartialObjectMetadataList")
_KNOWN = ("application/json", "application/yaml", "*/*")
_PLAIN = Form()
