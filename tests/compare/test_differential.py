"""Our verdict is a real API server's, for a seeded run of mutations by several actors; `differential` says how.

A few hundred by default; GITOPS_TUI_ROUNDS=200 asks for 200 mutations of each of the 21 kinds, GITOPS_TUI_SEED for another run.
"""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.compare import zoo
from tests.compare.differential import run
from tests.compare.server import Server

pytestmark = pytest.mark.real


@pytest.fixture
def server(real_kubeconfig: Path) -> Server:
    made = Server(real_kubeconfig)
    for crd in zoo.CRDS:
        made.apply(crd)
    for obj in zoo.CUSTOM:
        made.until_served(zoo.named(obj, "zoo-probe"))
    return made


def test_our_verdict_is_the_servers(server: Server) -> None:
    seed, rounds = int(os.environ.get("GITOPS_TUI_SEED", "7")), int(os.environ.get("GITOPS_TUI_ROUNDS", "15"))
    tally = run(server, seed, rounds)
    share = tally.agreed / tally.asked
    print(
        f"\n{tally.asked} mutations ({tally.drifted} drifted, {tally.refused} refused by the server): "
        f"{share:.2%} agree locally, {tally.confirmed / tally.asked:.2%} once confirmed; "
        f"the paths agree in {tally.paths} of {tally.both}"
    )
    for each in tally.wrong + tally.wrong_paths:
        print(f"  {each}")
    assert len(tally.kinds) == len(zoo.ALL)
    assert share >= 0.995, tally.wrong
    assert not tally.wrong_confirmed
    # What comes with a change by the server's own defaults is known only once it is confirmed.
    assert tally.paths / tally.both >= 0.98, tally.wrong_paths
