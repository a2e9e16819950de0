"""Custom kinds: what a CustomResourceDefinition's structural schema makes of objects."""
