"""Finding what must not leave and replacing it."""
