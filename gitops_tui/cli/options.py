"""Options and commands. What names the applications (`--repo`, `--path`, …) may stand before or after the command."""

from __future__ import annotations

import argparse
import re
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any, NoReturn

from gitops_tui import __version__
from gitops_tui.cli.command_options import COMMANDS, Command

EXAMPLES = """
examples:
  gitops-tui demo                                      try it, without any cluster
  gitops-tui --repo URL --path 'apps/*'                an application for each folder
  gitops-tui -f applications/                          Argo CD Application files
  gitops-tui status --repo . --path 'apps/*' -o json   for scripts
"""


class Parser(argparse.ArgumentParser):
    """Says what is wrong in one line, and exits with 2. The options of a command are added once somebody gives that one:
    all of them together take longer than all else that is done before a command begins."""

    _later: Callable[[Parser], None] | None = None

    def add_later(self, add: Callable[[Parser], None]) -> None:
        """`add` adds the options."""
        self._later = add

    def fill(self) -> None:
        """Adds them now."""
        add, self._later = self._later, None
        if add is not None:
            add(self)

    def parse_known_args(self, *args: Any, **kwargs: Any) -> Any:
        self.fill()
        return super().parse_known_args(*args, **kwargs)

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
    for each in COMMANDS:
        commands.add_parser(each.name, help=each.text, description=each.text).add_later(partial(_options, each))
    commands.add_parser("demo", help="try it on an embedded cluster and a sample repository").add_later(_demo)
    return top


def _options(command: Command, made: argparse.ArgumentParser) -> None:
    if command.app:
        made.add_argument("app", metavar="APP")
    if command.output:
        made.add_argument("-o", "--output", choices=("text", "json"), default="text")
    _common(made, top=False, short_file=command.short_file)
    if command.options is not None:
        command.options(made)


def _demo(made: argparse.ArgumentParser) -> None:
    from gitops_tui.demo.serve import add_serve_options

    made.add_argument("--read-only", action="store_true", default=argparse.SUPPRESS)
    made.add_argument("--serve", action="store_true", help="no screen: the cluster alone, for kubectl, Helm and others")
    add_serve_options(made)
