"""From the outbox to Sentry: in order, however often it takes."""
