"""Tide and surge: harmonic constants, the tide they predict, and the residual's next hours.

`analysis` → `constants` → `prediction`; what is left of the observations, the residual, is
forecast by `surge`. Times are Unix seconds, levels have the unit of the record.
"""
