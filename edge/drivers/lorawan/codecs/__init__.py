"""Payloads of LoRaWAN sensors into values, one file for each maker. Pure but for reading tables."""
