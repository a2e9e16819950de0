"""Template text -> nodes (https://pkg.go.dev/text/template, "Actions", "Pipelines", "Arguments")."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from gitops_tui.records import dataclass, field


class TemplateError(Exception):
    """What is wrong with a template, or with the values that it was given."""

    def __init__(self, message: str, *, missing_key: bool = False) -> None:
        super().__init__(message)
        self.missing_key = missing_key


@dataclass(frozen=True, slots=True)
class Arg:
    """what: dot, field, var, func, value or pipe. names: the fields after it (`.a.b`, `$x.a`, `(f).a`)."""

    what: str
    value: Any = None
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Pipe:
    """declares: the variables that it sets. assigns: by `=` instead of `:=`. commands: each a list of arguments."""

    commands: tuple[tuple[Arg, ...], ...]
    declares: tuple[str, ...] = ()
    assigns: bool = False


@dataclass(slots=True)
class Node:
    """what: text, action, if, range, with, template, break or continue."""

    what: str
    text: str = ""
    pipe: Pipe | None = None
    body: list[Node] = field(default_factory=list)
    other: list[Node] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str
    text: str
    glued: bool


_TOKEN = re.compile(
    r"""(?P<string>"(?:\\.|[^"\\\n])*")|(?P<raw>`[^`]*`)|(?P<char>'(?:\\.[^']*|[^'\\])')"""
    r"""|(?P<number>[+-]?(?:0[xX][0-9a-fA-F_]+|0[oO][0-7_]+|0[bB][01_]+|(?:\d[\d_]*\.?\d*|\.\d+)(?:[eE][+-]?\d+)?)(?![\w.]))"""
    r"""|(?P<var>\$\w*)|(?P<field>\.\w+)|(?P<dot>\.)|(?P<name>\w+)|(?P<sign>:=|[=|(),])""",
    re.ASCII,
)
_SPACE = re.compile(r"\s*")
_END = re.compile(r"(\s+-|)\}\}")
_ESCAPES = {"n": "\n", "t": "\t", "r": "\r", "\\": "\\", '"': '"', "'": "'", "a": "\a", "b": "\b", "f": "\f", "v": "\v"}
MOST_DEPTH = 60


def unquote(text: str) -> str:
    """A Go string literal's value."""

    def one(found: re.Match[str]) -> str:
        body = found[1]
        if body[0] in "xuU":
            return chr(int(body[1:], 16))
        if body[0] in "01234567":
            return chr(int(body, 8))
        if body[0] not in _ESCAPES:
            raise TemplateError(f"invalid escape \\{body}")
        return _ESCAPES[body[0]]

    inner = text[1:-1]
    return re.sub(r"\\(x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|[0-7]{3}|.)", one, inner)


def number(text: str) -> int | float:
    plain = text.replace("_", "")
    try:
        if re.fullmatch(r"[+-]?0\d+", plain):
            return int(plain, 8)
        return int(plain, 0)
    except ValueError:
        return float(plain)


def _pieces(text: str) -> list[tuple[str, Any]]:
    """("text", str) and ("action", tokens) in order, with white space trimmed as the marks say."""
    made: list[tuple[str, Any]] = []
    at, trim = 0, False
    while True:
        start = text.find("{{", at)
        plain = text[at:] if start < 0 else text[at:start]
        if trim:
            plain = plain.lstrip(" \t\r\n")
        if start < 0:
            made.append(("text", plain))
            return made
        at = start + 2
        if text[at : at + 1] == "-" and text[at + 1 : at + 2] in (" ", "\t", "\r", "\n"):
            plain = plain.rstrip(" \t\r\n")
            at += 1
        made.append(("text", plain))
        after = text[at:].lstrip()
        if after.startswith("/*"):
            begin = text.index("/*", at)
            end = text.find("*/", begin)
            found = _END.match(text, end + 2) if end >= 0 else None
            if found is None:
                raise TemplateError("unclosed comment")
            at, trim = found.end(), bool(found[1])
            continue
        tokens, at, trim = _tokens(text, at)
        made.append(("action", tokens))


def _tokens(text: str, at: int) -> tuple[list[_Token], int, bool]:
    tokens: list[_Token] = []
    while True:
        if (end := _END.match(text, at)) or (end := re.compile(r"\s*\}\}").match(text, at)):
            trims = end.lastindex is not None and bool(end[1])
            return tokens, end.end(), trims
        space = _SPACE.match(text, at)
        glued = space is None or space.end() == at
        at = space.end() if space is not None else at
        if at >= len(text):
            raise TemplateError("unclosed action")
        found = _TOKEN.match(text, at)
        if found is None:
            raise TemplateError(f"unexpected {text[at : at + 10]!r} in an action")
        tokens.append(_Token(str(found.lastgroup), found[0], glued))
        at = found.end()


class _Parser:
    def __init__(self, text: str) -> None:
        self.pieces = _pieces(text)
        self.at = 0
        self.templates: dict[str, list[Node]] = {}

    def nodes(self, depth: int = 0) -> tuple[list[Node], str, list[_Token]]:
        """Nodes up to an `end` or `else`: (nodes, that word, the tokens after it)."""
        if depth > MOST_DEPTH:
            raise TemplateError(f"nested deeper than {MOST_DEPTH} levels")
        made: list[Node] = []
        while self.at < len(self.pieces):
            what, content = self.pieces[self.at]
            self.at += 1
            if what == "text":
                if content:
                    made.append(Node("text", content))
                continue
            if not content:
                raise TemplateError("missing value for command")
            word = content[0].text if content[0].kind == "name" else ""
            if word in ("end", "else"):
                return made, word, content[1:]
            if word in ("if", "with", "range"):
                made.append(self.block(word, content[1:], depth))
            elif word in ("define", "block"):
                name = self._name(content)
                body, end, _ = self.nodes(depth + 1)
                self._ended(end)
                self.templates[name] = body
                if word == "block":
                    made.append(Node("template", name, _pipe(content[2:])))
            elif word == "template":
                made.append(Node("template", self._name(content), _pipe(content[2:]) if content[2:] else None))
            elif word in ("break", "continue") and len(content) == 1:
                made.append(Node(word))
            else:
                made.append(Node("action", pipe=_pipe(content)))
        return made, "", []

    def _name(self, tokens: Sequence[_Token]) -> str:
        if len(tokens) < 2 or tokens[1].kind not in ("string", "raw"):
            raise TemplateError(f"{tokens[0].text} wants a name in quotes")
        return unquote(tokens[1].text) if tokens[1].kind == "string" else tokens[1].text[1:-1]

    def _ended(self, word: str) -> None:
        if word != "end":
            raise TemplateError("unexpected EOF: an {{end}} is missing")

    def block(self, word: str, tokens: list[_Token], depth: int) -> Node:
        node = Node(word, pipe=_pipe(tokens))
        node.body, end, rest = self.nodes(depth + 1)
        if end == "else":
            if rest and rest[0].kind == "name" and rest[0].text in ("if", "with"):
                node.other = [self.block(rest[0].text, rest[1:], depth + 1)]
                return node
            node.other, end, _ = self.nodes(depth + 1)
        self._ended(end)
        return node


def _pipe(tokens: list[_Token]) -> Pipe:
    pipe, at = _read_pipe(tokens, 0)
    if at != len(tokens):
        raise TemplateError(f"unexpected {tokens[at].text!r}")
    return pipe


def _read_pipe(tokens: Sequence[_Token], at: int, depth: int = 0) -> tuple[Pipe, int]:
    if depth > MOST_DEPTH:
        raise TemplateError(f"nested deeper than {MOST_DEPTH} levels")
    declares: tuple[str, ...] = ()
    assigns = False
    texts = [token.text for token in tokens[at : at + 4]]
    if at < len(tokens) and tokens[at].kind == "var":
        if len(texts) > 1 and texts[1] in (":=", "="):
            declares, assigns, at = (texts[0],), texts[1] == "=", at + 2
        elif len(texts) > 3 and texts[1] == "," and texts[3] in (":=", "="):
            declares, assigns, at = (texts[0], texts[2]), texts[3] == "=", at + 4
    commands: list[tuple[Arg, ...]] = []
    current: list[Arg] = []
    while at < len(tokens):
        token = tokens[at]
        if token.text == ")" and token.kind == "sign":
            break
        if token.text == "|" and token.kind == "sign":
            commands.append(tuple(current))
            current, at = [], at + 1
            continue
        arg, at = _read_arg(tokens, at, depth)
        names: list[str] = []
        while at < len(tokens) and tokens[at].kind == "field" and tokens[at].glued:
            names.append(tokens[at].text[1:])
            at += 1
        current.append(Arg(arg.what, arg.value, (*arg.names, *names)) if names else arg)
    commands.append(tuple(current))
    if any(not command for command in commands):
        raise TemplateError("missing value for command")
    return Pipe(tuple(commands), declares, assigns), at


def _read_arg(tokens: Sequence[_Token], at: int, depth: int) -> tuple[Arg, int]:
    token = tokens[at]
    text = token.text
    if token.kind == "string":
        return Arg("value", unquote(text)), at + 1
    if token.kind == "raw":
        return Arg("value", text[1:-1].replace("\r", "")), at + 1
    if token.kind == "char":
        return Arg("value", ord(unquote(text))), at + 1
    if token.kind == "number":
        return Arg("value", number(text)), at + 1
    if token.kind == "var":
        return Arg("var", text), at + 1
    if token.kind == "field":
        return Arg("field", None, (text[1:],)), at + 1
    if token.kind == "dot":
        return Arg("dot"), at + 1
    if token.kind == "name":
        if text in ("true", "false"):
            return Arg("value", text == "true"), at + 1
        return (Arg("value", None) if text == "nil" else Arg("func", text)), at + 1
    if text == "(":
        pipe, at = _read_pipe(tokens, at + 1, depth + 1)
        if at >= len(tokens):
            raise TemplateError("unclosed left paren")
        return Arg("pipe", pipe), at + 1
    raise TemplateError(f"unexpected {text!r}")


def parse(text: str) -> tuple[list[Node], dict[str, list[Node]]]:
    """(the nodes, the templates defined in it). Raises TemplateError."""
    parser = _Parser(text)
    nodes, word, _ = parser.nodes()
    if word:
        raise TemplateError(f"unexpected {{{{{word}}}}}")
    return nodes, parser.templates
