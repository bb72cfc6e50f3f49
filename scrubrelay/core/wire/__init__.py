"""Sentry's wire formats, bytes to values and back."""
