"""`[[redaction.rule]]` and the selectors it is written in."""
