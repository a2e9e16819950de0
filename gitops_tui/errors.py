"""The errors of this program, as one tree.

Each says what failed, on what, why, and what to do. `str(error)` is one paragraph that can be shown to a person as it
is; `.hint` is the part that says what to do, so that a screen can set it apart. Texts that reach an error must already
be free of secrets: whoever builds the message redacts (see `gitops_tui.model.text.redact`).
"""

from __future__ import annotations

from gitops_tui.records import dataclass


def with_hint(message: str, hint: str) -> str:
    """What happened and what to do as two sentences; the message alone where there is no hint."""
    if not hint:
        return message
    stop = "" if message.endswith((".", "?", "!")) else "."
    return f"{message}{stop} {hint[0].upper()}{hint[1:]}"


class GitOpsError(Exception):
    """What went wrong, in words for a person.

    message: what failed, on what, and why; no trailing full stop is needed.
    hint: what to do about it ("" where nothing useful is known).
    """

    def __init__(self, message: str, *, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint

    def __str__(self) -> str:
        return with_hint(self.message, self.hint)


# --- settings and input -------------------------------------------------------------------------------------------


class ConfigError(GitOpsError):
    """The settings file, an option or a combination of options is wrong."""


class ApplicationError(GitOpsError):
    """An Application file can't be read; the message names file, document and field."""


class UnknownApplication(GitOpsError):
    """A command names an application that there is not."""


# --- the cluster --------------------------------------------------------------------------------------------------


class ClusterError(GitOpsError):
    """Something about a cluster failed."""


class KubeconfigError(ClusterError):
    """No kubeconfig, one that doesn't parse, an unknown context, or a login helper that failed."""


class Unreachable(ClusterError):
    """No answer from the API server: refused, timed out, name not found, TLS not trusted, connection cut."""


class ApiError(ClusterError):
    """The API server answered with a `Status` of failure.

    status: the HTTP status; reason: its machine word ("Forbidden", "Conflict", …, "" if none).
    """

    def __init__(self, message: str, *, status: int, reason: str = "", hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.status = status
        self.reason = reason


class Unauthorized(ApiError):
    """401: credentials are missing or expired."""


class Forbidden(ApiError):
    """403: the user may not do this."""


class NotFound(ApiError):
    """404."""


class Conflict(ApiError):
    """409: a resourceVersion, or fields that another manager owns."""


class Invalid(ApiError):
    """422 or 400: the object itself is refused."""


class Gone(ApiError):
    """410: the resourceVersion is too old; list again."""


class TooManyRequests(ApiError):
    """429 that lasted past all retries."""


class UnknownKind(ClusterError):
    """The API server doesn't serve this apiVersion and kind."""


# --- Git ----------------------------------------------------------------------------------------------------------


class GitError(GitOpsError):
    """Something about a repository failed."""


class CloneError(GitError):
    """A repository can't be cloned or opened."""


class FetchError(GitError):
    """A repository can't be fetched now; what was fetched before is still there."""


class RevisionNotFound(GitError):
    """No such branch, tag or commit."""


class PathNotFound(GitError):
    """No such folder or file at that commit."""


class UnsafePath(GitError):
    """A path or symlink leads out of the repository."""


class DamagedRepository(GitError):
    """An object or file of a repository is missing or broken; a mirror is cloned anew."""


class GitStopped(GitError):
    """A person stopped it."""


class PushRejected(GitError):
    """A push was refused: the branch moved (`moved`), is protected, or a hook of the server said no."""

    def __init__(self, message: str, *, hint: str = "", moved: bool = False) -> None:
        super().__init__(message, hint=hint)
        self.moved = moved


class RevertRefused(GitError):
    """A revert is not made; the message says why and the hint what to do."""


class SignatureRequired(GitError):
    """A revision without a signature that counts, where one is demanded; it is shown and never deployed."""


# --- rendering ----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing wrong in one file of a repository.

    path: inside the repository, "" where it is about the whole source. line, column: from 1, 0 where not known.
    message: in words. text: the line itself ("" where not known).
    """

    path: str
    message: str
    line: int = 0
    column: int = 0
    text: str = ""

    def __str__(self) -> str:
        place = self.path
        if place and self.line:
            place += f":{self.line}"
            if self.column:
                place += f":{self.column}"
        said = f"{place}: {self.message}" if place else self.message
        return f"{said}\n    {self.text.strip()}" if self.text.strip() else said


class RenderError(GitOpsError):
    """A source can't be rendered; `.problems` has each cause with its place."""

    def __init__(self, message: str, *, problems: tuple[Problem, ...] = (), hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.problems = problems

    def __str__(self) -> str:
        head = self.message
        if self.problems:
            head += ":\n" + "\n".join(f"  {problem}" for problem in self.problems)
        return f"{head}\n{self.hint}" if self.hint else head


class ToolMissing(RenderError):
    """A program or an extra that this source needs is not there; the hint says how to get it."""


# --- sync ---------------------------------------------------------------------------------------------------------


class PlanRefused(GitOpsError):
    """A sync is not started; the message says why and the hint what to do."""


class OperationRunning(PlanRefused):
    """Another operation on the same application is under way."""
