"""The physical flood chain: rain, runoff, rivers and filter, one ensemble minute by minute."""

from stream.models.flood.chain.cycle import Chain, ChainForecast
from stream.models.flood.chain.ensemble import EnsembleFailed
from stream.models.flood.chain.state import State

__all__ = ["Chain", "ChainForecast", "EnsembleFailed", "State"]
