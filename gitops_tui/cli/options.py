"""Options and commands. What names the applications (`--repo`, `--path`, …) may stand before or after the command."""

from __future__ import annotations

import argparse
import re
from pathlib import Path
from typing import NoReturn

from gitops_tui import __version__
from gitops_tui.cli.delete_options import add_options as delete_options
from gitops_tui.demo.serve import add_serve_options

EXAMPLES = """
examples:
  gitops-tui demo                                      try it, without any cluster
  gitops-tui --repo URL --path 'apps/*'                an application for each folder
  gitops-tui -f applications/                          Argo CD Application files
  gitops-tui status --repo . --path 'apps/*' -o json   for scripts
"""


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, and exits with 2."""

    def error(self, message: str) -> NoReturn:
        self.exit(2, f"gitops-tui: {message}\ntry: gitops-tui --help\n")


def _namespace(text: str) -> str:
    """Raises ArgumentTypeError where no namespace can have that name."""
    if text and not re.fullmatch(r"[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?", text):
        raise argparse.ArgumentTypeError(f"{text!r} is not a name that a namespace can have: a-z, 0-9 and - in between")
    return text


def paths(options: argparse.Namespace) -> list[str]:
    """The patterns of all `--path`s, at least one."""
    return [*options.paths_top, *(getattr(options, "paths_below", None) or ())] or ["."]


def files(options: argparse.Namespace) -> list[str]:
    """All `-f`s."""
    return [*options.files_top, *(getattr(options, "files_below", None) or ())]


def _common(parser: argparse.ArgumentParser, *, top: bool, short_file: bool = True) -> None:
    # Below a command the options have no default of their own, so that they don't undo what stood before it.
    def default(value: object) -> object:
        return value if top else argparse.SUPPRESS

    where = parser.add_argument_group("what to look at")
    where.add_argument("--repo", metavar="URL_OR_FOLDER", default=default(""), help="a Git repository")
    # An option of a command would undo the same one before it: each goes into a list of its own.
    place = "top" if top else "below"
    where.add_argument(
        "--path",
        metavar="PATTERN",
        dest=f"paths_{place}",
        action="append",
        default=[] if top else None,
        help="its folders: 'apps/*', '**/prod', …; may be given again",
    )
    where.add_argument("--revision", metavar="REV", default=default("HEAD"), help="branch, tag or SHA to follow")
    where.add_argument(
        "--namespace", "-n", metavar="NS", type=_namespace, default=default(""), help="for objects without one"
    )
    where.add_argument(
        "--create-namespace", action="store_true", default=default(False), help="as CreateNamespace=true"
    )
    names = ("-f", "--file") if short_file else ("--file",)
    where.add_argument(
        *names,
        metavar="FILE|FOLDER",
        dest=f"files_{place}",
        action="append",
        default=[] if top else None,
        help="Application files",
    )
    where.add_argument(
        "--working-tree",
        action="store_true",
        default=default(False),
        help="uncommitted changes of a local folder, to look at; never deployed",
    )
    where.add_argument("--context", metavar="CTX", default=default(""), help="a context of the kubeconfig")
    where.add_argument("--kubeconfig", metavar="FILE", type=Path, default=default(None))
    where.add_argument(
        "--run-children",
        action="store_true",
        default=default(False),
        help="Applications that an application holds in Git are run too (run_child_applications)",
    )
    where.add_argument("--read-only", action="store_true", default=default(False), help="change nothing anywhere")
    where.add_argument("--timeout", metavar="SECONDS", type=float, default=default(60.0), help="how long commands wait")


def parser() -> Parser:
    """The whole command line."""
    top = Parser(
        prog="gitops-tui",
        description="Keeps Kubernetes clusters equal to Git, and lets you see and steer that.",
        epilog=EXAMPLES,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    top.add_argument("--version", action="version", version=f"gitops-tui {__version__}")
    _common(top, top=True)
    commands = top.add_subparsers(dest="command", metavar="COMMAND", parser_class=Parser)

    def command(
        name: str, text: str, *, app: bool = True, output: bool = True, short_file: bool = True
    ) -> argparse.ArgumentParser:
        made = commands.add_parser(name, help=text, description=text)
        if app:
            made.add_argument("app", metavar="APP")
        if output:
            made.add_argument("-o", "--output", choices=("text", "json"), default="text")
        _common(made, top=False, short_file=short_file)
        return made

    command("status", "all applications: sync, health, what drifted", app=False).add_argument(
        "app", metavar="APP", nargs="?", default=""
    )
    diff = command("diff", "what differs; exit code 0 no drift, 1 drift, 2 error")
    diff.add_argument(
        "--exit-code",
        action=argparse.BooleanOptionalAction,
        default=True,
        help="whether drift ends with 1 (it does, if not told otherwise)",
    )
    diff.add_argument(
        "--three-way", action="store_true", help="also what Git said at the last sync, beside Git now and the cluster"
    )
    diff.add_argument(
        "--from", dest="from_revision", metavar="REV", default="", help="compare two commits, not the cluster"
    )
    diff.add_argument(
        "--to", dest="to_revision", metavar="REV", default="", help="with --from; the one followed, if not told"
    )
    sync = command("sync", "make the cluster equal to Git", app=False)
    sync.add_argument("apps", metavar="APP", nargs="*", help="one or several applications")
    sync.add_argument("--all", action="store_true", help="all applications")
    sync.add_argument("--at-once", type=int, default=0, metavar="N", help="applications at a time (sync_at_once)")
    sync.add_argument("--prune", action="store_true", help="also delete what is no longer in Git")
    sync.add_argument("--confirm-prune", action="store_true", help="also what waits for a person (Prune=confirm, …)")
    sync.add_argument("--adopt", action="store_true", help="take over what another tool or application manages")
    sync.add_argument(
        "--selector",
        "-l",
        metavar="LABELS",
        default="",
        help="all Applications with these labels; beside names: only objects with these labels, and no hooks",
    )
    sync.add_argument("--dry-run", action="store_true", help="send the plan as a dry run only")
    sync.add_argument("--yes", "-y", action="store_true", help="agree to the plan")
    delete_options(command("delete", "delete an application, with its objects or without them: the plan first"))
    history = command("history", "the commits that touch an application, or one of them in full")
    history.add_argument("--limit", type=int, default=20, metavar="N", help="how many (20)")
    history.add_argument("--skip", type=int, default=0, metavar="N", help="leave out the newest N")
    history.add_argument("--all", action="store_true", help="also what merges brought, commit by commit")
    history.add_argument("--signatures", action="store_true", help="check and show who signed")
    history.add_argument("--commit", metavar="REV", default="", help="one commit: message, files, changed words")
    blame = command("blame", "which commit set a field of an object; exit code 1 where no line sets it")
    blame.add_argument("resource", metavar="KIND/NAME")
    blame.add_argument(
        "field", metavar="FIELD", nargs="?", default="", help="spec.replicas, …; all drifted ones if left out"
    )
    blame.add_argument("--at", metavar="REV", default="", help="at another revision than the one compared against")
    ignore = command("ignore", "leave a field out of the comparison, by a rule in your settings")
    ignore.add_argument("resource", metavar="KIND/NAME")
    ignore.add_argument("field", metavar="FIELD", help="spec.replicas, … as diff prints it")
    ignore.add_argument(
        "--for",
        dest="scope",
        choices=("object", "application", "kind", "all"),
        default="object",
        help="this object (the default), its kind in this application, its kind anywhere, or any kind",
    )
    ignore.add_argument(
        "--print", dest="print_only", action="store_true", help="only print it, as ignoreDifferences for Git"
    )
    ignore.add_argument("--yes", "-y", action="store_true", help="agree to the rule")
    revert = command("revert", "restore an application's files in Git to a commit, by one new commit")
    revert.add_argument("to", metavar="REV")
    revert.add_argument(
        "--branch", metavar="NEW", default="", help="commit to this new branch instead, for a pull request"
    )
    revert.add_argument(
        "--onto", metavar="BRANCH", default="", help="the branch to stand on, if not the one that is followed"
    )
    revert.add_argument("--message", "-m", default="", help="the commit's message, if not the usual one")
    revert.add_argument(
        "--push", action=argparse.BooleanOptionalAction, default=None, help="push it (the rule for remote repositories)"
    )
    revert.add_argument("--dry-run", action="store_true", help="only show what would be committed")
    revert.add_argument("--yes", "-y", action="store_true", help="don't ask")
    rollback = command("rollback", "pin an application to a commit, and sync to it")
    rollback.add_argument("to", metavar="REV", nargs="?", default="")
    rollback.add_argument(
        "--to-last-healthy", action="store_true", help="to the newest earlier sync at which it was Healthy"
    )
    rollback.add_argument("--prune", action="store_true")
    rollback.add_argument("--dry-run", action="store_true")
    rollback.add_argument("--yes", "-y", action="store_true")
    rollback.add_argument("--message", "-m", default="")
    undo = command("undo", "go back to the commit that was deployed before the last sync")
    undo.add_argument("--prune", action="store_true", help="also delete what that sync created")
    undo.add_argument("--dry-run", action="store_true")
    undo.add_argument("--yes", "-y", action="store_true")
    undo.add_argument("--message", "-m", default="")
    for each in (sync, rollback, undo):
        each.add_argument(
            "--wait", action="store_true", help="until it is Healthy, for up to --timeout; else exit code 1"
        )
    command("unpin", "let an application follow its branch again")
    pause = command("pause", "stop automatic sync, or half of it", app=False)
    halves = pause.add_mutually_exclusive_group()
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
    pause.add_argument("--reason", default="")
    pause.add_argument("--until", metavar="TIME", default="", help="a duration (2h, 30m, 1d) or a time with a zone")
    resume = command("resume", "let automatic sync go on", app=False)
    for each in (pause, resume):
        each.add_argument("app", metavar="APP", nargs="?", default="")
        each.add_argument("--selector", "-l", metavar="LABELS", default="", help="all Applications with these labels")
        each.add_argument("--all", action="store_true", help="all applications")
    audit = command("audit", "what was done, by whom, from where: every recorded operation, newest first", app=False)
    audit.add_argument("--since", metavar="TIME", default="", help="a duration back (24h, 7d) or a time")
    audit.add_argument("--app", metavar="APP", default="", help="of one application")
    command(
        "windows", "sync windows: which are open, until when, what they hold; exit code 1 where one holds", app=False
    ).add_argument("app", metavar="APP", nargs="?", default="")
    action = command("action", "what can be done with an object beside syncing, or one of it")
    action.add_argument(
        "words", metavar="KIND/NAME [ACTION [NUMBER]]", nargs="*", help="without ACTION all that can be done is listed"
    )
    action.add_argument(
        "--propagation", choices=("background", "foreground", "orphan"), default="background", help="of a deletion"
    )
    action.add_argument("--yes", "-y", action="store_true", help="don't ask")
    target = "APP[/KIND/NAME]"
    command("why", "why something is not healthy; exit code 0 it is, 1 it is not", app=False).add_argument(
        "target", metavar=target
    )
    command("events", "the events of an application, an object, and what it owns", app=False).add_argument(
        "target", metavar=target
    )
    command("links", "where it can be reached: hosts, load balancers, link annotations", app=False).add_argument(
        "target", metavar=target
    )
    command("usage", "CPU and memory of Pods against requests and limits", app=False).add_argument(
        "target", metavar=target
    )
    command("orphaned", "what stands in its namespaces and belongs to no application")
    # As with kubectl, -f follows here; Application files are named by --file, or by -f before the command.
    logs = command("logs", "the logs of an object's pods, or of all of an application", short_file=False)
    logs.add_argument("resource", metavar="KIND/NAME", nargs="?", default="", help="all of the application if left out")
    logs.add_argument("--follow", "-f", action="store_true", help="go on with what comes")
    logs.add_argument("--container", "-c", metavar="NAME", default="", help="a container; * for all of each pod")
    logs.add_argument("--previous", "-p", action="store_true", help="of the run before the last restart")
    logs.add_argument("--since", metavar="TIME", default="", help="a duration: 30s, 5m, 2h")
    logs.add_argument("--tail", metavar="N", type=int, default=-1, help="only the last N lines of each container")
    logs.add_argument("--timestamps", action="store_true", help="each line with its time")
    logs.add_argument("--raw", action="store_true", help="JSON lines as they came, not made readable")
    render = command("render", "print what Git renders, in the order of a sync", output=False)
    render.add_argument("-o", "--output", choices=("text", "yaml", "json"), default="yaml")
    render.add_argument("--at", metavar="REV", default="", help="at another revision; --revision REV means the same")
    render.add_argument("--show-source", action="store_true", help="file:document:line above each manifest")
    render.add_argument("--show-secrets", action="store_true", help="values of Secrets as they are, not masked")
    demo = commands.add_parser("demo", help="try it on an embedded cluster and a sample repository")
    demo.add_argument("--read-only", action="store_true", default=argparse.SUPPRESS)
    demo.add_argument("--serve", action="store_true", help="no screen: the cluster alone, for kubectl, Helm and others")
    add_serve_options(demo)
    return top
