"""HTTP to one API server: credentials, limits, retries, and its answers as errors of ours.

Reads and idempotent writes (server-side apply, dry runs) are retried when the connection is cut; other writes never
blindly. 429 is retried after what Retry-After says: the server has done nothing then.
"""

from __future__ import annotations

import asyncio
import random
import ssl
from collections.abc import Mapping
from typing import Any

import aiohttp
import orjson

from gitops_tui.errors import (
    ApiError,
    Conflict,
    Forbidden,
    Gone,
    Invalid,
    NotFound,
    TooManyRequests,
    Unauthorized,
    Unreachable,
)
from gitops_tui.kube.config import Access
from gitops_tui.model.text import printable, redact
from gitops_tui.settings import Settings

_TRIES = 4


class Transport:
    """One pool of connections. Belongs to the loop that calls `open`."""

    def __init__(self, access: Access, settings: Settings) -> None:
        self._access = access
        self._settings = settings
        self._session: aiohttp.ClientSession | None = None
        self._tls: ssl.SSLContext | bool = True
        self._writes = asyncio.Semaphore(settings.concurrency)

    async def open(self) -> None:
        """Reads the credentials and makes the pool. Raises KubeconfigError."""
        await asyncio.to_thread(self._access.load)
        self._tls = await asyncio.to_thread(self._access.tls)
        await self.close()
        self._session = aiohttp.ClientSession(
            connector=aiohttp.TCPConnector(limit=0, ssl=self._tls, keepalive_timeout=60),
            read_bufsize=2**20,
            trust_env=True,
            json_serialize=lambda value: orjson.dumps(value).decode(),
        )

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            await session.close()

    @property
    def server(self) -> str:
        return self._access.server

    def unreachable(self, error: BaseException) -> Unreachable:
        """The error for no answer, with what to look at."""
        server = redact(self.server)
        where = f"{server} (context {self._access.context.name})"
        if isinstance(error, asyncio.TimeoutError):
            return Unreachable(f"{where} did not answer in time", hint="check the network and the API server")
        text = printable(redact(str(error)))[:300] or type(error).__name__
        if isinstance(error, aiohttp.ClientConnectorCertificateError | ssl.SSLError) or "certificate" in text.lower():
            return Unreachable(
                f"the certificate of {where} is not trusted: {text}",
                hint="check certificate-authority-data of this cluster in the kubeconfig",
            )
        return Unreachable(
            f"{where} can't be reached: {text}",
            hint="check that the cluster runs, the VPN is up and the kubeconfig is current",
        )

    async def open_stream(self, path: str, params: Mapping[str, str], *, silence: float) -> aiohttp.ClientResponse:
        """A GET whose body comes bit by bit; silence: seconds without a byte. The caller closes it."""
        assert self._session is not None
        try:
            response = await self._session.get(
                self.server + path,
                params=params,
                headers=await self._headers(),
                proxy=self._access.proxy,
                server_hostname=self._access.server_name,
                timeout=aiohttp.ClientTimeout(
                    total=None, sock_connect=self._settings.request_timeout, sock_read=silence
                ),
            )
        except (TimeoutError, aiohttp.ClientError, OSError) as error:
            raise self.unreachable(error) from error
        if response.status >= 400:
            body = await response.read()
            response.close()
            raise api_error(response.status, body, f"GET {path}")
        return response

    async def _headers(self) -> dict[str, str]:
        return self._access.headers()

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
    ) -> Any:
        """One request, its JSON answer.

        idempotent: may be sent again when the outcome is unknown (default: only GET). what: names the object in errors.
        secret: the object is a Secret, so that no value of it may get into an error. Raises ApiError and Unreachable.
        """
        if self._session is None:
            raise Unreachable(f"not connected to the context {self._access.context.name}")
        again = method == "GET" if idempotent is None else idempotent
        data = body if isinstance(body, bytes) or body is None else orjson.dumps(body)
        attempt = 0
        while True:
            attempt += 1
            headers = {"Accept": accept, **await self._headers()}
            if data is not None:
                headers["Content-Type"] = content_type
            try:
                status, retry_after, answer = await self._send(method, path, params, data, headers)
            except (TimeoutError, aiohttp.ClientError, OSError) as error:
                if again and attempt < _TRIES and not isinstance(error, asyncio.TimeoutError | ssl.SSLError):
                    await asyncio.sleep(0.2 * 2**attempt * random.uniform(0.7, 1.3))  # noqa: S311
                    continue
                raise self.unreachable(error) from error
            if status == 429 and attempt < _TRIES + 4:
                await asyncio.sleep(min(retry_after or 1.0, 30.0) * random.uniform(1.0, 1.2))  # noqa: S311
                continue
            if status in (502, 503, 504) and again and attempt < _TRIES:
                await asyncio.sleep(max(retry_after, 0.2 * 2**attempt))
                continue
            if status >= 400:
                raise api_error(status, answer, what or f"{method} {path}", secret=secret)
            try:
                return orjson.loads(answer) if answer else {}
            except orjson.JSONDecodeError as error:
                raise ApiError(
                    f"{what or path}: the answer of {redact(self.server)} is not JSON",
                    status=status,
                    hint="is this the address of a Kubernetes API server?",
                ) from error

    async def _send(
        self, method: str, path: str, params: Mapping[str, str] | None, data: bytes | None, headers: Mapping[str, str]
    ) -> tuple[int, float, bytes]:
        assert self._session is not None
        gate = self._writes if method != "GET" else _Open()
        async with (
            gate,
            self._session.request(
                method,
                self.server + path,
                params=params,
                data=data,
                headers=headers,
                proxy=self._access.proxy,
                server_hostname=self._access.server_name,
                timeout=aiohttp.ClientTimeout(total=self._settings.request_timeout),
            ) as response,
        ):
            try:
                retry_after = float(response.headers.get("Retry-After", "0"))
            except ValueError:
                retry_after = 0.0
            return response.status, retry_after, await response.read()


class _Open:
    """A gate that is always open."""

    async def __aenter__(self) -> None: ...

    async def __aexit__(self, *_: object) -> None: ...


_BY_STATUS: dict[int, type[ApiError]] = {
    400: Invalid,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    409: Conflict,
    410: Gone,
    422: Invalid,
    429: TooManyRequests,
}


def api_error(status: int, body: bytes, what: str, *, secret: bool = False) -> ApiError:
    """The error for a failed answer: the API server's own words, free of control characters and of secret values."""
    message, reason = "", ""
    try:
        said = orjson.loads(body)
        if isinstance(said, dict):
            message, reason = str(said.get("message") or ""), str(said.get("reason") or "")
    except orjson.JSONDecodeError:
        message = body[:300].decode("utf-8", "replace")
    message = printable(redact(message))[:2000] or f"HTTP {status}"
    if secret and status in (400, 422):
        message = "the API server refuses it (its words could hold the Secret's values and are not shown)"
    kind = _BY_STATUS.get(status, ApiError)
    return kind(f"{what}: {message}", status=status, reason=reason, hint=_hint(status, message))


def _hint(status: int, message: str) -> str:
    if status == 401:
        return "log in again, or check the credentials of this context"
    if status == 403:
        return "ask for the right, or use another context; check with: kubectl auth can-i"
    if status == 404 and message.startswith("namespaces "):
        return "create the namespace, or set the sync option CreateNamespace=true"
    if status == 409 and "conflict" in message.lower():
        return "another manager owns these fields"
    if "field is immutable" in message:
        return "delete the object and sync again, or keep the field as it is"
    return ""
