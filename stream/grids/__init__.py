"""Gridded rain from files: radar composites and numerical weather prediction.

Errors: `GridError` (a file that cannot be used; says which, why, and what would help).
"""
