"""Waves and wind of the next hours from a buoy: pure functions of arrays."""
