"""The kinds of patch that the API server knows besides server-side apply."""
