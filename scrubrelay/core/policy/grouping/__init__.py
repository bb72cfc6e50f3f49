"""Which events are one issue, told before they are sent as Sentry tells it afterwards."""
