"""Underground places: a small water balance, and by when a place must be closed.

Pure functions of arrays; members stand side by side in the last axis.
"""
