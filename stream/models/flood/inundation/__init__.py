"""Water over land: depth, velocity and arrival on the site's terrain, and who is in its way."""
