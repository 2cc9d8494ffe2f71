"""The residual's next hours: what tide tables leave, forecast with an interval.

`sampling` puts a station's levels on a grid, `features` is what is looked at, `fitting` makes
a `model`, `spread` says how wide, `plausibility` whether the gauge itself can be believed.
"""
