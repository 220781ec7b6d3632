"""Known mistakes and right variants of `dropconnect`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


def summarise(name, args, value):
    """Gradients as they are, with their dtypes; of two passes, whether they are one; of an output in training, what kind of mask it was, where as many examples as inputs tell the weights of the pass."""
    if name == "two_passes_of_connections":
        return bool(np.array_equal(*value))
    if name == "dropconnect_backward" and isinstance(value, (tuple, list)):
        return value, [str(getattr(grad, "dtype", None)) for grad in value]
    if (
        name != "dropconnect_forward"
        or not isinstance(value, tuple)
        or not isinstance(value[0], np.ndarray)
    ):
        return value
    (x, w, b, settings), out = args, value[0]
    if settings["mode"] != "train" or out.shape != (len(x), len(b)):
        return out
    if x.shape[0] != x.shape[1]:
        return {
            "equal rows": bool(np.allclose(out, out[:1]))
            if len(x) > 1 and np.allclose(x, x[:1])
            else None
        }
    ratio = np.linalg.solve(x, out - b) / w
    kept, keep_prob = np.abs(ratio) > 1e-9, settings["keep_prob"]
    scale = float(np.median(ratio[kept])) if kept.any() else 0.0
    if not np.allclose(ratio[kept], scale):
        return "no mask of the weights"
    told = {"scale": round(scale, 4)}
    if w.size > 1000:
        near = 5 * np.sqrt(max(keep_prob * (1 - keep_prob), 0.01) / kept.size)
        rows, columns = bool((kept == kept[:, :1]).all()), bool((kept == kept[:1]).all())
        share = (
            "keep"
            if abs(kept.mean() - keep_prob) <= near
            else "drop"
            if abs(kept.mean() - 1 + keep_prob) <= near
            else "another"
        )
        told |= {"rows": rows, "columns": columns, "share": None if rows or columns else share}
    return told


@mistake("dropconnect", replaces=("dropconnect_forward", "dropconnect_backward"))
def units_dropped_instead():
    """You drop whole inputs, with all the connections that leave them: that is dropout. DropConnect's mask has the shape of w."""

    def forward(x, w, b, param):
        keep_prob, mode = param["keep_prob"], param["mode"]
        if not 0 < keep_prob <= 1:
            raise ValueError(f"keep_prob is {keep_prob}, expected a number in (0, 1]")
        if mode not in ("train", "test"):
            raise ValueError(f"mode is {mode!r}, expected 'train' or 'test'")
        w = w if w.dtype.kind == "f" else w.astype(float)
        mask = np.ones_like(w)
        if mode == "train":
            mask = mask * (param["rng"].random((len(w), 1)) < keep_prob) / w.dtype.type(keep_prob)
        return x @ (w * mask) + b, (x, w, mask)

    def backward(dout, cache):
        x, w, mask = cache
        return dout @ (w * mask).T, x.T @ dout * mask, dout.sum(axis=0)

    return forward, backward


@mistake("dropconnect", replaces=("dropconnect_forward", "dropconnect_backward"))
def dropout_on_the_inputs():
    """You drop entries of x, for each example anew: that is dropout. DropConnect leaves x alone and drops weights."""

    def forward(x, w, b, param):
        keep_prob, mode = param["keep_prob"], param["mode"]
        if not 0 < keep_prob <= 1:
            raise ValueError(f"keep_prob is {keep_prob}, expected a number in (0, 1]")
        if mode not in ("train", "test"):
            raise ValueError(f"mode is {mode!r}, expected 'train' or 'test'")
        x = x if x.dtype.kind == "f" else x.astype(float)
        mask = np.ones_like(x)
        if mode == "train":
            mask = (param["rng"].random(x.shape) < keep_prob) / x.dtype.type(keep_prob)
        return (x * mask) @ w + b, (x, w, mask)

    def backward(dout, cache):
        x, w, mask = cache
        return dout @ w.T * mask, (x * mask).T @ dout, dout.sum(axis=0)

    return forward, backward


@mistake("dropconnect", replaces="dropconnect_forward")
def weights_never_rescaled(x, w, b, param):
    """You drop weights, and scale nothing, as on the slide. Then `out` in training is on average smaller than at test time."""
    keep_prob, mode = param["keep_prob"], param["mode"]
    if not 0 < keep_prob <= 1:
        raise ValueError(f"keep_prob is {keep_prob}, expected a number in (0, 1]")
    if mode not in ("train", "test"):
        raise ValueError(f"mode is {mode!r}, expected 'train' or 'test'")
    w = w if w.dtype.kind == "f" else w.astype(float)
    mask = np.ones_like(w)
    if mode == "train":
        mask = (param["rng"].random(w.shape) < keep_prob).astype(w.dtype)
    return x @ (w * mask) + b, (x, w, mask)


@mistake("dropconnect", replaces="dropconnect_forward")
def weights_scaled_at_test(x, w, b, param):
    """You scale the weights at test time instead of in training. At test time all connections are used as they are."""
    keep_prob, mode = param["keep_prob"], param["mode"]
    if not 0 < keep_prob <= 1:
        raise ValueError(f"keep_prob is {keep_prob}, expected a number in (0, 1]")
    if mode not in ("train", "test"):
        raise ValueError(f"mode is {mode!r}, expected 'train' or 'test'")
    w = w if w.dtype.kind == "f" else w.astype(float)
    mask = np.full_like(w, keep_prob)
    if mode == "train":
        mask = (param["rng"].random(w.shape) < keep_prob).astype(w.dtype)
    return x @ (w * mask) + b, (x, w, mask)


@mistake("dropconnect", replaces="dropconnect_forward")
def weights_kept_and_dropped_swapped(x, w, b, param):
    """You drop a weight with probability `keep_prob`. It is the probability to keep."""
    keep_prob, mode = param["keep_prob"], param["mode"]
    if not 0 < keep_prob <= 1:
        raise ValueError(f"keep_prob is {keep_prob}, expected a number in (0, 1]")
    if mode not in ("train", "test"):
        raise ValueError(f"mode is {mode!r}, expected 'train' or 'test'")
    w = w if w.dtype.kind == "f" else w.astype(float)
    mask = np.ones_like(w)
    if mode == "train":
        mask = (param["rng"].random(w.shape) >= keep_prob) / w.dtype.type(keep_prob)
    return x @ (w * mask) + b, (x, w, mask)


@mistake("dropconnect", replaces="dropconnect_forward")
def bias_dropped_too(x, w, b, param):
    """You drop entries of the bias as well. Only weights are dropped here."""
    keep_prob, mode = param["keep_prob"], param["mode"]
    if not 0 < keep_prob <= 1:
        raise ValueError(f"keep_prob is {keep_prob}, expected a number in (0, 1]")
    if mode not in ("train", "test"):
        raise ValueError(f"mode is {mode!r}, expected 'train' or 'test'")
    w = w if w.dtype.kind == "f" else w.astype(float)
    mask = np.ones_like(w)
    if mode == "train":
        mask = (param["rng"].random(w.shape) < keep_prob) / w.dtype.type(keep_prob)
        b = b * ((param["rng"].random(b.shape) < keep_prob) / w.dtype.type(keep_prob))
    return x @ (w * mask) + b, (x, w, mask)


@mistake("dropconnect", replaces="dropconnect_backward", change={"x.T @ dout * mask": "x.T @ dout"})
def dropped_weights_learn():
    """Your `dw` is that of a plain affine layer: weights that were dropped get a gradient, and those that were kept lack their scale."""


@mistake("dropconnect", replaces="dropconnect_backward", change={"w * mask": "w"})
def dx_through_all_weights():
    """Your `dx` flows back through all of w. In this pass x acted through the weights that were kept, scaled up."""


@mistake("dropconnect", replaces="dropconnect_backward")
def dw_lacks_its_scale(dout, cache):
    """Your `dw` is masked, but not scaled. A kept weight was divided by `keep_prob` before it was used."""
    x, w, mask = cache
    return dout @ (w * mask).T, x.T @ dout * (mask > 0), dout.sum(axis=0)


@mistake("dropconnect", replaces="dropconnect_backward", change={"dout.sum": "dout.mean"})
def db_is_a_mean():
    """Your `db` is an average over the batch. Every example pushes on the same bias."""


@mistake("dropconnect", replaces=("dropconnect_forward", "dropconnect_backward"))
def connections_drawn_again():
    """Your backward pass draws a mask of its own. Keep the forward pass's: the gradient flows through the connections that were there."""

    def forward(x, w, b, param):
        keep_prob, mode = param["keep_prob"], param["mode"]
        if not 0 < keep_prob <= 1:
            raise ValueError(f"keep_prob is {keep_prob}, expected a number in (0, 1]")
        if mode not in ("train", "test"):
            raise ValueError(f"mode is {mode!r}, expected 'train' or 'test'")
        w = w if w.dtype.kind == "f" else w.astype(float)
        if mode == "test":
            return x @ w + b, (x, w, param)
        return x @ (
            w * ((param["rng"].random(w.shape) < keep_prob) / w.dtype.type(keep_prob))
        ) + b, (x, w, param)

    def backward(dout, cache):
        x, w, param = cache
        mask = 1.0
        if param["mode"] == "train":
            mask = (param["rng"].random(w.shape) < param["keep_prob"]) / w.dtype.type(
                param["keep_prob"]
            )
        return dout @ (w * mask).T, x.T @ dout * mask, dout.sum(axis=0)

    return forward, backward


@mistake("dropconnect", replaces=("dropconnect_forward", "dropconnect_backward"))
def a_mask_for_every_example():
    """You draw a mask for every example, as its inventors did. In this course one mask holds for the whole batch, so that the layer stays one matrix product."""

    def forward(x, w, b, param):
        keep_prob, mode = param["keep_prob"], param["mode"]
        if not 0 < keep_prob <= 1:
            raise ValueError(f"keep_prob is {keep_prob}, expected a number in (0, 1]")
        if mode not in ("train", "test"):
            raise ValueError(f"mode is {mode!r}, expected 'train' or 'test'")
        w = w if w.dtype.kind == "f" else w.astype(float)
        masks = np.ones((len(x), *w.shape), w.dtype)
        if mode == "train":
            masks = (param["rng"].random(masks.shape) < keep_prob) / w.dtype.type(keep_prob)
        return np.einsum("nd,ndm->nm", x, masks * w) + b, (x, w, masks)

    def backward(dout, cache):
        x, w, masks = cache
        return (
            np.einsum("nm,ndm->nd", dout, masks * w),
            np.einsum("nd,nm,ndm->dm", x, dout, masks),
            dout.sum(axis=0),
        )

    return forward, backward


@mistake("dropconnect", replaces=("dropconnect_forward", "dropconnect_backward"))
def mask_read_off_from_the_weights():
    """In the backward pass you take every weight of 0 for a dropped one. A weight may be 0 by itself, and yet have been kept: then it has a gradient. Keep the mask."""

    def forward(x, w, b, param):
        keep_prob, mode = param["keep_prob"], param["mode"]
        if not 0 < keep_prob <= 1:
            raise ValueError(f"keep_prob is {keep_prob}, expected a number in (0, 1]")
        if mode not in ("train", "test"):
            raise ValueError(f"mode is {mode!r}, expected 'train' or 'test'")
        w = w if w.dtype.kind == "f" else w.astype(float)
        if mode == "test":
            return x @ w + b, (x, w, w.dtype.type(1))
        used = w * ((param["rng"].random(w.shape) < keep_prob) / w.dtype.type(keep_prob))
        return x @ used + b, (x, used, w.dtype.type(keep_prob))

    def backward(dout, cache):
        x, used, keep_prob = cache
        return dout @ used.T, x.T @ dout * (used != 0) / keep_prob, dout.sum(axis=0)

    return forward, backward


@mistake("dropconnect", replaces=("dropconnect_forward", "dropconnect_backward"))
def connections_outside_of_the_cache():
    """You keep the mask outside of the cache, where the next pass writes over it. Each pass has its own: put it into the cache that you return with `out`."""
    inner, back, last = dropconnect_forward, dropconnect_backward, {}

    def forward(x, w, b, param):
        out, last["cache"] = inner(x, w, b, param)
        return out, None

    def backward(dout, cache):
        return back(dout, last["cache"])

    return forward, backward


@mistake("dropconnect", replaces=("dropconnect_forward", "two_passes_of_connections"))
def connections_drawn_from_a_copy():
    """You draw from a copy of the generator, so that the caller's stays where it was and the next pass gets the same mask. A generator is there to be drawn from: it may move on."""
    from copy import deepcopy

    inner = dropconnect_forward

    def forward(x, w, b, param):
        return inner(x, w, b, deepcopy(param))

    def two_passes_of_connections(x, w, b, param):
        return forward(x, w, b, param)[0], forward(x, w, b, param)[0]

    return forward, two_passes_of_connections


@mistake("dropconnect", replaces=("dropconnect_forward", "dropconnect_backward"))
def connections_in_double_precision():
    """Your mask is float64, and in the backward pass it turns everything that it multiplies into float64. Give it the dtype of the weights."""

    def forward(x, w, b, param):
        keep_prob, mode = param["keep_prob"], param["mode"]
        if not 0 < keep_prob <= 1:
            raise ValueError(f"keep_prob is {keep_prob}, expected a number in (0, 1]")
        if mode not in ("train", "test"):
            raise ValueError(f"mode is {mode!r}, expected 'train' or 'test'")
        mask = (
            np.ones(w.shape)
            if mode == "test"
            else (param["rng"].random(w.shape) < keep_prob) / keep_prob
        )
        return (x @ (w * mask) + b).astype(x.dtype if x.dtype.kind == "f" else float), (x, w, mask)

    def backward(dout, cache):
        x, w, mask = cache
        return dout @ (w * mask).T, x.T @ dout * mask, dout.sum(axis=0)

    return forward, backward


@mistake(
    "dropconnect",
    replaces="dropconnect_forward",
    change={
        'if w.dtype.kind != "f":\n        w = w.astype(np.float64)': 'w = w if w.dtype.kind == "f" else w.astype(float)',
        'mode == "train"': '"rng" in param',
    },
)
def dropped_where_there_is_an_rng():
    """You drop wherever an `rng` is given, at test time too. `mode` says what to do, and the rng of training is often still there."""


@mistake("dropconnect", replaces="dropconnect_forward")
def dropped_at_test_too(x, w, b, param):
    """You drop at test time as well. Look at `mode`: at test time all connections are used."""
    keep_prob, mode = param["keep_prob"], param["mode"]
    if not 0 < keep_prob <= 1:
        raise ValueError(f"keep_prob is {keep_prob}, expected a number in (0, 1]")
    if mode not in ("train", "test"):
        raise ValueError(f"mode is {mode!r}, expected 'train' or 'test'")
    w = w if w.dtype.kind == "f" else w.astype(float)
    mask = (param["rng"].random(w.shape) < keep_prob) / w.dtype.type(keep_prob)
    return x @ (w * mask) + b, (x, w, mask)


@mistake("dropconnect", replaces="dropconnect_forward")
def bias_scaled_too(x, w, b, param):
    """You scale the whole output, and the bias with it. Only what comes from the weights is scaled."""
    keep_prob, mode = param["keep_prob"], param["mode"]
    if not 0 < keep_prob <= 1:
        raise ValueError(f"keep_prob is {keep_prob}, expected a number in (0, 1]")
    if mode not in ("train", "test"):
        raise ValueError(f"mode is {mode!r}, expected 'train' or 'test'")
    w = w if w.dtype.kind == "f" else w.astype(float)
    if mode == "test":
        return x @ w + b, (x, w, np.ones_like(w))
    mask = (param["rng"].random(w.shape) < keep_prob).astype(w.dtype)
    return (x @ (w * mask) + b) / w.dtype.type(keep_prob), (x, w, mask / w.dtype.type(keep_prob))


@mistake("dropconnect", replaces="dropconnect_backward")
def connections_used_up(dout, cache):
    """Your backward pass writes into the mask that it was given, so that a second call with the same cache gives something else. Multiply into a new array."""
    x, w, mask = cache
    dx = dout @ (w * mask).T
    mask *= x.T @ dout
    return dx, mask, dout.sum(axis=0)


@mistake("dropconnect", replaces="dropconnect_forward")
def weights_are_written_to(x, w, b, param):
    """You write zeros into w itself. It belongs to the caller: make a new array."""
    keep_prob, mode = param["keep_prob"], param["mode"]
    if not 0 < keep_prob <= 1:
        raise ValueError(f"keep_prob is {keep_prob}, expected a number in (0, 1]")
    if mode not in ("train", "test"):
        raise ValueError(f"mode is {mode!r}, expected 'train' or 'test'")
    plain = w.copy()
    mask = np.ones(w.shape, w.dtype if w.dtype.kind == "f" else float)
    if mode == "train":
        mask = (param["rng"].random(w.shape) < keep_prob) / mask.dtype.type(keep_prob)
        w[mask == 0] = 0
    return x @ (w * mask) + b, (x, plain, mask)


@mistake("dropconnect", replaces="dropconnect_forward")
def any_other_mode_is_test(x, w, b, param):
    """Any mode that is not "train" counts as "test" for you. A typing error would then train without dropping: refuse it."""
    keep_prob, mode = param["keep_prob"], param["mode"]
    if not 0 < keep_prob <= 1:
        raise ValueError(f"keep_prob is {keep_prob}, expected a number in (0, 1]")
    w = w if w.dtype.kind == "f" else w.astype(float)
    mask = np.ones_like(w)
    if mode == "train":
        mask = (param["rng"].random(w.shape) < keep_prob) / w.dtype.type(keep_prob)
    return x @ (w * mask) + b, (x, w, mask)


@variant("dropconnect", replaces=("dropconnect_forward", "dropconnect_backward"))
def scale_moved_to_the_end():
    """Scales the product instead of the weights; coins by `binomial`; the mask as truth values."""

    def forward(x, w, b, param):
        p = param["keep_prob"]
        if p <= 0 or p > 1:
            raise ValueError(f"keep_prob must lie in (0, 1], got {p}")
        if param["mode"] == "test":
            return np.dot(x, w * np.ones((), w.dtype if w.dtype.kind == "f" else float)) + b, (
                x,
                w,
                None,
                1.0,
            )
        if param["mode"] != "train":
            raise ValueError(f"mode {param['mode']}")
        mask = param["rng"].binomial(1, p, w.shape) == 1
        return np.dot(x, np.where(mask, w, 0)) / p + b, (x, w, mask, p)

    def backward(dout, cache):
        x, w, mask, p = cache
        if mask is None:
            return dout.dot(w.T), x.T.dot(dout), dout.sum(0)
        return (
            dout.dot(np.where(mask, w, 0).T) / p,
            np.where(mask, x.T.dot(dout) / p, 0),
            dout.sum(0),
        )

    return forward, backward


@variant("dropconnect", replaces=("dropconnect_forward", "dropconnect_backward"))
def einsums_and_a_closure():
    """Leaves a function behind as the cache; einsum; drops by `uniform`."""

    def forward(x, w, b, param):
        keep, mode = param["keep_prob"], param["mode"]
        if mode != "train" and mode != "test":
            raise ValueError(f"unknown mode {mode}")
        if not 0 < keep <= 1:
            raise ValueError(f"unusable keep_prob {keep}")
        dtype = np.result_type(x, w, b) if x.dtype.kind == "f" else np.float64
        factors = np.ones(w.shape, dtype)
        if mode == "train":
            factors[param["rng"].uniform(size=w.shape) >= keep] = 0
            factors /= dtype.type(keep) if hasattr(dtype, "type") else keep
        used = w * factors

        def back(dout):
            return (
                np.einsum("nm,dm->nd", dout, used),
                np.einsum("nd,nm,dm->dm", x, dout, factors),
                np.einsum("nm->m", dout),
            )

        return np.einsum("nd,dm->nm", x, used) + b, back

    def backward(dout, cache):
        return cache(dout)

    return forward, backward


@variant("dropconnect", replaces=("dropconnect_forward", "dropconnect_backward"))
def a_layer_as_a_class():
    """An object for a cache, which holds the weights of the pass; they are a copy, written to in place."""

    class Layer:
        def __init__(self, x, w, p, rng):
            self.x, self.scale = x, 1 / p
            self.used = np.array(w, dtype=w.dtype if w.dtype.kind == "f" else float)
            self.kept = np.ones(w.shape, dtype=bool)
            if rng is not None:
                self.kept = rng.random(w.shape) < p
                self.used[~self.kept] = 0
                self.used /= p
            else:
                self.scale = 1.0

        def back(self, dout):
            dw = np.dot(self.x.T, dout)
            dw *= self.scale
            dw[~self.kept] = 0
            return np.dot(dout, self.used.T), dw, np.sum(dout, 0)

    def forward(x, w, b, param):
        p, mode = param["keep_prob"], param["mode"]
        if p <= 0 or p > 1:
            raise ValueError(f"keep_prob: {p}")
        if mode != "train" and mode != "test":
            raise ValueError(f"mode: {mode}")
        layer = Layer(x, w, p, param["rng"] if mode == "train" else None)
        return np.add(np.dot(x, layer.used), b), layer

    def backward(dout, layer):
        return layer.back(dout)

    return forward, backward


@variant("dropconnect", replaces=("dropconnect_forward", "dropconnect_backward"))
def coins_by_choice_and_where():
    """Coins by `choice`, weights by np.where; a dictionary for the cache; gradients as a list."""

    def forward(x, w, b, param):
        p = param["keep_prob"]
        if not (p > 0 and not p > 1):
            raise ValueError(f"a keep_prob of {p}")
        if param["mode"] == "test":
            factor = np.ones_like(w, dtype=np.float32)
        elif param["mode"] == "train":
            factor = param["rng"].choice([1, 0], p=[p, 1 - p], size=w.shape)
        else:
            raise ValueError(f"a mode of {param['mode']}")
        divisor = p if param["mode"] == "train" else 1.0
        used = np.where(factor == 1, w / divisor, np.zeros_like(w)).astype(
            w.dtype if w.dtype.kind == "f" else np.float64
        )
        return np.einsum("nd,dm->nm", x, used) + b, {
            "x": x,
            "used": used,
            "divisor": divisor,
            "kept": factor == 1,
        }

    def backward(dout, cache):
        dw = np.where(cache["kept"], np.einsum("nd,nm->dm", cache["x"], dout) / cache["divisor"], 0)
        return [
            np.einsum("nm,dm->nd", dout, cache["used"]),
            dw.astype(dout.dtype),
            np.einsum("nm->m", dout),
        ]

    return forward, backward
