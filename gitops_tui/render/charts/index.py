"""A chart repository's `index.yaml`: the versions of one chart."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import urljoin

import orjson

from gitops_tui.errors import FetchError
from gitops_tui.git.semver import is_version
from gitops_tui.model.text import printable
from gitops_tui.records import dataclass
from gitops_tui.render.charts.download import Download, shown
from gitops_tui.render.loader import load


@dataclass(frozen=True, slots=True)
class Version:
    """url: where its archive is. digest: the hex SHA-256 that the archive must have ("" where the index has none).
    created: as the index says it."""

    version: str
    url: str
    digest: str = ""
    created: str = ""


@dataclass(frozen=True, slots=True)
class Index:
    """etag: what the server called this state ("" for nothing)."""

    versions: Mapping[str, Version]
    etag: str = ""


def read_index(download: Download, base: str, chart: str, *, limit: int, etag: str = "") -> Index | None:
    """The chart's versions; None where nothing changed since `etag`. Raises FetchError."""
    url = f"{base.rstrip('/')}/index.yaml"
    answer = download.get(
        url, limit=limit, headers={"If-None-Match": etag} if etag else {}, accept=(200, 304) if etag else (200,)
    )
    if answer.status == 304:
        return None
    entries = _mapping(_parsed(answer.body, url).get("entries"))
    if chart not in entries:
        known = ", ".join(printable(str(each))[:60] for each in list(entries)[:8])
        raise FetchError(
            f"{shown(base)} has no chart {printable(chart)}", hint=f"it has {known}" if known else "its index is empty"
        )
    found: dict[str, Version] = {}
    for each in entries[chart] if isinstance(entries[chart], list) else []:
        entry = _mapping(each)
        urls = entry.get("urls")
        version = str(entry.get("version", ""))
        if is_version(version) and isinstance(urls, list) and urls and isinstance(urls[0], str):
            place = urljoin(f"{base.rstrip('/')}/", urls[0])
            digest = str(entry.get("digest") or "").removeprefix("sha256:").lower()
            found.setdefault(version, Version(version, place, digest, str(entry.get("created") or "")))
    return Index(found, answer.headers.get("etag", ""))


def _parsed(body: bytes, url: str) -> Mapping[str, Any]:
    try:
        return _mapping(orjson.loads(body))
    except orjson.JSONDecodeError:
        pass
    documents, problem = load(body, "index.yaml")
    if problem is not None:
        # Not its text: it may be a page for people, or something that is none of ours.
        raise FetchError(
            f"{shown(url)} is no index of charts (line {problem.line})", hint="check the repository's address"
        )
    return _mapping(documents[0][2] if documents else None)


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}
