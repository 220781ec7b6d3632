"""Known mistakes and right variants of `softmax_loss`. Where only one thing is wrong, the reference is asked for the rest."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake("softmax_loss", replaces="softmax_loss")
def no_maximum_subtracted(x, y):
    """You exponentiate the logits as they are: from about 710 on that is infinite, and far below 0 a row's sum is 0. The equation with `m` holds for any number."""
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    N, C = x.shape
    if y.shape != (N, C):
        if y.shape != (N,) or y.dtype.kind not in "iu" or np.any(y < 0) or np.any(y >= C):
            raise ValueError(f"y has shape {y.shape}, holds {y}")
        y = np.eye(C, dtype=x.dtype)[y]
    e = np.exp(x)
    p = e / e.sum(axis=1, keepdims=True)
    return -np.sum(y.astype(x.dtype) * np.log(p)) / N, (p - y.astype(x.dtype)) / N


@mistake("softmax_loss", replaces="softmax_loss")
def one_global_maximum(x, y):
    """You subtract one maximum from the whole batch. A row that lies far below another one's maximum then has nothing but zeros left: each example needs an `m` of its own."""
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    N, C = x.shape
    if y.shape != (N, C):
        if y.shape != (N,) or y.dtype.kind not in "iu" or np.any(y < 0) or np.any(y >= C):
            raise ValueError(f"y has shape {y.shape}, holds {y}")
        y = np.eye(C, dtype=x.dtype)[y]
    shifted = x - x.max()
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -np.sum(y.astype(x.dtype) * log_p) / N, (np.exp(log_p) - y.astype(x.dtype)) / N


@mistake("softmax_loss", replaces="softmax_loss")
def log_of_p_plus_epsilon(x, y):
    """Your loss takes `log(p + 1e-12)`. A confident mistake then never costs more than 27.6, and every loss is a little off. Compute the logarithm of p without computing p."""
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    N, C = x.shape
    if y.shape != (N, C):
        if y.shape != (N,) or y.dtype.kind not in "iu" or np.any(y < 0) or np.any(y >= C):
            raise ValueError(f"y has shape {y.shape}, holds {y}")
        y = np.eye(C, dtype=x.dtype)[y]
    e = np.exp(x - x.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return -np.sum(y.astype(x.dtype) * np.log(p + 1e-12)) / N, (p - y.astype(x.dtype)) / N


@mistake("softmax_loss", replaces="softmax_loss")
def log_of_a_zero(x, y):
    """You take the logarithm of a probability that has rounded to 0. Simplify the logarithm of the quotient before you compute anything."""
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    N, C = x.shape
    if y.shape != (N, C):
        if y.shape != (N,) or y.dtype.kind not in "iu" or np.any(y < 0) or np.any(y >= C):
            raise ValueError(f"y has shape {y.shape}, holds {y}")
        y = np.eye(C, dtype=x.dtype)[y]
    e = np.exp(x - x.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    return -np.sum(y.astype(x.dtype) * np.log(p)) / N, (p - y.astype(x.dtype)) / N


@mistake("softmax_loss", replaces="softmax_loss")
def probabilities_clipped(x, y):
    """You clip the probabilities before the logarithm. Confident mistakes then all cost the same, however wrong they are, and there the loss has no slope that could correct them."""
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    N, C = x.shape
    if y.shape != (N, C):
        if y.shape != (N,) or y.dtype.kind not in "iu" or np.any(y < 0) or np.any(y >= C):
            raise ValueError(f"y has shape {y.shape}, holds {y}")
        y = np.eye(C, dtype=x.dtype)[y]
    e = np.exp(x - x.max(axis=1, keepdims=True))
    p = np.clip(e / e.sum(axis=1, keepdims=True), 1e-7, 1 - 1e-7)
    return -np.sum(y.astype(x.dtype) * np.log(p)) / N, (p - y.astype(x.dtype)) / N


@mistake("softmax_loss", replaces="softmax_loss")
def shifts_in_place(x, y):
    """You subtract the maximum from `x` in place. The logits belong to the caller, who may need them for the accuracy: make a new array."""
    N, C = x.shape
    if y.shape != (N, C):
        if y.shape != (N,) or y.dtype.kind not in "iu" or np.any(y < 0) or np.any(y >= C):
            raise ValueError(f"y has shape {y.shape}, holds {y}")
        y = np.eye(C)[y]
    if x.dtype.kind != "f":
        x = x.astype(np.float64)
    x -= x.max(axis=1, keepdims=True)
    log_p = x - np.log(np.exp(x).sum(axis=1, keepdims=True))
    y = y.astype(x.dtype)
    return -np.sum(y * log_p) / N, (np.exp(log_p) - y) / N


@mistake("softmax_loss", replaces="softmax_loss")
def loss_is_a_sum(x, y):
    """You sum the losses of the examples. The course's losses are means over the batch, in value and gradient; else the right learning rate would depend on the batch size."""
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    N, C = x.shape
    if y.shape != (N, C):
        if y.shape != (N,) or y.dtype.kind not in "iu" or np.any(y < 0) or np.any(y >= C):
            raise ValueError(f"y has shape {y.shape}, holds {y}")
        y = np.eye(C, dtype=x.dtype)[y]
    shifted = x - x.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -np.sum(y.astype(x.dtype) * log_p), np.exp(log_p) - y.astype(x.dtype)


@mistake("softmax_loss", replaces="softmax_loss")
def gradient_without_the_mean(x, y):
    """Your loss is a mean over the examples, but `dx` lacks the factor 1/N. It is the derivative of the same mean."""
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    N, C = x.shape
    if y.shape != (N, C):
        if y.shape != (N,) or y.dtype.kind not in "iu" or np.any(y < 0) or np.any(y >= C):
            raise ValueError(f"y has shape {y.shape}, holds {y}")
        y = np.eye(C, dtype=x.dtype)[y]
    shifted = x - x.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -np.sum(y.astype(x.dtype) * log_p) / N, np.exp(log_p) - y.astype(x.dtype)


@mistake("softmax_loss", replaces="softmax_loss")
def target_minus_prediction(x, y):
    """Your `dx` has the wrong sign: it is prediction minus target, so that a step against it raises the probability of what is true."""
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    N, C = x.shape
    if y.shape != (N, C):
        if y.shape != (N,) or y.dtype.kind not in "iu" or np.any(y < 0) or np.any(y >= C):
            raise ValueError(f"y has shape {y.shape}, holds {y}")
        y = np.eye(C, dtype=x.dtype)[y]
    shifted = x - x.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -np.sum(y.astype(x.dtype) * log_p) / N, (y.astype(x.dtype) - np.exp(log_p)) / N


@mistake("softmax_loss", replaces="softmax_loss")
def one_hot_in_float64(x, y):
    """Your one-hot rows, or the soft labels, are float64 and make everything that they meet float64 too. Give them the dtype of the logits."""
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    N, C = x.shape
    if y.shape != (N, C):
        if y.shape != (N,) or y.dtype.kind not in "iu" or np.any(y < 0) or np.any(y >= C):
            raise ValueError(f"y has shape {y.shape}, holds {y}")
        y = np.eye(C)[y]
    shifted = x - x.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -np.sum(y * log_p) / N, (np.exp(log_p) - y) / N


@mistake("softmax_loss", replaces="softmax_loss")
def mean_over_classes_too(x, y):
    """You average over all N·C entries. The sum over the classes stays a sum: only the examples are averaged."""
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    N, C = x.shape
    if y.shape != (N, C):
        if y.shape != (N,) or y.dtype.kind not in "iu" or np.any(y < 0) or np.any(y >= C):
            raise ValueError(f"y has shape {y.shape}, holds {y}")
        y = np.eye(C, dtype=x.dtype)[y]
    shifted = x - x.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -np.mean(y.astype(x.dtype) * log_p), (np.exp(log_p) - y.astype(x.dtype)) / x.size


@mistake("softmax_loss", replaces="softmax_loss")
def softmax_over_the_batch(x, y):
    """Your softmax sums over the examples instead of the classes: the probabilities of one row, not of one column, add up to 1."""
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    N, C = x.shape
    if y.shape != (N, C):
        if y.shape != (N,) or y.dtype.kind not in "iu" or np.any(y < 0) or np.any(y >= C):
            raise ValueError(f"y has shape {y.shape}, holds {y}")
        y = np.eye(C, dtype=x.dtype)[y]
    shifted = x - x.max(axis=0)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=0))
    return -np.sum(y.astype(x.dtype) * log_p) / N, (np.exp(log_p) - y.astype(x.dtype)) / N


@mistake("softmax_loss", replaces="softmax_loss")
def one_softmax_for_the_whole_batch(x, y):
    """You divide by the sum over the whole batch, as D4's formula without indices reads. Each example has a softmax of its own, over its own classes."""
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    N, C = x.shape
    if y.shape != (N, C):
        if y.shape != (N,) or y.dtype.kind not in "iu" or np.any(y < 0) or np.any(y >= C):
            raise ValueError(f"y has shape {y.shape}, holds {y}")
        y = np.eye(C, dtype=x.dtype)[y]
    shifted = x - x.max()
    log_p = shifted - np.log(np.exp(shifted).sum())
    return -np.sum(y.astype(x.dtype) * log_p) / N, (np.exp(log_p) - y.astype(x.dtype)) / N


@mistake("softmax_loss", replaces="softmax_loss")
def softmax_twice(x, y):
    """You apply softmax twice: once to get probabilities, and once more inside the loss. The loss then never gets near 0."""
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    N, C = x.shape
    if y.shape != (N, C):
        if y.shape != (N,) or y.dtype.kind not in "iu" or np.any(y < 0) or np.any(y >= C):
            raise ValueError(f"y has shape {y.shape}, holds {y}")
        y = np.eye(C, dtype=x.dtype)[y]
    e = np.exp(x - x.max(axis=1, keepdims=True))
    p = e / e.sum(axis=1, keepdims=True)
    log_q = p - np.log(np.exp(p).sum(axis=1, keepdims=True))
    return -np.sum(y.astype(x.dtype) * log_q) / N, (np.exp(log_q) - y.astype(x.dtype)) / N


@mistake("softmax_loss", replaces="softmax_loss")
def soft_labels_made_hard(x, y):
    """You take the largest entry of a row of soft labels for its class. Every class counts, by its share."""
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    N, C = x.shape
    if y.shape == (N, C):
        y = y.argmax(axis=1)
    if y.shape != (N,) or y.dtype.kind not in "iu" or np.any(y < 0) or np.any(y >= C):
        raise ValueError(f"y has shape {y.shape}, holds {y}")
    y = np.eye(C, dtype=x.dtype)[y]
    shifted = x - x.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -np.sum(y * log_p) / N, (np.exp(log_p) - y) / N


@mistake("softmax_loss", replaces="softmax_loss")
def labels_count_from_the_end(x, y):
    """A label of -1 gets through, and NumPy takes it for the last class. A wrong label should be told, not trained on."""
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    N, C = x.shape
    if y.shape != (N, C):
        if y.shape != (N,) or y.dtype.kind not in "iu" or np.any(y >= C):
            raise ValueError(f"y has shape {y.shape}, holds {y}")
        y = np.eye(C, dtype=x.dtype)[y]
    shifted = x - x.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -np.sum(y.astype(x.dtype) * log_p) / N, (np.exp(log_p) - y.astype(x.dtype)) / N


@mistake("softmax_loss", replaces="softmax_loss")
def labels_unchecked(x, y):
    """You index with the labels before looking at them. Labels that are out of range, no integers or of another shape need a ValueError which says so."""
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    N = len(x)
    shifted = x - x.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    if y.ndim == 2:
        return -np.sum(y.astype(x.dtype) * log_p) / N, (np.exp(log_p) - y.astype(x.dtype)) / N
    dx = np.exp(log_p)
    dx[np.arange(N), y] -= 1
    return -log_p[np.arange(N), y].mean(), dx / N


@mistake("softmax_loss", replaces="softmax_loss")
def integers_of_one_kind_only(x, y):
    """You take labels of dtype int64 alone. Labels often come as int32 or uint8, which are integers as well: ask for the kind of the dtype."""
    x = x * 1.0
    N, C = x.shape
    if y.shape == (N,):
        if y.dtype != np.int64:
            raise ValueError(
                f"y has shape {y.shape} and dtype {y.dtype}, expected integers of shape {(N,)}"
            )
        wrong = y[(y < 0) | (y >= C)]
        if wrong.size:
            raise ValueError(f"y holds the label {wrong[0]}, expected labels from 0 to {C - 1}")
        target = np.eye(C, dtype=x.dtype)[y]
    elif y.shape == (N, C):
        target = y.astype(x.dtype)
    else:
        raise ValueError(f"y has shape {y.shape} for logits of shape {x.shape}")
    shifted = x - x.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -np.sum(target * log_p) / N, (np.exp(log_p) - target) / N


@mistake("softmax_loss", replaces="softmax_loss")
def rows_of_soft_labels_uncounted(x, y):
    """Of soft labels you compare the number of classes, not that of the examples: a single row gets through, and broadcasting gives it to every example. Compare the whole shape."""
    x = x * 1.0
    N, C = x.shape
    if y.ndim == 1:
        if y.dtype.kind not in "iu" or len(y) != N:
            raise ValueError(
                f"y has shape {y.shape} and dtype {y.dtype}, expected integers of shape {(N,)}"
            )
        wrong = y[(y < 0) | (y >= C)]
        if wrong.size:
            raise ValueError(f"y holds the label {wrong[0]}, expected labels from 0 to {C - 1}")
        target = np.eye(C, dtype=x.dtype)[y]
    elif y.shape[1] == C:
        target = y.astype(x.dtype)
    else:
        raise ValueError(f"y has shape {y.shape} for logits of shape {x.shape}")
    shifted = x - x.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -np.sum(target * log_p) / N, (np.exp(log_p) - target) / N


@mistake("softmax_loss", replaces="softmax_loss")
def logits_clipped(x, y):
    """You clip the logits before the softmax. Beyond the limits the loss no longer grows, and all logits look alike. Subtract each row's maximum instead: it changes nothing."""
    if x.dtype.kind != "f":
        x = x.astype(np.float64)
    N, C = x.shape
    if y.shape == (N,):
        if y.dtype.kind not in "iu":
            raise ValueError(f"y dtype {y.dtype}")
        w = y[(y < 0) | (y >= C)]
        if w.size:
            raise ValueError(f"y holds the label {w[0]}")
        t = np.zeros_like(x)
        t[np.arange(N), y] = 1
    elif y.shape == (N, C):
        t = y.astype(x.dtype)
    else:
        raise ValueError(f"y has shape {y.shape} for logits of shape {x.shape}")
    x = np.clip(x, -80, 80)
    lp = x - np.log(np.exp(x).sum(axis=1, keepdims=True))
    return (-np.sum(t * lp) / N, (np.exp(lp) - t) / N)


@mistake("softmax_loss", replaces="softmax_loss")
def gradient_of_the_likeliest_class(x, y):
    """For soft labels, your `dx` treats the likeliest class as the only right one. Every class counts by its share, in the gradient as in the loss."""
    if x.dtype.kind != "f":
        x = x.astype(np.float64)
    N, C = x.shape
    if y.shape == (N,):
        if y.dtype.kind not in "iu":
            raise ValueError(f"y dtype {y.dtype}")
        w = y[(y < 0) | (y >= C)]
        if w.size:
            raise ValueError(f"y holds the label {w[0]}")
        t = np.zeros_like(x)
        t[np.arange(N), y] = 1
    elif y.shape == (N, C):
        t = y.astype(x.dtype)
    else:
        raise ValueError(f"y has shape {y.shape} for logits of shape {x.shape}")
    s = x - x.max(axis=1, keepdims=True)
    lp = s - np.log(np.exp(s).sum(axis=1, keepdims=True))
    h = np.eye(C)[t.argmax(axis=1)].astype(x.dtype)
    return (-np.sum(t * lp) / N, (np.exp(lp) - h) / N)


@variant("softmax_loss", replaces="softmax_loss")
def with_logaddexp(x, y):
    """np.logaddexp.reduce for the logarithm of the sum, fancy indexing for integer labels."""
    x = x * 1.0
    n, c = x.shape
    log_p = x - np.logaddexp.reduce(x, axis=1)[:, None]
    dx = np.exp(log_p)
    if y.ndim == 1 and len(y) == n:
        if not np.issubdtype(y.dtype, np.integer):
            raise ValueError(f"labels of dtype {y.dtype} are no integers")
        if y.min() < 0 or y.max() >= c:
            raise ValueError(f"labels run from {y.min()} to {y.max()}, there are {c} classes")
        rows = np.arange(n)
        loss = -log_p[rows, y].mean()
        dx[rows, y] -= 1
    elif y.shape == x.shape:
        loss = -(log_p * y).sum(axis=1).mean()
        dx -= y
    else:
        raise ValueError(f"y is {y.shape}, expected {(n,)} or {x.shape}")
    return float(loss), dx / n


@variant("softmax_loss", replaces="softmax_loss")
def transposed_with_einsum(x, y):
    """Works on columns, one-hot by comparison with a range, and einsum."""
    z = np.array(
        x, dtype=np.result_type(x.dtype, np.float32) if x.dtype.kind == "f" else np.float64
    ).T
    C, N = z.shape
    if y.ndim == 1 and y.shape[0] == N:
        if y.dtype.kind not in "iu":
            raise ValueError(f"integers expected, not {y.dtype}")
        for bound in (y.min(), y.max()):
            if bound not in range(C):
                raise ValueError(f"{bound} is no class of {C}")
        target = (np.arange(C)[:, None] == y).astype(z.dtype)
    elif y.T.shape == (C, N):
        target = y.T.astype(z.dtype)
    else:
        raise ValueError(f"y: {y.shape}, x: {x.shape}")
    z = z - np.amax(z, axis=0)
    total = np.exp(z).sum(axis=0)
    loss = np.einsum("cn,cn->", target, np.log(total) - z) / N
    return loss, ((np.exp(z) / total - target) / N).T


@variant("softmax_loss", replaces="softmax_loss")
def a_class_with_two_kinds_of_labels(x, y):
    """A class for the softmax; integer labels by take_along_axis, soft ones by a weighted sum; the gradient in place on its own copy."""

    class Softmax:
        def __init__(self, scores):
            scores = scores if scores.dtype.kind == "f" else scores.astype(float)
            self.logits = scores - np.amax(scores, axis=1)[:, np.newaxis]
            powers = np.exp(self.logits)
            self.total = powers.sum(axis=1)[:, np.newaxis]
            self.p = powers / self.total

        def hard(self, labels):
            at = labels[:, np.newaxis]
            losses = np.log(self.total) - np.take_along_axis(self.logits, at, axis=1)
            dx = self.p.copy()
            np.put_along_axis(dx, at, np.take_along_axis(dx, at, axis=1) - 1, axis=1)
            return losses.mean(), dx / len(dx)

        def soft(self, shares):
            shares = shares.astype(self.p.dtype)
            losses = (shares * (np.log(self.total) - self.logits)).sum(axis=1)
            return losses.mean(), (self.p - shares) / len(shares)

    if y.ndim == 2 and y.shape == x.shape:
        return Softmax(x).soft(y)
    if y.ndim != 1 or len(y) != len(x):
        raise ValueError(f"y is {y.shape}, the logits {x.shape}")
    if not np.issubdtype(y.dtype, np.integer):
        raise ValueError(f"labels of dtype {y.dtype}, expected integers")
    if y.min() < 0 or y.max() >= x.shape[1]:
        raise ValueError(f"labels from {y.min()} to {y.max()}, expected 0 to {x.shape[1] - 1}")
    return Softmax(x).hard(y)


@variant("softmax_loss", replaces="softmax_loss")
def one_hot_by_an_identity(x, y):
    """Rows of an identity for the labels, the log-probabilities in one line, Python's float for the loss and a list for the pair."""
    N, C = x.shape
    if y.shape == (N,):
        if y.dtype.kind not in ("i", "u"):
            raise ValueError(f"integer labels expected, got {y.dtype}")
        for bad in y[np.logical_or(y < 0, y > C - 1)]:
            raise ValueError(f"label {bad} of {C} classes")
        y = np.identity(C)[y]
    if y.shape != x.shape:
        raise ValueError(f"expected {(N,)} or {(N, C)}, got {y.shape}")
    dtype = np.float32 if x.dtype == np.float32 else np.float64
    x, y = x.astype(dtype), y.astype(dtype)
    x = x - np.max(x, 1, keepdims=True)
    log_p = x - np.log(np.sum(np.exp(x), 1, keepdims=True))
    return [float(np.vdot(-y, log_p)) / N, np.divide(np.exp(log_p) - y, N)]


@variant("softmax_loss", replaces="softmax_loss")
def with_np_matrix(x, y):
    """Works with `np.matrix`, of which NumPy only says that it may be deprecated one day."""
    N, C = x.shape
    if y.shape == (N,):
        if y.dtype.kind not in "iu":
            raise ValueError(f"y holds {y.dtype}, expected integers")
        if not set(y.tolist()) <= set(range(C)):
            raise ValueError(f"labels {y.min()} to {y.max()}, expected 0 to {C - 1}")
        y = np.eye(C)[y]
    if y.shape != (N, C):
        raise ValueError(f"y has shape {y.shape}, expected {(N,)} or {(N, C)}")
    kind = x.dtype if x.dtype.kind == "f" else np.float64
    m = np.matrix(x.astype(kind))
    t = np.matrix(y.astype(kind))
    m = m - m.max(axis=1)
    lp = m - np.log(np.exp(m).sum(axis=1))
    return (-float(np.multiply(t, lp).sum()) / N, np.asarray((np.exp(lp) - t) / N))
