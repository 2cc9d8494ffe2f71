"""How often instruments are asked: faster when water rises, slower when the battery is low."""

from edge.sampling.sampler import Sampler

__all__ = ["Sampler"]
