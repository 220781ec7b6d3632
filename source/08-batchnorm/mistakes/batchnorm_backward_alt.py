"""What goes wrong, and what else goes right, in `batchnorm_backward_alt`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake("batchnorm_backward_alt", replaces="batchnorm_backward_alt")
def gamma_left_out_of_the_closed_form(dout, cache):
    """`gamma` is missing from your closed form."""
    x_hat, std, gamma, _ = cache
    dgamma, dbeta = (dout * x_hat).sum(axis=0), dout.sum(axis=0)
    return (len(dout) * dout - dbeta - x_hat * dgamma) / (len(dout) * std), dgamma, dbeta


@mistake("batchnorm_backward_alt", replaces="batchnorm_backward_alt")
def variance_term_left_out(dout, cache):
    """Your closed form lacks the term with $\\hat x$: that is the path through the variance."""
    x_hat, std, gamma, _ = cache
    dgamma, dbeta = (dout * x_hat).sum(axis=0), dout.sum(axis=0)
    return gamma / (len(dout) * std) * (len(dout) * dout - dbeta), dgamma, dbeta


@mistake("batchnorm_backward_alt", replaces="batchnorm_backward_alt")
def mean_term_left_out(dout, cache):
    """Your closed form lacks the term A, which is the same for all examples of the batch: that is the path through the mean."""
    x_hat, std, gamma, _ = cache
    dgamma, dbeta = (dout * x_hat).sum(axis=0), dout.sum(axis=0)
    return gamma / (len(dout) * std) * (len(dout) * dout - x_hat * dgamma), dgamma, dbeta


@mistake("batchnorm_backward_alt", replaces="batchnorm_backward_alt")
def sums_beside_a_single_dout(dout, cache):
    """You take the two sums away from one `dout`, not from N times `dout`; then nothing is divided by N, or everything. Sums go with N times dout, means with dout itself."""
    x_hat, std, gamma, _ = cache
    dgamma, dbeta = (dout * x_hat).sum(axis=0), dout.sum(axis=0)
    return gamma / std * (dout - dbeta - x_hat * dgamma), dgamma, dbeta


@mistake("batchnorm_backward_alt", replaces="batchnorm_backward_alt")
def one_over_n_forgotten(dout, cache):
    """Your `dx` is N times too large: the bracket adds N times dout and two sums over the batch, so it has to be divided by N."""
    x_hat, std, gamma, _ = cache
    dgamma, dbeta = (dout * x_hat).sum(axis=0), dout.sum(axis=0)
    return gamma / std * (len(dout) * dout - dbeta - x_hat * dgamma), dgamma, dbeta


@mistake("batchnorm_backward_alt", replaces="batchnorm_backward_alt")
def divided_by_the_variance(dout, cache):
    """In your closed form, the whole bracket is divided by the variance (with eps). Follow one factor 1/s through your derivation: how many are there in front?"""
    x_hat, std, gamma, _ = cache
    dgamma, dbeta = (dout * x_hat).sum(axis=0), dout.sum(axis=0)
    return gamma / (len(dout) * std**2) * (len(dout) * dout - dbeta - x_hat * dgamma), dgamma, dbeta


@mistake("batchnorm_backward_alt", replaces="batchnorm_backward_alt")
def centred_for_normalised(dout, cache):
    """In your last term stands the centred x, where the normalised one belongs."""
    x_hat, std, gamma, _ = cache
    dgamma, dbeta = (dout * x_hat).sum(axis=0), dout.sum(axis=0)
    return (
        gamma / (len(dout) * std) * (len(dout) * dout - dbeta - x_hat * std * dgamma),
        dgamma,
        dbeta,
    )


@mistake("batchnorm_backward_alt", replaces="batchnorm_backward_alt")
def gamma_in_the_parameters_gradients(dout, cache):
    """You use the sums of dout times gamma for `dgamma` and `dbeta` as well. gamma reaches x, but not its own gradient."""
    x_hat, std, gamma, _ = cache
    dx_hat = dout * gamma
    A, B = dx_hat.sum(axis=0), (dx_hat * x_hat).sum(axis=0)
    return (len(dout) * dx_hat - A - x_hat * B) / (len(dout) * std), B, A


@mistake("batchnorm_backward_alt", replaces="batchnorm_backward_alt")
def means_in_a_bracket_of_sums(dout, cache):
    """Your A and B are means over the batch, beside N times dout. In this bracket they are sums: the whole is divided by N in front."""
    x_hat, std, gamma, _ = cache
    N, A, B = len(dout), dout.mean(axis=0), (dout * x_hat).mean(axis=0)
    return gamma / (N * std) * (N * dout - A - x_hat * B), N * B, N * A


@mistake("batchnorm_backward_alt", replaces="batchnorm_backward_alt")
def closed_form_with_rows(dout, cache):
    """Your `dgamma` and `dbeta` have shape (1, D) (`keepdims=True`). A gradient has the shape of its parameter: (D,)."""
    x_hat, std, gamma, _ = cache
    dgamma, dbeta = (dout * x_hat).sum(axis=0, keepdims=True), dout.sum(axis=0, keepdims=True)
    return gamma / (len(dout) * std) * (len(dout) * dout - dbeta - x_hat * dgamma), dgamma, dbeta


@mistake("batchnorm_backward_alt", replaces="batchnorm_backward_alt")
def mean_taken_away_in_a_step_of_its_own(dout, cache):
    """Your `dx` divides first, and takes a mean over the batch away in a step of its own, as the path through the mean does. Insert the steps into one another: three terms are left, and both sums are of `dout`."""
    x_hat, std, gamma, _ = cache
    N, dx_hat, centred = len(dout), dout * gamma, x_hat * std
    dvar = -0.5 * (dx_hat * centred).sum(axis=0) * std**-3
    dcentred = dx_hat / std + 2 * centred * dvar / N
    dx = dcentred - dcentred.sum(axis=0) / N
    return dx, (dout * x_hat).sum(axis=0), dout.sum(axis=0)


@variant("batchnorm_backward_alt", replaces="batchnorm_backward_alt")
def with_means(dout, cache):
    """Means in the place of sums, gamma inside."""
    x_hat, std, gamma, _ = cache
    g = gamma * dout
    dx = (g - np.mean(g, axis=0) - x_hat * np.mean(g * x_hat, axis=0)) / std
    return dx, np.sum(dout * x_hat, axis=0), np.sum(dout, axis=0)


@variant("batchnorm_backward_alt", replaces="batchnorm_backward_alt")
def by_the_full_matrix(dout, cache):
    """The Jacobian of each column as a matrix, applied by einsum."""
    x_hat, std, gamma, _ = cache
    N = dout.shape[0]
    jacobian = (
        np.eye(N, dtype=dout.dtype)[:, :, None] - 1 / N - x_hat[:, None, :] * x_hat[None, :, :] / N
    ) * (gamma / std)
    return (
        np.einsum("md,mnd->nd", dout, jacobian),
        np.einsum("nd,nd->d", dout, x_hat),
        dout.sum(axis=0),
    )


@variant("batchnorm_backward_alt", replaces="batchnorm_backward_alt")
def by_projection(dout, cache):
    """Takes away from dout its part along the ones and its part along x_hat, in place on a copy."""
    x_hat, std, gamma, _ = cache
    dgamma, dbeta = np.einsum("nd,nd->d", x_hat, dout), np.einsum("nd->d", dout)
    left = dout.copy()
    left -= dbeta / len(dout)
    left -= x_hat * (dgamma / len(dout))
    left *= gamma / std
    return left, dgamma, dbeta


@variant("batchnorm_backward_alt", replaces="batchnorm_backward_alt")
def by_the_covariance(dout, cache):
    """The mean of dout and its covariance with x_hat, whose mean is zero, as a class; a list for the three."""

    class Columns:
        def __init__(self, dout, x_hat):
            self.N = dout.shape[0]
            self.mean = np.average(dout, axis=0)
            self.centred = dout - self.mean
            self.along = np.average(self.centred * x_hat, axis=0)

    x_hat, std, gamma, *_ = cache
    columns = Columns(dout, x_hat)
    dx = np.multiply(columns.centred - np.multiply(x_hat, columns.along), np.divide(gamma, std))
    return [dx, np.sum(dout * x_hat, 0), columns.mean * columns.N]


@variant("batchnorm_backward_alt", replaces="batchnorm_backward_alt")
def centred_once_more(dout, cache):
    """The closed form, and at its end the mean that rounding left is taken away."""
    x_hat, std, gamma, _ = cache
    dgamma, dbeta = (dout * x_hat).sum(axis=0), dout.sum(axis=0)
    dx = gamma / std * (dout - dbeta / len(dout) - x_hat * dgamma / len(dout))
    return dx - dx.mean(axis=0), dgamma, dbeta
