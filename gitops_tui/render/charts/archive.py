"""A chart's archive -> its files, within bounds: nothing is unpacked to disk, no path leaves the chart."""

from __future__ import annotations

import io
import tarfile
import zlib
from collections.abc import Mapping

from gitops_tui.errors import FetchError
from gitops_tui.model.text import printable

_MOST_FILES = 20_000
_CHUNK = 1 << 20


def unpack(data: bytes, shown: str, *, limit: int, strip: bool = True) -> Mapping[str, bytes]:
    """Path -> content, sorted. limit: bytes unpacked. strip: without the chart's own folder, which the paths begin with.
    Raises FetchError for what is no archive, too large, or not safe."""

    def bad(what: str, hint: str = "") -> FetchError:
        return FetchError(f"the chart {shown} {what}", hint=hint)

    found: dict[str, bytes] = {}
    total = 0
    try:
        with tarfile.open(fileobj=io.BytesIO(_inflate(data, limit, bad)), mode="r:") as archive:
            for number, member in enumerate(archive):
                if number >= _MOST_FILES:
                    raise bad(f"holds more than {_MOST_FILES} files")
                if member.isdir():
                    continue
                name = member.name.removeprefix("./")
                parts = name.split("/")
                if name.startswith("/") or any(part in ("", ".", "..", ".git") for part in parts) or "\\" in name:
                    raise bad(f"holds {printable(name)[:100]!r}, which is not a safe path")
                if any(ord(char) < 32 or ord(char) == 127 for char in name):
                    raise bad(f"holds {printable(name)[:100]!r}, which is not a safe path")
                if not member.isfile():
                    raise bad(f"holds {printable(name)[:100]}, which is a link or a device")
                if strip and len(parts) < 2:
                    continue  # as helm, which takes only what lies in the chart's folder
                total += member.size
                if total > limit:
                    raise bad(f"is larger than {limit} bytes unpacked", _RAISE)
                file = archive.extractfile(member)
                found["/".join(parts[1:]) if strip else name] = file.read() if file else b""
    except (tarfile.TarError, EOFError, UnicodeError, ValueError) as error:
        raise bad(f"is no archive that can be read: {printable(str(error))[:200]}") from None
    if strip and "Chart.yaml" not in found:
        raise bad("holds no Chart.yaml")
    return dict(sorted(found.items()))


_RAISE = "raise max_unpacked_chart_bytes in the settings if it has to be"


def _inflate(data: bytes, limit: int, bad: object) -> bytes:
    """gunzip, which stops at the limit (and what a tar needs beside its files)."""
    assert callable(bad)
    if data[:2] != b"\x1f\x8b":
        raise bad("is no gzip archive")
    most = limit + limit // 4 + 20_000_000
    made = bytearray()
    inflater = zlib.decompressobj(wbits=31)
    rest = data
    try:
        while rest:
            made += inflater.decompress(rest, _CHUNK)
            if len(made) > most:
                raise bad(f"is larger than {limit} bytes unpacked", _RAISE)
            rest = inflater.unconsumed_tail
            if inflater.eof:
                rest = inflater.unused_data
                if not rest.startswith(b"\x1f\x8b"):
                    break
                inflater = zlib.decompressobj(wbits=31)
    except zlib.error as error:
        raise bad(f"is no archive that can be read: {error}") from None
    return bytes(made)
