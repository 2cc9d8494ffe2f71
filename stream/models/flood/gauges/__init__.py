"""From gauge to gauge: the level to come, from levels, flows, rain and tide observed so far."""
