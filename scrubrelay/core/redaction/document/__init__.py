"""One JSON document: the walk over it, where things stand, and what was done where."""
