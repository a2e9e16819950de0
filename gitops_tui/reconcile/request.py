"""What a person asked to look at."""

from __future__ import annotations

from pathlib import Path

from gitops_tui.model.keys import AppKey
from gitops_tui.records import dataclass


@dataclass(frozen=True, slots=True)
class Request:
    """Either `repo` and `pattern` (an application for each folder that matches) or `files` (Application files), or both.

    more_patterns: as pattern, and each must match something. revision: what the folders' applications follow. namespace:
    where their objects without one go. context, kubeconfig: the cluster ("" and None for the current ones). create_namespace: adds CreateNamespace=true.
    automatic: whether this process may sync by itself where a policy says so. working_tree: look at the uncommitted changes
    of local folders; nothing of them is ever deployed. about: the one application that a question is about, "" for all: no
    dry run is asked about others. beneath: whether what objects own is watched, too: a question for drift alone needs none
    of it.
    """

    repo: str = ""
    pattern: str = "."
    revision: str = "HEAD"
    namespace: str = ""
    context: str = ""
    kubeconfig: Path | None = None
    files: tuple[Path, ...] = ()
    create_namespace: bool = False
    more_patterns: tuple[str, ...] = ()
    automatic: bool = True
    working_tree: bool = False
    beneath: bool = True
    about: str = ""

    def is_about(self, key: AppKey) -> bool:
        """Whether the question is about an application."""
        return not self.about or self.about in key.names
