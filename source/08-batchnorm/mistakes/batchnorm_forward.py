"""What goes wrong, and what else goes right, in `batchnorm_forward`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake("batchnorm_forward", replaces="batchnorm_forward")
def old_statistics_forgotten(x, gamma, beta, bn_param):
    """Your running statistics are those of the last batch alone: nothing of the old ones is kept, and `momentum` is not used."""
    D, mode = x.shape[-1], bn_param["mode"]
    if x.ndim != 2 or gamma.shape != (D,) or beta.shape != (D,) or mode not in ("train", "test"):
        raise ValueError(
            f"x {x.shape}, gamma {gamma.shape}, beta {beta.shape}, expected (N, {D}), ({D},), ({D},); mode {mode!r}"
        )
    eps = bn_param.get("eps", 1e-5)
    dtype = x.dtype if x.dtype.kind == "f" else np.float64
    mean, var = (
        bn_param.get("running_mean", np.zeros(D, dtype)),
        bn_param.get("running_var", np.ones(D, dtype)),
    )
    if mode == "train":
        mean, var = x.mean(axis=0), x.var(axis=0)
        bn_param["running_mean"] = 1.0 * mean
        bn_param["running_var"] = 1.0 * var
    std = np.sqrt(var + eps)
    x_hat = (x - mean) / std
    return gamma * x_hat + beta, (x_hat, std, gamma, mode)


@mistake("batchnorm_forward", replaces="batchnorm_forward")
def momentum_swapped(x, gamma, beta, bn_param):
    """Your running statistics take `momentum` as the weight of the new batch, as PyTorch does. In this course it is the weight of the old value."""
    D, mode = x.shape[-1], bn_param["mode"]
    if x.ndim != 2 or gamma.shape != (D,) or beta.shape != (D,) or mode not in ("train", "test"):
        raise ValueError(
            f"x {x.shape}, gamma {gamma.shape}, beta {beta.shape}, expected (N, {D}), ({D},), ({D},); mode {mode!r}"
        )
    momentum, eps = bn_param.get("momentum", 0.9), bn_param.get("eps", 1e-5)
    dtype = x.dtype if x.dtype.kind == "f" else np.float64
    mean, var = (
        bn_param.get("running_mean", np.zeros(D, dtype)),
        bn_param.get("running_var", np.ones(D, dtype)),
    )
    if mode == "train":
        old_mean, old_var = mean, var
        mean, var = x.mean(axis=0), x.var(axis=0)
        bn_param["running_mean"] = (1 - momentum) * old_mean + momentum * mean
        bn_param["running_var"] = (1 - momentum) * old_var + momentum * var
    std = np.sqrt(var + eps)
    x_hat = (x - mean) / std
    return gamma * x_hat + beta, (x_hat, std, gamma, mode)


@mistake("batchnorm_forward", replaces="batchnorm_forward")
def running_statistics_of_std(x, gamma, beta, bn_param):
    """Under the name `running_var` you average standard deviations. An average of roots is not the root of an average, and test takes a root again."""
    D, mode = x.shape[-1], bn_param["mode"]
    if x.ndim != 2 or gamma.shape != (D,) or beta.shape != (D,) or mode not in ("train", "test"):
        raise ValueError(
            f"x {x.shape}, gamma {gamma.shape}, beta {beta.shape}, expected (N, {D}), ({D},), ({D},); mode {mode!r}"
        )
    momentum, eps = bn_param.get("momentum", 0.9), bn_param.get("eps", 1e-5)
    dtype = x.dtype if x.dtype.kind == "f" else np.float64
    mean, var = (
        bn_param.get("running_mean", np.zeros(D, dtype)),
        bn_param.get("running_var", np.ones(D, dtype)),
    )
    if mode == "train":
        old_mean, old_var = mean, var
        mean, var = x.mean(axis=0), x.var(axis=0)
        bn_param["running_mean"] = momentum * old_mean + (1 - momentum) * mean
        bn_param["running_var"] = momentum * old_var + (1 - momentum) * np.sqrt(var)
    std = np.sqrt(var + eps)
    x_hat = (x - mean) / std
    return gamma * x_hat + beta, (x_hat, std, gamma, mode)


@mistake("batchnorm_forward", replaces="batchnorm_forward")
def running_variance_unbiased(x, gamma, beta, bn_param):
    """Your running variance averages the unbiased variance, divided by N - 1, as PyTorch's does. This course keeps the same biased one that it divides by."""
    D, mode = x.shape[-1], bn_param["mode"]
    if x.ndim != 2 or gamma.shape != (D,) or beta.shape != (D,) or mode not in ("train", "test"):
        raise ValueError(
            f"x {x.shape}, gamma {gamma.shape}, beta {beta.shape}, expected (N, {D}), ({D},), ({D},); mode {mode!r}"
        )
    momentum, eps = bn_param.get("momentum", 0.9), bn_param.get("eps", 1e-5)
    dtype = x.dtype if x.dtype.kind == "f" else np.float64
    mean, var = (
        bn_param.get("running_mean", np.zeros(D, dtype)),
        bn_param.get("running_var", np.ones(D, dtype)),
    )
    if mode == "train":
        old_mean, old_var, N = mean, var, len(x)
        mean, var = x.mean(axis=0), x.var(axis=0)
        bn_param["running_mean"] = momentum * old_mean + (1 - momentum) * mean
        bn_param["running_var"] = momentum * old_var + (1 - momentum) * var * (N / max(N - 1, 1))
    std = np.sqrt(var + eps)
    x_hat = (x - mean) / std
    return gamma * x_hat + beta, (x_hat, std, gamma, mode)


@mistake("batchnorm_forward", replaces="batchnorm_forward")
def batch_statistics_at_test(x, gamma, beta, bn_param):
    """In test mode you still normalise with the batch's own mean and variance. An example's output would then depend on the rest of its batch."""
    D, mode = x.shape[-1], bn_param["mode"]
    if x.ndim != 2 or gamma.shape != (D,) or beta.shape != (D,) or mode not in ("train", "test"):
        raise ValueError(
            f"x {x.shape}, gamma {gamma.shape}, beta {beta.shape}, expected (N, {D}), ({D},), ({D},); mode {mode!r}"
        )
    momentum, eps = bn_param.get("momentum", 0.9), bn_param.get("eps", 1e-5)
    dtype = x.dtype if x.dtype.kind == "f" else np.float64
    mean, var = x.mean(axis=0), x.var(axis=0)
    if mode == "train":
        bn_param["running_mean"] = (
            momentum * bn_param.get("running_mean", np.zeros(D, dtype)) + (1 - momentum) * mean
        )
        bn_param["running_var"] = (
            momentum * bn_param.get("running_var", np.ones(D, dtype)) + (1 - momentum) * var
        )
    std = np.sqrt(var + eps)
    x_hat = (x - mean) / std
    return gamma * x_hat + beta, (x_hat, std, gamma, "train")


@mistake("batchnorm_forward", replaces="batchnorm_forward")
def test_writes_too(x, gamma, beta, bn_param):
    """Your running statistics also move in test mode. Whatever you test on would leak into the network: test reads them and writes nothing."""
    D, mode = x.shape[-1], bn_param["mode"]
    if x.ndim != 2 or gamma.shape != (D,) or beta.shape != (D,) or mode not in ("train", "test"):
        raise ValueError(
            f"x {x.shape}, gamma {gamma.shape}, beta {beta.shape}, expected (N, {D}), ({D},), ({D},); mode {mode!r}"
        )
    momentum, eps = bn_param.get("momentum", 0.9), bn_param.get("eps", 1e-5)
    dtype = x.dtype if x.dtype.kind == "f" else np.float64
    old_mean, old_var = (
        bn_param.get("running_mean", np.zeros(D, dtype)),
        bn_param.get("running_var", np.ones(D, dtype)),
    )
    mean, var = x.mean(axis=0), x.var(axis=0)
    bn_param["running_mean"] = momentum * old_mean + (1 - momentum) * mean
    bn_param["running_var"] = momentum * old_var + (1 - momentum) * var
    if mode == "test":
        mean, var = old_mean, old_var
    std = np.sqrt(var + eps)
    x_hat = (x - mean) / std
    return gamma * x_hat + beta, (x_hat, std, gamma, mode)


@mistake("batchnorm_forward", replaces="batchnorm_forward")
def eps_outside_the_root(x, gamma, beta, bn_param):
    """You add `eps` to the root. It belongs to the variance, before the root is taken: the two differ most where the variance is small."""
    D, mode = x.shape[-1], bn_param["mode"]
    if x.ndim != 2 or gamma.shape != (D,) or beta.shape != (D,) or mode not in ("train", "test"):
        raise ValueError(
            f"x {x.shape}, gamma {gamma.shape}, beta {beta.shape}, expected (N, {D}), ({D},), ({D},); mode {mode!r}"
        )
    momentum, eps = bn_param.get("momentum", 0.9), bn_param.get("eps", 1e-5)
    dtype = x.dtype if x.dtype.kind == "f" else np.float64
    mean, var = (
        bn_param.get("running_mean", np.zeros(D, dtype)),
        bn_param.get("running_var", np.ones(D, dtype)),
    )
    if mode == "train":
        old_mean, old_var = mean, var
        mean, var = x.mean(axis=0), x.var(axis=0)
        bn_param["running_mean"] = momentum * old_mean + (1 - momentum) * mean
        bn_param["running_var"] = momentum * old_var + (1 - momentum) * var
    std = np.sqrt(var) + eps
    x_hat = (x - mean) / std
    return gamma * x_hat + beta, (x_hat, std, gamma, mode)


@mistake("batchnorm_forward", replaces="batchnorm_forward")
def eps_forgotten(x, gamma, beta, bn_param):
    """You divide by the bare root of the variance, as D2's slide does. A column that does not vary, and every column of a batch of one, is then 0/0."""
    D, mode = x.shape[-1], bn_param["mode"]
    if x.ndim != 2 or gamma.shape != (D,) or beta.shape != (D,) or mode not in ("train", "test"):
        raise ValueError(
            f"x {x.shape}, gamma {gamma.shape}, beta {beta.shape}, expected (N, {D}), ({D},), ({D},); mode {mode!r}"
        )
    momentum = bn_param.get("momentum", 0.9)
    dtype = x.dtype if x.dtype.kind == "f" else np.float64
    mean, var = (
        bn_param.get("running_mean", np.zeros(D, dtype)),
        bn_param.get("running_var", np.ones(D, dtype)),
    )
    if mode == "train":
        old_mean, old_var = mean, var
        mean, var = x.mean(axis=0), x.var(axis=0)
        bn_param["running_mean"] = momentum * old_mean + (1 - momentum) * mean
        bn_param["running_var"] = momentum * old_var + (1 - momentum) * var
    std = np.sqrt(var)
    x_hat = (x - mean) / std
    return gamma * x_hat + beta, (x_hat, std, gamma, mode)


@mistake("batchnorm_forward", replaces="batchnorm_forward")
def eps_forgotten_at_test(x, gamma, beta, bn_param):
    """In test mode you divide by the root of the running variance without `eps`. Training and test are to differ in where the statistics come from, and in nothing else."""
    D, mode = x.shape[-1], bn_param["mode"]
    if x.ndim != 2 or gamma.shape != (D,) or beta.shape != (D,) or mode not in ("train", "test"):
        raise ValueError(
            f"x {x.shape}, gamma {gamma.shape}, beta {beta.shape}, expected (N, {D}), ({D},), ({D},); mode {mode!r}"
        )
    momentum, eps = bn_param.get("momentum", 0.9), bn_param.get("eps", 1e-5)
    dtype = x.dtype if x.dtype.kind == "f" else np.float64
    mean, var = (
        bn_param.get("running_mean", np.zeros(D, dtype)),
        bn_param.get("running_var", np.ones(D, dtype)),
    )
    if mode == "train":
        old_mean, old_var = mean, var
        mean, var = x.mean(axis=0), x.var(axis=0)
        bn_param["running_mean"] = momentum * old_mean + (1 - momentum) * mean
        bn_param["running_var"] = momentum * old_var + (1 - momentum) * var
    else:
        eps = 0.0
    std = np.sqrt(var + eps)
    x_hat = (x - mean) / std
    return gamma * x_hat + beta, (x_hat, std, gamma, mode)


@mistake("batchnorm_forward", replaces="batchnorm_forward")
def running_variance_begins_with_zeros(x, gamma, beta, bn_param):
    """Where there is no running variance yet, you begin with zeros. It begins with ones: a layer that was never trained then leaves test data nearly as it is."""
    D, mode = x.shape[-1], bn_param["mode"]
    if x.ndim != 2 or gamma.shape != (D,) or beta.shape != (D,) or mode not in ("train", "test"):
        raise ValueError(
            f"x {x.shape}, gamma {gamma.shape}, beta {beta.shape}, expected (N, {D}), ({D},), ({D},); mode {mode!r}"
        )
    momentum, eps = bn_param.get("momentum", 0.9), bn_param.get("eps", 1e-5)
    dtype = x.dtype if x.dtype.kind == "f" else np.float64
    mean, var = (
        bn_param.get("running_mean", np.zeros(D, dtype)),
        bn_param.get("running_var", np.zeros(D, dtype)),
    )
    if mode == "train":
        old_mean, old_var = mean, var
        mean, var = x.mean(axis=0), x.var(axis=0)
        bn_param["running_mean"] = momentum * old_mean + (1 - momentum) * mean
        bn_param["running_var"] = momentum * old_var + (1 - momentum) * var
    std = np.sqrt(var + eps)
    x_hat = (x - mean) / std
    return gamma * x_hat + beta, (x_hat, std, gamma, mode)


@mistake("batchnorm_forward", replaces="batchnorm_forward")
def running_arrays_changed_in_place(x, gamma, beta, bn_param):
    """You write into the caller's running arrays (`*=`, `+=` or `[:] =`). If the caller has kept the old ones, for example of the best epoch, they change, too: make new arrays."""
    D, mode = x.shape[-1], bn_param["mode"]
    if x.ndim != 2 or gamma.shape != (D,) or beta.shape != (D,) or mode not in ("train", "test"):
        raise ValueError(
            f"x {x.shape}, gamma {gamma.shape}, beta {beta.shape}, expected (N, {D}), ({D},), ({D},); mode {mode!r}"
        )
    momentum, eps = bn_param.get("momentum", 0.9), bn_param.get("eps", 1e-5)
    dtype = x.dtype if x.dtype.kind == "f" else np.float64
    mean = (
        bn_param.setdefault("running_mean", np.zeros(D, dtype))
        if mode == "train"
        else bn_param.get("running_mean", np.zeros(D, dtype))
    )
    var = (
        bn_param.setdefault("running_var", np.ones(D, dtype))
        if mode == "train"
        else bn_param.get("running_var", np.ones(D, dtype))
    )
    if mode == "train":
        old_mean, old_var = mean, var
        mean, var = x.mean(axis=0), x.var(axis=0)
        old_mean *= momentum
        old_mean += (1 - momentum) * mean
        old_var *= momentum
        old_var += (1 - momentum) * var
    std = np.sqrt(var + eps)
    x_hat = (x - mean) / std
    return gamma * x_hat + beta, (x_hat, std, gamma, mode)


@mistake("batchnorm_forward", replaces="batchnorm_forward")
def variance_as_a_difference_of_squares(x, gamma, beta, bn_param):
    """You compute the variance as the mean of squares less the square of the mean. Far from zero, these are two huge, nearly equal numbers: subtract the mean first."""
    D, mode = x.shape[-1], bn_param["mode"]
    if x.ndim != 2 or gamma.shape != (D,) or beta.shape != (D,) or mode not in ("train", "test"):
        raise ValueError(
            f"x {x.shape}, gamma {gamma.shape}, beta {beta.shape}, expected (N, {D}), ({D},), ({D},); mode {mode!r}"
        )
    momentum, eps = bn_param.get("momentum", 0.9), bn_param.get("eps", 1e-5)
    dtype = x.dtype if x.dtype.kind == "f" else np.float64
    mean, var = (
        bn_param.get("running_mean", np.zeros(D, dtype)),
        bn_param.get("running_var", np.ones(D, dtype)),
    )
    if mode == "train":
        old_mean, old_var = mean, var
        mean = x.mean(axis=0)
        var = np.maximum((x * x).mean(axis=0) - mean * mean, 0)
        bn_param["running_mean"] = momentum * old_mean + (1 - momentum) * mean
        bn_param["running_var"] = momentum * old_var + (1 - momentum) * var
    std = np.sqrt(var + eps)
    x_hat = (x - mean) / std
    return gamma * x_hat + beta, (x_hat, std, gamma, mode)


@mistake("batchnorm_forward", replaces="batchnorm_forward")
def any_other_mode_is_test(x, gamma, beta, bn_param):
    """A mode that is neither "train" nor "test" is taken for one of them. A misspelt mode would pass unnoticed, and spoil a whole run: refuse it."""
    D, mode = x.shape[-1], bn_param["mode"]
    if x.ndim != 2 or gamma.shape != (D,) or beta.shape != (D,):
        raise ValueError(
            f"x {x.shape}, gamma {gamma.shape}, beta {beta.shape}, expected (N, {D}), ({D},), ({D},)"
        )
    momentum, eps = bn_param.get("momentum", 0.9), bn_param.get("eps", 1e-5)
    dtype = x.dtype if x.dtype.kind == "f" else np.float64
    mean, var = (
        bn_param.get("running_mean", np.zeros(D, dtype)),
        bn_param.get("running_var", np.ones(D, dtype)),
    )
    if mode == "train":
        old_mean, old_var = mean, var
        mean, var = x.mean(axis=0), x.var(axis=0)
        bn_param["running_mean"] = momentum * old_mean + (1 - momentum) * mean
        bn_param["running_var"] = momentum * old_var + (1 - momentum) * var
    std = np.sqrt(var + eps)
    x_hat = (x - mean) / std
    return gamma * x_hat + beta, (x_hat, std, gamma, mode if mode == "train" else "test")


@mistake("batchnorm_forward", replaces="batchnorm_forward")
def shapes_broadcast(x, gamma, beta, bn_param):
    """A `gamma` or `beta` of another shape than (D,) is let through, because broadcasting makes it fit. Compare the shapes yourself."""
    D, mode = x.shape[-1], bn_param["mode"]
    if mode not in ("train", "test"):
        raise ValueError(f"mode {mode!r}, expected 'train' or 'test'")
    momentum, eps = bn_param.get("momentum", 0.9), bn_param.get("eps", 1e-5)
    dtype = x.dtype if x.dtype.kind == "f" else np.float64
    mean, var = (
        bn_param.get("running_mean", np.zeros(D, dtype)),
        bn_param.get("running_var", np.ones(D, dtype)),
    )
    if mode == "train":
        old_mean, old_var = mean, var
        mean, var = x.mean(axis=0), x.var(axis=0)
        bn_param["running_mean"] = momentum * old_mean + (1 - momentum) * mean
        bn_param["running_var"] = momentum * old_var + (1 - momentum) * var
    std = np.sqrt(var + eps)
    x_hat = (x - mean) / std
    return gamma * x_hat + beta, (x_hat, std, gamma, mode)


@mistake("batchnorm_forward", replaces=("batchnorm_forward",))
def test_puts_in_what_was_missing():
    """In test mode you put running statistics into `bn_param` where there were none. Use the defaults for this call only, and leave the caller's dictionary as it is: only training writes."""
    inner = batchnorm_forward

    def forward(x, gamma, beta, bn_param):
        dtype = x.dtype if x.dtype.kind == "f" else np.float64
        bn_param.setdefault("running_mean", np.zeros(x.shape[-1], dtype))
        bn_param.setdefault("running_var", np.ones(x.shape[-1], dtype))
        return inner(x, gamma, beta, bn_param)

    return forward


@mistake("batchnorm_forward", replaces=("batchnorm_forward",))
def momentum_of_zero_taken_for_none():
    """A momentum of 0 is taken for none at all, since 0 counts as false: `or` is not the way to a default. Ask whether the key is there."""
    inner = batchnorm_forward

    def forward(x, gamma, beta, bn_param):
        used = {**bn_param, "momentum": bn_param.get("momentum") or 0.9}
        out, cache = inner(x, gamma, beta, used)
        if used["mode"] == "train":
            bn_param["running_mean"], bn_param["running_var"] = (
                used["running_mean"],
                used["running_var"],
            )
        return out, cache

    return forward


@mistake("batchnorm_forward", replaces=("batchnorm_forward",))
def rows_taken_for_vectors():
    """You look at the last length of `gamma` and `beta` alone, so that a (1, D) passes for a (D,). Compare whole shapes."""
    inner = batchnorm_forward

    def forward(x, gamma, beta, bn_param):
        if (
            gamma.shape[-1:] == beta.shape[-1:] == x.shape[-1:]
            and gamma.size == beta.size == x.shape[-1]
        ):
            gamma, beta = gamma.reshape(-1), beta.reshape(-1)
        return inner(x, gamma, beta, bn_param)

    return forward


@mistake("batchnorm_forward", replaces=("batchnorm_forward",))
def more_axes_than_two():
    """You take an x of three axes as well. What its statistics would be is another question; here x is (N, D), and anything else is refused."""
    inner = batchnorm_forward

    def forward(x, gamma, beta, bn_param):
        return inner(x.reshape(-1, x.shape[-1]) if x.ndim > 2 else x, gamma, beta, bn_param)

    return forward


@mistake("batchnorm_forward", replaces=("batchnorm_forward",))
def one_example_leaves_no_trace():
    """A batch of one in training does not move your running statistics. It has a mean, and a variance of 0: they count like any other batch's."""
    inner = batchnorm_forward

    def forward(x, gamma, beta, bn_param):
        before = {
            "running_mean": np.zeros(x.shape[-1], x.dtype),
            "running_var": np.ones(x.shape[-1], x.dtype),
        } | bn_param
        answer = inner(x, gamma, beta, bn_param)
        if bn_param["mode"] == "train" and len(x) == 1:
            bn_param["running_mean"], bn_param["running_var"] = (
                +before["running_mean"],
                +before["running_var"],
            )
        return answer

    return forward


@mistake("batchnorm_forward", replaces="batchnorm_forward")
def variance_by_n_minus_one(x, gamma, beta, bn_param):
    """You divide the variance by N - 1 (`ddof=1`). Batch norm divides by N; by N - 1, a batch of one is 0/0."""
    D, mode = x.shape[-1], bn_param["mode"]
    if x.ndim != 2 or gamma.shape != (D,) or beta.shape != (D,) or mode not in ("train", "test"):
        raise ValueError(
            f"x {x.shape}, gamma {gamma.shape}, beta {beta.shape}, expected (N, {D}), ({D},), ({D},); mode {mode!r}"
        )
    momentum, eps = bn_param.get("momentum", 0.9), bn_param.get("eps", 1e-5)
    dtype = x.dtype if x.dtype.kind == "f" else np.float64
    mean, var = (
        bn_param.get("running_mean", np.zeros(D, dtype)),
        bn_param.get("running_var", np.ones(D, dtype)),
    )
    if mode == "train":
        old_mean, old_var = mean, var
        mean, var = x.mean(axis=0), x.var(axis=0, ddof=1)
        bn_param["running_mean"] = momentum * old_mean + (1 - momentum) * mean
        bn_param["running_var"] = momentum * old_var + (1 - momentum) * var
    std = np.sqrt(var + eps)
    x_hat = (x - mean) / std
    return gamma * x_hat + beta, (x_hat, std, gamma, mode)


@mistake("batchnorm_forward", replaces="batchnorm_forward")
def running_variance_with_eps(x, gamma, beta, bn_param):
    """In your running variance, `eps` is averaged as well. At test time it would be added a second time: keep the bare variance."""
    D, mode = x.shape[-1], bn_param["mode"]
    if x.ndim != 2 or gamma.shape != (D,) or beta.shape != (D,) or mode not in ("train", "test"):
        raise ValueError(
            f"x {x.shape}, gamma {gamma.shape}, beta {beta.shape}, expected (N, {D}), ({D},), ({D},); mode {mode!r}"
        )
    momentum, eps = bn_param.get("momentum", 0.9), bn_param.get("eps", 1e-5)
    dtype = x.dtype if x.dtype.kind == "f" else np.float64
    mean, var = (
        bn_param.get("running_mean", np.zeros(D, dtype)),
        bn_param.get("running_var", np.ones(D, dtype)),
    )
    if mode == "train":
        old_mean, old_var = mean, var
        mean, var = x.mean(axis=0), x.var(axis=0)
        bn_param["running_mean"] = momentum * old_mean + (1 - momentum) * mean
        bn_param["running_var"] = momentum * old_var + (1 - momentum) * (var + eps)
    std = np.sqrt(var + eps)
    x_hat = (x - mean) / std
    return gamma * x_hat + beta, (x_hat, std, gamma, mode)


@mistake("batchnorm_forward", replaces="batchnorm_forward")
def nothing_is_stored(x, gamma, beta, bn_param):
    """You do not store the running statistics: after a batch in training, `bn_param` holds what it held before. Write both into it."""
    D, mode = x.shape[-1], bn_param["mode"]
    if x.ndim != 2 or gamma.shape != (D,) or beta.shape != (D,) or mode not in ("train", "test"):
        raise ValueError(
            f"x {x.shape}, gamma {gamma.shape}, beta {beta.shape}, expected (N, {D}), ({D},), ({D},); mode {mode!r}"
        )
    eps, dtype = bn_param.get("eps", 1e-5), x.dtype if x.dtype.kind == "f" else np.float64
    mean, var = (
        bn_param.get("running_mean", np.zeros(D, dtype)),
        bn_param.get("running_var", np.ones(D, dtype)),
    )
    if mode == "train":
        mean, var = x.mean(axis=0), x.var(axis=0)
    std = np.sqrt(var + eps)
    x_hat = (x - mean) / std
    return gamma * x_hat + beta, (x_hat, std, gamma, mode)


@mistake("batchnorm_forward", replaces=("batchnorm_forward",))
def default_eps_of_1e_8():
    """Where `bn_param` holds no `eps`, you take 1e-8. The default is 1e-5 here: for small variances, the two give other results."""
    inner = batchnorm_forward

    def forward(x, gamma, beta, bn_param):
        used = {"eps": 1e-8, **bn_param}
        answer = inner(x, gamma, beta, used)
        if used["mode"] == "train":
            bn_param["running_mean"], bn_param["running_var"] = (
                used["running_mean"],
                used["running_var"],
            )
        return answer

    return forward


@mistake("batchnorm_forward", replaces=("batchnorm_forward",))
def momentum_ignored():
    """You use the default momentum of 0.9 also where `bn_param` has another one: read `momentum` from it."""
    inner = batchnorm_forward

    def forward(x, gamma, beta, bn_param):
        used = {**bn_param, "momentum": 0.9}
        answer = inner(x, gamma, beta, used)
        if used["mode"] == "train":
            bn_param["running_mean"], bn_param["running_var"] = (
                used["running_mean"],
                used["running_var"],
            )
        return answer

    return forward


@mistake("batchnorm_forward", replaces=("batchnorm_forward",))
def running_mean_begins_in_float64():
    """Your running mean begins in float64, whatever `x` is. Give `zeros` the dtype of x, or a float32 network is promoted."""
    inner = batchnorm_forward

    def forward(x, gamma, beta, bn_param):
        begins = "running_mean" not in bn_param
        answer = inner(x, gamma, beta, bn_param)
        if begins and bn_param["mode"] == "train":
            bn_param["running_mean"] = bn_param["running_mean"].astype(np.float64)
        return answer

    return forward


@variant("batchnorm_forward", replaces="batchnorm_forward")
def two_branches_and_einsum(x, gamma, beta, bn_param):
    """A branch a mode, sums by einsum, an update as a step towards the new value, and the settings written back into bn_param."""
    if x.ndim != 2:
        raise ValueError(f"x: got {x.shape}, expected two axes")
    N, D = x.shape
    for value in (gamma, beta):
        if value.shape != (D,):
            raise ValueError(f"got {value.shape}, expected ({D},)")
    x = x if x.dtype.kind == "f" else x.astype(np.float64)
    eps, rho = bn_param.get("eps", 1e-5), bn_param.get("momentum", 0.9)
    old_mean = bn_param.get("running_mean", np.zeros_like(x[0]))
    old_var = bn_param.get("running_var", np.ones_like(x[0]))
    match bn_param["mode"]:
        case "train":
            mean = np.einsum("nd->d", x) / N
            centred = x - mean
            var = np.einsum("nd,nd->d", centred, centred) / N
            bn_param.update(
                running_mean=old_mean + (1 - rho) * (mean - old_mean),
                running_var=old_var + (1 - rho) * (var - old_var),
                eps=eps,
                momentum=rho,
            )
        case "test":
            centred, var = x - old_mean, old_var
        case other:
            raise ValueError(f"mode: got {other}, expected train or test")
    inverse = (var + eps) ** -0.5
    x_hat = centred * inverse
    return x_hat * gamma + beta, (x_hat, 1 / inverse, gamma, bn_param["mode"])


@variant("batchnorm_forward", replaces="batchnorm_forward")
def as_an_affine_map(x, gamma, beta, bn_param):
    """Computes a slope and an intercept for each column, and keeps what the backward needs beside."""
    mode = bn_param["mode"]
    if mode not in {"train", "test"}:
        raise ValueError(f"unknown mode {mode}")
    if x.ndim != 2 or not gamma.shape == beta.shape == x.shape[1:]:
        raise ValueError(
            f"x {x.shape} needs gamma and beta of {x.shape[1:]}, not {gamma.shape} and {beta.shape}"
        )
    kind = np.result_type(x, np.float32) if x.dtype.kind == "f" else np.dtype(float)
    statistics = np.stack(
        [
            bn_param.get("running_mean", np.zeros(x.shape[1])),
            bn_param.get("running_var", np.ones(x.shape[1])),
        ]
    ).astype(kind)
    if mode == "train":
        keep = bn_param.get("momentum", 0.9)
        batch = np.stack([x.mean(axis=0), np.square(x - x.mean(axis=0)).mean(axis=0)])
        bn_param["running_mean"], bn_param["running_var"] = keep * statistics + (1 - keep) * batch
        statistics = batch
    mean, var = statistics
    root = np.sqrt(var + bn_param.get("eps", 1e-5))
    slope = gamma / root
    return (x - mean) * slope + beta, ((x - mean) / root, root, gamma, mode)


@variant("batchnorm_forward", replaces="batchnorm_forward")
def in_place_on_copies(x, gamma, beta, bn_param):
    """Centres and scales a copy in place; the variance as a mean of squares; the defaults by `in`."""
    if len(x.shape) != 2:
        raise ValueError(f"an x of {x.ndim} axes, of shape {x.shape}")
    for value in (gamma, beta):
        if value.shape != x.shape[1:]:
            raise ValueError(f"got {value.shape}, expected {x.shape[1:]}")
    kind = x.dtype if x.dtype.kind == "f" else np.dtype(float)
    mode = bn_param["mode"]
    running = {
        "running_mean": bn_param["running_mean"]
        if "running_mean" in bn_param
        else np.zeros(x.shape[1], kind),
        "running_var": bn_param["running_var"]
        if "running_var" in bn_param
        else np.ones(x.shape[1], kind),
    }
    x_hat = x.astype(kind)
    if mode == "test":
        x_hat -= running["running_mean"]
        var = running["running_var"]
    elif mode == "train":
        mean = np.add.reduce(x_hat) / kind.type(len(x))
        x_hat -= mean
        var = np.add.reduce(x_hat * x_hat) / kind.type(len(x))
        m = bn_param["momentum"] if "momentum" in bn_param else 0.9
        for name, new in (("running_mean", mean), ("running_var", var)):
            bn_param[name] = m * running[name] + (1 - m) * new
    else:
        raise ValueError(f"mode: {mode}")
    std = (var + (bn_param["eps"] if "eps" in bn_param else 1e-5)) ** 0.5
    x_hat /= std
    out = x_hat.copy()
    out *= gamma
    out += beta
    return out, (x_hat, std, gamma, mode)


@variant("batchnorm_forward", replaces="batchnorm_forward")
def a_class_with_a_memory(x, gamma, beta, bn_param):
    """A class around bn_param; the mean and the variance column by column, by a comprehension over columns."""

    class Memory:
        def __init__(self):
            self.momentum, self.eps = bn_param.get("momentum", 0.9), bn_param.get("eps", 1e-5)
            kind = np.result_type(x, np.float32)
            self.mean = np.asarray(bn_param.get("running_mean", np.full(x.shape[1], 0, kind)))
            self.var = np.asarray(bn_param.get("running_var", np.full(x.shape[1], 1, kind)))

        def update(self, mean, var):
            bn_param.update(
                running_mean=np.average(
                    [self.mean, mean], axis=0, weights=[self.momentum, 1 - self.momentum]
                ).astype(mean.dtype),
                running_var=self.var + (var - self.var) * (1 - self.momentum),
            )

    if x.ndim != 2:
        raise ValueError(f"expected (N, D), got {x.shape}")
    wanted = (x.shape[1],)
    if gamma.shape != wanted or beta.shape != wanted:
        raise ValueError(f"gamma is {gamma.shape}, beta is {beta.shape}, expected {wanted}")
    mode = bn_param["mode"]
    if mode not in {"train", "test"}:
        raise ValueError(f"there is no mode {mode!r}")
    memory = Memory()
    mean, var = memory.mean, memory.var
    if mode == "train":
        mean = np.array([column.mean() for column in x.T])
        var = np.array([np.mean((column - centre) ** 2) for column, centre in zip(x.T, mean)])
        memory.update(mean, var)
    std = np.sqrt(var + memory.eps)
    x_hat = np.divide(np.subtract(x, mean), std)
    return np.add(np.multiply(gamma, x_hat), beta), (x_hat, std, gamma, mode)
