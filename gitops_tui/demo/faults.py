"""Faults on request: what goes wrong on the way to a cluster, asked for by a test or through the admin endpoint.

A rule says what it does, to which requests, and how often; the first rule that fits a request is the one that acts:

    {"does": "latency", "seconds": 2}                     answers come so much later
    {"does": "throttle", "retryAfter": 1}                 429 with Retry-After
    {"does": "error", "status": 500, "message": "…"}      that status
    {"does": "drop"}                                      a watch ends after `after` events
    {"does": "gone"}                                      a watch says 410 after `after` events; a list is refused with it
    {"does": "cut", "bytes": 100}                         the connection breaks after so many bytes of the answer
    {"does": "deny", "message": "…", "webhook": "…"}      an admission webhook that refuses writes
    {"does": "mutate", "patch": {…}}                      an admission webhook that merges this into what is written
    {"does": "slow-namespaces", "seconds": 30}            namespaces take that long to go

Every rule may have `verbs`, `group`, `resources`, `namespace`, `name` (what it fits; left out: anything), and `count`
(so many times, then never again). The endpoint is /demo/faults: GET lists, POST adds one, DELETE forgets all. It is
there only where the cluster was started with it, and asks for the administrator's token like everything else.
"""

from __future__ import annotations

import copy
from typing import Any

import orjson
from aiohttp import web

from gitops_tui.demo.clock import Clock
from gitops_tui.demo.hooks import RequestInfo
from gitops_tui.demo.status import Fault, bad_request, expired
from gitops_tui.records import dataclass, field

Obj = dict[str, Any]
_DOES = ("latency", "throttle", "error", "drop", "gone", "cut", "deny", "mutate", "slow-namespaces")
_WRITES = ("create", "update", "patch", "delete", "deletecollection")
_WORDS: dict[str, type | tuple[type, ...]] = {
    "does": str,
    "verbs": list,
    "group": str,
    "resources": list,
    "namespace": str,
    "name": str,
    "count": int,
    "seconds": (int, float),
    "status": int,
    "reason": str,
    "message": str,
    "retryAfter": int,
    "after": int,
    "bytes": int,
    "patch": dict,
    "webhook": str,
}


@dataclass(slots=True)
class Rule:
    """One thing that goes wrong. left: how many times still, None: always."""

    does: str
    told: Obj
    left: int | None = None

    @classmethod
    def of(cls, told: Any) -> Rule:
        """Reads a rule. Raises Fault (400) that names what is wrong with it."""
        if not isinstance(told, dict):
            raise bad_request("a fault is an object")
        for name, value in told.items():
            if name not in _WORDS:
                raise bad_request(f"a fault has no field {name!r}")
            if not isinstance(value, _WORDS[name]) or isinstance(value, bool):
                raise bad_request(f"the field {name!r} of a fault has another type")
        if told.get("does") not in _DOES:
            raise bad_request(f"a fault's `does` is one of {', '.join(_DOES)}")
        return cls(str(told["does"]), dict(told), told.get("count"))

    def fits(self, info: RequestInfo) -> bool:
        told = self.told
        return (
            self.left != 0
            and ("verbs" not in told or info.verb in told["verbs"])
            and ("group" not in told or info.group == told["group"])
            and ("resources" not in told or info.resource in told["resources"])
            and ("namespace" not in told or info.namespace == told["namespace"])
            and ("name" not in told or info.name == told["name"])
        )

    def spend(self) -> None:
        if self.left is not None:
            self.left -= 1


@dataclass(slots=True)
class ScriptedFaults:
    """The rules, asked by the server at each request (`Faults`) and each write (`Admission`)."""

    clock: Clock
    rules: list[Rule] = field(default_factory=list)

    def add(self, **told: Any) -> None:
        """Adds a rule; `retry_after` is written `retryAfter`."""
        if "retry_after" in told:
            told["retryAfter"] = told.pop("retry_after")
        self.rules.append(Rule.of(told))

    def clear(self) -> None:
        self.rules.clear()

    @property
    def namespace_delay(self) -> float:
        """Seconds that a namespace takes to go."""
        return max((float(r.told.get("seconds", 30)) for r in self.rules if r.does == "slow-namespaces"), default=0.0)

    def _first(self, info: RequestInfo, *does: str) -> Rule | None:
        if info.path.startswith("/demo/"):
            return None
        return next((each for each in self.rules if each.does in does and each.fits(info)), None)

    async def before(self, info: RequestInfo) -> Fault | None:
        """What to answer instead of the truth; latency is waited for first."""
        slow = self._first(info, "latency")
        if slow is not None:
            slow.spend()
            await self.clock.sleep(float(slow.told.get("seconds", 1)))
        rule = self._first(info, "throttle", "error", "gone")
        if rule is None or (rule.does == "gone" and info.verb == "watch" and rule.told.get("after", 0) > 0):
            return None
        if rule.does == "gone" and info.verb not in ("watch", "list"):
            return None
        if rule.does == "gone" and info.verb == "watch":
            return None  # told inside the stream
        rule.spend()
        if rule.does == "gone":
            return expired("The provided continue parameter is too old to display a consistent list result.")
        if rule.does == "throttle":
            seconds = int(rule.told.get("retryAfter", 1))
            said = "Too many requests, please try again later."
            details = {"retryAfterSeconds": seconds}
            return Fault(429, "TooManyRequests", said, details=details, headers={"Retry-After": str(seconds)})
        status = int(rule.told.get("status", 500))
        reason = str(rule.told.get("reason", "InternalError" if status == 500 else ""))
        return Fault(status, reason, str(rule.told.get("message", "Internal error occurred: asked for")))

    def cut(self, info: RequestInfo, size: int) -> int | None:
        rule = self._first(info, "cut")
        if rule is None or info.verb == "watch":
            return None
        rule.spend()
        return min(int(rule.told.get("bytes", size // 2)), max(size - 1, 0))

    def watch(self, info: RequestInfo, sent: int) -> str | None:
        for rule in self.rules:
            if rule.does in ("drop", "gone", "cut") and rule.fits(info) and sent >= int(rule.told.get("after", 0)):
                rule.spend()
                return rule.does
        return None

    def admit(self, obj: Obj | None, old: Obj | None, operation: str, info: RequestInfo) -> Obj | None:
        """The webhooks' word on a write."""
        if info.verb not in _WRITES:
            return obj
        for rule in [each for each in self.rules if each.does in ("deny", "mutate") and each.fits(info)]:
            rule.spend()
            if rule.does == "deny":
                name = str(rule.told.get("webhook", "deny.demo.gitops-tui.io"))
                why = str(rule.told.get("message", "refused on request"))
                raise Fault(403, "Forbidden", f'admission webhook "{name}" denied the request: {why}')
            if obj is not None:
                obj = _merged(obj, rule.told.get("patch") or {})
        return obj

    async def handle(self, request: web.Request, info: RequestInfo) -> web.StreamResponse:
        """The admin endpoint."""
        if request.path.rstrip("/") != "/demo/faults":
            raise Fault(404, "NotFound", "the server could not find the requested resource")
        if "system:masters" not in info.user.groups:
            raise Fault(403, "Forbidden", "faults are the administrator's")
        if request.method == "POST":
            try:
                told = orjson.loads(await request.read())
            except orjson.JSONDecodeError as error:
                raise bad_request(f"a fault is JSON: {error}") from error
            self.rules.append(Rule.of(told))
        elif request.method == "DELETE":
            self.clear()
        elif request.method != "GET":
            raise Fault(405, "MethodNotAllowed", "the server does not allow this method on the requested resource")
        listed = [{**each.told, **({} if each.left is None else {"count": each.left})} for each in self.rules]
        return web.Response(body=orjson.dumps({"faults": listed}), content_type="application/json")


def _merged(obj: Any, patch: Any) -> Any:
    """A JSON merge patch (RFC 7396) on a copy."""
    if not isinstance(patch, dict):
        return copy.deepcopy(patch)
    made = dict(obj) if isinstance(obj, dict) else {}
    for key, value in patch.items():
        if value is None:
            made.pop(key, None)
        else:
            made[key] = _merged(made.get(key), value)
    return made
