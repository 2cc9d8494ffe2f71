"""From the rain that falls now to the street that will be under water: pure functions of arrays."""
