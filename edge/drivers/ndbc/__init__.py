"""NOAA NDBC buoys, from their native text files."""
