"""Reads the `log` subresource of pods, bit by bit. Lines are cut out of the stream as bytes, each bounded in length."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from urllib.parse import quote

from gitops_tui.errors import ApiError
from gitops_tui.kube.client import aiohttp
from gitops_tui.kube.transport import Transport
from gitops_tui.model.logs import LogOptions
from gitops_tui.model.logtext import LONGEST, split_time

_CHUNK = 256 * 1024


class LineCutter:
    """Bytes to lines. What stands behind the last line feed waits for more."""

    def __init__(self) -> None:
        self._kept = bytearray()
        self._lost = 0

    def feed(self, data: bytes) -> list[str]:
        """The lines that are whole now, decoded; bytes that are no UTF-8 are shown as \\xNN."""
        parts = data.split(b"\n")
        if len(parts) == 1:
            self._keep(parts[0])
            return []
        self._keep(parts[0])
        made = [self._line()]
        for part in parts[1:-1]:
            if len(part) <= LONGEST:
                made.append(_text(part))
            else:
                self._keep(part)
                made.append(self._line())
        self._keep(parts[-1])
        return made

    def rest(self) -> list[str]:
        """The last line, which no line feed ended."""
        return [self._line()] if self._kept else []

    def _keep(self, part: bytes) -> None:
        room = max(0, LONGEST - len(self._kept))
        self._kept += part[:room]
        self._lost += max(0, len(part) - room)

    def _line(self) -> str:
        text = _text(bytes(self._kept))
        if self._lost:
            text += f" … ({self._lost:,} more bytes)"
        self._kept.clear()
        self._lost = 0
        return text


def _text(line: bytes) -> str:
    return line.removesuffix(b"\r").decode("utf-8", "backslashreplace")


async def read_log(
    transport: Transport, namespace: str, pod: str, container: str, options: LogOptions, *, after: str = ""
) -> AsyncIterator[list[tuple[str, str]]]:
    """Batches of (time, text) of one container, oldest first. after: a time up to which all is known already (RFC 3339 as
    the kubelet writes it); what is not later is left out. Ends where the log ends. Raises ApiError, Unreachable; also in
    the middle, where the stream is cut."""
    params = {"container": container, "timestamps": "true"}
    if options.follow:
        params["follow"] = "true"
    if options.previous:
        params["previous"] = "true"
    if after:
        # To the second is all that the API takes: what is known is left out below.
        params["sinceTime"] = _second(after)
    else:
        if options.since:
            params["sinceSeconds"] = str(options.since)
        if options.tail >= 0:
            params["tailLines"] = str(options.tail)
    path = f"/api/v1/namespaces/{quote(namespace, safe='')}/pods/{quote(pod, safe='')}/log"
    try:
        # A log may be silent for days; a cut line is told by the socket's keepalive.
        response = await transport.open_stream(path, params, silence=0)
    except ApiError as error:
        if error.status == 204:
            return  # not on a node yet
        raise
    cutter = LineCutter()
    try:
        while True:
            data = await response.content.read(_CHUNK)
            lines = cutter.feed(data) if data else cutter.rest()
            made = [split_time(line) for line in lines]
            if after:
                made = [each for each in made if not each[0] or each[0] > after]
            if made:
                yield made
            if not data:
                return
    except (TimeoutError, aiohttp.ClientError, OSError) as error:
        # A line that is cut comes whole once the stream is taken up again; else its beginning is all there is.
        if not options.follow and (rest := [split_time(line) for line in cutter.rest()]):
            yield rest
        raise transport.unreachable(error) from error
    finally:
        response.close()


def _second(time: str) -> str:
    """The second that a time lies in, as RFC 3339."""
    with contextlib.suppress(ValueError):
        # Nine digits are too many for Python 3.11 in part; the fraction is not needed.
        head, _, tail = time.partition(".")
        zone = "Z" if tail.endswith("Z") or not tail else tail.lstrip("0123456789") or "Z"
        moment = datetime.fromisoformat(head.removesuffix("Z") + ("+00:00" if zone == "Z" else zone) if tail else time)
        return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    return (datetime.now(UTC) - timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ")
