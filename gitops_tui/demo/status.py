"""What the API server answers when it doesn't do what was asked: `Status` bodies in its own words."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import orjson

from gitops_tui.records import dataclass


class Fault(Exception):
    """A failure to answer with.

    status: the HTTP status. reason, message, causes, details: as in a `Status`. headers: further headers of the answer.
    """

    def __init__(
        self,
        status: int,
        reason: str,
        message: str,
        causes: Iterable[Mapping[str, str]] = (),
        *,
        details: Mapping[str, Any] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status, self.reason, self.message = status, reason, message
        self.causes = [dict(each) for each in causes]
        self.details = dict(details) if details is not None else None
        self.headers = dict(headers or {})

    def as_status(self) -> dict[str, Any]:
        """The `Status` object."""
        made: dict[str, Any] = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": self.message,
        }
        if self.reason:
            made["reason"] = self.reason
        if self.details is not None or self.causes:
            details = dict(self.details or {})
            if self.causes:
                details["causes"] = self.causes
            made["details"] = details
        made["code"] = self.status
        return made

    def body(self) -> bytes:
        return orjson.dumps(self.as_status()) + b"\n"


@dataclass(frozen=True, slots=True)
class FieldError:
    """One finding of a validation. type: FieldValueRequired, FieldValueInvalid, FieldValueDuplicate, … as in causes."""

    type: str
    field: str
    message: str

    def cause(self) -> dict[str, str]:
        return {"reason": self.type, "message": self.message, "field": self.field}

    def __str__(self) -> str:
        return f"{self.field}: {self.message}"


def resource_name(plural: str, group: str) -> str:
    """`deployments.apps`, `pods`: how messages name a resource."""
    return f"{plural}.{group}" if group else plural


def _details(name: str, group: str, kind: str, **more: Any) -> dict[str, Any]:
    made: dict[str, Any] = {}
    if name:
        made["name"] = name
    if group:
        made["group"] = group
    if kind:
        made["kind"] = kind
    return {**made, **more}


def bad_request(message: str) -> Fault:
    return Fault(400, "BadRequest", message)


def not_found(plural: str, group: str, name: str) -> Fault:
    return Fault(
        404, "NotFound", f'{resource_name(plural, group)} "{name}" not found', details=_details(name, group, plural)
    )


def no_such_resource() -> Fault:
    """The path of a kind that is not served."""
    return Fault(404, "NotFound", "the server could not find the requested resource", details={})


def already_exists(plural: str, group: str, name: str) -> Fault:
    said = f'{resource_name(plural, group)} "{name}" already exists'
    return Fault(409, "AlreadyExists", said, details=_details(name, group, plural))


def conflict(plural: str, group: str, name: str, why: str) -> Fault:
    said = f'Operation cannot be fulfilled on {resource_name(plural, group)} "{name}": {why}'
    return Fault(409, "Conflict", said, details=_details(name, group, plural))


def modified(plural: str, group: str, name: str) -> Fault:
    """The object has another resourceVersion than the request."""
    return conflict(
        plural,
        group,
        name,
        "the object has been modified; please apply your changes to the latest version and try again",
    )


def invalid(kind: str, group: str, name: str, errors: Iterable[FieldError]) -> Fault:
    """A validation's findings, worded as the API server words them. errors: at least one."""
    listed = list(errors)
    said = [str(each) for each in listed]
    unique = list(dict.fromkeys(said))
    text = unique[0] if len(unique) == 1 else "[" + ", ".join(unique) + "]"
    return Fault(
        422,
        "Invalid",
        f'{resource_name(kind, group)} "{name}" is invalid: {text}',
        [each.cause() for each in listed],
        details=_details(name, group, kind),
    )


def forbidden(plural: str, group: str, name: str, why: str) -> Fault:
    said = (
        f'{resource_name(plural, group)} "{name}" is forbidden: {why}'
        if name
        else f"{resource_name(plural, group)} is forbidden: {why}"
    )
    return Fault(403, "Forbidden", said, details=_details(name, group, plural))


def method_not_allowed() -> Fault:
    said = "the server does not allow this method on the requested resource"
    return Fault(405, "MethodNotAllowed", said, details={})


def expired(message: str) -> Fault:
    return Fault(410, "Expired", message)


def internal(message: str) -> Fault:
    return Fault(500, "InternalError", f"Internal error occurred: {message}", [{"message": message}])
