"""Forewarn: an early-warning network that a city can run itself."""

__version__ = "0.1.0"
