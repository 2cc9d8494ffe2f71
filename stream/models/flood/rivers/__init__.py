"""Water on its way through channels, gates and pumps to the sea.

::

    ValueError
    ├── BadReachError      a reach of a Muskingum–Cunge tree (reaches.py)
    ├── BadNetworkError    a reach, junction or structure of a tidal network (network.py)
    └── BadRatingError     a rating curve that cannot be fitted or used (rating.py)
"""
