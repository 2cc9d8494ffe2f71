"""What one statement gives names to: its parameters and its tables."""

from datetime import datetime
from typing import NamedTuple

from forewarn.storage.things.model import ENTITIES, ID_ORIGIN, ID_SPAN, Entity

Constant = str | int | float | bool | object


class Term(NamedTuple):
    """A piece of SQL, and what kind of value it has."""

    sql: str
    kind: str
    """As `Property.kind`; also `bool`, `null`, `duration`, `date`, `clock`, `polygon`."""


class Names:
    """The parameters of one statement, and aliases that it does not have yet.

    Parameters
    ----------
    now : datetime
        What `now()` means in it.
    """

    def __init__(self, now: datetime) -> None:
        self.now = now
        self.parameters: dict[str, Constant] = {}
        self._aliases = 0

    def value(self, constant: Constant, kind: str) -> str:
        """Return the place where `constant` is put by the driver, as PostgreSQL's type `kind`."""
        name = f"p{len(self.parameters)}"
        self.parameters[name] = constant
        return f"%({name})s::{kind}"

    def alias(self) -> str:
        """Return a name for a table."""
        self._aliases += 1
        return f"t{self._aliases}"

    def identified(self, entity: Entity, alias: str, number: int) -> str:
        """Return the condition that `alias` is the entity whose id is `number`."""
        if entity is not ENTITIES["Observations"]:
            return f"{at(entity.id, alias)} = {self.value(number, 'bigint')}"
        datastream, moment = divmod(number, ID_SPAN)
        milliseconds = self.value(moment - ID_ORIGIN, "float8")
        return (
            f"{alias}.datastream_id = {self.value(datastream, 'bigint')}"
            f" AND {alias}.phenomenon_time = to_timestamp({milliseconds} / 1000)"
        )


def at(sql: str, alias: str, neighbour: str = "") -> str:
    """Return `sql` of the model with the aliases in it."""
    return sql.replace("{t}", alias).replace("{n}", neighbour)
