"""HTTP to one API server: credentials, limits, retries, and its answers as JSON or as errors of ours.

Reads and idempotent writes (server-side apply, dry runs) are retried when the connection is cut; other writes only
where the request surely never left. 429 is retried after what Retry-After says: the server has done nothing then. A 401
has the credentials read again once, since tokens run out.
"""

from __future__ import annotations

import asyncio
import math
import os
import random
import re
import socket
import ssl
import time
from collections.abc import Callable, Mapping
from contextlib import suppress
from typing import Any

import orjson
from multidict import CIMultiDict

from gitops_tui.errors import ApiError, Invalid, Unreachable
from gitops_tui.kube.access import Access, Credentials
from gitops_tui.kube.answers import api_error
from gitops_tui.kube.client import aiohttp
from gitops_tui.kube.deep import loads
from gitops_tui.kube.pacing import Pace
from gitops_tui.model.text import printable, redact
from gitops_tui.records import dataclass
from gitops_tui.settings import Settings

_TRIES = 4
_READS = 32
_LONGEST_WAIT = 30.0
# Credentials that were just read and refused are not read again at once: a login helper may open a browser.
_RENEW_GAP = 10.0


@dataclass(frozen=True, slots=True)
class ApiWrite:
    """One write that the API server answered, or did not (status 0). milliseconds: until its answer was read."""

    method: str
    path: str
    dry_run: bool
    status: int
    milliseconds: float


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    retry_after: float
    body: bytes
    warnings: tuple[str, ...]


class Transport:
    """One pool of connections. Belongs to the loop that calls `open`.

    on_write(write) is told each write, on_warning(what, text) each Warning header of the API server.
    """

    def __init__(
        self,
        access: Access,
        settings: Settings,
        *,
        on_write: Callable[[ApiWrite], None] = lambda _: None,
        on_warning: Callable[[str, str], None] = lambda *_: None,
    ) -> None:
        self._access = access
        self._settings = settings
        self._session: aiohttp.ClientSession | None = None
        self._credentials: Credentials | None = None
        self._renewed = -math.inf
        self._renewing = asyncio.Lock()
        self._writes = asyncio.Semaphore(settings.concurrency)
        self._reads = asyncio.Semaphore(_READS)
        self._pace = Pace(settings.qps, settings.burst)
        self._on_write = on_write
        self._on_warning = on_warning

    async def open(self) -> None:
        """Reads the credentials and makes the pool. Raises KubeconfigError."""
        self._credentials = await asyncio.to_thread(self._access.load)
        self._renewed = time.monotonic()
        await self.close()
        self._session = aiohttp.ClientSession(
            # Idle connections are dropped before a load balancer drops them: a write on one that is gone can't be
            # told from a write that was done.
            connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=15, socket_factory=_socket),
            read_bufsize=2**20,
            # Not the environment's word: it would put ~/.netrc in place of the token. Proxies are in the credentials.
            trust_env=False,
            cookie_jar=aiohttp.DummyCookieJar(),
        )
        # aiohttp would send a PUT or DELETE again by itself on a cut connection; here that is decided in `request`.
        self._session._retry_connection = False

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    @property
    def server(self) -> str:
        return self._credentials.server if self._credentials is not None else self._access.context.server

    def unreachable(self, error: BaseException) -> Unreachable:
        """The error for no answer, with what to look at."""
        context = self._access.context.name
        where = printable(f"{redact(self.server)} (context {context})")
        if self._credentials is not None and self._credentials.proxy:
            where += printable(f" by the proxy {redact(str(self._credentials.proxy))}")
        text = printable(redact(_words(error)))[:300] or type(error).__name__
        if isinstance(error, asyncio.TimeoutError):
            return Unreachable(f"{where} did not answer in time", hint="check the network and the API server")
        if isinstance(error, aiohttp.ClientConnectorCertificateError | ssl.SSLError) or "certificate" in text.lower():
            return Unreachable(
                f"the certificate of {where} is not trusted: {text}",
                hint="check certificate-authority-data of this cluster in the kubeconfig",
            )
        return Unreachable(
            f"{where} can't be reached: {text}",
            hint="check that the cluster runs, the VPN is up and the kubeconfig is current; "
            f"try: kubectl --context {printable(context)} get --raw /version",
        )

    # --- credentials ----------------------------------------------------------------------------------------------

    async def _ready(self) -> tuple[aiohttp.ClientSession, Credentials]:
        if self._session is None or self._credentials is None:
            raise Unreachable(f"not connected to the context {printable(self._access.context.name)}")
        if self._access.due():
            await self._renew(self._credentials)
        return self._session, self._credentials

    async def _renew(self, old: Credentials) -> bool:
        """Reads the credentials again, in a thread; whether there are others than `old` now."""
        async with self._renewing:
            gap = 0.0 if self._access.due() else _RENEW_GAP
            if self._credentials is old and time.monotonic() - self._renewed >= gap:
                self._renewed = time.monotonic()
                self._credentials = await asyncio.to_thread(self._access.load)
        return self._credentials != old

    # --- requests -------------------------------------------------------------------------------------------------

    async def open_stream(
        self, path: str, params: Mapping[str, str], *, silence: float, accept: str = ""
    ) -> aiohttp.ClientResponse:
        """A GET whose body comes bit by bit; silence: seconds without a byte. The caller closes it.
        Raises ApiError and Unreachable."""
        while True:
            session, credentials = await self._ready()
            headers = CIMultiDict(credentials.headers)
            if accept:
                headers["Accept"] = accept
            await self._pace.turn("read")
            try:
                response = await session.get(
                    credentials.server + path,
                    params=params,
                    headers=headers,
                    proxy=credentials.proxy,
                    server_hostname=credentials.server_name,
                    ssl=credentials.tls,
                    allow_redirects=False,
                    timeout=aiohttp.ClientTimeout(
                        total=None, sock_connect=self._settings.request_timeout, sock_read=silence
                    ),
                )
            except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
                raise self.unreachable(error) from error
            if response.status == 200:
                return response
            try:
                body = await asyncio.wait_for(response.content.read(2**20), self._settings.request_timeout)
            except (TimeoutError, aiohttp.ClientError, OSError) as error:
                raise self.unreachable(error) from error
            finally:
                response.close()
            if response.status == 401 and await self._renew(credentials):
                continue
            raise api_error(response.status, body, f"GET {path}")

    async def request(
        self,
        method: str,
        path: str,
        *,
        params: Mapping[str, str] | None = None,
        body: Any = None,
        content_type: str = "application/json",
        accept: str = "application/json",
        idempotent: bool | None = None,
        what: str = "",
        secret: bool = False,
    ) -> dict[str, Any]:
        """One request, its JSON answer.

        idempotent: may be sent again when the outcome is unknown (default: only GET). what: names the object in errors.
        secret: the object is a Secret, so that no value of it may get into an error. Raises ApiError and Unreachable.
        """
        again = method == "GET" if idempotent is None else idempotent
        what = what or f"{method} {path}"
        data = body if isinstance(body, bytes) or body is None else _json(body, what, content_type)
        attempt = 0
        while True:
            attempt += 1
            session, credentials = await self._ready()
            headers = CIMultiDict(credentials.headers)
            headers["Accept"] = accept
            if data is not None:
                headers["Content-Type"] = content_type
            started = time.monotonic()
            try:
                answer = await self._send(session, credentials, method, path, params, data, headers)
            except (TimeoutError, aiohttp.ClientError, OSError, ValueError) as error:
                unsent = isinstance(error, aiohttp.ClientConnectorError | aiohttp.InvalidURL)
                final = isinstance(error, TimeoutError | ssl.SSLError | aiohttp.InvalidURL)
                if (again or unsent) and attempt < _TRIES and not final:
                    await asyncio.sleep(0.2 * 2**attempt * random.uniform(0.7, 1.3))  # noqa: S311
                    continue
                self._told(method, path, params, 0, started)
                raise self._cut(error, what, unknown=not (again or unsent)) from error
            status = answer.status
            if status == 401 and attempt < _TRIES and await self._renew(credentials):
                continue
            if status == 429 and attempt < _TRIES + 4:
                wait = min(answer.retry_after or 1.0, _LONGEST_WAIT)
                await asyncio.sleep(wait * random.uniform(1.0, 1.2))  # noqa: S311
                continue
            if status in (502, 503, 504) and again and attempt < _TRIES:
                await asyncio.sleep(max(min(answer.retry_after, _LONGEST_WAIT), 0.2 * 2**attempt))
                continue
            self._told(method, path, params, status, started)
            for warning in answer.warnings:
                self._on_warning(what, warning)
            if status >= 300:
                raise api_error(status, answer.body, what, secret=secret)
            return self._parsed(answer, what)

    def _parsed(self, answer: _Answer, what: str) -> dict[str, Any]:
        found: Any = None
        with suppress(orjson.JSONDecodeError):
            found = loads(answer.body) if answer.body else {}
        if not isinstance(found, dict):
            raise ApiError(
                f"{what}: the answer of {printable(redact(self.server))} is not a JSON object",
                status=answer.status,
                hint="is this the address of a Kubernetes API server?",
            )
        return found

    def _cut(self, error: BaseException, what: str, *, unknown: bool) -> Unreachable:
        made = self.unreachable(error)
        if not unknown:
            return made
        return Unreachable(
            f"{what}: {made.message}; whether the API server did it is not known",
            hint=f"look, then try again; {made.hint}",
        )

    def _told(self, method: str, path: str, params: Mapping[str, str] | None, status: int, started: float) -> None:
        if method != "GET" and "/selfsubject" not in path:
            took = (time.monotonic() - started) * 1000
            self._on_write(ApiWrite(method, path, (params or {}).get("dryRun") == "All", status, took))

    async def _send(
        self,
        session: aiohttp.ClientSession,
        credentials: Credentials,
        method: str,
        path: str,
        params: Mapping[str, str] | None,
        data: bytes | None,
        headers: CIMultiDict[str],
    ) -> _Answer:
        async with self._writes if method != "GET" else self._reads:
            # Only now: whoever waits for a connection takes no turn of those that have one.
            await self._pace.turn("write" if method != "GET" else "read")
            async with session.request(
                method,
                credentials.server + path,
                params=params,
                data=data,
                headers=headers,
                proxy=credentials.proxy,
                server_hostname=credentials.server_name,
                ssl=credentials.tls,
                allow_redirects=False,
                timeout=aiohttp.ClientTimeout(total=self._settings.request_timeout),
            ) as response:
                warnings = tuple(_warning(each) for each in response.headers.getall("Warning", ()))
                retry_after = _seconds(response.headers.get("Retry-After", ""))
                return _Answer(response.status, retry_after, await response.read(), warnings)


def _words(error: BaseException) -> str:
    """What went wrong in the system's words; aiohttp's own name objects of Python."""
    inner = error.os_error if isinstance(error, aiohttp.ClientConnectorError) else error
    if isinstance(inner, OSError) and not isinstance(inner, ssl.SSLError):
        code = inner.errno or 0
        return os.strerror(code) if code > 0 else inner.strerror or str(inner)
    return str(inner)


def _socket(address: tuple[Any, ...]) -> socket.socket:
    """A socket that notices within half a minute that the other side is gone, also while nobody sends."""
    made = socket.socket(*address[:3])
    made.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 15), ("TCP_KEEPINTVL", 5), ("TCP_KEEPCNT", 3), ("TCP_USER_TIMEOUT", 30_000)):
        if hasattr(socket, name):
            with suppress(OSError):
                made.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)
    return made


# The API server reads an apply as YAML, which takes some characters of JSON for line breaks and refuses others.
_NOT_YAML = re.compile(
    rb"\x7f|\xc2[\x80-\x9f]|\xe2\x80[\xa8\xa9]|\xef\xbb\xbf|\xef\xbf[\xbe\xbf]"  # DEL, C1, LS, PS, BOM, U+FFFE, U+FFFF
)


def _json(body: Any, what: str, content_type: str) -> bytes:
    try:
        made = orjson.dumps(body)
        if content_type.endswith("yaml"):
            made = _NOT_YAML.sub(lambda found: b"\\u%04x" % ord(found[0].decode()), made)
        return made
    except TypeError as error:  # orjson's error for what JSON can't say is one
        raise Invalid(
            f"{what}: it can't be sent as JSON: {printable(str(error))[:200]}",
            status=0,
            hint="look for numbers beyond 64 bits, dates without quotes or broken characters",
        ) from error


def _seconds(text: str) -> float:
    """Retry-After in seconds, 0 where it says nothing of use (a date, nonsense, less than nothing)."""
    try:
        found = float(text)
    except ValueError:
        return 0.0
    return found if math.isfinite(found) and found > 0 else 0.0


def _warning(header: str) -> str:
    """The text of a Warning header (RFC 7234 5.5): `299 - "text"`."""
    text = header.partition('"')[2].rpartition('"')[0] or header
    return printable(redact(text.replace('\\"', '"').replace("\\\\", "\\")))[:500]
