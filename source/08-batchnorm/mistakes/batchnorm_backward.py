"""What goes wrong, and what else goes right, in `batchnorm_backward`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake("batchnorm_backward", replaces="batchnorm_backward")
def gamma_left_out(dout, cache):
    """`gamma` is missing from your `dx`. The normalised value is multiplied by it on its way to out, so its gradient is dout times gamma, on all three paths."""
    x_hat, std, gamma, mode = cache
    N = len(dout)
    dcentred = dout / std
    if mode == "test":
        return dcentred, (dout * x_hat).sum(axis=0), dout.sum(axis=0)
    centred = x_hat * std
    dvar = -(dout * centred).sum(axis=0) / (2 * std**3)
    dcentred = dcentred + 2 * centred * dvar / N
    return dcentred - dcentred.sum(axis=0) / N, (dout * x_hat).sum(axis=0), dout.sum(axis=0)


@mistake("batchnorm_backward", replaces="batchnorm_backward")
def no_path_through_variance(dout, cache):
    """No gradient of yours passes through the variance. Every example of the batch changes the root that all of them are divided by."""
    x_hat, std, gamma, mode = cache
    dcentred = dout * gamma / std
    if mode == "train":
        dcentred = dcentred - dcentred.sum(axis=0) / len(dout)
    return dcentred, (dout * x_hat).sum(axis=0), dout.sum(axis=0)


@mistake("batchnorm_backward", replaces="batchnorm_backward")
def no_path_through_mean(dout, cache):
    """No gradient of yours passes through the mean. Every example of the batch changes the mean that is taken away from all of them."""
    x_hat, std, gamma, mode = cache
    dcentred = dout * gamma / std
    if mode == "train":
        centred = x_hat * std
        dvar = -(dout * gamma * centred).sum(axis=0) / (2 * std**3)
        dcentred = dcentred + 2 * centred * dvar / len(dout)
    return dcentred, (dout * x_hat).sum(axis=0), dout.sum(axis=0)


@mistake("batchnorm_backward", replaces="batchnorm_backward")
def statistics_taken_for_constants(dout, cache):
    """In training, you treat mean and variance as constants. They are made of the very x that you differentiate by: two of the three paths are missing."""
    x_hat, std, gamma, _ = cache
    return dout * gamma / std, (dout * x_hat).sum(axis=0), dout.sum(axis=0)


@mistake("batchnorm_backward", replaces="batchnorm_backward")
def factor_two_of_the_square_lost(dout, cache):
    """On your path through the variance a factor is missing: the derivative of a square is twice what was squared."""
    x_hat, std, gamma, mode = cache
    N = len(dout)
    dcentred = dout * gamma / std
    if mode == "train":
        centred = x_hat * std
        dvar = -(dout * gamma * centred).sum(axis=0) / (2 * std**3)
        dcentred = dcentred + centred * dvar / N
        dcentred = dcentred - dcentred.sum(axis=0) / N
    return dcentred, (dout * x_hat).sum(axis=0), dout.sum(axis=0)


@mistake("batchnorm_backward", replaces="batchnorm_backward")
def parameters_gradients_are_means(dout, cache):
    """Your `dgamma` and `dbeta` are averages over the batch. Every example uses the same gamma and beta: where one value feeds many, gradients add."""
    x_hat, std, gamma, mode = cache
    N = len(dout)
    dcentred = dout * gamma / std
    if mode == "train":
        centred = x_hat * std
        dvar = -(dout * gamma * centred).sum(axis=0) / (2 * std**3)
        dcentred = dcentred + 2 * centred * dvar / N
        dcentred = dcentred - dcentred.sum(axis=0) / N
    return dcentred, (dout * x_hat).mean(axis=0), dout.mean(axis=0)


@mistake("batchnorm_backward", replaces="batchnorm_backward")
def dgamma_of_the_centred_values(dout, cache):
    """Your `dgamma` multiplies dout by the centred x, before it was divided by the root. Look at what gamma is multiplied by in the forward."""
    x_hat, std, gamma, mode = cache
    N = len(dout)
    dcentred = dout * gamma / std
    centred = x_hat * std
    if mode == "train":
        dvar = -(dout * gamma * centred).sum(axis=0) / (2 * std**3)
        dcentred = dcentred + 2 * centred * dvar / N
        dcentred = dcentred - dcentred.sum(axis=0) / N
    return dcentred, (dout * centred).sum(axis=0), dout.sum(axis=0)


@mistake("batchnorm_backward", replaces="batchnorm_backward")
def test_taken_for_training(dout, cache):
    """After a forward in test mode you still walk all three paths. Running statistics do not depend on this batch: what is left?"""
    x_hat, std, gamma, _ = cache
    N = len(dout)
    centred = x_hat * std
    dvar = -(dout * gamma * centred).sum(axis=0) / (2 * std**3)
    dcentred = dout * gamma / std + 2 * centred * dvar / N
    return dcentred - dcentred.sum(axis=0) / N, (dout * x_hat).sum(axis=0), dout.sum(axis=0)


@mistake("batchnorm_backward", replaces="batchnorm_backward")
def variance_without_eps(dout, cache):
    """In the backward pass, you divide by a root without `eps`. The forward divided by one with it; keep that very root in the cache."""
    x_hat, std, gamma, mode = cache
    N = len(dout)
    if mode == "test":
        return dout * gamma / std, (dout * x_hat).sum(axis=0), dout.sum(axis=0)
    centred = x_hat * std
    bare = np.sqrt(np.mean(centred**2, axis=0))
    dvar = -(dout * gamma * centred).sum(axis=0) / (2 * bare**3)
    dcentred = dout * gamma / bare + 2 * centred * dvar / N
    return dcentred - dcentred.sum(axis=0) / N, (dout * x_hat).sum(axis=0), dout.sum(axis=0)


@mistake("batchnorm_backward", replaces="batchnorm_backward")
def dout_changed_in_place(dout, cache):
    """You multiply `dout` in place (`*=`), and so change the caller's array. Make a new one."""
    x_hat, std, gamma, mode = cache
    N = len(dout)
    dgamma, dbeta = (dout * x_hat).sum(axis=0), dout.sum(axis=0)
    dout *= gamma
    dcentred = dout / std
    if mode == "train":
        centred = x_hat * std
        dvar = -(dout * centred).sum(axis=0) / (2 * std**3)
        dcentred = dcentred + 2 * centred * dvar / N
        dcentred = dcentred - dcentred.sum(axis=0) / N
    return dcentred, dgamma, dbeta


@mistake("batchnorm_backward", replaces="batchnorm_backward")
def the_cache_is_used_up_in_test(dout, cache):
    """In test mode you divide `gamma` in place: what lies in the cache, and is the caller's own, is another one afterwards. Divide into a new array."""
    x_hat, std, gamma, mode = cache
    dgamma, dbeta = (dout * x_hat).sum(axis=0), dout.sum(axis=0)
    if mode == "test":
        gamma /= std
        return dout * gamma, dgamma, dbeta
    dx_hat = dout * gamma
    return (
        (dx_hat - dx_hat.mean(axis=0) - x_hat * (dx_hat * x_hat).mean(axis=0)) / std,
        dgamma,
        dbeta,
    )


@mistake("batchnorm_backward", replaces=("batchnorm_backward",))
def gradients_of_parameters_as_rows():
    """Your `dgamma` and `dbeta` have shape (1, D) (`keepdims=True`). A gradient has the shape of its parameter: (D,)."""
    inner = batchnorm_backward

    def backward(dout, cache):
        dx, dgamma, dbeta = inner(dout, cache)
        return dx, dgamma[None], dbeta[None]

    return backward


@mistake("batchnorm_backward", replaces=("batchnorm_backward",))
def axes_of_length_one_are_lost():
    """Your gradients lose axes of length 1 (`squeeze`): for a batch of one, or for one feature, they have another shape than x, gamma and beta."""
    inner = batchnorm_backward

    def backward(dout, cache):
        return tuple(np.squeeze(grad) for grad in inner(dout, cache))

    return backward


@mistake("batchnorm_backward", replaces=("batchnorm_backward",))
def dgamma_and_dbeta_swapped():
    """Your `dgamma` and `dbeta` have changed places: return dx, dgamma, dbeta, in this order."""
    inner = batchnorm_backward

    def backward(dout, cache):
        dx, dgamma, dbeta = inner(dout, cache)
        return dx, dbeta, dgamma

    return backward


@mistake("batchnorm_backward", replaces=("batchnorm_backward",))
def path_through_the_mean_added():
    """Your path through the mean has the wrong sign. The mean is subtracted from every x, so its gradient is minus a sum."""
    inner = batchnorm_backward

    def backward(dout, cache):
        x_hat, std, gamma, mode = cache
        dx, dgamma, dbeta = inner(dout, cache)
        return dx + 2 * (dout * gamma / std).mean(axis=0) if mode == "train" else dx, dgamma, dbeta

    return backward


@mistake("batchnorm_backward", replaces="batchnorm_backward")
def gamma_on_the_straight_path_alone(dout, cache):
    """You multiply by `gamma` on the straight path alone. The normalised x is multiplied by it first, so all three paths carry it."""
    x_hat, std, gamma, mode = cache
    dx = dout * gamma / std
    if mode == "train":
        dx = dx - (dout / std).mean(axis=0) - x_hat * (dout / std * x_hat).mean(axis=0)
    return dx, (dout * x_hat).sum(axis=0), dout.sum(axis=0)


@mistake("batchnorm_backward", replaces=("batchnorm_backward",))
def parameters_frozen_in_test():
    """After a forward in test mode, your `dgamma` and `dbeta` are zero. Only the statistics are constants there: gamma and beta still learn."""
    inner = batchnorm_backward

    def backward(dout, cache):
        dx, dgamma, dbeta = inner(dout, cache)
        return (dx, 0 * dgamma, 0 * dbeta) if cache[3] == "test" else (dx, dgamma, dbeta)

    return backward


@variant("batchnorm_backward", replaces="batchnorm_backward")
def in_the_words_of_the_paper(dout, cache):
    """The equations of Ioffe and Szegedy, with the mean's part through the variance (which is zero) written out."""
    x_hat, std, gamma, mode = cache
    m = dout.shape[0]
    d_hat = dout * gamma
    if mode != "train":
        return d_hat / std, np.einsum("nd,nd->d", dout, x_hat), np.einsum("nd->d", dout)
    away = x_hat * std
    d_var = np.sum(d_hat * away * -0.5 * std**-3, axis=0)
    d_mean = np.sum(-d_hat / std, axis=0) + d_var * np.mean(-2 * away, axis=0)
    dx = d_hat / std + d_var * 2 * away / m + d_mean / m
    return dx, np.einsum("nd,nd->d", dout, x_hat), np.einsum("nd->d", dout)


@variant("batchnorm_backward", replaces="batchnorm_backward")
def nine_steps_with_the_reciprocal(dout, cache):
    """The root's reciprocal as a gate of its own, and gradients spread over the batch by arrays of ones."""
    x_hat, std, gamma, mode = cache
    N, D = dout.shape
    ones = np.ones((N, D), dtype=dout.dtype)
    dbeta = np.sum(dout, axis=0)
    dgamma = np.sum(x_hat * dout, axis=0)
    dx_hat = gamma * dout
    reciprocal = 1 / std
    dcentred = dx_hat * reciprocal
    if mode == "test":
        return dcentred, dgamma, dbeta
    centred = x_hat * std
    dreciprocal = np.sum(dx_hat * centred, axis=0)
    droot = -dreciprocal * reciprocal * reciprocal
    dvar = 0.5 * reciprocal * droot
    dsquares = ones * dvar / N
    dcentred = dcentred + 2 * centred * dsquares
    return dcentred + ones * -np.sum(dcentred, axis=0) / N, dgamma, dbeta


@variant("batchnorm_backward", replaces="batchnorm_backward")
def gates_as_a_class(dout, cache):
    """Each statistic is a gate that spreads its gradient over the batch; the gradients are added up in place."""
    x_hat, std, gamma, mode = cache

    class Batch:
        def __init__(self, values):
            self.values = values

        def total(self):
            return np.add.reduce(self.values, axis=0)

        def average(self):
            return self.total() / self.values.shape[0]

    dx = dout * (gamma / std)
    if mode == "train":
        through_mean, through_var = Batch(dx).average(), Batch(dx * x_hat).average()
        dx -= through_mean
        dx -= x_hat * through_var
    return dx, Batch(x_hat * dout).total(), Batch(dout).total()


@variant("batchnorm_backward", replaces="batchnorm_backward")
def column_by_column(dout, cache):
    """A loop over the columns, each with its Jacobian; a list for the three."""
    x_hat, std, gamma, mode = cache
    N, D = dout.shape
    dx = np.empty((N, D), dout.dtype)
    for column in range(D):
        h, d = x_hat[:, column], dout[:, column]
        jacobian = np.eye(N, dtype=dout.dtype)
        if mode != "test":
            jacobian = jacobian - (1 + np.outer(h, h)) / N
        dx[:, column] = gamma[column] / std[column] * (jacobian @ d)
    return [dx, np.einsum("nd,nd->d", dout, x_hat), np.einsum("nd->d", dout)]
