"""Plugins that ship with the program; each runs as a program of its own (`builtin:` in the settings)."""
