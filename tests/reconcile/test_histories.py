"""Marks of the history stand where they belong, on any page, and searches find words anywhere in it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest

from gitops_tui.model.application import Application, Destination, Source
from gitops_tui.model.keys import AppKey
from gitops_tui.model.record import AppRecord, HistoryEntry, Pin
from gitops_tui.model.sync import Initiator, OperationPhase
from gitops_tui.reconcile.git_questions import GitQuestions
from gitops_tui.reconcile.history import Histories
from gitops_tui.reconcile.repositories import Repositories
from gitops_tui.settings import Settings


@pytest.fixture
def shas(made_repository) -> list[str]:
    """Ten commits, of which the even ones touch the application; oldest first."""
    found = []
    for number in range(10):
        folder = "apps/a" if number % 2 == 0 else "apps/b"
        found.append(
            made_repository.commit({f"{folder}/c.yaml": f"n: {number}\n"}, f"Change {number} (#{40 + number})")
        )
    return found


def app_of(folder: Path) -> Application:
    return Application(AppKey("c", "", "a"), (Source(str(folder), "apps/a"),), Destination())


def histories_of() -> Histories:
    settings = Settings()
    return Histories(GitQuestions(Repositories(settings), settings))


def synced(revision: str, phase: OperationPhase = OperationPhase.SUCCEEDED) -> HistoryEntry:
    now = datetime.now(UTC)
    return HistoryEntry(1, revision, phase, now, now, "dana", Initiator.PERSON)


def test_what_was_deployed_marks_the_newest_commit_that_touches_the_application(made_repository, shas) -> None:
    histories = histories_of()
    # Commit 5 touches another application: the cluster got what commit 4 says.
    record = AppRecord(
        history=(synced(shas[5]),), pin=Pin(shas[3], "dana", datetime.now(UTC), rolled_back_from=shas[7])
    )
    page = histories.page(app_of(made_repository.folder), record, 50, 0)
    assert [each.commit.sha for each in page] == shas[8::-2]
    marks = {each.commit.sha: each.marks for each in page}
    assert marks == {
        shas[8]: ("target", "waiting"),
        shas[6]: ("waiting", "rolled back from"),
        shas[4]: ("deployed",),
        shas[2]: ("pinned",),
        shas[0]: (),
    }


def test_pages_have_the_same_marks_as_the_whole(made_repository, shas) -> None:
    histories = histories_of()
    record = AppRecord(history=(synced(shas[2]),), failed_revision=shas[6])
    app = app_of(made_repository.folder)
    whole = histories.page(app, record, 50, 0)
    pages = [*histories.page(app, record, 2, 0), *histories.page(app, record, 2, 2), *histories.page(app, record, 2, 4)]
    assert tuple(pages) == whole
    assert [each.waiting for each in whole] == [True, True, True, False, False]


@pytest.mark.parametrize(("search", "number"), [("change #44", 4), ("#46", 6), ("CHANGE 2 dana", 2)])
def test_a_search_finds_all_of_its_words(made_repository, shas, search: str, number: int) -> None:
    page = histories_of().page(app_of(made_repository.folder), AppRecord(), 50, 0, search)
    assert [each.commit.sha for each in page] == [shas[number]]


def test_a_search_finds_a_short_sha_and_nothing_where_nothing_is(made_repository, shas) -> None:
    histories = histories_of()
    app = app_of(made_repository.folder)
    assert [each.commit.sha for each in histories.page(app, AppRecord(), 50, 0, shas[2][:8])] == [shas[2]]
    assert histories.page(app, AppRecord(), 50, 0, "nobody wrote this") == ()


def test_a_record_of_a_commit_that_is_gone_leaves_the_list_whole(made_repository, shas) -> None:
    page = histories_of().page(app_of(made_repository.folder), AppRecord(history=(synced("f" * 40),)), 50, 0)
    assert len(page) == 5
    assert not any(each.deployed or each.waiting for each in page)


def test_a_value_file_counts_beside_one_of_another_source(made_repository) -> None:
    made_repository.commit({"chart/Chart.yaml": "apiVersion: v2\nname: a\nversion: 1.0.0\n"}, "chart")
    made_repository.commit({"env/values.yaml": "level: one\n"}, "values")
    helm = {"valueFiles": ["$other/values.yaml", "../env/values.yaml"]}
    sources = (
        Source(str(made_repository.folder), "chart", helm=helm),
        Source("https://example.invalid/b", ref="other"),
    )
    page = histories_of().page(Application(AppKey("c", "", "a"), sources, Destination()), AppRecord(), 50, 0)
    assert [each.commit.subject for each in page] == ["values", "chart"]
