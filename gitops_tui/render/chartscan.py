"""One look at a chart's files (a private copy), for what has to be known before it is rendered."""

from __future__ import annotations

import os
import re
from pathlib import Path

from gitops_tui.records import dataclass

HOOK = b"helm.sh/hook"
# sprig's functions whose result is another one each time.
_WORDS = (
    rb"\b(?:rand(?:AlphaNum|Alpha|Numeric|Ascii|Bytes|Int)|gen(?:CA|CAWithKey|SelfSignedCert|SelfSignedCertWithKey|SignedCert"
    rb"|SignedCertWithKey|PrivateKey)|uuidv4|now|ago|shuffle|htpasswd|bcrypt|encryptAES)\b"
)
_CLOCK = re.compile(rb"\b(?:now|ago)\b")
_FUNCTIONS = re.compile(_WORDS)
# In an action; a word in a comment or a string of one only costs a second rendering.
_CALLED = re.compile(rb"\{\{(?:(?!\}\}).)*?" + _WORDS, re.DOTALL)


@dataclass(frozen=True, slots=True)
class Scan:
    """clock: a file asks for the time. random: a file names a function that gives something else each time. hooks: there may be hooks. imports: values are
    imported from dependencies. charts: it may hold other charts. archives: some as archives, which are not looked into (and
    count as random and with hooks). depth: of folders."""

    random: bool = False
    clock: bool = False
    hooks: bool = False
    imports: bool = False
    charts: bool = False
    archives: bool = False
    depth: int = 0


def scan(chart: Path) -> Scan:
    """Reads every file of the chart once."""
    random = clock = hooks = imports = charts = archives = False
    depth = 0
    top = str(chart)
    for folder, folders, files in os.walk(top, followlinks=True):
        depth = max(depth, folder.count("/") - top.count("/"))
        if depth > 200:
            break  # a link to a folder above itself; helm says so
        charts = charts or "charts" in folders
        for name in files:
            if name.endswith(".tgz"):
                archives = True
                continue
            try:
                with open(f"{folder}/{name}", "rb") as file:
                    content = file.read()
            except OSError:
                continue
            if names_random(content):
                random = True
                clock = clock or _CLOCK.search(content) is not None
            hooks = hooks or HOOK in content
            imports = imports or (name in ("Chart.yaml", "requirements.yaml") and b"import-values" in content)
    return Scan(random or archives, clock, hooks or archives, imports, charts, archives, depth)


def names_random(text: bytes) -> bool:
    """Whether a template calls a function that gives something else each time."""
    return _FUNCTIONS.search(text) is not None and _CALLED.search(text) is not None
