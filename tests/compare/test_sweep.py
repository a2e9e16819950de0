"""Our verdict and its paths beside a real API server's answers on every field in every odd form; `sweep` says how."""

from __future__ import annotations

import os
import random
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from gitops_tui.compare import clean_live, compare, confirm
from tests.compare import sweep
from tests.compare.server import Server

# Where we say that something differs and the server does not: a dry run settles it, and these are known.
OVERCAUTIOUS = {
    r"schedulingGroup: \{\}|scheduling: \{\}|(user|defaultUser): 0|mode: |stopSignal: |preferredHolder: |strategy: ''"
    r"|\[protocol: ''\] .*httpGet": "a field of a feature that is off is dropped",
    r"sessionAffinityConfig: \{\}|dataSource: \{\}": "an empty struct is dropped",
    r"volumeClaimTemplates/1/(apiVersion|kind)": "the kind of a claim's template is set by the server",
    r"replicationcontroller.*labels": "labels are taken over from the template",
    r"hpa-one.*spec/(scaleTargetRef|maxReplicas|targetCPU)": "a later version's controller owns the status: nothing is pruned",
    r"\[null\].*(updateStrategy/rollingUpdate|mapobj/y|embp/spec|objv|keepp)": "a null that is dropped",
}
# Where the server says that something differs and we do not.
MISSED = {
    r"Git \[no text\] .*caBundle": "who leaves a bundle empty has it filled in by others, and that is none of ours",
    r"^sweep-agg ": "the rules of an aggregated role are the controller's, though Git sets none",
}
# Where both say that something differs, and the paths are others.
OTHERWISE = {
    r"ports/1/protocol": "two ports of one key are there then",
    r"serviceaccount.*secrets/0/name": "an item without its key",
    r"hpa-one.*spec": "a later version's controller owns the status: nothing is pruned",
}


# What is no default: an allocator or a controller has chosen it.
ASSIGNED = re.compile(
    r"^spec\.(clusterIPs?|ipFamilies|finalizers|selector|template\.metadata|ports\[.*\]\.nodePort)$",
)


def known(what: str, table: dict[str, str]) -> bool:
    return any(re.search(pattern, what) for pattern in table)


def faults(base: str, live: dict[str, Any], forms: list[sweep.Form]) -> list[str]:
    """What is wrong with our verdicts, each as text."""
    found = []
    for form in forms:
        if form.answer is None:
            continue
        drift = compare(form.obj, live, schema=sweep.schema_of(form.obj))
        ours = [each.path for each in drift.differences]
        what = f"{base} {form}"
        if drift.is_drifted != bool(form.answer):
            if not known(what, MISSED if form.answer else OVERCAUTIOUS):
                found.append(f"{what}: ours {ours[:5]}, the server's {form.answer[:5]}")
        elif wrong := [one for one in ours if not any(sweep.near(one, other) for other in form.answer)]:
            if not known(what, OTHERWISE):
                found.append(f"{what}: nothing changes at {wrong[:5]}, but at {form.answer[:5]}")
    return found


@pytest.mark.parametrize("base", sweep.recorded())
def test_the_verdict_is_what_the_server_said(base: str) -> None:
    obj, record = sweep.bases()[base], sweep.recorded()[base]
    forms = list(sweep.forms(obj, record["live"], sweep.node_of(obj)))
    assert len(forms) == len(record["answers"]), "record the answers anew: python -m tests.compare.sweep KUBECONFIG"
    told = [replace(form, answer=answer) for form, answer in zip(forms, record["answers"], strict=True)]
    assert not faults(base, record["live"], told)


@pytest.mark.parametrize("base", sweep.recorded())
def test_defaults_in_git_are_equal_to_what_stands_nowhere(base: str) -> None:
    """Git as an API server would give it, against a live object without a single default."""
    obj, full = sweep.bases()[base], clean_live(sweep.recorded()[base]["live"])
    drift = compare(full, obj, schema=sweep.schema_of(obj))
    told = [each.path for each in drift.differences if not each.path.startswith("metadata")]
    assert not [each for each in told if not ASSIGNED.search(each)]


@pytest.mark.real
def test_the_verdict_is_the_servers(real_kubeconfig: Path) -> None:
    server = Server(real_kubeconfig)
    sweep.served(server)
    found = []
    for base, obj in sweep.bases().items():
        asked = list(sweep.ask(server, obj))
        found += faults(base, asked[0][0], [form for _, form in asked])
    assert not found, "\n".join(found)


@pytest.mark.real
def test_the_verdict_is_the_servers_where_others_changed_the_object(real_kubeconfig: Path) -> None:
    server, chance = Server(real_kubeconfig), random.Random(int(os.environ.get("GITOPS_TUI_SEED", "7")))
    sweep.served(server)
    found, asked = [], 0
    for base, obj in sweep.bases().items():
        # Its controller deletes Endpoints without a Service.
        many = 0 if obj["kind"] == "Endpoints" else int(os.environ.get("GITOPS_TUI_ROUNDS", "4"))
        for what, git, live, dry in sweep.by_others(server, obj, many, chance):
            form = sweep.Form(what, "", git, sweep.answer(live, dry, sweep.node_of(obj)))
            asked += 1
            found += faults(base, live, [form])
            drift = compare(git, live, schema=sweep.schema_of(obj))
            settled = confirm(drift, live, dry, desired=git, schema=sweep.schema_of(obj)) if drift.is_drifted else drift
            assert settled.is_drifted == bool(form.answer) or known(what, MISSED), what
    assert asked
    assert len(found) <= asked * 0.005, "\n".join(found)
