"""Drivers, one folder each: config.py, decode.py, driver.py, sample.toml, README.md.

`config.py` and `decode.py` need no library; `driver.py` is imported only where a gateway
has such an instrument.
"""
