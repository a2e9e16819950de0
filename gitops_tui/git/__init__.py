"""Repositories: clone, fetch, read trees without a checkout, log, blame, signatures, reverts."""

from gitops_tui.git.open import open_repository
from gitops_tui.git.paths import TreeEntry, clean_path
from gitops_tui.git.repository import Repository

__all__ = ["Repository", "TreeEntry", "clean_path", "open_repository"]
