"""The HTTP side of the embedded API server: routing, bodies, lists, watches, tables, discovery, OpenAPI, reviews."""
