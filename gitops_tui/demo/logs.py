"""Logs of pods: a line every few seconds since a container started, and what tests write into them.

A log is a function of time, so nothing is stored for pods that nobody reads; only written lines are kept.
"""

from __future__ import annotations

import hashlib
from typing import Any

from aiohttp import web

from gitops_tui.demo.clock import Clock, stamp
from gitops_tui.demo.controllers.base import seconds_of
from gitops_tui.demo.hooks import RequestInfo
from gitops_tui.demo.status import FieldError, bad_request, invalid

Obj = dict[str, Any]
EVERY = 5.0
"""Seconds between two lines."""
_MOST = 2_000
_WORDS = (
    "request done",
    "cache refreshed",
    "connection opened",
    "queue is empty",
    "health checked",
    "configuration is unchanged",
)
Line = tuple[float, str]


class PodLogs:
    """Answers the `log` subresource of pods."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._written: dict[tuple[str, str], list[Line]] = {}

    def write(self, pod: Obj, container: str, text: str) -> None:
        """Adds a line to a container's log, now."""
        lines = self._written.setdefault((pod["metadata"]["uid"], container), [])
        lines.append((self._clock.time(), text))
        del lines[:-_MOST]

    async def handle(self, request: web.Request, info: RequestInfo, pod: Obj) -> web.StreamResponse:
        """GET …/pods/NAME/log. Raises Fault in the API server's and the kubelet's words."""
        query = request.query
        container = _container(pod, query.get("container", ""))
        numbers = _numbers(pod, query)
        if not pod["spec"].get("nodeName"):
            return web.Response(status=204)
        previous = query.get("previous") in ("true", "1")
        start, end = _run(pod, container, previous=previous)
        stamps = query.get("timestamps") in ("true", "1")
        since = self._clock.time() - numbers["sinceSeconds"] if "sinceSeconds" in numbers else 0.0
        if asked := query.get("sinceTime"):
            try:
                since = seconds_of(asked)
            except ValueError as error:
                raise bad_request(f"sinceTime: {asked!r} is no RFC 3339 time") from error
        lines = self.lines(pod, container, start, end if end is not None else self._clock.time(), previous=previous)
        lines = [each for each in lines if each[0] >= since]
        if "tailLines" in numbers:
            tail = int(numbers["tailLines"])
            lines = lines[-tail:] if tail else []
        text = "".join(_told(each, stamps=stamps) for each in lines).encode()
        if "limitBytes" in numbers:
            text = text[: int(numbers["limitBytes"])]
        if query.get("follow") not in ("true", "1") or end is not None:
            return web.Response(body=text, content_type="text/plain")
        return await self._follow(request, pod, container, start, text, stamps=stamps)

    async def _follow(
        self, request: web.Request, pod: Obj, container: str, start: float, text: bytes, *, stamps: bool
    ) -> web.StreamResponse:
        response = web.StreamResponse(headers={"Content-Type": "text/plain"})
        seen = self._clock.time()
        await response.prepare(request)
        try:
            if text:
                await response.write(text)
            while request.transport is not None and not request.transport.is_closing():
                await self._clock.sleep(0.5)
                now = self._clock.time()
                fresh = [each for each in self.lines(pod, container, start, now) if seen < each[0] <= now]
                seen = now
                if fresh:
                    await response.write("".join(_told(each, stamps=stamps) for each in fresh).encode())
        except ConnectionResetError:
            pass  # whoever followed has gone
        return response

    def lines(self, pod: Obj, container: str, start: float, end: float, *, previous: bool = False) -> list[Line]:
        """What a container said between two times, oldest first, at most the last two thousand."""
        uid = pod["metadata"]["uid"]
        count = int(max(0.0, end - start) // EVERY) + 1
        first = max(1, count - _MOST)
        made = [(start, f"{container} started")] if first == 1 else []
        for number in range(first, count):
            digest = hashlib.sha256(f"{uid}{container}{number}".encode()).digest()
            word, took = _WORDS[digest[0] % len(_WORDS)], digest[1]
            made.append((start + number * EVERY, f"level=info msg={word!r} duration={took}ms".replace("'", '"')))
        state = _status(pod, container)
        if previous or "terminated" in (state.get("state") or {}):
            ended = (state.get("lastState" if previous else "state") or {}).get("terminated") or {}
            if ended.get("exitCode"):
                made.append((end, f'level=fatal msg="exit {ended["exitCode"]}: {ended.get("reason", "Error")}"'))
        if not previous:
            made += self._written.get((uid, container), [])
            made.sort(key=lambda each: each[0])
        return made[-_MOST:]


def _told(line: Line, *, stamps: bool) -> str:
    when, text = line
    if not stamps:
        return f"{text}\n"
    return f"{stamp(when)[:-1]}.{int(when % 1 * 1e9):09d}Z {text}\n"


def _container(pod: Obj, asked: str) -> str:
    names = [each["name"] for each in pod["spec"].get("containers") or ()]
    initial = [each["name"] for each in pod["spec"].get("initContainers") or ()]
    name = pod["metadata"]["name"]
    if asked:
        if asked not in (*names, *initial):
            raise bad_request(f"container {asked} is not valid for pod {name}")
        return asked
    if len(names) > 1:
        said = f"a container name must be specified for pod {name}, choose one of: [{' '.join(names)}]"
        if initial:
            said += f" or one of the init containers: [{' '.join(initial)}]"
        raise bad_request(said)
    return str(names[0])


def _numbers(pod: Obj, query: Any) -> dict[str, float]:
    found: dict[str, float] = {}
    errors = []
    for name, least in (("tailLines", 0), ("sinceSeconds", 1), ("limitBytes", 1)):
        if name not in query:
            continue
        try:
            found[name] = int(query[name])
        except ValueError as error:
            said = f'strconv.ParseInt: parsing "{query[name]}": invalid syntax'
            raise bad_request(said) from error
        if found[name] < least:
            word = "greater than or equal to 0" if least == 0 else "greater than 0"
            errors.append(FieldError("FieldValueInvalid", name, f"Invalid value: {int(found[name])}: must be {word}"))
    if "sinceSeconds" in query and "sinceTime" in query:
        said = "Forbidden: at most one of `sinceTime` or `sinceSeconds` may be specified"
        errors.append(FieldError("FieldValueForbidden", "[]", said))
    if errors:
        raise invalid("PodLogOptions", "", pod["metadata"]["name"], errors)
    return found


def _status(pod: Obj, container: str) -> Obj:
    status = pod.get("status") or {}
    for each in [*(status.get("containerStatuses") or ()), *(status.get("initContainerStatuses") or ())]:
        if each["name"] == container:
            return dict(each)
    return {}


def _run(pod: Obj, container: str, *, previous: bool) -> tuple[float, float | None]:
    """When the container started, and when it ended (None: it runs)."""
    name, status = pod["metadata"]["name"], _status(pod, container)
    last = (status.get("lastState") or {}).get("terminated")
    if previous:
        if not last:
            raise bad_request(f'previous terminated container "{container}" in pod "{name}" not found')
        return _time(last["startedAt"]), _time(last["finishedAt"])
    state = status.get("state") or {}
    if "running" in state:
        return _time(state["running"]["startedAt"]), None
    ended = state.get("terminated") or last
    if ended:
        return _time(ended["startedAt"]), _time(ended["finishedAt"])
    reason = (state.get("waiting") or {}).get("reason") or "ContainerCreating"
    if reason in ("ErrImagePull", "ImagePullBackOff"):
        reason = "trying and failing to pull image"
    raise bad_request(f'container "{container}" in pod "{name}" is waiting to start: {reason}')


def _time(stamp: Any) -> float:
    """A time of a status; who writes one by hand may leave it out."""
    try:
        return seconds_of(stamp) if isinstance(stamp, str) else 0.0
    except ValueError:
        return 0.0
