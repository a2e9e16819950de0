"""Runs parsed templates over values (Go's text/template/exec.go)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from gitops_tui.render.gotemplate.functions import FUNCTIONS
from gitops_tui.render.gotemplate.parse import Arg, Node, Pipe, TemplateError, parse
from gitops_tui.render.gotemplate.values import MISSING, show, truth

MOST_STEPS = 200_000
MOST_OUTPUT = 2_000_000
MOST_CALLS = 50

_parsed = lru_cache(maxsize=512)(parse)


class _Break(Exception):
    pass


class _Continue(Exception):
    pass


def render_text(text: str, data: Any, options: Sequence[str] = ()) -> str:
    """The template's output. options: `missingkey=error|default|zero|invalid`. Raises TemplateError."""
    strict = False
    for option in options:
        name, _, value = option.partition("=")
        if name != "missingkey" or value not in ("error", "default", "zero", "invalid"):
            raise TemplateError(f"unrecognized option: {option}")
        strict = value == "error"
    if "{{" not in text:
        return text
    nodes, templates = _parsed(text)
    run = _Run(templates, data, strict=strict)
    try:
        run.nodes(nodes, data)
    except RecursionError:
        raise TemplateError("nested too deep") from None
    except (_Break, _Continue):
        raise TemplateError("break or continue outside of a range") from None
    return "".join(run.out)


class _Run:
    def __init__(self, templates: Mapping[str, list[Node]], data: Any, *, strict: bool) -> None:
        self.templates = templates
        self.strict = strict
        self.out: list[str] = []
        self.size = self.steps = self.calls = 0
        self.scopes: list[tuple[str, Any]] = [("$", data)]

    def write(self, text: str) -> None:
        self.size += len(text)
        if self.size > MOST_OUTPUT:
            raise TemplateError(f"the output is larger than {MOST_OUTPUT} characters")
        self.out.append(text)

    def step(self) -> None:
        self.steps += 1
        if self.steps > MOST_STEPS:
            raise TemplateError(f"it takes more than {MOST_STEPS} steps")

    def nodes(self, nodes: Sequence[Node], dot: Any) -> None:
        mark = len(self.scopes)
        try:
            for node in nodes:
                self.step()
                self.node(node, dot)
        finally:
            # What `=` changed outside stays: the frames hold cells that are replaced in place.
            del self.scopes[mark:]

    def node(self, node: Node, dot: Any) -> None:
        if node.what == "text":
            self.write(node.text)
        elif node.what == "action":
            assert node.pipe is not None
            value = self.pipe(node.pipe, dot)
            if not node.pipe.declares:
                self.write(show(value))
        elif node.what in ("if", "with"):
            assert node.pipe is not None
            mark = len(self.scopes)
            value = self.pipe(node.pipe, dot)
            if truth(value):
                self.nodes(node.body, value if node.what == "with" else dot)
            else:
                self.nodes(node.other, dot)
            del self.scopes[mark:]
        elif node.what == "range":
            self.range(node, dot)
        elif node.what == "template":
            body = self.templates.get(node.text)
            if body is None:
                raise TemplateError(f'template "{node.text}" not defined')
            if self.calls >= MOST_CALLS:
                raise TemplateError(f"templates call each other more than {MOST_CALLS} levels deep")
            value = self.pipe(node.pipe, dot) if node.pipe is not None else None
            before, self.scopes = self.scopes, [("$", value)]
            self.calls += 1
            self.nodes(body, value)
            self.calls -= 1
            self.scopes = before
        elif node.what == "break":
            raise _Break
        else:
            raise _Continue

    def range(self, node: Node, dot: Any) -> None:
        assert node.pipe is not None
        mark = len(self.scopes)
        value = self.pipe(Pipe(node.pipe.commands), dot)
        pairs: list[tuple[Any, Any]]
        if isinstance(value, Mapping):
            pairs = [(key, value[key]) for key in sorted(value)]
        elif isinstance(value, list | tuple):
            pairs = list(enumerate(value))
        elif isinstance(value, int) and not isinstance(value, bool):
            pairs = [(each, each) for each in range(min(max(value, 0), MOST_STEPS))]
        elif value is None or value is MISSING:
            pairs = []
        else:
            raise TemplateError(f"range can't iterate over {show(value)[:40]}")
        names = node.pipe.declares
        for key, each in pairs:
            self.step()
            if len(names) == 1:
                self.scopes.append((names[0], each))
            elif names:
                self.scopes += [(names[0], key), (names[1], each)]
            try:
                self.nodes(node.body, each)
            except _Continue:
                pass
            except _Break:
                break
            finally:
                del self.scopes[mark:]
        if not pairs:
            self.nodes(node.other, dot)

    # --- values ---------------------------------------------------------------------------------------------------

    def pipe(self, pipe: Pipe, dot: Any) -> Any:
        value: Any = MISSING
        for number, command in enumerate(pipe.commands):
            self.step()
            value = self.command(command, dot, () if number == 0 else (value,))
        for name in pipe.declares:
            if not pipe.assigns:
                self.scopes.append((name, value))
                continue
            for at in range(len(self.scopes) - 1, -1, -1):
                if self.scopes[at][0] == name:
                    self.scopes[at] = (name, value)
                    break
            else:
                raise TemplateError(f"undefined variable: {name}")
        return value

    def command(self, command: Sequence[Arg], dot: Any, final: tuple[Any, ...]) -> Any:
        first = command[0]
        if first.what == "func":
            value = self.call(str(first.value), command[1:], dot, final)
            return self.fields(value, first.names)
        if len(command) > 1 or final:
            raise TemplateError(f"can't give argument to non-function {_word(first)}")
        return self.arg(first, dot)

    def call(self, name: str, args: Sequence[Arg], dot: Any, final: tuple[Any, ...]) -> Any:
        if name in ("and", "or"):
            value: Any = MISSING
            for arg in args:
                value = self.arg(arg, dot)
                if truth(value) == (name == "or"):
                    return value
            return final[0] if final else value
        found = FUNCTIONS.get(name)
        if found is None:
            raise TemplateError(f'function "{name}" not defined')
        given = [self.arg(arg, dot) for arg in args] + list(final)
        try:
            return found(*(None if each is MISSING else each for each in given))
        except TemplateError as error:
            raise TemplateError(f"error calling {name}: {error}", missing_key=error.missing_key) from None
        except TypeError:
            raise TemplateError(f"error calling {name}: wrong number or type of arguments") from None
        except (ValueError, ArithmeticError, LookupError, AttributeError) as error:
            raise TemplateError(f"error calling {name}: {error}") from None

    def arg(self, arg: Arg, dot: Any) -> Any:
        if arg.what == "value":
            value: Any = arg.value
        elif arg.what in ("dot", "field"):
            value = dot
        elif arg.what == "var":
            for name, found in reversed(self.scopes):
                if name == arg.value:
                    value = found
                    break
            else:
                raise TemplateError(f"undefined variable: {arg.value}")
        elif arg.what == "func":
            value = self.call(str(arg.value), (), dot, ())
        else:
            value = self.pipe(arg.value, dot)
        return self.fields(value, arg.names)

    def fields(self, value: Any, names: Sequence[str]) -> Any:
        for name in names:
            if value is MISSING:
                if self.strict:
                    raise TemplateError(f'nil data; no entry for key "{name}"', missing_key=True)
                continue
            if value is None:
                raise TemplateError(f"nil pointer evaluating interface {{}}.{name}", missing_key=True)
            if not isinstance(value, Mapping):
                raise TemplateError(f"can't evaluate field {name} in type {_go_type(value)}", missing_key=True)
            if name not in value:
                if self.strict:
                    raise TemplateError(f'map has no entry for key "{name}"', missing_key=True)
                value = MISSING
                continue
            value = value[name]
        return value


def _word(arg: Arg) -> str:
    return "." + ".".join(arg.names) if arg.what in ("field", "dot") else str(arg.value)


def _go_type(value: Any) -> str:
    names = {str: "string", bool: "bool", int: "int", float: "float64", list: "[]interface {}"}
    return names.get(type(value), type(value).__name__)
