"""The shift log, and handing a shift over."""
