"""The options of each command, beside those that all have: what to look at (`options.py`) and `-o`."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from typing import NamedTuple


class Command(NamedTuple):
    """One command. text: what `--help` says of it. options: adds those of its own. app: whether it takes one APP first.
    output: whether it takes `-o text|json`. short_file: whether `-f` names Application files behind it."""

    name: str
    text: str
    options: Callable[[argparse.ArgumentParser], object] | None = None
    app: bool = True
    output: bool = True
    short_file: bool = True


def _app_or_all(made: argparse.ArgumentParser) -> None:
    made.add_argument("app", metavar="APP", nargs="?", default="")


def _agreeing(made: argparse.ArgumentParser, *, message: bool = True) -> None:
    made.add_argument("--dry-run", action="store_true", help="send the plan as a dry run only")
    made.add_argument("--yes", "-y", action="store_true", help="agree to the plan")
    if message:
        made.add_argument("--message", "-m", default="", help="why; kept in the audit")


def _wait(made: argparse.ArgumentParser) -> None:
    made.add_argument("--wait", action="store_true", help="until it is Healthy, for up to --timeout; else exit code 1")


def _several(made: argparse.ArgumentParser) -> None:
    _app_or_all(made)
    made.add_argument("--selector", "-l", metavar="LABELS", default="", help="all Applications with these labels")
    made.add_argument("--all", action="store_true", help="all applications")


def _diff(made: argparse.ArgumentParser) -> None:
    made.add_argument(
        "--exit-code",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="whether drift ends with 1 (it does, if not told otherwise)",
    )
    made.add_argument(
        "--three-way", action="store_true", help="also what Git said at the last sync, beside Git now and the cluster"
    )
    made.add_argument(
        "--from", dest="from_revision", metavar="REV", default="", help="compare two commits, not the cluster"
    )
    made.add_argument(
        "--to", dest="to_revision", metavar="REV", default="", help="with --from; the one followed, if not told"
    )


def _history(made: argparse.ArgumentParser) -> None:
    made.add_argument("--limit", type=int, default=20, metavar="N", help="how many (20)")
    made.add_argument("--skip", type=int, default=0, metavar="N", help="leave out the newest N")
    made.add_argument("--all", action="store_true", help="also what merges brought, commit by commit")
    made.add_argument("--signatures", action="store_true", help="check and show who signed")
    made.add_argument("--commit", metavar="REV", default="", help="one commit: message, files, changed words")


def _blame(made: argparse.ArgumentParser) -> None:
    made.add_argument("resource", metavar="KIND/NAME")
    made.add_argument(
        "field", metavar="FIELD", nargs="?", default="", help="spec.replicas, …; all drifted ones if left out"
    )
    made.add_argument("--at", metavar="REV", default="", help="at another revision than the one compared against")


def _ignore(made: argparse.ArgumentParser) -> None:
    made.add_argument("resource", metavar="KIND/NAME")
    made.add_argument("field", metavar="FIELD", help="spec.replicas, … as diff prints it")
    made.add_argument(
        "--for",
        dest="scope",
        choices=("object", "application", "kind", "all"),
        default="object",
        help="this object (the default), its kind in this application, its kind anywhere, or any kind",
    )
    made.add_argument(
        "--print", dest="print_only", action="store_true", help="only print it, as ignoreDifferences for Git"
    )
    made.add_argument("--yes", "-y", action="store_true", help="agree to the rule")


def _revert(made: argparse.ArgumentParser) -> None:
    made.add_argument("to", metavar="REV")
    made.add_argument(
        "--branch", metavar="NEW", default="", help="commit to this new branch instead, for a pull request"
    )
    made.add_argument(
        "--onto", metavar="BRANCH", default="", help="the branch to stand on, if not the one that is followed"
    )
    made.add_argument("--message", "-m", default="", help="the commit's message, if not the usual one")
    made.add_argument(
        "--push", action=argparse.BooleanOptionalAction, default=None, help="push it (the rule for remote repositories)"
    )
    made.add_argument("--dry-run", action="store_true", help="only show what would be committed")
    made.add_argument("--yes", "-y", action="store_true", help="don't ask")


def _audit(made: argparse.ArgumentParser) -> None:
    made.add_argument("--since", metavar="TIME", default="", help="a duration back (24h, 7d) or a time")
    made.add_argument("--app", metavar="APP", default="", help="of one application")


def _action(made: argparse.ArgumentParser) -> None:
    made.add_argument(
        "words", metavar="KIND/NAME [ACTION [NUMBER]]", nargs="*", help="without ACTION all that can be done is listed"
    )
    made.add_argument(
        "--propagation", choices=("background", "foreground", "orphan"), default="background", help="of a deletion"
    )
    made.add_argument("--yes", "-y", action="store_true", help="don't ask")


def _logs(made: argparse.ArgumentParser) -> None:
    made.add_argument("resource", metavar="KIND/NAME", nargs="?", default="", help="all of the application if left out")
    made.add_argument("--follow", "-f", action="store_true", help="go on with what comes")
    made.add_argument("--container", "-c", metavar="NAME", default="", help="a container; * for all of each pod")
    made.add_argument("--previous", "-p", action="store_true", help="of the run before the last restart")
    made.add_argument("--since", metavar="TIME", default="", help="a duration: 30s, 5m, 2h")
    made.add_argument("--tail", metavar="N", type=int, default=-1, help="only the last N lines of each container")
    made.add_argument("--timestamps", action="store_true", help="each line with its time")
    made.add_argument("--raw", action="store_true", help="JSON lines as they came, not made readable")


def _render(made: argparse.ArgumentParser) -> None:
    made.add_argument("-o", "--output", choices=("text", "yaml", "json"), default="yaml")
    made.add_argument("--at", metavar="REV", default="", help="at another revision; --revision REV means the same")
    made.add_argument("--show-source", action="store_true", help="file:document:line above each manifest")
    made.add_argument("--show-secrets", action="store_true", help="values of Secrets as they are, not masked")


def _sync(made: argparse.ArgumentParser) -> None:
    made.add_argument("apps", metavar="APP", nargs="*", help="one or several applications")
    made.add_argument("--all", action="store_true", help="all applications")
    made.add_argument("--at-once", type=int, default=0, metavar="N", help="applications at a time (sync_at_once)")
    made.add_argument("--prune", action="store_true", help="also delete what is no longer in Git")
    made.add_argument("--confirm-prune", action="store_true", help="also what waits for a person (Prune=confirm, …)")
    made.add_argument("--adopt", action="store_true", help="take over what another tool or application manages")
    made.add_argument(
        "--selector",
        "-l",
        metavar="LABELS",
        default="",
        help="all Applications with these labels; beside names: only objects with these labels, and no hooks",
    )
    _agreeing(made, message=False)
    _wait(made)


def _rollback(made: argparse.ArgumentParser) -> None:
    made.add_argument("to", metavar="REV", nargs="?", default="")
    made.add_argument(
        "--to-last-healthy", action="store_true", help="to the newest earlier sync at which it was Healthy"
    )
    made.add_argument("--prune", action="store_true")
    _agreeing(made)
    _wait(made)


def _undo(made: argparse.ArgumentParser) -> None:
    made.add_argument("--prune", action="store_true", help="also delete what that sync created")
    _agreeing(made)
    _wait(made)


def _pause(made: argparse.ArgumentParser) -> None:
    halves = made.add_mutually_exclusive_group()
    halves.add_argument(
        "--heal-off",
        dest="half",
        action="store_const",
        const="heal-off",
        default="",
        help="report drift, don't correct it; new commits are still taken",
    )
    halves.add_argument(
        "--hold-commits",
        dest="half",
        action="store_const",
        const="hold-commits",
        help="take no new commits; drift is still corrected, as the policy says",
    )
    made.add_argument("--reason", default="")
    made.add_argument("--until", metavar="TIME", default="", help="a duration (2h, 30m, 1d) or a time with a zone")
    _several(made)


def _target(made: argparse.ArgumentParser) -> None:
    made.add_argument("target", metavar="APP[/KIND/NAME]")


def _delete(made: argparse.ArgumentParser) -> None:
    from gitops_tui.model.sync import CASCADES

    made.add_argument(
        "--cascade",
        choices=CASCADES,
        default="",
        help="what becomes of its objects; if not told, as the finalizer of its Application says",
    )
    made.add_argument(
        "--confirm-delete",
        "--confirm-prune",
        dest="confirm_delete",
        action="store_true",
        help="also what waits for a person (Delete=confirm, namespaces, CRDs, volumes)",
    )
    made.add_argument("--skip-hooks", action="store_true", help="without PreDelete and PostDelete hooks")
    made.add_argument("--forget", action="store_true", help="also its record: history, audit, that it was deleted")
    _agreeing(made)


# In the order of `--help`.
COMMANDS = (
    Command("status", "all applications: sync, health, what drifted", _app_or_all, app=False),
    Command("diff", "what differs; exit code 0 no drift, 1 drift, 2 error", _diff),
    Command("sync", "make the cluster equal to Git", _sync, app=False),
    Command("delete", "delete an application, with its objects or without them: the plan first", _delete),
    Command("history", "the commits that touch an application, or one of them in full", _history),
    Command("blame", "which commit set a field of an object; exit code 1 where no line sets it", _blame),
    Command("ignore", "leave a field out of the comparison, by a rule in your settings", _ignore),
    Command("revert", "restore an application's files in Git to a commit, by one new commit", _revert),
    Command("rollback", "pin an application to a commit, and sync to it", _rollback),
    Command("undo", "go back to the commit that was deployed before the last sync", _undo),
    Command("unpin", "let an application follow its branch again"),
    Command("pause", "stop automatic sync, or half of it", _pause, app=False),
    Command("resume", "let automatic sync go on", _several, app=False),
    Command("audit", "what was done, by whom, from where: every recorded operation, newest first", _audit, app=False),
    Command(
        "windows",
        "sync windows: which are open, until when, what they hold; exit code 1 where one holds",
        _app_or_all,
        app=False,
    ),
    Command("action", "what can be done with an object beside syncing, or one of it", _action),
    Command("why", "why something is not healthy; exit code 0 it is, 1 it is not", _target, app=False),
    Command("events", "the events of an application, an object, and what it owns", _target, app=False),
    Command("links", "where it can be reached: hosts, load balancers, link annotations", _target, app=False),
    Command("usage", "CPU and memory of Pods against requests and limits", _target, app=False),
    Command("orphaned", "what stands in its namespaces and belongs to no application"),
    # As with kubectl, -f follows here; Application files are named by --file, or by -f before the command.
    Command("logs", "the logs of an object's pods, or of all of an application", _logs, short_file=False),
    Command("render", "print what Git renders, in the order of a sync", _render, output=False),
)
