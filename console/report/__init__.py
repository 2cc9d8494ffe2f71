"""The situation report: what is in force, what is done, who was told, and what is not known."""
