"""Known mistakes and right variants of `bce_with_logits`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake("bce_with_logits", replaces="bce_with_logits")
def by_way_of_the_probability(h, y):
    """You compute the sigmoid and take logarithms of it. For large logits it is 0 or 1 to the last bit, and the logarithm is infinite, or exp overflows on the way."""
    if h.shape != y.shape:
        raise ValueError(f"h is {h.shape}, y is {y.shape}")
    if not np.all((y >= 0) & (y <= 1)):
        raise ValueError(f"y is {y}, expected entries in [0, 1]")
    h = h if h.dtype.kind == "f" else h.astype(np.float64)
    y = y.astype(h.dtype)
    p = 1 / (1 + np.exp(-h))
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)), (p - y) / h.size


@mistake("bce_with_logits", replaces="bce_with_logits")
def probabilities_clipped(h, y):
    """You clip the probability before the logarithm. Confident mistakes then all cost the same; write the loss in `h` instead, where nothing needs to be cut off."""
    if h.shape != y.shape:
        raise ValueError(f"h is {h.shape}, y is {y.shape}")
    if not np.all((y >= 0) & (y <= 1)):
        raise ValueError(f"y is {y}, expected entries in [0, 1]")
    h = h if h.dtype.kind == "f" else h.astype(np.float64)
    y = y.astype(h.dtype)
    e = np.exp(-np.abs(h))
    p = np.clip(np.where(h >= 0, 1, e) / (1 + e), 1e-7, 1 - 1e-7)
    return -np.mean(y * np.log(p) + (1 - y) * np.log(1 - p)), (p - y) / h.size


@mistake("bce_with_logits", replaces="bce_with_logits")
def log_of_p_plus_epsilon(h, y):
    """Your logarithms are of `p + 1e-12`. A confident mistake then never costs more than 27.6. Write the loss in `h` instead, where nothing needs to be rescued."""
    if h.shape != y.shape:
        raise ValueError(f"h is {h.shape}, y is {y.shape}")
    if not np.all((y >= 0) & (y <= 1)):
        raise ValueError(f"y is {y}, expected entries in [0, 1]")
    h = h if h.dtype.kind == "f" else h.astype(np.float64)
    y = y.astype(h.dtype)
    e = np.exp(-np.abs(h))
    p = np.where(h >= 0, 1, e) / (1 + e)
    return -np.mean(y * np.log(p + 1e-12) + (1 - y) * np.log(1 - p + 1e-12)), (p - y) / h.size


@mistake("bce_with_logits", replaces="bce_with_logits")
def softplus_overflows(h, y):
    """Your loss is right, but its `exp(h)` overflows for a large positive logit. Use the form whose exponent is never positive."""
    if h.shape != y.shape:
        raise ValueError(f"h is {h.shape}, y is {y.shape}")
    if not np.all((y >= 0) & (y <= 1)):
        raise ValueError(f"y is {y}, expected entries in [0, 1]")
    h = h if h.dtype.kind == "f" else h.astype(np.float64)
    y = y.astype(h.dtype)
    e = np.exp(-np.abs(h))
    return np.mean(np.log1p(np.exp(h)) - h * y), (np.where(h >= 0, 1, e) / (1 + e) - y) / h.size


@mistake("bce_with_logits", replaces="bce_with_logits")
def sigmoid_overflows(h, y):
    """Your loss is stable, but the sigmoid in your gradient is not: `exp(-h)` overflows for a large negative logit."""
    if h.shape != y.shape:
        raise ValueError(f"h is {h.shape}, y is {y.shape}")
    if not np.all((y >= 0) & (y <= 1)):
        raise ValueError(f"y is {y}, expected entries in [0, 1]")
    h = h if h.dtype.kind == "f" else h.astype(np.float64)
    y = y.astype(h.dtype)
    loss = np.mean(np.maximum(h, 0) - h * y + np.log1p(np.exp(-np.abs(h))))
    return loss, (1 / (1 + np.exp(-h)) - y) / h.size


@mistake("bce_with_logits", replaces="bce_with_logits")
def sign_as_d3_prints_it(h, y):
    """The term of class 0 has the wrong sign, as on D3's slide: your loss rewards a sure answer of 1 where the label is 0."""
    if h.shape != y.shape:
        raise ValueError(f"h is {h.shape}, y is {y.shape}")
    if not np.all((y >= 0) & (y <= 1)):
        raise ValueError(f"y is {y}, expected entries in [0, 1]")
    h = h if h.dtype.kind == "f" else h.astype(np.float64)
    y = y.astype(h.dtype)
    e = np.exp(-np.abs(h))
    p = np.where(h >= 0, 1, e) / (1 + e)
    ones, zeros = np.maximum(-h, 0) + np.log1p(e), np.maximum(h, 0) + np.log1p(e)
    return np.mean(y * ones - (1 - y) * zeros), (y * (p - 1) - (1 - y) * p) / h.size


@mistake("bce_with_logits", replaces="bce_with_logits")
def column_against_row(h, y):
    """Logits of shape (N, 1) and labels of shape (N,) get through. Their difference has shape (N, N): every logit against every label. Compare the shapes first."""
    if not np.all((y >= 0) & (y <= 1)):
        raise ValueError(f"y is {y}, expected entries in [0, 1]")
    h = h if h.dtype.kind == "f" else h.astype(np.float64)
    y = y.astype(h.dtype)
    e = np.exp(-np.abs(h))
    loss = np.mean(np.maximum(h, 0) - h * y + np.log1p(e))
    return loss, (np.where(h >= 0, 1, e) / (1 + e) - y) / h.size


@mistake("bce_with_logits", replaces="bce_with_logits")
def gradient_without_the_mean(h, y):
    """Your loss is a mean over the entries, but `dh` lacks the factor 1/n. It is the derivative of the same mean."""
    if h.shape != y.shape:
        raise ValueError(f"h is {h.shape}, y is {y.shape}")
    if not np.all((y >= 0) & (y <= 1)):
        raise ValueError(f"y is {y}, expected entries in [0, 1]")
    h = h if h.dtype.kind == "f" else h.astype(np.float64)
    y = y.astype(h.dtype)
    e = np.exp(-np.abs(h))
    loss = np.mean(np.maximum(h, 0) - h * y + np.log1p(e))
    return loss, np.where(h >= 0, 1, e) / (1 + e) - y


@mistake("bce_with_logits", replaces="bce_with_logits")
def loss_is_a_sum(h, y):
    """You sum over the entries, in loss and gradient. The course's losses are means."""
    if h.shape != y.shape:
        raise ValueError(f"h is {h.shape}, y is {y.shape}")
    if not np.all((y >= 0) & (y <= 1)):
        raise ValueError(f"y is {y}, expected entries in [0, 1]")
    h = h if h.dtype.kind == "f" else h.astype(np.float64)
    y = y.astype(h.dtype)
    e = np.exp(-np.abs(h))
    return np.sum(np.maximum(h, 0) - h * y + np.log1p(e)), np.where(h >= 0, 1, e) / (1 + e) - y


@mistake("bce_with_logits", replaces="bce_with_logits")
def mean_over_rows_only(h, y):
    """You divide by the number of rows. For logits of shape (N, M) the mean is over all entries, of which there are N·M."""
    if h.shape != y.shape:
        raise ValueError(f"h is {h.shape}, y is {y.shape}")
    if not np.all((y >= 0) & (y <= 1)):
        raise ValueError(f"y is {y}, expected entries in [0, 1]")
    h = h if h.dtype.kind == "f" else h.astype(np.float64)
    y = y.astype(h.dtype)
    e = np.exp(-np.abs(h))
    return np.sum(np.maximum(h, 0) - h * y + np.log1p(e)) / len(h), (
        np.where(h >= 0, 1, e) / (1 + e) - y
    ) / len(h)


@mistake("bce_with_logits", replaces="bce_with_logits")
def target_minus_prediction(h, y):
    """Your gradient has the wrong sign: it is prediction minus target, so that a step against it raises the probability of what is true."""
    if h.shape != y.shape:
        raise ValueError(f"h is {h.shape}, y is {y.shape}")
    if not np.all((y >= 0) & (y <= 1)):
        raise ValueError(f"y is {y}, expected entries in [0, 1]")
    h = h if h.dtype.kind == "f" else h.astype(np.float64)
    y = y.astype(h.dtype)
    e = np.exp(-np.abs(h))
    loss = np.mean(np.maximum(h, 0) - h * y + np.log1p(e))
    return loss, (y - np.where(h >= 0, 1, e) / (1 + e)) / h.size


@mistake("bce_with_logits", replaces="bce_with_logits")
def gradient_of_the_probability(h, y):
    """Your gradient is that with respect to the probability, or lacks a factor of the chain rule: the loss is a function of the logit `h`, by way of the sigmoid and its slope."""
    if h.shape != y.shape:
        raise ValueError(f"h is {h.shape}, y is {y.shape}")
    if not np.all((y >= 0) & (y <= 1)):
        raise ValueError(f"y is {y}, expected entries in [0, 1]")
    h = h if h.dtype.kind == "f" else h.astype(np.float64)
    y = y.astype(h.dtype)
    e = np.exp(-np.abs(h))
    p = np.where(h >= 0, 1, e) / (1 + e)
    loss = np.mean(np.maximum(h, 0) - h * y + np.log1p(e))
    return loss, (p - y) / np.maximum(p * (1 - p), 1e-12) / h.size


@mistake("bce_with_logits", replaces="bce_with_logits")
def sigmoid_s_slope_once_more(h, y):
    """Your gradient has the sigmoid's slope p(1 - p) as a factor. The logarithm's derivative cancels it: write the derivation out once."""
    if h.shape != y.shape:
        raise ValueError(f"h is {h.shape}, y is {y.shape}")
    if not np.all((y >= 0) & (y <= 1)):
        raise ValueError(f"y is {y}, expected entries in [0, 1]")
    h = h if h.dtype.kind == "f" else h.astype(np.float64)
    y = y.astype(h.dtype)
    e = np.exp(-np.abs(h))
    p = np.where(h >= 0, 1, e) / (1 + e)
    loss = np.mean(np.maximum(h, 0) - h * y + np.log1p(e))
    return loss, (p - y) * p * (1 - p) / h.size


@mistake("bce_with_logits", replaces="bce_with_logits")
def labels_unchecked(h, y):
    """Labels outside [0, 1] get through, for instance -1 and 1. With them your loss has no lower bound; say so instead."""
    if h.shape != y.shape:
        raise ValueError(f"h is {h.shape}, y is {y.shape}")
    h = h if h.dtype.kind == "f" else h.astype(np.float64)
    y = y.astype(h.dtype)
    e = np.exp(-np.abs(h))
    loss = np.mean(np.maximum(h, 0) - h * y + np.log1p(e))
    return loss, (np.where(h >= 0, 1, e) / (1 + e) - y) / h.size


@mistake("bce_with_logits", replaces="bce_with_logits")
def labels_must_be_whole(h, y):
    """You look at each label only as 0 or not 0. A label may be any probability between 0 and 1."""
    if h.shape != y.shape:
        raise ValueError(f"h is {h.shape}, y is {y.shape}")
    if not np.all((y >= 0) & (y <= 1)):
        raise ValueError(f"y is {y}, expected entries in [0, 1]")
    h = h if h.dtype.kind == "f" else h.astype(np.float64)
    e = np.exp(-np.abs(h))
    loss = np.mean(np.where(y > 0, np.maximum(-h, 0), np.maximum(h, 0)) + np.log1p(e))
    return loss, (np.where(h >= 0, 1, e) / (1 + e) - (y > 0)) / h.size


@mistake("bce_with_logits", replaces="bce_with_logits")
def clips_the_logits_in_place(h, y):
    """You write to `h`, which belongs to the caller. And a logit that is cut off no longer says how wrong it is."""
    if h.shape != y.shape:
        raise ValueError(f"h is {h.shape}, y is {y.shape}")
    if not np.all((y >= 0) & (y <= 1)):
        raise ValueError(f"y is {y}, expected entries in [0, 1]")
    h = h if h.dtype.kind == "f" else h.astype(np.float64)
    y = y.astype(h.dtype)
    np.clip(h, -30, 30, out=h)
    e = np.exp(-np.abs(h))
    loss = np.mean(np.maximum(h, 0) - h * y + np.log1p(e))
    return loss, (np.where(h >= 0, 1, e) / (1 + e) - y) / h.size


@mistake("bce_with_logits", replaces="bce_with_logits")
def nan_gets_through(h, y):
    """A label that is nan gets through, and makes the loss nan. You ask whether a label is *outside* of [0, 1], and no comparison with nan holds; ask whether all are inside."""
    if h.shape != y.shape:
        raise ValueError(f"h has shape {h.shape}, but y has shape {y.shape}")
    wrong = y[(y < 0) | (y > 1)]
    if wrong.size:
        raise ValueError(f"y holds {wrong[0]}, expected entries from 0 to 1")
    h = h if h.dtype.kind == "f" else h.astype(np.float64)
    y = y.astype(h.dtype)
    e = np.exp(-np.abs(h))
    loss = np.mean(np.maximum(h, 0) - h * y + np.log1p(e))
    return loss, (np.where(h >= 0, 1, e) / (1 + e) - y) / h.size


@mistake("bce_with_logits", replaces="bce_with_logits")
def sigmoid_clipped_for_float64_only(h, y):
    """Your sigmoid clips its exponent for float64. float32 ends at $e^{88}$. A form that never takes $e$ to a positive power suits both."""
    if h.shape != y.shape:
        raise ValueError(f"h has shape {h.shape}, but y has shape {y.shape}")
    wrong = y[~((y >= 0) & (y <= 1))]
    if wrong.size:
        raise ValueError(f"y holds {wrong[0]}, expected entries from 0 to 1")
    h = h if h.dtype.kind == "f" else h.astype(np.float64)
    y = y.astype(h.dtype)
    e = np.exp(-np.abs(h))
    loss = np.mean(np.maximum(h, 0) - h * y + np.log1p(e))
    return loss, (1 / (1 + np.exp(-np.clip(h, -500, 500))) - y) / h.size


@mistake("bce_with_logits", replaces="bce_with_logits")
def small_losses_cut_to_zero(h, y):
    """Beyond some size of the logit you replace log(1 + e^h) by h, or by 0. A sure answer that is right then costs nothing at all; `np.log1p` has no need of such a threshold."""
    if h.shape != y.shape:
        raise ValueError(f"h has shape {h.shape}, but y has shape {y.shape}")
    wrong = y[~((y >= 0) & (y <= 1))]
    if wrong.size:
        raise ValueError(f"y holds {wrong[0]}, expected entries from 0 to 1")
    h = h if h.dtype.kind == "f" else h.astype(np.float64)
    y = y.astype(h.dtype)
    e = np.exp(-np.abs(h))
    loss = np.mean(np.maximum(h, 0) - h * y + np.where(np.abs(h) > 8, 0, np.log1p(e)))
    return loss, (np.where(h >= 0, 1, e) / (1 + e) - y) / h.size


@mistake("bce_with_logits", replaces="bce_with_logits")
def classes_exchanged(h, y):
    """Your loss takes $y$ for the probability of class 0. It is that of class 1: a large $h$ should be cheap where $y = 1$."""
    if h.shape != y.shape:
        raise ValueError(f"h has shape {h.shape}, but y has shape {y.shape}")
    w = y[~((y >= 0) & (y <= 1))]
    if w.size:
        raise ValueError(f"y holds {w[0]}")
    if h.dtype.kind != "f":
        h = h.astype(np.float64)
    y = y.astype(h.dtype)
    e = np.exp(-np.abs(h))
    s = np.where(h >= 0, 1, e) / (1 + e)
    return (np.mean(np.maximum(h, 0) - h * (1 - y) + np.log1p(e)), (s - (1 - y)) / h.size)


@mistake("bce_with_logits", replaces="bce_with_logits")
def one_term_missing(h, y):
    r"""Your loss has the term of class 1 only. Examples of class 0 count by $-(1 - y)\log(1 - s(h))$."""
    if h.shape != y.shape:
        raise ValueError(f"h has shape {h.shape}, but y has shape {y.shape}")
    w = y[~((y >= 0) & (y <= 1))]
    if w.size:
        raise ValueError(f"y holds {w[0]}")
    if h.dtype.kind != "f":
        h = h.astype(np.float64)
    y = y.astype(h.dtype)
    e = np.exp(-np.abs(h))
    s = np.where(h >= 0, 1, e) / (1 + e)
    return (np.mean(y * (np.maximum(-h, 0) + np.log1p(e))), (s - y) / h.size)


@mistake("bce_with_logits", replaces="bce_with_logits")
def gradient_divided_by_rows(h, y):
    """Your `dh` is divided by the number of rows. The loss is a mean over all entries, and so is its gradient."""
    if h.shape != y.shape:
        raise ValueError(f"h has shape {h.shape}, but y has shape {y.shape}")
    w = y[~((y >= 0) & (y <= 1))]
    if w.size:
        raise ValueError(f"y holds {w[0]}")
    if h.dtype.kind != "f":
        h = h.astype(np.float64)
    y = y.astype(h.dtype)
    e = np.exp(-np.abs(h))
    s = np.where(h >= 0, 1, e) / (1 + e)
    return (np.mean(np.maximum(h, 0) - h * y + np.log1p(e)), (s - y) / len(h))


@variant("bce_with_logits", replaces="bce_with_logits")
def with_logaddexp(h, y):
    """Two np.logaddexp for the loss, tanh for the sigmoid, a Python float returned."""
    if np.shape(h) != np.shape(y):
        raise ValueError(f"{np.shape(h)} is not {np.shape(y)}")
    outside = ~((y >= 0) & (y <= 1))
    if outside.any():
        raise ValueError(f"{y[outside]} not in [0, 1]")
    h = h * 1.0
    y = np.asarray(y, dtype=h.dtype)
    loss = (y * np.logaddexp(0, -h) + (1 - y) * np.logaddexp(0, h)).mean()
    return float(loss), (0.5 * (1 + np.tanh(h / 2)) - y) / h.size


@variant("bce_with_logits", replaces="bce_with_logits")
def two_sides_by_masks(h, y):
    """Positive and negative logits apart, by masks."""
    if h.shape != y.shape:
        raise ValueError(f"shapes {h.shape}, {y.shape}")
    if y.size and not (y.min() >= 0 and y.max() <= 1):
        raise ValueError(f"y runs from {y.min()} to {y.max()}")
    h = h.astype(h.dtype if h.dtype.kind == "f" else float)
    y = y.astype(h.dtype)
    up = h > 0
    terms, sigmoid = np.empty_like(h), np.empty_like(h)
    e = np.exp(-h[up])
    terms[up], sigmoid[up] = h[up] * (1 - y[up]) + np.log(1 + e), 1 / (1 + e)
    e = np.exp(h[~up])
    terms[~up], sigmoid[~up] = -h[~up] * y[~up] + np.log(1 + e), e / (1 + e)
    return terms.sum() / h.size, (sigmoid - y) / h.size


@variant("bce_with_logits", replaces="bce_with_logits")
def softplus_twice(h, y):
    """A helper for log(1 + e^v), of which both classes' losses are made; the sigmoid is its exponential."""

    def softplus(v):
        return np.maximum(v, 0) + np.log1p(np.exp(-abs(v)))

    if np.shape(h) != np.shape(y):
        raise ValueError(f"{np.shape(h)} and {np.shape(y)} differ")
    if np.any(y < 0) or np.any(y > 1) or np.isnan(y).any():
        raise ValueError(f"labels between {np.min(y)} and {np.max(y)}, expected 0 to 1")
    h = h * np.ones((), np.float32 if h.dtype == np.float32 else np.float64)
    y = np.asarray(y, h.dtype)
    losses = y * softplus(-h) + (1 - y) * softplus(h)
    return np.average(losses), (np.exp(-softplus(-h)) - y) / losses.size


@variant("bce_with_logits", replaces="bce_with_logits")
def as_a_softmax_of_two(h, y):
    """A logit of 0 beside h: cross-entropy over two classes; flattened, and given its shape back at the end."""
    if h.shape != y.shape:
        raise ValueError(f"h: {h.shape}; y: {y.shape}")
    outside = np.extract(np.logical_not(np.abs(y - 0.5) <= 0.5), y)
    if len(outside):
        raise ValueError(f"{outside[0]} is not in [0, 1]")
    flat = h.ravel().astype(h.dtype if h.dtype.kind == "f" else float)
    share = y.ravel().astype(flat.dtype)
    scores = np.stack([np.zeros_like(flat), flat])
    scores = scores - scores.max(axis=0)
    powers = np.exp(scores)
    total = powers.sum(axis=0)
    losses = np.log(total) - (1 - share) * scores[0] - share * scores[1]
    return losses.sum() / flat.size, ((powers[1] / total - share) / flat.size).reshape(h.shape)
