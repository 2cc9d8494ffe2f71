"""Numbers of `outlook.py`, as `python -m benchmarks.marine` fits and prints them.

Wind from NDBC 41002 and 41008 (June to August 2018) and 46002 (January to July 2016), waves from
41002: six summer weeks off South Carolina, up to 4 m. Public domain, National Data Buoy Center.
The 0.3 of the waves is the cap `fit.MOST_DRAWN`, not where the record alone would put it.
"""

from stream.models.marine.outlook import Spread, WaveLaw, WindLaw

WIND = WindLaw(
    drawn=0.472,
    within_h=0.461,
    spread=Spread(
        coefficients=(0.494753, 0.003359, 1.022569),
        powers=(0.988, 0.757, 0.54),
        quantiles=(-1.59, -1.181, -0.575, 0.0, 0.596, 1.245, 1.673),
    ),
)
WAVES = WaveLaw(
    drawn=0.3,
    raised=0.224,
    spread=Spread(
        coefficients=(0.001693, 0.003384, 0.235919),
        powers=(0.3, 0.668, 0.799),
        quantiles=(-1.577, -1.314, -0.786, 0.0, 0.648, 1.269, 1.614),
    ),
)
