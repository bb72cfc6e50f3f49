"""One string: other ways to read it, what was found in it, and what is put there instead."""
