"""Known mistakes and right variants of `crop_scale`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


def summarise(name, args, value):
    """What can be told of random patches without their places: the ends that are reached, what is shared, and whether they are pieces of the picture."""
    if name == "two_steps":
        return bool(np.array_equal(*value))
    if name != "random_crop":
        return value
    x, size, pad = np.asarray(args[0]), args[1], args[2]
    if (
        x.ndim != 4
        or not isinstance(value, np.ndarray)
        or value.shape != (len(x), size, size, x.shape[-1])
    ):
        return "no patches"
    n, height, width, _ = x.shape
    wide = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    rows, columns = height + 2 * pad - size + 1, width + 2 * pad - size + 1
    found = []
    for patch, picture in zip(value, wide, strict=True):
        fits = [
            (i, j)
            for i in range(rows)
            for j in range(columns)
            if (picture[i : i + size, j : j + size] == patch).all()
        ]
        if not fits:
            return {"dtype": value.dtype.kind, "of the picture": False}
        found.append(fits[0])
    found = np.array(found)
    told = {"dtype": value.dtype.kind, "of the picture": True}
    if n >= 40:
        told["one place"] = bool((found == found[:1]).all())
        told["in the middle"] = bool((found == (np.array([rows, columns]) - 1) // 2).all())
    if n >= 400 and not told["one place"]:  # which place that is, is chance
        counts = (rows, columns)
        told["ends"] = [
            bool((line == place).any())
            for line, count in zip(found.T, counts, strict=True)
            for place in (0, count - 1)
        ]
        told["between"] = all(
            ((line > 0) & (line < count - 1)).any()
            for line, count in zip(found.T, counts, strict=True)
        )
    if n >= 400:
        told["diagonal"] = bool(
            abs(np.corrcoef(found.T + 1e-9 * np.arange(n) * [[1], [-1]])[0, 1]) > 0.5
        )
    return told


@mistake("crop_scale", replaces="random_crop")
def last_offset_never_drawn(x, size, pad, rng):
    """Your patches never begin at the last place where they fit: the upper end of `rng.integers` is not included. How many places are there for 3 out of 4?"""
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, H, W, C)")
    if pad < 0:
        raise ValueError(f"pad is {pad}, expected a whole number >= 0")
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    n, height, width, _ = padded.shape
    if not 1 <= size <= min(height, width):
        raise ValueError(f"size is {size}, expected 1 to {min(height, width)}")
    rows = rng.integers(max(height - size, 1), size=(n, 1, 1)) + np.arange(size)[:, None]
    columns = rng.integers(max(width - size, 1), size=(n, 1, 1)) + np.arange(size)
    return padded[np.arange(n)[:, None, None], rows, columns]


@mistake("crop_scale", replaces="random_crop")
def first_or_last_place_only(x, size, pad, rng):
    """Along one axis, your patches never begin at some of the places between the first and the last one. Each place where a patch fits is equally likely."""
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, H, W, C)")
    if pad < 0:
        raise ValueError(f"pad is {pad}, expected a whole number >= 0")
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    n, height, width, _ = padded.shape
    if not 1 <= size <= min(height, width):
        raise ValueError(f"size is {size}, expected 1 to {min(height, width)}")
    rows = rng.integers(2, size=(n, 1, 1)) * (height - size) + np.arange(size)[:, None]
    columns = rng.integers(width - size + 1, size=(n, 1, 1)) + np.arange(size)
    return padded[np.arange(n)[:, None, None], rows, columns]


@mistake("crop_scale", replaces="random_crop")
def border_after_only(x, size, pad, rng):
    """Your border lies below and to the right of the picture only. It is `pad` pixels wide on all four sides."""
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, H, W, C)")
    if pad < 0:
        raise ValueError(f"pad is {pad}, expected a whole number >= 0")
    padded = np.pad(x, ((0, 0), (0, pad), (0, pad), (0, 0)))
    n, height, width, _ = padded.shape
    if not 1 <= size <= min(height, width):
        raise ValueError(f"size is {size}, expected 1 to {min(height, width)}")
    rows = rng.integers(height - size + 1, size=(n, 1, 1)) + np.arange(size)[:, None]
    columns = rng.integers(width - size + 1, size=(n, 1, 1)) + np.arange(size)
    return padded[np.arange(n)[:, None, None], rows, columns]


@mistake("crop_scale", replaces="random_crop")
def border_before_only(x, size, pad, rng):
    """Your border lies above and to the left of the picture only. It is `pad` pixels wide on all four sides."""
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, H, W, C)")
    if pad < 0:
        raise ValueError(f"pad is {pad}, expected a whole number >= 0")
    padded = np.pad(x, ((0, 0), (pad, 0), (pad, 0), (0, 0)))
    n, height, width, _ = padded.shape
    if not 1 <= size <= min(height, width):
        raise ValueError(f"size is {size}, expected 1 to {min(height, width)}")
    rows = rng.integers(height - size + 1, size=(n, 1, 1)) + np.arange(size)[:, None]
    columns = rng.integers(width - size + 1, size=(n, 1, 1)) + np.arange(size)
    return padded[np.arange(n)[:, None, None], rows, columns]


@mistake("crop_scale", replaces="random_crop")
def one_place_for_the_batch(x, size, pad, rng):
    """All patches of a batch begin at the same place. Each picture has a place of its own."""
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, H, W, C)")
    if pad < 0:
        raise ValueError(f"pad is {pad}, expected a whole number >= 0")
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    n, height, width, _ = padded.shape
    if not 1 <= size <= min(height, width):
        raise ValueError(f"size is {size}, expected 1 to {min(height, width)}")
    top, left = rng.integers(height - size + 1), rng.integers(width - size + 1)
    return padded[:, top : top + size, left : left + size]


@mistake("crop_scale", replaces="random_crop")
def one_number_for_row_and_column(x, size, pad, rng):
    """You use one random number for the row and the column, so that patches lie on the diagonal only. They are independent."""
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, H, W, C)")
    if pad < 0:
        raise ValueError(f"pad is {pad}, expected a whole number >= 0")
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    n, height, width, _ = padded.shape
    if not 1 <= size <= min(height, width):
        raise ValueError(f"size is {size}, expected 1 to {min(height, width)}")
    place = rng.random((n, 1, 1))
    rows = (place * (height - size + 1)).astype(int) + np.arange(size)[:, None]
    columns = (place * (width - size + 1)).astype(int) + np.arange(size)
    return padded[np.arange(n)[:, None, None], rows, columns]


@mistake("crop_scale", replaces="random_crop")
def height_and_width_swapped(x, size, pad, rng):
    """You draw rows from the width and columns from the height. In a wide picture that goes beyond the lower edge, and the right end is never reached."""
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, H, W, C)")
    if pad < 0:
        raise ValueError(f"pad is {pad}, expected a whole number >= 0")
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    n, width, height, _ = padded.shape
    if not 1 <= size <= min(height, width):
        raise ValueError(f"size is {size}, expected 1 to {min(height, width)}")
    rows = rng.integers(height - size + 1, size=(n, 1, 1)) + np.arange(size)[:, None]
    columns = rng.integers(width - size + 1, size=(n, 1, 1)) + np.arange(size)
    return padded[np.arange(n)[:, None, None], rows, columns]


@mistake("crop_scale", replaces="random_crop")
def border_of_edge_values(x, size, pad, rng):
    """Your border repeats the outermost pixels. It should be zeros."""
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, H, W, C)")
    if pad < 0:
        raise ValueError(f"pad is {pad}, expected a whole number >= 0")
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)), mode="edge")
    n, height, width, _ = padded.shape
    if not 1 <= size <= min(height, width):
        raise ValueError(f"size is {size}, expected 1 to {min(height, width)}")
    rows = rng.integers(height - size + 1, size=(n, 1, 1)) + np.arange(size)[:, None]
    columns = rng.integers(width - size + 1, size=(n, 1, 1)) + np.arange(size)
    return padded[np.arange(n)[:, None, None], rows, columns]


@mistake("crop_scale", replaces="random_crop")
def centre_crop(x, size, pad, rng):
    """You always cut out the middle, as D2's slide does. That is the same picture each time: no augmentation."""
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, H, W, C)")
    if pad < 0:
        raise ValueError(f"pad is {pad}, expected a whole number >= 0")
    padded = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    n, height, width, _ = padded.shape
    if not 1 <= size <= min(height, width):
        raise ValueError(f"size is {size}, expected 1 to {min(height, width)}")
    top, left = (height - size) // 2, (width - size) // 2
    return padded[:, top : top + size, left : left + size]


@mistake(
    "crop_scale",
    replaces="scale_jitter",
    change={
        "np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)": "np.linspace(0, old - 1, new)"
    },
)
def corners_aligned():
    """You stretch from the first pixel's centre to the last one's (`align_corners=True`). The picture's edge is the outermost pixels' edge: look at the formula for u."""


@mistake(
    "crop_scale",
    replaces="scale_jitter",
    change={"(np.arange(new) + 0.5) * old / new - 0.5": "np.arange(new) * old / new"},
)
def half_a_pixel_off():
    """You read at i times the ratio, which puts a pixel at its upper left corner: the whole picture moves. Where is the centre of pixel i?"""


@mistake("crop_scale", replaces="scale_jitter")
def nearest_pixel(img, short_side):
    """You take the nearest pixel. Between two pixels, read on the straight line between them."""
    if img.ndim != 3:
        raise ValueError(f"img has shape {img.shape}, expected (H, W, C)")
    if short_side < 1:
        raise ValueError(f"short_side is {short_side}, expected at least 1")
    out = img if img.dtype.kind == "f" else img.astype(np.float64)
    for axis, old in enumerate(img.shape[:2]):
        new = round(old * short_side / min(img.shape[:2]))
        u = (np.arange(new) + 0.5) * old / new
        out = out.take(np.clip(np.floor(u).astype(int), 0, old - 1), axis)
    return out


@mistake(
    "crop_scale",
    replaces="scale_jitter",
    change={
        "round(old * short_side / min(img.shape[:2]))": "max(1, round(old * short_side / max(img.shape[:2])))"
    },
)
def long_side_instead():
    """You give the longer side `short_side` pixels. It is the shorter one that gets them."""


@mistake("crop_scale", replaces="scale_jitter")
def squeezed_to_a_square(img, short_side):
    """You make both sides `short_side` long, which squeezes everything that is not square. The longer side follows in proportion."""
    if img.ndim != 3:
        raise ValueError(f"img has shape {img.shape}, expected (H, W, C)")
    if short_side < 1:
        raise ValueError(f"short_side is {short_side}, expected at least 1")
    out = img if img.dtype.kind == "f" else img.astype(np.float64)
    for axis, old in enumerate(img.shape[:2]):
        u = np.clip((np.arange(short_side) + 0.5) * old / short_side - 0.5, 0, old - 1)
        first = np.floor(u).astype(int)
        share = (u - first).astype(out.dtype).reshape(-1, *(1,) * (2 - axis))
        out = (1 - share) * out.take(first, axis) + share * out.take(
            np.minimum(first + 1, old - 1), axis
        )
    return out


@mistake(
    "crop_scale",
    replaces="scale_jitter",
    change={
        "np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)": "(np.arange(new) + 0.5) * old / new - 0.5"
    },
)
def around_the_edge():
    """Where u lies before the first pixel's centre, your index is -1, and NumPy takes the last pixel: the picture's other side shines through. Confine u first."""


@mistake("crop_scale", replaces="scale_jitter")
def weights_swapped(img, short_side):
    """Your two weights are exchanged: near the first of two pixels you give most to the second."""
    if img.ndim != 3:
        raise ValueError(f"img has shape {img.shape}, expected (H, W, C)")
    if short_side < 1:
        raise ValueError(f"short_side is {short_side}, expected at least 1")
    out = img if img.dtype.kind == "f" else img.astype(np.float64)
    for axis, old in enumerate(img.shape[:2]):
        new = round(old * short_side / min(img.shape[:2]))
        u = np.clip((np.arange(new) + 0.5) * old / new - 0.5, 0, old - 1)
        first = np.floor(u).astype(int)
        share = (u - first).astype(out.dtype).reshape(-1, *(1,) * (2 - axis))
        out = share * out.take(first, axis) + (1 - share) * out.take(
            np.minimum(first + 1, old - 1), axis
        )
    return out


@mistake(
    "crop_scale", replaces="scale_jitter", change={"return out": "return out.astype(img.dtype)"}
)
def back_to_the_dtype_of_img():
    """You put the result back into the picture's dtype, where whole numbers lose their fractions. They become float64."""


@mistake(
    "crop_scale",
    replaces="scale_jitter",
    change={
        "round(old * short_side / min(img.shape[:2]))": "old * short_side // min(img.shape[:2])"
    },
)
def cut_off_instead_of_rounded():
    """You cut off the fraction of the longer side. It is rounded to the nearest whole number."""


@mistake(
    "crop_scale",
    replaces="scale_jitter",
    change={
        "(np.arange(new) + 0.5) * old / new": "(np.arange(new) + 0.5) * old / short_side",
        "(np.arange(new) + 0.5) * old": "(np.arange(new) + 0.5) * min(img.shape[:2])",
    },
)
def one_ratio_for_both_axes():
    """You use the shorter side's ratio along both axes. The longer side was rounded: each axis has the ratio of its own old and new length."""


@mistake("crop_scale", replaces=("random_crop", "two_steps"))
def drawn_from_a_copy():
    """You draw from a copy of `rng`, so that the caller's stays where it was, and the next batch gets the very same random numbers. A generator is there to be drawn from: it may move on."""
    from copy import deepcopy

    inner = random_crop

    def drawing(x, size, pad, rng):
        return inner(x, size, pad, deepcopy(rng))

    def two_steps(name, *args):
        asked = drawing if name == "random_crop" else globals()[name]
        return asked(*args), asked(*args)

    return drawing, two_steps


@mistake("crop_scale", replaces=("scale_jitter",))
def handed_back_as_it_is():
    """Where the size does not change, you return the picture without a change. Whole numbers become float64 there as well; otherwise the dtype would depend on the size."""
    inner = scale_jitter

    def scale(img, short_side):
        return img if img.ndim == 3 and short_side == min(img.shape[:2]) else inner(img, short_side)

    return scale


@mistake("crop_scale", replaces=("scale_jitter",))
def averaged_before_it_shrinks():
    """Where a picture shrinks to a whole part of its size, you average over blocks first. That is antialiasing, which may be a good thing, but not what the formula says."""
    inner = scale_jitter

    def scale(img, short_side):
        if img.ndim == 3 and short_side >= 1:
            block = min(img.shape[:2]) // short_side
            if block > 1 and img.shape[0] % block == img.shape[1] % block == 0:
                img = img.reshape(
                    img.shape[0] // block, block, img.shape[1] // block, block, -1
                ).mean(axis=(1, 3))
        return inner(img, short_side)

    return scale


@mistake("crop_scale", replaces=("scale_jitter",))
def places_in_single_precision():
    """You compute the places u in float32. Far from the origin that leaves too few digits for the share between two pixels: in float64 all of it, and only the result takes the picture's dtype."""

    def scale(img, short_side):
        if img.ndim != 3:
            raise ValueError(f"img has shape {img.shape}, expected (H, W, C)")
        if short_side < 1:
            raise ValueError(f"short_side is {short_side}, expected at least 1")
        out = img if img.dtype.kind == "f" else img.astype(np.float64)
        for axis, old in enumerate(img.shape[:2]):
            new = round(old * short_side / min(img.shape[:2]))
            u = np.clip(
                (np.arange(new, dtype=np.float32) + np.float32(0.5)) * np.float32(old / new)
                - np.float32(0.5),
                0,
                old - 1,
            )
            first = np.floor(u).astype(int)
            share = (u - first).astype(out.dtype).reshape(-1, *(1,) * (2 - axis))
            out = (1 - share) * out.take(first, axis) + share * out.take(
                np.minimum(first + 1, old - 1), axis
            )
        return out

    return scale


@variant("crop_scale", replaces=("random_crop", "scale_jitter"))
def windows_and_matrices():
    """Sliding windows, one offset for both axes; resizing as a product with two matrices of weights."""

    def random_crop(x, size, pad, rng):
        if x.ndim != 4:
            raise ValueError(f"x must be (N, H, W, C), got {x.shape}")
        n, h, w, c = x.shape
        if pad < 0:
            raise ValueError(f"negative pad {pad}")
        if size < 1 or size > h + 2 * pad or size > w + 2 * pad:
            raise ValueError(f"a patch of {size} does not fit")
        wide = np.zeros((n, h + 2 * pad, w + 2 * pad, c), dtype=x.dtype)
        wide[:, pad : pad + h, pad : pad + w] = x
        windows = np.lib.stride_tricks.sliding_window_view(wide, (size, size), axis=(1, 2))
        rows, columns = windows.shape[1:3]
        which = rng.integers(0, rows * columns, size=n)
        return windows[np.arange(n), which // columns, which % columns].transpose(0, 2, 3, 1)

    def scale_jitter(img, short_side):
        if img.ndim != 3 or short_side < 1:
            raise ValueError(f"img {img.shape}, short_side {short_side}")
        h, w, _ = img.shape
        dtype = img.dtype if img.dtype in (np.float32, np.float64) else np.float64

        def weights(old):
            new = int(np.floor(old * short_side / min(h, w) + 0.5))
            u = np.clip((np.arange(new) + 0.5) * (old / new) - 0.5, 0, old - 1)
            return np.maximum(0, 1 - np.abs(u[:, None] - np.arange(old))).astype(dtype)

        return np.einsum("ir,jc,rck->ijk", weights(h), weights(w), img.astype(dtype))

    return random_crop, scale_jitter


@variant("crop_scale", replaces=("random_crop", "scale_jitter"))
def floats_for_places_and_four_corners():
    """Places from uniform floats; four pixels at once."""

    def random_crop(x, size, pad, rng):
        if x.ndim != 4:
            raise ValueError(f"x: {x.shape}")
        if pad < 0 or not 0 < size <= min(x.shape[1:3]) + 2 * pad:
            raise ValueError(f"size {size} with pad {pad} does not go with {x.shape}")
        x = np.pad(x, [(0, 0), (pad, pad), (pad, pad), (0, 0)])
        n, h, w = x.shape[:3]
        left = np.floor(rng.random(n) * (w - size + 1)).astype(int)
        top = np.floor(rng.random(n) * (h - size + 1)).astype(int)
        i = top[:, None] + np.arange(size)
        j = left[:, None] + np.arange(size)
        out = np.take_along_axis(x, i[:, :, None, None], axis=1)
        return np.take_along_axis(out, j[:, None, :, None], axis=2)

    def scale_jitter(img, short_side):
        if img.ndim != 3:
            raise ValueError(f"img: {img.shape}")
        if not short_side >= 1:
            raise ValueError(f"short_side: {short_side}")
        if not np.issubdtype(img.dtype, np.floating):
            img = img.astype(float)
        h, w, _ = img.shape
        short = min(h, w)
        h2, w2 = int(round(h / short * short_side)), int(round(w / short * short_side))
        y = np.minimum(np.maximum((np.arange(h2) + 0.5) * (h / h2) - 0.5, 0), h - 1)
        x = np.minimum(np.maximum((np.arange(w2) + 0.5) * (w / w2) - 0.5, 0), w - 1)
        y0, x0 = y.astype(int), x.astype(int)
        y1, x1 = np.minimum(y0 + 1, h - 1)[:, None], np.minimum(x0 + 1, w - 1)
        fy, fx = (y - y0).astype(img.dtype)[:, None, None], (x - x0).astype(img.dtype)[:, None]
        y0 = y0[:, None]
        return (img[y0, x0] * (1 - fx) + img[y0, x1] * fx) * (1 - fy) + (
            img[y1, x0] * (1 - fx) + img[y1, x1] * fx
        ) * fy

    return random_crop, scale_jitter


@variant("crop_scale", replaces=("random_crop", "scale_jitter"))
def masks_and_scattered_weights():
    """Patches by a mask over all pixels; resizing by a matrix into which the two weights of each row are written."""

    def random_crop(x, size, pad, rng):
        if x.ndim != 4:
            raise ValueError(f"x is {x.shape}, not (N, H, W, C)")
        if pad < 0:
            raise ValueError(f"pad is {pad}")
        N, H, W, C = x.shape
        H, W = H + 2 * pad, W + 2 * pad
        if size < 1 or size > H or size > W:
            raise ValueError(f"size is {size}, but there are {H} by {W} pixels")
        out = np.zeros((N, H, W, C), x.dtype)
        out[:, pad : H - pad, pad : W - pad, :] = x
        i = rng.integers(0, H - size, size=N, endpoint=True)[:, None]
        j = rng.integers(0, W - size, size=N, endpoint=True)[:, None]
        rows, columns = np.arange(H)[None] - i, np.arange(W)[None] - j
        mask = np.logical_and(
            ((rows >= 0) & (rows < size))[:, :, None],
            ((columns >= 0) & (columns < size))[:, None, :],
        )
        return out[mask].reshape(N, size, size, C)

    def scale_jitter(img, short_side):
        if img.ndim != 3:
            raise ValueError(f"img is {img.shape}, not (H, W, C)")
        if short_side <= 0:
            raise ValueError(f"short_side is {short_side}")
        kind = img.dtype if img.dtype.kind == "f" else np.dtype("float64")

        def matrix(old):
            new = int(old * short_side / min(img.shape[0], img.shape[1]) + 0.5)
            u = (2 * np.arange(new) + 1) * old / (2 * new) - 0.5
            u[u < 0] = 0
            u[u > old - 1] = old - 1
            fraction, first = np.modf(u)
            first = first.astype(int)
            weights = np.zeros((new, old), kind)
            weights[np.arange(new), first] += 1 - fraction
            weights[np.arange(new), (first + 1) % old] += fraction
            return weights

        rows, columns = matrix(img.shape[0]), matrix(img.shape[1])
        return np.moveaxis(
            np.tensordot(np.tensordot(rows, img.astype(kind), 1), columns, (1, 1)), -1, 1
        )

    return random_crop, scale_jitter


@variant("crop_scale", replaces=("random_crop", "scale_jitter"))
def flat_indices_and_steps_towards():
    """Indices into the flattened batch, by a class; columns before rows, as a step from the left neighbour towards the right one."""

    class Places:
        def __init__(self, shape, size, rng):
            self.n, self.height, self.width = shape[:3]
            self.size = size
            self.top, self.left = (
                np.floor(rng.uniform(0, side - size + 1, self.n)).astype(np.int64)
                for side in (self.height, self.width)
            )

        def numbers(self):
            i, j = np.indices((self.size, self.size))
            picture = np.arange(self.n).reshape(-1, 1, 1)
            return (
                (picture * self.height + self.top.reshape(-1, 1, 1) + i) * self.width
                + self.left.reshape(-1, 1, 1)
                + j
            )

    def random_crop(x, size, pad, rng):
        if len(x.shape) != 4:
            raise ValueError(f"four axes expected, not {x.shape}")
        if pad < 0:
            raise ValueError(f"a border of {pad}")
        wide = np.pad(
            x,
            tuple((width, width) for width in (0, pad, pad, 0)),
            mode="constant",
            constant_values=0,
        )
        if not 1 <= size <= wide.shape[1] or size > wide.shape[2]:
            raise ValueError(f"a patch of {size} out of {wide.shape}")
        return wide.reshape(-1, x.shape[3])[Places(wide.shape, size, rng).numbers()]

    def along(img, old, new):
        """Resizes the first axis."""
        u = (np.arange(new) + 0.5) / (new / old) - 0.5
        before = np.clip(np.floor(u), 0, old - 1).astype(int)
        after = np.clip(np.floor(u) + 1, 0, old - 1).astype(int)
        step = np.asarray(u - np.floor(u), dtype=img.dtype)
        return img[before] + step[:, np.newaxis, np.newaxis] * (img[after] - img[before])

    def scale_jitter(img, short_side):
        if img.ndim != 3:
            raise ValueError(f"three axes expected, not {img.shape}")
        if short_side < 1:
            raise ValueError(f"a short side of {short_side}")
        img = img + 0.0 if img.dtype.kind == "f" else np.float64(img)
        H, W = img.shape[:2]
        new_h, new_w = (
            (short_side, np.rint(W / H * short_side).astype(int))
            if H <= W
            else (np.rint(H / W * short_side).astype(int), short_side)
        )
        return along(along(img.swapaxes(0, 1), W, new_w).swapaxes(0, 1), H, new_h)

    return random_crop, scale_jitter
