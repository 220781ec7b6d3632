"""Convolution and max pooling in NumPy, both ways, fast enough for experiments.

Pictures are NHWC: (N, H, W, C). A convolution is a matrix product, after every window of the picture has become a row of a matrix (im2col). The
windows overlap, so that all of them together take kh kw times the picture's memory. They are therefore made a few pictures
at a time, few enough to stay in the processor's own cache, and made again in the backward pass rather than kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view
from numpy.typing import NDArray

Array = NDArray[Any]
Cache = tuple[Any, ...]
BYTES = 200_000  # of windows at a time: measured; with more, they fall out of the cache


def conv_forward(
    x: Array, w: Array, b: Array, stride: int = 1, pad: int = 0
) -> tuple[Array, Cache]:
    """Slide the filters over the pictures.

    out[n, p, q, k] = b[k] + sum over i, j, c of x[n, p stride + i - pad, q stride + j - pad, c] w[i, j, c, k], with zeros beyond the border.

    Args:
        x: (N, H, W, C) pictures.
        w: (kh, kw, C, K) filters.
        b: (K,) biases.

    Returns:
        out: (N, 1 + (H + 2 pad - kh) // stride, 1 + (W + 2 pad - kw) // stride, K), and a cache for the backward pass.

    Raises:
        ValueError: shapes that do not fit, stride < 1, or pad < 0.
    """
    x, w, b = np.asarray(x), np.asarray(w), np.asarray(b)
    _check(x, w, b, stride, pad)
    dtype = np.result_type(x, w, b)
    if dtype.kind in "biu":
        dtype = np.dtype(np.float64)
    if dtype.kind != "f":
        raise ValueError(f"x, w and b are of type {dtype} together, expected real numbers")
    x, w = _padded(x.astype(dtype, copy=False), pad), np.ascontiguousarray(w, dtype)
    return _correlate(x, w, stride, b.astype(dtype, copy=False)), (x, w, stride, pad)


def conv_backward(dout: Array, cache: Cache) -> tuple[Array, Array, Array]:
    """Carry the gradient of a convolution's output back: dx (N, H, W, C), dw (kh, kw, C, K), db (K,).

    dx is a convolution itself, of dout with the filters turned by half a circle and their channels and outputs exchanged.
    """
    dw, db = conv_backward_weights(dout, cache)
    x, w, stride, pad = cache
    wide = _spread(np.asarray(dout, x.dtype), x.shape, w.shape, stride, pad)
    turned = np.ascontiguousarray(w[::-1, ::-1].swapaxes(2, 3))
    return _correlate(wide, turned, 1), dw, db


def conv_backward_weights(dout: Array, cache: Cache) -> tuple[Array, Array]:
    """Return dw and db alone: all that a net's first layer needs, at half the work."""
    x, w, stride, _ = cache
    shape = _shape(x, w, stride)
    if np.shape(dout) != shape:
        raise ValueError(f"dout has shape {np.shape(dout)}, expected {shape}, that of out")
    dout = np.ascontiguousarray(dout, x.dtype)
    dw = np.zeros((w[..., 0].size, w.shape[3]), w.dtype)
    for part, rows in _windows(x, w.shape, stride):
        dw += rows.T @ _matrix(dout[part])
    return dw.reshape(w.shape), np.ones(dout[..., 0].size, x.dtype) @ _matrix(
        dout
    )  # a product sums narrow rows faster than sum does


def max_pool_forward(x: Array, size: int = 2) -> tuple[Array, Cache]:
    """Keep the largest of each size by size block: out (N, H // size, W // size, C); rows and columns left over are dropped."""
    x = np.asarray(x)
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, H, W, C)")
    if not 1 <= size <= min(x.shape[1:3]):
        raise ValueError(
            f"size is {size}, expected 1 to {min(x.shape[1:3])} for pictures of {x.shape[1]} by {x.shape[2]}"
        )
    blocks = _blocks(x, size)
    out = blocks[:, :, 0, :, 0].copy()
    for i, j in list(np.ndindex(size, size))[1:]:
        np.maximum(out, blocks[:, :, i, :, j], out=out)
    return out, (x, out, size)


def max_pool_backward(dout: Array, cache: Cache) -> Array:
    """Give each block's gradient to its largest entry, the first one if several are equal: dx (N, H, W, C)."""
    x, out, size = cache
    if np.shape(dout) != out.shape:
        raise ValueError(f"dout has shape {np.shape(dout)}, expected {out.shape}, that of out")
    dx = np.zeros(x.shape, np.result_type(dout, np.float16))
    blocks, into = _blocks(x, size), _blocks(dx, size)
    free = np.ones(out.shape, bool)  # blocks whose largest entry is still to come
    for i, j in np.ndindex(size, size):
        found = (blocks[:, :, i, :, j] == out) & free
        np.multiply(dout, found, out=into[:, :, i, :, j])
        free &= ~found
    return dx


def _check(x: Array, w: Array, b: Array, stride: int, pad: int) -> None:
    if x.ndim != 4 or w.ndim != 4:
        raise ValueError(
            f"x has shape {x.shape} and w {w.shape}, expected (N, H, W, C) and (kh, kw, C, K)"
        )
    if x.shape[3] != w.shape[2]:
        raise ValueError(
            f"x has {x.shape[3]} channels, in shape {x.shape}, expected {w.shape[2]}, as in w {w.shape}"
        )
    if b.shape != w.shape[3:]:
        raise ValueError(
            f"b has shape {b.shape}, expected {w.shape[3:]}, one for each filter of w {w.shape}"
        )
    if stride < 1 or pad < 0:
        raise ValueError(f"stride is {stride} and pad {pad}, expected at least 1 and at least 0")
    if (
        min(w.shape[:2]) < 1
        or x.shape[1] + 2 * pad < w.shape[0]
        or x.shape[2] + 2 * pad < w.shape[1]
    ):
        raise ValueError(
            f"w has windows of {w.shape[:2]}, expected 1 to {(x.shape[1] + 2 * pad, x.shape[2] + 2 * pad)}"
        )


def _padded(x: Array, pad: int) -> Array:
    if not pad:
        return np.ascontiguousarray(x)
    n, rows, columns, channels = x.shape
    wide = np.zeros((n, rows + 2 * pad, columns + 2 * pad, channels), x.dtype)
    wide[:, pad:-pad, pad:-pad] = x
    return wide


def _correlate(x: Array, w: Array, stride: int, b: Array | None = None) -> Array:
    """Return the convolution of x (N, H, W, C), padded already, with w (kh, kw, C, K)."""
    out = np.empty(_shape(x, w, stride), x.dtype)
    line = (
        None if b is None else np.tile(b, out.shape[2])
    )  # biases for a whole row of a picture: adding a few at a time is slow
    for part, rows in _windows(x, w.shape, stride):
        np.matmul(rows, _matrix(w), out=_matrix(out[part]))
        if line is not None:
            into = out[part].reshape(-1, len(line))
            into += line
    return out


def _shape(x: Array, w: Array, stride: int) -> tuple[int, int, int, int]:
    return (
        len(x),
        (x.shape[1] - w.shape[0]) // stride + 1,
        (x.shape[2] - w.shape[1]) // stride + 1,
        w.shape[3],
    )


def _windows(x: Array, shape: tuple[int, ...], stride: int) -> Iterator[tuple[slice, Array]]:
    """Yield, for a few pictures at a time, which they are and their windows (n P Q, kh kw C); the memory is used again for the next."""
    (n, rows, columns, channels), (kh, kw) = x.shape, shape[:2]
    lines = sliding_window_view(x.reshape(n, rows, columns * channels), kw * channels, axis=2)[
        :, :, :: stride * channels
    ]
    pieces = lines.view(np.dtype((np.void, kw * channels * x.itemsize)))[
        ..., 0
    ]  # (N, H, Q): a window's row is one item, copied at once
    windows = sliding_window_view(pieces, kh, axis=1)[:, ::stride]  # (N, P, Q, kh)
    size = max(1, BYTES // windows[:1].nbytes) if n else 1
    matrix = np.empty((min(size, n), *windows.shape[1:]), windows.dtype)
    for start in range(0, n, size):
        part = slice(start, min(start + size, n))
        some = matrix[: part.stop - start]
        some[...] = windows[part]
        yield part, some.view(x.dtype).reshape(-1, kh * kw * channels)


def _spread(
    dout: Array, shape: tuple[int, ...], window: tuple[int, ...], stride: int, pad: int
) -> Array:
    """Return dout's entries `stride` apart, zeros between and around, as the turned filters must meet them: (N, H + kh - 1, W + kw - 1, K)."""
    top, left = window[0] - 1 - pad, window[1] - 1 - pad  # where the first entry goes
    wide = np.zeros(
        (len(dout), shape[1] - pad + top, shape[2] - pad + left, dout.shape[3]), dout.dtype
    )
    above, before = (
        max(0, -(top // stride)),
        max(0, -(left // stride)),
    )  # entries of windows wholly in the padding: they touch no pixel
    into, entries = (
        wide[:, top + stride * above :: stride, left + stride * before :: stride],
        dout[:, above:, before:],
    )
    rows, columns = min(into.shape[1], entries.shape[1]), min(into.shape[2], entries.shape[2])
    into[:, :rows, :columns] = entries[:, :rows, :columns]
    return wide


def _matrix(x: Array) -> Array:
    return x.reshape(-1, x.shape[-1])


def _blocks(x: Array, size: int) -> Array:
    """Return a view (N, H // size, size, W // size, size, C)."""
    rows, columns = x.shape[1] // size, x.shape[2] // size
    inside = x[:, : rows * size, : columns * size]
    n, down, right, deep = inside.strides
    shape = (len(x), rows, size, columns, size, x.shape[3])
    return np.lib.stride_tricks.as_strided(
        inside, shape, (n, down * size, down, right * size, right, deep)
    )
