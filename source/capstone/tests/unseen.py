"""Wrong answers to the capstone, thought up without a look at the known mistakes."""

import numpy as np

from autograder.audit.unseen_answers import answer


@answer("net", replaces=("init_net",), says=r"more than expected")
def norm_after_the_last_layer_too():
    """The output layer has batch norm too."""
    right = init_net

    def init(sizes, rng, batchnorm=False, dtype=np.float64):
        p = right(sizes, rng, batchnorm, dtype)
        if batchnorm:
            k, n = len(sizes) - 1, sizes[-1]
            p[f"gamma{k}"], p[f"beta{k}"] = np.ones(n, dtype), np.zeros(n, dtype)
            p[f"running_mean{k}"], p[f"running_var{k}"] = np.zeros(n, dtype), np.ones(n, dtype)
        return p

    return init


@answer("net", replaces=("init_net",), says=r"He's scheme")
def all_weights_by_xavier():
    """Xavier's scheme in place of He's."""
    right = init_net

    def init(sizes, rng, batchnorm=False, dtype=np.float64):
        p = right(sizes, rng, batchnorm, dtype)
        for k in range(1, len(sizes)):
            i, o = sizes[k - 1], sizes[k]
            p[f"w{k}"] = (p[f"w{k}"] * np.sqrt(i / (i + o))).astype(dtype)
        return p

    return init


@answer("net", replaces=("net_loss",), hints=("penalty_without_gradient",))
def penalty_not_in_the_gradient():
    """The penalty is in the loss but not in the gradients."""
    right = net_loss

    def loss(params, x, y, options, rng=None):
        value, grads, stats = right(params, x, y, options, rng)
        reg = options.get("reg", 0.0)
        return value, {k: g - reg * params[k] if k[0] == "w" else g for k, g in grads.items()}, stats

    return loss


@answer("net", replaces=("net_loss",), hints=("gradient_without_penalty",))
def penalty_not_in_the_loss():
    """The penalty is in the gradients but not in the loss."""
    right = net_loss

    def loss(params, x, y, options, rng=None):
        value, grads, stats = right(params, x, y, options, rng)
        reg = options.get("reg", 0.0)
        return value - sum(reg / 2 * np.sum(w * w) for k, w in params.items() if k[0] == "w"), grads, stats

    return loss


@answer("solver", replaces=("train",), says=r"parameters of the best evaluation")
def last_parameters_returned():
    """The last parameters are returned, not the best."""
    right = train

    def fit(params, loss_and_grads, rule, config, x, y, **kw):
        seen = {}
        evaluate = kw.get("evaluate")
        if evaluate is not None:

            def watched(p):
                seen["last"] = dict(p)
                return evaluate(p)

            kw["evaluate"] = watched
        best, history = right(params, loss_and_grads, rule, config, x, y, **kw)
        return seen.get("last", best), history

    return fit


@answer("ablation", replaces="ablate", hints=("variance_over_n",))
def biased_standard_error(run, techniques, seeds):
    """The standard error divides by n in the deviation."""
    if len(seeds) < 2 or len(set(techniques)) < len(techniques):
        raise ValueError(f"{seeds} {techniques}")
    res = {"everything": np.array([run(list(techniques), s) for s in seeds])}
    for t in techniques:
        res[t] = np.array([run([u for u in techniques if u != t], s) for s in seeds])
    n = np.sqrt(len(seeds))
    return {
        k: {
            "mean": float(v.mean()),
            "error": float(v.std() / n),
            "cost": float((v - res["everything"]).mean()),
            "cost_error": float((v - res["everything"]).std() / n),
        }
        for k, v in res.items()
    }


@answer("ablation", replaces="ablate", hints=("sign_of_the_cost",))
def cost_the_other_way(run, techniques, seeds):
    """The cost has the wrong sign."""
    if len(seeds) < 2 or len(set(techniques)) < len(techniques):
        raise ValueError(f"{seeds} {techniques}")
    res = {"everything": np.array([run(list(techniques), s) for s in seeds])}
    for t in techniques:
        res[t] = np.array([run([u for u in techniques if u != t], s) for s in seeds])
    n = np.sqrt(len(seeds))
    return {
        k: {
            "mean": float(v.mean()),
            "error": float(v.std(ddof=1) / n),
            "cost": float((res["everything"] - v).mean()),
            "cost_error": float((v - res["everything"]).std(ddof=1) / n),
        }
        for k, v in res.items()
    }


@answer("ablation", replaces="ablate", hints=("one_technique_in_at_a_time",))
def one_technique_at_a_time(run, techniques, seeds):
    """Each row has one technique alone, not all but one."""
    if len(seeds) < 2 or len(set(techniques)) < len(techniques):
        raise ValueError(f"{seeds} {techniques}")
    res = {"everything": np.array([run(list(techniques), s) for s in seeds])}
    for t in techniques:
        res[t] = np.array([run([t], s) for s in seeds])
    n = np.sqrt(len(seeds))
    return {
        k: {
            "mean": float(v.mean()),
            "error": float(v.std(ddof=1) / n),
            "cost": float((v - res["everything"]).mean()),
            "cost_error": float((v - res["everything"]).std(ddof=1) / n),
        }
        for k, v in res.items()
    }


@answer("surface", replaces="filter_normalised", hints=("whole_matrix_normalised",))
def whole_matrix_normalised(params, rng):
    """One length for the whole matrix, not for each column."""
    d = {}
    for k, v in params.items():
        if v.ndim == 2:
            r = rng.normal(size=v.shape)
            d[k] = (r * np.linalg.norm(v) / np.linalg.norm(r)).astype(v.dtype)
        else:
            d[k] = np.zeros(v.shape, v.dtype)
    return d


@answer("surface", replaces="filter_normalised", hints=("rows_for_columns",))
def rows_normalised(params, rng):
    """Rows are normalised in place of columns."""
    d = {}
    for k, v in params.items():
        if v.ndim == 2:
            r = rng.normal(size=v.shape)
            d[k] = (r / np.linalg.norm(r, axis=1, keepdims=True) * np.linalg.norm(v, axis=1, keepdims=True)).astype(v.dtype)
        else:
            d[k] = np.zeros(v.shape, v.dtype)
    return d


@answer("surface", replaces="loss_grid", says=r"along the first")
def axes_exchanged(loss, params, first, second, a, b):
    """a goes along the columns."""
    out = np.zeros((len(a), len(b)))
    for i in range(len(a)):
        for j in range(len(b)):
            out[i, j] = loss({k: params[k] + a[i] * second[k] + b[j] * first[k] for k in params})
    return out


@answer("autopsy", replaces="autopsy", hints=("gap_for_a_turn",))
def overfitting_by_the_last_gap(history):
    """Overfitting is judged by dev against train, not against dev's best."""
    tl, dl, g = history["train_loss"], history["dev_loss"], history["grad_norm"]
    if not np.isfinite(tl).all() or tl[-1] > 2 * tl[0]:
        return "diverged"
    if history["dead"][-1] > 0.7:
        return "dead units"
    if g[-1, 0] < 1e-3 * g[-1, -1]:
        return "vanishing gradients"
    if tl[-1] > 0.95 * tl[0] and history["moved"][-1] < 1e-5:
        return "rate too small"
    if dl[-1] > 1.3 * tl[-1]:
        return "overfitting"
    return "healthy"


@answer("autopsy", replaces="autopsy", hints=("comparisons_with_nan",))
def nan_is_overlooked(history):
    """A loss of nan is not noticed: comparisons with nan are false."""
    tl, dl, g = history["train_loss"], history["dev_loss"], history["grad_norm"]
    if tl[-1] > 2 * tl[0]:
        return "diverged"
    if history["dead"][-1] > 0.7:
        return "dead units"
    if g[-1, 0] < 1e-3 * g[-1, -1]:
        return "vanishing gradients"
    if tl[-1] > 0.95 * tl[0] and history["moved"][-1] < 1e-5:
        return "rate too small"
    if dl[-1] > 1.3 * np.min(dl) and tl[-1] < tl[np.argmin(dl)]:
        return "overfitting"
    return "healthy"
