"""Whether a match is the real thing: check digits, numbering plans, and what a value looks like."""
