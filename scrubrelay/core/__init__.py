"""What becomes of bytes: pure functions and frozen values, no I/O."""
