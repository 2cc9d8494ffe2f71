"""Warnings of other authorities: for officers as evidence, for subscribers as relay."""
