"""Bodies of requests: read, parsed by their content type, and refused in the API server's words."""

from __future__ import annotations

import json
import re
from collections import Counter
from typing import Any

import orjson
import yaml
from aiohttp import web

from gitops_tui.demo.fields.types import Type
from gitops_tui.demo.http import protobuf
from gitops_tui.demo.status import Fault, bad_request

LIMIT = 3 * 1024 * 1024
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


def unsupported(types: str = _TYPES) -> Fault:
    said = f"the body of the request was in an unknown format - accepted media types include: {types}"
    return Fault(415, "UnsupportedMediaType", said)


def obj(data: bytes, content_type: str, kind: str, declared: Type | None = None) -> tuple[Any, int | None]:
    """The object in a body, and how many keys its text has (None where it isn't JSON). declared: its type, for protobuf.
    Raises Fault 400, 415."""
    if content_type in ("", "application/octet-stream"):
        content_type = _JSON
    said = (
        f"the object provided is unrecognized (must be of type {kind}): couldn't get version/kind; json parse error: "
    )
    if content_type == _YAML:
        try:
            found = yaml_value(data)
        except ValueError as error:
            raise bad_request(f"error converting YAML to JSON: {error}") from None
        if not isinstance(found, dict):
            raise bad_request(f"{said}{_no_map(found)} ({_hex(data)})")
        return found, None
    if content_type == protobuf.MEDIA_TYPE and declared is not None and not declared.custom:
        try:
            return protobuf.read(data, declared), None
        except ValueError as error:
            raise bad_request(str(error)) from None
    if content_type != _JSON:
        raise unsupported()
    if not data.strip():
        raise bad_request(f"{said}unexpected end of JSON input (<empty>)")
    try:
        found = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        raise bad_request(f"{said}{_go_json(data, error)} ({_hex(data)})") from None
    if not isinstance(found, dict):
        raise bad_request(f"{said}{_no_map(found)} ({_hex(data)})")
    return found, data.count(b'":')


def _no_map(found: Any) -> str:
    given = "array" if isinstance(found, list) else "string" if isinstance(found, str) else "number"
    if found is None:
        given = "null"
    struct = 'struct { APIVersion string "json:\\"apiVersion,omitempty\\""; Kind string "json:\\"kind,omitempty\\"" }'
    return f"json: cannot unmarshal {given} into Go value of type {struct}"


def _hex(data: bytes) -> str:
    """The start of a body as the API server shows it: text where it is short and plain, else hexadecimal."""
    if len(data) < 1024 and data.isascii() and data[:1] in (b"{", b'"'):
        return data.decode()
    return data[:1024].hex()


def _go_json(data: bytes, error: orjson.JSONDecodeError) -> str:
    """What Go's decoder would say."""
    text = data.decode("utf-8", "replace")
    if error.pos >= len(text.rstrip()):
        return "unexpected end of JSON input"
    letter = text[error.pos]
    before = text[: error.pos].rstrip()[-1:]
    if before in ("{", ","):
        where = "looking for beginning of object key string"
    elif before in (":", "[", ""):
        where = "looking for beginning of value"
    elif before == '"':
        where = "after object key:value pair"
    else:
        where = "after top-level value" if before == "}" else "looking for beginning of value"
    return f"invalid character '{letter}' {where}"


def yaml_value(data: bytes) -> Any:
    """One YAML (or JSON) document with the types of JSON. Raises ValueError in the words of the server's parser."""
    if data.lstrip()[:1] in (b"{", b"["):
        try:
            return orjson.loads(data)
        except orjson.JSONDecodeError:
            pass
    # The C parser recurses without a limit of its own: what nests deeply goes to the other one, which has Python's.
    loader = _CarefulLoader if _may_nest(data) else _Loader
    try:
        return _plain(yaml.load(data, Loader=loader))  # noqa: S506 - safe loaders' own subclasses
    except yaml.MarkedYAMLError as error:
        raise ValueError(f"yaml: {_yaml_line(error)}{error.problem or error.context}") from None
    except RecursionError:
        raise ValueError("yaml: exceeded max depth of 10000") from None
    except (yaml.YAMLError, ValueError) as error:
        raise ValueError(f"yaml: {error}") from None


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
