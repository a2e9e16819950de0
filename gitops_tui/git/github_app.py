"""A GitHub App's private key -> a token for an hour (docs.github.com, "Authenticating as a GitHub App installation")."""

from __future__ import annotations

import base64
import json
import threading
import time
import urllib.error
import urllib.request
from typing import Any
from urllib.parse import urlsplit

from gitops_tui.errors import FetchError, ToolMissing
from gitops_tui.git.address import Address
from gitops_tui.git.credentials import Credentials, GitHubApp
from gitops_tui.model.text import printable

_cache: dict[tuple[str, int, str, str], tuple[str, float]] = {}
_lock = threading.Lock()
_MARGIN = 120.0


def token(app: GitHubApp, address: Address, credentials: Credentials) -> str:
    """A token that is good for at least two minutes; asked for once an hour. Raises FetchError, ToolMissing."""
    owner = address.path.split("/", 1)[0]
    key = (app.app, app.installation, app.base_url, owner)
    with _lock:
        known = _cache.get(key)
        if known is None or known[1] - time.time() < _MARGIN:
            known = _cache[key] = _exchange(app, owner, credentials)
        return known[0]


def _exchange(app: GitHubApp, owner: str, credentials: Credentials) -> tuple[str, float]:
    base = (app.base_url or "https://api.github.com").rstrip("/")
    if urlsplit(base).scheme not in ("https", "http"):
        raise FetchError(f"{credentials.source}: githubAppEnterpriseBaseUrl must be an https address")
    signed = _jwt(app, credentials.source)
    installation = app.installation or _installation(base, owner, signed, credentials)
    made = _ask(f"{base}/app/installations/{installation}/access_tokens", signed, credentials, method="POST")
    found = made.get("token") if isinstance(made, dict) else None
    if not isinstance(found, str) or not found or "\n" in found:
        raise FetchError(f"{credentials.source}: GitHub gave no token for the installation {installation}")
    # GitHub says when it ends (an hour); without trusting a clock far away: fifty minutes.
    return found, time.time() + 3000.0


def _installation(base: str, owner: str, signed: str, credentials: Credentials) -> int:
    for page in range(1, 50):
        found = _ask(f"{base}/app/installations?per_page=100&page={page}", signed, credentials)
        for each in found if isinstance(found, list) else ():
            account = each.get("account") or {}
            if str(account.get("login", "")).lower() == owner.lower() and isinstance(each.get("id"), int):
                return int(each["id"])
        if not isinstance(found, list) or len(found) < 100:
            break
    raise FetchError(
        f"{credentials.source}: the GitHub App is not installed for {printable(owner)}",
        hint="install it there, or give githubAppInstallationID",
    )


def _jwt(app: GitHubApp, source: str) -> str:
    try:
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import padding, rsa
    except ImportError as error:
        raise ToolMissing(
            f"the GitHub App of {source} needs the package cryptography",
            hint="install it: pip install 'gitops-tui[github-app]'",
        ) from error
    try:
        key = serialization.load_pem_private_key(app.private_key.strip().encode() + b"\n", None)
    except (ValueError, TypeError):
        raise FetchError(f"{source}: githubAppPrivateKey is not a private key in PEM form") from None
    if not isinstance(key, rsa.RSAPrivateKey):
        raise FetchError(f"{source}: githubAppPrivateKey must be an RSA key")
    now = int(time.time())
    head = _b64(json.dumps({"alg": "RS256", "typ": "JWT"}).encode())
    body = _b64(json.dumps({"iat": now - 60, "exp": now + 540, "iss": app.app}).encode())
    text = head + b"." + body
    return (text + b"." + _b64(key.sign(text, padding.PKCS1v15(), hashes.SHA256()))).decode()


def _b64(data: bytes) -> bytes:
    return base64.urlsafe_b64encode(data).rstrip(b"=")


def _ask(url: str, signed: str, credentials: Credentials, method: str = "GET") -> Any:
    request = urllib.request.Request(  # noqa: S310
        url,
        method=method,
        data=b"" if method == "POST" else None,
        headers={
            "Authorization": f"Bearer {signed}",
            "Accept": "application/vnd.github+json",
            "User-Agent": "gitops-tui",
        },
    )
    handlers: list[urllib.request.BaseHandler] = [_NoRedirects()]
    if credentials.proxy:
        handlers.append(urllib.request.ProxyHandler({"https": credentials.proxy, "http": credentials.proxy}))
    try:
        with urllib.request.build_opener(*handlers).open(request, timeout=20) as answer:
            return json.loads(answer.read(1_000_000))
    except urllib.error.HTTPError as error:
        error.close()
        raise FetchError(
            f"{credentials.source}: GitHub refuses the App ({error.code})",
            hint="check githubAppID, githubAppInstallationID and the key",
        ) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "reason", error)
        raise FetchError(
            f"{credentials.source}: {urlsplit(url).hostname} can't be asked for a token: {printable(str(reason))}"
        ) from None


class _NoRedirects(urllib.request.HTTPRedirectHandler):
    """The key must not follow to another host."""

    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None
