"""Network cameras: recorded pictures where they are there, drawn ones where not."""
