"""What was rendered, by everything that it follows from: the latest in memory, and on disk for the next start.

A file of the disk cache holds one source's objects as JSON, compressed, behind a checksum; damaged, foreign or old ones
are dropped. Folder 0700, files 0600. What may never stand on disk does not: an entry with a Secret that has values,
whatever was decrypted, and what comes from outside of the repositories. A chart that renders something else each time stays
what it was when it was first rendered, so that it is no drift of its own.
"""

from __future__ import annotations

import hashlib
import os
import tempfile
import threading
import zlib
from collections import OrderedDict
from collections.abc import Iterable
from contextlib import suppress
from pathlib import Path
from typing import Any

import orjson

from gitops_tui import __version__
from gitops_tui.model.keys import GVK, ResourceKey
from gitops_tui.model.manifest import Manifest, Origin
from gitops_tui.records import dataclass

_FORMAT = b"gitops-tui render 2\n"
_FOUND = b"gitops-tui found 1\n"
_SUM = 16
_MOST_OBJECTS = 200_000
_MOST_ENTRIES = 10_000
_LOOK_EVERY = 50
_MOST_BYTES = 400_000_000


@dataclass(frozen=True, slots=True)
class Rendered:
    """What came out. source_type: "Directory", "Kustomize" or "Helm". transient: must not be written to disk, because
    something in it was decrypted or may be another tomorrow."""

    manifests: tuple[Manifest, ...]
    warnings: tuple[str, ...] = ()
    source_type: str = "Directory"
    transient: bool = False


class Memory:
    """The latest results; bounded by their number and by the objects in them."""

    def __init__(self, entries: int = _MOST_ENTRIES, objects: int = _MOST_OBJECTS) -> None:
        self._entries, self._objects = entries, objects
        self._kept: OrderedDict[bytes, Rendered] = OrderedDict()
        self._held = 0
        self._lock = threading.Lock()

    def get(self, key: bytes) -> Rendered | None:
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
            return found

    def put(self, key: bytes, rendered: Rendered) -> None:
        with self._lock:
            before = self._kept.pop(key, None)
            self._held += len(rendered.manifests) - (len(before.manifests) if before else 0)
            self._kept[key] = rendered
            while len(self._kept) > 1 and (len(self._kept) > self._entries or self._held > self._objects):
                _, gone = self._kept.popitem(last=False)
                self._held -= len(gone.manifests)

    def clear(self) -> None:
        with self._lock:
            self._kept.clear()
            self._held = 0


class Disk:
    """folder: made where it is not there. limit: bytes that all files may take; the least recently used go first.
    Nothing here ever raises: a cache that can't be used is no cache."""

    def __init__(self, folder: Path, limit: int) -> None:
        self.folder = folder
        self.limit = limit
        self._written = 0
        self._lock = threading.Lock()

    def _file(self, key: bytes) -> Path:
        return self.folder / hashlib.blake2b(key, digest_size=20).hexdigest()

    def get(self, key: bytes) -> Rendered | None:
        """None for what is not there, damaged, or of another version of this program."""
        file = self._file(key)
        try:
            data = file.read_bytes()
        except OSError:
            return None
        found = _decoded(data, key)
        with suppress(OSError):
            if found is None:
                file.unlink()
            else:
                os.utime(file)  # last used now
        return found

    def put(self, key: bytes, rendered: Rendered) -> None:
        """Writes an entry whole or not at all; not at all where it must not stand on disk."""
        if rendered.transient:
            return
        if _has_secret(rendered.manifests):
            self._put_found(key, rendered)
            return
        try:
            data = _encoded(key, rendered)
        except (TypeError, ValueError, OverflowError):
            return
        self._write(self._file(key), data)

    def found(self, key: bytes) -> dict[ResourceKey, tuple[str, ...]]:
        """Which fields an earlier rendering of what is not kept itself gave at random."""
        try:
            data = self._file(key).with_suffix(".found").read_bytes()
        except OSError:
            return {}
        head, packed = len(_FOUND), data[len(_FOUND) + _SUM :]
        if not data.startswith(_FOUND) or data[head : head + _SUM] != _sum(packed):
            return {}
        try:
            return {ResourceKey(*key): tuple(pointers) for *key, pointers in orjson.loads(packed)}
        except (ValueError, TypeError):
            return {}

    def _put_found(self, key: bytes, rendered: Rendered) -> None:
        """Names of fields alone, no value of any."""
        listed = [
            [each.key.group, each.key.kind, each.key.namespace, each.key.name, list(each.random)]
            for each in rendered.manifests
            if each.random
        ]
        if listed:
            packed = orjson.dumps(listed)
            self._write(self._file(key).with_suffix(".found"), _FOUND + _sum(packed) + packed)

    def _write(self, place: Path, data: bytes) -> None:
        if len(data) > self.limit // 4:
            return
        name = ""
        try:
            self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            handle, name = tempfile.mkstemp(dir=self.folder, prefix=".")
            with os.fdopen(handle, "wb") as file:
                file.write(data)
            Path(name).replace(place)
        except OSError:
            with suppress(OSError):
                if name:
                    Path(name).unlink()
            return
        with self._lock:
            self._written += 1
            look = self._written % _LOOK_EVERY == 1
        if look:
            self.shrink()

    def shrink(self) -> None:
        """Drops the least recently used files past the limit."""
        found = []
        with suppress(OSError):
            for entry in os.scandir(self.folder):
                with suppress(OSError):
                    state = entry.stat(follow_symlinks=False)
                    found.append((state.st_mtime_ns, state.st_size, entry.path))
        total = sum(size for _, size, _ in found)
        for _, size, path in sorted(found):
            if total <= self.limit:
                break
            with suppress(OSError):
                Path(path).unlink()
            total -= size


def _has_secret(manifests: Iterable[Manifest]) -> bool:
    return any(
        each.key.kind == "Secret" and not each.key.group and (each.obj.get("data") or each.obj.get("stringData"))
        for each in manifests
    )


def _encoded(key: bytes, rendered: Rendered) -> bytes:
    content: list[Any] = [
        __version__,
        _whose(key),
        rendered.source_type,
        list(rendered.warnings),
        [
            [
                each.api_version,
                each.key.name,
                each.obj,
                each.digest,
                each.origin.path,
                each.origin.document,
                each.origin.line,
                list(each.random),
            ]
            for each in rendered.manifests
        ],
        rendered.manifests[0].origin.commit if rendered.manifests else "",
    ]
    packed = zlib.compress(orjson.dumps(content), 1)
    return _FORMAT + _sum(packed) + packed


def _decoded(data: bytes, key: bytes) -> Rendered | None:
    head = len(_FORMAT)
    packed = data[head + _SUM :]
    if not data.startswith(_FORMAT) or data[head : head + _SUM] != _sum(packed):
        return None
    try:
        inflater = zlib.decompressobj()
        text = inflater.decompress(packed, _MOST_BYTES)
        version, whose, kind, warnings, listed, commit = orjson.loads(text)
        if version != __version__ or whose != _whose(key):
            return None
        manifests = tuple(
            Manifest(
                ResourceKey(
                    GVK.of(api, obj["kind"]).group, obj["kind"], (obj["metadata"].get("namespace") or ""), name
                ),
                api,
                obj,
                Origin(path, document, line, commit),
                digest,
                tuple(random),
            )
            for api, name, obj, digest, path, document, line, random in listed
        )
    except (zlib.error, ValueError, TypeError, KeyError, AttributeError):
        return None
    return Rendered(manifests, tuple(warnings), kind)


def _whose(key: bytes) -> str:
    # Not the key itself: an application's inline values are in it.
    return hashlib.sha256(key).hexdigest()


def _sum(packed: bytes) -> bytes:
    return hashlib.blake2b(packed, digest_size=_SUM).digest()
