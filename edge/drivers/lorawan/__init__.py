"""LoRaWAN sensors, heard through a network server (ChirpStack, The Things Stack)."""
