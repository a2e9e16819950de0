"""Sprig's functions on text, Go's printf, and Argo CD's own (`normalize`, `slugify`, `toYaml`, `fromYaml`)."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
import posixpath
import re
import unicodedata
import zlib
from collections.abc import Callable, Mapping
from typing import Any
from urllib.parse import quote, urlsplit

from gitops_tui.render.gotemplate.numbers import integer
from gitops_tui.render.gotemplate.parse import TemplateError
from gitops_tui.render.gotemplate.values import as_json, inner, show_float
from gitops_tui.render.loader import load
from gitops_tui.render.yamltext import dump_value

_MOST = 1_000_000
_MOST_PATTERN = 500
# A group that repeats and is repeated: Python's engine could take for ever where RE2 does not.
_RISKY = re.compile(r"\([^()]*[*+{][^()]*\)\s*[*+{]")


def text(value: Any) -> str:
    """A parameter that Go declares as a string."""
    if not isinstance(value, str):
        raise TemplateError("wrong type for value; expected string")
    return value


def to_string(value: Any) -> str:
    """sprig's strval."""
    return inner(value) if value is not None else "<nil>"


def sanitize_name(name: Any) -> str:
    """Argo CD's SanitizeName: what can be a DNS name."""
    return re.sub(r"[^-a-z0-9.]", "-", text(name).lower())[:253].strip("-.")


def _slugify(*args: Any) -> str:
    """Argo CD's SlugifyName: [longest, [whether to cut at words,]] text."""
    most, words = 50, False
    if len(args) > 1 and isinstance(args[0], int):
        most = args[0]
    if len(args) > 2 and isinstance(args[1], bool):
        words = args[1]
    plain = unicodedata.normalize("NFKD", text(args[-1])).encode("ascii", "ignore").decode().lower()
    slug = re.sub(r"-+", "-", re.sub(r"[^a-z0-9_-]", "-", plain.replace("&", " and ").replace("@", " at "))).strip("-_")
    if len(slug) <= most:
        return slug
    cut = slug[:most]
    if words and slug[most : most + 1] != "-" and "-" in cut:
        cut = cut[: cut.rindex("-")]
    return cut.strip("-_")


def _bounded(made: str) -> str:
    if len(made) > _MOST:
        raise TemplateError(f"a text of more than {_MOST} characters")
    return made


def _repeat(count: Any, value: Any) -> str:
    if integer(count) * len(text(value)) > _MOST:
        raise TemplateError(f"a text of more than {_MOST} characters")
    return text(value) * integer(count)


def _trunc(length: Any, value: Any) -> str:
    size, given = integer(length), text(value)
    if size < 0:
        return given[size:] if len(given) + size > 0 else given
    return given[:size]


def _substr(start: Any, end: Any, value: Any) -> str:
    first, last, given = integer(start), integer(end), text(value)
    if first < 0:
        return given[:last]
    return given[first:] if last < 0 or last > len(given) else given[first:last]


def _abbrev(width: Any, value: Any) -> str:
    most, given = integer(width), text(value)
    return given if most < 4 or len(given) <= most else given[: most - 3] + "..."


def _indent(spaces: Any, value: Any) -> str:
    pad = " " * min(integer(spaces), 1000)
    return _bounded(pad + text(value).replace("\n", "\n" + pad))


def _quote(*values: Any) -> str:
    return " ".join(json.dumps(to_string(each), ensure_ascii=False) for each in values if each is not None)


def _words(value: Any) -> list[str]:
    spaced = re.sub(r"([a-z0-9])([A-Z])", r"\1 \2", text(value))
    return [word for word in re.split(r"[\s_.-]+", spaced) if word]


def _split(separator: Any, value: Any) -> dict[str, str]:
    return {f"_{at}": part for at, part in enumerate(text(value).split(text(separator)))}


def _printf(pattern: Any, *args: Any) -> str:
    given = list(args)

    def one(found: re.Match[str]) -> str:
        flags, width, precision, verb = found[1], found[2], found[3], found[4]
        if verb == "%":
            return "%"
        if not given:
            return f"%!{verb}(MISSING)"
        value = given.pop(0)
        python = f"%{flags.replace('#', '')}{width}{'.' + precision if precision is not None else ''}"
        if verb == "v":
            return (python + "s") % inner(value)
        if verb == "s":
            made = inner(value)
            return (python + "s") % made if isinstance(value, str | list | Mapping) else f"%!s({_go(value)}={made})"
        if verb == "q":
            return json.dumps(str(value), ensure_ascii=False)
        if verb == "t" and isinstance(value, bool):
            return inner(value)
        if verb in "dxXob" and isinstance(value, int) and not isinstance(value, bool):
            if verb == "b":
                return (f"%{flags.replace('0', '')}{width}s") % format(value, "b")
            return (python + verb) % value
        if verb in "xX" and isinstance(value, str):
            made = value.encode().hex()
            return made.upper() if verb == "X" else made
        if verb in "feEgG" and isinstance(value, float):
            if verb in "gG" and precision is None:
                return (f"%{width}s") % show_float(value)
            return (python + verb) % value
        if verb == "c" and isinstance(value, int):
            return chr(value)
        return f"%!{verb}({_go(value)}={inner(value)})"

    if sum(int(each) for each in re.findall(r"\d+", text(pattern))) > 10_000:
        raise TemplateError("too wide a format")
    made = re.sub(r"%([-+ #0]*)(\d*)(?:\.(\d*))?([a-zA-Z%])", one, text(pattern))
    if given:
        made += "%!(EXTRA " + ", ".join(f"{_go(each)}={inner(each)}" for each in given) + ")"
    return _bounded(made)


def _go(value: Any) -> str:
    return {str: "string", bool: "bool", int: "int", float: "float64"}.get(type(value), "interface {}")


def _print(*args: Any) -> str:
    made = ""
    for at, each in enumerate(args):
        if at and not isinstance(each, str) and not isinstance(args[at - 1], str):
            made += " "
        made += inner(each)
    return made


def _pattern(pattern: Any) -> re.Pattern[str]:
    found = text(pattern)
    if len(found) > _MOST_PATTERN or _RISKY.search(found):
        raise TemplateError("the regular expression repeats what repeats, or is too long")
    try:
        return re.compile(found.replace(r"\z", r"\Z"))
    except re.error as error:
        raise TemplateError(f"error parsing regexp: {error}") from None


def _subject(value: Any) -> str:
    if len(text(value)) > 20_000:
        raise TemplateError("too long a text for a regular expression")
    return text(value)


def _regex_find(pattern: Any, value: Any) -> str:
    found = _pattern(pattern).search(_subject(value))
    return found[0] if found else ""


def _regex_find_all(pattern: Any, value: Any, count: Any) -> list[str]:
    made = [found[0] for found in _pattern(pattern).finditer(_subject(value))]
    return made if integer(count) < 0 else made[: integer(count)]


def _regex_replace(pattern: Any, value: Any, by: Any) -> str:
    compiled = _pattern(pattern)

    def one(found: re.Match[str]) -> str:
        def group(name: re.Match[str]) -> str:
            word = name[1] or name[2]
            try:
                return (found[int(word)] if word.isdigit() else found[word]) or ""
            except (IndexError, re.error):
                return ""

        return re.sub(r"\$(?:\{(\w+)\}|(\w+))", group, text(by))

    return _bounded(compiled.sub(one, _subject(value)))


def _regex_split(pattern: Any, value: Any, count: Any) -> list[str]:
    size = integer(count)
    if size == 0:
        return []
    return _pattern(pattern).split(_subject(value), maxsplit=max(size - 1, 0) if size > 0 else 0)


def _decoded(decode: Callable[[bytes], bytes], value: Any) -> str:
    try:
        return decode(text(value).encode()).decode("utf-8", "replace")
    except (binascii.Error, ValueError) as error:
        return str(error)


def to_json(value: Any, **how: Any) -> str:
    def plain(each: Any) -> Any:
        if isinstance(each, float) and each.is_integer() and abs(each) < 1e21:
            return int(each)
        if isinstance(each, Mapping):
            return {key: plain(each[key]) for key in sorted(each)}
        return [plain(one) for one in each] if isinstance(each, list | tuple) else each

    return json.dumps(plain(value), ensure_ascii=False, **how)


def _safe_json(value: Any) -> str:
    made = to_json(value, separators=(",", ":"))
    return made.replace("&", "\\u0026").replace("<", "\\u003c").replace(">", "\\u003e")


def _from_json(value: Any) -> Any:
    try:
        return as_json(json.loads(text(value)))
    except ValueError:
        return None


def _to_yaml(value: Any) -> str:
    return dump_value(json.loads(to_json(value))).rstrip("\n")


def from_yaml(value: Any, wanted: type = dict) -> Any:
    documents, problem = load(text(value).encode(), "")
    if problem is not None:
        raise TemplateError(f"yaml: {problem.message}")
    found = documents[0][2] if documents else None
    if found is None:
        return wanted()
    if not isinstance(found, wanted):
        raise TemplateError("the YAML is of another kind than expected")
    return as_json(found)


def _url_parse(value: Any) -> dict[str, Any]:
    found = urlsplit(text(value))
    return {
        "scheme": found.scheme,
        "host": found.netloc.rpartition("@")[2],
        "hostname": found.hostname or "",
        "path": found.path,
        "query": found.query,
        "opaque": "",
        "fragment": found.fragment,
        "userinfo": found.netloc.rpartition("@")[0],
    }


def _hash(name: str) -> Callable[[Any], str]:
    return lambda value: hashlib.new(name, text(value).encode(), usedforsecurity=False).hexdigest()


def _html(*values: Any) -> str:
    made = _print(*values)
    for plain, escaped in (("&", "&amp;"), ("<", "&lt;"), (">", "&gt;"), ('"', "&#34;"), ("'", "&#39;")):
        made = made.replace(plain, escaped)
    return made


TEXTS: dict[str, Callable[..., Any]] = {
    "print": _print,
    "printf": _printf,
    "println": lambda *values: " ".join(map(inner, values)) + "\n",
    "html": _html,
    "urlquery": lambda *values: quote(_print(*values), safe="").replace("%20", "+"),
    "upper": lambda value: text(value).upper(),
    "lower": lambda value: text(value).lower(),
    "title": lambda value: re.sub(r"(^|\s)(\S)", lambda found: found[1] + found[2].upper(), text(value)),
    "untitle": lambda value: re.sub(r"(^|\s)(\S)", lambda found: found[1] + found[2].lower(), text(value)),
    "trim": lambda value: text(value).strip(),
    "trimAll": lambda chars, value: text(value).strip(text(chars)),
    "trimall": lambda chars, value: text(value).strip(text(chars)),
    "trimSuffix": lambda end, value: text(value).removesuffix(text(end)),
    "trimPrefix": lambda start, value: text(value).removeprefix(text(start)),
    "trunc": _trunc,
    "abbrev": _abbrev,
    "substr": _substr,
    "repeat": _repeat,
    "nospace": lambda value: re.sub(r"\s", "", text(value)),
    "initials": lambda value: "".join(word[0] for word in text(value).split()),
    "contains": lambda part, value: text(part) in text(value),
    "hasPrefix": lambda start, value: text(value).startswith(text(start)),
    "hasSuffix": lambda end, value: text(value).endswith(text(end)),
    "quote": _quote,
    "squote": lambda *values: " ".join(f"'{to_string(each)}'" for each in values if each is not None),
    "cat": lambda *values: " ".join(to_string(each) for each in values if each is not None),
    "indent": _indent,
    "nindent": lambda spaces, value: "\n" + _indent(spaces, value),
    "replace": lambda old, new, value: _bounded(text(value).replace(text(old), text(new))),
    "plural": lambda one, many, count: one if count == 1 else many,
    "toString": to_string,
    "split": _split,
    "splitn": lambda separator, count, value: {
        f"_{at}": part for at, part in enumerate(text(value).split(text(separator), max(integer(count) - 1, 0)))
    },
    "splitList": lambda separator, value: text(value).split(text(separator)),
    "snakecase": lambda value: "_".join(_words(value)).lower(),
    "kebabcase": lambda value: "-".join(_words(value)).lower(),
    "camelcase": lambda value: "".join(word[:1].upper() + word[1:] for word in _words(value)),
    "sha1sum": _hash("sha1"),
    "sha256sum": _hash("sha256"),
    "sha512sum": _hash("sha512"),
    "adler32sum": lambda value: str(zlib.adler32(text(value).encode())),
    "b64enc": lambda value: base64.b64encode(text(value).encode()).decode(),
    "b64dec": lambda value: _decoded(lambda data: base64.b64decode(data, validate=True), value),
    "b32enc": lambda value: base64.b32encode(text(value).encode()).decode(),
    "b32dec": lambda value: _decoded(base64.b32decode, value),
    "regexMatch": lambda pattern, value: _pattern(pattern).search(_subject(value)) is not None,
    "regexFind": _regex_find,
    "regexFindAll": _regex_find_all,
    "regexReplaceAll": _regex_replace,
    "regexReplaceAllLiteral": lambda pattern, value, by: _pattern(pattern).sub(lambda _: text(by), _subject(value)),
    "regexSplit": _regex_split,
    "regexQuoteMeta": lambda value: re.sub(r"([\\.+*?()|\[\]{}^$])", r"\\\1", text(value)),
    "toJson": _safe_json,
    "toRawJson": lambda value: to_json(value, separators=(",", ":")),
    "toPrettyJson": lambda value: to_json(value, indent=2),
    "fromJson": _from_json,
    "toYaml": _to_yaml,
    "fromYaml": from_yaml,
    "fromYamlArray": lambda value: from_yaml(value, list),
    "normalize": sanitize_name,
    "slugify": _slugify,
    "base": lambda value: posixpath.basename(text(value).rstrip("/")) or ("/" if value else "."),
    "dir": lambda value: posixpath.dirname(text(value)) or ".",
    "ext": lambda value: posixpath.splitext(text(value))[1],
    "clean": lambda value: posixpath.normpath(text(value)),
    "isAbs": lambda value: text(value).startswith("/"),
    "urlParse": _url_parse,
}
CHECKED = (
    "regexMatch",
    "regexFind",
    "regexFindAll",
    "regexReplaceAll",
    "regexReplaceAllLiteral",
    "regexSplit",
    "toJson",
    "toRawJson",
    "toPrettyJson",
    "fromJson",
)
