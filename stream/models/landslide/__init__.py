"""Landslides and debris flows from rain, ground and instruments: pure functions of arrays."""
