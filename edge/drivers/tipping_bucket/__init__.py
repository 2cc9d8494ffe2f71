"""Tipping bucket rain gauges: one byte for each tip on a serial line."""
