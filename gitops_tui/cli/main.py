"""Runs the command line: exit code 0 fine, 1 a difference or a failed operation, 2 an error."""

from __future__ import annotations

import argparse
import gc
import os
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from gitops_tui.cli.options import files, parser, paths
from gitops_tui.errors import GitOpsError
from gitops_tui.records import replace
from gitops_tui.settings import Settings, load_settings, missing_file

if TYPE_CHECKING:
    from gitops_tui.reconcile import EngineApi, Request


def run(arguments: Sequence[str]) -> int:
    """Runs `gitops-tui` with these arguments; gives the exit code. No error leaves a traceback."""
    options = parser().parse_args(arguments)
    # Thousands of objects are read and kept: looking through all of them for cycles time and again is a sixth of a start.
    # A command has it off until its first picture is there.
    gc.set_threshold(100_000, 20, 100)
    if options.command in (None, "demo"):
        gc.enable()
    try:
        settings = load_settings()
        if (missing := missing_file()) is not None:
            from gitops_tui.model.text import printable

            said = f"GITOPS_TUI_CONFIG names {missing}, which is not there: the defaults count"
            print(printable(f"gitops-tui: warning: {said}"), file=sys.stderr)
        if options.read_only:
            settings = replace(settings, read_only=True)
        if getattr(options, "run_children", False):
            settings = replace(settings, run_child_applications=True)
        if options.command == "demo":
            if options.serve:
                from gitops_tui.demo.serve import serve

                return serve(options)
            from gitops_tui.cli.demo import demo

            return demo(settings)
        if options.command is None:
            return _screen(options, settings)
        from gitops_tui.cli.table import command

        return command(options.command)(options, settings)
    except GitOpsError as error:
        say_error(error)
        return 2
    except KeyboardInterrupt:
        print("gitops-tui: interrupted", file=sys.stderr)
        return 130
    except BrokenPipeError:
        # The reader left (head, a pager): nothing more to say, also not at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0


def say_error(error: GitOpsError) -> None:
    """An error on standard error, with what to do."""
    from gitops_tui.model.text import printable, redact

    text = printable(redact(str(error)), keep_newlines=True)
    print(f"gitops-tui: {text}", file=sys.stderr)


def request_of(options: argparse.Namespace, *, automatic: bool, beneath: bool = True, about: str = "") -> Request:
    """The engine's Request that the options mean; `beneath` and `about` as it has them."""
    from gitops_tui.reconcile import Request

    return Request(
        repo=options.repo,
        pattern=paths(options)[0],
        more_patterns=tuple(paths(options)[1:]),
        revision=options.revision,
        namespace=options.namespace,
        context=options.context,
        kubeconfig=options.kubeconfig,
        files=tuple(Path(each) for each in files(options)),
        create_namespace=options.create_namespace,
        automatic=automatic and not options.working_tree,
        working_tree=options.working_tree,
        beneath=beneath,
        about=about,
    )


def _screen(options: argparse.Namespace, settings: Settings) -> int:
    if not options.repo and not files(options):
        parser().error("nothing to look at: give --repo and --path, or -f FILE, or try: gitops-tui demo")
    if not sys.stdin.isatty() or not sys.stdout.isatty():
        parser().error("the screen needs a terminal; for scripts use: status, diff, sync, history, … (see --help)")
    from gitops_tui.model.text import redact
    from gitops_tui.tui import run as run_screen

    def engine() -> EngineApi:
        from gitops_tui.reconcile import Engine

        return Engine(request_of(options, automatic=True), settings)

    from gitops_tui.tui.remember import Memory

    looked_at = (
        options.repo,
        " ".join(paths(options)),
        options.namespace,
        files(options),
        options.context,
        options.kubeconfig,
    )
    memory = Memory(settings.state_folder / "screen.json", redact(" ".join(map(str, looked_at))))
    return run_screen(engine, settings, memory=memory)
