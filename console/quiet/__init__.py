"""Drills, silences and maintenances: what runs, and the ways to begin and end one."""
