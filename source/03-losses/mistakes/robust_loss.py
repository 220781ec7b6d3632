"""Known mistakes and right variants of `robust_loss`.

Most mistakes are in one row, so they leave the other rows to a copy of a right answer; only that row differs.
"""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake("robust_loss", replaces="robust_loss")
def bars_lost(x, kind, xi=1.0, p=1.5):
    """Your L1 loss is x itself, without the bars: for a negative residual it is negative, and its weight too. That is what D2's table reads like."""
    if not xi > 0 or not p >= 1:
        raise ValueError(f"xi is {xi} and p is {p}, expected xi > 0 and p >= 1")
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    s, at_zero = np.abs(x), 1.0
    if kind == "least_squares":
        rho, psi = x * x / 2, x.copy()
    elif kind == "l1":
        rho, psi = x.copy(), np.sign(x)
    elif kind == "lp":
        rho, psi = s**p / p, np.sign(x) * s ** (p - 1)
        at_zero = np.inf if p < 2 else 1.0 if p == 2 else 0.0
    elif kind == "fair":
        rho, psi = xi**2 * (s / xi - np.log1p(s / xi)), x / (1 + s / xi)
    elif kind == "cauchy":
        rho, psi = xi**2 / 2 * np.log1p((x / xi) ** 2), x / (1 + (x / xi) ** 2)
    elif kind == "huber":
        rho = np.where(s <= xi, x * x / 2, xi * (s - xi / 2))
        psi = np.clip(x, -xi, xi)
    elif kind == "tukey":
        g = np.maximum(1 - (x / xi) ** 2, 0)
        rho, psi = xi**2 / 6 * (1 - g**3), x * g**2
    else:
        raise ValueError(f"no such kind: {kind}")
    if kind == "l1":
        return rho, psi, np.divide(1, x, out=np.full_like(x, np.inf), where=x != 0)
    return rho, psi, np.divide(psi, x, out=np.full_like(x, at_zero), where=x != 0)


@mistake("robust_loss", replaces="robust_loss")
def tukey_as_printed(x, kind, xi=1.0, p=1.5):
    """Your Tukey is D2's as printed, ξ⁴ times the usual one: its weight at 0 is not 1. The course takes the normalised row of the table."""
    if not xi > 0 or not p >= 1:
        raise ValueError(f"xi is {xi} and p is {p}, expected xi > 0 and p >= 1")
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    s, at_zero = np.abs(x), 1.0
    if kind == "least_squares":
        rho, psi = x * x / 2, x.copy()
    elif kind == "l1":
        rho, psi, at_zero = s, np.sign(x), np.inf
    elif kind == "lp":
        rho, psi = s**p / p, np.sign(x) * s ** (p - 1)
        at_zero = np.inf if p < 2 else 1.0 if p == 2 else 0.0
    elif kind == "fair":
        rho, psi = xi**2 * (s / xi - np.log1p(s / xi)), x / (1 + s / xi)
    elif kind == "cauchy":
        rho, psi = xi**2 / 2 * np.log1p((x / xi) ** 2), x / (1 + (x / xi) ** 2)
    elif kind == "huber":
        rho = np.where(s <= xi, x * x / 2, xi * (s - xi / 2))
        psi = np.clip(x, -xi, xi)
    elif kind == "tukey":
        g = np.maximum(1 - (x / xi) ** 2, 0)
        rho, psi, at_zero = xi**6 / 6 * (1 - g**3), xi**4 * x * g**2, xi**4
    else:
        raise ValueError(f"no such kind: {kind}")
    return rho, psi, np.divide(psi, x, out=np.full_like(x, at_zero), where=x != 0)


@mistake("robust_loss", replaces="robust_loss")
def tukey_turns_up_again(x, kind, xi=1.0, p=1.5):
    """Beyond ξ your Tukey goes on with the inner formula. There the loss is constant, and residuals no longer count."""
    if not xi > 0 or not p >= 1:
        raise ValueError(f"xi is {xi} and p is {p}, expected xi > 0 and p >= 1")
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    s, at_zero = np.abs(x), 1.0
    if kind == "least_squares":
        rho, psi = x * x / 2, x.copy()
    elif kind == "l1":
        rho, psi, at_zero = s, np.sign(x), np.inf
    elif kind == "lp":
        rho, psi = s**p / p, np.sign(x) * s ** (p - 1)
        at_zero = np.inf if p < 2 else 1.0 if p == 2 else 0.0
    elif kind == "fair":
        rho, psi = xi**2 * (s / xi - np.log1p(s / xi)), x / (1 + s / xi)
    elif kind == "cauchy":
        rho, psi = xi**2 / 2 * np.log1p((x / xi) ** 2), x / (1 + (x / xi) ** 2)
    elif kind == "huber":
        rho = np.where(s <= xi, x * x / 2, xi * (s - xi / 2))
        psi = np.clip(x, -xi, xi)
    elif kind == "tukey":
        g = 1 - (x / xi) ** 2
        rho, psi = xi**2 / 6 * (1 - g**3), x * g**2
    else:
        raise ValueError(f"no such kind: {kind}")
    return rho, psi, np.divide(psi, x, out=np.full_like(x, at_zero), where=x != 0)


@mistake("robust_loss", replaces="robust_loss")
def tukey_forgets_its_constant(x, kind, xi=1.0, p=1.5):
    """Beyond ξ your Tukey's loss is 0, so that the worst residuals cost nothing at all. It stays at the height that it has reached at ξ."""
    if not xi > 0 or not p >= 1:
        raise ValueError(f"xi is {xi} and p is {p}, expected xi > 0 and p >= 1")
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    s, at_zero = np.abs(x), 1.0
    if kind == "least_squares":
        rho, psi = x * x / 2, x.copy()
    elif kind == "l1":
        rho, psi, at_zero = s, np.sign(x), np.inf
    elif kind == "lp":
        rho, psi = s**p / p, np.sign(x) * s ** (p - 1)
        at_zero = np.inf if p < 2 else 1.0 if p == 2 else 0.0
    elif kind == "fair":
        rho, psi = xi**2 * (s / xi - np.log1p(s / xi)), x / (1 + s / xi)
    elif kind == "cauchy":
        rho, psi = xi**2 / 2 * np.log1p((x / xi) ** 2), x / (1 + (x / xi) ** 2)
    elif kind == "huber":
        rho = np.where(s <= xi, x * x / 2, xi * (s - xi / 2))
        psi = np.clip(x, -xi, xi)
    elif kind == "tukey":
        g = np.maximum(1 - (x / xi) ** 2, 0)
        rho, psi = np.where(s <= xi, xi**2 / 6 * (1 - g**3), 0), x * g**2
    else:
        raise ValueError(f"no such kind: {kind}")
    return rho, psi, np.divide(psi, x, out=np.full_like(x, at_zero), where=x != 0)


@mistake("robust_loss", replaces="robust_loss")
def huber_jumps(x, kind, xi=1.0, p=1.5):
    """Your Huber jumps at ξ: its outer piece does not begin at the height where the inner one ends. Put x = ξ into both."""
    if not xi > 0 or not p >= 1:
        raise ValueError(f"xi is {xi} and p is {p}, expected xi > 0 and p >= 1")
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    s, at_zero = np.abs(x), 1.0
    if kind == "least_squares":
        rho, psi = x * x / 2, x.copy()
    elif kind == "l1":
        rho, psi, at_zero = s, np.sign(x), np.inf
    elif kind == "lp":
        rho, psi = s**p / p, np.sign(x) * s ** (p - 1)
        at_zero = np.inf if p < 2 else 1.0 if p == 2 else 0.0
    elif kind == "fair":
        rho, psi = xi**2 * (s / xi - np.log1p(s / xi)), x / (1 + s / xi)
    elif kind == "cauchy":
        rho, psi = xi**2 / 2 * np.log1p((x / xi) ** 2), x / (1 + (x / xi) ** 2)
    elif kind == "huber":
        rho = np.where(s <= xi, x * x / 2, xi * s)
        psi = np.clip(x, -xi, xi)
    elif kind == "tukey":
        g = np.maximum(1 - (x / xi) ** 2, 0)
        rho, psi = xi**2 / 6 * (1 - g**3), x * g**2
    else:
        raise ValueError(f"no such kind: {kind}")
    return rho, psi, np.divide(psi, x, out=np.full_like(x, at_zero), where=x != 0)


@mistake("robust_loss", replaces="robust_loss")
def huber_loses_the_sign(x, kind, xi=1.0, p=1.5):
    """The influence of your Huber is +ξ for every large residual. A large negative one pulls the other way."""
    if not xi > 0 or not p >= 1:
        raise ValueError(f"xi is {xi} and p is {p}, expected xi > 0 and p >= 1")
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    s, at_zero = np.abs(x), 1.0
    if kind == "least_squares":
        rho, psi = x * x / 2, x.copy()
    elif kind == "l1":
        rho, psi, at_zero = s, np.sign(x), np.inf
    elif kind == "lp":
        rho, psi = s**p / p, np.sign(x) * s ** (p - 1)
        at_zero = np.inf if p < 2 else 1.0 if p == 2 else 0.0
    elif kind == "fair":
        rho, psi = xi**2 * (s / xi - np.log1p(s / xi)), x / (1 + s / xi)
    elif kind == "cauchy":
        rho, psi = xi**2 / 2 * np.log1p((x / xi) ** 2), x / (1 + (x / xi) ** 2)
    elif kind == "huber":
        rho = np.where(s <= xi, x * x / 2, xi * (s - xi / 2))
        psi = np.where(s <= xi, x, xi)
    elif kind == "tukey":
        g = np.maximum(1 - (x / xi) ** 2, 0)
        rho, psi = xi**2 / 6 * (1 - g**3), x * g**2
    else:
        raise ValueError(f"no such kind: {kind}")
    return rho, psi, np.divide(psi, x, out=np.full_like(x, at_zero), where=x != 0)


@mistake("robust_loss", replaces="robust_loss")
def huber_compares_without_bars(x, kind, xi=1.0, p=1.5):
    """Your Huber compares x, not its size, with ξ: every negative residual counts as small, however large it is."""
    if not xi > 0 or not p >= 1:
        raise ValueError(f"xi is {xi} and p is {p}, expected xi > 0 and p >= 1")
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    s, at_zero = np.abs(x), 1.0
    if kind == "least_squares":
        rho, psi = x * x / 2, x.copy()
    elif kind == "l1":
        rho, psi, at_zero = s, np.sign(x), np.inf
    elif kind == "lp":
        rho, psi = s**p / p, np.sign(x) * s ** (p - 1)
        at_zero = np.inf if p < 2 else 1.0 if p == 2 else 0.0
    elif kind == "fair":
        rho, psi = xi**2 * (s / xi - np.log1p(s / xi)), x / (1 + s / xi)
    elif kind == "cauchy":
        rho, psi = xi**2 / 2 * np.log1p((x / xi) ** 2), x / (1 + (x / xi) ** 2)
    elif kind == "huber":
        rho = np.where(x <= xi, x * x / 2, xi * (s - xi / 2))
        psi = np.where(x <= xi, x, xi)
    elif kind == "tukey":
        g = np.maximum(1 - (x / xi) ** 2, 0)
        rho, psi = xi**2 / 6 * (1 - g**3), x * g**2
    else:
        raise ValueError(f"no such kind: {kind}")
    return rho, psi, np.divide(psi, x, out=np.full_like(x, at_zero), where=x != 0)


@mistake("robust_loss", replaces="robust_loss")
def scale_is_ignored(x, kind, xi=1.0, p=1.5):
    """Your rows with ξ give the same whatever ξ is. It is the size from which a residual is suspect."""
    if not xi > 0 or not p >= 1:
        raise ValueError(f"xi is {xi} and p is {p}, expected xi > 0 and p >= 1")
    x, xi = x if x.dtype.kind == "f" else x.astype(np.float64), 1.0
    s, at_zero = np.abs(x), 1.0
    if kind == "least_squares":
        rho, psi = x * x / 2, x.copy()
    elif kind == "l1":
        rho, psi, at_zero = s, np.sign(x), np.inf
    elif kind == "lp":
        rho, psi = s**p / p, np.sign(x) * s ** (p - 1)
        at_zero = np.inf if p < 2 else 1.0 if p == 2 else 0.0
    elif kind == "fair":
        rho, psi = xi**2 * (s / xi - np.log1p(s / xi)), x / (1 + s / xi)
    elif kind == "cauchy":
        rho, psi = xi**2 / 2 * np.log1p((x / xi) ** 2), x / (1 + (x / xi) ** 2)
    elif kind == "huber":
        rho = np.where(s <= xi, x * x / 2, xi * (s - xi / 2))
        psi = np.clip(x, -xi, xi)
    elif kind == "tukey":
        g = np.maximum(1 - (x / xi) ** 2, 0)
        rho, psi = xi**2 / 6 * (1 - g**3), x * g**2
    else:
        raise ValueError(f"no such kind: {kind}")
    return rho, psi, np.divide(psi, x, out=np.full_like(x, at_zero), where=x != 0)


@mistake("robust_loss", replaces="robust_loss")
def cauchy_lacks_its_half(x, kind, xi=1.0, p=1.5):
    """Your Cauchy's loss and influence are twice what they should be: near 0 every smooth row looks like x²/2."""
    if not xi > 0 or not p >= 1:
        raise ValueError(f"xi is {xi} and p is {p}, expected xi > 0 and p >= 1")
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    s, at_zero = np.abs(x), 1.0
    if kind == "least_squares":
        rho, psi = x * x / 2, x.copy()
    elif kind == "l1":
        rho, psi, at_zero = s, np.sign(x), np.inf
    elif kind == "lp":
        rho, psi = s**p / p, np.sign(x) * s ** (p - 1)
        at_zero = np.inf if p < 2 else 1.0 if p == 2 else 0.0
    elif kind == "fair":
        rho, psi = xi**2 * (s / xi - np.log1p(s / xi)), x / (1 + s / xi)
    elif kind == "cauchy":
        rho, psi, at_zero = xi**2 * np.log1p((x / xi) ** 2), 2 * x / (1 + (x / xi) ** 2), 2.0
    elif kind == "huber":
        rho = np.where(s <= xi, x * x / 2, xi * (s - xi / 2))
        psi = np.clip(x, -xi, xi)
    elif kind == "tukey":
        g = np.maximum(1 - (x / xi) ** 2, 0)
        rho, psi = xi**2 / 6 * (1 - g**3), x * g**2
    else:
        raise ValueError(f"no such kind: {kind}")
    return rho, psi, np.divide(psi, x, out=np.full_like(x, at_zero), where=x != 0)


@mistake("robust_loss", replaces="robust_loss")
def cauchy_forgets_a_square(x, kind, xi=1.0, p=1.5):
    """Your Cauchy row divides x² by ξ instead of by ξ². A row that depends on x and ξ through x/ξ treats centimetres and metres alike."""
    if not xi > 0 or not p >= 1:
        raise ValueError(f"xi is {xi} and p is {p}, expected xi > 0 and p >= 1")
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    s, at_zero = np.abs(x), 1.0
    if kind == "least_squares":
        rho, psi = x * x / 2, x.copy()
    elif kind == "l1":
        rho, psi, at_zero = s, np.sign(x), np.inf
    elif kind == "lp":
        rho, psi = s**p / p, np.sign(x) * s ** (p - 1)
        at_zero = np.inf if p < 2 else 1.0 if p == 2 else 0.0
    elif kind == "fair":
        rho, psi = xi**2 * (s / xi - np.log1p(s / xi)), x / (1 + s / xi)
    elif kind == "cauchy":
        rho, psi, at_zero = xi**2 / 2 * np.log1p(x**2 / xi), xi * x / (1 + x**2 / xi), xi
    elif kind == "huber":
        rho = np.where(s <= xi, x * x / 2, xi * (s - xi / 2))
        psi = np.clip(x, -xi, xi)
    elif kind == "tukey":
        g = np.maximum(1 - (x / xi) ** 2, 0)
        rho, psi = xi**2 / 6 * (1 - g**3), x * g**2
    else:
        raise ValueError(f"no such kind: {kind}")
    return rho, psi, np.divide(psi, x, out=np.full_like(x, at_zero), where=x != 0)


@mistake("robust_loss", replaces="robust_loss")
def lp_weight_at_zero_regardless_of_p(x, kind, xi=1.0, p=1.5):
    """Your Lp weight at 0 is infinite for every exponent. That is so below 2; from 2 on, look at |x| to the power p - 2 again."""
    if not xi > 0 or not p >= 1:
        raise ValueError(f"xi is {xi} and p is {p}, expected xi > 0 and p >= 1")
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    s, at_zero = np.abs(x), 1.0
    if kind == "least_squares":
        rho, psi = x * x / 2, x.copy()
    elif kind == "l1":
        rho, psi, at_zero = s, np.sign(x), np.inf
    elif kind == "lp":
        rho, psi = s**p / p, np.sign(x) * s ** (p - 1)
        at_zero = np.inf
    elif kind == "fair":
        rho, psi = xi**2 * (s / xi - np.log1p(s / xi)), x / (1 + s / xi)
    elif kind == "cauchy":
        rho, psi = xi**2 / 2 * np.log1p((x / xi) ** 2), x / (1 + (x / xi) ** 2)
    elif kind == "huber":
        rho = np.where(s <= xi, x * x / 2, xi * (s - xi / 2))
        psi = np.clip(x, -xi, xi)
    elif kind == "tukey":
        g = np.maximum(1 - (x / xi) ** 2, 0)
        rho, psi = xi**2 / 6 * (1 - g**3), x * g**2
    else:
        raise ValueError(f"no such kind: {kind}")
    return rho, psi, np.divide(psi, x, out=np.full_like(x, at_zero), where=x != 0)


@mistake("robust_loss", replaces="robust_loss")
def lp_without_1_over_p(x, kind, xi=1.0, p=1.5):
    """Your Lp loss lacks the factor 1/p of the table, so that its influence has a factor p too many."""
    if not xi > 0 or not p >= 1:
        raise ValueError(f"xi is {xi} and p is {p}, expected xi > 0 and p >= 1")
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    s, at_zero = np.abs(x), 1.0
    if kind == "least_squares":
        rho, psi = x * x / 2, x.copy()
    elif kind == "l1":
        rho, psi, at_zero = s, np.sign(x), np.inf
    elif kind == "lp":
        rho, psi = s**p, p * np.sign(x) * s ** (p - 1)
        at_zero = np.inf if p < 2 else 2.0 if p == 2 else 0.0
    elif kind == "fair":
        rho, psi = xi**2 * (s / xi - np.log1p(s / xi)), x / (1 + s / xi)
    elif kind == "cauchy":
        rho, psi = xi**2 / 2 * np.log1p((x / xi) ** 2), x / (1 + (x / xi) ** 2)
    elif kind == "huber":
        rho = np.where(s <= xi, x * x / 2, xi * (s - xi / 2))
        psi = np.clip(x, -xi, xi)
    elif kind == "tukey":
        g = np.maximum(1 - (x / xi) ** 2, 0)
        rho, psi = xi**2 / 6 * (1 - g**3), x * g**2
    else:
        raise ValueError(f"no such kind: {kind}")
    return rho, psi, np.divide(psi, x, out=np.full_like(x, at_zero), where=x != 0)


@mistake("robust_loss", replaces="robust_loss")
def lp_influence_without_sign(x, kind, xi=1.0, p=1.5):
    """The influence of your Lp row is never negative. The slope of a loss that falls towards 0 is negative on the left of it."""
    if not xi > 0 or not p >= 1:
        raise ValueError(f"xi is {xi} and p is {p}, expected xi > 0 and p >= 1")
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    s, at_zero = np.abs(x), 1.0
    if kind == "least_squares":
        rho, psi = x * x / 2, x.copy()
    elif kind == "l1":
        rho, psi, at_zero = s, np.sign(x), np.inf
    elif kind == "lp":
        rho, psi = s**p / p, s ** (p - 1)
        at_zero = np.inf if p < 2 else 1.0 if p == 2 else 0.0
    elif kind == "fair":
        rho, psi = xi**2 * (s / xi - np.log1p(s / xi)), x / (1 + s / xi)
    elif kind == "cauchy":
        rho, psi = xi**2 / 2 * np.log1p((x / xi) ** 2), x / (1 + (x / xi) ** 2)
    elif kind == "huber":
        rho = np.where(s <= xi, x * x / 2, xi * (s - xi / 2))
        psi = np.clip(x, -xi, xi)
    elif kind == "tukey":
        g = np.maximum(1 - (x / xi) ** 2, 0)
        rho, psi = xi**2 / 6 * (1 - g**3), x * g**2
    else:
        raise ValueError(f"no such kind: {kind}")
    return rho, psi, np.divide(psi, x, out=np.full_like(x, at_zero), where=x != 0)


@mistake("robust_loss", replaces="robust_loss")
def lp_exponent_is_fixed(x, kind, xi=1.0, p=1.5):
    """Your Lp row does not use the exponent that you receive."""
    if not xi > 0 or not p >= 1:
        raise ValueError(f"xi is {xi} and p is {p}, expected xi > 0 and p >= 1")
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    s, at_zero = np.abs(x), 1.0
    if kind == "least_squares":
        rho, psi = x * x / 2, x.copy()
    elif kind == "l1":
        rho, psi, at_zero = s, np.sign(x), np.inf
    elif kind == "lp":
        rho, psi, at_zero = s**1.5 / 1.5, np.sign(x) * s**0.5, np.inf
    elif kind == "fair":
        rho, psi = xi**2 * (s / xi - np.log1p(s / xi)), x / (1 + s / xi)
    elif kind == "cauchy":
        rho, psi = xi**2 / 2 * np.log1p((x / xi) ** 2), x / (1 + (x / xi) ** 2)
    elif kind == "huber":
        rho = np.where(s <= xi, x * x / 2, xi * (s - xi / 2))
        psi = np.clip(x, -xi, xi)
    elif kind == "tukey":
        g = np.maximum(1 - (x / xi) ** 2, 0)
        rho, psi = xi**2 / 6 * (1 - g**3), x * g**2
    else:
        raise ValueError(f"no such kind: {kind}")
    return rho, psi, np.divide(psi, x, out=np.full_like(x, at_zero), where=x != 0)


@mistake("robust_loss", replaces="robust_loss")
def fair_forgets_a_square(x, kind, xi=1.0, p=1.5):
    """Your Fair loss is multiplied by ξ once instead of twice; its influence is not the slope of that."""
    if not xi > 0 or not p >= 1:
        raise ValueError(f"xi is {xi} and p is {p}, expected xi > 0 and p >= 1")
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    s, at_zero = np.abs(x), 1.0
    if kind == "least_squares":
        rho, psi = x * x / 2, x.copy()
    elif kind == "l1":
        rho, psi, at_zero = s, np.sign(x), np.inf
    elif kind == "lp":
        rho, psi = s**p / p, np.sign(x) * s ** (p - 1)
        at_zero = np.inf if p < 2 else 1.0 if p == 2 else 0.0
    elif kind == "fair":
        rho, psi = xi * (s / xi - np.log1p(s / xi)), x / (1 + s / xi)
    elif kind == "cauchy":
        rho, psi = xi**2 / 2 * np.log1p((x / xi) ** 2), x / (1 + (x / xi) ** 2)
    elif kind == "huber":
        rho = np.where(s <= xi, x * x / 2, xi * (s - xi / 2))
        psi = np.clip(x, -xi, xi)
    elif kind == "tukey":
        g = np.maximum(1 - (x / xi) ** 2, 0)
        rho, psi = xi**2 / 6 * (1 - g**3), x * g**2
    else:
        raise ValueError(f"no such kind: {kind}")
    return rho, psi, np.divide(psi, x, out=np.full_like(x, at_zero), where=x != 0)


@mistake("robust_loss", replaces="robust_loss")
def fair_without_bars(x, kind, xi=1.0, p=1.5):
    """Your Fair row takes x without its bars, so that left of 0 it is another function, with a logarithm that soon has no value."""
    if not xi > 0 or not p >= 1:
        raise ValueError(f"xi is {xi} and p is {p}, expected xi > 0 and p >= 1")
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    s, at_zero = np.abs(x), 1.0
    if kind == "least_squares":
        rho, psi = x * x / 2, x.copy()
    elif kind == "l1":
        rho, psi, at_zero = s, np.sign(x), np.inf
    elif kind == "lp":
        rho, psi = s**p / p, np.sign(x) * s ** (p - 1)
        at_zero = np.inf if p < 2 else 1.0 if p == 2 else 0.0
    elif kind == "fair":
        with np.errstate(all="ignore"):
            rho, psi = xi**2 * (x / xi - np.log1p(x / xi)), x / (1 + x / xi)
    elif kind == "cauchy":
        rho, psi = xi**2 / 2 * np.log1p((x / xi) ** 2), x / (1 + (x / xi) ** 2)
    elif kind == "huber":
        rho = np.where(s <= xi, x * x / 2, xi * (s - xi / 2))
        psi = np.clip(x, -xi, xi)
    elif kind == "tukey":
        g = np.maximum(1 - (x / xi) ** 2, 0)
        rho, psi = xi**2 / 6 * (1 - g**3), x * g**2
    else:
        raise ValueError(f"no such kind: {kind}")
    return rho, psi, np.divide(psi, x, out=np.full_like(x, at_zero), where=x != 0)


@mistake("robust_loss", replaces="robust_loss")
def weight_is_psi_times_x(x, kind, xi=1.0, p=1.5):
    """Your weights are ψ times x. A weight is the share that turns x into ψ."""
    if not xi > 0 or not p >= 1:
        raise ValueError(f"xi is {xi} and p is {p}, expected xi > 0 and p >= 1")
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    s = np.abs(x)
    if kind == "least_squares":
        rho, psi = x * x / 2, x.copy()
    elif kind == "l1":
        rho, psi = s, np.sign(x)
    elif kind == "lp":
        rho, psi = s**p / p, np.sign(x) * s ** (p - 1)
    elif kind == "fair":
        rho, psi = xi**2 * (s / xi - np.log1p(s / xi)), x / (1 + s / xi)
    elif kind == "cauchy":
        rho, psi = xi**2 / 2 * np.log1p((x / xi) ** 2), x / (1 + (x / xi) ** 2)
    elif kind == "huber":
        rho = np.where(s <= xi, x * x / 2, xi * (s - xi / 2))
        psi = np.clip(x, -xi, xi)
    elif kind == "tukey":
        g = np.maximum(1 - (x / xi) ** 2, 0)
        rho, psi = xi**2 / 6 * (1 - g**3), x * g**2
    else:
        raise ValueError(f"no such kind: {kind}")
    return rho, psi, psi * x


@mistake("robust_loss", replaces="robust_loss")
def zero_divided_by_zero(x, kind, xi=1.0, p=1.5):
    """You divide by x where it is 0. Decide what the weight is there before you divide."""
    if not xi > 0 or not p >= 1:
        raise ValueError(f"xi is {xi} and p is {p}, expected xi > 0 and p >= 1")
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    s = np.abs(x)
    if kind == "least_squares":
        rho, psi = x * x / 2, x.copy()
    elif kind == "l1":
        rho, psi = s, np.sign(x)
    elif kind == "lp":
        rho, psi = s**p / p, np.sign(x) * s ** (p - 1)
    elif kind == "fair":
        rho, psi = xi**2 * (s / xi - np.log1p(s / xi)), x / (1 + s / xi)
    elif kind == "cauchy":
        rho, psi = xi**2 / 2 * np.log1p((x / xi) ** 2), x / (1 + (x / xi) ** 2)
    elif kind == "huber":
        rho = np.where(s <= xi, x * x / 2, xi * (s - xi / 2))
        psi = np.clip(x, -xi, xi)
    elif kind == "tukey":
        g = np.maximum(1 - (x / xi) ** 2, 0)
        rho, psi = xi**2 / 6 * (1 - g**3), x * g**2
    else:
        raise ValueError(f"no such kind: {kind}")
    return rho, psi, psi / x


@mistake("robust_loss", replaces="robust_loss")
def weight_one_at_zero(x, kind, xi=1.0, p=1.5):
    """Your weight at 0 is 1 in every row. For L1, and for Lp with most exponents, ψ(x)/x tends to something else."""
    if not xi > 0 or not p >= 1:
        raise ValueError(f"xi is {xi} and p is {p}, expected xi > 0 and p >= 1")
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    s = np.abs(x)
    if kind == "least_squares":
        rho, psi = x * x / 2, x.copy()
    elif kind == "l1":
        rho, psi = s, np.sign(x)
    elif kind == "lp":
        rho, psi = s**p / p, np.sign(x) * s ** (p - 1)
    elif kind == "fair":
        rho, psi = xi**2 * (s / xi - np.log1p(s / xi)), x / (1 + s / xi)
    elif kind == "cauchy":
        rho, psi = xi**2 / 2 * np.log1p((x / xi) ** 2), x / (1 + (x / xi) ** 2)
    elif kind == "huber":
        rho = np.where(s <= xi, x * x / 2, xi * (s - xi / 2))
        psi = np.clip(x, -xi, xi)
    elif kind == "tukey":
        g = np.maximum(1 - (x / xi) ** 2, 0)
        rho, psi = xi**2 / 6 * (1 - g**3), x * g**2
    else:
        raise ValueError(f"no such kind: {kind}")
    return rho, psi, np.divide(psi, x, out=np.ones_like(x), where=x != 0)


@mistake("robust_loss", replaces="robust_loss")
def weight_zero_at_zero(x, kind, xi=1.0, p=1.5):
    """Your weight at 0 is 0 where the limit of ψ(x)/x is not: so a point that the line meets exactly would no longer count."""
    if not xi > 0 or not p >= 1:
        raise ValueError(f"xi is {xi} and p is {p}, expected xi > 0 and p >= 1")
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    s = np.abs(x)
    if kind == "least_squares":
        rho, psi = x * x / 2, x.copy()
    elif kind == "l1":
        rho, psi = s, np.sign(x)
    elif kind == "lp":
        rho, psi = s**p / p, np.sign(x) * s ** (p - 1)
    elif kind == "fair":
        rho, psi = xi**2 * (s / xi - np.log1p(s / xi)), x / (1 + s / xi)
    elif kind == "cauchy":
        rho, psi = xi**2 / 2 * np.log1p((x / xi) ** 2), x / (1 + (x / xi) ** 2)
    elif kind == "huber":
        rho = np.where(s <= xi, x * x / 2, xi * (s - xi / 2))
        psi = np.clip(x, -xi, xi)
    elif kind == "tukey":
        g = np.maximum(1 - (x / xi) ** 2, 0)
        rho, psi = xi**2 / 6 * (1 - g**3), x * g**2
    else:
        raise ValueError(f"no such kind: {kind}")
    return rho, psi, np.divide(psi, x, out=np.zeros_like(x), where=x != 0)


@mistake("robust_loss", replaces="robust_loss")
def epsilon_in_the_weight(x, kind, xi=1.0, p=1.5):
    """You divide by the size of x plus something small. That is a little off everywhere, and finite where the limit is not."""
    if not xi > 0 or not p >= 1:
        raise ValueError(f"xi is {xi} and p is {p}, expected xi > 0 and p >= 1")
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    s = np.abs(x)
    if kind == "least_squares":
        rho, psi = x * x / 2, x.copy()
    elif kind == "l1":
        rho, psi = s, np.sign(x)
    elif kind == "lp":
        rho, psi = s**p / p, np.sign(x) * s ** (p - 1)
    elif kind == "fair":
        rho, psi = xi**2 * (s / xi - np.log1p(s / xi)), x / (1 + s / xi)
    elif kind == "cauchy":
        rho, psi = xi**2 / 2 * np.log1p((x / xi) ** 2), x / (1 + (x / xi) ** 2)
    elif kind == "huber":
        rho = np.where(s <= xi, x * x / 2, xi * (s - xi / 2))
        psi = np.clip(x, -xi, xi)
    elif kind == "tukey":
        g = np.maximum(1 - (x / xi) ** 2, 0)
        rho, psi = xi**2 / 6 * (1 - g**3), x * g**2
    else:
        raise ValueError(f"no such kind: {kind}")
    return rho, psi, np.abs(psi) / (s + 1e-6)


@mistake("robust_loss", replaces="robust_loss")
def scale_and_exponent_unchecked(x, kind, xi=1.0, p=1.5):
    """A ξ of 0 or less, or a p below 1, gets through. Say what was given and what was expected."""
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    s, at_zero = np.abs(x), 1.0
    if kind == "least_squares":
        rho, psi = x * x / 2, x.copy()
    elif kind == "l1":
        rho, psi, at_zero = s, np.sign(x), np.inf
    elif kind == "lp":
        rho, psi = s**p / p, np.sign(x) * s ** (p - 1)
        at_zero = np.inf if p < 2 else 1.0 if p == 2 else 0.0
    elif kind == "fair":
        rho, psi = xi**2 * (s / xi - np.log1p(s / xi)), x / (1 + s / xi)
    elif kind == "cauchy":
        rho, psi = xi**2 / 2 * np.log1p((x / xi) ** 2), x / (1 + (x / xi) ** 2)
    elif kind == "huber":
        rho = np.where(s <= xi, x * x / 2, xi * (s - xi / 2))
        psi = np.clip(x, -xi, xi)
    elif kind == "tukey":
        g = np.maximum(1 - (x / xi) ** 2, 0)
        rho, psi = xi**2 / 6 * (1 - g**3), x * g**2
    else:
        raise ValueError(f"no such kind: {kind}")
    return rho, psi, np.divide(psi, x, out=np.full_like(x, at_zero), where=x != 0)


@mistake("robust_loss", replaces="robust_loss")
def sizes_in_place(x, kind, xi=1.0, p=1.5):
    """You take the sizes of the residuals in place, with `out=x`. They belong to the caller, who needs their signs still."""
    if not xi > 0 or not p >= 1:
        raise ValueError(f"xi is {xi} and p is {p}, expected xi > 0 and p >= 1")
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    sign, s, at_zero = np.sign(x), np.abs(x, out=x), 1.0
    if kind == "least_squares":
        rho, slope = s * s / 2, s.copy()
    elif kind == "l1":
        rho, slope, at_zero = s.copy(), np.ones_like(s), np.inf
    elif kind == "lp":
        rho, slope = s**p / p, s ** (p - 1)
        at_zero = np.inf if p < 2 else 1.0 if p == 2 else 0.0
    elif kind == "fair":
        rho, slope = xi**2 * (s / xi - np.log1p(s / xi)), s / (1 + s / xi)
    elif kind == "cauchy":
        rho, slope = xi**2 / 2 * np.log1p((s / xi) ** 2), s / (1 + (s / xi) ** 2)
    elif kind == "huber":
        rho, slope = np.where(s <= xi, s * s / 2, xi * (s - xi / 2)), np.minimum(s, xi)
    elif kind == "tukey":
        g = np.maximum(1 - (s / xi) ** 2, 0)
        rho, slope = xi**2 / 6 * (1 - g**3), s * g**2
    else:
        raise ValueError(f"no such kind: {kind}")
    return rho, sign * slope, np.divide(slope, s, out=np.full_like(s, at_zero), where=s > 0)


@mistake("robust_loss", replaces="robust_loss", change={"where=x != 0": "where=size > 1e-8"})
def near_zero_is_zero():
    """You give the limiting weight to residuals that are merely small. Beside 0 the weight is ψ(x)/x, as anywhere else."""


@mistake("robust_loss", replaces="robust_loss")
def defaults_of_other_books(x, kind, xi=1.345, p=2.0):
    """Where no ξ or p is given, you take values that are customary elsewhere. Here the defaults are 1 and 1.5: do not change the first line of the function."""
    if not xi > 0:
        raise ValueError(f"xi is {xi}, expected a number > 0")
    if not p >= 1:
        raise ValueError(f"p is {p}, expected a number >= 1")
    x = np.array(x, dtype=None if np.asarray(x).dtype.kind == "f" else np.float64)
    size, at_zero = np.abs(x), 1.0
    u = size / xi
    if kind == "least_squares":
        rho, psi = x * x / 2, x
    elif kind == "l1":
        rho, psi, at_zero = size, np.sign(x), np.inf
    elif kind == "lp":
        rho, psi = size**p / p, np.sign(x) * size ** (p - 1)
        at_zero = np.inf if p < 2 else float(p == 2)
    elif kind == "fair":
        rho, psi = xi**2 * (u - np.log1p(u)), x / (1 + u)
    elif kind == "cauchy":
        rho, psi = xi**2 / 2 * np.log1p(u * u), x / (1 + u * u)
    elif kind == "huber":
        rho, psi = np.where(size <= xi, x * x / 2, xi * (size - xi / 2)), np.clip(x, -xi, xi)
    elif kind == "tukey":
        gap = np.maximum(1 - u * u, 0)
        rho, psi = xi**2 / 6 * (1 - gap**3), x * gap**2
    else:
        raise ValueError(
            f"kind is {kind!r}, expected one of least_squares, l1, lp, fair, cauchy, huber, tukey"
        )
    omega = np.divide(psi, x, out=np.full_like(x, at_zero), where=x != 0)
    return rho, psi, omega


@mistake(
    "robust_loss", replaces="robust_loss", change={"not xi > 0": 'kind == "huber" and not xi > 0'}
)
def scale_checked_in_one_row():
    """Only your Huber row refuses a ξ that is not above 0. Fair, Cauchy and Tukey use it as well."""


@mistake(
    "robust_loss",
    replaces="robust_loss",
    change={
        "np.inf if p < 2 else float(p == 2)": "np.inf if 1 < p < 1.8 else float(p == 2)",
        "float(p == 2)": "float(p < 2.5)",
    },
)
def lp_weight_at_zero_only_for_some_p():
    """Your Lp weight at 0 is not right for every p. Think of |x| to the power p - 2 as x tends to 0: for which p does it grow without end, and for which does it vanish?"""


@variant("robust_loss", replaces="robust_loss")
def weights_first(x, kind, xi=1.0, p=1.5):
    """Starts from the weights, with np.where and masked inputs; a dictionary of rows."""
    if xi <= 0:
        raise ValueError(f"xi={xi} should be positive")
    if p < 1:
        raise ValueError(f"p={p} should be at least 1")
    x = np.array(x, dtype=x.dtype if x.dtype.kind == "f" else float)
    s = np.abs(x)
    safe = np.where(s == 0, np.ones_like(s), s)

    def inverse(exponent):
        at = np.inf if exponent > 0 else 1.0 if exponent == 0 else 0.0
        return np.where(s == 0, np.full_like(s, at), safe**-exponent)

    t = s / xi
    near = t <= 1
    rows = {
        "least_squares": lambda: (s**2 / 2, np.ones_like(s)),
        "l1": lambda: (s.copy(), inverse(1.0)),
        "lp": lambda: (s**p / p, inverse(2 - p)),
        "fair": lambda: ((t - np.log(1 + t)) * xi**2, 1 / (1 + t)),
        "cauchy": lambda: (np.log(1 + t**2) * xi**2 / 2, 1 / (1 + t**2)),
        "huber": lambda: (
            np.where(near, s**2 / 2, xi * (s - xi / 2)),
            np.where(near, np.ones_like(s), xi / safe),
        ),
        "tukey": lambda: (
            np.where(
                near, s**2 / 2 - s**4 / (2 * xi**2) + s**6 / (6 * xi**4), np.full_like(s, xi**2 / 6)
            ),
            np.where(near, (1 - t**2) ** 2, np.zeros_like(s)),
        ),
    }
    if kind not in rows:
        raise ValueError(f"{kind!r} is none of {', '.join(rows)}")
    rho, omega = rows[kind]()
    psi = np.where(s == 0, np.zeros_like(s), np.where(np.isfinite(omega), omega, 0) * x)
    return rho, psi.astype(x.dtype), omega


@variant("robust_loss", replaces="robust_loss")
def pieces_by_masks(x, kind, xi=1.0, p=1.5):
    """Fills the pieces by boolean indices, with errors ignored where they do not matter."""
    if not (xi > 0 and p >= 1):
        raise ValueError(f"{xi=}, {p=}")
    x = x + 0.0
    a = np.fabs(x)
    rho, psi = np.empty_like(x), np.empty_like(x)
    with np.errstate(divide="ignore", invalid="ignore"):
        match kind:
            case "least_squares":
                rho[...], psi[...] = 0.5 * x**2, x
            case "l1":
                rho[...], psi[...] = a, np.sign(x)
            case "lp":
                rho[...], psi[...] = a**p / p, np.copysign(a ** (p - 1), x)
                psi[x == 0] = 0
            case "fair":
                rho[...], psi[...] = xi * a - xi**2 * np.log1p(a / xi), xi * x / (xi + a)
            case "cauchy":
                rho[...], psi[...] = xi**2 * np.log1p(x**2 / xi**2) / 2, xi**2 * x / (xi**2 + x**2)
            case "huber":
                far = a > xi
                rho[...], psi[...] = x**2 / 2, x
                rho[far], psi[far] = xi * a[far] - xi**2 / 2, xi * np.sign(x[far])
            case "tukey":
                far = a >= xi
                rho[...], psi[...] = (
                    xi**2 / 6 * (1 - (1 - (a / xi) ** 2) ** 3),
                    x * (1 - (a / xi) ** 2) ** 2,
                )
                rho[far], psi[far] = xi**2 / 6, 0
            case _:
                raise ValueError("kind should not be " + str(kind))
        omega = psi / x
    omega[x == 0] = {"l1": np.inf, "lp": np.inf if p < 2 else float(p <= 2)}.get(kind, 1)
    return rho, psi, omega


@variant("robust_loss", replaces="robust_loss")
def a_class_for_each_row(x, kind, xi=1.0, p=1.5):
    """A table of classes, each with its three columns; the weight at 0 is put in at the end."""
    if xi <= 0 or xi != xi:
        raise ValueError(f"scale {xi}, expected > 0")
    if p < 1 or p != p:
        raise ValueError(f"exponent {p}, expected >= 1")
    x = x.copy() if x.dtype.kind == "f" else x.astype(np.float64)
    a = np.abs(x)
    safe = np.where(a == 0, 1, a).astype(x.dtype)

    class Row:
        limit = 1

        def omega(self):
            return self.psi() / np.where(x == 0, 1, x)

    class LeastSquares(Row):
        def rho(self):
            return 0.5 * x**2

        def psi(self):
            return x.copy()

    class L1(Row):
        limit = np.inf

        def rho(self):
            return a.copy()

        def psi(self):
            return np.sign(x)

    class Lp(Row):
        limit = np.inf if p < 2 else (1 if p == 2 else 0)

        def rho(self):
            return a**p / p

        def psi(self):
            return np.where(x == 0, 0, x * safe ** (p - 2)).astype(x.dtype)

    class Fair(Row):
        def rho(self):
            return xi * a - xi * xi * np.log1p(a / xi)

        def psi(self):
            return xi * x / (xi + a)

    class Cauchy(Row):
        def rho(self):
            return 0.5 * xi * xi * np.log1p((x / xi) ** 2)

        def psi(self):
            return x / (1 + (x / xi) ** 2)

    class Huber(Row):
        def rho(self):
            inner = np.minimum(a, xi)
            return inner * (a - inner / 2)

        def psi(self):
            return np.minimum(a, xi) * np.sign(x)

    class Tukey(Row):
        def rho(self):
            inner = np.minimum(a / xi, 1) ** 2
            return xi * xi / 6 * (3 * inner - 3 * inner**2 + inner**3)

        def psi(self):
            return x * np.square(1 - np.minimum(a / xi, 1) ** 2)

    rows = {
        "least_squares": LeastSquares,
        "l1": L1,
        "lp": Lp,
        "fair": Fair,
        "cauchy": Cauchy,
        "huber": Huber,
        "tukey": Tukey,
    }
    if kind not in rows:
        raise ValueError(f"kind {kind!r} is none of {sorted(rows)}")
    row = rows[kind]()
    omega = row.omega()
    omega[x == 0] = row.limit
    return row.rho(), row.psi(), omega


@variant("robust_loss", replaces="robust_loss")
def in_units_of_the_scale(x, kind, xi=1.0, p=1.5):
    """Everything in units of xi, scaled back at the end; the weights where x is not 0 come by a masked division. A list of three."""
    known = ["least_squares", "l1", "lp", "fair", "cauchy", "huber", "tukey"]
    if kind not in known:
        raise ValueError(f"{kind} is unknown; known are {known}")
    if not (xi > 0 and p >= 1):
        raise ValueError(f"xi = {xi}, p = {p}: expected xi > 0 and p >= 1")
    kind_of_float = x.dtype if np.issubdtype(x.dtype, np.floating) else np.float64
    scale = xi if kind in ("fair", "cauchy", "huber", "tukey") else 1.0
    u = np.divide(x, scale, dtype=kind_of_float)
    size, side = np.fabs(u), np.sign(u)
    zero = u == 0
    if kind == "least_squares":
        rho, psi, weight = np.square(u) / 2, u + 0, 1.0
    elif kind == "l1":
        rho, psi, weight = size + 0, side, np.inf
    elif kind == "lp":
        rho, psi = np.power(size, p) / p, side * np.power(size, p - 1)
        weight = {True: np.inf, False: 0.0 if p > 2 else 1.0}[p < 2]
    elif kind == "fair":
        rho, psi, weight = size - np.log1p(size), u / (1 + size), 1.0
    elif kind == "cauchy":
        rho, psi, weight = np.log1p(np.square(u)) / 2, u / (1 + np.square(u)), 1.0
    elif kind == "huber":
        rho, psi, weight = (
            np.where(size > 1, size - 0.5, np.square(u) / 2),
            np.maximum(-1, np.minimum(1, u)),
            1.0,
        )
    else:
        inside = (size < 1).astype(u.dtype)
        rest = inside * (1 - np.square(u * inside))
        rho, psi, weight = (1 - rest**3) / 6, u * rest**2, 1.0
    psi = np.asarray(psi, dtype=u.dtype)
    omega = np.full(u.shape, weight, dtype=u.dtype)
    np.divide(psi, u, out=omega, where=~zero)
    return [(scale**2 * rho).astype(u.dtype), (scale * psi).astype(u.dtype), omega]
