"""The commands that make an ssh host known, as the user's own ssh sees that host: its configuration may give it another
name, another port and another file of known hosts."""

from __future__ import annotations

import os
import shlex
import subprocess
from pathlib import Path

from gitops_tui.git.address import Address
from gitops_tui.git.environment import ssh_command
from gitops_tui.model.text import printable
from gitops_tui.records import dataclass

_DEFAULT = "~/.ssh/known_hosts"


@dataclass(frozen=True, slots=True)
class _Host:
    """name: to connect to. alias: under which its key is kept, "" for the name. file: where keys are kept."""

    name: str
    port: str
    alias: str = ""
    file: str = _DEFAULT

    @property
    def entry(self) -> str:
        """As known_hosts names it."""
        return self.alias or (f"[{self.name}]:{self.port}" if self.port != "22" else self.name)


def adding(address: Address) -> str:
    """The command that adds the key of a host that is not known."""
    host = _asked(address)
    port = f"-p {host.port} " if host.port != "22" else ""
    scan = f"ssh-keyscan {port}{_quoted(host.name)}"
    if host.alias:
        scan += " | sed " + _quoted(f"s/^[^ ]*/{host.alias}/")
    made = f"{scan} >> {_file(host)}"
    folder = Path(host.file).expanduser().parent
    return made if folder.is_dir() else f"mkdir -p {_quoted(str(folder))} && {made}"


def removing(address: Address) -> str:
    """The command that removes the key that was kept for a host."""
    host = _asked(address)
    where = "" if host.file == _DEFAULT else f" -f {_file(host)}"
    return f"ssh-keygen -R {_quoted(host.entry)}{where}"


def _quoted(text: str) -> str:
    return shlex.quote(printable(text))


def _file(host: _Host) -> str:
    return host.file if host.file == _DEFAULT else _quoted(host.file)


def _asked(address: Address) -> _Host:
    """What `ssh -G` says of the host; the address's own words where it can't be asked."""
    plain = _Host(address.host, str(address.port or 22))
    try:
        command = shlex.split(os.environ.get("GIT_SSH_COMMAND") or ssh_command())
    except ValueError:
        return plain
    if not command or Path(command[0]).name != "ssh" or address.host.startswith("-"):
        return plain
    port = ["-p", str(address.port)] if address.port else []
    try:
        out = subprocess.run(
            [*command, *port, "-G", "--", address.host],
            capture_output=True,
            stdin=subprocess.DEVNULL,
            check=True,
            timeout=10,
            start_new_session=True,
        ).stdout.decode("utf-8", "replace")
    except (OSError, subprocess.SubprocessError):
        return plain
    said = dict(line.split(" ", 1) for line in out.split("\n") if " " in line)
    file = said.get("userknownhostsfile", "").split(" ")[0]
    if not file or Path(file).expanduser() == Path("~").expanduser() / ".ssh" / "known_hosts":
        file = _DEFAULT
    return _Host(
        said.get("hostname", plain.name), said.get("port", plain.port), said.get("hostkeyalias", "").strip(), file
    )
