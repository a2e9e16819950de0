"""`gitops-tui action`: one action on one object, as the menu of actions has them."""

from __future__ import annotations

import argparse
import sys

from gitops_tui.cli.chosen import chosen
from gitops_tui.cli.output import json_out, out
from gitops_tui.cli.session import session
from gitops_tui.errors import GitOpsError, PlanRefused
from gitops_tui.model.actions import ActionRequest, Asks, ObjectAction, ObjectActions, Propagation
from gitops_tui.settings import Settings


def action(options: argparse.Namespace, settings: Settings) -> int:
    """Lists what can be done with an object, or does it: says what it means, asks (or has --yes). Exit code 1 where it was
    not agreed to."""
    words = list(options.words)
    with session(options, settings) as work:
        state, key, words = chosen(work, options.app, words)
        if key is None:
            raise GitOpsError("which object?", hint=f"gitops-tui action {state.key} KIND/NAME")
        found = work.wait(work.engine.actions(state.key, key))
        if not words:
            _list(found, options)
            return 0
        wanted = found.find(words[0])
        if wanted is None:
            names = ", ".join(each.name for each in found.actions)
            raise GitOpsError(f"{words[0]} can't be done with {found.key}", hint=f"what can: {names}")
        if wanted.refused:
            raise PlanRefused(f"{wanted.title}, {found.key}: {wanted.refused}")
        replicas = _replicas(wanted, words[1:])
        if options.output == "text":
            _say(found, wanted)
        if not _agree(found, wanted, options):
            out("nothing was done")
            return 1
        request = ActionRequest(wanted.name, found.uid, replicas, Propagation(options.propagation.capitalize()))
        # Making a Job anew waits until the old one is gone.
        said = work.wait(work.engine.act(state.key, key, request), max(options.timeout, 120.0))
    if options.output == "json":
        json_out({"cluster": found.cluster, "object": str(found.key), "action": wanted.name, "result": said})
    else:
        out(said)
    return 0


def _replicas(wanted: ObjectAction, more: list[str]) -> int | None:
    if wanted.asks is not Asks.NUMBER:
        if more:
            raise GitOpsError(f"{wanted.name} takes nothing more, not {' '.join(more)!r}")
        return None
    if len(more) != 1 or not (more[0].isascii() and more[0].isdigit() and len(more[0]) < 10):
        raise GitOpsError(f"{wanted.name} takes a number", hint=f"for example: {wanted.name} 3")
    return int(more[0])


def _list(found: ObjectActions, options: argparse.Namespace) -> None:
    if options.output == "json":
        actions = [
            {
                "name": each.name, "what": each.what, "git": each.drift, "notes": list(each.notes), "refused": each.refused,
                "asks": each.asks.value, "destructive": each.destructive,
            }
            for each in found.actions
        ]  # fmt: skip
        json_out({"cluster": found.cluster, "object": str(found.key), "actions": actions})
        return
    for each in found.actions:
        out(f"{each.name:15} " + (f"no: {each.refused}" if each.refused else each.what))


def _say(found: ObjectActions, wanted: ObjectAction) -> None:
    out(f"{wanted.title}: {found.key} on {found.cluster}: {wanted.what}")
    for each in (*([wanted.drift] if wanted.drift else ()), *wanted.notes):
        out(f"  {each}")


def _agree(found: ObjectActions, wanted: ObjectAction, options: argparse.Namespace) -> bool:
    if options.yes:
        return True
    if not sys.stdin.isatty():
        raise PlanRefused("nobody is there to agree to it", hint="give --yes to agree")
    if wanted.asks is Asks.NAME:
        return input(f"type {found.key.name} to {wanted.title}: ").strip() == found.key.name
    return input(f"{wanted.title}? [y/N] ").strip().lower() in ("y", "yes")
