"""The course's own answers to earlier questions, for assignments that build on them."""

import numpy as np

# 03-losses
def softmax_loss(x: np.ndarray, y: np.ndarray) -> tuple[float, np.ndarray]:
    """Return the mean cross-entropy of softmax(x) against y, and its gradient.

    loss = -(1/N) sum_i sum_c y_ic log p_ic, with p = softmax of each row of x

    Args:
        x: logits, shape (N, C), within -1e4 ... 1e4.
        y: labels from 0 to C-1, integers of shape (N,);
            or soft labels, shape (N, C), entries >= 0; each row adds up to 1.
    Returns:
        loss, a number, and dx, of x's shape and dtype.
    Raises:
        ValueError: y has neither shape, labels are not integers, or a label is not in
            0 ... C-1; the message names the shapes, or the label.
    """
    if x.dtype.kind != "f":
        x = x.astype(np.float64)
    N, C = x.shape
    if y.shape == (N,):
        if y.dtype.kind not in "iu":
            raise ValueError(f"y has shape {y.shape} and dtype {y.dtype}, expected integers for labels")
        wrong = y[(y < 0) | (y >= C)]
        if wrong.size:
            raise ValueError(f"y holds the label {wrong[0]}, expected labels from 0 to {C - 1}")
        target = np.zeros_like(x)
        target[np.arange(N), y] = 1
    elif y.shape == (N, C):
        target = y.astype(x.dtype)
    else:
        raise ValueError(f"y has shape {y.shape} for logits of shape {x.shape}, expected {(N,)} or {(N, C)}")
    shifted = x - x.max(axis=1, keepdims=True)
    log_p = shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True))
    return -np.sum(target * log_p) / N, (np.exp(log_p) - target) / N

# 06-adaptive
def adam(w: np.ndarray, dw: np.ndarray, config: dict) -> tuple[np.ndarray, dict]:
    """Take one step of Adam.

    t = t + 1;  first_moment and second_moment: moving averages of dw and of dw^2
    next_w = w - learning_rate first_hat / (sqrt(second_hat) + eps), where the hats mean
    corrected averages

    Args:
        w: parameters, any shape.
        dw: gradient of the loss with respect to w, same shape.
        config: may hold "learning_rate" (default 0.001), "beta1" and "beta2", in [0, 1)
            (0.9 and 0.999), "eps" (1e-8), "first_moment" and "second_moment", of w's
            shape (zeros), and "t", the number of previous steps (0).
    Returns:
        next_w, a new array of w's shape and dtype, and config, with the new uncorrected
            averages and the new t.
    Raises:
        ValueError: dw does not have the shape of w; the message names both shapes.
    """
    if dw.shape != w.shape:
        raise ValueError(f"dw has shape {dw.shape}, expected that of w, {w.shape}")
    beta1, beta2, t = config.get("beta1", 0.9), config.get("beta2", 0.999), config.get("t", 0) + 1
    first_moment = beta1 * config.get("first_moment", 0.0) + (1 - beta1) * dw
    second_moment = beta2 * config.get("second_moment", 0.0) + (1 - beta2) * dw * dw
    config.update(first_moment=first_moment, second_moment=second_moment, t=t)
    direction = first_moment / (1 - beta1**t)
    scale = np.sqrt(second_moment / (1 - beta2**t)) + config.get("eps", 1e-8)
    return w - config.get("learning_rate", 1e-3) * direction / scale, config
