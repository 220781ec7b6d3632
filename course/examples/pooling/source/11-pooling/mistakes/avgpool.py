"""Known mistakes in `avgpool`, and right answers in other styles."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake("avgpool", replaces="avgpool_backward", change={" / size**2": ""})
def gradient_is_not_shared():
    """Every entry of a window gets its whole gradient. Divide it by the number of entries."""


@mistake("avgpool", replaces="avgpool_backward", change={"size**2": "size"})
def divides_by_the_side():
    """You divide the gradient by the window's side. A window has side times side entries."""


@mistake("avgpool", replaces="avgpool_forward", change={".mean(": ".sum("})
def keeps_the_sum():
    """You keep the sum of each window. Divide it by the number of entries."""


@mistake("avgpool", replaces="avgpool_backward", change={"dout.repeat(size, axis=2)": "dout"})
def grows_the_width_alone():
    """You repeat the gradient along the width. Repeat it along the height as well."""


@mistake("avgpool", replaces="avgpool_forward")
def cuts_off_the_rest(x, size):
    """You cut off what does not fill a window. Raise a ValueError instead."""
    N, C, H, W = x.shape
    H, W = H - H % size, W - W % size
    x = x[:, :, :H, :W]
    return x.reshape(N, C, H // size, size, W // size, size).mean(axis=(3, 5)), size


@variant("avgpool", replaces="avgpool_forward")
def by_two_means(x, size):
    """Takes means along one axis, then along the other."""
    N, C, H, W = x.shape
    if H % size or W % size:
        raise ValueError(f"size {size} does not divide {H} and {W}")
    means = x.reshape(N, C, H, W // size, size).mean(axis=4)
    return means.reshape(N, C, H // size, size, W // size).mean(axis=3), size


@variant("avgpool", replaces="avgpool_backward")
def by_kron(dout, cache):
    """Multiplies by a window of shares."""
    return np.kron(dout, np.full((1, 1, cache, cache), 1 / cache**2, dout.dtype))


@variant("avgpool", replaces="avgpool_backward")
def by_broadcasting(dout, cache):
    """Broadcasts, then reshapes."""
    N, C, h, w = dout.shape
    parts = np.broadcast_to(dout[:, :, :, None, :, None], (N, C, h, cache, w, cache))
    return parts.reshape(N, C, h * cache, w * cache) / cache**2


@variant("avgpool", replaces="avgpool_forward")
def by_shifted_sums(x, size):
    """Adds up shifted pictures."""
    N, C, H, W = x.shape
    if H % size or W % size:
        raise ValueError(f"size {size} does not divide {H} and {W}")
    out = sum(x[:, :, i::size, j::size] for i in range(size) for j in range(size)) / size**2
    return out, size
