"""Bodies of requests: read, parsed by their content type, and refused in the API server's words."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import orjson
import yaml
from aiohttp import web

from gitops_tui.demo.fields.types import Type
from gitops_tui.demo.http import gojson, protobuf
from gitops_tui.demo.status import Fault, bad_request

LIMIT = 3 * 1024 * 1024
_SHOWN = 30
_JSON, _YAML = "application/json", "application/yaml"
_TYPES = "application/json, application/yaml, application/vnd.kubernetes.protobuf"
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
# Times and such stay text, as in the YAML that the API server reads.


class _Loader(_LOADER):  # type: ignore[misc]
    pass


_Loader.yaml_implicit_resolvers = {
    first: [(tag, form) for tag, form in listed if tag != "tag:yaml.org,2002:timestamp"]
    for first, listed in _LOADER.yaml_implicit_resolvers.items()
}


class _CarefulLoader(yaml.SafeLoader):
    pass


# "y" and "n" are booleans to the API server's parser.
for _first in "yYnN":
    _Loader.yaml_implicit_resolvers[_first] = [
        ("tag:yaml.org,2002:bool", re.compile(r"^[yYnN]$")),
        *_Loader.yaml_implicit_resolvers.get(_first, ()),
    ]
_Loader.bool_values = _CarefulLoader.bool_values = {**_Loader.bool_values, "y": True, "n": False}
_CarefulLoader.yaml_implicit_resolvers = _Loader.yaml_implicit_resolvers
_DEEP = 200
_NESTING = re.compile(rb"^ {%d}|^[ ]*(?:[-?:] +){%d}" % (_DEEP, _DEEP), re.MULTILINE)


def _may_nest(data: bytes) -> bool:
    """Whether YAML may nest deeper than a sane object."""
    return data.count(b"[") + data.count(b"{") > _DEEP or _NESTING.search(data) is not None


async def read(request: web.BaseRequest) -> bytes:
    """The body. Raises Fault 413."""
    try:
        return await request.read()
    except web.HTTPRequestEntityTooLarge:
        raise Fault(413, "RequestEntityTooLarge", f"Request entity too large: limit is {LIMIT}") from None


def content_type(request: web.BaseRequest) -> str:
    """Of what form the body is, without parameters."""
    return request.headers.get("Content-Type", "").partition(";")[0].strip().lower()


def unsupported(types: str = _TYPES) -> Fault:
    said = f"the body of the request was in an unknown format - accepted media types include: {types}"
    return Fault(415, "UnsupportedMediaType", said)


def obj(
    data: bytes, content_type: str, kind: str, declared: Type | None = None, twice: list[str] | None = None
) -> tuple[Any, int | None]:
    """The object in a body, and how many keys its text has (None where it isn't JSON). declared: its type, for protobuf.
    twice: gets a sentence for each key that a YAML mapping has again. Raises Fault 400, 415."""
    if content_type in ("", "application/octet-stream"):
        content_type = _JSON
    said = (
        f"the object provided is unrecognized (must be of type {kind}): couldn't get version/kind; json parse error: "
    )
    if content_type == _YAML:
        try:
            found = yaml_value(data, twice)
        except ValueError as error:
            raise bad_request(f"error converting YAML to JSON: {error}") from None
        if not isinstance(found, dict):
            raise bad_request(f"{said}{_no_map(found)} ({_summary(data)})")
        return found, None
    if content_type == protobuf.MEDIA_TYPE and declared is not None and not declared.custom:
        try:
            return protobuf.read(data, declared), None
        except ValueError as error:
            unread = f"the object provided is unrecognized (must be of type {kind}): {error}"
            raise bad_request(f"{unread} ({_summary(data)})") from None
    if content_type != _JSON:
        raise unsupported()
    if not data.strip():
        raise bad_request(f"{said}unexpected end of JSON input (<empty>)")
    try:
        found = json_value(data)
    except gojson.NotJson as error:
        raise bad_request(f"{said}{error} ({_summary(data)})") from None
    if not isinstance(found, dict):
        raise bad_request(f"{said}{_no_map(found)} ({_summary(data)})")
    return found, data.count(b'":')


def json_value(data: bytes) -> Any:
    """Raises gojson.NotJson."""
    try:
        return orjson.loads(data)
    except orjson.JSONDecodeError:
        return gojson.read(data)


@contextmanager
def numbers_as_written(data: bytes) -> Iterator[None]:
    """Where a number is refused, the refusal tells it as the body has it (`1e1`), not as it was read."""
    try:
        yield
    except Fault as fault:
        if found := _REFUSED.search(fault.message):
            for each in _NUMBERS.findall(data):
                if float(each) == float(found[1]):
                    fault.message = fault.message.replace(f"number {found[1]} ", f"number {each.decode()} ")
                    break
        raise


_REFUSED = re.compile(r"cannot unmarshal number (\S+) into")
_NUMBERS = re.compile(rb"(?<=[:\[,\s])-?\d+(?:\.\d+)?(?:[eE][+-]?\d+)?(?=[,\]}\s])")


def go_kind(value: Any) -> str:
    """What Go's decoder calls the kind of a JSON value."""
    if isinstance(value, bool):
        return "bool"
    named = {dict: "object", list: "array", str: "string", type(None): "null"}
    return named.get(type(value), "number")


def _no_map(found: Any) -> str:
    struct = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'
    return f"json: cannot unmarshal {go_kind(found)} into Go value of type {struct}"


def _summary(data: bytes) -> str:
    """The start of a body as the API server shows it: text where it may be an object, else hexadecimal."""
    start, more = data[:_SHOWN], " ..." if len(data) > _SHOWN else ""
    return (start.decode("utf-8", "replace") if data[:1] == b"{" else start.hex()) + more


def yaml_value(data: bytes, twice: list[str] | None = None) -> Any:
    """The first YAML (or JSON) document with the types of JSON. twice: gets a sentence for each key that a mapping has
    again. Raises ValueError in the words of the server's parser."""
    if data.lstrip()[:1] in (b"{", b"["):
        try:
            return orjson.loads(data)
        except orjson.JSONDecodeError:
            pass
    # The C parser recurses without a limit of its own: what nests deeply goes to the other one, which has Python's.
    loader = (_CarefulLoader if _may_nest(data) else _Loader)(data)
    try:
        if not loader.check_node():
            return None
        node = loader.get_node()  # further documents are not looked at
        if twice is not None:
            _repeated(node, twice)
        return _plain(loader.construct_document(node))
    except yaml.MarkedYAMLError as error:
        raise ValueError(f"yaml: {_yaml_line(error)}{error.problem or error.context}") from None
    except RecursionError:
        raise ValueError("yaml: exceeded max depth of 10000") from None
    except (yaml.YAMLError, ValueError) as error:
        raise ValueError(f"yaml: {error}") from None
    finally:
        loader.dispose()


def _repeated(node: Any, found: list[str]) -> None:
    """Keys that stand twice in one mapping, in the words of the server's parser."""
    waiting = [node]
    while waiting:
        each = waiting.pop()
        if isinstance(each, yaml.SequenceNode):
            waiting += reversed(each.value)
        elif isinstance(each, yaml.MappingNode):
            seen = set()
            for key, _ in each.value:
                if isinstance(key, yaml.ScalarNode) and key.tag != "tag:yaml.org,2002:merge":
                    if key.value in seen:
                        found.append(f'line {key.start_mark.line + 1}: key "{key.value}" already set in map')
                    seen.add(key.value)
            waiting += reversed([value for _, value in each.value])


def _yaml_line(error: yaml.MarkedYAMLError) -> str:
    """Where an error is, as Go's YAML parser counts."""
    line = error.problem_mark.line if error.problem_mark else 0
    if line:
        line += isinstance(error, yaml.scanner.ScannerError)
    elif error.context_mark:
        line = error.context_mark.line
    return f"line {line}: " if line else ""


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            (str(name).lower() if isinstance(name, bool) else name if isinstance(name, str) else str(name)): _plain(
                below
            )
            for name, below in value.items()
        }
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    if isinstance(value, bytes):
        import base64

        return base64.b64encode(value).decode()
    raise ValueError(f"cannot decode !!{type(value).__name__}")


def duplicates(data: bytes) -> tuple[str, ...]:
    """Paths of the keys that a JSON body has more than once in one object."""
    found: list[str] = []

    def pairs(listed: list[tuple[str, Any]]) -> dict[str, Any]:
        counts = Counter(name for name, _ in listed)
        made: dict[str, Any] = dict(listed)
        twice = [name for name, count in counts.items() if count > 1]
        if twice:
            made[_TWICE] = twice
        return made

    def walk(value: Any, at: str) -> None:
        if isinstance(value, dict):
            for name in value.get(_TWICE) or ():
                found.append(f"{at}.{name}" if at else name)
            for name, below in value.items():
                if name is not _TWICE:
                    walk(below, f"{at}.{name}" if at else name)
        elif isinstance(value, list):
            for number, each in enumerate(value):
                walk(each, f"{at}[{number}]")

    try:
        walk(json.loads(data, object_pairs_hook=pairs), "")
    except (ValueError, RecursionError):
        return ()
    return tuple(found)


_TWICE: Any = "\0twice"
