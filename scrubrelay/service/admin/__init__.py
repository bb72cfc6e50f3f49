"""The admin listener: one table of routes, and a module for each group of them."""
