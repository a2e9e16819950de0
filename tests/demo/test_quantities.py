"""Quantities come back in the form in which a real API server writes them."""

from __future__ import annotations

import pytest

from gitops_tui.demo.registry.quantity import canonical


@pytest.mark.parametrize(
    ("given", "written"),
    [
        ("1000m", "1"),
        ("0.5", "500m"),
        ("1.5", "1500m"),
        ("1024Mi", "1Gi"),
        ("1536Mi", "1536Mi"),
        ("0.5Gi", "512Mi"),
        ("1000k", "1M"),
        ("0", "0"),
        ("-2", "-2"),
        ("1e3", "1e3"),
        ("100m", "100m"),
        ("2.50", "2500m"),
    ],
)
def test_canonical(given: str, written: str) -> None:
    assert canonical(given) == written


@pytest.mark.parametrize("given", ["", "abc", "1x", "--1", "1 Gi", "Ki"])
def test_what_is_no_quantity_is_refused(given: str) -> None:
    with pytest.raises(ValueError, match="quantities must match"):
        canonical(given)
