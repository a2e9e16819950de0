"""What was worked out about an object that differs, kept while its two sides stay the very same.

An object that differs costs ten times what one in sync costs, and it is looked at several times: when it is listed, when
the API server's dry run has answered, when another object's change has everything looked at again.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from gitops_tui.compare import compare, confirm
from gitops_tui.model.application import IgnoreRule
from gitops_tui.model.drift import Drift, Moved
from gitops_tui.model.keys import ResourceKey
from gitops_tui.model.manifest import Manifest
from gitops_tui.records import dataclass
from gitops_tui.schema import SchemaSet
from gitops_tui.settings import Settings


@dataclass(slots=True)
class Looked:
    """One object's. local: the verdict on manifest and live by these rules and types. settled: the dry run's answer,
    whether webhooks count, and the verdict with both. moved: what Git said at the last sync, the verdict that was asked about, and which side moved."""

    manifest: Manifest
    live: Mapping[str, Any]
    rules: tuple[IgnoreRule, ...]
    schemas: SchemaSet
    local: Drift
    settled: tuple[object, bool, Drift] | None = None
    moved: tuple[Manifest | None, Drift, Moved] | None = None

    @property
    def differs(self) -> bool:
        return bool(self.local.differences or self.local.hidden)

    def holds(
        self, manifest: Manifest | None, live: Mapping[str, Any] | None, rules: tuple[IgnoreRule, ...], types: SchemaSet
    ) -> bool:
        """Whether it was of just these."""
        return self.manifest is manifest and self.live is live and self.schemas is types and self.rules == rules


def look(
    kept: dict[ResourceKey, Looked],
    key: ResourceKey,
    manifest: Manifest | None,
    live: dict[str, Any] | None,
    rules: tuple[IgnoreRule, ...],
    schemas: SchemaSet,
    settings: Settings,
    *,
    ahead: bool = False,
) -> tuple[Drift, Looked | None]:
    """The verdict out of memory, and what is kept of an object that differs. ahead: one in sync is kept as well, until it
    is asked for."""
    known = kept.get(key)
    if known is not None and known.holds(manifest, live, rules, schemas):
        if known.differs or ahead:
            return known.local, known
        del kept[key]
        return known.local, None
    drift = compare(
        manifest.obj if manifest is not None else None,
        live,
        schema=schemas,
        ignore=rules,
        client_managers=settings.client_managers,
        mask_keys=settings.mask_keys,
    )
    if manifest is not None and live is not None and (ahead or drift.differences or drift.hidden):
        made = kept[key] = Looked(manifest, live, rules, schemas, drift)
        return drift, made
    kept.pop(key, None)
    return drift, None


def settle(
    looked: Looked | None,
    drift: Drift,
    manifest: Manifest,
    live: dict[str, Any],
    answer: dict[str, Any],
    rules: tuple[IgnoreRule, ...],
    schemas: SchemaSet,
    settings: Settings,
    webhooks: bool,
) -> Drift:
    """The verdict with a dry run's answer. webhooks: whether what admission changes is drift."""
    if looked is not None and looked.settled is not None:
        before, counted, settled = looked.settled
        if before is answer and counted == webhooks:
            return settled
    made = confirm(
        drift,
        live,
        answer,
        desired=manifest.obj,
        schema=schemas,
        client_managers=settings.client_managers,
        ignore=rules,
        include_webhooks=webhooks,
    )
    if looked is not None:
        looked.settled = (answer, webhooks, made)
    return made
