"""Known mistakes and right variants of `logreg`.

Batches are random, so what a descent on batches gives is not compared; what it asks of its loss decides in the checks.
"""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake("logreg", replaces="logreg_fit")
def climbs(X, y, lr, steps, batch=None, rng=None, loss_fn=None):
    """You add the gradient, so that the loss goes up. Descent moves against it."""
    if X.ndim != 2 or y.shape != X.shape[:1]:
        raise ValueError(f"X is {X.shape}, y is {y.shape}")
    if batch is not None and not 1 <= batch <= len(X):
        raise ValueError(f"batch is {batch}, expected 1 to {len(X)}")
    X = X if X.dtype.kind == "f" else X.astype(np.float64)
    loss_fn = loss_fn or bce_with_logits
    w, b, losses = np.zeros_like(X[0]), X.dtype.type(0), []
    for _ in range(steps):
        pick = np.arange(len(X)) if batch is None else rng.choice(len(X), batch, replace=False)
        loss, dh = loss_fn(X[pick] @ w + b, y[pick])
        losses.append(loss)
        w = w + lr * (X[pick].T @ dh)
        b = b + lr * dh.sum()
    return w, b, np.array(losses, dtype=X.dtype)


@mistake("logreg", replaces="logreg_fit")
def mean_taken_twice(X, y, lr, steps, batch=None, rng=None, loss_fn=None):
    """You divide by the number of examples once more. The mean is in `dh` already; what is left to do is a sum."""
    if X.ndim != 2 or y.shape != X.shape[:1]:
        raise ValueError(f"X is {X.shape}, y is {y.shape}")
    if batch is not None and not 1 <= batch <= len(X):
        raise ValueError(f"batch is {batch}, expected 1 to {len(X)}")
    X = X if X.dtype.kind == "f" else X.astype(np.float64)
    loss_fn = loss_fn or bce_with_logits
    w, b, losses = np.zeros_like(X[0]), X.dtype.type(0), []
    for _ in range(steps):
        pick = np.arange(len(X)) if batch is None else rng.choice(len(X), batch, replace=False)
        loss, dh = loss_fn(X[pick] @ w + b, y[pick])
        losses.append(loss)
        w = w - lr * (X[pick].T @ dh) / len(pick)
        b = b - lr * dh.mean()
    return w, b, np.array(losses, dtype=X.dtype)


@mistake("logreg", replaces="logreg_fit")
def bias_gradient_is_a_mean(X, y, lr, steps, batch=None, rng=None, loss_fn=None):
    """Your bias moves by the mean of `dh`. Every example pushes on the same bias, and 1/N is in `dh` already."""
    if X.ndim != 2 or y.shape != X.shape[:1]:
        raise ValueError(f"X is {X.shape}, y is {y.shape}")
    if batch is not None and not 1 <= batch <= len(X):
        raise ValueError(f"batch is {batch}, expected 1 to {len(X)}")
    X = X if X.dtype.kind == "f" else X.astype(np.float64)
    loss_fn = loss_fn or bce_with_logits
    w, b, losses = np.zeros_like(X[0]), X.dtype.type(0), []
    for _ in range(steps):
        pick = np.arange(len(X)) if batch is None else rng.choice(len(X), batch, replace=False)
        loss, dh = loss_fn(X[pick] @ w + b, y[pick])
        losses.append(loss)
        w = w - lr * (X[pick].T @ dh)
        b = b - lr * dh.mean()
    return w, b, np.array(losses, dtype=X.dtype)


@mistake("logreg", replaces="logreg_fit")
def bias_never_moves(X, y, lr, steps, batch=None, rng=None, loss_fn=None):
    """Your bias stays at 0, so that the line must go through the origin."""
    if X.ndim != 2 or y.shape != X.shape[:1]:
        raise ValueError(f"X is {X.shape}, y is {y.shape}")
    if batch is not None and not 1 <= batch <= len(X):
        raise ValueError(f"batch is {batch}, expected 1 to {len(X)}")
    X = X if X.dtype.kind == "f" else X.astype(np.float64)
    loss_fn = loss_fn or bce_with_logits
    w, b, losses = np.zeros_like(X[0]), X.dtype.type(0), []
    for _ in range(steps):
        pick = np.arange(len(X)) if batch is None else rng.choice(len(X), batch, replace=False)
        loss, dh = loss_fn(X[pick] @ w + b, y[pick])
        losses.append(loss)
        w = w - lr * (X[pick].T @ dh)
    return w, b, np.array(losses, dtype=X.dtype)


@mistake("logreg", replaces="logreg_fit")
def loss_after_the_update(X, y, lr, steps, batch=None, rng=None, loss_fn=None):
    """Your `losses` are those after each update, for which you ask `loss_fn` a second time. Each step's loss is known before it, from the same call as its gradient."""
    if X.ndim != 2 or y.shape != X.shape[:1]:
        raise ValueError(f"X is {X.shape}, y is {y.shape}")
    if batch is not None and not 1 <= batch <= len(X):
        raise ValueError(f"batch is {batch}, expected 1 to {len(X)}")
    X = X if X.dtype.kind == "f" else X.astype(np.float64)
    loss_fn = loss_fn or bce_with_logits
    w, b, losses = np.zeros_like(X[0]), X.dtype.type(0), []
    for _ in range(steps):
        pick = np.arange(len(X)) if batch is None else rng.choice(len(X), batch, replace=False)
        loss, dh = loss_fn(X[pick] @ w + b, y[pick])
        w = w - lr * (X[pick].T @ dh)
        b = b - lr * dh.sum()
        losses.append(loss_fn(X[pick] @ w + b, y[pick])[0])
    return w, b, np.array(losses, dtype=X.dtype)


@mistake("logreg", replaces="logreg_fit")
def drawn_with_replacement(X, y, lr, steps, batch=None, rng=None, loss_fn=None):
    """An example may come twice in one of your batches. `rng.choice` draws with replacement unless told otherwise."""
    if X.ndim != 2 or y.shape != X.shape[:1]:
        raise ValueError(f"X is {X.shape}, y is {y.shape}")
    if batch is not None and not 1 <= batch <= len(X):
        raise ValueError(f"batch is {batch}, expected 1 to {len(X)}")
    X = X if X.dtype.kind == "f" else X.astype(np.float64)
    loss_fn = loss_fn or bce_with_logits
    w, b, losses = np.zeros_like(X[0]), X.dtype.type(0), []
    for _ in range(steps):
        pick = np.arange(len(X)) if batch is None else rng.choice(len(X), batch)
        loss, dh = loss_fn(X[pick] @ w + b, y[pick])
        losses.append(loss)
        w = w - lr * (X[pick].T @ dh)
        b = b - lr * dh.sum()
    return w, b, np.array(losses, dtype=X.dtype)


@mistake("logreg", replaces="logreg_fit")
def always_the_first_examples(X, y, lr, steps, batch=None, rng=None, loss_fn=None):
    """Your batch is always made of the first examples; the others are never learnt from. Draw from `rng` at each step."""
    if X.ndim != 2 or y.shape != X.shape[:1]:
        raise ValueError(f"X is {X.shape}, y is {y.shape}")
    if batch is not None and not 1 <= batch <= len(X):
        raise ValueError(f"batch is {batch}, expected 1 to {len(X)}")
    X = X if X.dtype.kind == "f" else X.astype(np.float64)
    loss_fn = loss_fn or bce_with_logits
    w, b, losses = np.zeros_like(X[0]), X.dtype.type(0), []
    for _ in range(steps):
        pick = np.arange(len(X)) if batch is None else np.arange(batch)
        loss, dh = loss_fn(X[pick] @ w + b, y[pick])
        losses.append(loss)
        w = w - lr * (X[pick].T @ dh)
        b = b - lr * dh.sum()
    return w, b, np.array(losses, dtype=X.dtype)


@mistake("logreg", replaces="logreg_fit")
def one_batch_for_all_steps(X, y, lr, steps, batch=None, rng=None, loss_fn=None):
    """You draw one batch before the loop and keep it for all steps, so all other examples are never seen."""
    if X.ndim != 2 or y.shape != X.shape[:1]:
        raise ValueError(f"X is {X.shape}, y is {y.shape}")
    if batch is not None and not 1 <= batch <= len(X):
        raise ValueError(f"batch is {batch}, expected 1 to {len(X)}")
    X = X if X.dtype.kind == "f" else X.astype(np.float64)
    loss_fn = loss_fn or bce_with_logits
    w, b, losses = np.zeros_like(X[0]), X.dtype.type(0), []
    pick = np.arange(len(X)) if batch is None else rng.choice(len(X), batch, replace=False)
    for _ in range(steps):
        loss, dh = loss_fn(X[pick] @ w + b, y[pick])
        losses.append(loss)
        w = w - lr * (X[pick].T @ dh)
        b = b - lr * dh.sum()
    return w, b, np.array(losses, dtype=X.dtype)


@mistake("logreg", replaces="logreg_fit")
def own_random_numbers(X, y, lr, steps, batch=None, rng=None, loss_fn=None):
    """You draw the batches from a generator of your own, so they do not depend on `rng`. Draw them from the `rng` that you receive."""
    if X.ndim != 2 or y.shape != X.shape[:1]:
        raise ValueError(f"X is {X.shape}, y is {y.shape}")
    if batch is not None and not 1 <= batch <= len(X):
        raise ValueError(f"batch is {batch}, expected 1 to {len(X)}")
    X = X if X.dtype.kind == "f" else X.astype(np.float64)
    loss_fn = loss_fn or bce_with_logits
    own = np.random.default_rng(0)
    w, b, losses = np.zeros_like(X[0]), X.dtype.type(0), []
    for _ in range(steps):
        pick = np.arange(len(X)) if batch is None else own.choice(len(X), batch, replace=False)
        loss, dh = loss_fn(X[pick] @ w + b, y[pick])
        losses.append(loss)
        w = w - lr * (X[pick].T @ dh)
        b = b - lr * dh.sum()
    return w, b, np.array(losses, dtype=X.dtype)


@mistake("logreg", replaces="logreg_fit")
def walks_in_order(X, y, lr, steps, batch=None, rng=None, loss_fn=None):
    """You walk through the examples in the order in which they lie, without drawing anything from `rng`. Neighbours are often alike: each step should draw its batch."""
    if X.ndim != 2 or y.shape != X.shape[:1]:
        raise ValueError(f"X is {X.shape}, y is {y.shape}")
    if batch is not None and not 1 <= batch <= len(X):
        raise ValueError(f"batch is {batch}, expected 1 to {len(X)}")
    X = X if X.dtype.kind == "f" else X.astype(np.float64)
    loss_fn = loss_fn or bce_with_logits
    w, b, losses = np.zeros_like(X[0]), X.dtype.type(0), []
    for step in range(steps):
        pick = (
            np.arange(len(X))
            if batch is None
            else np.arange(step * batch, (step + 1) * batch) % len(X)
        )
        loss, dh = loss_fn(X[pick] @ w + b, y[pick])
        losses.append(loss)
        w = w - lr * (X[pick].T @ dh)
        b = b - lr * dh.sum()
    return w, b, np.array(losses, dtype=X.dtype)


@mistake("logreg", replaces="logreg_fit")
def weights_in_float64(X, y, lr, steps, batch=None, rng=None, loss_fn=None):
    """Your weights begin as float64 zeros, and with them everything becomes float64, whatever X is. Give them the dtype of X."""
    if X.ndim != 2 or y.shape != X.shape[:1]:
        raise ValueError(f"X is {X.shape}, y is {y.shape}")
    if batch is not None and not 1 <= batch <= len(X):
        raise ValueError(f"batch is {batch}, expected 1 to {len(X)}")
    X = X if X.dtype.kind == "f" else X.astype(np.float64)
    loss_fn = loss_fn or bce_with_logits
    w, b, losses = np.zeros(X.shape[1]), X.dtype.type(0), []
    for _ in range(steps):
        pick = np.arange(len(X)) if batch is None else rng.choice(len(X), batch, replace=False)
        loss, dh = loss_fn(X[pick] @ w + b, y[pick])
        losses.append(loss)
        w = w - lr * (X[pick].T @ dh)
        b = b - lr * dh.sum()
    return w, b, np.array(losses, dtype=np.float64)


@mistake("logreg", replaces="logreg_fit")
def examples_without_their_labels(X, y, lr, steps, batch=None, rng=None, loss_fn=None):
    """You draw examples and labels apart from one another: an example meets another one's label."""
    if X.ndim != 2 or y.shape != X.shape[:1]:
        raise ValueError(f"X is {X.shape}, y is {y.shape}")
    if batch is not None and not 1 <= batch <= len(X):
        raise ValueError(f"batch is {batch}, expected 1 to {len(X)}")
    X = X if X.dtype.kind == "f" else X.astype(np.float64)
    loss_fn = loss_fn or bce_with_logits
    w, b, losses = np.zeros_like(X[0]), X.dtype.type(0), []
    for _ in range(steps):
        pick = np.arange(len(X)) if batch is None else rng.choice(len(X), batch, replace=False)
        loss, dh = loss_fn(X[pick] @ w + b, y[pick if batch is None else np.sort(pick)])
        losses.append(loss)
        w = w - lr * (X[pick].T @ dh)
        b = b - lr * dh.sum()
    return w, b, np.array(losses, dtype=X.dtype)


@mistake("logreg", replaces="logreg_fit")
def batch_is_ignored(X, y, lr, steps, batch=None, rng=None, loss_fn=None):
    """You take all examples at every step, whatever `batch` says."""
    if X.ndim != 2 or y.shape != X.shape[:1]:
        raise ValueError(f"X is {X.shape}, y is {y.shape}")
    if batch is not None and not 1 <= batch <= len(X):
        raise ValueError(f"batch is {batch}, expected 1 to {len(X)}")
    X = X if X.dtype.kind == "f" else X.astype(np.float64)
    loss_fn = loss_fn or bce_with_logits
    w, b, losses = np.zeros_like(X[0]), X.dtype.type(0), []
    for _ in range(steps):
        pick = np.arange(len(X))
        loss, dh = loss_fn(X[pick] @ w + b, y[pick])
        losses.append(loss)
        w = w - lr * (X[pick].T @ dh)
        b = b - lr * dh.sum()
    return w, b, np.array(losses, dtype=X.dtype)


@mistake("logreg", replaces="logreg_fit")
def one_example_for_any_batch(X, y, lr, steps, batch=None, rng=None, loss_fn=None):
    """You take a single example at every step, whatever `batch` says."""
    if X.ndim != 2 or y.shape != X.shape[:1]:
        raise ValueError(f"X is {X.shape}, y is {y.shape}")
    if batch is not None and not 1 <= batch <= len(X):
        raise ValueError(f"batch is {batch}, expected 1 to {len(X)}")
    X = X if X.dtype.kind == "f" else X.astype(np.float64)
    loss_fn = loss_fn or bce_with_logits
    w, b, losses = np.zeros_like(X[0]), X.dtype.type(0), []
    for _ in range(steps):
        pick = np.arange(len(X)) if batch is None else rng.choice(len(X), 1)
        loss, dh = loss_fn(X[pick] @ w + b, y[pick])
        losses.append(loss)
        w = w - lr * (X[pick].T @ dh)
        b = b - lr * dh.sum()
    return w, b, np.array(losses, dtype=X.dtype)


@mistake("logreg", replaces="logreg_fit")
def loss_is_built_in(X, y, lr, steps, batch=None, rng=None, loss_fn=None):
    """You compute the gradient of the cross-entropy yourself and never call the `loss_fn` that you receive."""
    if X.ndim != 2 or y.shape != X.shape[:1]:
        raise ValueError(f"X is {X.shape}, y is {y.shape}")
    if batch is not None and not 1 <= batch <= len(X):
        raise ValueError(f"batch is {batch}, expected 1 to {len(X)}")
    X = X if X.dtype.kind == "f" else X.astype(np.float64)
    loss_fn = loss_fn or bce_with_logits
    w, b, losses = np.zeros_like(X[0]), X.dtype.type(0), []
    for _ in range(steps):
        pick = np.arange(len(X)) if batch is None else rng.choice(len(X), batch, replace=False)
        loss, dh = bce_with_logits(X[pick] @ w + b, np.clip(y[pick], 0, 1))
        losses.append(loss)
        w = w - lr * (X[pick].T @ dh)
        b = b - lr * dh.sum()
    return w, b, np.array(losses, dtype=X.dtype)


@mistake("logreg", replaces="logreg_fit")
def starts_at_random(X, y, lr, steps, batch=None, rng=None, loss_fn=None):
    """You start from random weights. Logistic regression's loss is convex, and the agreed start is zero."""
    if X.ndim != 2 or y.shape != X.shape[:1]:
        raise ValueError(f"X is {X.shape}, y is {y.shape}")
    if batch is not None and not 1 <= batch <= len(X):
        raise ValueError(f"batch is {batch}, expected 1 to {len(X)}")
    X = X if X.dtype.kind == "f" else X.astype(np.float64)
    loss_fn = loss_fn or bce_with_logits
    w, b, losses = (
        0.1 * np.random.default_rng(0).normal(size=X.shape[1]).astype(X.dtype),
        X.dtype.type(0),
        [],
    )
    for _ in range(steps):
        pick = np.arange(len(X)) if batch is None else rng.choice(len(X), batch, replace=False)
        loss, dh = loss_fn(X[pick] @ w + b, y[pick])
        losses.append(loss)
        w = w - lr * (X[pick].T @ dh)
        b = b - lr * dh.sum()
    return w, b, np.array(losses, dtype=X.dtype)


@mistake("logreg", replaces="logreg_fit")
def shapes_and_batch_unchecked(X, y, lr, steps, batch=None, rng=None, loss_fn=None):
    """Labels of shape (N, 1), or a batch of more examples than there are, get through or end in an error that does not say what is wrong. Look at both before the loop."""
    X = X if X.dtype.kind == "f" else X.astype(np.float64)
    loss_fn = loss_fn or bce_with_logits
    w, b, losses = np.zeros_like(X[0]), X.dtype.type(0), []
    for _ in range(steps):
        pick = np.arange(len(X)) if batch is None else rng.choice(len(X), batch, replace=False)
        loss, dh = loss_fn(X[pick] @ w + b, y[pick])
        losses.append(loss)
        w = w - lr * (X[pick].T @ dh)
        b = b - lr * dh.sum()
    return w, b, np.array(losses, dtype=X.dtype)


@mistake("logreg", replaces="irls_line")
def weights_squared(x, y, weight, steps):
    """You weigh the residuals, and so the squares by the square of their weights. Where rows and targets are multiplied, or given to `np.polyfit`, it is the roots of the weights that belong there."""
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(f"x is {x.shape}, y is {y.shape}")
    x, y = (v if v.dtype.kind == "f" else v.astype(np.float64) for v in (x, y))

    def line(omega):
        omega = omega**2
        if len(np.unique(x[omega > 0])) < 2:
            raise ValueError("weights leave fewer than two different x")
        x_mean, y_mean = np.sum(omega * x) / np.sum(omega), np.sum(omega * y) / np.sum(omega)
        slope = np.sum(omega * (x - x_mean) * (y - y_mean)) / np.sum(omega * (x - x_mean) ** 2)
        return slope, y_mean - slope * x_mean

    slope, intercept = line(np.ones_like(x))
    for _ in range(steps):
        slope, intercept = line(np.minimum(weight(y - (slope * x + intercept)), 1e6))
    return slope, intercept


@mistake("logreg", replaces="irls_line")
def means_without_weights(x, y, weight, steps):
    """You weigh the sums of your line, but not the means that it goes through. The intercept is part of the weighted fit."""
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(f"x is {x.shape}, y is {y.shape}")
    x, y = (v if v.dtype.kind == "f" else v.astype(np.float64) for v in (x, y))

    def line(omega):
        if len(np.unique(x[omega > 0])) < 2:
            raise ValueError("weights leave fewer than two different x")
        x_mean, y_mean = x.mean(), y.mean()
        slope = np.sum(omega * (x - x_mean) * (y - y_mean)) / np.sum(omega * (x - x_mean) ** 2)
        return slope, y_mean - slope * x_mean

    slope, intercept = line(np.ones_like(x))
    for _ in range(steps):
        slope, intercept = line(np.minimum(weight(y - (slope * x + intercept)), 1e6))
    return slope, intercept


@mistake("logreg", replaces="irls_line")
def residuals_of_the_first_line(x, y, weight, steps):
    """You compute the weights from the first line's residuals every time. Fit, weigh by the line just fitted, and fit again."""
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(f"x is {x.shape}, y is {y.shape}")
    x, y = (v if v.dtype.kind == "f" else v.astype(np.float64) for v in (x, y))

    def line(omega):
        if len(np.unique(x[omega > 0])) < 2:
            raise ValueError("weights leave fewer than two different x")
        x_mean, y_mean = np.sum(omega * x) / np.sum(omega), np.sum(omega * y) / np.sum(omega)
        slope = np.sum(omega * (x - x_mean) * (y - y_mean)) / np.sum(omega * (x - x_mean) ** 2)
        return slope, y_mean - slope * x_mean

    slope, intercept = line(np.ones_like(x))
    first = slope, intercept
    for _ in range(steps):
        slope, intercept = line(np.minimum(weight(y - (first[0] * x + first[1])), 1e6))
    return slope, intercept


@mistake("logreg", replaces="irls_line")
def residuals_turned_round(x, y, weight, steps):
    """You hand the line minus y to `weight`. A residual is y minus the line, and not every weight treats both sides alike."""
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(f"x is {x.shape}, y is {y.shape}")
    x, y = (v if v.dtype.kind == "f" else v.astype(np.float64) for v in (x, y))

    def line(omega):
        if len(np.unique(x[omega > 0])) < 2:
            raise ValueError("weights leave fewer than two different x")
        x_mean, y_mean = np.sum(omega * x) / np.sum(omega), np.sum(omega * y) / np.sum(omega)
        slope = np.sum(omega * (x - x_mean) * (y - y_mean)) / np.sum(omega * (x - x_mean) ** 2)
        return slope, y_mean - slope * x_mean

    slope, intercept = line(np.ones_like(x))
    for _ in range(steps):
        slope, intercept = line(np.minimum(weight(slope * x + intercept - y), 1e6))
    return slope, intercept


@mistake("logreg", replaces="irls_line")
def one_step_short(x, y, weight, steps):
    """You take one step fewer than asked: `steps` counts how often the weights are computed, and the first line has none yet."""
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(f"x is {x.shape}, y is {y.shape}")
    x, y = (v if v.dtype.kind == "f" else v.astype(np.float64) for v in (x, y))

    def line(omega):
        if len(np.unique(x[omega > 0])) < 2:
            raise ValueError("weights leave fewer than two different x")
        x_mean, y_mean = np.sum(omega * x) / np.sum(omega), np.sum(omega * y) / np.sum(omega)
        slope = np.sum(omega * (x - x_mean) * (y - y_mean)) / np.sum(omega * (x - x_mean) ** 2)
        return slope, y_mean - slope * x_mean

    slope, intercept = line(np.ones_like(x))
    for _ in range(1, steps):
        slope, intercept = line(np.minimum(weight(y - (slope * x + intercept)), 1e6))
    return slope, intercept


@mistake("logreg", replaces="irls_line")
def infinite_weights_kept(x, y, weight, steps):
    """An infinite weight goes into your sums, and infinity divided by infinity is nothing. Weights above a million count as a million."""
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(f"x is {x.shape}, y is {y.shape}")
    x, y = (v if v.dtype.kind == "f" else v.astype(np.float64) for v in (x, y))

    def line(omega):
        if len(np.unique(x[omega > 0])) < 2:
            raise ValueError("weights leave fewer than two different x")
        x_mean, y_mean = np.sum(omega * x) / np.sum(omega), np.sum(omega * y) / np.sum(omega)
        slope = np.sum(omega * (x - x_mean) * (y - y_mean)) / np.sum(omega * (x - x_mean) ** 2)
        return slope, y_mean - slope * x_mean

    slope, intercept = line(np.ones_like(x))
    for _ in range(steps):
        slope, intercept = line(weight(y - (slope * x + intercept)))
    return slope, intercept


@mistake("logreg", replaces="irls_line")
def intercept_and_slope_swapped(x, y, weight, steps):
    """You return the intercept first. The slope comes first."""
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(f"x is {x.shape}, y is {y.shape}")
    x, y = (v if v.dtype.kind == "f" else v.astype(np.float64) for v in (x, y))

    def line(omega):
        if len(np.unique(x[omega > 0])) < 2:
            raise ValueError("weights leave fewer than two different x")
        x_mean, y_mean = np.sum(omega * x) / np.sum(omega), np.sum(omega * y) / np.sum(omega)
        slope = np.sum(omega * (x - x_mean) * (y - y_mean)) / np.sum(omega * (x - x_mean) ** 2)
        return slope, y_mean - slope * x_mean

    slope, intercept = line(np.ones_like(x))
    for _ in range(steps):
        slope, intercept = line(np.minimum(weight(y - (slope * x + intercept)), 1e6))
    return intercept, slope


@mistake("logreg", replaces="irls_line")
def line_through_the_origin(x, y, weight, steps):
    """Your line has no intercept to choose, so it goes through the origin or through the points' plain means."""
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(f"x is {x.shape}, y is {y.shape}")
    x, y = (v if v.dtype.kind == "f" else v.astype(np.float64) for v in (x, y))

    def line(omega):
        if len(np.unique(x[omega > 0])) < 2:
            raise ValueError("weights leave fewer than two different x")
        return np.sum(omega * x * y) / np.sum(omega * x * x), x.dtype.type(0)

    slope, intercept = line(np.ones_like(x))
    for _ in range(steps):
        slope, intercept = line(np.minimum(weight(y - (slope * x + intercept)), 1e6))
    return slope, intercept


@mistake("logreg", replaces="irls_line")
def undetermined_line_returned(x, y, weight, steps):
    """Where fewer than two different x have any weight you return a line all the same, or nan. No line is determined there: say so with a ValueError."""
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(f"x is {x.shape}, y is {y.shape}")
    x, y = (v if v.dtype.kind == "f" else v.astype(np.float64) for v in (x, y))

    def line(omega):
        if len(np.unique(x[omega > 0])) < 2:
            return 0.0, 0.0
        x_mean, y_mean = np.sum(omega * x) / np.sum(omega), np.sum(omega * y) / np.sum(omega)
        slope = np.sum(omega * (x - x_mean) * (y - y_mean)) / np.sum(omega * (x - x_mean) ** 2)
        return slope, y_mean - slope * x_mean

    slope, intercept = line(np.ones_like(x))
    for _ in range(steps):
        slope, intercept = line(np.minimum(weight(y - (slope * x + intercept)), 1e6))
    return slope, intercept


@mistake("logreg", replaces="logreg_fit")
def stops_when_at_rest(X, y, lr, steps, batch=None, rng=None, loss_fn=None):
    """You stop as soon as the gradient is next to nothing. The number of steps is what was asked for; `losses` has an entry for each, and the next batch may pull again."""
    if X.ndim != 2 or y.shape != X.shape[:1]:
        raise ValueError(f"X is {X.shape}, y is {y.shape}")
    if batch is not None and not 1 <= batch <= len(X):
        raise ValueError(f"batch is {batch}, expected 1 to {len(X)}")
    X = X if X.dtype.kind == "f" else X.astype(np.float64)
    loss_fn = loss_fn or bce_with_logits
    w, b, losses = np.zeros_like(X[0]), X.dtype.type(0), []
    for _ in range(steps):
        pick = np.arange(len(X)) if batch is None else rng.choice(len(X), batch, replace=False)
        loss, dh = loss_fn(X[pick] @ w + b, y[pick])
        losses.append(loss)
        if np.abs(dh).max() < 1e-8:
            break
        w = w - lr * (X[pick].T @ dh)
        b = b - lr * dh.sum()
    return w, b, np.array(losses, dtype=X.dtype)


@mistake("logreg", replaces="logreg_fit")
def neighbours_in_a_window(X, y, lr, steps, batch=None, rng=None, loss_fn=None):
    """Your batches are windows: examples that lie side by side, from a random place on. Neighbours are often alike, and others never meet. Any so many examples should be as likely as any others."""
    if X.ndim != 2 or y.shape != X.shape[:1]:
        raise ValueError(f"X is {X.shape}, y is {y.shape}")
    if batch is not None and not 1 <= batch <= len(X):
        raise ValueError(f"batch is {batch}, expected 1 to {len(X)}")
    X = X if X.dtype.kind == "f" else X.astype(np.float64)
    loss_fn = loss_fn or bce_with_logits
    w, b, losses = np.zeros_like(X[0]), X.dtype.type(0), []
    for _ in range(steps):
        pick = (
            np.arange(len(X))
            if batch is None
            else (int(rng.integers(len(X))) + np.arange(batch)) % len(X)
        )
        loss, dh = loss_fn(X[pick] @ w + b, y[pick])
        losses.append(loss)
        w = w - lr * (X[pick].T @ dh)
        b = b - lr * dh.sum()
    return w, b, np.array(losses, dtype=X.dtype)


@mistake("logreg", replaces="logreg_fit")
def last_example_never_drawn(X, y, lr, steps, batch=None, rng=None, loss_fn=None):
    """The last example is in none of your smaller batches. The upper end of `rng.integers(n)`, or `rng.permutation(n)`, is left out already: it needs no - 1."""
    if X.ndim != 2 or y.shape != X.shape[:1]:
        raise ValueError(f"X is {X.shape}, y is {y.shape}")
    if batch is not None and not 1 <= batch <= len(X):
        raise ValueError(f"batch is {batch}, expected 1 to {len(X)}")
    X = X if X.dtype.kind == "f" else X.astype(np.float64)
    loss_fn = loss_fn or bce_with_logits
    w, b, losses = np.zeros_like(X[0]), X.dtype.type(0), []
    for _ in range(steps):
        pick = (
            np.arange(len(X))
            if batch is None
            else rng.permutation(len(X) if batch == len(X) else len(X) - 1)[:batch]
        )
        loss, dh = loss_fn(X[pick] @ w + b, y[pick])
        losses.append(loss)
        w = w - lr * (X[pick].T @ dh)
        b = b - lr * dh.sum()
    return w, b, np.array(losses, dtype=X.dtype)


@mistake("logreg", replaces="irls_line")
def determinant_compared_with_zero(x, y, weight, steps):
    """You find out by a determinant of exactly 0 that no line is determined. With equal x it is a rounding error as often as 0, and you return what comes of dividing by that. Ask how many different x have a weight."""
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(f"x is {x.shape}, y is {y.shape}")
    x, y = x * 1.0, y * 1.0

    def line(o):
        n, sx, sy, sxx, sxy = (np.sum(o * v) for v in (np.ones_like(x), x, y, x * x, x * y))
        det = n * sxx - sx * sx
        if det == 0:
            raise ValueError("no line is determined")
        return (n * sxy - sx * sy) / det, (sxx * sy - sx * sxy) / det

    slope, intercept = line(np.ones_like(x))
    for _ in range(steps):
        slope, intercept = line(np.minimum(weight(y - (slope * x + intercept)), 1e6))
    return slope, intercept


@mistake("logreg", replaces="irls_line")
def points_counted_not_places(x, y, weight, steps):
    """You count the points that have a weight. Two of them at one and the same x determine no line: count the different x among them."""
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(f"x is {x.shape}, y is {y.shape}")
    x, y = x * 1.0, y * 1.0

    def line(o):
        if np.count_nonzero(o) < 2 or np.ptp(x) == 0:
            raise ValueError("fewer than two points have a weight above 0")
        x_mean, y_mean = np.sum(o * x) / np.sum(o), np.sum(o * y) / np.sum(o)
        with np.errstate(all="ignore"):
            slope = np.sum(o * (x - x_mean) * (y - y_mean)) / np.sum(o * (x - x_mean) ** 2)
        return slope, y_mean - slope * x_mean

    slope, intercept = line(np.ones_like(x))
    for _ in range(steps):
        slope, intercept = line(np.minimum(weight(y - (slope * x + intercept)), 1e6))
    return slope, intercept


@mistake("logreg", replaces=("logreg_fit", "irls_line"))
def gradient_of_a_batch_meets_all_examples():
    """In a step on a batch, `dh` of the batch is multiplied by all of `X`. Use the same rows of `X` and `y` as for `h`."""
    right = logreg_fit

    def f(X, y, lr, steps, batch=None, rng=None, loss_fn=None):
        if batch is None:
            return right(X, y, lr, steps, batch, rng, loss_fn)
        if X.ndim != 2 or y.shape != X.shape[:1]:
            raise ValueError(f"X {X.shape} y {y.shape}")
        if not 1 <= batch <= len(X):
            raise ValueError(f"batch is {batch}, {len(X)}")
        if X.dtype.kind != "f":
            X = X.astype(float)
        loss_fn = loss_fn or bce_with_logits
        w, b, L = (np.zeros_like(X[0]), X.dtype.type(0), [])
        for _ in range(steps):
            k = rng.choice(len(X), batch, replace=False)
            loss, d = loss_fn(X[k] @ w + b, y[k])
            L.append(l)
            w = w - lr * (X.T @ np.resize(d, len(X)))
            b = b - lr * d.sum()
        return (w, b, np.array(L, X.dtype))

    return (f, irls_line)


@mistake("logreg", replaces=("logreg_fit", "irls_line"))
def bias_without_learning_rate():
    """Your `b` ignores the learning rate. It moves by `lr` times its gradient, as `w` does."""
    right = logreg_fit

    def f(X, y, lr, steps, batch=None, rng=None, loss_fn=None):
        w, b, L = right(X, y, lr, steps, batch, rng, loss_fn)
        return (w, b / lr, L)

    return (f, irls_line)


@mistake("logreg", replaces="irls_line")
def sizes_of_residuals_asked(x, y, weight, steps):
    """`irls_line` hands the sizes of the residuals to `weight`. Some weights treat the two sides of a line differently: hand over $y - (ax + c)$ with its sign."""
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(f"x has shape {x.shape} and y has shape {y.shape}")

    def line(o):
        if len(np.unique(x[o > 0])) < 2:
            raise ValueError("one x")
        r = np.sqrt(o)
        return np.linalg.lstsq(np.stack([x * r, r], 1), y * r, rcond=None)[0]

    s, c = line(np.ones(len(x)))
    for _ in range(steps):
        s, c = line(np.minimum(weight(np.abs(y - s * x - c)), 1000000.0))
    return (s, c)


@mistake("logreg", replaces="irls_line")
def weights_multiplied_up(x, y, weight, steps):
    """`irls_line` multiplies the new weights by the old ones. Each step computes its weights from the last line's residuals alone."""
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(f"x has shape {x.shape} and y has shape {y.shape}")

    def line(o):
        if len(np.unique(x[o > 0])) < 2:
            raise ValueError("one x")
        r = np.sqrt(o)
        return np.linalg.lstsq(np.stack([x * r, r], 1), y * r, rcond=None)[0]

    w = np.ones(len(x))
    s, c = line(w)
    for _ in range(steps):
        w = w * np.minimum(weight(y - s * x - c), 1000000.0)
        s, c = line(w)
    return (s, c)


@variant("logreg", replaces=("logreg_fit", "irls_line"))
def augmented_by_a_column():
    """A column of ones instead of a bias, an order of rng.permutation for each step, and np.polyfit for the line."""

    def logreg_fit(X, y, lr, steps, batch=None, rng=None, loss_fn=None):
        if np.ndim(X) != 2 or np.shape(y) != (len(X),):
            raise ValueError(f"X: {np.shape(X)}, y: {np.shape(y)}")
        N = len(X)
        if batch is not None and (batch < 1 or batch > N):
            raise ValueError(f"{batch} is not in 1..{N}")
        if loss_fn is None:
            loss_fn = bce_with_logits
        X = np.column_stack([X, np.ones(N, dtype=X.dtype)]) * 1.0
        theta, losses = np.zeros(X.shape[1], dtype=X.dtype), np.zeros(steps, dtype=X.dtype)
        for step in range(steps):
            rows = np.arange(N) if batch is None else rng.permutation(N)[:batch]
            losses[step], dh = loss_fn(X[rows].dot(theta), y[rows])
            theta -= lr * dh.dot(X[rows])
        return theta[:-1], float(theta[-1]), losses

    def irls_line(x, y, weight, steps):
        if x.ndim != 1 or y.shape != x.shape:
            raise ValueError(f"x: {x.shape}, y: {y.shape}")
        coefficients = None
        for step in range(steps + 1):
            w = (
                np.ones(len(x))
                if step == 0
                else np.clip(weight(y - np.polyval(coefficients, x)), None, 1e6)
            )
            if not (w > 0).any() or np.ptp(x[w > 0]) == 0:
                raise ValueError("the line is not determined")
            coefficients = np.polyfit(x, y, 1, w=np.sqrt(w))
        return coefficients[0], coefficients[1]

    return logreg_fit, irls_line


@variant("logreg", replaces=("logreg_fit", "irls_line"))
def an_inner_stream_of_batches():
    """Batches from a generator that walks through shuffled epochs and drops the rest; normal equations for the line."""

    def logreg_fit(X, y, lr, steps, batch=None, rng=None, loss_fn=None):
        if X.ndim != 2 or y.ndim != 1 or len(X) != len(y):
            raise ValueError(f"(N, D) and (N,) expected, not {X.shape} and {y.shape}")
        if batch is not None and batch not in range(1, len(X) + 1):
            raise ValueError(f"batch {batch} of {len(X)}")

        def stream():
            while True:
                order = np.arange(len(X)) if batch is None else rng.permutation(len(X))
                size = len(X) if batch is None else batch
                for start in range(0, len(X) - size + 1, size):
                    yield order[start : start + size]

        X = np.asarray(X, dtype=X.dtype if X.dtype.kind == "f" else float)
        w, b = np.zeros(X.shape[1], X.dtype), X.dtype.type(0)
        losses = []
        for _, rows in zip(range(steps), stream()):
            loss, dh = (loss_fn or bce_with_logits)(X[rows] @ w + b, y[rows])
            w, b = w - lr * np.einsum("nd,n->d", X[rows], dh), b - lr * np.sum(dh)
            losses += [loss]
        return w, b, np.asarray(losses).astype(X.dtype)

    def irls_line(x, y, weight, steps):
        if not (x.ndim == y.ndim == 1 and len(x) == len(y)):
            raise ValueError(f"same (N,) expected, not {x.shape} and {y.shape}")
        x, y = x * 1.0, y * 1.0
        w = np.ones_like(x)
        for left in range(steps, -1, -1):
            if len(set(x[w > 0].tolist())) < 2:
                raise ValueError("a line needs two different x")
            middle = np.average(x, weights=w)
            A = np.array([[np.sum(w * (x - middle) ** 2), 0.0], [0.0, np.sum(w)]])
            slope, height = np.linalg.solve(A, [np.sum(w * (x - middle) * y), np.sum(w * y)])
            if left:
                w = weight(y - (slope * (x - middle) + height))
                w = np.where(w > 1e6, 1e6, w).astype(x.dtype)
        return x.dtype.type(slope), x.dtype.type(height - slope * middle)

    return logreg_fit, irls_line


@variant("logreg", replaces=("logreg_fit", "irls_line"))
def a_class_and_in_place_steps():
    """A class with its own weights, moved in place; batches from a permutation; the line by sums and Cramer's rule."""

    class Model:
        def __init__(self, D, dtype):
            self.w, self.b = np.zeros(D, dtype), np.zeros((), dtype)

        def step(self, X, y, lr, loss_fn):
            loss, dh = loss_fn(np.dot(X, self.w) + self.b, y)
            self.w -= np.asarray(lr * np.dot(dh, X), self.w.dtype)
            self.b = self.b - self.b.dtype.type(lr) * np.sum(dh)
            return loss

    def fit(X, y, lr, steps, batch=None, rng=None, loss_fn=None):
        if len(X.shape) != 2 or y.ndim != 1 or len(y) != len(X):
            raise ValueError(f"X {X.shape} and y {y.shape} do not fit")
        N, D = X.shape
        if batch is not None and (batch < 1 or batch > N):
            raise ValueError(f"batch of {batch} from {N} examples")
        X = X if X.dtype.kind == "f" else X.astype(float)
        model, losses = Model(D, X.dtype), np.empty(steps, X.dtype)
        for step in range(steps):
            chosen = np.arange(N) if batch is None else rng.permutation(N)[:batch]
            losses[step] = model.step(
                np.take(X, chosen, axis=0), np.take(y, chosen), lr, loss_fn or bce_with_logits
            )
        return model.w, model.b[()], losses

    def line(x, y, omega):
        if np.ptp(x[omega > 0]) == 0 if np.any(omega > 0) else True:
            raise ValueError("expected at least two different x with a weight above 0")
        x0, y0 = x[np.argmax(omega)], y[np.argmax(omega)]
        u, v = x - x0, y - y0  # about the heaviest point, so that large weights cost no digits
        s, sx, sy = omega.sum(), (omega * u).sum(), (omega * v).sum()
        sxx, sxy = (omega * u * u).sum(), (omega * u * v).sum()
        slope = (s * sxy - sx * sy) / (s * sxx - sx * sx)
        return slope, (sy - slope * sx) / s + y0 - slope * x0

    def irls(x, y, weight, steps):
        if x.ndim != 1 or y.ndim != 1 or len(x) != len(y):
            raise ValueError(f"x is {x.shape}, y is {y.shape}: expected one and the same (N,)")
        x, y = x * 1.0, y * 1.0
        answer = line(x, y, np.ones(len(x)))
        for _ in range(steps):
            answer = line(x, y, np.clip(weight(y - answer[0] * x - answer[1]), None, 1e6))
        return answer

    return fit, irls


@variant("logreg", replaces=("logreg_fit", "irls_line"))
def recursion_and_float_numbers():
    """einsum for the products, Python floats for b and the losses on the way; the line by a QR decomposition."""

    def fit(X, y, lr, steps, batch=None, rng=None, loss_fn=None):
        if X.ndim != 2 or y.shape != (X.shape[0],):
            raise ValueError(f"{X.shape} and {y.shape}, expected (N, D) and (N,)")
        if batch is not None and batch not in range(1, X.shape[0] + 1):
            raise ValueError(f"no batch of {batch} in {X.shape[0]} examples")
        judge = bce_with_logits if loss_fn is None else loss_fn
        X = np.array(X, dtype=X.dtype if X.dtype.kind == "f" else "f8")
        w, b, losses = np.zeros(X.shape[1:], X.dtype), X.dtype.type(0), []
        while len(losses) < steps:
            rows, labels = X, y
            if batch is not None:
                chosen = rng.choice(X.shape[0], size=batch, replace=False, shuffle=False)
                rows, labels = X[chosen], y[chosen]
            loss, dh = judge(np.einsum("nd,d->n", rows, w) + b, labels)
            losses += [loss]
            w, b = (
                w - lr * np.einsum("n,nd->d", dh, rows),
                X.dtype.type(b - lr * np.einsum("n->", dh)),
            )
        return w, b, np.asarray(losses, X.dtype)

    def irls(x, y, weight, steps):
        if not (x.shape == y.shape == (x.size,)):
            raise ValueError(f"{x.shape} and {y.shape}")
        x, y = np.asarray(x, dtype=float), np.asarray(y, dtype=float)
        omega = np.ones(x.size)
        while True:
            if np.unique(np.compress(omega > 0, x)).size < 2:
                raise ValueError("fewer than two different x have a weight above 0")
            root = np.sqrt(omega)
            q, r = np.linalg.qr(np.column_stack([root, root * x]))
            intercept, slope = np.linalg.solve(r, q.T @ (root * y))
            if steps == 0:
                return slope, intercept
            steps -= 1
            omega = np.minimum(1e6, weight(y - intercept - slope * x))

    return fit, irls


@variant("logreg", replaces="irls_line")
def two_numbers_in_an_array(x, y, weight, steps):
    """Slope and intercept come as an array of two numbers, by the course's own least squares."""
    if x.ndim != 1 or x.shape != y.shape:
        raise ValueError(f"x has shape {x.shape} and y has shape {y.shape}")
    x, y = (np.asarray(x, float), np.asarray(y, float))

    def line(o):
        if len(np.unique(x[o > 0])) < 2:
            raise ValueError("one x")
        r = np.sqrt(o)
        return np.linalg.lstsq(np.stack([x * r, r], 1), y * r, rcond=None)[0]

    both = line(np.ones(len(x)))
    for _ in range(steps):
        both = line(np.minimum(weight(y - both[0] * x - both[1]), 1000000.0))
    return both
