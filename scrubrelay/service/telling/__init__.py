"""What the relay tells of itself: metrics, what becomes of events, live decisions."""
