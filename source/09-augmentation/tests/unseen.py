"""Wrong answers to 09, thought up without a look at the known mistakes."""

import numpy as np

from autograder.audit.unseen_answers import answer


@answer("random_hflip", replaces="random_hflip", hints=("upside_down",))
def upside_down(x, p, rng):
    """Flipped from top to bottom."""
    if x.ndim != 4 or not 0 <= p <= 1:
        raise ValueError(f"{x.shape} {p}")
    out = x.copy()
    f = rng.random(len(x)) < p
    out[f] = x[f, ::-1]
    return out


@answer("random_hflip", replaces="random_hflip", hints=("one_coin_for_the_batch",))
def one_coin_for_all(x, p, rng):
    """One coin for the whole batch."""
    if x.ndim != 4 or not 0 <= p <= 1:
        raise ValueError(f"{x.shape} {p}")
    return x[:, :, ::-1].copy() if rng.random() < p else x.copy()


@answer("random_hflip", replaces="random_hflip", hints=("probability_of_staying",))
def the_other_probability(x, p, rng):
    """Flipped with probability 1 - p."""
    if x.ndim != 4 or not 0 <= p <= 1:
        raise ValueError(f"{x.shape} {p}")
    out = x.copy()
    for i in range(len(x)):
        if rng.random() >= p:
            out[i] = x[i][:, ::-1]
    return out


@answer("crop_scale", replaces="random_crop", hints=("last_offset_never_drawn",))
def last_place_never(x, size, pad, rng):
    """The last place is never chosen."""
    if x.ndim != 4 or pad < 0:
        raise ValueError(f"{x.shape} {pad}")
    p = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    n, h, w, c = p.shape
    if not 1 <= size <= min(h, w):
        raise ValueError(f"size {size}")
    out = np.empty((n, size, size, c), x.dtype)
    for i in range(n):
        t = rng.integers(0, max(h - size, 1))
        s = rng.integers(0, max(w - size, 1))
        out[i] = p[i, t : t + size, s : s + size]
    return out


@answer("crop_scale", replaces="random_crop", hints=("one_place_for_the_batch",))
def one_place_for_all(x, size, pad, rng):
    """All pictures are cut at the same place."""
    if x.ndim != 4 or pad < 0:
        raise ValueError(f"{x.shape} {pad}")
    p = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    n, h, w, c = p.shape
    if not 1 <= size <= min(h, w):
        raise ValueError(f"size {size}")
    t, s = rng.integers(0, h - size + 1), rng.integers(0, w - size + 1)
    return p[:, t : t + size, s : s + size].copy()


@answer("crop_scale", replaces="random_crop", says=r"row and the column .* follow from one another")
def row_equals_column(x, size, pad, rng):
    """Row and column are the same number."""
    if x.ndim != 4 or pad < 0:
        raise ValueError(f"{x.shape} {pad}")
    p = np.pad(x, ((0, 0), (pad, pad), (pad, pad), (0, 0)))
    n, h, w, c = p.shape
    if not 1 <= size <= min(h, w):
        raise ValueError(f"size {size}")
    out = np.empty((n, size, size, c), x.dtype)
    for i in range(n):
        t = rng.integers(0, min(h, w) - size + 1)
        out[i] = p[i, t : t + size, t : t + size]
    return out


@answer("crop_scale", replaces="scale_jitter", hints=("corners_aligned",))
def corners_aligned(img, short_side):
    """Corners are aligned: u = i (old - 1) / (new - 1)."""
    if img.ndim != 3 or short_side < 1:
        raise ValueError(f"{img.shape} {short_side}")
    out = img if img.dtype.kind == "f" else img.astype(float)
    for axis in (0, 1):
        old = img.shape[axis]
        new = round(old * short_side / min(img.shape[:2]))
        u = np.linspace(0, old - 1, new)
        a = np.floor(u).astype(int)
        b = np.minimum(a + 1, old - 1)
        f = (u - a).astype(out.dtype).reshape((-1, 1, 1) if axis == 0 else (1, -1, 1))
        out = np.take(out, a, axis) * (1 - f) + np.take(out, b, axis) * f
    return out


@answer("color_jitter", replaces="color_jitter", hints=("mean_of_the_batch",))
def mean_of_the_batch(x, brightness, contrast, rng):
    """The mean is that of the whole batch."""
    if x.ndim != 4 or (x.dtype != np.uint8 and x.dtype.kind != "f"):
        raise ValueError(f"{x.shape} {x.dtype}")
    if not 0 <= brightness <= 1 or not 0 <= contrast <= 1:
        raise ValueError(f"{brightness} {contrast}")
    v = x if x.dtype.kind == "f" else x.astype(float)
    n = len(x)
    b = rng.uniform(1 - brightness, 1 + brightness, (n, 1, 1, 1)).astype(v.dtype)
    k = rng.uniform(1 - contrast, 1 + contrast, (n, 1, 1, 1)).astype(v.dtype)
    m = v.mean()
    out = b * (m + k * (v - m))
    return (
        np.clip(out, 0, 1)
        if x.dtype.kind == "f"
        else np.clip(np.round(out), 0, 255).astype(np.uint8)
    )


@answer(
    "color_jitter",
    replaces="color_jitter",
    hints=("cut_off_instead_of_rounded",),
    says=r"Bytes are cut off",
)
def bytes_cut_off(x, brightness, contrast, rng):
    """Bytes are cut off, not rounded."""
    if x.ndim != 4 or (x.dtype != np.uint8 and x.dtype.kind != "f"):
        raise ValueError(f"{x.shape} {x.dtype}")
    if not 0 <= brightness <= 1 or not 0 <= contrast <= 1:
        raise ValueError(f"{brightness} {contrast}")
    v = x if x.dtype.kind == "f" else x.astype(float)
    n = len(x)
    b = rng.uniform(1 - brightness, 1 + brightness, (n, 1, 1, 1)).astype(v.dtype)
    k = rng.uniform(1 - contrast, 1 + contrast, (n, 1, 1, 1)).astype(v.dtype)
    m = v.mean((1, 2, 3), keepdims=True)
    out = b * (m + k * (v - m))
    return np.clip(out, 0, 1) if x.dtype.kind == "f" else np.clip(out, 0, 255).astype(np.uint8)


@answer("affine_warp", replaces="affine_warp", hints=("there_instead_of_back",))
def forward_matrix(img, matrix):
    """The matrix is used as it is, not its inverse."""
    if img.ndim != 3 or matrix.shape != (3, 3):
        raise ValueError(f"{img.shape} {matrix.shape}")
    np.linalg.inv(matrix)
    H, W = img.shape[:2]
    cy, cx = (H - 1) / 2, (W - 1) / 2
    yy, xx = np.mgrid[:H, :W]
    px, py = xx - cx, yy - cy
    M = matrix
    return sample(
        img, M[0, 0] * px + M[0, 1] * py + M[0, 2] + cx, M[1, 0] * px + M[1, 1] * py + M[1, 2] + cy
    )


@answer("affine_warp", replaces="affine_warp", hints=("around_the_upper_left_corner",))
def origin_in_the_corner(img, matrix):
    """The origin is the upper left pixel."""
    if img.ndim != 3 or matrix.shape != (3, 3):
        raise ValueError(f"{img.shape} {matrix.shape}")
    H, W = img.shape[:2]
    yy, xx = np.mgrid[:H, :W].astype(float)
    M = np.linalg.inv(matrix)
    return sample(img, M[0, 0] * xx + M[0, 1] * yy + M[0, 2], M[1, 0] * xx + M[1, 1] * yy + M[1, 2])


@answer("affine_warp", replaces="affine_warp", hints=("centre_half_a_pixel_off",))
def centre_half_a_pixel_off(img, matrix):
    """The centre is (W/2, H/2)."""
    if img.ndim != 3 or matrix.shape != (3, 3):
        raise ValueError(f"{img.shape} {matrix.shape}")
    H, W = img.shape[:2]
    cy, cx = H / 2, W / 2
    yy, xx = np.mgrid[:H, :W]
    px, py = xx - cx, yy - cy
    M = np.linalg.inv(matrix)
    return sample(
        img, M[0, 0] * px + M[0, 1] * py + M[0, 2] + cx, M[1, 0] * px + M[1, 1] * py + M[1, 2] + cy
    )


@answer("mixup", replaces="mixup", hints=("labels_left_alone",))
def labels_not_mixed(x, y_onehot, alpha, rng, lam=None):
    """The labels stay those of the first example."""
    if (
        y_onehot.ndim != 2
        or len(y_onehot) != len(x)
        or not alpha > 0
        or (lam is not None and not 0 <= lam <= 1)
    ):
        raise ValueError(f"{y_onehot.shape} {len(x)} {alpha} {lam}")
    j = rng.permutation(len(x))
    l = rng.beta(alpha, alpha, len(x)) if lam is None else np.full(len(x), lam)
    x = x if x.dtype.kind == "f" else x.astype(float)
    s = l.reshape((-1,) + (1,) * (x.ndim - 1)).astype(x.dtype)
    return s * x + (1 - s) * x[j], y_onehot * 1.0


@answer("mixup", replaces="mixup", hints=("one_share_for_the_batch",))
def one_lam_for_the_batch(x, y_onehot, alpha, rng, lam=None):
    """One lam for all examples."""
    if (
        y_onehot.ndim != 2
        or len(y_onehot) != len(x)
        or not alpha > 0
        or (lam is not None and not 0 <= lam <= 1)
    ):
        raise ValueError(f"{y_onehot.shape} {len(x)} {alpha} {lam}")
    j = rng.permutation(len(x))
    l = rng.beta(alpha, alpha) if lam is None else lam
    x = x if x.dtype.kind == "f" else x.astype(float)
    y = y_onehot if y_onehot.dtype.kind == "f" else y_onehot.astype(float)
    return (l * x + (1 - l) * x[j]).astype(x.dtype), (l * y + (1 - l) * y[j]).astype(y.dtype)


@answer("random_hflip", replaces="random_hflip", says=r"if nothing were flipped")
def one_picture_never(x, p, rng):
    """A batch of one is never flipped."""
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, H, W, C)")
    if not 0 <= p <= 1:
        raise ValueError(f"p is {p}, expected a probability from 0 to 1")
    flipped = (rng.random(len(x)) < p) & (len(x) > 1)
    return np.where(flipped[:, None, None, None], x[:, :, ::-1], x)


@answer("color_jitter", replaces="color_jitter", says=r"Each channel keeps its own mean")
def mean_over_batch_of_one(x, brightness, contrast, rng):
    """One picture about the channel means."""
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
    mean = values.mean(axis=(1, 2, 3) if len(x) > 1 else (1, 2), keepdims=True)
    out = b * (mean + k * (values - mean))
    return (
        np.clip(out, 0, 1)
        if x.dtype.kind == "f"
        else np.clip(np.rint(out), 0, 255).astype(np.uint8)
    )


@answer("mixup", replaces="mixup", says=r"dtypes of `x_mixed`")
def x_dtype_for_both(x, y_onehot, alpha, rng, lam=None):
    """The labels get the dtype of the pictures."""
    if y_onehot.ndim != 2 or len(y_onehot) != len(x):
        raise ValueError(f"y_onehot has shape {y_onehot.shape}, expected ({len(x)}, K)")
    if not alpha > 0:
        raise ValueError(f"alpha is {alpha}, expected a number > 0")
    if lam is not None and (not 0 <= lam <= 1):
        raise ValueError(f"lam is {lam}, expected a number from 0 to 1")
    partner = rng.permutation(len(x))
    shares = rng.beta(alpha, alpha, len(x)) if lam is None else np.full(len(x), lam)

    def blend(values):
        values = values if values.dtype.kind == "f" else values.astype(np.float64)
        share = shares.astype(values.dtype).reshape(-1, *(1,) * (values.ndim - 1))
        return share * values + (1 - share) * values[partner]

    a = blend(x)
    return (a, blend(y_onehot).astype(a.dtype))


@answer("mixup", replaces="mixup", says=r"the partner of their partner")
def symmetric_swap(x, y_onehot, alpha, rng, lam=None):
    """Partners swap in pairs."""
    if y_onehot.ndim != 2 or len(y_onehot) != len(x):
        raise ValueError(f"y_onehot has shape {y_onehot.shape}, expected ({len(x)}, K)")
    if not alpha > 0:
        raise ValueError(f"alpha is {alpha}, expected a number > 0")
    if lam is not None and (not 0 <= lam <= 1):
        raise ValueError(f"lam is {lam}, expected a number from 0 to 1")
    p = rng.permutation(len(x))
    partner = np.arange(len(x))
    h = len(x) // 2
    partner[p[:h]] = p[h : 2 * h]
    partner[p[h : 2 * h]] = p[:h]
    shares = rng.beta(alpha, alpha, len(x)) if lam is None else np.full(len(x), lam)

    def blend(values):
        values = values if values.dtype.kind == "f" else values.astype(np.float64)
        share = shares.astype(values.dtype).reshape(-1, *(1,) * (values.ndim - 1))
        return share * values + (1 - share) * values[partner]

    return (blend(x), blend(y_onehot))
