"""`render APP`: what Git renders, in the order of a sync, as a script or `kubectl` can read it."""

from __future__ import annotations

import argparse
import sys
from typing import Any

from gitops_tui.cli.output import json_out, out
from gitops_tui.cli.session import session
from gitops_tui.compare import displayable
from gitops_tui.compare.show import plain
from gitops_tui.model.manifest import Manifest
from gitops_tui.model.sync import Phase
from gitops_tui.model.text import printable
from gitops_tui.render import dump
from gitops_tui.settings import Settings
from gitops_tui.sync.annotations import hook_phases, hook_words, wave
from gitops_tui.sync.order import order

_PHASES = list(Phase)


def in_sync_order(manifests: tuple[Manifest, ...]) -> list[Manifest]:
    """By phase, wave, kind and name, as a sync applies them; hooks that no sync runs (Skip, PreDelete, …) come last."""

    def place(manifest: Manifest) -> tuple[Any, ...]:
        phases = hook_phases(manifest.obj)
        phase = phases[0] if phases else Phase.SYNC
        never = bool(hook_words(manifest.obj)) and not phases
        return (never, _PHASES.index(phase), *order(wave(manifest.obj), manifest.key))

    return sorted(manifests, key=place)


def render(options: argparse.Namespace, settings: Settings) -> int:
    """The manifests on standard output. Values of Secrets are masked unless --show-secrets."""
    asked = options.at or (options.revision if options.revision != "HEAD" else "")
    with session(options, settings) as work:
        state = work.application(options.app)
        if asked:
            revision = work.wait(work.engine.resolve(state.key, asked)).sha
        else:
            revision = state.revision.sha if state.revision else ""
        manifests = in_sync_order(work.wait(work.engine.manifests(state.key, revision)))
    if options.show_secrets:
        shown = [each.obj for each in manifests]
    else:
        shown = [plain(displayable(each.obj, mask_keys=settings.mask_keys, urls=False)) for each in manifests]
        masked = sum(obj != each.obj for obj, each in zip(shown, manifests, strict=True))
        if masked:
            print(
                f"{masked} of {len(shown)} objects have masked values and can't be applied as they are; "
                "--show-secrets prints them",
                file=sys.stderr,
            )
    if options.output == "json":
        made: dict[str, Any] = {"application": str(state.key), "revision": revision, "manifests": shown}
        if options.show_source:
            made["sources"] = [_source(each) for each in manifests]
        json_out(made)
        return 0
    for each, obj in zip(manifests, shown, strict=True):
        out("---")
        if options.show_source:
            out(f"# {_place(each)}")
        text = dump(obj).rstrip("\n")
        if options.show_secrets:
            # As it is: what redacts credentials in texts would change the object.
            print(printable(text, keep_newlines=True))
        else:
            out(text)
    return 0


def _source(manifest: Manifest) -> dict[str, Any]:
    origin = manifest.origin
    return {"path": origin.path, "document": origin.document, "line": origin.line, "commit": origin.commit}


def _place(manifest: Manifest) -> str:
    """file:document:line; no line where a renderer made the object."""
    origin = manifest.origin
    return f"{origin.path or '.'}:{origin.document}" + (f":{origin.line}" if origin.line else "")
