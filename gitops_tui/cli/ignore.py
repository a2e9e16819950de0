"""`ignore`: an ignore rule for a field of an object, into the user's settings or printed for Git."""

from __future__ import annotations

import argparse
import sys

from gitops_tui.cli.git_commands import find_resource
from gitops_tui.cli.output import json_out, out
from gitops_tui.cli.session import session
from gitops_tui.compare.rulefor import rule_dict, rule_for
from gitops_tui.errors import GitOpsError
from gitops_tui.model.ignoring import IgnorePreview
from gitops_tui.model.text import printable
from gitops_tui.render import dump
from gitops_tui.settings import Settings, settings_file


def ignore(options: argparse.Namespace, settings: Settings) -> int:
    """Shows the rule and what it hides, asks, and writes it; exit code 1 where nobody agreed."""
    with session(options, settings) as work:
        state = work.application(options.app)
        resource = find_resource(state, options.resource)
        rule = rule_for(options.field, resource.key, state.app.name, options.scope)
        if rule is None:
            raise GitOpsError(
                f"{printable(options.field)!r} is no path of a field",
                hint="for example spec.replicas or spec.template.spec.containers[name=app].image, as diff prints it",
            )
        preview = work.wait(work.engine.preview_ignore(rule))
        if preview.problem:
            raise GitOpsError(preview.problem)
        if options.print_only:
            print(f"# {preview.words}", file=sys.stderr)
            return _said(options, rule_dict(rule, ours=False), preview, "")
        text = options.output == "text"
        if text:
            out(dump({"ignore_differences": [rule_dict(rule)]}).rstrip("\n"))
            out(f"# {preview.words}")
            for each in preview.found:
                out(f"#   {each.app}: {each.key}: {', '.join(each.paths)}")
        if not options.yes:
            if not sys.stdin.isatty():
                raise GitOpsError(
                    "nobody is there to agree to the rule", hint="give --yes to agree, or --print to only look"
                )
            if input(f"add it to {settings_file()}? [y/N] ").strip().lower() not in ("y", "yes"):
                out("nothing was changed")
                return 1
        path = work.wait(work.engine.ignore(rule))
    if text:
        out(f"# written to {path}")
        return 0
    return _said(options, rule_dict(rule), preview, str(path))


def _said(options: argparse.Namespace, rule: dict[str, object], preview: IgnorePreview, file: str) -> int:
    if options.output == "json":
        hides = [
            {
                "application": str(each.app),
                "resource": str(each.key),
                "paths": list(each.paths),
                "settles": each.settles,
            }
            for each in preview.found
        ]
        json_out({"rule": rule, "hides": hides, "file": file or None})
    else:
        out(dump({"ignoreDifferences": [rule]}).rstrip("\n"))
    return 0
