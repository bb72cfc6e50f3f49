"""One pass over a text that points at the rules worth trying, and the trying."""
