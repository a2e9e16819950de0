"""The command line's table (`:`): names, arguments, completion. Pure: what a command does is in `actions`."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from gitops_tui.records import dataclass


class Command(NamedTuple):
    """arguments: "app", "theme" or a word for the person; those from `needs` on may be left out. rest: the last argument takes all the words that follow."""

    name: str
    arguments: tuple[str, ...]
    what: str
    writes: bool = False
    needs: int = 0
    aliases: tuple[str, ...] = ()

    @property
    def usage(self) -> str:
        words = [each if at < self.needs else f"[{each}]" for at, each in enumerate(self.arguments)]
        return " ".join([self.name, *words]).upper().replace(self.name.upper(), self.name, 1)


COMMANDS: tuple[Command, ...] = (
    Command("sync", ("app",), "the plan, then the sync", True),
    Command(
        "sync-many",
        ("labels",),
        "sync the marked applications, those with these labels, or all that are OutOfSync",
        True,
    ),
    Command(
        "pause",
        ("app", "time", "why"),
        "pause automatic sync: :pause shop 2h INC-42; before the time heal-off or hold-commits",
        True,
    ),
    Command(
        "pause-all",
        ("labels",),
        "pause or resume all applications, or those with these labels: :pause-all team=shop",
        True,
    ),
    Command("resume", ("app",), "resume automatic sync", True),
    Command("history", ("app",), "the commits of an application"),
    Command("rollback", ("app", "revision"), "roll back to a commit, or to last-healthy", True, 2),
    Command("revert", ("app", "revision"), "restore a commit's files by a new commit in Git", True, 2),
    Command("undo", ("app",), "undo the last sync: a plan back to the commit before it", True),
    Command("delete", ("app",), "delete the application: what goes and what stays first, then its name", True),
    Command("audit", ("app",), "what was done, by whom"),
    Command("windows", ("app",), "sync windows: which are open, and what they hold"),
    Command("unpin", ("app",), "follow the branch again", True),
    Command("go", ("app",), "to an application", needs=1),
    Command("why", (), "why the selection is not healthy"),
    Command("events", (), "events of the selection, live"),
    Command("links", (), "where the selection can be reached"),
    Command("orphaned", (), "what stands in its namespaces and belongs to no application"),
    Command("yaml", (), "YAML of what is selected"),
    Command("logs", ("container",), "the logs of what is selected"),
    Command("actions", (), "what can be done with the object beside syncing"),
    Command("restart", (), "restart the selected workload", True),
    Command("scale", ("number",), "set the replicas of the selected workload", True),
    Command("suspend", (), "suspend the selected CronJob or Flux object", True),
    Command("unsuspend", (), "let it run again", True),
    Command("run-now", (), "run the selected CronJob now", True),
    Command("retry", (), "make the selected Job anew; retry a Rollout", True),
    Command("pause-rollout", (), "hold the selected rollout", True),
    Command("resume-rollout", (), "let it go on", True),
    Command("promote", (), "promote the selected Argo Rollout by a step", True),
    Command("promote-full", (), "promote it fully", True),
    Command("abort", (), "abort it", True),
    Command("reconcile", (), "have Flux reconcile the selected object now", True),
    Command("delete-object", (), "delete the selected object (asks for its name)", True),
    Command(
        "exec", ("container -- command",), "a shell or a command in a container of what is selected, by kubectl", True
    ),
    Command("forward", ("port:remote",), "forward a port to what is selected, by kubectl", needs=1),
    Command("copy", (), "the copy menu"),
    Command("ignore", (), "an ignore rule of the difference in sight"),
    Command("three-way", (), "the last sync, Git now, the cluster"),
    Command("errors", (), "all errors and warnings"),
    Command("filter", ("text",), "filter the tree", aliases=("f",)),
    Command("refresh", ("app",), "look at Git now"),
    Command("theme", ("theme",), "another theme"),
    Command("help", (), "all keys", aliases=("?",)),
    Command("quit", (), "leave", aliases=("q", "q!", "exit")),
)


@dataclass(frozen=True, slots=True)
class Parsed:
    """A command with its arguments; `problem` says what is wrong ("" for nothing)."""

    command: Command | None
    arguments: tuple[str, ...] = ()
    problem: str = ""


def find(name: str) -> Command | None:
    """A command by its name, an alias, or an unmistakable beginning of its name."""
    for command in COMMANDS:
        if name == command.name or name in command.aliases:
            return command
    started = [command for command in COMMANDS if command.name.startswith(name)] if name else []
    return started[0] if len(started) == 1 else None


def parse(text: str) -> Parsed:
    """What a line means. The last argument of a command takes all that follows."""
    words = text.strip().removeprefix(":").split()
    if not words:
        return Parsed(None, problem="type a command")
    command = find(words[0].lower())
    if command is None:
        started = [each.name for each in COMMANDS if each.name.startswith(words[0].lower())]
        near = (
            f"did you mean {' or '.join(started)}?" if started else f"there are: {', '.join(c.name for c in COMMANDS)}"
        )
        return Parsed(None, problem=f"there is no command {words[0]!r}: {near}")
    given = words[1:]
    most = len(command.arguments)
    if len(given) > most:
        if not most:
            return Parsed(command, problem=f"{command.name} takes nothing")
        given = [*given[: most - 1], " ".join(given[most - 1 :])]
    if len(given) < command.needs:
        return Parsed(command, tuple(given), f"{command.usage}: the {command.arguments[len(given)]} is missing")
    return Parsed(command, tuple(given))


def complete(text: str, apps: Sequence[str], themes: Iterable[str]) -> list[str]:
    """Whole lines that the text could become, best first."""
    line = text.removeprefix(":").lstrip()
    words = line.split(" ")
    if len(words) <= 1:
        started = [c.name for c in COMMANDS if c.name.startswith(words[0].lower())]
        return started + [c.name for c in COMMANDS if words[0] and words[0].lower() in c.what and c.name not in started]
    command = find(words[0].lower())
    at = len(words) - 2
    if command is None or at >= len(command.arguments):
        return []
    kind, begun = command.arguments[at], words[-1].lower()
    pool = {
        "app": list(apps),
        "theme": [name.removeprefix("gitops-") for name in themes],
        "time": ["30m", "1h", "2h", "1d"],
    }
    known = pool.get(kind, [])
    started = [each for each in known if each.lower().startswith(begun)]
    within = [each for each in known if begun and begun in each.lower() and each not in started]
    head = " ".join([command.name, *words[1:-1]])
    return [f"{head} {each}" for each in started + within]
