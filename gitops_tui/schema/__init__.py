"""What types fields have: list and map types, merge keys, quantities, defaults. Bundled for Kubernetes 1.37's own
kinds, and read from structural schemas for custom ones."""

from gitops_tui.schema.nodes import Node, from_structural
from gitops_tui.schema.openapi import with_openapi
from gitops_tui.schema.schemas import KindInfo, SchemaSet, builtin

__all__ = ["KindInfo", "Node", "SchemaSet", "builtin", "from_structural", "with_openapi"]
