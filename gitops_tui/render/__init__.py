"""A Source at a Revision -> Manifests."""

from gitops_tui.render.render import Rendered, render
from gitops_tui.render.yamltext import dump

__all__ = ["Rendered", "dump", "render"]
