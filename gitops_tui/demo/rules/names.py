"""Names, labels and annotations: what is allowed, in the API server's own words (k8s.io/apimachinery
pkg/util/validation). Each function gives the complaints, none where all is well."""

from __future__ import annotations

import re
from functools import lru_cache

_LABEL = r"[a-z0-9]([-a-z0-9]*[a-z0-9])?"
_SUBDOMAIN = _LABEL + r"(\." + _LABEL + ")*"
_DNS_LABEL = re.compile(_LABEL)
_DNS_SUBDOMAIN = re.compile(_SUBDOMAIN)
_DNS_1035 = re.compile(r"[a-z]([-a-z0-9]*[a-z0-9])?")
_QUALIFIED = re.compile(r"([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]")
_LABEL_VALUE = re.compile(r"(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?")
_CONFIG_KEY = re.compile(r"[-._a-zA-Z0-9]+")
_ENV_NAME = re.compile(r"[ -<>-~]+")
_PORT_NAME = re.compile(r"[-a-z0-9]+")


def _regex(said: str, form: str, *examples: str) -> str:
    shown = "".join(f"'{each}', " if number == 0 else f" or '{each}', " for number, each in enumerate(examples))
    return f"{said} (e.g. {shown}regex used for validation is '{form}')"


def _max(length: int) -> str:
    return f"must be no more than {length} characters"


@lru_cache(maxsize=4096)
def dns_label(name: str) -> tuple[str, ...]:
    found = []
    if len(name) > 63:
        found.append(_max(63))
    if not _DNS_LABEL.fullmatch(name):
        said = "a lowercase RFC 1123 label must consist of lower case alphanumeric characters or '-', and must start and end with an alphanumeric character"
        found.append(_regex(said, _LABEL, "my-name", "123-abc"))
    return tuple(found)


@lru_cache(maxsize=4096)
def dns_subdomain(name: str) -> tuple[str, ...]:
    found = []
    if len(name) > 253:
        found.append(_max(253))
    if not _DNS_SUBDOMAIN.fullmatch(name):
        said = "a lowercase RFC 1123 subdomain must consist of lower case alphanumeric characters, '-' or '.', and must start and end with an alphanumeric character"
        found.append(_regex(said, _SUBDOMAIN, "example.com"))
    return tuple(found)


def dns_1035_label(name: str) -> tuple[str, ...]:
    found = []
    if len(name) > 63:
        found.append(_max(63))
    if not _DNS_1035.fullmatch(name):
        said = "a DNS-1035 label must consist of lower case alphanumeric characters or '-', start with an alphabetic character, and end with an alphanumeric character"
        found.append(_regex(said, "[a-z]([-a-z0-9]*[a-z0-9])?", "my-name", "abc-123"))
    return tuple(found)


def path_segment(name: str) -> tuple[str, ...]:
    """Names of kinds that only must fit into a path (RBAC)."""
    if name in (".", ".."):
        return (f"may not be '{name}'",)
    return tuple(f"may not contain '{each}'" for each in ("/", "%") if each in name)


@lru_cache(maxsize=4096)
def qualified_name(name: str) -> tuple[str, ...]:
    prefix, slash, rest = name.partition("/")
    found = []
    if "/" in rest:
        said = "a qualified name must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
        form = _QUALIFIED.pattern
        text = _regex(said, form, "MyName", "my.name", "123-abc")
        return (text + " with an optional DNS subdomain prefix and '/' (e.g. 'example.com/MyName')",)
    if slash:
        if not prefix:
            found.append("prefix part must be non-empty")
        else:
            found += [f"prefix part {said}" for said in dns_subdomain(prefix)]
    else:
        rest = prefix
    if not rest:
        found.append("name part must be non-empty")
    elif len(rest) > 63:
        found.append("name part " + _max(63))
    if not _QUALIFIED.fullmatch(rest):
        said = "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
        found.append(_regex(said, _QUALIFIED.pattern, "MyName", "my.name", "123-abc"))
    return tuple(found)


@lru_cache(maxsize=4096)
def label_value(value: str) -> tuple[str, ...]:
    found = []
    if len(value) > 63:
        found.append("must be no more than 63 bytes")
    if not _LABEL_VALUE.fullmatch(value):
        said = "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must start and end with an alphanumeric character"
        found.append(_regex(said, _LABEL_VALUE.pattern, "MyValue", "my_value", "12345"))
    return tuple(found)


def config_map_key(key: str) -> tuple[str, ...]:
    found = []
    if len(key) > 253:
        found.append(_max(253))
    if not _CONFIG_KEY.fullmatch(key):
        said = "a valid config key must consist of alphanumeric characters, '-', '_' or '.'"
        found.append(_regex(said, _CONFIG_KEY.pattern, "key.name", "KEY_NAME", "key-name"))
    elif key == ".":
        found.append("must not be '.'")
    elif key == "..":
        found.append("must not be '..'")
    elif key.startswith(".."):
        found.append("must not start with '..'")
    return tuple(found)


def env_name(name: str) -> tuple[str, ...]:
    if not _ENV_NAME.fullmatch(name):
        return ("a valid environment variable name must consist only of printable ASCII characters other than '='",)
    return ()


def port_name(name: str) -> tuple[str, ...]:
    found = []
    if len(name) > 15:
        found.append("must be no more than 15 characters")
    if not _PORT_NAME.fullmatch(name):
        found.append("must contain only alpha-numeric characters (a-z, 0-9), and hyphens (-)")
    if not re.search("[a-z]", name):
        found.append("must contain at least one letter (a-z)")
    if "--" in name:
        found.append("must not contain consecutive hyphens")
    if name[:1] == "-" or name[-1:] == "-":
        found.append("must not begin or end with a hyphen")
    return tuple(found)


def port_number(port: object) -> tuple[str, ...]:
    if isinstance(port, int) and 1 <= port <= 65535:
        return ()
    return ("must be between 1 and 65535, inclusive",)
