"""A Source at a Revision -> Manifests."""

from gitops_tui.render.cache import Rendered
from gitops_tui.render.render import render
from gitops_tui.render.yamltext import dump

__all__ = ["Rendered", "dump", "render"]
