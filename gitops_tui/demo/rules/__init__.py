"""What the API server knows of single kinds: defaults, what an object must be, what may change."""
