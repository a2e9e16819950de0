"""What the API server's dry runs said, kept by what it depends on.

An answer is kept by what was applied and by the live object's resourceVersion. Where only the status or another
manager's note has moved the resourceVersion on, the answer still holds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, MutableMapping
from typing import Any

import orjson

from gitops_tui.compare import clean_live
from gitops_tui.model.keys import ResourceKey
from gitops_tui.model.manifest import Manifest
from gitops_tui.records import dataclass, replace

# Seconds for which a sync takes the answer to a verdict's dry run for its own dry run of the same.
_MOMENT = 30.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What a dry run said. digest: of what was applied; version: the live resourceVersion; content: a hash of the live
    object without status. result: the object as it would be, why it was refused, or None where nothing was said.
    again: when it may be asked again, asked: when it was asked (the loop's time); trouble: why nothing was said, ""
    where the link was down."""

    digest: str
    version: str
    content: bytes
    result: dict[str, Any] | str | None
    again: float = 0.0
    asked: float = 0.0
    trouble: str = ""


def content_of(live: Mapping[str, Any]) -> bytes:
    """A hash of a live object, its owners included, without what moves by itself."""
    metadata = live.get("metadata")
    managed = metadata.get("managedFields") if isinstance(metadata, Mapping) else None
    owners = [
        (each.get("manager"), each.get("operation"), each.get("fieldsV1"))
        for each in (managed if isinstance(managed, list) else ())
        if isinstance(each, Mapping) and each.get("subresource") != "status"
    ]
    try:
        text = orjson.dumps([clean_live(live), owners], option=orjson.OPT_SORT_KEYS)
    except (TypeError, ValueError):
        return b""
    return hashlib.blake2b(text, digest_size=16).digest()


def just_tried(
    answers: Mapping[ResourceKey, Answer], manifest: Manifest | None, live: Mapping[str, Any] | None, now: float
) -> bool:
    """Whether this very apply was tried a moment ago, on the object as it is now, and was not refused."""
    if manifest is None or live is None:
        return False
    known = answers.get(manifest.key)
    if known is None or known.digest != manifest.digest or not isinstance(known.result, dict):
        return False
    return known.version == str(live["metadata"].get("resourceVersion")) and now - known.asked <= _MOMENT


def answer_for(
    answers: MutableMapping[ResourceKey, Answer], manifest: Manifest, live: Mapping[str, Any]
) -> Answer | None:
    """The answer that still holds for these two sides, None where there is none."""
    known = answers.get(manifest.key)
    if known is None or known.digest != manifest.digest:
        return None
    version = str(live["metadata"].get("resourceVersion"))
    if known.version == version:
        return known
    if known.content and known.content == content_of(live):
        known = answers[manifest.key] = replace(known, version=version)
        return known
    return None
