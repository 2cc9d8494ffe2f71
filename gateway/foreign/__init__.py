"""Devices that are not ours: SenML packs and ESPHome's topics become `ReceivedBatch`."""
