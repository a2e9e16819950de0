"""YAML in colours: pygments reads whole documents, what comes back is roles by line. Slow for large texts, so it is
called off the screen's thread; imported there too."""

from __future__ import annotations

from functools import lru_cache

Span = tuple[int, int, str]  # from and to (characters), role
_LIMIT = 400_000  # characters; beyond that the text stays plain


@lru_cache(maxsize=64)
def highlight_yaml(text: str) -> tuple[tuple[Span, ...], ...]:
    """For each line of `text` its coloured ranges, ascending and apart. Roles: key, string, number, muted."""
    if len(text) > _LIMIT:
        return ()
    from pygments.lexers.data import YamlLexer
    from pygments.token import Comment, Keyword, Literal, Name, Number, Punctuation, Token

    roles = (
        (Name.Tag, "key"),
        (Comment, "muted"),
        (Punctuation, "key"),
        (Number, "number"),
        (Keyword, "number"),
        (Literal.Scalar.Plain, ""),
        (Literal, "string"),
        (Token.Name, "string"),
    )
    plain = Literal.Scalar.Plain
    lines: list[list[Span]] = [[]]
    at = 0
    for kind, value in YamlLexer(stripnl=False, ensurenl=False).get_tokens(text):
        role = next((name for token, name in roles if kind[: len(token)] == token), "")
        for number, part in enumerate(value.split("\n")):
            if number:
                lines.append([])
                at = 0
            if part:
                said = role or _scalar(part) if kind[: len(plain)] == plain else role
                if said:
                    lines[-1].append((at, at + len(part), said))
                at += len(part)
    return tuple(map(tuple, lines))


def _scalar(text: str) -> str:
    """The role of a plain scalar, which pygments does not tell apart."""
    text = text.strip()
    if text in ("true", "false", "null", "~") or text.replace(".", "", 1).replace("-", "", 1).isdigit():
        return "number"
    return "string"
