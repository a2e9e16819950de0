"""The commits that touch an application, with what the records say of each."""

from __future__ import annotations

import asyncio

from gitops_tui.reconcile.api import HistoryCommit
from gitops_tui.reconcile.git_questions import GitQuestions
from gitops_tui.reconcile.runtime import Runtime


async def history_of(
    runtime: Runtime, git: GitQuestions, limit: int, skip: int, *, first_parent: bool = True
) -> tuple[HistoryCommit, ...]:
    commits = await asyncio.to_thread(git.log, runtime.app, limit, skip, first_parent=first_parent)
    record, target = runtime.record, runtime.target
    done = record.deployed
    found = []
    waiting = skip == 0
    for number, commit in enumerate(commits):
        deployed = done is not None and await asyncio.to_thread(
            git.stands_for, runtime.app, commit, commits, number, done.revision
        )
        waiting = waiting and not deployed and done is not None
        found.append(
            HistoryCommit(
                commit,
                deployed=deployed,
                pinned=record.pin is not None and record.pin.revision == commit.sha,
                failed=record.failed_revision == commit.sha,
                target=target is not None and number == 0 and skip == 0,
                waiting=waiting,
                rolled_back_from=record.pin is not None and record.pin.rolled_back_from == commit.sha,
                syncs=tuple(each for each in reversed(record.history) if each.revision == commit.sha),
            )
        )
    return tuple(found)
