"""From rain to runoff: what the ground keeps, and when the rest arrives."""
