"""Cameras: people, parking bays and staff gauges, counted by a process of its own."""
