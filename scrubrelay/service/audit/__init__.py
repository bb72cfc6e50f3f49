"""What the audit works out: dry runs, searches of exports, and what the store has kept."""
