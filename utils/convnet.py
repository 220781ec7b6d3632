"""A small convolutional net in NumPy for the experiments: its parameters are a dict, and its two functions fit `utils.training.fit`."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import DTypeLike, NDArray

from utils.convolution import (
    Cache,
    conv_backward,
    conv_backward_weights,
    conv_forward,
    max_pool_backward,
    max_pool_forward,
)

__all__ = [
    "conv_backward",
    "conv_forward",
    "init_params",
    "loss_and_grads",
    "max_pool_backward",
    "max_pool_forward",
    "predict",
]

Array = NDArray[Any]
Params = Mapping[str, Array]


def init_params(
    shape: tuple[int, int, int],
    channels: Sequence[int],
    hidden: int,
    classes: int,
    rng: np.random.Generator,
    dtype: DTypeLike = np.float32,
) -> dict[str, Array]:
    """Return a net of blocks 3 by 3 convolution, relu, 2 by 2 max pooling, one for each of `channels`; then affine, relu, affine.

    Weights are N(0, 2 / fan_in), as He et al. have it for relu, and those of the last layer N(0, 1 / fan_in); biases are zero.

    Args:
        shape: (H, W, C) of a picture; each block halves H and W, rounding down.
        channels: of each block; () makes it a net without convolutions.
        hidden, classes: numbers of units of the two affine layers.

    Returns:
        w1, b1, w2, b2, ...: weights (3, 3, C_in, C_out) and then (D, hidden), (hidden, classes); biases (C_out,).

    Raises:
        ValueError: a picture too small for so many blocks.
    """
    rows, columns, last = shape
    if min(rows, columns) < 2 ** len(channels):
        raise ValueError(
            f"shape is {shape}, expected at least {2 ** len(channels)} by {2 ** len(channels)} for {len(channels)} blocks"
        )
    shapes: list[tuple[int, ...]] = []
    for wide in channels:
        shapes.append((3, 3, last, wide))
        rows, columns, last = rows // 2, columns // 2, wide
    shapes += [(rows * columns * last, hidden), (hidden, classes)]
    params: dict[str, Array] = {}
    for number, form in enumerate(shapes, 1):
        gain = 1 if number == len(shapes) else 2
        params[f"w{number}"] = (
            rng.normal(size=form) * np.sqrt(gain / math.prod(form[:-1]))
        ).astype(dtype)
        params[f"b{number}"] = np.zeros(form[-1], dtype)
    return params


def loss_and_grads(params: Params, x: Array, y: Array) -> tuple[float, dict[str, Array]]:
    """Return the softmax cross-entropy, averaged over the batch, and its gradient for each parameter.

    Weights of four axes are a block convolution, relu, pooling; weights of two are affine, with a relu but for the last. So nets of
    other depths than `init_params` makes run as well. All is done in the parameters' dtype.

    Args:
        x: (N, H, W, C) pictures, or (N, D) for a net without convolutions.
        y: (N,) integer labels, or (N, classes) soft labels.

    Raises:
        ValueError: shapes that do not fit, or labels that no class has.
    """
    scores, steps = _forward(params, x)
    target = _target(y, scores)
    p, logs = _softmax(scores)
    loss = -float(np.sum(target * logs)) / len(scores)
    dout = (p * target.sum(axis=1, keepdims=True) - target) / len(scores)
    grads: dict[str, Array] = {}
    for number in range(len(steps), 0, -1):
        into, out, cache, pooled = steps[number - 1]
        if number < len(steps):
            if pooled:
                dout = max_pool_backward(dout.reshape(pooled[1].shape), pooled)
            dout = dout.reshape(out.shape) * (out > 0)
        if not cache:
            w = params[f"w{number}"]
            grads[f"w{number}"], grads[f"b{number}"] = into.T @ dout, dout.sum(axis=0)
            dout = dout @ w.T if number > 1 else dout
        elif number > 1:
            dout, grads[f"w{number}"], grads[f"b{number}"] = conv_backward(dout, cache)
        else:  # nobody asks for the pictures' own gradient
            grads["w1"], grads["b1"] = conv_backward_weights(dout, cache)
    return loss, {name: grads[name] for name in params}


def predict(params: Params, x: Array, batch: int = 256) -> Array:
    """Return the probabilities (N, classes) of the classes, working through `batch` examples at a time."""
    parts = [
        _softmax(_forward(params, x[start : start + batch])[0])[0]
        for start in range(0, max(1, len(x)), batch)
    ]
    return np.concatenate(parts)


def _forward(params: Params, x: Array) -> tuple[Array, list[tuple[Array, Array, Cache, Cache]]]:
    """Return the scores (N, classes) and, for each layer, what goes in, what comes out before pooling, and two caches."""
    depth = len(params) // 2
    x = np.asarray(x).astype(params["w1"].dtype, copy=False)
    steps: list[tuple[Array, Array, Cache, Cache]] = []
    for number in range(1, depth + 1):
        w, b = params[f"w{number}"], params[f"b{number}"]
        if w.ndim == 4:
            out, cache = conv_forward(x, w, b, pad=w.shape[0] // 2)
            np.maximum(out, 0, out=out)
            after, pooled = max_pool_forward(out)
        else:
            x = x.reshape(len(x), math.prod(x.shape[1:]))
            if x.shape[1] != len(w):
                raise ValueError(
                    f"x comes to w{number} with {x.shape[1]} numbers an example, expected {len(w)}"
                )
            after = out = x @ w + b
            cache, pooled = (), ()
            if number < depth:
                np.maximum(out, 0, out=out)
        steps.append((x, out, cache, pooled))
        x = after
    return x, steps


def _softmax(scores: Array) -> tuple[Array, Array]:
    """Return the probabilities and their logarithms."""
    logs = scores - scores.max(axis=1, keepdims=True)
    p = np.exp(logs)
    total = p.sum(axis=1, keepdims=True)
    return p / total, logs - np.log(total)


def _target(y: Array, scores: Array) -> Array:
    """Return labels of either form as (N, classes)."""
    y, (n, classes) = np.asarray(y), scores.shape
    if y.shape == scores.shape:
        return y.astype(scores.dtype, copy=False)
    if y.shape != (n,) or y.dtype.kind not in "iu":
        raise ValueError(
            f"y has shape {y.shape} and type {y.dtype}, expected ({n},) integer labels or {scores.shape} soft ones"
        )
    if n and not 0 <= y.min() <= y.max() < classes:
        raise ValueError(f"y holds labels from {y.min()} to {y.max()}, expected 0 to {classes - 1}")
    return np.eye(classes, dtype=scores.dtype)[y]
