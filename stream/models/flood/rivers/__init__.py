"""Water on its way through channels, gates and pumps to the sea."""
