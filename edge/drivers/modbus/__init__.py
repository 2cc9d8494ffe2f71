"""Modbus RTU and TCP by register maps in `firmware_configs/profiles/`, and logger memory."""
