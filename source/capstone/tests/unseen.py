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
        return (
            value,
            {k: g - reg * params[k] if k[0] == "w" else g for k, g in grads.items()},
            stats,
        )

    return loss


@answer("net", replaces=("net_loss",), hints=("gradient_without_penalty",))
def penalty_not_in_the_loss():
    """The penalty is in the gradients but not in the loss."""
    right = net_loss

    def loss(params, x, y, options, rng=None):
        value, grads, stats = right(params, x, y, options, rng)
        reg = options.get("reg", 0.0)
        return (
            value - sum(reg / 2 * np.sum(w * w) for k, w in params.items() if k[0] == "w"),
            grads,
            stats,
        )

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
            d[k] = (
                r
                / np.linalg.norm(r, axis=1, keepdims=True)
                * np.linalg.norm(v, axis=1, keepdims=True)
            ).astype(v.dtype)
        else:
            d[k] = np.zeros(v.shape, v.dtype)
    return d


@answer("surface", replaces="loss_grid", says=r"along the first")
def axes_exchanged(loss, params, first, second, a, b):
    """A goes along the columns."""
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


@answer("net", replaces=("net_loss", "_forward"), says=r"first layer's mask")
def masks_last_layer_first():
    """The masks are drawn before the pass, the last layer's first."""

    def net_loss(params, x, y, options, rng=None):
        scores, caches, statistics = _forward(
            params, x, "train", options.get("keep_prob", 1.0), rng
        )
        loss, dh = softmax_loss(scores, y)
        grads = {}
        for k in range(len(caches), 0, -1):
            affine_cache, norm_cache, relu_cache, dropout_cache = caches[k - 1]
            if relu_cache is not None:
                dh = relu_backward(
                    (dh * dropout_cache[0] / dropout_cache[1]).astype(dh.dtype)
                    if dropout_cache is not None
                    else dh,
                    relu_cache,
                )
            if norm_cache is not None:
                dh, grads[f"gamma{k}"], grads[f"beta{k}"] = batchnorm_backward(dh, norm_cache)
            penalty, dw = l2_loss(params[f"w{k}"], options.get("reg", 0.0))
            dh, grads[f"w{k}"], grads[f"b{k}"] = affine_backward(dh, affine_cache)
            loss, grads[f"w{k}"] = (loss + penalty, grads[f"w{k}"] + dw)
        return (loss, grads, statistics)

    def _forward(params, x, mode, keep_prob, rng):
        last = sum(name.startswith("w") for name in params)
        h, caches, statistics = (x, [], {})
        masks = {}
        if keep_prob != 1:
            for k in range(last - 1, 0, -1):
                masks[k] = rng.random((len(x), len(params[f"b{k}"]))) < keep_prob
        for k in range(1, last + 1):
            h, affine_cache = affine_forward(h, params[f"w{k}"], params[f"b{k}"])
            norm_cache = relu_cache = dropout_cache = None
            if f"gamma{k}" in params:
                bn_param = {
                    "mode": mode,
                    **{name: params[f"{name}{k}"] for name in ("running_mean", "running_var")},
                }
                h, norm_cache = batchnorm_forward(
                    h, params[f"gamma{k}"], params[f"beta{k}"], bn_param
                )
                statistics |= {
                    f"{name}{k}": bn_param[name] for name in ("running_mean", "running_var")
                }
            if k < last:
                h, relu_cache = relu_forward(h)
                if keep_prob != 1:
                    dropout_cache = (masks[k], keep_prob)
                    h = (h * masks[k] / keep_prob).astype(h.dtype)
            caches.append((affine_cache, norm_cache, relu_cache, dropout_cache))
        return (h, caches, statistics)

    return (net_loss, _forward)


@answer("net", replaces=("net_loss", "_forward"), says=r"and dropout, where float32")
def mask_in_double_precision():
    """A mask of float64 makes gradients float64."""

    def net_loss(params, x, y, options, rng=None):
        scores, caches, statistics = _forward(
            params, x, "train", options.get("keep_prob", 1.0), rng
        )
        loss, dh = softmax_loss(scores, y)
        grads = {}
        for k in range(len(caches), 0, -1):
            affine_cache, norm_cache, relu_cache, dropout_cache = caches[k - 1]
            if relu_cache is not None:
                dh = relu_backward(
                    dh * dropout_cache if dropout_cache is not None else dh, relu_cache
                )
            if norm_cache is not None:
                dh, grads[f"gamma{k}"], grads[f"beta{k}"] = batchnorm_backward(dh, norm_cache)
            penalty, dw = l2_loss(params[f"w{k}"], options.get("reg", 0.0))
            dh, grads[f"w{k}"], grads[f"b{k}"] = affine_backward(dh, affine_cache)
            loss, grads[f"w{k}"] = (loss + penalty, grads[f"w{k}"] + dw)
        return (loss, grads, statistics)

    def _forward(params, x, mode, keep_prob, rng):
        last = sum(name.startswith("w") for name in params)
        h, caches, statistics = (x, [], {})
        for k in range(1, last + 1):
            h, affine_cache = affine_forward(h, params[f"w{k}"], params[f"b{k}"])
            norm_cache = relu_cache = dropout_cache = None
            if f"gamma{k}" in params:
                bn_param = {
                    "mode": mode,
                    **{name: params[f"{name}{k}"] for name in ("running_mean", "running_var")},
                }
                h, norm_cache = batchnorm_forward(
                    h, params[f"gamma{k}"], params[f"beta{k}"], bn_param
                )
                statistics |= {
                    f"{name}{k}": bn_param[name] for name in ("running_mean", "running_var")
                }
            if k < last:
                h, relu_cache = relu_forward(h)
                if keep_prob != 1:
                    dropout_cache = (
                        (rng.random(h.shape) < keep_prob) / np.float64(keep_prob) * np.ones(h.shape)
                    )
                    h = h * dropout_cache
            caches.append((affine_cache, norm_cache, relu_cache, dropout_cache))
        return (h, caches, statistics)

    return (net_loss, _forward)


@answer("net", replaces="_forward", says=r"the layers from the tenth on, and those alone")
def layer_number_is_the_last_letter(params, x, mode, keep_prob, rng):
    """Counts layers by the last letter of the names."""
    last = max(int(name[-1]) for name in params)
    h, caches, statistics = (x, [], {})
    for k in range(1, last + 1):
        h, affine_cache = affine_forward(h, params[f"w{k}"], params[f"b{k}"])
        norm_cache = relu_cache = dropout_cache = None
        if f"gamma{k}" in params:
            bn_param = {
                "mode": mode,
                **{name: params[f"{name}{k}"] for name in ("running_mean", "running_var")},
            }
            h, norm_cache = batchnorm_forward(h, params[f"gamma{k}"], params[f"beta{k}"], bn_param)
            statistics |= {f"{name}{k}": bn_param[name] for name in ("running_mean", "running_var")}
        if k < last:
            h, relu_cache = relu_forward(h)
            if keep_prob != 1:
                h, dropout_cache = dropout_forward(
                    h, {"keep_prob": keep_prob, "mode": mode, "rng": rng}
                )
        caches.append((affine_cache, norm_cache, relu_cache, dropout_cache))
    return (h, caches, statistics)


@answer("net", replaces="init_net", says=r"normal numbers")
def he_uniform(sizes, rng, batchnorm=False, dtype=np.float64):
    """He's uniform scheme."""
    if len(sizes) < 2:
        raise ValueError(f"sizes is {sizes}, expected at least two numbers: inputs and classes")
    params = {}
    for k, (fan_in, fan_out) in enumerate(pairwise(sizes), start=1):
        params[f"w{k}"] = (rng.uniform(-1, 1, (fan_in, fan_out)) * np.sqrt(6 / fan_in)).astype(
            dtype
        )
        params[f"b{k}"] = np.zeros(fan_out, dtype)
        if batchnorm and k < len(sizes) - 1:
            params |= {f"gamma{k}": np.ones(fan_out, dtype), f"beta{k}": np.zeros(fan_out, dtype)}
            params |= {
                f"running_mean{k}": np.zeros(fan_out, dtype),
                f"running_var{k}": np.ones(fan_out, dtype),
            }
    return params


@answer("net", replaces="init_net", says=r"weights of the first")
def generator_copied(sizes, rng, batchnorm=False, dtype=np.float64):
    """Draws from a copy of the generator."""
    if len(sizes) < 2:
        raise ValueError(f"sizes is {sizes}, expected at least two numbers: inputs and classes")
    import copy

    rng = copy.deepcopy(rng)
    params = {}
    for k, (fan_in, fan_out) in enumerate(pairwise(sizes), start=1):
        params[f"w{k}"] = init_weights(fan_in, fan_out, "he", rng, dtype=dtype)
        params[f"b{k}"] = np.zeros(fan_out, dtype)
        if batchnorm and k < len(sizes) - 1:
            params |= {f"gamma{k}": np.ones(fan_out, dtype), f"beta{k}": np.zeros(fan_out, dtype)}
            params |= {
                f"running_mean{k}": np.zeros(fan_out, dtype),
                f"running_var{k}": np.ones(fan_out, dtype),
            }
    return params


@answer("net", replaces="_forward", says=r"hidden layer 2 that are kept")
def dropout_after_the_first_layer_only(params, x, mode, keep_prob, rng):
    """Dropout after the first hidden layer alone."""
    last = sum(name.startswith("w") for name in params)
    h, caches, statistics = (x, [], {})
    for k in range(1, last + 1):
        h, affine_cache = affine_forward(h, params[f"w{k}"], params[f"b{k}"])
        norm_cache = relu_cache = dropout_cache = None
        if f"gamma{k}" in params:
            bn_param = {
                "mode": mode,
                **{name: params[f"{name}{k}"] for name in ("running_mean", "running_var")},
            }
            h, norm_cache = batchnorm_forward(h, params[f"gamma{k}"], params[f"beta{k}"], bn_param)
            statistics |= {f"{name}{k}": bn_param[name] for name in ("running_mean", "running_var")}
        if k < last:
            h, relu_cache = relu_forward(h)
            if keep_prob != 1 and k == 1:
                h, dropout_cache = dropout_forward(
                    h, {"keep_prob": keep_prob, "mode": mode, "rng": rng}
                )
        caches.append((affine_cache, norm_cache, relu_cache, dropout_cache))
    return (h, caches, statistics)


@answer("net", replaces=("net_loss", "_forward"), says=r"after batch norm that are kept")
def dropout_before_batch_norm():
    """Dropout before batch norm."""

    def net_loss(params, x, y, options, rng=None):
        scores, caches, statistics = _forward(
            params, x, "train", options.get("keep_prob", 1.0), rng
        )
        loss, dh = softmax_loss(scores, y)
        grads = {}
        for k in range(len(caches), 0, -1):
            affine_cache, norm_cache, relu_cache, dropout_cache = caches[k - 1]
            if relu_cache is not None:
                dh = relu_backward(dh, relu_cache)
            if norm_cache is not None:
                dh, grads[f"gamma{k}"], grads[f"beta{k}"] = batchnorm_backward(dh, norm_cache)
            dh = dropout_backward(dh, dropout_cache) if dropout_cache is not None else dh
            penalty, dw = l2_loss(params[f"w{k}"], options.get("reg", 0.0))
            dh, grads[f"w{k}"], grads[f"b{k}"] = affine_backward(dh, affine_cache)
            loss, grads[f"w{k}"] = (loss + penalty, grads[f"w{k}"] + dw)
        return (loss, grads, statistics)

    def _forward(params, x, mode, keep_prob, rng):
        last = sum(name.startswith("w") for name in params)
        h, caches, statistics = (x, [], {})
        for k in range(1, last + 1):
            h, affine_cache = affine_forward(h, params[f"w{k}"], params[f"b{k}"])
            norm_cache = relu_cache = dropout_cache = None
            if k < last and keep_prob != 1:
                h, dropout_cache = dropout_forward(
                    h, {"keep_prob": keep_prob, "mode": mode, "rng": rng}
                )
            if f"gamma{k}" in params:
                bn_param = {
                    "mode": mode,
                    **{name: params[f"{name}{k}"] for name in ("running_mean", "running_var")},
                }
                h, norm_cache = batchnorm_forward(
                    h, params[f"gamma{k}"], params[f"beta{k}"], bn_param
                )
                statistics |= {
                    f"{name}{k}": bn_param[name] for name in ("running_mean", "running_var")
                }
            if k < last:
                h, relu_cache = relu_forward(h)
            caches.append((affine_cache, norm_cache, relu_cache, dropout_cache))
        return (h, caches, statistics)

    return (net_loss, _forward)


@answer("net", replaces="net_loss", says=r"soft labels and a penalty")
def soft_labels_of_reg(params, x, y, options, rng=None):
    """Reg ignored where labels are soft."""
    scores, caches, statistics = _forward(params, x, "train", options.get("keep_prob", 1.0), rng)
    loss, dh = softmax_loss(scores, y)
    grads = {}
    for k in range(len(caches), 0, -1):
        affine_cache, norm_cache, relu_cache, dropout_cache = caches[k - 1]
        if relu_cache is not None:
            dh = relu_backward(
                dropout_backward(dh, dropout_cache) if dropout_cache is not None else dh, relu_cache
            )
        if norm_cache is not None:
            dh, grads[f"gamma{k}"], grads[f"beta{k}"] = batchnorm_backward(dh, norm_cache)
        penalty, dw = l2_loss(params[f"w{k}"], options.get("reg", 0.0) if np.ndim(y) == 1 else 0.0)
        dh, grads[f"w{k}"], grads[f"b{k}"] = affine_backward(dh, affine_cache)
        loss, grads[f"w{k}"] = (loss + penalty, grads[f"w{k}"] + dw)
    return (loss, grads, statistics)


@answer("solver", replaces="train", says=r"changed anew when its turn")
def augmented_once(
    params,
    loss_and_grads,
    rule,
    config,
    x,
    y,
    *,
    batch,
    budget,
    rng,
    schedule=None,
    augment=None,
    evaluate=None,
    every=50,
    patience=None,
):
    """`augment` changes all examples once, before the first step."""
    for name, value in (("budget", budget), ("every", every)):
        if not isinstance(value, (int, np.integer)) or value < 1:
            raise ValueError(f"{name} is {value}, expected a whole number of at least 1")
    now = {name: np.array(value) for name, value in params.items()}
    configs: dict[str, dict] = {}
    history = {"loss": [], "at": [], "dev": [], "best": 0, "stopped": "budget"}
    best, waited = (now, 0)

    def batches():
        while True:
            yield from minibatches(len(x), batch, rng)

    if augment is not None:
        x = augment(x, rng)
    for t, chosen in zip(range(budget), batches(), strict=False):
        examples = x[chosen]
        loss, grads, statistics = loss_and_grads(now, examples, y[chosen], rng)
        if not np.isfinite(loss):
            history["stopped"] = "diverged"
            break
        history["loss"].append(float(loss))
        now = {**now, **statistics}
        for name, grad in grads.items():
            own = configs.setdefault(name, dict(config))
            if schedule is not None:
                own["learning_rate"] = schedule(t)
            now[name], configs[name] = rule(now[name], grad, own)
        if evaluate is not None and ((t + 1) % every == 0 or t + 1 == budget):
            score = float(evaluate(now))
            if not history["dev"] or score < min(history["dev"]):
                best, history["best"], waited = (dict(now), t + 1, 0)
            else:
                waited += 1
            history["at"].append(t + 1)
            history["dev"].append(score)
            if waited == patience:
                history["stopped"] = "patience"
                break
    if not history["dev"]:
        best, history["best"] = (now, len(history["loss"]))
    return (best, history)


@answer("solver", replaces="train", says=r"loss_and_grads` is given is not")
def loss_with_another_generator(
    params,
    loss_and_grads,
    rule,
    config,
    x,
    y,
    *,
    batch,
    budget,
    rng,
    schedule=None,
    augment=None,
    evaluate=None,
    every=50,
    patience=None,
):
    """The loss gets a generator of its own."""
    for name, value in (("budget", budget), ("every", every)):
        if not isinstance(value, (int, np.integer)) or value < 1:
            raise ValueError(f"{name} is {value}, expected a whole number of at least 1")
    now = {name: np.array(value) for name, value in params.items()}
    configs: dict[str, dict] = {}
    history = {"loss": [], "at": [], "dev": [], "best": 0, "stopped": "budget"}
    best, waited = (now, 0)

    def batches():
        while True:
            yield from minibatches(len(x), batch, rng)

    for t, chosen in zip(range(budget), batches(), strict=False):
        examples = x[chosen] if augment is None else augment(x[chosen], rng)
        loss, grads, statistics = loss_and_grads(now, examples, y[chosen], np.random.default_rng(0))
        if not np.isfinite(loss):
            history["stopped"] = "diverged"
            break
        history["loss"].append(float(loss))
        now = {**now, **statistics}
        for name, grad in grads.items():
            own = configs.setdefault(name, dict(config))
            if schedule is not None:
                own["learning_rate"] = schedule(t)
            now[name], configs[name] = rule(now[name], grad, own)
        if evaluate is not None and ((t + 1) % every == 0 or t + 1 == budget):
            score = float(evaluate(now))
            if not history["dev"] or score < min(history["dev"]):
                best, history["best"], waited = (dict(now), t + 1, 0)
            else:
                waited += 1
            history["at"].append(t + 1)
            history["dev"].append(score)
            if waited == patience:
                history["stopped"] = "patience"
                break
    if not history["dev"]:
        best, history["best"] = (now, len(history["loss"]))
    return (best, history)


@answer("solver", replaces="train", says=r"best`, where every score is 1")
def best_starts_at_one(
    params,
    loss_and_grads,
    rule,
    config,
    x,
    y,
    *,
    batch,
    budget,
    rng,
    schedule=None,
    augment=None,
    evaluate=None,
    every=50,
    patience=None,
):
    """A score counts only below 1."""
    for name, value in (("budget", budget), ("every", every)):
        if not isinstance(value, (int, np.integer)) or value < 1:
            raise ValueError(f"{name} is {value}, expected a whole number of at least 1")
    now = {name: np.array(value) for name, value in params.items()}
    configs: dict[str, dict] = {}
    history = {"loss": [], "at": [], "dev": [], "best": 0, "stopped": "budget"}
    best, waited = (now, 0)

    def batches():
        while True:
            yield from minibatches(len(x), batch, rng)

    for t, chosen in zip(range(budget), batches(), strict=False):
        examples = x[chosen] if augment is None else augment(x[chosen], rng)
        loss, grads, statistics = loss_and_grads(now, examples, y[chosen], rng)
        if not np.isfinite(loss):
            history["stopped"] = "diverged"
            break
        history["loss"].append(float(loss))
        now = {**now, **statistics}
        for name, grad in grads.items():
            own = configs.setdefault(name, dict(config))
            if schedule is not None:
                own["learning_rate"] = schedule(t)
            now[name], configs[name] = rule(now[name], grad, own)
        if evaluate is not None and ((t + 1) % every == 0 or t + 1 == budget):
            score = float(evaluate(now))
            if score < min([1.0, *history["dev"]]):
                best, history["best"], waited = (dict(now), t + 1, 0)
            else:
                waited += 1
            history["at"].append(t + 1)
            history["dev"].append(score)
            if waited == patience:
                history["stopped"] = "patience"
                break
    if not history["dev"]:
        best, history["best"] = (now, len(history["loss"]))
    return (best, history)


@answer("solver", replaces="train", says=r"the last step included")
def evaluated_twice_if_every_fits(
    params,
    loss_and_grads,
    rule,
    config,
    x,
    y,
    *,
    batch,
    budget,
    rng,
    schedule=None,
    augment=None,
    evaluate=None,
    every=50,
    patience=None,
):
    """Evaluates after the loop even where every fits."""
    for name, value in (("budget", budget), ("every", every)):
        if not isinstance(value, (int, np.integer)) or value < 1:
            raise ValueError(f"{name} is {value}, expected a whole number of at least 1")
    now = {name: np.array(value) for name, value in params.items()}
    configs: dict[str, dict] = {}
    history = {"loss": [], "at": [], "dev": [], "best": 0, "stopped": "budget"}
    best, waited = (now, 0)

    def batches():
        while True:
            yield from minibatches(len(x), batch, rng)

    for t, chosen in zip(range(budget), batches(), strict=False):
        examples = x[chosen] if augment is None else augment(x[chosen], rng)
        loss, grads, statistics = loss_and_grads(now, examples, y[chosen], rng)
        if not np.isfinite(loss):
            history["stopped"] = "diverged"
            break
        history["loss"].append(float(loss))
        now = {**now, **statistics}
        for name, grad in grads.items():
            own = configs.setdefault(name, dict(config))
            if schedule is not None:
                own["learning_rate"] = schedule(t)
            now[name], configs[name] = rule(now[name], grad, own)
        if evaluate is not None and ((t + 1) % every == 0 or False):
            score = float(evaluate(now))
            if not history["dev"] or score < min(history["dev"]):
                best, history["best"], waited = (dict(now), t + 1, 0)
            else:
                waited += 1
            history["at"].append(t + 1)
            history["dev"].append(score)
            if waited == patience:
                history["stopped"] = "patience"
                break
    if evaluate is not None and history["stopped"] == "budget":
        score = float(evaluate(now))
        if not history["dev"] or score < min(history["dev"]):
            best, history["best"] = (dict(now), budget)
        history["at"].append(budget)
        history["dev"].append(score)
    if not history["dev"]:
        best, history["best"] = (now, len(history["loss"]))
    return (best, history)


@answer("surface", replaces="filter_normalised", says=r"the first of three matrices")
def names_sorted(params, rng):
    """Draws in the order of the sorted names."""
    direction = {}
    for name, value in sorted(params.items()):
        if value.ndim == 2:
            drawn = rng.normal(size=value.shape)
            lengths = np.linalg.norm(value, axis=0) / np.linalg.norm(drawn, axis=0)
            direction[name] = (drawn * lengths).astype(value.dtype)
        else:
            direction[name] = np.zeros_like(value)
    return direction


@answer("surface", replaces="filter_normalised", says=r"Each row of `w\d`")
def square_by_rows(params, rng):
    """A square matrix is scaled by rows."""
    direction = {}
    for name, value in params.items():
        if value.ndim == 2:
            drawn = rng.normal(size=value.shape)
            axis = int(value.shape[0] == value.shape[1])
            lengths = np.linalg.norm(value, axis=axis, keepdims=True) / np.linalg.norm(
                drawn, axis=axis, keepdims=True
            )
            direction[name] = (drawn * lengths).astype(value.dtype)
        else:
            direction[name] = np.zeros_like(value)
    return direction


@answer("surface", replaces="loss_grid", says=r"for float32 parameters")
def grid_in_the_dtype_of_params(loss, params, first, second, a, b):
    """Grid is of the params' dtype."""
    grid = np.empty((len(a), len(b)), next(iter(params.values())).dtype)
    for i, j in np.ndindex(grid.shape):
        grid[i, j] = loss(
            {name: params[name] + a[i] * first[name] + b[j] * second[name] for name in params}
        )
    return grid


@answer("autopsy", replaces="autopsy", says=r"far above its beginning once, and came back")
def any_above(history):
    """Diverged wherever the loss was above."""
    train_loss, dev_loss, norms = (history["train_loss"], history["dev_loss"], history["grad_norm"])
    if not np.all(np.isfinite(train_loss)) or np.any(train_loss > 2 * train_loss[0]):
        return "diverged"
    if history["dead"][-1] > 0.7:
        return "dead units"
    if norms[-1, 0] < 0.001 * norms[-1, -1]:
        return "vanishing gradients"
    if train_loss[-1] > 0.95 * train_loss[0] and history["moved"][-1] < 1e-05:
        return "rate too small"
    if dev_loss[-1] > 1.3 * np.min(dev_loss) and train_loss[-1] < train_loss[np.argmin(dev_loss)]:
        return "overfitting"
    return "healthy"


@answer("result", replaces="predict", says=r"changes its argument")
def predict_centres_in_place(model, x):
    """Predict writes to its canvases."""
    x -= 0.0 * x.mean()
    x += 1e-09
    return net_scores(model, x).argmax(axis=1)
