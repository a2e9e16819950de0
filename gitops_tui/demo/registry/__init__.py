"""What the embedded cluster holds, and every rule of writing to it; `registry.Registry` is the way in."""
