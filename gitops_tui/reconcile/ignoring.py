"""Ignore rules made from a difference: what one would hide, and taking it into the user's own settings."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from concurrent.futures import Future
from pathlib import Path

from gitops_tui.compare import compare
from gitops_tui.compare.ignore import rules_for
from gitops_tui.errors import GitOpsError
from gitops_tui.model.application import IgnoreRule
from gitops_tui.model.drift import DriftKind
from gitops_tui.model.ignoring import HiddenBy, IgnorePreview
from gitops_tui.model.snapshot import ResourceState, Snapshot
from gitops_tui.reconcile.part import EnginePart
from gitops_tui.reconcile.randomness import random_rules
from gitops_tui.reconcile.rules import rules_of, speaks_of
from gitops_tui.records import replace
from gitops_tui.settings import Settings

_PREVIEW = "the rule that is looked at"


class IgnoreCommands(EnginePart):
    """The engine's part of it."""

    def preview_ignore(self, rule: IgnoreRule) -> Future[IgnorePreview]:
        work = asyncio.to_thread(previewed, self.snapshot, rule, self.settings)
        return asyncio.run_coroutine_threadsafe(work, self.loop)

    def ignore(self, rule: IgnoreRule, path: Path | None = None) -> Future[Path]:
        return asyncio.run_coroutine_threadsafe(self._ignore(rule, path), self.loop)

    async def _ignore(self, rule: IgnoreRule, path: Path | None) -> Path:
        if self.settings.read_only:
            raise GitOpsError("this session is read-only", hint="copy the rule instead, or start without --read-only")
        from gitops_tui.compare.rulefor import rule_dict
        from gitops_tui.settings_edit import add_ignore_rule

        written, rules = await asyncio.to_thread(add_ignore_rule, rule_dict(rule), path)
        # The file may hold rules that came since this session began: they hold from now on as well.
        self.settings = replace(self.settings, ignore_differences=rules)
        for runtime in self.runtimes.values():
            runtime.all_dirty = True
        self.wake()
        return written


def previewed(snapshot: Snapshot, rule: IgnoreRule, settings: Settings) -> IgnorePreview:
    """What a rule would hide of what is drifted now. Slow where much is drifted: not for the loop."""
    probe = replace(rule, source=_PREVIEW)
    found: list[HiddenBy] = []
    problem = ""
    for app, state in snapshot.applications.items():
        if not speaks_of(rule, state.app):
            continue
        rules = (*rules_of(state.app, settings), probe)
        for key, each in state.resources.items():
            if each.drift.kind is not DriftKind.MODIFIED or each.hook or not rules_for((probe,), key):
                continue
            hidden, left, warning = _hidden(each, (*random_rules(each.manifest), *rules), settings)
            problem = problem or warning
            if hidden:
                found.append(HiddenBy(app, key, hidden, not left))
    return IgnorePreview(tuple(found), problem)


def _hidden(
    state: ResourceState, rules: tuple[IgnoreRule, ...], settings: Settings
) -> tuple[tuple[str, ...], bool, str]:
    """The paths that the last rule hides of one object, whether anything is left, and what is wrong with the rule."""
    manifest, live = state.manifest, state.live
    if manifest is None or live is None:
        return (), True, ""
    schema: Mapping[str, object] | None = state.drift.types  # type: ignore[assignment]  # a Node, where there is one
    drift = compare(
        manifest.obj,
        live,
        schema=schema,
        ignore=rules,
        client_managers=settings.client_managers,
        mask_keys=settings.mask_keys,
    )
    counted = {each.path for each in state.drift.differences}
    hidden = tuple(each.path for each in drift.hidden if each.ignored_by.startswith(_PREVIEW))
    warning = next((each for each in drift.warnings if each.startswith(_PREVIEW)), "")
    return hidden, bool(counted - {each.path for each in drift.hidden}), warning.removeprefix(f"{_PREVIEW}: ")
