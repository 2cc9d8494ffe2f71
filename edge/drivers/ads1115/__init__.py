"""4–20 mA loops and voltages through an ADS1115 on an I²C bus."""
