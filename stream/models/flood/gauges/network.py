"""A small feed-forward network: tanh hidden layer, linear output, fitted with Adam."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from stream.models.flood.gauges.grid import Array

Small = NDArray[np.float32]


@dataclass(frozen=True, eq=False)
class Network:
    """Weights of `tanh(x · inner + inner_bias) · outer + outer_bias`."""

    inner: Small
    """(n_features, n_hidden)"""
    inner_bias: Small
    outer: Small
    """(n_hidden, n_outputs)"""
    outer_bias: Small

    def predict(self, features: Array) -> Array:
        """Return (n, n_outputs) for standardised features (n, n_features)."""
        hidden = np.tanh(features.astype(np.float32) @ self.inner + self.inner_bias)
        return np.asarray(hidden @ self.outer + self.outer_bias, float)


def train(
    features: Array,
    wanted: Array,
    *,
    hidden: int,
    epochs: int,
    seed: int,
    batch: int = 256,
    rate: float = 4e-3,
    decay: float = 0.3,
) -> Network:
    """Fit a network to `wanted` (n, n_outputs) by least squares.

    Adam with decoupled weight decay and a cosine schedule (Kingma & Ba 2015; Loshchilov &
    Hutter 2019). The outer layer starts at zero: an unfitted network predicts nothing. The
    same seed gives the same network.
    """
    draw = np.random.default_rng(seed)
    x, y = features.astype(np.float32), wanted.astype(np.float32)
    count, width = x.shape
    batch = min(batch, count)
    weights = [
        draw.normal(0.0, width**-0.5, (width, hidden)).astype(np.float32),
        np.zeros(hidden, np.float32),
        np.zeros((hidden, y.shape[1]), np.float32),
        np.zeros(y.shape[1], np.float32),
    ]
    first = [np.zeros_like(weight) for weight in weights]
    second = [np.zeros_like(weight) for weight in weights]
    total, done = epochs * (count // batch), 0
    for _ in range(epochs):
        order = draw.permutation(count)
        for start in range(0, count - batch + 1, batch):
            rows = order[start : start + batch]
            done += 1
            pace = rate * 0.5 * (1.0 + np.cos(np.pi * done / total))
            gradients = _gradients(weights, x[rows], y[rows])
            for weight, gradient, mean, square in zip(
                weights, gradients, first, second, strict=True
            ):
                mean += 0.1 * (gradient - mean)
                square += 0.001 * (gradient * gradient - square)
                change = (mean / (1 - 0.9**done)) / (np.sqrt(square / (1 - 0.999**done)) + 1e-8)
                shrink = decay * weight if weight.ndim == 2 else 0.0
                weight -= np.float32(pace) * (change + shrink)
    return Network(*weights)


def _gradients(weights: list[Small], x: Small, y: Small) -> list[Small]:
    inner, inner_bias, outer, outer_bias = weights
    hidden = np.tanh(x @ inner + inner_bias)
    error = (hidden @ outer + outer_bias - y) / np.float32(len(x))
    back = (error @ outer.T) * (1 - hidden * hidden)
    return [x.T @ back, back.sum(0), hidden.T @ error, error.sum(0)]
