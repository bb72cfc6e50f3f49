"""Configurations of other tools: gitleaks, Sentry's data scrubbing, its Relay."""
