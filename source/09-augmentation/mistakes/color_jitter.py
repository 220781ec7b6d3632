"""Known mistakes and right variants of `color_jitter`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


def summarise(name, args, value):
    """What can be told of random factors without themselves: on what they depend, how they spread, and what happened to the range."""
    if name == "two_steps":
        return bool(np.array_equal(*value))
    x, brightness, contrast = np.asarray(args[0]), float(args[1]), float(args[2])
    if not isinstance(value, np.ndarray) or value.shape != x.shape or x.ndim != 4:
        return "no pictures of that shape"
    if brightness == contrast == 0:
        return value
    n = len(x)
    flat, out = x.reshape(n, -1).astype(float), value.reshape(n, -1).astype(float)
    told = {"dtype": str(value.dtype)}
    if n >= 20:
        told |= {"below 0": bool(out.min() < -1e-9), "above 1": bool(out.max() > 1 + 1e-9)}
    if x.dtype == np.uint8:
        order = np.argsort(flat, axis=1, kind="stable")
        told["runs over"] = bool(
            (np.diff(np.take_along_axis(out, order, axis=1), axis=1) < 0).any()
        )
        if brightness == 0 and not np.isin(out, (0, 255)).any():
            away = flat - flat.mean(axis=1, keepdims=True)
            slope = (away * out).sum(axis=1) / (away**2).sum(axis=1)
            told["mean of bytes kept"] = bool(
                np.abs(out.mean(axis=1) - flat.mean(axis=1)).max() < 0.3
            )
            told["one slope of bytes"] = bool(np.ptp(slope) < 0.05)
            told["straight bytes"] = bool(
                np.abs(out.mean(axis=1)[:, None] + slope[:, None] * away - out).max() < 1.2
            )
        if np.ptp(x) == 0:
            told["values"] = sorted(set(out.reshape(-1).tolist()))
        return told
    if n < 20 or (out.max() >= 1 or out.min() <= 0):
        if n >= 20:
            told["ends"] = bool((out == 0).any()), bool((out == 1).any())
            calm = (np.abs(flat - 0.5) < 0.0201).all(
                axis=0
            )  # pixels of the check which are never clipped
            if calm.sum() > 2:
                own, kept = flat[:, calm], out[:, calm]
                away = own - own.mean(axis=1, keepdims=True)
                slope = (away * kept).sum(axis=1) / (away**2).sum(axis=1)
                straight = kept.mean(axis=1)[:, None] + slope[:, None] * (
                    flat - own.mean(axis=1, keepdims=True)
                )
                told["clipped at the end"] = bool(
                    np.allclose(np.clip(straight, 0, 1), out, atol=1e-6)
                )
                told["not clipped"] = bool(np.allclose(straight, out, atol=1e-6))
                told["by the mean"] = bool(
                    np.allclose(
                        kept.mean(axis=1) - slope * (own.mean(axis=1) - flat.mean(axis=1)),
                        out.mean(axis=1),
                        atol=1e-6,
                    )
                )
        return told
    mean = flat.mean(axis=1, keepdims=True)
    slope = ((flat - mean) * out).sum(axis=1) / ((flat - mean) ** 2).sum(axis=1)
    middle = out.mean(axis=1)
    straight = np.abs(middle[:, None] + slope[:, None] * (flat - mean) - out).max() < 1e-5
    b = middle / mean[:, 0]
    told |= {
        "straight": bool(straight),
        "mean kept": bool(np.allclose(b, 1)),
        "one b": bool(np.ptp(b) < 1e-6),
    }
    if straight and brightness == 0 and not np.allclose(slope, 1):
        fixed = (middle - slope * mean[:, 0])[np.abs(slope - 1) > 0.05] / (1 - slope)[
            np.abs(slope - 1) > 0.05
        ]
        told["stretched about one value"] = (
            round(float(fixed[0]), 6) if len(fixed) and np.ptp(fixed) < 1e-6 else None
        )
    if straight:
        k = slope / b
        told |= {"slope 1": bool(np.allclose(k, 1)), "one k": bool(np.ptp(k) < 1e-6)}
        told["sides"] = [bool((v < 1 - 1e-3).any()) for v in (b, k)]
        if n >= 1000:
            told["together"] = bool(
                abs(np.corrcoef(b + 1e-12 * flat[:, 0], k + 1e-12 * flat[:, 1])[0, 1]) > 0.5
            )
            told["spread"] = [
                round(float(np.abs(v - 1).max() / by), 1) if by else None
                for v, by in ((b, brightness), (k, contrast))
            ]
            told["bell"] = [
                bool(np.mean(np.abs(v - 1) < by / 2) > 0.6)
                for v, by in ((b, brightness), (k, contrast))
            ]
    return told


@mistake(
    "color_jitter",
    replaces="color_jitter",
    change={"np.clip(np.rint(out), 0, 255)": "np.rint(out).astype(np.int64)"},
)
def bytes_run_over():
    """You turn the result into bytes without clipping it first. A byte keeps what is left over after 256, so white becomes black."""


@mistake("color_jitter", replaces="color_jitter")
def brightness_added(x, brightness, contrast, rng):
    """You add the brightness to all values. It multiplies them: black stays black."""
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, H, W, C)")
    if x.dtype != np.uint8 and x.dtype.kind != "f":
        raise ValueError(f"x holds {x.dtype}, expected floats or uint8")
    for name, value in (("brightness", brightness), ("contrast", contrast)):
        if not 0 <= value <= 1:
            raise ValueError(f"{name} is {value}, expected a number from 0 to 1")
    values, white = (x, 1) if x.dtype.kind == "f" else (x.astype(np.float64), 255)
    b = white * rng.uniform(-brightness, brightness, (len(x), 1, 1, 1)).astype(values.dtype)
    k = rng.uniform(1 - contrast, 1 + contrast, (len(x), 1, 1, 1)).astype(values.dtype)
    mean = values.mean(axis=(1, 2, 3), keepdims=True)
    out = b + mean + k * (values - mean)
    return (
        np.clip(out, 0, 1)
        if x.dtype.kind == "f"
        else np.clip(np.rint(out), 0, 255).astype(np.uint8)
    )


@mistake("color_jitter", replaces="color_jitter", change={"np.clip(out, 0, 1)": "out"})
def floats_not_clipped():
    """Your floats leave the range from 0 to 1. Clip them at the end, as you do with bytes."""


@mistake("color_jitter", replaces="color_jitter", change={"np.rint(out)": "out"})
def cut_off_instead_of_rounded():
    """You cut off the fractions of bytes, which makes every picture half a step darker. Round to the nearest."""


@mistake("color_jitter", replaces="color_jitter", change={"(len(x), 1, 1, 1)": "(1, 1, 1, 1)"})
def one_light_for_the_batch():
    """All pictures of a batch get the same brightness and the same contrast. Each has factors of its own."""


@mistake(
    "color_jitter",
    replaces="color_jitter",
    change={"values.mean(axis=(1, 2, 3), keepdims=True)": "values.mean(keepdims=True)"},
)
def mean_of_the_batch():
    """You stretch about the mean of the whole batch, so that a picture's light depends on its company. Each picture has its own mean."""


@mistake("color_jitter", replaces="color_jitter", change={"(1, 2, 3)": "(1, 2)"})
def mean_of_each_channel():
    """You stretch each channel about its own mean. Contrast goes about one number for a picture, over all its pixels and channels."""


@mistake(
    "color_jitter",
    replaces="color_jitter",
    change={"(len(x), 1, 1, 1)": "(len(x), 1, 1, x.shape[3])"},
)
def factors_for_each_channel():
    """You draw factors for each channel, which changes the colours themselves. A picture has one brightness and one contrast."""


@mistake(
    "color_jitter",
    replaces="color_jitter",
    change={
        "rng.uniform(1 - by, 1 + by, (len(x), 1, 1, 1))": "rng.uniform(1, 1 + by, (len(x), 1, 1, 1))"
    },
)
def only_lighter():
    """Your factors lie between 1 and 1 + a: pictures only get lighter and stronger. They lie on both sides of 1."""


@mistake("color_jitter", replaces="color_jitter")
def one_number_for_both(x, brightness, contrast, rng):
    """You use one random number for brightness and contrast, so that light pictures always have strong contrast. Draw two."""
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, H, W, C)")
    if x.dtype != np.uint8 and x.dtype.kind != "f":
        raise ValueError(f"x holds {x.dtype}, expected floats or uint8")
    for name, value in (("brightness", brightness), ("contrast", contrast)):
        if not 0 <= value <= 1:
            raise ValueError(f"{name} is {value}, expected a number from 0 to 1")
    values = x if x.dtype.kind == "f" else x.astype(np.float64)
    u = rng.uniform(-1, 1, (len(x), 1, 1, 1)).astype(values.dtype)
    b, k = 1 + brightness * u, 1 + contrast * u
    mean = values.mean(axis=(1, 2, 3), keepdims=True)
    out = b * (mean + k * (values - mean))
    return (
        np.clip(out, 0, 1)
        if x.dtype.kind == "f"
        else np.clip(np.rint(out), 0, 255).astype(np.uint8)
    )


@mistake(
    "color_jitter",
    replaces="color_jitter",
    change={"values.mean(axis=(1, 2, 3), keepdims=True)": '0.5 if x.dtype.kind == "f" else 127.5'},
)
def about_mid_grey():
    """You stretch about the middle of the range, so that contrast makes dark pictures darker. It goes about the picture's own mean."""


@mistake("color_jitter", replaces="color_jitter")
def clipped_in_between(x, brightness, contrast, rng):
    """You clip after the brightness already, so that contrast works on values which were cut off. Clip once, at the end."""
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, H, W, C)")
    if x.dtype != np.uint8 and x.dtype.kind != "f":
        raise ValueError(f"x holds {x.dtype}, expected floats or uint8")
    for name, value in (("brightness", brightness), ("contrast", contrast)):
        if not 0 <= value <= 1:
            raise ValueError(f"{name} is {value}, expected a number from 0 to 1")
    values = x if x.dtype.kind == "f" else x.astype(np.float64)
    b, k = (
        rng.uniform(1 - by, 1 + by, (len(x), 1, 1, 1)).astype(values.dtype)
        for by in (brightness, contrast)
    )
    values = np.clip(b * values, 0, 1 if x.dtype.kind == "f" else 255)
    mean = values.mean(axis=(1, 2, 3), keepdims=True)
    out = mean + k * (values - mean)
    return (
        np.clip(out, 0, 1)
        if x.dtype.kind == "f"
        else np.clip(np.rint(out), 0, 255).astype(np.uint8)
    )


@mistake("color_jitter", replaces=("color_jitter", "two_steps"))
def drawn_from_a_copy():
    """You draw from a copy of `rng`, so that the caller's stays where it was, and the next batch gets the very same random numbers. A generator is there to be drawn from: it may move on."""
    from copy import deepcopy

    inner = color_jitter

    def drawing(x, brightness, contrast, rng):
        return inner(x, brightness, contrast, deepcopy(rng))

    def two_steps(name, *args):
        asked = drawing if name == "color_jitter" else globals()[name]
        return asked(*args), asked(*args)

    return drawing, two_steps


@mistake("color_jitter", replaces=("color_jitter",))
def bytes_about_the_middle_of_their_range():
    """You stretch bytes about the middle of their range. With bytes as with floats, contrast goes about the picture's own mean."""
    inner = color_jitter

    def jitter(x, brightness, contrast, rng):
        if x.dtype != np.uint8 or x.ndim != 4 or not (0 <= brightness <= 1 and 0 <= contrast <= 1):
            return inner(x, brightness, contrast, rng)
        b, k = (rng.uniform(1 - by, 1 + by, (len(x), 1, 1, 1)) for by in (brightness, contrast))
        middle = 127.5
        return np.clip(np.rint(b * (middle + k * (x - middle))), 0, 255).astype(np.uint8)

    return jitter


@mistake("color_jitter", replaces=("color_jitter",))
def bytes_without_contrast():
    """Your bytes get a brightness, but no contrast. Nothing but the range and the rounding is different for them."""
    inner = color_jitter

    def jitter(x, brightness, contrast, rng):
        if x.dtype != np.uint8 or x.ndim != 4 or not (0 <= brightness <= 1 and 0 <= contrast <= 1):
            return inner(x, brightness, contrast, rng)
        b, k = (rng.uniform(1 - by, 1 + by, (len(x), 1, 1, 1)) for by in (brightness, contrast))
        middle = x.mean(axis=(1, 2, 3), keepdims=True)
        return np.clip(np.rint(b * (middle + 1 * (x - middle))), 0, 255).astype(np.uint8)

    return jitter


@mistake("color_jitter", replaces=("color_jitter",))
def bytes_channel_by_channel():
    """You stretch each channel of bytes about its own mean. A picture has one mean, over all its pixels and channels, be they bytes or floats."""
    inner = color_jitter

    def jitter(x, brightness, contrast, rng):
        if x.dtype != np.uint8 or x.ndim != 4 or not (0 <= brightness <= 1 and 0 <= contrast <= 1):
            return inner(x, brightness, contrast, rng)
        b, k = (rng.uniform(1 - by, 1 + by, (len(x), 1, 1, 1)) for by in (brightness, contrast))
        middle = x.mean(axis=(1, 2), keepdims=True)
        return np.clip(np.rint(b * (middle + k * (x - middle))), 0, 255).astype(np.uint8)

    return jitter


@variant("color_jitter", replaces="color_jitter")
def contrast_first_in_two_steps(x, brightness, contrast, rng):
    """Contrast first, then brightness, both about arrays drawn from random()."""
    if x.ndim != 4:
        raise ValueError(f"four axes expected, {x.shape} given")
    if not (np.issubdtype(x.dtype, np.floating) or x.dtype == np.uint8):
        raise ValueError(f"dtype {x.dtype}")
    if min(brightness, contrast) < 0 or max(brightness, contrast) > 1:
        raise ValueError(f"brightness {brightness} and contrast {contrast} should lie in [0, 1]")
    top = 255 if x.dtype == np.uint8 else 1
    out = x.astype(np.float64)
    mean = out.mean((1, 2, 3), keepdims=True)
    draws = rng.random((len(x), 2)) * 2 - 1
    k = (1 + contrast * draws[:, 0])[:, None, None, None]
    b = (1 + brightness * draws[:, 1])[:, None, None, None]
    out = (out - mean) * k + mean
    out = np.clip(out * b, 0, top)
    return np.round(out).astype(np.uint8) if top == 255 else out.astype(x.dtype)


@variant("color_jitter", replaces="color_jitter")
def as_one_slope_and_one_offset(x, brightness, contrast, rng):
    """One slope and one offset for each picture; bytes by adding a half."""
    if x.ndim != 4 or x.dtype.kind not in "fu" or (x.dtype.kind == "u" and x.dtype.itemsize > 1):
        raise ValueError(f"x of shape {x.shape} and dtype {x.dtype}")
    for value in (brightness, contrast):
        if not (0 <= value <= 1):
            raise ValueError(f"{value} is not between 0 and 1")
    n = x.shape[0]
    k = rng.uniform(low=-contrast, high=contrast, size=n) + 1
    b = rng.uniform(low=-brightness, high=brightness, size=n) + 1
    flat = x.reshape(n, -1).astype(float)
    slope, offset = b * k, b * (1 - k) * flat.mean(axis=1)
    flat = slope[:, None] * flat + offset[:, None]
    if x.dtype == np.uint8:
        return (
            np.floor(np.minimum(np.maximum(flat + 0.5, 0), 255)).astype(np.uint8).reshape(x.shape)
        )
    return np.minimum(np.maximum(flat, 0), 1).reshape(x.shape).astype(x.dtype)


@variant("color_jitter", replaces="color_jitter")
def a_table_for_each_picture(x, brightness, contrast, rng):
    """Of bytes there are 256: a table of the value that each gets, made with float32; floats in place on a copy."""
    if x.ndim != 4:
        raise ValueError(f"x {x.shape} has not four axes")
    for value in [brightness, contrast]:
        if value < 0 or 1 < value:
            raise ValueError(f"{value} is not from 0 to 1")
    b, k = [1 + by * rng.uniform(-1, 1, (len(x), 1, 1, 1)) for by in (brightness, contrast)]
    if x.dtype == np.uint8:
        b, k = b[:, 0, 0].astype(np.float32), k[:, 0, 0].astype(np.float32)
        flat = x.reshape(len(x), -1)
        grey = np.arange(256, dtype=np.float32)[None]
        mean = np.mean(flat, axis=1, keepdims=True, dtype=np.float32)
        table = (b * (k * grey + (1 - k) * mean)).clip(0, 255).round().astype(np.uint8)
        return np.take_along_axis(table, flat.astype(np.intp), axis=1).reshape(x.shape)
    if not np.issubdtype(x.dtype, np.floating):
        raise ValueError(f"x is of {x.dtype}")
    out = x.copy()
    mean = out.mean(axis=(-3, -2, -1), keepdims=True)
    out -= mean
    out *= k.astype(x.dtype)
    out += mean
    out *= b.astype(x.dtype)
    np.clip(out, 0, 1, out=out)
    return out


@variant("color_jitter", replaces="color_jitter")
def a_class_of_light(x, brightness, contrast, rng):
    """A class for the light of a batch; bytes as shares of 255; the mean by einsum; np.where in the place of clip."""

    class Light:
        def __init__(self, n):
            self.b = rng.random(n) * 2 * brightness + (1 - brightness)
            self.k = rng.random(n) * 2 * contrast + (1 - contrast)

        def shine(self, pictures):
            mean = np.einsum("nhwc->n", pictures) / pictures[0].size
            scaled = np.einsum("n,nhwc->nhwc", self.b * self.k, pictures)
            out = scaled + (self.b * mean - self.b * self.k * mean)[:, None, None, None]
            out = np.where(out < 0, 0, out)
            return np.where(out > 1, 1, out)

    if np.ndim(x) != 4:
        raise ValueError(f"expected (N, H, W, C), not {x.shape}")
    if not (x.dtype == "uint8" or x.dtype.kind == "f"):
        raise ValueError(f"expected floats or bytes, not {x.dtype.name}")
    if not all(0 <= value <= 1 for value in (brightness, contrast)):
        raise ValueError(f"expected numbers from 0 to 1, not {brightness} and {contrast}")
    light = Light(x.shape[0])
    if x.dtype == "uint8":
        return (light.shine(x / 255) * 255 + 0.5).astype("uint8")
    return light.shine(np.float64(x)).astype(x.dtype)
