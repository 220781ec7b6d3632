"""Known mistakes and right variants of `predict_std`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake("predict_std", replaces="predict_std")
def variance_for_mean_square(scheme, act, L, n, skip=False):
    """You hand the variance of the activations on to the next layer. A unit there adds up their squares, mean and all: look at the equation for Var(z) in question 1 again."""
    if act not in ACTIVATIONS or L < 1 or n < 1:
        raise ValueError(f"act {act}, L {L} or n {n} makes no sense")
    known = {"lecun": 1 / n, "xavier": 1 / n, "he": 2 / n}
    if isinstance(scheme, str) and scheme not in known:
        raise ValueError(f"scheme {scheme} is not known")
    if not isinstance(scheme, str) and not scheme > 0:
        raise ValueError(f"scheme is {scheme}, expected a number > 0")
    gain = n * (known[scheme] if isinstance(scheme, str) else scheme**2)
    f, _ = ACTIVATIONS[act]
    z = np.linspace(-10, 10, 4001)
    p = np.exp(-(z**2) / 2) / np.exp(-(z**2) / 2).sum()
    mean, square = 0.0, 1.0
    for _ in range(L):
        out = f(np.sqrt(gain * (square - mean**2)) * z)
        first, second = p @ out, p @ out**2
        if skip:
            first, second = mean + first, square + 2 * mean * first + second
        mean, square = first, second
    return float(np.sqrt(square - mean**2))


@mistake("predict_std", replaces="predict_std")
def root_mean_square_for_std(scheme, act, L, n, skip=False):
    """You return the root of the mean square. The standard deviation leaves out the mean, which ReLU and sigmoid have."""
    if act not in ACTIVATIONS or L < 1 or n < 1:
        raise ValueError(f"act {act}, L {L} or n {n} makes no sense")
    known = {"lecun": 1 / n, "xavier": 1 / n, "he": 2 / n}
    if isinstance(scheme, str) and scheme not in known:
        raise ValueError(f"scheme {scheme} is not known")
    if not isinstance(scheme, str) and not scheme > 0:
        raise ValueError(f"scheme is {scheme}, expected a number > 0")
    gain = n * (known[scheme] if isinstance(scheme, str) else scheme**2)
    f, _ = ACTIVATIONS[act]
    z = np.linspace(-10, 10, 4001)
    p = np.exp(-(z**2) / 2) / np.exp(-(z**2) / 2).sum()
    mean, square = 0.0, 1.0
    for _ in range(L):
        out = f(np.sqrt(gain * square) * z)
        first, second = p @ out, p @ out**2
        if skip:
            first, second = mean + first, square + 2 * mean * first + second
        mean, square = first, second
    return float(np.sqrt(square))


@mistake(
    "predict_std",
    replaces="predict_std",
)
def std_of_the_pre_activation(scheme, act, L, n, skip=False):
    """You return the standard deviation of z in the last layer. Asked for is that of the activations, after f."""
    if act not in ACTIVATIONS or L < 1 or n < 1:
        raise ValueError(f"act {act}, L {L} or n {n} makes no sense")
    known = {"lecun": 1 / n, "xavier": 1 / n, "he": 2 / n}
    if isinstance(scheme, str) and scheme not in known:
        raise ValueError(f"scheme {scheme} is not known")
    if not isinstance(scheme, str) and not scheme > 0:
        raise ValueError(f"scheme is {scheme}, expected a number > 0")
    gain = n * (known[scheme] if isinstance(scheme, str) else scheme**2)
    f, _ = ACTIVATIONS[act]
    z = np.linspace(-10, 10, 4001)
    p = np.exp(-(z**2) / 2) / np.exp(-(z**2) / 2).sum()
    mean, square = 0.0, 1.0
    v = gain
    for _ in range(L):
        v = gain * square
        out = f(np.sqrt(gain * square) * z)
        first, second = p @ out, p @ out**2
        if skip:
            first, second = mean + first, square + 2 * mean * first + second
        mean, square = first, second
    return float(np.sqrt(v))


@mistake("predict_std", replaces="predict_std")
def number_taken_for_a_variance(scheme, act, L, n, skip=False):
    """You take a number for the variance of a weight. It is the standard deviation."""
    if act not in ACTIVATIONS or L < 1 or n < 1:
        raise ValueError(f"act {act}, L {L} or n {n} makes no sense")
    known = {"lecun": 1 / n, "xavier": 1 / n, "he": 2 / n}
    if isinstance(scheme, str) and scheme not in known:
        raise ValueError(f"scheme {scheme} is not known")
    if not isinstance(scheme, str) and not scheme > 0:
        raise ValueError(f"scheme is {scheme}, expected a number > 0")
    gain = n * (known[scheme] if isinstance(scheme, str) else scheme)
    f, _ = ACTIVATIONS[act]
    z = np.linspace(-10, 10, 4001)
    p = np.exp(-(z**2) / 2) / np.exp(-(z**2) / 2).sum()
    mean, square = 0.0, 1.0
    for _ in range(L):
        out = f(np.sqrt(gain * square) * z)
        first, second = p @ out, p @ out**2
        if skip:
            first, second = mean + first, square + 2 * mean * first + second
        mean, square = first, second
    return float(np.sqrt(square - mean**2))


@mistake("predict_std", replaces="predict_std")
def width_forgotten(scheme, act, L, n, skip=False):
    """For a number your prediction does not depend on n. A unit adds up n terms."""
    if act not in ACTIVATIONS or L < 1 or n < 1:
        raise ValueError(f"act {act}, L {L} or n {n} makes no sense")
    known = {"lecun": 1 / n, "xavier": 1 / n, "he": 2 / n}
    if isinstance(scheme, str) and scheme not in known:
        raise ValueError(f"scheme {scheme} is not known")
    if not isinstance(scheme, str) and not scheme > 0:
        raise ValueError(f"scheme is {scheme}, expected a number > 0")
    gain = n * known[scheme] if isinstance(scheme, str) else scheme**2
    f, _ = ACTIVATIONS[act]
    z = np.linspace(-10, 10, 4001)
    p = np.exp(-(z**2) / 2) / np.exp(-(z**2) / 2).sum()
    mean, square = 0.0, 1.0
    for _ in range(L):
        out = f(np.sqrt(gain * square) * z)
        first, second = p @ out, p @ out**2
        if skip:
            first, second = mean + first, square + 2 * mean * first + second
        mean, square = first, second
    return float(np.sqrt(square - mean**2))


@mistake(
    "predict_std",
    replaces="predict_std",
)
def one_layer_short(scheme, act, L, n, skip=False):
    """You predict one layer short: `range(1, L)` runs L - 1 times."""
    if act not in ACTIVATIONS or L < 1 or n < 1:
        raise ValueError(f"act {act}, L {L} or n {n} makes no sense")
    known = {"lecun": 1 / n, "xavier": 1 / n, "he": 2 / n}
    if isinstance(scheme, str) and scheme not in known:
        raise ValueError(f"scheme {scheme} is not known")
    if not isinstance(scheme, str) and not scheme > 0:
        raise ValueError(f"scheme is {scheme}, expected a number > 0")
    gain = n * (known[scheme] if isinstance(scheme, str) else scheme**2)
    f, _ = ACTIVATIONS[act]
    z = np.linspace(-10, 10, 4001)
    p = np.exp(-(z**2) / 2) / np.exp(-(z**2) / 2).sum()
    mean, square = 0.0, 1.0
    for _ in range(1, L):
        out = f(np.sqrt(gain * square) * z)
        first, second = p @ out, p @ out**2
        if skip:
            first, second = mean + first, square + 2 * mean * first + second
        mean, square = first, second
    return float(np.sqrt(square - mean**2))


@mistake(
    "predict_std",
    replaces="predict_std",
    change={"for _ in range(L):": "for _ in range(1):"},
)
def depth_ignored():
    """You predict one layer, whatever L is. What is predicted for a layer is what the next one begins with."""


@mistake("predict_std", replaces="predict_std")
def mixed_term_lost(scheme, act, L, n, skip=False):
    """With `skip` you add up mean squares. The square of a sum has a third term, and it does not vanish where the activations have a mean."""
    if act not in ACTIVATIONS or L < 1 or n < 1:
        raise ValueError(f"act {act}, L {L} or n {n} makes no sense")
    known = {"lecun": 1 / n, "xavier": 1 / n, "he": 2 / n}
    if isinstance(scheme, str) and scheme not in known:
        raise ValueError(f"scheme {scheme} is not known")
    if not isinstance(scheme, str) and not scheme > 0:
        raise ValueError(f"scheme is {scheme}, expected a number > 0")
    gain = n * (known[scheme] if isinstance(scheme, str) else scheme**2)
    f, _ = ACTIVATIONS[act]
    z = np.linspace(-10, 10, 4001)
    p = np.exp(-(z**2) / 2) / np.exp(-(z**2) / 2).sum()
    mean, square = 0.0, 1.0
    for _ in range(L):
        out = f(np.sqrt(gain * square) * z)
        first, second = p @ out, p @ out**2
        if skip:
            first, second = mean + first, square + second
        mean, square = first, second
    return float(np.sqrt(square - mean**2))


@mistake("predict_std", replaces="predict_std")
def skip_ignored(scheme, act, L, n, skip=False):
    """You never look at `skip`."""
    if act not in ACTIVATIONS or L < 1 or n < 1:
        raise ValueError(f"act {act}, L {L} or n {n} makes no sense")
    known = {"lecun": 1 / n, "xavier": 1 / n, "he": 2 / n}
    if isinstance(scheme, str) and scheme not in known:
        raise ValueError(f"scheme {scheme} is not known")
    if not isinstance(scheme, str) and not scheme > 0:
        raise ValueError(f"scheme is {scheme}, expected a number > 0")
    gain = n * (known[scheme] if isinstance(scheme, str) else scheme**2)
    f, _ = ACTIVATIONS[act]
    z = np.linspace(-10, 10, 4001)
    p = np.exp(-(z**2) / 2) / np.exp(-(z**2) / 2).sum()
    mean, square = 0.0, 1.0
    for _ in range(L):
        out = f(np.sqrt(gain * square) * z)
        first, second = p @ out, p @ out**2
        mean, square = first, second
    return float(np.sqrt(square - mean**2))


@mistake("predict_std", replaces="predict_std")
def he_without_its_gain(scheme, act, L, n, skip=False):
    """Your `he` is the same as `lecun`: its gain of 2 is missing."""
    if act not in ACTIVATIONS or L < 1 or n < 1:
        raise ValueError(f"act {act}, L {L} or n {n} makes no sense")
    known = {"lecun": 1 / n, "xavier": 1 / n, "he": 1 / n}
    if isinstance(scheme, str) and scheme not in known:
        raise ValueError(f"scheme {scheme} is not known")
    if not isinstance(scheme, str) and not scheme > 0:
        raise ValueError(f"scheme is {scheme}, expected a number > 0")
    gain = n * (known[scheme] if isinstance(scheme, str) else scheme**2)
    f, _ = ACTIVATIONS[act]
    z = np.linspace(-10, 10, 4001)
    p = np.exp(-(z**2) / 2) / np.exp(-(z**2) / 2).sum()
    mean, square = 0.0, 1.0
    for _ in range(L):
        out = f(np.sqrt(gain * square) * z)
        first, second = p @ out, p @ out**2
        if skip:
            first, second = mean + first, square + 2 * mean * first + second
        mean, square = first, second
    return float(np.sqrt(square - mean**2))


@mistake("predict_std", replaces="two_layer_net")
def sigmoid_left_in_the_net(x, y, w1, w2, learning_rate, steps):
    """Your net still has the sigmoid of D4's code. Its formula says max(0, ·)."""
    if steps < 0:
        raise ValueError(f"steps is {steps}, expected at least 0")
    x, y, w1, w2 = (np.array(v, dtype=np.result_type(np.float32, v)) for v in (x, y, w1, w2))
    losses = []
    for _ in range(steps):
        z = x @ w1
        h = 0.5 + 0.5 * np.tanh(0.5 * z)
        y_pred = h @ w2
        losses.append(float(np.square(y_pred - y).sum()))
        grad_y_pred = 2 * (y_pred - y)
        grad_w2 = h.T @ grad_y_pred
        grad_w1 = x.T @ ((grad_y_pred @ w2.T) * h * (1 - h))
        w1, w2 = w1 - learning_rate * grad_w1, w2 - learning_rate * grad_w2
    return losses, w1, w2


@mistake("predict_std", replaces="two_layer_net")
def slope_of_the_sigmoid_left(x, y, w1, w2, learning_rate, steps):
    """Your net has max(0, z) now, but its gradient still has the sigmoid's slope h (1 - h). What is the slope of max(0, z)?"""
    if steps < 0:
        raise ValueError(f"steps is {steps}, expected at least 0")
    x, y, w1, w2 = (np.array(v, dtype=np.result_type(np.float32, v)) for v in (x, y, w1, w2))
    losses = []
    for _ in range(steps):
        z = x @ w1
        h = np.maximum(z, 0)
        y_pred = h @ w2
        losses.append(float(np.square(y_pred - y).sum()))
        grad_y_pred = 2 * (y_pred - y)
        grad_w2 = h.T @ grad_y_pred
        grad_w1 = x.T @ ((grad_y_pred @ w2.T) * h * (1 - h))
        w1, w2 = w1 - learning_rate * grad_w1, w2 - learning_rate * grad_w2
    return losses, w1, w2


@mistake("predict_std", replaces="two_layer_net")
def slope_forgotten(x, y, w1, w2, learning_rate, steps):
    """Your gradient of w1 does not pass max(0, z). A unit that is off passes nothing back."""
    if steps < 0:
        raise ValueError(f"steps is {steps}, expected at least 0")
    x, y, w1, w2 = (np.array(v, dtype=np.result_type(np.float32, v)) for v in (x, y, w1, w2))
    losses = []
    for _ in range(steps):
        z = x @ w1
        h = np.maximum(z, 0)
        y_pred = h @ w2
        losses.append(float(np.square(y_pred - y).sum()))
        grad_y_pred = 2 * (y_pred - y)
        grad_w2 = h.T @ grad_y_pred
        grad_w1 = x.T @ (grad_y_pred @ w2.T)
        w1, w2 = w1 - learning_rate * grad_w1, w2 - learning_rate * grad_w2
    return losses, w1, w2


@mistake("predict_std", replaces="two_layer_net")
def net_climbs(x, y, w1, w2, learning_rate, steps):
    """You add the gradient, as in D4's `x += learning_rate * dx`. That climbs: look at the losses."""
    if steps < 0:
        raise ValueError(f"steps is {steps}, expected at least 0")
    x, y, w1, w2 = (np.array(v, dtype=np.result_type(np.float32, v)) for v in (x, y, w1, w2))
    losses = []
    for _ in range(steps):
        z = x @ w1
        h = np.maximum(z, 0)
        y_pred = h @ w2
        losses.append(float(np.square(y_pred - y).sum()))
        grad_y_pred = 2 * (y_pred - y)
        grad_w2 = h.T @ grad_y_pred
        grad_w1 = x.T @ ((grad_y_pred @ w2.T) * (z > 0))
        w1, w2 = w1 + learning_rate * grad_w1, w2 + learning_rate * grad_w2
    return losses, w1, w2


@mistake("predict_std", replaces="two_layer_net")
def net_one_step_short(x, y, w1, w2, learning_rate, steps):
    """Your net takes one step fewer than asked for: `range(1, n)` runs n - 1 times."""
    if steps < 0:
        raise ValueError(f"steps is {steps}, expected at least 0")
    x, y, w1, w2 = (np.array(v, dtype=np.result_type(np.float32, v)) for v in (x, y, w1, w2))
    losses = []
    for _ in range(1, steps):
        z = x @ w1
        h = np.maximum(z, 0)
        y_pred = h @ w2
        losses.append(float(np.square(y_pred - y).sum()))
        grad_y_pred = 2 * (y_pred - y)
        grad_w2 = h.T @ grad_y_pred
        grad_w1 = x.T @ ((grad_y_pred @ w2.T) * (z > 0))
        w1, w2 = w1 - learning_rate * grad_w1, w2 - learning_rate * grad_w2
    return losses, w1, w2


@mistake("predict_std", replaces="two_layer_net")
def callers_weights_overwritten(x, y, w1, w2, learning_rate, steps):
    """You write over the matrices of the caller with `-=`, as the printed code does. The caller can then not start again from there: make new matrices."""
    if steps < 0:
        raise ValueError(f"steps is {steps}, expected at least 0")
    x, y, w1, w2 = (np.asarray(v, dtype=np.result_type(np.float32, v)) for v in (x, y, w1, w2))
    losses = []
    for _ in range(steps):
        z = x @ w1
        h = np.maximum(z, 0)
        y_pred = h @ w2
        losses.append(float(np.square(y_pred - y).sum()))
        grad_y_pred = 2 * (y_pred - y)
        grad_w2 = h.T @ grad_y_pred
        grad_w1 = x.T @ ((grad_y_pred @ w2.T) * (z > 0))
        w1 -= learning_rate * grad_w1
        w2 -= learning_rate * grad_w2
    return losses, w1, w2


@mistake("predict_std", replaces="two_layer_net")
def loss_is_a_mean(x, y, w1, w2, learning_rate, steps):
    """You average the loss, or its gradient. The slide's loss is the plain sum, and so is the one asked for."""
    if steps < 0:
        raise ValueError(f"steps is {steps}, expected at least 0")
    x, y, w1, w2 = (np.array(v, dtype=np.result_type(np.float32, v)) for v in (x, y, w1, w2))
    losses = []
    for _ in range(steps):
        z = x @ w1
        h = np.maximum(z, 0)
        y_pred = h @ w2
        losses.append(float(np.square(y_pred - y).mean()))
        grad_y_pred = 2 * (y_pred - y) / y.size
        grad_w2 = h.T @ grad_y_pred
        grad_w1 = x.T @ ((grad_y_pred @ w2.T) * (z > 0))
        w1, w2 = w1 - learning_rate * grad_w1, w2 - learning_rate * grad_w2
    return losses, w1, w2


@mistake("predict_std", replaces="two_layer_net")
def w2_moves_first(x, y, w1, w2, learning_rate, steps):
    """You move w2 before w1's gradient is computed from it. Both gradients belong to the same point."""
    if steps < 0:
        raise ValueError(f"steps is {steps}, expected at least 0")
    x, y, w1, w2 = (np.array(v, dtype=np.result_type(np.float32, v)) for v in (x, y, w1, w2))
    losses = []
    for _ in range(steps):
        z = x @ w1
        h = np.maximum(z, 0)
        y_pred = h @ w2
        losses.append(float(np.square(y_pred - y).sum()))
        grad_y_pred = 2 * (y_pred - y)
        grad_w2 = h.T @ grad_y_pred
        w2 = w2 - learning_rate * grad_w2
        grad_w1 = x.T @ ((grad_y_pred @ w2.T) * (z > 0))
        w1 = w1 - learning_rate * grad_w1
    return losses, w1, w2


@mistake("predict_std", replaces="two_layer_net")
def loss_after_the_step(x, y, w1, w2, learning_rate, steps):
    """You report the loss after each update. The first number should be that of the start."""
    if steps < 0:
        raise ValueError(f"steps is {steps}, expected at least 0")
    x, y, w1, w2 = (np.array(v, dtype=np.result_type(np.float32, v)) for v in (x, y, w1, w2))
    losses = []
    for _ in range(steps):
        z = x @ w1
        h = np.maximum(z, 0)
        y_pred = h @ w2
        grad_y_pred = 2 * (y_pred - y)
        grad_w2 = h.T @ grad_y_pred
        grad_w1 = x.T @ ((grad_y_pred @ w2.T) * (z > 0))
        w1, w2 = w1 - learning_rate * grad_w1, w2 - learning_rate * grad_w2
        losses.append(float(np.square(np.maximum(x @ w1, 0) @ w2 - y).sum()))
    return losses, w1, w2


@mistake("predict_std", replaces="two_layer_net")
def two_of_the_square_lost(x, y, w1, w2, learning_rate, steps):
    """The gradient of your net lacks the 2 that comes from the square: the losses fall, but half as fast as they should."""
    if steps < 0:
        raise ValueError(f"steps is {steps}, expected at least 0")
    x, y, w1, w2 = (np.array(v, dtype=np.result_type(np.float32, v)) for v in (x, y, w1, w2))
    losses = []
    for _ in range(steps):
        z = x @ w1
        h = np.maximum(z, 0)
        y_pred = h @ w2
        losses.append(float(np.square(y_pred - y).sum()))
        grad_y_pred = y_pred - y
        grad_w2 = h.T @ grad_y_pred
        grad_w1 = x.T @ ((grad_y_pred @ w2.T) * (z > 0))
        w1, w2 = w1 - learning_rate * grad_w1, w2 - learning_rate * grad_w2
    return losses, w1, w2


@mistake("predict_std", replaces="predict_std")
def whole_numbers_are_no_scheme(scheme, act, L, n, skip=False):
    """You take only floats for a standard deviation. A whole number, such as 1, is a number too."""
    if act not in ACTIVATIONS or L < 1 or n < 1:
        raise ValueError(f"act {act}, L {L} or n {n} makes no sense")
    known = {"lecun": 1 / n, "xavier": 1 / n, "he": 2 / n}
    if isinstance(scheme, float) and scheme > 0:
        variance = scheme**2
    elif scheme in known:
        variance = known[scheme]
    else:
        raise ValueError(f"scheme {scheme} is not known")
    gain = n * variance
    f, _ = ACTIVATIONS[act]
    z = np.linspace(-10, 10, 4001)
    p = np.exp(-(z**2) / 2) / np.exp(-(z**2) / 2).sum()
    mean, square = 0.0, 1.0
    for _ in range(L):
        out = f(np.sqrt(gain * square) * z)
        first, second = p @ out, p @ out**2
        if skip:
            first, second = mean + first, square + 2 * mean * first + second
        mean, square = first, second
    return float(np.sqrt(square - mean**2))


@variant("predict_std", replaces="predict_std")
def closed_forms_and_gauss_hermite(scheme, act, L, n, skip=False):
    """Closed forms for linear and ReLU, Gauss and Hermite's quadrature for the others."""
    if act not in ("linear", "relu", "tanh", "sigmoid"):
        raise ValueError(f"no activation {act}")
    if L <= 0 or n <= 0:
        raise ValueError(f"L={L}, n={n}")
    if scheme in ("lecun", "xavier"):
        gain = 1.0
    elif scheme == "he":
        gain = 2.0
    elif isinstance(scheme, str) or scheme <= 0:
        raise ValueError(f"no scheme {scheme}")
    else:
        gain = n * scheme * scheme
    nodes, weights = np.polynomial.hermite_e.hermegauss(120)
    weights = weights / weights.sum()
    m, s = 0.0, 1.0
    for _ in range(L):
        v = gain * s
        if act == "linear":
            a, b = 0.0, v
        elif act == "relu":
            a, b = np.sqrt(v / (2 * np.pi)), v / 2
        else:
            out = (
                np.tanh(np.sqrt(v) * nodes)
                if act == "tanh"
                else 1 / (1 + np.exp(-np.sqrt(v) * nodes))
            )
            a, b = np.sum(weights * out), np.sum(weights * out * out)
        m, s = (m + a, s + 2 * m * a + b) if skip else (a, b)
    return (s - m * m) ** 0.5


@variant("predict_std", replaces=("predict_std", "two_layer_net"))
def variances_instead_of_squares():
    """Keeps mean and variance, with a midpoint rule; the net is written as a closure over its forward."""

    def predict(scheme, act, L, n, skip=False):
        if act not in ACTIVATIONS:
            raise ValueError(f"{act} is no activation")
        if not (L >= 1 and n >= 1):
            raise ValueError(f"depth {L}, width {n}")
        if isinstance(scheme, str):
            if scheme not in ("lecun", "xavier", "he"):
                raise ValueError(f"{scheme} is no scheme")
            std = np.sqrt((2 if scheme == "he" else 1) / n)
        else:
            std = scheme
        if std <= 0:
            raise ValueError(f"{std} is no standard deviation")
        edges = np.arange(-8, 8, 0.005) + 0.0025
        density = np.exp(-(edges**2) / 2) / np.sqrt(2 * np.pi) * 0.005
        mean, variance = 0.0, 1.0
        for _ in range(L):
            out = ACTIVATIONS[act][0](np.sqrt(n * std**2 * (variance + mean**2)) * edges)
            first = np.sum(density * out)
            second = np.sum(density * (out - first) ** 2)
            mean, variance = (mean + first, variance + second) if skip else (first, second)
        return np.sqrt(variance)

    def net(x, y, w1, w2, learning_rate, steps):
        if steps < 0:
            raise ValueError(f"{steps} steps")
        losses = np.zeros(steps)
        for step in range(steps):
            h = (x @ w1).clip(min=0)
            e = h @ w2 - y
            losses[step] = np.sum(e * e)
            back = (e @ w2.T) * np.sign(h)
            w1, w2 = w1 - 2 * learning_rate * (x.T @ back), w2 - 2 * learning_rate * (h.T @ e)
        return losses, 1.0 * w1, 1.0 * w2

    return predict, net


@variant("predict_std", replaces="predict_std")
def by_trapezoids(scheme, act, L, n, skip=False):
    """The trapezoidal rule over a density that is written out; a recursion over the layers; mean and variance as a pair."""
    if act not in ACTIVATIONS.keys():
        raise ValueError(f"act {act!r}")
    if not (L >= 1 and n >= 1):
        raise ValueError(f"L = {L}, n = {n}")
    if scheme in ("lecun", "xavier", "he"):
        gain = {"he": 2}.get(scheme, 1)
    elif isinstance(scheme, str) or scheme <= 0:
        raise ValueError(f"scheme {scheme!r}")
    else:
        gain = n * scheme * scheme
    z = np.linspace(-12, 12, 6001)
    density = np.exp(-z * z / 2) / np.sqrt(2 * np.pi)

    def average(values):
        product = values * density
        return float(np.sum((product[1:] + product[:-1]) / 2) * (z[1] - z[0]))

    def layer(depth):
        if depth == 0:
            return 0.0, 1.0
        mean, variance = layer(depth - 1)
        out = ACTIVATIONS[act][0]((gain * (variance + mean**2)) ** 0.5 * z)
        first = average(out)
        spread = average((out - first) ** 2)
        return (mean + first, variance + spread) if skip else (first, spread)

    return layer(L)[1] ** 0.5


@variant("predict_std", replaces="two_layer_net")
def einsum_and_in_place_on_copies(x, y, w1, w2, learning_rate, steps):
    """einsum for every product; the weights are copies that are moved in place; the losses in a tuple."""
    if steps < 0:
        raise ValueError(f"{steps} steps, expected 0 or more")
    kinds = [v.dtype if v.dtype.kind == "f" else np.dtype(float) for v in (w1, w2)]
    w1, w2 = w1.astype(kinds[0]), w2.astype(kinds[1])
    x, y = x * kinds[0].type(1), y * kinds[1].type(1)
    losses = ()
    for _ in range(steps):
        z = np.einsum("nd,dh->nh", x, w1)
        gate = (z > 0).astype(z.dtype)
        error = np.einsum("nh,ho->no", z * gate, w2) - y
        losses += (np.einsum("no,no->", error, error).item(),)
        dw1 = np.einsum("nd,no,ho,nh->dh", x, error, w2, gate)
        dw2 = np.einsum("nh,nh,no->ho", z, gate, error)
        w1 -= (2 * learning_rate * dw1).astype(w1.dtype)
        w2 -= (2 * learning_rate * dw2).astype(w2.dtype)
    return losses, w1, w2
