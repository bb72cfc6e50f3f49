"""Keep or drop, and why: decided on the raw event, in memory, before anything is scrubbed."""
