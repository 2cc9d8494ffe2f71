"""Local alarms: the gateway's own thresholds, and sirens that need no network."""
