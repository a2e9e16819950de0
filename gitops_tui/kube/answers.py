"""What the API server said, as errors of ours: its own words, free of control characters and of secret values."""

from __future__ import annotations

import re
from contextlib import suppress
from typing import Any

import orjson

from gitops_tui.errors import ApiError, Conflict, Forbidden, Gone, Invalid, NotFound, TooManyRequests, Unauthorized
from gitops_tui.model.text import printable, redact

_BY_STATUS: dict[int, type[ApiError]] = {
    400: Invalid,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Gone,
    413: Invalid,
    422: Invalid,
    429: TooManyRequests,
}
# In these answers about a Secret the words come from the API server itself and never hold its values.
_PLAIN = (401, 404, 409, 410, 413, 429)
_RBAC = re.compile(r'^secrets( "[^"]*")? is forbidden: User "[^"]*" cannot [a-z]+ resource "secrets[^"]*"')
# How the API server begins to tell who refuses something; what is behind it are the words of that one.
_REFUSES = re.compile(
    r'(?:secrets "[^"]{1,253}" is forbidden: )?'
    r"(?:admission webhook \"[^\"]{1,253}\" denied the request"
    r"|ValidatingAdmissionPolicy '[^']{1,253}' with binding '[^']{1,253}' denied request"
    r"|(?P<whole>exceeded quota: \S{1,253}, requested: [^:\s]{1,200}, used: [^:\s]{1,200}, limited: [^:\s]{1,200}$"
    r"|unable to create new content in namespace \S{1,63} because it is being terminated$))"
)
# Of an object that it can't read at all the API server says so with a 500.
_UNREADABLE = re.compile(r"failed to (?:create typed patch object|convert new object) \([^)]{0,600}\)")
_FIELD = re.compile(
    r"failed to create typed patch object \([^)]{0,600}\): "
    r"(\.[\w.\-\[\]/]{1,300}: (?:expected \w{1,20}(?=, got)|field not declared in schema$))"
    r"|failed to convert new object .{0,800}: (illegal base64 data at input byte \d+)$"
)
# As apimachinery's field errors are written.
_VALUE = re.compile(r"\b(?:Invalid|Unsupported|Duplicate|Too long|Too many) value: (?=\S)")
_LONG_VALUE, _MOST_READ = 200, 200_000
_LEFT_OUT = {"[": "[…]", '"': '"…"'}
# A diff of the whole object, as it follows in some messages.
_DIFF = re.compile(r"\n(?=@@ |\s*&?[a-z0-9]+\.[A-Z]\w+\{).*", re.DOTALL)
_ADMISSION = re.compile(r"^admission webhook \"|ValidatingAdmissionPolicy '[^']*' with binding '[^']*' denied")
_CANNOT = re.compile(r'is forbidden: User "[^"]*" cannot ')
_IMMUTABLE = re.compile(
    r"field is immutable|is immutable after creation|may not change once set|updates to .{1,200} are forbidden"
)
_FIXED = re.compile(r"field is immutable(?: when `immutable` is set)?$")
_MANAGERS = re.compile(r'conflicts? with "([^"]{1,200})"')


def api_error(status: int, body: bytes, what: str, *, secret: bool = False) -> ApiError:
    """The error for a failed answer. what: the object or request, in words; secret: it is about a Secret, so only
    words that can't quote a value are passed on (a validation, an admission webhook or a proxy may quote any)."""
    said: Any = None
    with suppress(orjson.JSONDecodeError):  # a proxy's page or nothing at all: told as it is, below
        said = orjson.loads(body)
    known = said if isinstance(said, dict) else {}
    reason = printable(str(known.get("reason") or ""))[:100]
    message = str(known.get("message") or "") if known else body[:300].decode("utf-8", "replace")
    message = _cut(printable(redact(_without_dumps(message[:_MOST_READ]))).strip()) or f"HTTP {status}"
    unreadable = _UNREADABLE.match(message) is not None
    if secret and status not in _PLAIN and not (status == 403 and _RBAC.match(message)):
        who, field = _REFUSES.match(message), _FIELD.match(message)
        if who is not None and who["whole"]:
            message = who[0]
        else:
            message = _without_values(known, who[0] if who else "", (field[1] or field[2]) if field else "")
    kind = Invalid if status == 500 and unreadable else _BY_STATUS.get(status, ApiError)
    return kind(f"{what}: {message}", status=status, reason=reason, hint=_hint(status, message))


def _without_dumps(message: str) -> str:
    """The message where values of whole objects, and very long texts, are left out: what is wrong stands behind them."""
    made, at = [], 0
    for found in _VALUE.finditer(message):
        if found.end() < at:
            continue
        end = _end_of_value(message, found.end())
        if end - found.end() > _LONG_VALUE:
            opened = message[found.end()]
            made += [message[at : found.end()], _LEFT_OUT.get(opened, "{…}")]
            at = end
    return _DIFF.sub("", "".join(made) + message[at:])


def _end_of_value(message: str, start: int) -> int:
    """Where a value in JSON, or as Go prints it, ends; `start` where no end is found."""
    depth, quoted, at = 0, False, start
    while at < len(message):
        letter = message[at]
        if quoted:
            at += letter == "\\"
            quoted = letter != '"'
        elif letter == '"':
            quoted = True
        elif letter in "{[(":
            depth += 1
        elif letter in "}])":
            depth -= 1
        elif not depth and letter == ":":
            return at
        at += 1
        if not depth and not quoted and letter in '}])"' and message[at : at + 1] != "{":
            return at
    return start


def _cut(message: str) -> str:
    """At most 2,000 characters of it, its beginning and its end."""
    return message if len(message) <= 2000 else f"{message[:1200]} … {message[-797:]}"


def _without_values(status: dict[str, Any], who: str, field: str) -> str:
    """Which fields of a Secret are refused and why, in the machine's words alone. who: how it tells who refuses it; field:
    which one it can't read."""
    details = status.get("details")
    causes = details.get("causes") if isinstance(details, dict) else None
    told = [
        f"{cause['field']} ({_said_of(cause) or cause.get('reason') or 'refused'})"
        for cause in (causes if isinstance(causes, list) else [])
        if isinstance(cause, dict) and cause.get("field")
    ]
    told = [field] if field else told
    shown = f": {printable(', '.join(told))[:500]}" if told else ""
    hidden = "its words could hold the Secret's values and are not shown"
    return f"{who or 'the API server refuses it'}{shown} ({hidden})"


def _said_of(cause: dict[str, Any]) -> str:
    """What the API server's own validation says of a field without its value."""
    found = _FIXED.search(str(cause.get("message") or ""))
    return found[0] if found else ""


def _hint(status: int, message: str) -> str:
    if _ADMISSION.search(message):
        return "change the object in Git as it asks, or talk to those who run that policy"
    if status == 401:
        return "log in again, or check the credentials of this context"
    if status == 403:
        if "is being terminated" in message:
            return "the namespace is being deleted: wait until it is gone"
        if "exceeded quota" in message:
            return "raise the quota, or ask for less of it"
        # What admission forbids no right would allow.
        asked = _CANNOT.search(message) or "is forbidden: " not in message
        return "ask for the right, or use another context; check with: kubectl auth can-i" if asked else ""
    if status == 404 and message.startswith("namespaces "):
        return "create the namespace, or set the sync option CreateNamespace=true"
    if status == 409 and (managers := list(dict.fromkeys(_MANAGERS.findall(message)))):
        return f"other managers own these fields: {', '.join(managers[:5])}"
    if ": expected string" in message and status == 500:
        return "put the value in quotes in Git"
    if "illegal base64 data" in message:
        return "write plain text in stringData; what stands in data must be base64"
    if status == 413:
        return "the object is larger than the API server takes"
    if "field not declared in schema" in message or "unknown field" in message:
        return "mend the name of the field in Git; this API server's version does not know it"
    if _IMMUTABLE.search(message) and message.startswith("PersistentVolume"):
        return "keep the field as it is; deleting the object could delete its data"
    if _IMMUTABLE.search(message) and message.startswith("StatefulSet"):
        return "delete it with --cascade=orphan, which leaves its Pods, and sync again, or keep the field as it is"
    if _IMMUTABLE.search(message):
        return "delete the object and sync again, or keep the field as it is"
    if 300 <= status < 400:
        return "is this the address of a Kubernetes API server?"
    return ""
