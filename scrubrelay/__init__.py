"""scrubrelay scrubs Sentry envelopes on your own machine before they leave it."""
