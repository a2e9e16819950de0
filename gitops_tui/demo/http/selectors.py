"""Label and field selectors (k8s.io/apimachinery pkg/labels, pkg/fields, and the field labels of single kinds)."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any

from gitops_tui.demo.registry.resources import Resource
from gitops_tui.demo.rules import names
from gitops_tui.demo.status import bad_request

Obj = dict[str, Any]
Match = Callable[[Obj], bool]
_TOKEN = re.compile(r"\s*(?:(==|!=|=|<|>|!|,|\(|\))|([^\s=!<>,()]+))")


class _Tokens:
    def __init__(self, text: str) -> None:
        self._found = [each[0] or each[1] for each in _TOKEN.findall(text)]
        self._words = [bool(each[1]) for each in _TOKEN.findall(text)]
        self._at = 0

    def peek(self) -> str:
        return self._found[self._at] if self._at < len(self._found) else ""

    def next(self) -> str:
        found = self.peek()
        self._at += 1
        return found

    def is_word(self) -> bool:
        return self._at < len(self._words) and self._words[self._at]


def _wrong(found: str, expected: str) -> Exception:
    return bad_request(f"unable to parse requirement: found '{found}', expected: {expected}")


def _wrong_between(found: str, expected: str) -> Exception:
    """Something is wrong between requirements."""
    return bad_request(f"found '{found}', expected: {expected}")


def _value(tokens: _Tokens) -> str:
    return tokens.next() if tokens.is_word() else ""


def _values(tokens: _Tokens) -> set[str]:
    if (found_instead := tokens.next()) != "(":
        raise bad_request(f"unable to parse requirement: found '{found_instead}' expected: '('")
    found: set[str] = set()
    if tokens.peek() == ")":
        tokens.next()
        return {""}
    while True:
        if tokens.is_word():
            found.add(tokens.next())
        elif tokens.peek() == ",":
            found.add("")
        elif tokens.peek() != ")":
            raise _wrong(tokens.peek(), "',', ')' or identifier")
        end = tokens.next()
        if end == ")":
            return found
        if end != ",":
            raise _wrong(end, "',' or ')'")


def _requirement(tokens: _Tokens) -> Callable[[dict[str, str]], bool]:
    absent = tokens.peek() == "!"
    if absent:
        tokens.next()
    if not tokens.is_word():
        if absent:
            raise _wrong(tokens.peek(), "identifier")
        raise _wrong_between(tokens.peek(), "!, identifier, or 'end of string'")
    key = tokens.next()
    if complaints := names.qualified_name(key):
        said = " ".join(complaints).replace("a qualified name", "a valid label key")
        raise bad_request(f'unable to parse requirement: <nil>: Invalid value: "{key}": {said}')
    word = tokens.peek()
    if absent:
        if word not in ("", ","):
            raise _wrong_between(word, "',' or 'end of string'")
        return lambda labels: key not in labels
    if word in ("", ","):
        return lambda labels: key in labels
    tokens.next()
    if word in ("=", "=="):
        wanted = _checked(_value(tokens), key)
        return lambda labels: labels.get(key) == wanted
    if word == "!=":
        unwanted = _checked(_value(tokens), key)
        return lambda labels: labels.get(key) != unwanted
    if word in ("in", "notin"):
        values = {_checked(each, key) for each in _values(tokens)}
        if word == "in":
            return lambda labels: key in labels and labels[key] in values
        return lambda labels: key not in labels or labels[key] not in values
    if word in ("<", ">"):
        limit = _value(tokens)
        if not re.fullmatch(r"-?\d+", limit):
            said = "for 'Gt', 'Lt' operators, the value must be an integer"
            raise bad_request(f'unable to parse requirement: values[0]: Invalid value: "{limit}": {said}')
        number = int(limit)
        more = word == ">"

        def compare(labels: dict[str, str]) -> bool:
            if not re.fullmatch(r"-?\d+", labels.get(key, "")):
                return False
            return int(labels[key]) > number if more else int(labels[key]) < number

        return compare
    raise _wrong(word, "in, notin, =, ==, !=, gt, lt")


def _checked(value: str, key: str) -> str:
    if complaints := names.label_value(value):
        said = " ".join(complaints)
        raise bad_request(f'unable to parse requirement: values[0][{key}]: Invalid value: "{value}": {said}')
    return value


def label_selector(text: str) -> Match | None:
    """What a label selector takes; None where it takes all. Raises Fault 400."""
    if not text.strip():
        return None
    tokens = _Tokens(text)
    terms = []
    while True:
        terms.append(_requirement(tokens))
        end = tokens.next()
        if end == "":
            break
        if end != ",":
            raise _wrong_between(end, "',' or 'end of string'")
        if not tokens.is_word() and tokens.peek() != "!":
            raise _wrong_between(tokens.peek(), "identifier after ','")

    def match(obj: Obj) -> bool:
        labels = obj["metadata"].get("labels") or {}
        return all(term(labels) for term in terms)

    return match


_FIELDS: dict[tuple[str, str], tuple[str, ...]] = {
    ("", "Pod"): (
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "spec.hostNetwork",
        "status.phase",
        "status.podIP",
        "status.podIPs",
        "status.nominatedNodeName",
    ),
    ("", "Event"): (
        "involvedObject.kind",
        "involvedObject.namespace",
        "involvedObject.name",
        "involvedObject.uid",
        "involvedObject.apiVersion",
        "involvedObject.resourceVersion",
        "involvedObject.fieldPath",
        "reason",
        "reportingComponent",
        "source",
        "type",
    ),
    ("", "Secret"): ("type",),
    ("", "Service"): ("spec.clusterIP", "spec.type"),
    ("", "Namespace"): ("status.phase", "name"),
    ("", "Node"): ("spec.unschedulable",),
    ("", "ReplicationController"): ("status.replicas",),
    ("batch", "Job"): ("status.successful",),
    ("certificates.k8s.io", "CertificateSigningRequest"): ("spec.signerName",),
}


def _path(obj: Obj, path: str) -> str:
    place: Any = obj
    if path == "status.successful":
        return str((obj.get("status") or {}).get("succeeded", 0))
    if path == "source":
        return str((obj.get("source") or {}).get("component") or obj.get("reportingComponent") or "")
    if path == "name":
        path = "metadata.name"
    for step in path.split("."):
        place = place.get(step) if isinstance(place, dict) else None
    if isinstance(place, bool):
        return str(place).lower()
    if isinstance(place, dict | list):
        return ""
    if place is None:
        return {"spec.unschedulable": "false", "spec.hostNetwork": "false", "status.replicas": "0"}.get(path, "")
    return str(place)


def field_selector(text: str, resource: Resource) -> tuple[Match | None, str | None]:
    """What a field selector takes (None: all), and the one name that it asks for. Raises Fault 400."""
    if not text:
        return None, None
    known = ["metadata.name", "metadata.namespace"]
    key = (resource.group, resource.kind) if resource.group != "events.k8s.io" else ("", "Event")
    known += _FIELDS.get(key, ())
    if resource.custom is not None:
        known += [str(each) for each in resource.custom.selectable]
    terms: list[tuple[str, bool, str]] = []
    name = None
    for part in re.split(r"(?<!\\),", text):
        if not part:
            continue
        found = re.fullmatch(r"([^=!]*)(==|!=|=)(.*)", part)
        if found is None:
            raise bad_request(f"invalid selector: '{text}'; can't understand '{part}'")
        if re.search(r"(?<!\\)=", found[3]):
            raise bad_request("invalid field selector: unescaped character in value: 61")
        path, word, value = found[1], found[2], found[3].replace("\\,", ",").replace("\\=", "=").replace("\\\\", "\\")
        if path not in known:
            if key in _FIELDS or (resource.custom is not None and resource.custom.selectable):
                raise bad_request(f"field label not supported: {path}")
            listed = ", ".join(f'"{each}"' for each in known)
            raise bad_request(f'"{path}" is not a known field selector: only {listed}')
        if path == "metadata.name" and word != "!=":
            name = value
        terms.append((path, word == "!=", value))

    def match(obj: Obj) -> bool:
        return all(
            (_path(obj, path) != value) if negated else (_path(obj, path) == value) for path, negated, value in terms
        )

    return match, name
