"""Numeric models: pure functions of arrays, without I/O, clock or logging."""
