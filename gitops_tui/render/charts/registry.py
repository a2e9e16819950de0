"""Charts in OCI registries: tags, manifest and the chart's layer, each checked against its digest.

After the OCI distribution specification and helm's media types; a version's "+" is "_" in its tag.
"""

from __future__ import annotations

import hashlib
import re
from typing import Any
from urllib.parse import quote, urlencode, urljoin, urlsplit

import orjson

from gitops_tui.errors import FetchError
from gitops_tui.git.semver import is_version
from gitops_tui.model.text import printable
from gitops_tui.records import dataclass
from gitops_tui.render.charts.download import Answer, Download, authorization, shown

CHART_LAYER = "application/vnd.cncf.helm.chart.content.v1.tar+gzip"
_LAYERS = (
    CHART_LAYER,
    "application/tar+gzip",
    "application/vnd.oci.image.layer.v1.tar+gzip",
)
_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
_SMALL = 4_000_000
_MOST_PAGES = 50
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_CHALLENGE = re.compile(r'(\w+)="([^"]*)"')
_LOOPBACK = ("localhost", "127.0.0.1", "[::1]")


@dataclass(frozen=True, slots=True)
class Pulled:
    """digest: of the manifest ("sha256:…"). is_chart: a Helm chart, else a folder of files in an archive."""

    archive: bytes
    digest: str
    created: str
    is_chart: bool


class Registry:
    """One repository of a registry. address: `host[:port]/path`. plain_http: only where a Secret says so, or for
    loopback addresses."""

    def __init__(self, address: str, download: Download, *, plain_http: bool = False) -> None:
        host, _, self._path = address.partition("/")
        if not host or not re.fullmatch(r"[a-z0-9]+(?:[._/-]+[a-z0-9]+)*", self._path):
            raise FetchError(
                f"{printable(address)[:200]!r} is no address in a registry", hint="use oci://host/path/chart"
            )
        scheme = "http" if plain_http or host.partition(":")[0] in _LOOPBACK else "https"
        host = "registry-1.docker.io" if host == "docker.io" else host
        self.base = f"{scheme}://{host}/v2/{self._path}"
        self.shown = printable(address)
        self._download = download
        self._token: str | None = None

    def _get(self, path: str, limit: int, accept: str = "", method: str = "GET") -> Answer:
        headers = {"Accept": accept} if accept else {}
        url = urljoin(f"{self.base}/", path)
        ask = self._download.get
        first = ask(url, limit=limit, headers=headers, token=self._token, accept=(200, 401, 404), method=method)
        if first.status == 401 and (challenge := first.headers.get("www-authenticate", "")).lower().startswith(
            "bearer"
        ):
            self._token = self._new_token(dict(_CHALLENGE.findall(challenge)))
            first = ask(url, limit=limit, headers=headers, token=self._token, accept=(200, 401, 404), method=method)
        if first.status == 401:
            raise FetchError(
                f"{self.shown}: the registry refuses us",
                hint="give credentials: an Argo CD repository Secret of type helm with enableOCI, or GITOPS_TUI_TOKEN_<host>",
            )
        return first

    def _new_token(self, challenge: dict[str, str]) -> str:
        realm = challenge.get("realm", "")
        parts = urlsplit(realm)
        if parts.scheme != "https" and not (self.base.startswith("http:") and parts.scheme == "http"):
            raise FetchError(f"{self.shown}: the registry's token service {shown(realm)} is not https")
        query = {"service": challenge.get("service", ""), "scope": f"repository:{self._path}:pull"}
        # As every registry client: the token service may be another host, and the password is for it.
        basic = authorization(self._download.credentials)
        answer = self._download.get(
            f"{realm}?{urlencode({k: v for k, v in query.items() if v})}", limit=_SMALL, headers=basic, token=""
        )
        found = _json(answer.body, self.shown)
        return str(found.get("token") or found.get("access_token") or "")

    def versions(self) -> list[str]:
        """All tags that are versions. Raises FetchError."""
        found: list[str] = []
        path = "tags/list?n=1000"
        for _ in range(_MOST_PAGES):
            answer = self._get(path, _SMALL)
            if answer.status == 404:
                raise FetchError(f"{self.shown} is not there", hint="check the registry's address and the chart's name")
            tags = _json(answer.body, self.shown).get("tags")
            found += [str(tag).replace("_", "+") for tag in tags or [] if is_version(str(tag).replace("_", "+"))]
            link = re.search(r'<([^>]+)>;\s*rel="?next"?', answer.headers.get("link", ""))
            if link is None:
                break
            path = link[1]
            if urlsplit(urljoin(f"{self.base}/", path)).netloc != urlsplit(self.base).netloc:
                break
        return found

    def digest(self, version: str) -> str:
        """The manifest's digest now, "" where there is no such version."""
        answer = self._get(f"manifests/{_tag(version)}", _SMALL, _MANIFEST, method="HEAD")
        if answer.status == 404:
            return ""
        found = answer.headers.get("docker-content-digest", "")
        if _DIGEST.fullmatch(found):
            return found
        body = self._get(f"manifests/{_tag(version)}", _SMALL, _MANIFEST).body
        return f"sha256:{hashlib.sha256(body).hexdigest()}"

    def pull(self, version: str, *, limit: int) -> Pulled:
        """One version. Raises FetchError, also where a digest is not what it should be."""
        answer = self._get(f"manifests/{_tag(version)}", _SMALL, _MANIFEST)
        if answer.status == 404:
            raise FetchError(f"{self.shown} has no version {printable(version)}")
        digest = f"sha256:{hashlib.sha256(answer.body).hexdigest()}"
        said = answer.headers.get("docker-content-digest", digest)
        if said != digest:
            raise FetchError(f"{self.shown} {printable(version)}: the manifest is not what its digest says")
        manifest = _json(answer.body, self.shown)
        layers = [each for each in manifest.get("layers") or [] if isinstance(each, dict)]
        chosen = [each for kind in _LAYERS for each in layers if each.get("mediaType") == kind]
        if not chosen or (chosen[0]["mediaType"] != CHART_LAYER and len(chosen) != 1):
            raise FetchError(f"{self.shown} {printable(version)} is no Helm chart", hint="an image can't be rendered")
        wanted = str(chosen[0].get("digest", ""))
        if not _DIGEST.fullmatch(wanted):
            raise FetchError(f"{self.shown} {printable(version)}: its layer has no sha256 digest")
        layer = self._get(f"blobs/{wanted}", limit)
        if layer.status != 200 or f"sha256:{hashlib.sha256(layer.body).hexdigest()}" != wanted:
            raise FetchError(f"{self.shown} {printable(version)}: what the registry sends is not what its digest says")
        notes = manifest.get("annotations")
        created = str(notes.get("org.opencontainers.image.created", "")) if isinstance(notes, dict) else ""
        return Pulled(layer.body, digest, created, chosen[0]["mediaType"] == CHART_LAYER)


def _tag(version: str) -> str:
    return quote(version.replace("+", "_"), safe="")


def _json(body: bytes, where: str) -> dict[str, Any]:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError:
        found = None
    if not isinstance(found, dict):
        raise FetchError(f"{where}: the registry's answer can't be understood", hint="is this address a registry?")
    return found
