"""What git is told by its environment: settings that nothing in a repository may override, and the user's own that hold.

Whatever a repository's own configuration says is overridden here or on the command line (`command`), which beat every file.
git itself is run here for one question: what the user's own configuration says.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping, Sequence
from functools import lru_cache
from pathlib import Path

# What must never come from a repository. `core.hooksPath` and `core.fsmonitor` run programs; `core.attributesFile`
# could name filters; `protocol.ext` runs commands; `diff.suppressBlankEmpty` would make lines of a patch that have no sign.
SAFE = (
    ("core.hooksPath", os.devnull),
    ("core.fsmonitor", "false"),
    ("core.pager", "cat"),
    ("core.attributesFile", os.devnull),
    ("core.quotePath", "false"),
    ("diff.external", ""),
    ("protocol.allow", "never"),
    ("protocol.https.allow", "always"),
    ("protocol.http.allow", "always"),
    ("protocol.ssh.allow", "always"),
    ("protocol.git.allow", "always"),
    ("protocol.file.allow", "always"),
    ("protocol.ext.allow", "never"),
    ("submodule.recurse", "false"),
    ("fetch.recurseSubmodules", "false"),
    ("push.recurseSubmodules", "no"),
    ("push.gpgSign", "false"),
    ("push.followTags", "false"),
    ("gc.auto", "0"),
    ("maintenance.auto", "false"),
    ("log.showSignature", "false"),
    ("log.follow", "false"),
    ("log.mailmap", "true"),
    ("diff.orderFile", os.devnull),
    ("diff.noprefix", "false"),
    ("diff.mnemonicPrefix", "false"),
    ("diff.renameLimit", "1000"),
    ("diff.suppressBlankEmpty", "false"),
    ("i18n.commitEncoding", "UTF-8"),
    ("uploadpack.packObjectsHook", ""),
    ("safe.directory", "*"),
    ("advice.graftFileDeprecated", "false"),
)

# What a user may say to git by the environment; everything else with such a name could point git elsewhere.
_OF_THE_USER = (
    "GIT_SSH_COMMAND",
    "GIT_SSH",
    "GIT_SSH_VARIANT",
    "GIT_ASKPASS",
    "GIT_SSL_CAINFO",
    "GIT_SSL_CAPATH",
    "GIT_SSL_CERT",
    "GIT_SSL_KEY",
    "GIT_SSL_NO_VERIFY",
    "GIT_PROXY_SSL_CAINFO",
    "GIT_CONFIG_GLOBAL",
    "GIT_CONFIG_SYSTEM",
    "GIT_CONFIG_NOSYSTEM",
)
_MOST_ENTRIES = 1000


def environment(*, network: bool = False, extra: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment for git: the user's own, without what points git elsewhere, without prompts, and without any
    transport unless `network`. `extra` is added last."""
    env = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")}
    env.update({name: os.environ[name] for name in _OF_THE_USER if name in os.environ})
    env.update(
        GIT_TERMINAL_PROMPT="0",
        GIT_OPTIONAL_LOCKS="0",
        # No history but the one that the SHAs stand for.
        GIT_NO_REPLACE_OBJECTS="1",
        GIT_GRAFT_FILE=os.devnull,
        # The second holds for a git that doesn't know the first (before 2.39.4).
        GIT_NO_LAZY_FETCH="0" if network else "1",
        GIT_ALLOW_PROTOCOL="https:http:ssh:git:file" if network else "none",
        GIT_ATTR_NOSYSTEM="1",
        GIT_LFS_SKIP_SMUDGE="1",
        GIT_PAGER="cat",
        GIT_EDITOR="false",
        LC_ALL="C.UTF-8",
        LANGUAGE="C",
    )
    env.setdefault("GIT_ASKPASS", users_config("core.askpass") or "true")
    env.setdefault("SSH_ASKPASS", "true")
    env.setdefault("GIT_SSH_COMMAND", ssh_command())
    env.update(extra or {})
    # Settings that the user gives by the environment stand before ours, which beat them.
    if users := _entries(os.environ):
        env.update(config_environment([*users, *_entries(extra or {})]))
    return env


def _entries(env: Mapping[str, str]) -> list[tuple[str, str]]:
    """The settings that `GIT_CONFIG_COUNT` and its fellows give (git-config(1), ENVIRONMENT); none where they make no sense."""
    count = env.get("GIT_CONFIG_COUNT", "")
    if not count.isdecimal() or int(count) > _MOST_ENTRIES:
        return []
    named = [(env.get(f"GIT_CONFIG_KEY_{at}"), env.get(f"GIT_CONFIG_VALUE_{at}")) for at in range(int(count))]
    return [(key, value) for key, value in named if key is not None and value is not None]


@lru_cache(maxsize=8)
def _users_config(stamp: object) -> tuple[tuple[str, str], ...]:
    del stamp
    found: list[tuple[str, str]] = []
    for scope in ("--system", "--global"):
        try:
            out = subprocess.run(
                ["git", "config", scope, "--includes", "--list", "-z"],
                capture_output=True,
                check=False,
                timeout=10,
                stdin=subprocess.DEVNULL,
                cwd="/",
            ).stdout
        except (OSError, subprocess.SubprocessError):
            continue
        for entry in out.decode("utf-8", "surrogateescape").split("\0"):
            name, _, value = entry.partition("\n")
            if name:
                found.append((name, value))
    return tuple(found)


def _changed(place: str) -> str:
    try:
        return str(Path(place).expanduser().stat().st_mtime_ns) if place else ""
    except (OSError, RuntimeError):
        return ""


def users_config(name: str) -> str:
    """A setting of the user's own (system and global) configuration, never of a repository's; "" where there is none.
    `name` in lower case, as git prints it."""
    stamp = tuple(os.environ.get(each) for each in ("HOME", "XDG_CONFIG_HOME", "GIT_CONFIG_GLOBAL"))
    stamp += tuple(
        _changed(each) for each in (os.environ.get("GIT_CONFIG_GLOBAL", ""), "~/.gitconfig", "/etc/gitconfig")
    )
    return next((value for key, value in reversed(_users_config(stamp)) if key == name), "")


def ssh_command() -> str:
    """The user's own ssh command from the global configuration, never from a repository's; ssh without prompts
    otherwise."""
    return users_config("core.sshcommand") or "ssh -o BatchMode=yes -o ConnectTimeout=15"


def config_environment(entries: Sequence[tuple[str, str]], env: Mapping[str, str] | None = None) -> dict[str, str]:
    """`env` with more settings for one run, by the environment, which no list of processes shows; they beat every file."""
    made = dict(env or {})
    count = int(made.get("GIT_CONFIG_COUNT", "0"))
    for at, (name, value) in enumerate(entries, count):
        made[f"GIT_CONFIG_KEY_{at}"], made[f"GIT_CONFIG_VALUE_{at}"] = name, value
    made["GIT_CONFIG_COUNT"] = str(count + len(entries))
    return made
