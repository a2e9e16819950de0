"""What a real cluster's OpenAPI documents say of a custom kind is what its CRD says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from gitops_tui.compare import compare
from gitops_tui.schema import builtin, with_openapi
from tests.compare import zoo
from tests.compare.server import Refused, Server
from tests.support.waiting import until

pytestmark = pytest.mark.real


def test_a_custom_kind_by_the_clusters_openapi(real_kubeconfig: Path) -> None:
    server = Server(real_kubeconfig)
    for crd in zoo.CRDS:
        server.apply(crd)

    def document() -> dict[str, Any]:
        try:
            said = server.ask("GET", "/openapi/v3/apis/zoo.example/v1")
        except Refused:
            return {}
        return said if "Widget" in str(said) else {}

    schemas = with_openapi(builtin(), until(document))
    git = zoo.named(zoo.CUSTOM[0], "w")
    live = zoo.named(zoo.CUSTOM[0], "w")
    live["spec"]["parts"].reverse()
    live["spec"]["zones"].reverse()
    live["spec"] |= {"size": 3}
    assert not compare(git, live, schema=schemas).is_drifted
    assert compare(git, live).is_drifted
