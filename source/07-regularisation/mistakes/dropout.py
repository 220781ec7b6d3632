"""Known mistakes and right variants of `dropout`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


def summarise(name, args, value):
    """What can be told of a mask without its entries: the scale, the share, whole rows and columns.

    Only a large gradient is compared entry by entry, unless its scale is 1, which is wrong already: so is told whether the mask is the forward pass's.
    """
    if name == "two_passes":
        return bool(np.array_equal(*value))
    if name == "dropout_backward":
        dout, dx = np.asarray(args[0], dtype=float), value
        if not isinstance(dx, np.ndarray) or dx.shape != dout.shape:
            return "no array of that shape"
        scale = float(np.abs(dx / dout).max())
        entries = dx if scale > 1.0001 and dx.size >= 100 else None
        few = bool(np.count_nonzero(dx) <= dx.size / 5)
        return {
            "scale": round(scale, 4),
            "few": few,
            "holes": bool((dx == 0).any()) if scale < 1.0001 else None,
            "entries": entries,
            "dtype": str(dx.dtype),
        }
    if not isinstance(value, tuple) or not isinstance(value[0], np.ndarray):
        return "no output"
    out, x, settings = value[0], np.asarray(args[0], dtype=float), args[1]
    if out.shape != x.shape:
        return f"of shape {out.shape}"
    there = x != 0
    ratio = out[there] / x[there]
    told = {
        "scale": round(float(ratio.max()), 4),
        "holes": bool((ratio == 0).any()) if x.size > 40 else None,
    }
    kept = out != 0
    if kept.ndim == 2 and kept.size > 1000:
        share, keep_prob = kept.mean(), settings["keep_prob"]
        near = 5 * np.sqrt(keep_prob * (1 - keep_prob) / kept.size)
        rows = kept.shape[1] > 1 and bool((kept == kept[:, :1]).all())
        columns = len(kept) > 1 and bool((kept == kept[:1]).all())
        told |= {
            "share": "keep"
            if abs(share - keep_prob) <= near
            else "drop"
            if abs(share - 1 + keep_prob) <= near
            else "another",
            "rows": rows,
            "columns": columns,
            "fixed seed": any(
                np.array_equal(kept, np.random.default_rng(seed).random(x.shape) < keep_prob)
                for seed in (0, 1, 42, 123)
            ),
            "as many in each row": bool(np.ptp(kept.sum(axis=1)) == 0),
        }
        if rows or columns:
            told["share"] = None
    return told


@mistake("dropout", replaces="dropout_forward")
def keep_and_drop_swapped(x, dropout_param):
    """You drop with probability `keep_prob`. It is the probability to keep; PyTorch's `p` is the other one."""
    keep_prob, mode = dropout_param["keep_prob"], dropout_param["mode"]
    if not 0 < keep_prob <= 1:
        raise ValueError(f"keep_prob is {keep_prob}, expected a number in (0, 1]")
    if mode not in ("train", "test"):
        raise ValueError(f"mode is {mode!r}, expected 'train' or 'test'")
    x = x if x.dtype.kind == "f" else x.astype(float)
    if mode == "test":
        return x, None
    mask = (dropout_param["rng"].random(x.shape) > keep_prob) / x.dtype.type(keep_prob)
    return x * mask, mask


@mistake("dropout", replaces="dropout_forward")
def keep_and_drop_swapped_in_all(x, dropout_param):
    """You take `keep_prob` for the probability to drop, in the mask and in the scale. It is the probability to keep; PyTorch's `p` is the other one."""
    keep_prob, mode = dropout_param["keep_prob"], dropout_param["mode"]
    if not 0 < keep_prob <= 1:
        raise ValueError(f"keep_prob is {keep_prob}, expected a number in (0, 1]")
    if mode not in ("train", "test"):
        raise ValueError(f"mode is {mode!r}, expected 'train' or 'test'")
    x = x if x.dtype.kind == "f" else x.astype(float)
    if mode == "test":
        return x, None
    mask = (dropout_param["rng"].random(x.shape) >= keep_prob) / x.dtype.type(
        max(1 - keep_prob, 1e-12)
    )
    return x * mask, mask


@mistake("dropout", replaces="dropout_forward")
def one_mask_per_row(x, dropout_param):
    """You draw one random number for each example, so that it is kept or dropped as a whole. Draw one for every unit of every example."""
    keep_prob, mode = dropout_param["keep_prob"], dropout_param["mode"]
    if not 0 < keep_prob <= 1:
        raise ValueError(f"keep_prob is {keep_prob}, expected a number in (0, 1]")
    if mode not in ("train", "test"):
        raise ValueError(f"mode is {mode!r}, expected 'train' or 'test'")
    x = x if x.dtype.kind == "f" else x.astype(float)
    if mode == "test":
        return x, None
    mask = (
        dropout_param["rng"].random((len(x),) + (1,) * (x.ndim - 1)) < keep_prob
    ) / x.dtype.type(keep_prob)
    return x * mask, mask


@mistake("dropout", replaces="dropout_forward")
def one_mask_for_the_batch(x, dropout_param):
    """You draw one mask and use it for all examples of the batch. Each example has its own, so the mask has the shape of x."""
    keep_prob, mode = dropout_param["keep_prob"], dropout_param["mode"]
    if not 0 < keep_prob <= 1:
        raise ValueError(f"keep_prob is {keep_prob}, expected a number in (0, 1]")
    if mode not in ("train", "test"):
        raise ValueError(f"mode is {mode!r}, expected 'train' or 'test'")
    x = x if x.dtype.kind == "f" else x.astype(float)
    if mode == "test":
        return x, None
    mask = (
        dropout_param["rng"].random(x.shape[1:] if x.ndim > 1 else x.shape) < keep_prob
    ) / x.dtype.type(keep_prob)
    return x * mask, mask * np.ones_like(x)


@mistake("dropout", replaces="dropout_forward")
def never_rescaled(x, dropout_param):
    """You drop entries, but you do not scale the kept ones, as on the slides. Then the mean of `out` in training is only `keep_prob` times what it is at test time."""
    keep_prob, mode = dropout_param["keep_prob"], dropout_param["mode"]
    if not 0 < keep_prob <= 1:
        raise ValueError(f"keep_prob is {keep_prob}, expected a number in (0, 1]")
    if mode not in ("train", "test"):
        raise ValueError(f"mode is {mode!r}, expected 'train' or 'test'")
    x = x if x.dtype.kind == "f" else x.astype(float)
    if mode == "test":
        return x, None
    mask = (dropout_param["rng"].random(x.shape) < keep_prob).astype(x.dtype)
    return x * mask, mask


@mistake("dropout", replaces="dropout_forward")
def scaled_at_test(x, dropout_param):
    """You scale by `keep_prob` at test time instead of scaling up in training. The means agree that way too, but then the net that is used is not the one that was trained: this course's dropout leaves test time alone."""
    keep_prob, mode = dropout_param["keep_prob"], dropout_param["mode"]
    if not 0 < keep_prob <= 1:
        raise ValueError(f"keep_prob is {keep_prob}, expected a number in (0, 1]")
    if mode not in ("train", "test"):
        raise ValueError(f"mode is {mode!r}, expected 'train' or 'test'")
    x = x if x.dtype.kind == "f" else x.astype(float)
    if mode == "test":
        return x * x.dtype.type(keep_prob), np.full_like(x, keep_prob)
    mask = (dropout_param["rng"].random(x.shape) < keep_prob).astype(x.dtype)
    return x * mask, mask


@mistake(
    "dropout",
    replaces="dropout_forward",
    change={
        'if x.dtype.kind != "f":\n        x = x.astype(np.float64)': 'x = x if x.dtype.kind == "f" else x.astype(float)',
        "return x, None": "return x * x.dtype.type(keep_prob), None",
    },
)
def scaled_in_training_and_at_test():
    """You scale up in training, and down at test time as well. One of the two is enough: in training."""


@mistake("dropout", replaces="dropout_forward")
def multiplied_instead_of_divided(x, dropout_param):
    """You multiply what is kept by `keep_prob`. What is kept has to make up for what is dropped."""
    keep_prob, mode = dropout_param["keep_prob"], dropout_param["mode"]
    if not 0 < keep_prob <= 1:
        raise ValueError(f"keep_prob is {keep_prob}, expected a number in (0, 1]")
    if mode not in ("train", "test"):
        raise ValueError(f"mode is {mode!r}, expected 'train' or 'test'")
    x = x if x.dtype.kind == "f" else x.astype(float)
    if mode == "test":
        return x, None
    mask = (dropout_param["rng"].random(x.shape) < keep_prob) * x.dtype.type(keep_prob)
    return x * mask, mask


@mistake("dropout", replaces="dropout_forward")
def dropped_at_test_too(x, dropout_param):
    """You drop at test time as well, so that every prediction is that of a random part of the network. Look at `mode`."""
    keep_prob, mode = dropout_param["keep_prob"], dropout_param["mode"]
    if not 0 < keep_prob <= 1:
        raise ValueError(f"keep_prob is {keep_prob}, expected a number in (0, 1]")
    if mode not in ("train", "test"):
        raise ValueError(f"mode is {mode!r}, expected 'train' or 'test'")
    x = x if x.dtype.kind == "f" else x.astype(float)
    mask = (dropout_param["rng"].random(x.shape) < keep_prob) / x.dtype.type(keep_prob)
    return x * mask, mask


@mistake(
    "dropout",
    replaces="dropout_forward",
    change={
        'if x.dtype.kind != "f":\n        x = x.astype(np.float64)': 'x = x if x.dtype.kind == "f" else x.astype(float)',
        'dropout_param["rng"]': "np.random.default_rng(0)",
    },
)
def generator_of_its_own():
    """You make a generator with a fixed seed inside the function, so that the same units are dropped in every pass. Draw from the `rng` you are given."""


@mistake("dropout", replaces="dropout_forward")
def same_number_in_every_row(x, dropout_param):
    """You drop the same number of units in every example. Drop or keep each unit independently of the others, so that the number varies."""
    keep_prob, mode = dropout_param["keep_prob"], dropout_param["mode"]
    if not 0 < keep_prob <= 1:
        raise ValueError(f"keep_prob is {keep_prob}, expected a number in (0, 1]")
    if mode not in ("train", "test"):
        raise ValueError(f"mode is {mode!r}, expected 'train' or 'test'")
    x = x if x.dtype.kind == "f" else x.astype(float)
    if mode == "test":
        return x, None
    flat = x.reshape(len(x), -1)
    places = np.argsort(np.argsort(dropout_param["rng"].random(flat.shape), axis=1), axis=1)
    mask = (places < np.ceil(keep_prob * flat.shape[1])).reshape(x.shape) / x.dtype.type(keep_prob)
    return x * mask, mask


@mistake("dropout", replaces=("dropout_forward", "dropout_backward"))
def mask_drawn_again():
    """Your backward pass draws a mask of its own. The gradient has to flow through the units that were there in the forward pass: keep its mask in the cache."""

    def forward(x, dropout_param):
        keep_prob, mode = dropout_param["keep_prob"], dropout_param["mode"]
        if not 0 < keep_prob <= 1:
            raise ValueError(f"keep_prob is {keep_prob}, expected a number in (0, 1]")
        if mode not in ("train", "test"):
            raise ValueError(f"mode is {mode!r}, expected 'train' or 'test'")
        x = x if x.dtype.kind == "f" else x.astype(float)
        if mode == "test":
            return x, dropout_param
        return x * (
            (dropout_param["rng"].random(x.shape) < keep_prob) / x.dtype.type(keep_prob)
        ), dropout_param

    def backward(dout, cache):
        if cache["mode"] == "test":
            return dout
        return dout * (
            (cache["rng"].random(dout.shape) < cache["keep_prob"])
            / dout.dtype.type(cache["keep_prob"])
        )

    return forward, backward


@mistake("dropout", replaces="dropout_backward")
def scale_forgotten_on_the_way_back(dout, cache):
    """Your gradient is masked, but not scaled. If a kept entry is divided by `keep_prob` on the way forward, what is its derivative?"""
    return dout if cache is None else dout * (cache > 0)


@mistake(
    "dropout",
    replaces="dropout_backward",
    change={"dout if cache is None else dout * cache": "dout"},
)
def gradient_ignores_the_mask():
    """Your gradient flows back through units that were dropped. They had no part in the loss of this pass."""


@mistake("dropout", replaces="dropout_backward")
def gradient_scaled_twice(dout, cache):
    """Your gradient is scaled twice: the mask that you kept holds the scale already."""
    return dout if cache is None else dout * cache * cache.max()


@mistake("dropout", replaces=("dropout_forward", "dropout_backward"))
def mask_read_off_from_the_output():
    """In the backward pass you take every output of 0 for a dropped one. An entry of x that is 0 itself, as half of them are behind a ReLU, may well have been kept: keep the mask."""

    def forward(x, dropout_param):
        keep_prob, mode = dropout_param["keep_prob"], dropout_param["mode"]
        if not 0 < keep_prob <= 1:
            raise ValueError(f"keep_prob is {keep_prob}, expected a number in (0, 1]")
        if mode not in ("train", "test"):
            raise ValueError(f"mode is {mode!r}, expected 'train' or 'test'")
        x = x if x.dtype.kind == "f" else x.astype(float)
        if mode == "test":
            return x, None
        out = x * ((dropout_param["rng"].random(x.shape) < keep_prob) / x.dtype.type(keep_prob))
        return out, (out, keep_prob)

    def backward(dout, cache):
        return dout if cache is None else dout * (cache[0] != 0) / dout.dtype.type(cache[1])

    return forward, backward


@mistake("dropout", replaces=("dropout_forward", "dropout_backward"))
def scaled_on_the_way_back_only():
    """You divide by `keep_prob` in the backward pass, but not in the forward pass. The gradient has the scale that `out` has."""

    def forward(x, dropout_param):
        keep_prob, mode = dropout_param["keep_prob"], dropout_param["mode"]
        if not 0 < keep_prob <= 1:
            raise ValueError(f"keep_prob is {keep_prob}, expected a number in (0, 1]")
        if mode not in ("train", "test"):
            raise ValueError(f"mode is {mode!r}, expected 'train' or 'test'")
        x = x if x.dtype.kind == "f" else x.astype(float)
        if mode == "test":
            return x, None
        mask = (dropout_param["rng"].random(x.shape) < keep_prob).astype(x.dtype)
        return x * mask, mask / x.dtype.type(keep_prob)

    def backward(dout, cache):
        return dout if cache is None else dout * cache

    return forward, backward


@mistake("dropout", replaces=("dropout_forward", "dropout_backward"))
def whole_channels_dropped():
    """In arrays of more than two axes you draw one random number for an example and its first other index, so that whole channels are dropped. Draw one for every entry, whatever the shape."""

    def forward(x, dropout_param):
        keep_prob, mode = dropout_param["keep_prob"], dropout_param["mode"]
        if not 0 < keep_prob <= 1:
            raise ValueError(f"keep_prob is {keep_prob}, expected a number in (0, 1]")
        if mode not in ("train", "test"):
            raise ValueError(f"mode is {mode!r}, expected 'train' or 'test'")
        x = x if x.dtype.kind == "f" else x.astype(float)
        if mode == "test":
            return x, None
        coins = dropout_param["rng"].random(x.shape[:2] + (1,) * (x.ndim - 2)) < keep_prob
        mask = np.broadcast_to(coins, x.shape) / x.dtype.type(keep_prob)
        return x * mask, mask

    def backward(dout, cache):
        return dout if cache is None else dout * cache

    return forward, backward


@mistake("dropout", replaces=("dropout_forward", "dropout_backward"))
def always_the_same_number():
    """You keep the same number of entries in every pass. keep_prob is a probability: draw for each entry by itself, so that the number of kept entries varies."""

    def forward(x, dropout_param):
        keep_prob, mode = dropout_param["keep_prob"], dropout_param["mode"]
        if not 0 < keep_prob <= 1:
            raise ValueError(f"keep_prob is {keep_prob}, expected a number in (0, 1]")
        if mode not in ("train", "test"):
            raise ValueError(f"mode is {mode!r}, expected 'train' or 'test'")
        x = x if x.dtype.kind == "f" else x.astype(float)
        if mode == "test":
            return x, None
        kept = np.arange(x.size) < round(keep_prob * x.size)
        mask = dropout_param["rng"].permutation(kept).reshape(x.shape) / x.dtype.type(keep_prob)
        return x * mask, mask

    def backward(dout, cache):
        return dout if cache is None else dout * cache

    return forward, backward


@mistake("dropout", replaces=("dropout_forward", "dropout_backward"))
def mask_outside_of_the_cache():
    """You keep the mask outside of the cache, where the next pass writes over it. Each pass has its own: put it into the cache that you return with `out`."""
    last = {}

    def forward(x, dropout_param):
        keep_prob, mode = dropout_param["keep_prob"], dropout_param["mode"]
        if not 0 < keep_prob <= 1:
            raise ValueError(f"keep_prob is {keep_prob}, expected a number in (0, 1]")
        if mode not in ("train", "test"):
            raise ValueError(f"mode is {mode!r}, expected 'train' or 'test'")
        x = x if x.dtype.kind == "f" else x.astype(float)
        train = mode == "train"
        last["mask"] = (
            (dropout_param["rng"].random(x.shape) < keep_prob) / x.dtype.type(keep_prob)
            if train
            else np.ones_like(x)
        )
        return x * last["mask"], None

    def backward(dout, cache):
        return dout * last["mask"]

    return forward, backward


@mistake("dropout", replaces="dropout_backward")
def the_cache_is_used_up(dout, cache):
    """Your backward pass writes into the mask that it was given, so that a second call with the same cache gives something else. Multiply into a new array."""
    if cache is None:
        return dout
    cache *= dout
    return cache


@mistake("dropout", replaces=("dropout_forward", "dropout_backward"))
def modes_in_capitals():
    """You take a mode however it is spelt. There are two names, and any other word is refused."""
    inner, back = dropout_forward, dropout_backward

    def forward(x, dropout_param):
        return inner(x, {**dropout_param, "mode": dropout_param["mode"].lower()})

    return forward, back


@mistake(
    "dropout",
    replaces="dropout_backward",
    change={
        "dout if cache is None else dout * cache": "dout * np.ones(dout.shape) if cache is None else dout * cache"
    },
)
def gradient_in_double_precision():
    """At test time your gradient is float64, whatever came in: it is multiplied by ones that were made without a dtype."""


@mistake("dropout", replaces=("dropout_forward", "dropout_backward"))
def two_axes_only():
    """You take x apart into N and D. It may have any shape, so draw a mask of the shape of x."""
    inner, back = dropout_forward, dropout_backward

    def forward(x, dropout_param):
        N, D = x.shape
        return inner(x.reshape(N, D), dropout_param)

    return forward, back


@mistake(
    "dropout",
    replaces="dropout_forward",
    change={
        'if x.dtype.kind != "f":\n        x = x.astype(np.float64)': 'x = x if x.dtype.kind == "f" else x.astype(float)',
        'mode == "test"': '"rng" not in dropout_param',
    },
)
def dropped_where_there_is_an_rng():
    """You drop wherever an `rng` is given, at test time too. `mode` says what to do, and the rng of training is often still there."""


@mistake("dropout", replaces="dropout_forward")
def nothing_is_dropped(x, dropout_param):
    """Your mask keeps everything, as integers from 0 to 0 or a comparison with 1 do. Each entry needs a random number between 0 and 1."""
    keep_prob, mode = dropout_param["keep_prob"], dropout_param["mode"]
    if not 0 < keep_prob <= 1:
        raise ValueError(f"keep_prob is {keep_prob}, expected a number in (0, 1]")
    if mode not in ("train", "test"):
        raise ValueError(f"mode is {mode!r}, expected 'train' or 'test'")
    x = x if x.dtype.kind == "f" else x.astype(float)
    if mode == "test":
        return x, None
    mask = (dropout_param["rng"].random(x.shape) < 1) / x.dtype.type(keep_prob)
    return x * mask, mask


@mistake("dropout", replaces="dropout_forward")
def normal_coins(x, dropout_param):
    """You compare numbers from a normal distribution with `keep_prob`. A uniform number lies below it with this probability; a normal one does not."""
    keep_prob, mode = dropout_param["keep_prob"], dropout_param["mode"]
    if not 0 < keep_prob <= 1:
        raise ValueError(f"keep_prob is {keep_prob}, expected a number in (0, 1]")
    if mode not in ("train", "test"):
        raise ValueError(f"mode is {mode!r}, expected 'train' or 'test'")
    x = x if x.dtype.kind == "f" else x.astype(float)
    if mode == "test":
        return x, None
    mask = (dropout_param["rng"].normal(size=x.shape) < keep_prob) / x.dtype.type(keep_prob)
    return x * mask, mask


@mistake("dropout", replaces="dropout_forward")
def swapped_and_scaled_at_test(x, dropout_param):
    """You drop with probability `keep_prob`, which is the probability to keep; and you scale at test time, which training should have done."""
    keep_prob, mode = dropout_param["keep_prob"], dropout_param["mode"]
    if not 0 < keep_prob <= 1:
        raise ValueError(f"keep_prob is {keep_prob}, expected a number in (0, 1]")
    if mode not in ("train", "test"):
        raise ValueError(f"mode is {mode!r}, expected 'train' or 'test'")
    x = x if x.dtype.kind == "f" else x.astype(float)
    if mode == "test":
        return x * x.dtype.type(keep_prob), np.full_like(x, keep_prob)
    mask = (dropout_param["rng"].random(x.shape) >= keep_prob).astype(x.dtype)
    return x * mask, mask


@mistake("dropout", replaces="dropout_forward")
def x_is_written_to(x, dropout_param):
    """You write zeros into x itself. It belongs to the caller: make a new array."""
    keep_prob, mode = dropout_param["keep_prob"], dropout_param["mode"]
    if not 0 < keep_prob <= 1:
        raise ValueError(f"keep_prob is {keep_prob}, expected a number in (0, 1]")
    if mode not in ("train", "test"):
        raise ValueError(f"mode is {mode!r}, expected 'train' or 'test'")
    if mode == "test":
        return x * 1.0 if x.dtype.kind != "f" else x, None
    mask = (dropout_param["rng"].random(x.shape) < keep_prob) / (
        x.dtype.type(keep_prob) if x.dtype.kind == "f" else keep_prob
    )
    x *= mask
    return x, mask


@mistake(
    "dropout",
    replaces="dropout_forward",
    change={
        'if x.dtype.kind != "f":\n        x = x.astype(np.float64)': 'x = x if x.dtype.kind == "f" else x.astype(float)',
        "x.dtype.type(keep_prob)": "keep_prob",
    },
)
def mask_in_double_precision():
    """Your mask is float64, so that float32 becomes float64. Divide by a keep_prob of x's dtype, or cast the mask."""


@mistake("dropout", replaces="dropout_forward")
def whole_numbers_stay_whole(x, dropout_param):
    """At test time whole numbers come back as whole numbers. They become float64, in either mode."""
    keep_prob, mode = dropout_param["keep_prob"], dropout_param["mode"]
    if not 0 < keep_prob <= 1:
        raise ValueError(f"keep_prob is {keep_prob}, expected a number in (0, 1]")
    if mode not in ("train", "test"):
        raise ValueError(f"mode is {mode!r}, expected 'train' or 'test'")
    if mode == "test":
        return x, None
    x = x if x.dtype.kind == "f" else x.astype(float)
    mask = (dropout_param["rng"].random(x.shape) < keep_prob) / x.dtype.type(keep_prob)
    return x * mask, mask


@mistake("dropout", replaces="dropout_forward")
def keep_prob_looked_at_in_training_only(x, dropout_param):
    """At test time a `keep_prob` outside (0, 1] gets through. It is refused in either mode."""
    keep_prob, mode = dropout_param["keep_prob"], dropout_param["mode"]
    if mode not in ("train", "test"):
        raise ValueError(f"mode is {mode!r}, expected 'train' or 'test'")
    x = x if x.dtype.kind == "f" else x.astype(float)
    if mode == "test":
        return x, None
    if not 0 < keep_prob <= 1:
        raise ValueError(f"keep_prob is {keep_prob}, expected a number in (0, 1]")
    mask = (dropout_param["rng"].random(x.shape) < keep_prob) / x.dtype.type(keep_prob)
    return x * mask, mask


@mistake("dropout", replaces="dropout_forward")
def any_other_mode_is_test(x, dropout_param):
    """Any mode that is not "train" counts as "test" for you. A typing error would then train without dropout: refuse it."""
    keep_prob, mode = dropout_param["keep_prob"], dropout_param["mode"]
    if not 0 < keep_prob <= 1:
        raise ValueError(f"keep_prob is {keep_prob}, expected a number in (0, 1]")
    x = x if x.dtype.kind == "f" else x.astype(float)
    if mode != "train":
        return x, None
    mask = (dropout_param["rng"].random(x.shape) < keep_prob) / x.dtype.type(keep_prob)
    return x * mask, mask


@variant("dropout", replaces=("dropout_forward", "dropout_backward"))
def coins_by_binomial():
    """Coins by `binomial`; the scale apart from the mask; copies at test time."""

    def forward(x, dropout_param):
        p = dropout_param["keep_prob"]
        if p <= 0 or p > 1:
            raise ValueError(f"keep_prob must lie in (0, 1], got {p}")
        if dropout_param["mode"] == "train":
            mask = dropout_param["rng"].binomial(1, p, size=x.shape).astype(bool)
            return np.where(mask, x / p, 0).astype(
                np.result_type(x, np.float32) if x.dtype.kind == "f" else float
            ), (mask, p)
        if dropout_param["mode"] == "test":
            return x * 1.0, None
        raise ValueError(f"mode {dropout_param['mode']}")

    def backward(dout, cache):
        if cache is None:
            return dout.copy()
        mask, p = cache
        dx = np.zeros_like(dout)
        dx[mask] = dout[mask] / p
        return dx

    return forward, backward


@variant("dropout", replaces=("dropout_forward", "dropout_backward"))
def layer_as_class():
    """An object for a cache; drawn by `choice`."""

    class Dropout:
        def __init__(self, keep_prob, mode, rng=None):
            if not (0 < keep_prob <= 1):
                raise ValueError(f"bad keep_prob {keep_prob}")
            if mode not in {"train", "test"}:
                raise ValueError(f"bad mode {mode}")
            self.keep_prob, self.mode, self.rng = keep_prob, mode, rng

        def forward(self, x):
            dtype = x.dtype if x.dtype.kind == "f" else np.float64
            self.factors = np.ones(x.shape, dtype)
            if self.mode == "train":
                choices = [0.0, 1.0 / self.keep_prob]
                self.factors = self.rng.choice(
                    choices, size=x.shape, p=[1 - self.keep_prob, self.keep_prob]
                ).astype(dtype)
            return self.factors * x

    def forward(x, dropout_param):
        layer = Dropout(**dropout_param)
        return layer.forward(x), layer

    def backward(dout, cache):
        return cache.factors * dout

    return forward, backward


@variant("dropout", replaces=("dropout_forward", "dropout_backward"))
def in_place_on_a_copy():
    """Zeros written into a copy by a boolean mask, the rest divided in place; the cache is a pair, and at test time an empty one."""

    def forward(x, dropout_param):
        p, mode = dropout_param["keep_prob"], dropout_param["mode"]
        if p <= 0 or p > 1:
            raise ValueError(f"cannot keep with probability {p}")
        out = np.array(x, dtype=x.dtype if x.dtype.kind == "f" else float)
        if mode == "train":
            dropped = dropout_param["rng"].uniform(size=x.shape) > p
            out[dropped] = 0
            out /= p
            return out, (dropped, p)
        if mode != "test":
            raise ValueError(f"unknown mode {mode}")
        return out, ()

    def backward(dout, cache):
        dx = dout.copy()
        if cache:
            dropped, p = cache
            dx[dropped] = 0
            dx /= p
        return dx

    return forward, backward


@variant("dropout", replaces=("dropout_forward", "dropout_backward"))
def by_where_and_a_closure():
    """np.where with float32 coins; what is left behind is a function."""

    def forward(x, dropout_param):
        keep_prob = dropout_param["keep_prob"]
        if not (keep_prob > 0 and keep_prob <= 1):
            raise ValueError(f"keep_prob: {keep_prob}, expected above 0 and at most 1")
        match dropout_param["mode"]:
            case "test":
                return x * np.ones(
                    (), x.dtype if x.dtype.kind == "f" else float
                ), lambda dout: dout * 1
            case "train":
                coins = dropout_param["rng"].random(x.size, dtype=np.float32).reshape(x.shape)
                kept = coins < keep_prob
            case other:
                raise ValueError(f"mode {other!r} is neither train nor test")

        def through(values):
            return np.where(kept, values / keep_prob, np.zeros_like(values))

        return through(x).astype(x.dtype if x.dtype.kind == "f" else float), through

    def backward(dout, through):
        return through(dout)

    return forward, backward
