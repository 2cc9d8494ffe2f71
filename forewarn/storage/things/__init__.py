"""Things, datastreams and observations as others ask for them, after OGC SensorThings 1.1.

`mirror` writes the stations of a site down; `ask` answers a typed question (`question`,
`expressions`) with one statement. Only here do expressions become SQL: names come from `model`,
constants are parameters. Unanswerable says what has no answer.
"""

from forewarn.storage.things.answers import Page, ask, leads_to_one, target
from forewarn.storage.things.errors import Unanswerable
from forewarn.storage.things.mirror import mirror
from forewarn.storage.things.model import ENTITIES, ID_SPAN, Entity

__all__ = [
    "ENTITIES",
    "ID_SPAN",
    "Entity",
    "Page",
    "Unanswerable",
    "ask",
    "leads_to_one",
    "mirror",
    "target",
]
