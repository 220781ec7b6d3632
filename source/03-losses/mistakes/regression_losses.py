"""Known mistakes and right variants of `regression_losses`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake("regression_losses", replaces="mse_loss")
def mse_as_d3_prints_it(pred, target):
    """Your mean squared error has the root that D3's slide prints. Duplicate the data and see how the loss changes; the name says mean of squares."""
    r = residuals(pred, target)
    distance = np.sqrt(np.sum(r**2))
    return distance / r.size, r / (distance * r.size)


@mistake("regression_losses", replaces="mse_loss")
def root_of_the_mean(pred, target):
    """You take the root of the mean of squares, in loss and gradient. That is another measure, the RMSE; mse has no root."""
    r = residuals(pred, target)
    rms = np.sqrt(np.mean(r**2))
    return rms, r / (rms * r.size)


@mistake(
    "regression_losses",
    replaces="mse_loss",
    change={
        "residual = residuals(pred, target)": "r = residuals(pred, target)",
        "np.mean(residual**2), 2 * residual / residual.size": "np.mean(r**2) / 2, r / r.size",
    },
)
def half_of_the_squares():
    """You have the half that D2 puts before its squares. It makes the gradient prettier, but it is another loss: here `mse` is the mean of squares."""


@mistake(
    "regression_losses",
    replaces="mse_loss",
    change={
        "residual = residuals(pred, target)": "r = residuals(pred, target)",
        "np.mean(residual**2), 2 * residual / residual.size": "np.sum(r**2), 2 * r",
    },
)
def mse_is_a_sum():
    """Your mse sums the squares. A name that says mean averages over all entries, and its gradient is smaller by the same factor."""


@mistake("regression_losses", replaces=("mse_loss", "mae_loss"))
def gradient_without_the_mean():
    """Your losses are means, but their gradients are those of sums: the factor 1/n belongs to the loss, so its derivative has it too."""

    def mse_loss(pred, target):
        r = residuals(pred, target)
        return np.mean(r**2), 2 * r

    def mae_loss(pred, target):
        r = residuals(pred, target)
        return np.mean(np.abs(r)), np.sign(r)

    return mse_loss, mae_loss


@mistake(
    "regression_losses",
    replaces="mse_loss",
    change={
        "residual = residuals(pred, target)": "r = residuals(pred, target)",
        "np.mean(residual**2), 2 * residual / residual.size": "np.mean(r**2), r / r.size",
    },
)
def factor_two_is_lost():
    """Your mse's gradient lacks the 2 that comes from differentiating a square."""


@mistake("regression_losses", replaces=("mse_loss", "mae_loss"))
def mean_over_rows_only():
    """You divide by the number of rows. For predictions of shape (N, D) these two are means over all entries, of which there are N·D."""

    def mse_loss(pred, target):
        r = residuals(pred, target)
        return np.sum(r**2) / len(r), 2 * r / len(r)

    def mae_loss(pred, target):
        r = residuals(pred, target)
        return np.sum(np.abs(r)) / len(r), np.sign(r) / len(r)

    return mse_loss, mae_loss


@mistake("regression_losses", replaces="mae_loss")
def corner_takes_a_side(pred, target):
    """Where a prediction meets its target exactly, your mae still has a slope. At the corner the agreed gradient is 0."""
    r = residuals(pred, target)
    return np.mean(np.abs(r)), np.where(r >= 0, 1, -1).astype(r.dtype) / r.size


@mistake(
    "regression_losses",
    replaces="mae_loss",
    change={
        "residual = residuals(pred, target)": "r = residuals(pred, target)",
        "np.mean(np.abs(residual)), np.sign(residual) / residual.size": "np.mean(np.abs(r)), r / np.abs(r) / r.size",
    },
)
def sign_by_division():
    """You divide a residual by its own size to get its sign. Where a prediction meets its target exactly that is 0/0."""


@mistake("regression_losses", replaces="l2_distance")
def distance_zero_by_zero(pred, target):
    """Your distance divides by itself for the gradient, and at distance 0 that is 0/0. There the agreed gradient is 0."""
    r = residuals(pred, target)
    distance = np.sqrt(np.sum(r**2))
    return distance, r / distance


@mistake("regression_losses", replaces="l2_distance")
def distance_rescued_by_an_epsilon(pred, target):
    """You add something small under the root so that nothing is divided by 0. Then two equal arrays are no longer at distance 0: treat that one case by itself."""
    r = residuals(pred, target)
    distance = np.sqrt(np.sum(r**2) + 1e-8)
    return distance, r / distance


@mistake("regression_losses", replaces="l2_distance")
def mean_of_the_rows_distances(pred, target):
    """You take a distance for each row and average these. `l2_distance` is one distance, over all entries of the two arrays."""
    r = residuals(pred, target)
    each = np.sqrt(np.sum(r.reshape(len(r), -1) ** 2, axis=1)).reshape(-1, *[1] * (r.ndim - 1))
    return each.mean(), np.divide(r, each, out=np.zeros_like(r), where=each > 0) / len(r)


@mistake("regression_losses", replaces="l2_distance")
def distance_without_its_root(pred, target):
    """Your distance lacks its root: what you return is the sum of squares."""
    r = residuals(pred, target)
    return np.sum(r**2), 2 * r


@mistake("regression_losses", replaces="l2_distance")
def distance_is_a_spectral_norm(pred, target):
    """`np.linalg.norm(r, 2)` of a matrix is its largest singular value. The distance here is over all entries, whatever their shape."""
    r = residuals(pred, target)
    distance = np.linalg.norm(r, 2) if r.ndim <= 2 else np.linalg.norm(r)
    return distance, r / distance if distance > 0 else np.zeros_like(r)


@mistake("regression_losses", replaces=("mse_loss", "mae_loss", "l2_distance"))
def shapes_broadcast():
    """Your losses take (N, 1) against (N,): NumPy broadcasts the difference to (N, N), every prediction against every target. Compare the shapes first."""

    def difference(pred, target):
        r = pred - target
        return r if r.dtype.kind == "f" else r.astype(np.float64)

    def mse_loss(pred, target):
        r = difference(pred, target)
        return np.mean(r**2), 2 * r / r.size

    def mae_loss(pred, target):
        r = difference(pred, target)
        return np.mean(np.abs(r)), np.sign(r) / r.size

    def l2_distance(pred, target):
        r = difference(pred, target)
        distance = np.sqrt(np.sum(r**2))
        return distance, r / distance if distance > 0 else np.zeros_like(r)

    return mse_loss, mae_loss, l2_distance


@mistake("regression_losses", replaces=("mse_loss", "mae_loss", "l2_distance"))
def target_minus_pred():
    """You differentiate with respect to the target: the residual is the prediction minus the target, and your gradients have the wrong sign."""

    def difference(pred, target):
        if pred.shape != target.shape:
            raise ValueError(f"shapes {pred.shape} and {target.shape}")
        r = target - pred
        return r if r.dtype.kind == "f" else r.astype(np.float64)

    def mse_loss(pred, target):
        r = difference(pred, target)
        return np.mean(r**2), 2 * r / r.size

    def mae_loss(pred, target):
        r = difference(pred, target)
        return np.mean(np.abs(r)), np.sign(r) / r.size

    def l2_distance(pred, target):
        r = difference(pred, target)
        distance = np.sqrt(np.sum(r**2))
        return distance, r / distance if distance > 0 else np.zeros_like(r)

    return mse_loss, mae_loss, l2_distance


@mistake("regression_losses", replaces=("mse_loss", "mae_loss", "l2_distance"))
def subtracts_in_place():
    """You subtract the targets from `pred` in place. It belongs to the caller, who needs the predictions still: make a new array."""

    def difference(pred, target):
        if pred.shape != target.shape:
            raise ValueError(f"shapes {pred.shape} and {target.shape}")
        if pred.dtype.kind != "f":
            pred = pred.astype(np.float64)
        pred -= target
        return pred

    def mse_loss(pred, target):
        r = difference(pred, target)
        return np.mean(r**2), 2 * r / r.size

    def mae_loss(pred, target):
        r = difference(pred, target)
        return np.mean(np.abs(r)), np.sign(r) / r.size

    def l2_distance(pred, target):
        r = difference(pred, target)
        distance = np.sqrt(np.sum(r**2))
        return distance, r / distance if distance > 0 else np.zeros_like(r)

    return mse_loss, mae_loss, l2_distance


@mistake("regression_losses", replaces=("mse_loss", "mae_loss", "l2_distance"))
def only_the_axes_counted():
    """You look at how many axes the arrays have, not at their shapes: (4, 3) against (1, 3) gets through, and NumPy broadcasts it. Compare the whole shapes."""

    def counting(right):
        def loss(pred, target):
            if pred.ndim != target.ndim:
                raise ValueError(f"pred has shape {pred.shape}, target {target.shape}")
            return right(*np.broadcast_arrays(pred, target))

        return loss

    return counting(mse_loss), counting(mae_loss), counting(l2_distance)


@mistake("regression_losses", replaces=("mae_loss", "l2_distance"))
def nearly_is_exactly():
    """Where a prediction is close to its target, you take it for one that meets it, and let the gradient be 0. Near the corner the slope is still what it is elsewhere: only a difference of 0 is the corner."""

    def mae_loss(pred, target):
        r = residuals(pred, target)
        return np.mean(np.abs(r)), np.where(np.isclose(pred, target), 0, np.sign(r)).astype(
            r.dtype
        ) / r.size

    def l2_distance(pred, target):
        r = residuals(pred, target)
        d = np.sqrt(np.sum(r**2))
        return d, np.zeros_like(r) if np.allclose(pred, target) else r / d

    return mae_loss, l2_distance


@mistake("regression_losses", replaces="l2_distance")
def epsilon_beside_the_distance(pred, target):
    """You add something small to the distance before you divide by it. That helps at 0, but where two arrays are merely close, the gradient comes out too short. Treat distance 0 on its own."""
    r = residuals(pred, target)
    d = np.sqrt(np.sum(r**2))
    return d, r / (d + r.dtype.type(1e-8))


@mistake("regression_losses", replaces=("mse_loss", "mae_loss", "l2_distance"))
def unsigned_numbers_wrap():
    """You subtract before you convert. Unsigned whole numbers have nothing below 0: of `uint8`, 3 - 5 is 254. Convert to floats first."""
    global residuals

    def residuals(pred, target):
        if pred.shape != target.shape:
            raise ValueError(f"pred has shape {pred.shape}, but target has shape {target.shape}")
        residual = pred - target
        return residual if residual.dtype.kind == "f" else residual.astype(float)

    return mse_loss, mae_loss, l2_distance


@mistake("regression_losses", replaces=("mse_loss", "mae_loss", "l2_distance"))
def targets_cut_to_whole_numbers():
    """Where the predictions are whole numbers, you make the targets whole numbers too, and so cut off what is behind their points. Convert the integers to floats, not the floats to integers."""

    def cutting(right):
        return lambda pred, target: right(
            pred, target.astype(pred.dtype) if pred.dtype.kind in "iu" else target
        )

    return cutting(mse_loss), cutting(mae_loss), cutting(l2_distance)


@mistake(
    "regression_losses",
    replaces="mae_loss",
    change={
        "residual = residuals(pred, target)": "r = residuals(pred, target)",
        "np.mean(np.abs(residual)), np.sign(residual) / residual.size": "(np.median(np.abs(r)), np.sign(r) / r.size)",
    },
)
def median_for_mean():
    """`mae_loss` takes the median of the sizes. Mean absolute error is their mean."""


@mistake(
    "regression_losses",
    replaces="mse_loss",
    change={
        "residual = residuals(pred, target)": "r = residuals(pred, target)",
        "np.mean(residual**2), 2 * residual / residual.size": "(np.sum(r**2) / len(r), 2 * r / len(r))",
    },
)
def mean_over_examples_only():
    """`mse_loss` divides by the number of rows. Here a mean is over all $n$ entries, whatever the array's shape."""


@mistake("regression_losses", replaces="l2_distance")
def root_of_the_mean_square(pred, target):
    """`l2_distance` takes the root of the *mean* square. The distance is the root of the sum."""
    r = residuals(pred, target)
    d = np.sqrt(np.mean(r**2))
    return (d, r / (d * r.size) if d > 0 else np.zeros_like(r))


@mistake("regression_losses", replaces="l2_distance")
def half_of_the_root_lost(pred, target):
    """The gradient of your `l2_distance` is twice too large: differentiating the root gives a ½ that cancels the 2 of the square."""
    r = residuals(pred, target)
    d = np.sqrt(np.sum(r**2))
    return (d, 2 * r / d if d > 0 else np.zeros_like(r))


@mistake("regression_losses", replaces="mae_loss")
def sign_of_the_error_lost(pred, target):
    """The gradient of your `mae_loss` is positive everywhere. It has the sign of pred - target."""
    r = residuals(pred, target)
    return (np.mean(np.abs(r)), np.ones_like(r) / r.size * (r != 0))


@mistake("regression_losses", replaces=("mse_loss", "mae_loss", "l2_distance"))
def losses_in_float64_always():
    """All three losses convert to float64. float32 in should give float32 out."""
    fs = (mse_loss, mae_loss, l2_distance)
    return tuple((lambda p, t, f=f: f(np.asarray(p, float), np.asarray(t, float)) for f in fs))


@variant("regression_losses", replaces=("mse_loss", "mae_loss", "l2_distance"))
def flattened():
    """Flattens first, uses dot products and np.linalg.norm, returns Python floats."""

    def flat(pred, target):
        if np.shape(pred) != np.shape(target):
            raise ValueError(f"{np.shape(pred)} and {np.shape(target)} should be the same")
        return (pred * 1.0 - target).ravel()

    def mse_loss(pred, target):
        r = flat(pred, target)
        return float(r @ r) / len(r), (r * (2.0 / len(r))).reshape(pred.shape)

    def mae_loss(pred, target):
        r = flat(pred, target)
        g = np.zeros_like(r)
        g[r > 0] = 1.0
        g[r < 0] = -1.0
        return float(r @ g) / len(r), g.reshape(pred.shape) / len(r)

    def l2_distance(pred, target):
        r = flat(pred, target)
        d = float(np.linalg.norm(r))
        return d, (r / (d or 1.0)).reshape(pred.shape)

    return mse_loss, mae_loss, l2_distance


@variant("regression_losses", replaces=("mse_loss", "mae_loss", "l2_distance"))
def with_masks():
    """Averages with np.average, signs by comparison, divides where it may."""

    def checked(pred, target):
        if pred.shape != target.shape:
            raise ValueError(f"pred is {pred.shape} and target is {target.shape}")
        return np.subtract(
            pred,
            target,
            dtype=np.result_type(pred, target, np.float32) if pred.dtype.kind == "f" else float,
        )

    def mse_loss(pred, target):
        e = checked(pred, target)
        return np.average(np.square(e)), np.multiply(e, 2) / e.size

    def mae_loss(pred, target):
        e = checked(pred, target)
        return np.average(np.fabs(e)), ((e > 0).astype(e.dtype) - (e < 0)) / e.size

    def l2_distance(pred, target):
        e = checked(pred, target)
        d = np.sum(e * e) ** 0.5
        return d, np.divide(e, d, out=np.zeros_like(e), where=d > 0)

    return mse_loss, mae_loss, l2_distance


@variant("regression_losses", replaces=("mse_loss", "mae_loss", "l2_distance"))
def one_class_for_three():
    """A small class of losses with a method for each, einsum for the sums, and the gradients written in place into copies."""

    class Residual:
        def __init__(self, pred, target):
            if np.shape(pred) != np.shape(target):
                raise ValueError(f"{np.shape(pred)} is not {np.shape(target)}")
            kind = pred.dtype if pred.dtype.kind == "f" else np.dtype(float)
            self.r = np.subtract(pred, target, dtype=kind)
            self.n = self.r.size
            self.square = np.einsum("i,i->", self.r.ravel(), self.r.ravel())

        def mse(self):
            dpred = self.r.copy()
            dpred *= 2
            dpred /= self.n
            return self.square / self.n, dpred

        def mae(self):
            dpred = np.copysign(np.ones_like(self.r), self.r)
            dpred[self.r == 0] = 0
            return abs(self.r).sum() / self.n, dpred / self.n

        def distance(self):
            d = self.square**0.5
            return d, self.r / (d if d else 1)

    return (
        lambda pred, target: Residual(pred, target).mse(),
        lambda pred, target: Residual(pred, target).mae(),
        lambda pred, target: Residual(pred, target).distance(),
    )


@variant("regression_losses", replaces=("mse_loss", "mae_loss", "l2_distance"))
def numbers_as_arrays_of_no_axes():
    """Losses as arrays of shape (); a list for the pair; the distance's gradient by a safe divisor."""

    def both(pred, target):
        if pred.shape != target.shape:
            raise ValueError(f"predictions {pred.shape}, targets {target.shape}")
        return pred * np.ones((), pred.dtype if pred.dtype.kind == "f" else "f8") - target

    def mse(pred, target):
        r = both(pred, target)
        return [np.array(np.square(r).mean()), r * np.array(2 / r.size, r.dtype)]

    def mae(pred, target):
        r = both(pred, target)
        signs = (r > 0).astype(r.dtype) - (r < 0).astype(r.dtype)
        return [np.array((signs * r).mean()), signs / r.size]

    def distance(pred, target):
        r = both(pred, target)
        d = np.linalg.norm(r.reshape(-1))
        return [
            np.array(d),
            np.divide(r, d, out=np.zeros(r.shape, r.dtype), where=np.full(r.shape, d > 0)),
        ]

    return mse, mae, distance
