"""Amounts of CPU and memory as a person reads them."""

from __future__ import annotations


def cores(value: float) -> str:
    """ "120m", "1.5"."""
    return f"{value * 1000:.0f}m" if value < 1 else f"{value:.3g}"


def size(value: float) -> str:
    """Bytes as "210Mi", "1.5Gi"."""
    for unit, factor in (("Gi", 2**30), ("Mi", 2**20), ("Ki", 2**10)):
        if value >= factor:
            return f"{value / factor:.3g}{unit}"
    return f"{value:.0f}"
