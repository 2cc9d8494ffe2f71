"""Vital signs of a city: formulas over datastreams, and how an indicator stands to its bounds.

`formula.py` turns text into a `Formula` that can be evaluated over a `Scene`; nothing of it is
ever run as Python. `reach.py` tells which values it can have. `state.py` compares with bounds.
"""

from stream.models.vitals.formula import Formula, FormulaError, parse
from stream.models.vitals.names import Names
from stream.models.vitals.reach import reach
from stream.models.vitals.scene import Scene
from stream.models.vitals.state import Bounds, judge

__all__ = ["Bounds", "Formula", "FormulaError", "Names", "Scene", "judge", "parse", "reach"]
"""What the adapter uses."""
