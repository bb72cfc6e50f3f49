"""One module per payload format that can be scrubbed."""
