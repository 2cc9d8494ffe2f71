"""Things, datastreams and observations as others ask for them, after OGC SensorThings 1.1.

`mirror` writes the stations of a site down, `mirror_forecasts` what is forecast; `ask` answers a
typed question (`question`, `expressions`) with one statement. Only here do expressions become SQL:
names come from `model`, constants are parameters. Unanswerable says what has no answer.
`Creation`, `change` and `remove` write what guests bring (`drafts`); Unchangeable says what cannot
be.
"""

from forewarn.storage.things.answers import Page, ask, leads_to_one, target
from forewarn.storage.things.changes import change, remove
from forewarn.storage.things.creation import Creation
from forewarn.storage.things.drafts import Draft, Said, Stream
from forewarn.storage.things.errors import Absent, InUse, ReadOnly, Unanswerable, Unchangeable
from forewarn.storage.things.forecasts import mirror_forecasts
from forewarn.storage.things.mirror import mirror
from forewarn.storage.things.model import ENTITIES, ID_SPAN, Entity

__all__ = [
    "ENTITIES",
    "ID_SPAN",
    "Absent",
    "Creation",
    "Draft",
    "Entity",
    "InUse",
    "Page",
    "ReadOnly",
    "Said",
    "Stream",
    "Unanswerable",
    "Unchangeable",
    "ask",
    "change",
    "leads_to_one",
    "mirror",
    "mirror_forecasts",
    "remove",
    "target",
]
