"""Everything about one station, for the page `station`."""
