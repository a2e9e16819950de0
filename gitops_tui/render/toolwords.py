"""What helm and kustomize quote of their input when they fail, which may be a Secret's value: taken out of what they say."""

from __future__ import annotations

import re

_QUOTES = (
    # kustomize: the whole configuration of a generator or transformer; a whole patch; a literal that is none.
    (re.compile(r"(with config: )`.*`(?=: |\s|\Z)", re.DOTALL), r"\1…"),
    (re.compile(r"(patch(?:es)? from )\[.*\]", re.DOTALL), r"\1[…]"),
    (re.compile(r"(invalid literal source ).*?(, expected)", re.DOTALL), r"\1…\2"),
    (re.compile(r"(literal sources |from literals? )\[.*?\](?=:|\s|\Z)", re.DOTALL), r"\1[…]"),
    (re.compile(r"(\bsources )\[.*?\](?=: )", re.DOTALL), r"\1[…]"),
    (re.compile(r"(illegal (?:key|value)[^:]*: ).*"), r"\1…"),
    # YAML: the beginning of a value of the wrong type.
    (re.compile(r"(cannot unmarshal !!\w+ )`[^`]*`"), r"\1…"),
    # A values schema: the value that doesn't fit.
    (re.compile(r"'(?:[^'\\\n]|\\.)*' (does not match pattern|is not valid)"), r"the value \1"),
    # Go's own parsers, of numbers, times, addresses, versions.
    (re.compile(r"\b(pars(?:e|ing)(?: time)? )\"(?:[^\"\\\n]|\\.)*\""), r"\1…"),
    (re.compile(r"(unable to cast ).*?( of type)", re.DOTALL), r"\1…\2"),
)


def without_contents(text: str) -> str:
    """The text without what it quotes of its input."""
    for pattern, instead in _QUOTES:
        text = pattern.sub(instead, text)
    return text
