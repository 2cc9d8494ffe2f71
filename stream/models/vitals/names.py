"""What a formula may name: datastreams, areas, thresholds."""

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from fnmatch import fnmatchcase

from msgspec import Struct


class Names(Struct, frozen=True, kw_only=True):
    """The names of a site."""

    areas: Mapping[str, str]
    """Key of each datastream → its area."""
    thresholds: Mapping[tuple[str, str], float] = {}
    """(key, level) → the lowest threshold of that level, in the unit of the datastream."""
    forecast: frozenset[str] = frozenset()
    """Keys of which there may be forecasts, places included."""

    def matching(self, pattern: str) -> tuple[str, ...]:
        """Return the keys of a pattern, `*/rain` or `*/rain @ city`, in the site's order.

        ValueError where there is none; it names the nearest that there is.
        """
        wanted, _, area = (part.strip() for part in pattern.partition("@"))
        known = tuple(dict.fromkeys(self.areas.values()))
        if area and area not in known:
            raise ValueError(f"no area `{area}`{nearest(area, known)}")
        found = tuple(
            key
            for key, place in self.areas.items()
            if fnmatchcase(key, wanted) and area in ("", place)
        )
        if not found:
            where = f" in area `{area}`" if area else ""
            raise ValueError(f"no datastream `{wanted}`{where}{nearest(wanted, self.areas)}")
        return found


def nearest(name: str, known: Iterable[str]) -> str:
    """Return what to say of a name that is not known: the nearest that is, or some."""
    names = list(known)
    close = get_close_matches(name, names, n=1, cutoff=0.5)
    if close:
        return f". Did you mean `{close[0]}`?"
    return f"; there are: {', '.join(names[:20])}" if names else ""
