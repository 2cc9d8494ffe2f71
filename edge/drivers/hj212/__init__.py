"""Data loggers that send HJ 212-2017 messages."""
