"""Where SDKs send to: requests read within limits, judged, and answered."""
