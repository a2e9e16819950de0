"""GET for chart repositories and registries: bounded, with credentials that reach only the host that they are for."""

from __future__ import annotations

import base64
import ssl
import tempfile
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urljoin, urlsplit

from gitops_tui.errors import FetchError
from gitops_tui.git.credentials import Credentials
from gitops_tui.model.text import printable, redact
from gitops_tui.records import dataclass, field

if TYPE_CHECKING:
    from collections.abc import Iterator

_MOST_REDIRECTS = 5
_LOOPBACK = ("localhost", "127.0.0.1", "::1")


@dataclass(frozen=True, slots=True)
class Answer:
    """status: 200, 304 or 401 (only where asked for). headers: in lower case."""

    status: int
    body: bytes
    headers: Mapping[str, str] = field(default_factory=dict)


class Download:
    """credentials: asked anew for each request. own: the URL that they are for. pass_credentials: they go to other
    hosts too (`spec.source.helm.passCredentials`)."""

    def __init__(
        self, own: str, credentials: Callable[[], Credentials], *, timeout: float, pass_credentials: bool = False
    ) -> None:
        self._own = _origin(own)
        self._credentials = credentials
        self._timeout = timeout
        self._pass = pass_credentials

    @property
    def credentials(self) -> Credentials:
        return self._credentials()

    def get(
        self,
        url: str,
        *,
        limit: int,
        headers: Mapping[str, str] | None = None,
        token: str | None = None,
        accept: tuple[int, ...] = (200,),
        method: str = "GET",
    ) -> Answer:
        """token: a registry's bearer token, sent instead of the credentials ("" for neither). Raises FetchError."""
        credentials = self._credentials()
        for _ in range(_MOST_REDIRECTS + 1):
            answer = self._once(url, credentials, limit, dict(headers or {}), token, method)
            if answer.status in (301, 302, 303, 307, 308) and "location" in answer.headers:
                target = urljoin(url, answer.headers["location"])
                if url.startswith("https:") and not target.startswith("https:"):
                    raise FetchError(f"{shown(url)} leads from https to {shown(target)}, which is not followed")
                if _origin(target) != _origin(url):
                    token = "" if token is not None else token
                url = target
                continue
            if answer.status in accept:
                return answer
            raise FetchError(f"{shown(url)} answers {answer.status}", hint=_hint(answer.status))
        raise FetchError(f"{shown(url)} leads round in a circle")

    def _once(
        self, url: str, credentials: Credentials, limit: int, headers: dict[str, str], token: str | None, method: str
    ) -> Answer:
        parts = urlsplit(url)
        if parts.scheme not in ("https", "http") or not parts.hostname:
            raise FetchError(f"{shown(url)} is no address of a chart", hint="it must begin with https:// or oci://")
        ours = self._pass or _origin(url) == self._own
        safe = parts.scheme == "https" or parts.hostname in _LOOPBACK
        if token:
            headers["Authorization"] = f"Bearer {token}"
        elif token is None and ours and safe:
            headers |= authorization(credentials)
        request = urllib.request.Request(url, headers={"User-Agent": "gitops-tui", **headers}, method=method)  # noqa: S310
        with _context(credentials if ours else Credentials()) as context:
            handlers: list[Any] = [_NoRedirects(), urllib.request.HTTPSHandler(context=context)]
            if credentials.proxy and ours:
                handlers.append(urllib.request.ProxyHandler({"https": credentials.proxy, "http": credentials.proxy}))
            try:
                with urllib.request.build_opener(*handlers).open(request, timeout=self._timeout) as answer:
                    body = answer.read(limit + 1) if method != "HEAD" else b""
                    found = Answer(answer.status, body, {k.lower(): v for k, v in answer.headers.items()})
            except urllib.error.HTTPError as error:
                with error:
                    return Answer(error.code, b"", {k.lower(): v for k, v in error.headers.items()})
            except (OSError, ValueError) as error:
                reason = printable(redact(str(getattr(error, "reason", error))))
                raise FetchError(
                    f"{shown(url)} can't be reached: {reason}", hint="check the address and the network"
                ) from None
        if len(found.body) > limit:
            raise FetchError(
                f"{shown(url)} is larger than {limit} bytes",
                hint="raise max_chart_bytes in the settings if it has to be",
            )
        return found


def authorization(credentials: Credentials) -> dict[str, str]:
    """The header that these credentials are shown by."""
    if credentials.bearer_token:
        return {"Authorization": f"Bearer {credentials.bearer_token}"}
    if credentials.username or credentials.password:
        both = f"{credentials.username}:{credentials.password}".encode()
        return {"Authorization": f"Basic {base64.b64encode(both).decode()}"}
    return {}


def shown(url: str) -> str:
    """A URL for people: without credentials, queries (signed links carry theirs there) and control characters."""
    return printable(redact(url.split("?", 1)[0]))[:300]


def _hint(status: int) -> str:
    if status in (401, 403):
        return "give credentials: an Argo CD repository Secret of type helm, or GITOPS_TUI_TOKEN_<host>"
    return "check the address of the chart repository" if status == 404 else "try again later"


def _origin(url: str) -> tuple[str, str, int]:
    parts = urlsplit(url)
    try:
        port = parts.port or (443 if parts.scheme == "https" else 80)
    except ValueError:
        port = 0
    return parts.scheme, parts.hostname or "", port


@contextmanager
def _context(credentials: Credentials) -> Iterator[ssl.SSLContext]:
    context = ssl.create_default_context()
    if credentials.tls_ca:
        try:
            context.load_verify_locations(cadata=credentials.tls_ca)
        except ssl.SSLError:
            raise FetchError("a certificate of argocd-tls-certs-cm can't be used") from None
    if credentials.insecure:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    if not (credentials.tls_cert and credentials.tls_key):
        yield context
        return
    # The ssl module reads a certificate only from a file: one that is ours alone, for as long as it takes.
    with tempfile.TemporaryDirectory(prefix="gitops-tui-") as folder:
        file = Path(folder) / "pem"
        file.touch(0o600)
        file.write_text(f"{credentials.tls_cert}\n{credentials.tls_key}\n")
        try:
            context.load_cert_chain(file)
        except (ssl.SSLError, OSError):
            raise FetchError(f"{credentials.source}: its TLS certificate can't be used") from None
    yield context


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None
