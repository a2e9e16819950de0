"""Repositories: clone, fetch, read trees without a checkout, log."""

from gitops_tui.git.open import open_repository
from gitops_tui.git.repository import Repository, TreeEntry

__all__ = ["Repository", "TreeEntry", "open_repository"]
