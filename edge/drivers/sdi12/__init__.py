"""SDI-12 sensors on an adapter that speaks ASCII on a serial or TCP line."""
