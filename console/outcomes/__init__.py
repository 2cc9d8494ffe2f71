"""What became of the warnings, for the page `models`."""
