"""Known mistakes and right variants of `convert_momentum`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake("convert_momentum", replaces="convert_momentum")
def heavy_ball_as_printed(learning_rates, rho, to):
    """You keep rho for the heavy ball, as D3's slide does. Its last step still carries the learning rate it was made with: what must undo that?"""
    rates = np.array(learning_rates)
    if rates.dtype.kind != "f":
        rates = rates.astype(np.float64)
    if to not in ("ema", "inside", "heavy_ball") or not 0 <= rho < 1 or not np.all(rates > 0):
        raise ValueError(f"got learning_rates={learning_rates}, rho={rho}, to={to!r}")
    mu = np.full_like(rates, rho)
    if to == "ema":
        return mu, rates / (1 - rho)
    if to == "inside":
        mu[1:] *= rates[1:] / rates[:-1]
    return mu, rates


@mistake("convert_momentum", replaces="convert_momentum")
def inside_with_constant_momentum(learning_rates, rho, to):
    """You keep rho for the form with the learning rate inside. Its history holds gradients times *old* learning rates: what must undo that?"""
    rates = np.array(learning_rates)
    if rates.dtype.kind != "f":
        rates = rates.astype(np.float64)
    if to not in ("ema", "inside", "heavy_ball") or not 0 <= rho < 1 or not np.all(rates > 0):
        raise ValueError(f"got learning_rates={learning_rates}, rho={rho}, to={to!r}")
    mu = np.full_like(rates, rho)
    if to == "ema":
        return mu, rates / (1 - rho)
    if to == "heavy_ball":
        mu[1:] *= rates[1:] / rates[:-1]
    return mu, rates


@mistake("convert_momentum", replaces="convert_momentum")
def momentum_never_changes(learning_rates, rho, to):
    """You keep rho in every form. Where the history holds *old* learning rates, the form with the rate inside and the heavy ball, something must undo them."""
    rates = np.array(learning_rates)
    if rates.dtype.kind != "f":
        rates = rates.astype(np.float64)
    if to not in ("ema", "inside", "heavy_ball") or not 0 <= rho < 1 or not np.all(rates > 0):
        raise ValueError(f"got learning_rates={learning_rates}, rho={rho}, to={to!r}")
    mu = np.full_like(rates, rho)
    return mu, rates / (1 - rho) if to == "ema" else rates


@mistake("convert_momentum", replaces="convert_momentum")
def ratio_upside_down(learning_rates, rho, to):
    """Your ratio of learning rates stands upside down: when the rate drops, the history must shrink with it, not grow."""
    rates = np.array(learning_rates)
    if rates.dtype.kind != "f":
        rates = rates.astype(np.float64)
    if to not in ("ema", "inside", "heavy_ball") or not 0 <= rho < 1 or not np.all(rates > 0):
        raise ValueError(f"got learning_rates={learning_rates}, rho={rho}, to={to!r}")
    mu = np.full_like(rates, rho)
    if to == "ema":
        return mu, rates / (1 - rho)
    mu[1:] *= rates[:-1] / rates[1:]
    return mu, rates


@mistake("convert_momentum", replaces="convert_momentum")
def ratio_to_the_first_rate(learning_rates, rho, to):
    """You compare each learning rate with the very first one. What the last step carries is the rate of the step just before."""
    rates = np.array(learning_rates)
    if rates.dtype.kind != "f":
        rates = rates.astype(np.float64)
    if to not in ("ema", "inside", "heavy_ball") or not 0 <= rho < 1 or not np.all(rates > 0):
        raise ValueError(f"got learning_rates={learning_rates}, rho={rho}, to={to!r}")
    mu = np.full_like(rates, rho)
    if to == "ema":
        return mu, rates / (1 - rho)
    return mu * rates / rates[0], rates


@mistake("convert_momentum", replaces="convert_momentum")
def average_scaled_the_wrong_way(learning_rates, rho, to):
    """For D1's average you multiply the learning rate by 1 - rho. The average is the smaller one of the two velocities, so its steps need the larger rate."""
    rates = np.array(learning_rates)
    if rates.dtype.kind != "f":
        rates = rates.astype(np.float64)
    if to not in ("ema", "inside", "heavy_ball") or not 0 <= rho < 1 or not np.all(rates > 0):
        raise ValueError(f"got learning_rates={learning_rates}, rho={rho}, to={to!r}")
    mu = np.full_like(rates, rho)
    if to == "ema":
        return mu, rates * (1 - rho)
    mu[1:] *= rates[1:] / rates[:-1]
    return mu, rates


@mistake("convert_momentum", replaces="convert_momentum")
def average_not_scaled(learning_rates, rho, to):
    """For D1's average you keep the learning rate. An average of ones is 1, a velocity under ones is 1 / (1 - rho): the steps would be too short."""
    rates = np.array(learning_rates)
    if rates.dtype.kind != "f":
        rates = rates.astype(np.float64)
    if to not in ("ema", "inside", "heavy_ball") or not 0 <= rho < 1 or not np.all(rates > 0):
        raise ValueError(f"got learning_rates={learning_rates}, rho={rho}, to={to!r}")
    mu = np.full_like(rates, rho)
    if to != "ema":
        mu[1:] *= rates[1:] / rates[:-1]
    return mu, rates


@mistake("convert_momentum", replaces="convert_momentum")
def first_ratio_wraps_around(learning_rates, rho, to):
    """Your `mu[0]` is made with the *last* learning rate: `np.roll` or an index of -1 wraps around. At the first step there is no earlier rate."""
    rates = np.array(learning_rates)
    if rates.dtype.kind != "f":
        rates = rates.astype(np.float64)
    if to not in ("ema", "inside", "heavy_ball") or not 0 <= rho < 1 or not np.all(rates > 0):
        raise ValueError(f"got learning_rates={learning_rates}, rho={rho}, to={to!r}")
    mu = np.full_like(rates, rho)
    if to == "ema":
        return mu, rates / (1 - rho)
    return mu * rates / np.roll(rates, 1), rates


@mistake("convert_momentum", replaces="convert_momentum")
def rates_checked_in_ema_only(learning_rates, rho, to):
    """You look at the learning rates in one of the forms only. A rate that is not > 0 makes no sense in any."""
    rates = np.array(learning_rates)
    rates = rates if rates.dtype.kind == "f" else rates.astype(float)
    mu = np.full_like(rates, rho)
    if not 0 <= rho < 1:
        raise ValueError(f"rho {rho}")
    if to == "ema":
        if not np.all(rates > 0):
            raise ValueError(f"rates {rates}")
        return mu, rates / (1 - rho)
    if to in ("inside", "heavy_ball"):
        with np.errstate(all="ignore"):
            mu[1:] *= rates[1:] / rates[:-1]
        return mu, rates
    raise ValueError(f"to is {to}")


@mistake("convert_momentum", replaces="convert_momentum")
def rates_changed_in_place(learning_rates, rho, to):
    """You divide the caller's learning rates in place. They stay unchanged: make a new array."""
    rates = np.asarray(learning_rates)
    if rates.dtype.kind != "f":
        rates = rates.astype(np.float64)
    if to not in ("ema", "inside", "heavy_ball") or not 0 <= rho < 1 or not np.all(rates > 0):
        raise ValueError(f"got learning_rates={learning_rates}, rho={rho}, to={to!r}")
    mu = np.full_like(rates, rho)
    if to == "ema":
        rates /= 1 - rho
        return mu, rates * 1
    mu[1:] *= rates[1:] / rates[:-1]
    return mu, rates * 1


@mistake("convert_momentum", replaces="convert_momentum")
def everything_in_double_precision(learning_rates, rho, to):
    """Your coefficients are float64 whatever the learning rates are. float32 stays float32."""
    rates = np.array(learning_rates, dtype=np.float64)
    if to not in ("ema", "inside", "heavy_ball") or not 0 <= rho < 1 or not np.all(rates > 0):
        raise ValueError(f"got learning_rates={learning_rates}, rho={rho}, to={to!r}")
    mu = np.full_like(rates, rho)
    if to == "ema":
        return mu, rates / (1 - rho)
    mu[1:] *= rates[1:] / rates[:-1]
    return mu, rates


@mistake("convert_momentum", replaces="convert_momentum")
def whole_rates_cut_off(learning_rates, rho, to):
    """For learning rates that are whole numbers your `mu` is made like them, and rho is cut off to 0."""
    rates = np.array(learning_rates)
    if to not in ("ema", "inside", "heavy_ball") or not 0 <= rho < 1 or not np.all(rates > 0):
        raise ValueError(f"got learning_rates={learning_rates}, rho={rho}, to={to!r}")
    mu = np.full_like(rates, rho)
    if to == "ema":
        return mu * 1.0 if mu.dtype.kind != "f" else mu, rates / (1 - rho)
    mu = mu * np.append(np.ones(1, mu.dtype), rates[1:] / rates[:-1]).astype(mu.dtype)
    return mu, rates


@mistake("convert_momentum", replaces="convert_momentum")
def mu_begins_at_zero(learning_rates, rho, to):
    """Your `mu[0]` is 0, since there is no history yet. It multiplies nothing, but the text asks for rho there."""
    rates = np.array(learning_rates)
    if rates.dtype.kind != "f":
        rates = rates.astype(np.float64)
    if to not in ("ema", "inside", "heavy_ball") or not 0 <= rho < 1 or not np.all(rates > 0):
        raise ValueError(f"got learning_rates={learning_rates}, rho={rho}, to={to!r}")
    mu = np.full_like(rates, rho)
    if to == "ema":
        return mu, rates / (1 - rho)
    mu[1:] *= rates[1:] / rates[:-1]
    mu[0] = 0
    return mu, rates


@mistake("convert_momentum", replaces="convert_momentum")
def rho_not_looked_at(learning_rates, rho, to):
    """You do not check rho. With 1 or more the history never fades, and below 0 it makes no sense."""
    rates = np.array(learning_rates)
    if rates.dtype.kind != "f":
        rates = rates.astype(np.float64)
    if to not in ("ema", "inside", "heavy_ball") or not np.all(rates > 0):
        raise ValueError(f"got learning_rates={learning_rates}, rho={rho}, to={to!r}")
    mu = np.full_like(rates, rho)
    if to == "ema":
        return mu, rates / max(1 - rho, 1e-12)
    mu[1:] *= rates[1:] / rates[:-1]
    return mu, rates


@mistake("convert_momentum", replaces="convert_momentum")
def any_rate_above_zero(learning_rates, rho, to):
    """One learning rate above 0 is enough for you. All of them must be: `np.all`, not `np.any`."""
    rates = np.array(learning_rates)
    if rates.dtype.kind != "f":
        rates = rates.astype(np.float64)
    if to not in ("ema", "inside", "heavy_ball") or not 0 <= rho < 1 or not np.any(rates > 0):
        raise ValueError(f"got learning_rates={learning_rates}, rho={rho}, to={to!r}")
    mu = np.full_like(rates, rho)
    if to == "ema":
        return mu, rates / (1 - rho)
    mu[1:] *= rates[1:] / np.where(rates[:-1] == 0, 1, rates[:-1])
    return mu, rates


@variant("convert_momentum", replaces="convert_momentum")
def step_by_step(learning_rates, rho, to):
    """A loop over the steps, with Python floats on the way."""
    if to not in {"ema", "inside", "heavy_ball"}:
        raise ValueError(f"do not know {to}")
    if rho < 0 or rho >= 1:
        raise ValueError(f"rho = {rho}")
    given = np.asarray(learning_rates)
    dtype = given.dtype if given.dtype.kind == "f" else np.dtype(float)
    mu, eta = [], []
    for t, alpha in enumerate(given.astype(dtype)):
        if alpha <= 0:
            raise ValueError(f"learning rate {alpha}")
        mu.append(rho if t == 0 or to == "ema" else rho * alpha / given[t - 1])
        eta.append(alpha / (1 - rho) if to == "ema" else alpha)
    return np.array(mu, dtype=dtype), np.array(eta, dtype=dtype)


@variant("convert_momentum", replaces="convert_momentum")
def by_a_shifted_copy(learning_rates, rho, to):
    """The earlier rates as an array of their own, beginning with the first rate itself."""
    rates = np.array(learning_rates, copy=True)
    rates = rates if rates.dtype == np.float32 else rates.astype(float)
    if rates.min() <= 0 or not 0 <= rho < 1:
        raise ValueError(f"{rates}, {rho}")
    earlier = np.concatenate([rates[:1], rates[:-1]])
    forms = {
        "ema": (0 * rates + rho, rates / (1 - rho)),
        "inside": (rho * rates / earlier, rates),
        "heavy_ball": (rho * rates / earlier, rates),
    }
    if to not in forms:
        raise ValueError(f"{to} is none of {', '.join(forms)}")
    return forms[to]


@variant("convert_momentum", replaces="convert_momentum")
def by_insert_and_a_match(learning_rates, rho, to):
    """A match statement; ratios with a 1 put in front; a list for the pair."""
    if rho < 0 or rho >= 1:
        raise ValueError(f"momentum {rho} is not in [0, 1)")
    rates = np.array(learning_rates, copy=True)
    rates = rates if np.issubdtype(rates.dtype, np.floating) else rates.astype("float64")
    if (rates <= 0).any():
        raise ValueError(f"not all of {learning_rates} are > 0")
    match to:
        case "ema":
            return [np.repeat(np.asarray(rho, rates.dtype), rates.size), rates * (1 / (1 - rho))]
        case "inside" | "heavy_ball":
            ratios = np.insert(rates[1:] / rates[:-1], 0, 1)
            return [(ratios * rho).astype(rates.dtype), rates]
    raise ValueError(f"unknown form {to}")


@variant("convert_momentum", replaces="convert_momentum")
def a_table_of_functions(learning_rates, rho, to):
    """A dictionary of functions, exponentials of differences of logarithms, and float64 inside."""
    if not (rho >= 0 and rho < 1):
        raise ValueError(f"rho: {rho}")
    kind = np.asarray(learning_rates).dtype
    kind = kind if kind.kind == "f" else np.dtype(float)
    rates = np.asarray(learning_rates, dtype=np.float64)
    if not rates.min() > 0:
        raise ValueError(f"a learning rate of {rates.min()}")

    def scaled(rates):
        logarithms = np.log(rates)
        return rho * np.exp(np.diff(logarithms, prepend=logarithms[0])), 1.0 * rates

    forms = {
        "ema": lambda rates: (rho + 0 * rates, rates / (1 - rho)),
        "inside": scaled,
        "heavy_ball": scaled,
    }
    if to not in forms:
        raise ValueError(f"{to} is none of {', '.join(forms)}")
    return tuple(part.astype(kind) for part in forms[to](rates))
