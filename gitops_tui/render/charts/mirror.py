"""The versions of one chart as commits of a bare repository in the user's cache folder.

A version's commit has no parent and follows from the archive alone (its files, its version, when it was made), so that
two machines give it the same SHA. What the remote offers is kept beside it, so that a chart that was pulled once can be
rendered while the remote is away.
"""

from __future__ import annotations

import difflib
import hashlib
import json
import re
import shutil
import tempfile
import threading
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, NoReturn

from gitops_tui.errors import FetchError, GitError, GitStopped, RevisionNotFound
from gitops_tui.git import revisions
from gitops_tui.git.command import Stop, run
from gitops_tui.git.credentials import Credentials
from gitops_tui.git.lock import locked
from gitops_tui.git.remote import Progress
from gitops_tui.git.repository import Repository
from gitops_tui.git.semver import is_range, is_version, newest
from gitops_tui.model.application import CHART_PREFIX
from gitops_tui.model.revision import Commit
from gitops_tui.model.text import printable, redact
from gitops_tui.render.charts.archive import unpack
from gitops_tui.render.charts.download import Download
from gitops_tui.render.charts.index import Index, Version, read_index
from gitops_tui.render.charts.registry import Registry
from gitops_tui.settings import Settings

CredentialsForChart = Callable[[str], Credentials]
_SHA = re.compile(r"[0-9a-f]{7,64}")
_CHART_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._/-]*")


def open_chart(
    address: str,
    *,
    settings: Settings,
    credentials: CredentialsForChart,
    progress: Progress | None = None,
    stop: Stop | None = None,
) -> ChartMirror:
    """The mirror of a chart; no network yet. Raises FetchError for an address that can't be one."""
    del progress, stop
    base, _, rest = address.removeprefix(CHART_PREFIX).partition("#")
    chart, _, option = rest.partition("#")
    if (chart and not _CHART_NAME.fullmatch(chart)) or ".." in chart or not base:
        raise FetchError(f"{printable(chart)[:100]!r} can't be the name of a chart")
    clean = re.sub(r"//[^/@]*@", "//", base)
    key = hashlib.sha256(f"{clean}#{chart}".encode()).hexdigest()[:16]
    tail = re.sub(r"[^a-zA-Z0-9._-]+", "-", chart or clean.rsplit("/", 1)[-1])[:40]
    folder = settings.cache_folder / "charts" / f"{tail}-{key}"
    try:
        _prepare(folder, settings)
    except OSError as error:
        raise FetchError(
            f"the chart {printable(chart)} can't be kept in {printable(str(folder.parent))}: {error.strerror}",
            hint="set cache_folder in the settings to a folder with room that you may write to",
        ) from error
    return ChartMirror(folder, base, chart, settings, lambda: credentials(base), option == "pass")


def _prepare(folder: Path, settings: Settings) -> None:
    folder.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    with locked(folder, timeout=settings.git_timeout):
        if (folder / "complete").exists():
            return
        made = Path(tempfile.mkdtemp(prefix="chart-", dir=folder.parent))
        run(None, "init", "--bare", "--quiet", "--initial-branch=none", "--", str(made))
        (made / "complete").touch()
        shutil.rmtree(folder, ignore_errors=True)
        made.rename(folder)


class ChartMirror(Repository):
    """See the module. Every version is a tag; `resolve` pulls what is not here yet. Raises FetchError beside what a
    Repository raises."""

    def __init__(
        self,
        folder: Path,
        base: str,
        chart: str,
        settings: Settings,
        credentials: Callable[[], Credentials],
        pass_credentials: bool,
    ) -> None:
        self.base = base.rstrip("/")
        self.chart = chart
        shown = printable(redact(f"{self.base}/{chart}".rstrip("/")))
        super().__init__(folder, url=shown, settings=settings)
        self._credentials = credentials
        self._pass = pass_credentials
        self._work = threading.RLock()
        self._state: dict[str, Any] = self._load()
        self._seen: dict[str, str] = {}

    @property
    def is_local(self) -> bool:
        return False

    @property
    def read_only(self) -> bool:
        return True

    @property
    def name(self) -> str:
        return self.chart.rsplit("/", 1)[-1] or self.base.rsplit("/", 1)[-1]

    @property
    def _is_registry(self) -> bool:
        return self.base.startswith("oci://")

    # --- what the remote offers -----------------------------------------------------------------------------------

    def fetch(self, *, progress: Progress | None = None, stop: Stop | None = None) -> bool:
        """Looks at the remote; True where it offers something else than before. Raises FetchError."""
        del progress
        if stop is not None and stop.is_set():
            raise GitStopped("stopped")
        with self._work:
            if self._is_registry:
                return self._look_at_registry()
            index = read_index(
                self._download(self.base),
                self.base,
                self.chart,
                limit=self.settings.max_unpacked_chart_bytes,
                etag=str(self._state.get("etag", "")) if self._state.get("versions") else "",
            )
            if index is None:
                return self._looked(self._state["versions"])
            return self._looked({name: _as_list(each) for name, each in index.versions.items()}, index)

    def _looked(self, versions: Mapping[str, Any], index: Index | None = None) -> bool:
        first = "fetched" not in self._state
        moved = versions != self._state.get("versions")
        self._state |= {"versions": dict(versions), "fetched": datetime.now(UTC).isoformat()}
        if index is not None:
            self._state["etag"] = index.etag
        self._save()
        return moved and not first

    def _look_at_registry(self) -> bool:
        registry = self._registry()
        versions = dict(self._state.get("versions") or {})
        try:
            # What is gone from the list stays what it was, where it was pulled: tags are not always listed.
            versions |= {each: versions.get(each) or [each, "", "", ""] for each in registry.versions()}
        except FetchError:
            if not versions:
                raise
        for version in list(self._seen):
            if digest := registry.digest(version):
                versions[version] = [version, "", digest, ""]
        return self._looked(versions)

    def last_fetched(self) -> datetime | None:
        """When the remote was last looked at, in whatever session; aware, UTC."""
        try:
            return datetime.fromisoformat(self._state["fetched"])
        except (KeyError, ValueError, TypeError):
            return None

    def _download(self, own: str) -> Download:
        return Download(own, self._credentials, timeout=self.settings.request_timeout, pass_credentials=self._pass)

    def _registry(self) -> Registry:
        address = self.base.removeprefix("oci://") + (f"/{self.chart}" if self.chart else "")
        plain = self._credentials().plain_http
        first = Registry(address, self._download(""), plain_http=plain)
        return Registry(address, self._download(first.base), plain_http=plain)

    def _load(self) -> dict[str, Any]:
        try:
            found = json.loads((self.folder / "versions.json").read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return {}
        return found if isinstance(found, dict) and isinstance(found.get("versions", {}), dict) else {}

    def _save(self) -> None:
        made = tempfile.NamedTemporaryFile("w", dir=self.folder, prefix="versions-", delete=False, encoding="utf-8")  # noqa: SIM115
        with made:
            json.dump(self._state, made)
        Path(made.name).replace(self.folder / "versions.json")

    # --- versions -------------------------------------------------------------------------------------------------

    def versions(self) -> list[str]:
        """All versions that the remote offers, newest first."""
        return sorted(self._state.get("versions") or {}, key=_order, reverse=True)

    def symbol(self, revision: str) -> str:
        """The version that a revision means."""
        return self._version(revision) or revision

    def _version(self, revision: str) -> str:
        revision = revision.strip()
        known = list(self._state.get("versions") or {})
        if revision in ("", "HEAD", "*", "latest") and revision not in known:
            return newest("*", known) or newest(">=0.0.0-0", known)
        if revision in known:
            return revision
        if is_range(revision):
            return newest(revision, known)
        return next((each for each in (f"v{revision}", revision.removeprefix("v")) if each in known), "")

    def resolve(self, revision: str) -> Commit:
        """The commit of the version that a revision means: a version, a range, "HEAD" for the newest that is no
        pre-release, or the SHA of a version that was pulled. Raises RevisionNotFound, FetchError."""
        with self._work:
            version = self._version(revision)
            if not version and _SHA.fullmatch(revision.strip()) and (sha := revisions.verify(self, revision.strip())):
                return self.commit(sha)
            if not version and self._is_registry and is_version(revision):
                version = revision.strip()  # not every registry lists its tags
            if not version:
                self._not_there(revision)
            sha = self._here(version)
            if not sha:
                sha = self._pull(version)
        self._seen[version] = sha
        return self.commit(sha)

    def _not_there(self, revision: str) -> NoReturn:
        known = self.versions()
        near = difflib.get_close_matches(revision, known, 3, 0.5) or known[:5]
        raise RevisionNotFound(
            f"{self.url} has no version {printable(revision)!r}",
            hint=f"there are: {', '.join(printable(each) for each in near)}" if near else "it has no versions",
        )

    def _here(self, version: str) -> str:
        """The commit of a version that was pulled and is still what the remote calls so, "" for none."""
        wanted = (self._state.get("versions") or {}).get(version, ["", "", "", ""])[2]
        pulled = (self._state.get("pulled") or {}).get(version)
        if not isinstance(pulled, list) or (wanted and pulled[0] != wanted):
            return ""
        return revisions.verify(self, f"refs/tags/{version}")

    def _pull(self, version: str) -> str:
        limit, settings = self.settings.max_chart_bytes, self.settings
        strip = True
        if self._is_registry:
            pulled = self._registry().pull(version, limit=limit)
            archive, digest, created, strip = pulled.archive, pulled.digest, pulled.created, pulled.is_chart
        else:
            entry = Version(*self._state["versions"][version])
            archive = self._download(self.base).get(entry.url, limit=limit).body
            digest, created = entry.digest, entry.created
            found = hashlib.sha256(archive).hexdigest()
            if digest and digest != found:
                raise FetchError(
                    f"{self.url} {printable(version)}: the archive is not what the index says (sha256 {found[:12]}…, not "
                    f"{printable(digest)[:12]}…)",
                    hint="someone changed it, or the index is old; it is not used",
                )
        shown = f"{self.url} {printable(version)}"
        files = unpack(archive, shown, limit=settings.max_unpacked_chart_bytes, strip=strip)
        with locked(self.folder, timeout=settings.git_timeout):
            sha = self._commit(version, files, created, hashlib.sha256(archive).hexdigest())
        self._state.setdefault("pulled", {})[version] = [digest, sha]
        if self._is_registry:
            self._state.setdefault("versions", {})[version] = [version, "", digest, created]
        self._save()
        return sha

    def _commit(self, version: str, files: Mapping[str, bytes], created: str, digest: str) -> str:
        """Writes the files and the tag; the SHA."""
        message = f"{self.name} {version}\n\nsha256:{digest}\n".encode()
        when = _seconds(created)
        parts = [
            f"commit refs/tags/{version}\ncommitter {self.name} <> {when} +0000\n".encode(),
            b"data %d\n%s\n" % (len(message), message),
            b"deleteall\n",
        ]
        for path, content in files.items():
            parts.append(f"M 100644 inline {_quoted(path)}\ndata {len(content)}\n".encode("utf-8", "surrogateescape"))
            parts += [content, b"\n"]
        parts.append(b"done\n")
        # A tag that stands already would become the parent.
        run(self.folder, "update-ref", "-d", f"refs/tags/{version}", ok=(0, 1, 128))
        run(
            self.folder,
            "fast-import",
            "--quiet",
            "--done",
            "--force",
            "--date-format=raw",
            stdin=b"".join(parts),
            timeout=self.settings.git_timeout,
        )
        sha = revisions.verify(self, f"refs/tags/{version}")
        if not sha:
            raise GitError(f"{self.url} {printable(version)} can't be kept in {printable(str(self.folder))}")
        return sha


def _as_list(version: Version) -> list[str]:
    return [version.version, version.url, version.digest, version.created]


def _order(version: str) -> tuple[Any, ...]:
    numbers = re.match(r"v?(\d+)(?:\.(\d+))?(?:\.(\d+))?", version)
    return (*(int(each or 0) for each in numbers.groups()), "-" not in version, version) if numbers else (0,)


def _seconds(created: str) -> int:
    try:
        # Python before 3.11 knew six digits at most; registries write nine.
        found = datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", created))
    except ValueError:
        return 0
    return max(0, int((found if found.tzinfo else found.replace(tzinfo=UTC)).timestamp()))


def _quoted(path: str) -> str:
    return '"' + path.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n") + '"'


__all__ = ["ChartMirror", "open_chart"]
