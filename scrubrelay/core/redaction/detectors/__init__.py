"""What is looked for: patterns as data, keys by their words, and the library that they make."""
