"""Known mistakes in `maxpool`, and right answers in other styles."""

import numpy as np

from autograder.core.mistakes import mistake, variant

BOTH = ("maxpool_forward", "maxpool_backward")


@mistake(
    "maxpool",
    replaces="maxpool_forward",
    change={"windows.max(axis=-1)": "windows.min(axis=-1)", "windows.argmax(": "windows.argmin("},
)
def keeps_the_smallest():
    """You keep the smallest entry of each window."""


@mistake(
    "maxpool",
    replaces=BOTH,
    change={
        "W // size, size).swapaxes(3, 4)": "W // size, size)",
        "W // size, size, size).swapaxes(3, 4)": "W // size, size, size)",
    },
)
def takes_rows_for_windows():
    """Your windows are not square: swap two axes before you merge the last two into one."""


@mistake(
    "maxpool",
    replaces="maxpool_forward",
    change={"windows.argmax(axis=-1)": "size * size - 1 - windows[..., ::-1].argmax(axis=-1)"},
)
def last_of_a_tie_wins():
    """Where entries are equal, you choose the last one. Choose the first in reading order."""


@mistake("maxpool", replaces="maxpool_backward")
def gradient_everywhere(dout, cache):
    """Every entry of a window gets its gradient. Only the largest one should."""
    _, _, size = cache
    return dout.repeat(size, axis=2).repeat(size, axis=3)


@mistake("maxpool", replaces="maxpool_forward")
def cuts_off_the_rest(x, size):
    """You cut off what does not fill a window. Raise a ValueError instead."""
    N, C, H, W = x.shape
    H, W = H - H % size, W - W % size
    x = x[:, :, :H, :W].astype(np.result_type(np.float32, x))
    windows = x.reshape(N, C, H // size, size, W // size, size).swapaxes(3, 4)
    windows = windows.reshape(N, C, H // size, W // size, size * size)
    return windows.max(axis=-1), (windows.argmax(axis=-1), x.shape, size)


@mistake("maxpool", replaces=BOTH)
def all_of_a_tie_win():
    """Where entries are equal, each of them gets the whole gradient. Only the first one should."""

    def maxpool_forward(x, size):
        N, C, H, W = x.shape
        if H % size or W % size:
            raise ValueError(f"{size} does not divide {H} and {W}")
        x = x.astype(np.result_type(np.float32, x))
        out = x.reshape(N, C, H // size, size, W // size, size).max(axis=(3, 5))
        return out, (x, out, size)

    def maxpool_backward(dout, cache):
        x, out, size = cache
        grown = out.repeat(size, axis=2).repeat(size, axis=3)
        return (x == grown) * dout.repeat(size, axis=2).repeat(size, axis=3)

    return maxpool_forward, maxpool_backward


@variant("maxpool", replaces=BOTH)
def in_loops():
    """Goes through the windows one by one."""

    def maxpool_forward(x, size):
        N, C, H, W = x.shape
        if H % size or W % size:
            raise ValueError(f"{size} does not divide {H} and {W}")
        x = x.astype(np.result_type(np.float32, x))
        out = np.empty((N, C, H // size, W // size), x.dtype)
        for i, j in np.ndindex(out.shape[2:]):
            window = x[:, :, i * size : (i + 1) * size, j * size : (j + 1) * size]
            out[:, :, i, j] = window.max(axis=(2, 3))
        return out, (x, size)

    def maxpool_backward(dout, cache):
        x, size = cache
        dx = np.zeros(x.shape, dout.dtype)
        for n, c, i, j in np.ndindex(dout.shape):
            window = x[n, c, i * size : (i + 1) * size, j * size : (j + 1) * size]
            a, b = np.unravel_index(window.argmax(), window.shape)
            dx[n, c, i * size + a, j * size + b] = dout[n, c, i, j]
        return dx

    return maxpool_forward, maxpool_backward


@variant("maxpool", replaces="maxpool_backward")
def by_comparison(dout, cache):
    """Finds the largest entry by comparing its number with a counter."""
    winners, (N, C, H, W), size = cache
    dx = (winners[..., None] == np.arange(size * size)) * dout[..., None]
    dx = dx.reshape(N, C, H // size, W // size, size, size)
    return dx.transpose(0, 1, 2, 4, 3, 5).reshape(N, C, H, W)


@variant("maxpool", replaces="maxpool_backward")
def by_unit_vectors(dout, cache):
    """Looks the largest entries up in a unit matrix."""
    winners, (N, C, H, W), size = cache
    dx = np.eye(size * size, dtype=dout.dtype)[winners] * dout[..., None]
    return dx.reshape(N, C, H // size, W // size, size, size).swapaxes(3, 4).reshape(N, C, H, W)


@variant("maxpool", replaces="maxpool_forward")
def takes_the_winner(x, size):
    """Takes the value at the place of the largest entry."""
    N, C, H, W = x.shape
    if H % size or W % size:
        raise ValueError(f"size {size} does not divide {H} and {W}")
    x = x.astype(np.result_type(np.float32, x))
    windows = x.reshape(N, C, H // size, size, W // size, size).swapaxes(3, 4)
    windows = windows.reshape(N, C, H // size, W // size, -1)
    winners = windows.argmax(axis=-1)
    return np.take_along_axis(windows, winners[..., None], axis=-1)[..., 0], (
        winners,
        x.shape,
        size,
    )
