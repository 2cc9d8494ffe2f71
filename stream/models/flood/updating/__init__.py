"""Model states and forecasts corrected by what the gauges say."""
