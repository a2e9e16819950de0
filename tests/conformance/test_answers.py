"""Each case, on the embedded cluster and on a real API server: both give the recorded answers.

The answers in `answers/` are a real server's, recorded with GITOPS_TUI_TEST_RECORD=1 (and a real server's kubeconfig in
GITOPS_TUI_TEST_KUBECONFIG); nobody types them. Where the embedded cluster answers otherwise, on purpose or not, the
case stands in DIFFERENCES.md with the reason; a case that stands there and agrees fails.
"""

from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest

from tests.conformance.case_steps import Case, Table
from tests.conformance.cases import TABLES

HERE = Path(__file__).parent
RECORD = os.environ.get("GITOPS_TUI_TEST_RECORD") == "1"
ROW = re.compile(r"^\| `(?P<key>.+?: .+?)` \|")


DIFFERENT = {found["key"] for line in (HERE / "DIFFERENCES.md").read_text().splitlines() if (found := ROW.match(line))}


def recorded(subject: str) -> dict[str, Any]:
    place = HERE / "answers" / f"{subject}.json"
    found: dict[str, Any] = json.loads(place.read_text()) if place.exists() else {}
    return found


ANSWERS = {table.subject: recorded(table.subject) for table in TABLES}


def _params(tables: list[Table]) -> list[Any]:
    found = []
    for server in ("demo", "real"):
        for table in tables:
            for case in table:
                key = f"{table.subject}: {case.name}"
                marks: list[Any] = [pytest.mark.real] if server == "real" else []
                if server == "demo" and key in DIFFERENT:
                    marks.append(pytest.mark.xfail(reason="listed in DIFFERENCES.md", strict=True))
                found.append(pytest.param(server, table.subject, case, marks=marks, id=f"{server}-{key}"))
    return found


@pytest.mark.parametrize(("server", "subject", "case"), _params(TABLES))
def test_answers(server: str, subject: str, case: Case, request: pytest.FixtureRequest) -> None:
    told = request.getfixturevalue(f"{server}_runner").told(f"{subject}: {case.name}")
    if RECORD and server == "real":
        ANSWERS[subject][case.name] = told
        return
    assert told == ANSWERS[subject].get(case.name), "the answers differ from a real server's"


def test_every_name_is_there_once_and_every_listed_case_is_there() -> None:
    keys = [f"{table.subject}: {case.name}" for table in TABLES for case in table]
    assert len(keys) == len(set(keys))
    assert not DIFFERENT - set(keys)


@pytest.fixture(scope="module", autouse=True)
def _writes_records() -> Any:
    yield
    if not RECORD:
        return
    for table in TABLES:
        names = [case.name for case in table if case.name in ANSWERS[table.subject]]
        lines = []
        for name in names:
            steps = ",\n".join(
                "  " + json.dumps(step, sort_keys=True, ensure_ascii=False) for step in ANSWERS[table.subject][name]
            )
            lines.append(f" {json.dumps(name, ensure_ascii=False)}: [\n{steps}\n ]")
        place = HERE / "answers" / f"{table.subject}.json"
        place.write_text("{\n" + ",\n".join(lines) + "\n}\n")
