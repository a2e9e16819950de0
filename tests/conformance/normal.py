"""Answers made comparable: what differs from run to run (names of namespaces, uids, times, versions, addresses) is
replaced by a word, and managedFields are told as lists of paths."""

from __future__ import annotations

import json
import re
from typing import Any

from tests.conformance.api_client import Answer
from tests.conformance.case_steps import Step

_NOISE = (
    (re.compile(r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b"), "UID"),
    (re.compile(r"\b20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d(\.\d+)?Z"), "TIME"),
    (re.compile(r"\b10\.\d+\.\d+\.\d+\b"), "IP"),
    (re.compile(r"resource version: \d+( \(\d+\))?"), "resource version: VERSION"),
    (re.compile(r'resourceVersion(\\+": ?\\+")\d+'), r"resourceVersion\1VERSION"),
    (re.compile(r"ResourceVersion in record \(\d+\)"), "ResourceVersion in record (VERSION)"),
)
_DROPPED = {"resourceVersion", "uid", "storageVersionHash"}
_CONTROLLERS = {"kube-controller-manager", "kube-scheduler", "kwok"}
_CONTROLLED = {"Deployment", "ReplicaSet", "StatefulSet", "DaemonSet", "Job", "CronJob", "Pod", "Namespace"}
_NODES = {"kubelet", "kwok", "kube-scheduler"}
_HASHES = {"pod-template-hash", "controller-revision-hash", "controller.kubernetes.io/hash"}
_NAMED = re.compile(r"\b(web|db|agent|once)-(?=[a-z0-9]*[0-9])?[a-z0-9]{5,10}(-[a-z0-9]{5})?(?![\w.-])")
_AGE = re.compile(r"\d+s")
_OF_STATUS = {"code", "reason", "details", "status"}  # who asks for no more than these of a refusal gets no more


def fields(set_of: Any, path: str = "") -> list[str]:
    """A fieldsV1 as sorted dotted paths; what is owned itself and has owned children ends in "."."""
    found: list[str] = []
    for key, inner in set_of.items():
        if key == ".":
            found.append(path + ".")
            continue
        part = key[2:] if key.startswith("f:") else f"[{key}]"
        deeper = f"{path}.{part}" if path and not part.startswith("[") else path + part
        found += fields(inner, deeper) if inner else [deeper]
    return sorted(found)


def owners(managed: list[Any]) -> dict[str, Any]:
    """managedFields as {"manager operation version [subresource]": paths}."""
    told: dict[str, Any] = {}
    for entry in managed:
        name = (
            f"{entry.get('manager')} {entry.get('operation')} {entry.get('apiVersion')} {entry.get('subresource', '')}"
        )
        told[name.strip()] = fields(entry.get("fieldsV1") or {})
    return told


def _plain(value: Any, *, controllers: bool = False) -> Any:
    """controllers: with what they write, which comes in its own time."""
    if isinstance(value, list):
        return [_plain(each, controllers=controllers) for each in value]
    if not isinstance(value, dict):
        return value
    found: dict[str, Any] = {}
    for key, inner in value.items():
        if key in _DROPPED or (key == "creationTimestamp" and inner is None):
            continue
        if key == "managedFields" and isinstance(inner, list):
            found[key] = owners(
                [each for each in inner if each.get("manager") not in (_NODES if controllers else _CONTROLLERS)]
            )
        elif key == "causes" and isinstance(inner, list):  # of maps and of managers they come in any order
            found[key] = sorted(inner, key=lambda cause: json.dumps(cause, sort_keys=True))
        elif key == "cells" and isinstance(inner, list):
            found[key] = ["AGE" if isinstance(each, str) and _AGE.fullmatch(each) else each for each in inner]
        elif controllers and key in _HASHES:
            found[key] = "HASH"
        elif controllers and key == "generateName":
            found[key] = re.sub(r"-[a-z0-9]{8,10}-$", "-HASH-", inner)
        elif key == "continue" and inner:
            found[key] = "TOKEN"
        elif key in ("nodePort", "healthCheckNodePort") and isinstance(inner, int) and inner >= 30000:
            found[key] = "PORT"
        elif key in ("creationTimestamp", "deletionTimestamp"):
            found[key] = "TIME"
        else:
            found[key] = _plain(inner, controllers=controllers)
    return found


def _pick(body: Any, dotted: str) -> Any:
    for part in re.split(r"(?<!\\)\.", dotted):
        part = part.replace("\\.", ".")
        if part == "*":
            rest = dotted.split("*.", 1)[1] if "*." in dotted else ""
            return [_pick(each, rest) if rest else each for each in body]
        if isinstance(body, list) and part.lstrip("-").isdigit():
            body = body[int(part)] if len(body) > int(part) else None
        else:
            body = body.get(part) if isinstance(body, dict) else None
    return body


def normal(answer: Answer, step: Step, namespace: str, *, last: bool, controllers: bool = False) -> list[Any]:
    """[status] or [status, body] or [status, body, warnings]."""
    refused = answer.status >= 400
    if step.is_quiet or not (refused or last or step.is_shown):
        return [answer.status]
    body = _plain(answer.body, controllers=controllers)
    if not (controllers or step.fields) and isinstance(body, dict) and body.get("kind") in _CONTROLLED:
        body.pop("status", None)
    if step.fields and (not refused or {each.split(".")[0] for each in step.fields} <= _OF_STATUS):
        body = {each: _pick(body, each) for each in step.fields}
    told = [answer.status, body, *([list(answer.warnings)] if answer.warnings else [])]
    text = json.dumps(told).replace(namespace, "$NS")
    for pattern, word in _NOISE:
        text = pattern.sub(word, text)
    if controllers:
        text = _NAMED.sub(r"\1-HASH", text)
    found: list[Any] = json.loads(text)
    return found
