"""What helm says when it fails, as problems with a place in the repository."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path

from gitops_tui.errors import Problem
from gitops_tui.model.text import printable, redact
from gitops_tui.render.toolwords import without_contents

_MOST = 1500
_AT = r"(?P<file>[^\s:()]+\.[A-Za-z]+):(?P<line>\d+)(?::(?P<column>\d+))?"
# `required` and `fail`; a function that isn't there; a template's own error (helm 4, then helm 3).
_FORMS = (
    re.compile(rf"execution error at \({_AT}\): (?P<said>.*)", re.DOTALL),
    re.compile(rf"parse error at \({_AT}\): (?P<said>.*)", re.DOTALL),
    re.compile(rf"^{_AT}\n(?P<said>.*)", re.DOTALL),
    re.compile(rf"template: {_AT}: (?P<said>.*)", re.DOTALL),
)
_YAML = re.compile(
    r"YAML parse error on (?P<file>[^\s:]+): error converting YAML to JSON: yaml: (?:line (?P<line>\d+): )?(?P<said>.*)"
)
_SCHEMA = re.compile(
    r"values don't meet the specifications of the schema\(s\) in the following chart\(s\):\n(?P<said>.*)", re.DOTALL
)
_NOISE = re.compile(r"(?m)^(Use --debug flag to render out invalid YAML|level=.*|WARNING: .*|helm\.go:.*)$\n?")


def problems(err: str, path: str, roots: Mapping[Path, str]) -> tuple[Problem, ...]:
    """path: the chart's folder. roots: the folders of the copy -> what stands for each in words ("" for the repository)."""
    text = err
    for root, word in sorted(roots.items(), key=lambda each: -len(str(each[0]))):
        for shown in {str(root), str(root.resolve())}:
            text = text.replace(f"{shown}/", word).replace(shown, word or ".")
    text = without_contents(text)
    text = printable_lines(_NOISE.sub("", text).strip().removeprefix("Error: ").strip())
    chart = f"{path}/Chart.yaml" if path else "Chart.yaml"
    if schema := _SCHEMA.search(text):
        lines = [line.strip(" -") for line in schema["said"].splitlines() if line.strip().startswith("-")]
        return tuple(
            Problem(f"{path}/values.schema.json" if path else "values.schema.json", f"the values don't fit: {line}")
            for line in lines[:20]
        ) or (Problem(chart, _flat(text)),)
    if broken := _YAML.search(text):
        # The line is one of the rendered text, not of the template.
        where = f"line {broken['line']} of what it renders to: " if broken["line"] else ""
        return (
            Problem(in_repository(broken["file"], path), f"renders to broken YAML: {where}{_flat(broken['said'])}"),
        )
    for form in _FORMS:
        if found := form.search(text):
            last = found  # the innermost template is named last, and it is where the mistake stands
            for each in form.finditer(text):
                last = each
            return (
                Problem(
                    in_repository(last["file"], path), _flat(last["said"]), int(last["line"]), int(last["column"] or 0)
                ),
            )
    return (Problem(chart, _flat(text) or "it failed without a word"),)


def in_repository(name: str, path: str) -> str:
    """helm's name of a template (`<chart>/templates/x.yaml`) as a path in the repository."""
    _, _, rest = name.partition("/")
    return f"{path}/{rest}" if path and rest else rest or name


def printable_lines(text: str) -> str:
    """For people: no control characters, no credentials; the lines stay."""
    return "\n".join(printable(redact(line)) for line in text.splitlines())


def _flat(text: str) -> str:
    text = " ".join(text.split())
    # Of templates that call each other the first and the last say what is wrong.
    return text if len(text) <= _MOST else f"{text[: _MOST // 2]} … {text[-_MOST // 2 :]}"
