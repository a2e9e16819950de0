"""The order within a phase: waves, and in a wave the kinds that others need first."""

from __future__ import annotations

from gitops_tui.model.installorder import ARGOCD
from gitops_tui.model.keys import ResourceKey

_RANK = {kind: rank for rank, kind in enumerate(ARGOCD)}


def kind_rank(kind: str) -> int:
    """Smaller comes first."""
    return _RANK.get(kind, len(ARGOCD))


def order(wave: int, key: ResourceKey) -> tuple[int, int, str, str, str]:
    """What to sort by inside one phase: wave, kind, then names."""
    # Namespaces and CRDs come before everything of a phase that could need them, whatever their kind's neighbours.
    return (wave, kind_rank(key.kind), key.kind, key.namespace, key.name)
