"""The write path of the embedded API server, without HTTP."""
