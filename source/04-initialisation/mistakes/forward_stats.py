"""Known mistakes and right variants of `forward_stats`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake("forward_stats", replaces="forward_stats")
def stats_before_the_activation(x, weights, act, skip=False):
    """Your `stats` are those of z, before f is applied. The activations are what the next layer sees."""
    if act not in ACTIVATIONS:
        raise ValueError(f"act is {act}, expected one of {list(ACTIVATIONS)}")
    f, _ = ACTIVATIONS[act]
    stats = []
    a, acts = np.asarray(x, dtype=np.result_type(np.float32, x)), []
    for w in weights:
        if a.shape[1] != w.shape[0] or (skip and w.shape[0] != w.shape[1]):
            raise ValueError(
                f"a matrix of shape {w.shape} does not fit activations of shape {a.shape}"
            )
        z = a @ w
        stats.append((float(z.mean()), float(z.std())))
        a = a + f(z) if skip else f(z)
        acts.append(a)
    return acts, stats


@mistake("forward_stats", replaces="forward_stats")
def std_unit_by_unit(x, weights, act, skip=False):
    """You take the standard deviation of each unit and average these. What differs between units is then lost: all entries go together."""
    if act not in ACTIVATIONS:
        raise ValueError(f"act is {act}, expected one of {list(ACTIVATIONS)}")
    f, _ = ACTIVATIONS[act]
    a, acts = np.asarray(x, dtype=np.result_type(np.float32, x)), []
    for w in weights:
        if a.shape[1] != w.shape[0] or (skip and w.shape[0] != w.shape[1]):
            raise ValueError(
                f"a matrix of shape {w.shape} does not fit activations of shape {a.shape}"
            )
        a = a + f(a @ w) if skip else f(a @ w)
        acts.append(a)
    return acts, [(float(a.mean()), float(a.std(axis=0).mean())) for a in acts]


@mistake("forward_stats", replaces="forward_stats")
def std_of_a_sample(x, weights, act, skip=False):
    """You divide by one less than the number of entries (`ddof=1`). Here the plain standard deviation is asked for."""
    if act not in ACTIVATIONS:
        raise ValueError(f"act is {act}, expected one of {list(ACTIVATIONS)}")
    f, _ = ACTIVATIONS[act]
    a, acts = np.asarray(x, dtype=np.result_type(np.float32, x)), []
    for w in weights:
        if a.shape[1] != w.shape[0] or (skip and w.shape[0] != w.shape[1]):
            raise ValueError(
                f"a matrix of shape {w.shape} does not fit activations of shape {a.shape}"
            )
        a = a + f(a @ w) if skip else f(a @ w)
        acts.append(a)
    return acts, [(float(a.mean()), float(a.std(ddof=1))) for a in acts]


@mistake("forward_stats", replaces="forward_stats")
def last_layer_without_activation(x, weights, act, skip=False):
    """Your last layer has no activation. That is usual for a classifier, but here every layer applies f."""
    if act not in ACTIVATIONS:
        raise ValueError(f"act is {act}, expected one of {list(ACTIVATIONS)}")
    f, _ = ACTIVATIONS[act]
    a, acts = np.asarray(x, dtype=np.result_type(np.float32, x)), []
    for number, w in enumerate(weights, 1):
        if a.shape[1] != w.shape[0] or (skip and w.shape[0] != w.shape[1]):
            raise ValueError(
                f"a matrix of shape {w.shape} does not fit activations of shape {a.shape}"
            )
        out = f(a @ w) if number < len(weights) else a @ w
        a = a + out if skip else out
        acts.append(a)
    return acts, [(float(a.mean()), float(a.std())) for a in acts]


@mistake("forward_stats", replaces="forward_stats")
def skip_inside_the_activation(x, weights, act, skip=False):
    """You add the input before applying f. The skip connection leads around f as well."""
    if act not in ACTIVATIONS:
        raise ValueError(f"act is {act}, expected one of {list(ACTIVATIONS)}")
    f, _ = ACTIVATIONS[act]
    a, acts = np.asarray(x, dtype=np.result_type(np.float32, x)), []
    for w in weights:
        if a.shape[1] != w.shape[0] or (skip and w.shape[0] != w.shape[1]):
            raise ValueError(
                f"a matrix of shape {w.shape} does not fit activations of shape {a.shape}"
            )
        a = f(a + a @ w) if skip else f(a @ w)
        acts.append(a)
    return acts, [(float(a.mean()), float(a.std())) for a in acts]


@mistake("forward_stats", replaces="forward_stats")
def skip_from_the_very_input(x, weights, act, skip=False):
    """Your skip connections all start at x. Each should start at what goes into its own layer."""
    if act not in ACTIVATIONS:
        raise ValueError(f"act is {act}, expected one of {list(ACTIVATIONS)}")
    f, _ = ACTIVATIONS[act]
    a, acts = np.asarray(x, dtype=np.result_type(np.float32, x)), []
    first = a
    for w in weights:
        if a.shape[1] != w.shape[0] or (skip and w.shape[0] != w.shape[1]):
            raise ValueError(
                f"a matrix of shape {w.shape} does not fit activations of shape {a.shape}"
            )
        a = first + f(a @ w) if skip else f(a @ w)
        acts.append(a)
    return acts, [(float(a.mean()), float(a.std())) for a in acts]


@mistake("forward_stats", replaces="forward_stats")
def mean_of_absolute_values(x, weights, act, skip=False):
    """Your mean is that of the absolute values. Activations that cancel should: the plain mean is asked for."""
    if act not in ACTIVATIONS:
        raise ValueError(f"act is {act}, expected one of {list(ACTIVATIONS)}")
    f, _ = ACTIVATIONS[act]
    a, acts = np.asarray(x, dtype=np.result_type(np.float32, x)), []
    for w in weights:
        if a.shape[1] != w.shape[0] or (skip and w.shape[0] != w.shape[1]):
            raise ValueError(
                f"a matrix of shape {w.shape} does not fit activations of shape {a.shape}"
            )
        a = a + f(a @ w) if skip else f(a @ w)
        acts.append(a)
    return acts, [(float(np.abs(a).mean()), float(a.std())) for a in acts]


@mistake("forward_stats", replaces="forward_stats")
def variance_for_std(x, weights, act, skip=False):
    """Your `stats` hold the variance. The standard deviation is its root."""
    if act not in ACTIVATIONS:
        raise ValueError(f"act is {act}, expected one of {list(ACTIVATIONS)}")
    f, _ = ACTIVATIONS[act]
    a, acts = np.asarray(x, dtype=np.result_type(np.float32, x)), []
    for w in weights:
        if a.shape[1] != w.shape[0] or (skip and w.shape[0] != w.shape[1]):
            raise ValueError(
                f"a matrix of shape {w.shape} does not fit activations of shape {a.shape}"
            )
        a = a + f(a @ w) if skip else f(a @ w)
        acts.append(a)
    return acts, [(float(a.mean()), float(a.var())) for a in acts]


@mistake("forward_stats", replaces="grad_norms")
def skip_lost_on_the_way_back(x, weights, act, dout, skip=False):
    """With `skip` your gradient only goes through f. The input of a layer is used twice, so its gradient has two terms."""
    acts, _ = forward_stats(x, weights, act, skip)
    if dout.shape != acts[-1].shape:
        raise ValueError(f"dout has shape {dout.shape}, expected {acts[-1].shape}")
    _, slope = ACTIVATIONS[act]
    da, norms, dweights = dout, [float(np.sqrt(np.sum(dout * dout)))], []
    for a, w in zip([x, *acts[:-1]][::-1], weights[::-1], strict=True):
        dz = da * slope(a @ w)
        dweights.append(a.T @ dz)
        da = dz @ w.T
        norms.append(float(np.sqrt(np.sum(da * da))))
    return norms[::-1], dweights[::-1]


@mistake("forward_stats", replaces="grad_norms")
def slope_at_the_activation(x, weights, act, dout, skip=False):
    """You take the slope of f at a instead of at z. `ACTIVATIONS` gives f'(z), as a function of z."""
    acts, _ = forward_stats(x, weights, act, skip)
    if dout.shape != acts[-1].shape:
        raise ValueError(f"dout has shape {dout.shape}, expected {acts[-1].shape}")
    _, slope = ACTIVATIONS[act]
    da, norms, dweights = dout, [float(np.sqrt(np.sum(dout * dout)))], []
    for a, out, w in zip([x, *acts[:-1]][::-1], acts[::-1], weights[::-1], strict=True):
        dz = da * slope(out)
        dweights.append(a.T @ dz)
        da = da + dz @ w.T if skip else dz @ w.T
        norms.append(float(np.sqrt(np.sum(da * da))))
    return norms[::-1], dweights[::-1]


@mistake("forward_stats", replaces="grad_norms")
def slope_forgotten(x, weights, act, dout, skip=False):
    """You multiply by the matrices alone. In the backward pass the gradient also passes f, and is multiplied by its slope there."""
    acts, _ = forward_stats(x, weights, act, skip)
    if dout.shape != acts[-1].shape:
        raise ValueError(f"dout has shape {dout.shape}, expected {acts[-1].shape}")
    _, slope = ACTIVATIONS[act]
    da, norms, dweights = dout, [float(np.sqrt(np.sum(dout * dout)))], []
    for a, w in zip([x, *acts[:-1]][::-1], weights[::-1], strict=True):
        dz = da
        dweights.append(a.T @ dz)
        da = da + dz @ w.T if skip else dz @ w.T
        norms.append(float(np.sqrt(np.sum(da * da))))
    return norms[::-1], dweights[::-1]


@mistake("forward_stats", replaces="grad_norms")
def norms_from_the_output(x, weights, act, dout, skip=False):
    """Your norms run from the output to the input. The first should be that of dL/dx."""
    acts, _ = forward_stats(x, weights, act, skip)
    if dout.shape != acts[-1].shape:
        raise ValueError(f"dout has shape {dout.shape}, expected {acts[-1].shape}")
    _, slope = ACTIVATIONS[act]
    da, norms, dweights = dout, [float(np.sqrt(np.sum(dout * dout)))], []
    for a, w in zip([x, *acts[:-1]][::-1], weights[::-1], strict=True):
        dz = da * slope(a @ w)
        dweights.append(a.T @ dz)
        da = da + dz @ w.T if skip else dz @ w.T
        norms.append(float(np.sqrt(np.sum(da * da))))
    return norms, dweights[::-1]


@mistake("forward_stats", replaces="grad_norms")
def norms_of_dz(x, weights, act, dout, skip=False):
    """Your norms are those of the gradients with respect to z. Asked for are those with respect to the activations."""
    acts, _ = forward_stats(x, weights, act, skip)
    if dout.shape != acts[-1].shape:
        raise ValueError(f"dout has shape {dout.shape}, expected {acts[-1].shape}")
    _, slope = ACTIVATIONS[act]
    da, norms, dweights = dout, [float(np.sqrt(np.sum(dout * dout)))], []
    for a, w in zip([x, *acts[:-1]][::-1], weights[::-1], strict=True):
        dz = da * slope(a @ w)
        dweights.append(a.T @ dz)
        da = da + dz @ w.T if skip else dz @ w.T
        norms.insert(-1, float(np.sqrt(np.sum(dz * dz))))
    norms = [*norms[:-1][::-1], float(np.sqrt(np.sum(da * da)))]
    return [norms[-1], *norms[:-1][::-1]], dweights[::-1]


@mistake("forward_stats", replaces="grad_norms")
def norms_without_dout(x, weights, act, dout, skip=False):
    """You report L norms. There are L + 1: the gradient at the output, which is `dout`, is one of them."""
    acts, _ = forward_stats(x, weights, act, skip)
    if dout.shape != acts[-1].shape:
        raise ValueError(f"dout has shape {dout.shape}, expected {acts[-1].shape}")
    _, slope = ACTIVATIONS[act]
    da, norms, dweights = dout, [float(np.sqrt(np.sum(dout * dout)))], []
    for a, w in zip([x, *acts[:-1]][::-1], weights[::-1], strict=True):
        dz = da * slope(a @ w)
        dweights.append(a.T @ dz)
        da = da + dz @ w.T if skip else dz @ w.T
        norms.append(float(np.sqrt(np.sum(da * da))))
    return norms[:0:-1], dweights[::-1]


@mistake("forward_stats", replaces="grad_norms")
def squares_without_the_root(x, weights, act, dout, skip=False):
    """Your norms are sums of squares. The norm is their root."""
    acts, _ = forward_stats(x, weights, act, skip)
    if dout.shape != acts[-1].shape:
        raise ValueError(f"dout has shape {dout.shape}, expected {acts[-1].shape}")
    _, slope = ACTIVATIONS[act]
    da, norms, dweights = dout, [float(np.sum(dout * dout))], []
    for a, w in zip([x, *acts[:-1]][::-1], weights[::-1], strict=True):
        dz = da * slope(a @ w)
        dweights.append(a.T @ dz)
        da = da + dz @ w.T if skip else dz @ w.T
        norms.append(float(np.sum(da * da)))
    return norms[::-1], dweights[::-1]


@mistake("forward_stats", replaces="grad_norms")
def weight_gradients_averaged(x, weights, act, dout, skip=False):
    """Your weight gradients are divided by the number of examples. If the loss is a mean, that factor is in `dout` already."""
    acts, _ = forward_stats(x, weights, act, skip)
    if dout.shape != acts[-1].shape:
        raise ValueError(f"dout has shape {dout.shape}, expected {acts[-1].shape}")
    _, slope = ACTIVATIONS[act]
    da, norms, dweights = dout, [float(np.sqrt(np.sum(dout * dout)))], []
    for a, w in zip([x, *acts[:-1]][::-1], weights[::-1], strict=True):
        dz = da * slope(a @ w)
        dweights.append(a.T @ dz / len(a))
        da = da + dz @ w.T if skip else dz @ w.T
        norms.append(float(np.sqrt(np.sum(da * da))))
    return norms[::-1], dweights[::-1]


@mistake("forward_stats", replaces="grad_norms")
def weight_gradients_from_the_output(x, weights, act, dout, skip=False):
    """Your weight gradients run from the last layer to the first. Each should stand where its matrix stands in `weights`."""
    acts, _ = forward_stats(x, weights, act, skip)
    if dout.shape != acts[-1].shape:
        raise ValueError(f"dout has shape {dout.shape}, expected {acts[-1].shape}")
    _, slope = ACTIVATIONS[act]
    da, norms, dweights = dout, [float(np.sqrt(np.sum(dout * dout)))], []
    for a, w in zip([x, *acts[:-1]][::-1], weights[::-1], strict=True):
        dz = da * slope(a @ w)
        dweights.append(a.T @ dz)
        da = da + dz @ w.T if skip else dz @ w.T
        norms.append(float(np.sqrt(np.sum(da * da))))
    return norms[::-1], dweights


@mistake("forward_stats", replaces="grad_norms")
def dout_moved_in_place_with_skip(x, weights, act, dout, skip=False):
    """With `skip` you add to `dout` in place: `+=` on an array writes into the one that you were given. It belongs to the caller."""
    acts, _ = forward_stats(x, weights, act, skip)
    if dout.shape != acts[-1].shape:
        raise ValueError(f"dout has shape {dout.shape}, expected {acts[-1].shape}")
    _, slope = ACTIVATIONS[act]
    inputs = [np.asarray(x, dtype=acts[0].dtype), *acts[:-1]]
    da, norms, dweights = dout, [float(np.sqrt(np.sum(dout * dout)))], []
    for a, w in zip(reversed(inputs), reversed(weights), strict=True):
        dz = da * slope(a @ w)
        dweights.append(a.T @ dz)
        if skip:
            da += dz @ w.T
        else:
            da = dz @ w.T
        norms.append(float(np.sqrt(np.sum(da * da))))
    return norms[::-1], dweights[::-1]


@mistake("forward_stats", replaces="grad_norms")
def own_loop_without_checks(x, weights, act, dout, skip=False):
    """Your `grad_norms` goes forward by itself and looks at no argument. It raises the same errors as `forward_stats`: let that one do it."""
    f, slope = ACTIVATIONS[act]
    a, inputs, zs = np.asarray(x, dtype=np.result_type(np.float32, x)), [], []
    for w in weights:
        inputs.append(a)
        zs.append(a @ w)
        a = a + f(zs[-1]) if skip else f(zs[-1])
    if dout.shape != a.shape:
        raise ValueError(f"dout has shape {dout.shape}, expected {a.shape}")
    da, norms, dweights = dout, [float(np.sqrt(np.sum(dout * dout)))], []
    for a, z, w in zip(inputs[::-1], zs[::-1], weights[::-1], strict=True):
        dz = da * slope(z)
        dweights.append(a.T @ dz)
        da = da + dz @ w.T if skip else dz @ w.T
        norms.append(float(np.sqrt(np.sum(da * da))))
    return norms[::-1], dweights[::-1]


@mistake("forward_stats", replaces="forward_stats")
def only_the_first_matrix_looked_at(x, weights, act, skip=False):
    """You look at the shape of the first matrix only. Any of them may not fit, or not be square, and what NumPy can broadcast then goes unnoticed."""
    if act not in ACTIVATIONS:
        raise ValueError(f"act is {act}")
    f, _ = ACTIVATIONS[act]
    a = np.asarray(x, dtype=np.result_type(np.float32, x))
    if weights[0].shape[0] != a.shape[1] or (skip and weights[0].shape[0] != weights[0].shape[1]):
        raise ValueError(f"{weights[0].shape} {a.shape}")
    acts = []
    for w in weights:
        a = a + f(a @ w) if skip else f(a @ w)
        acts.append(a)
    return acts, [(float(a.mean()), float(a.std())) for a in acts]


@mistake("forward_stats", replaces="grad_norms")
def integers_stay(x, weights, act, dout, skip=False):
    """Your `grad_norms` computes with whole numbers where it is given such: the gradients should be float64 then, as the activations are."""
    acts, _ = forward_stats(x, weights, act, skip)
    if dout.shape != acts[-1].shape:
        raise ValueError(f"dout has shape {dout.shape}, expected {acts[-1].shape}")
    f, slope = ACTIVATIONS[act]
    a, inputs, zs = x, [], []
    for w in weights:
        inputs.append(a)
        zs.append(a @ w)
        a = a + f(zs[-1]) if skip else f(zs[-1])
    da, norms, dweights = dout, [float(np.sqrt(np.sum(dout * dout)))], []
    for a, z, w in zip(inputs[::-1], zs[::-1], weights[::-1], strict=True):
        dz = da * slope(z)
        dweights.append(a.T @ dz)
        da = da + dz @ w.T if skip else dz @ w.T
        norms.append(float(np.sqrt(np.sum(da * da))))
    return norms[::-1], dweights[::-1]


@variant("forward_stats", replaces="forward_stats")
def bottom_up_recursion(x, weights, act, skip=False):
    """A recursion over the layers."""
    if act not in ACTIVATIONS:
        raise ValueError(f"no activation {act}")
    x = x * 1.0
    if x.shape[1] != weights[0].shape[0]:
        raise ValueError(f"shapes {x.shape} and {weights[0].shape} do not fit")
    if skip and len(set(weights[0].shape)) > 1:
        raise ValueError(f"{weights[0].shape} is not square")
    a = ACTIVATIONS[act][0](x @ weights[0]) + (x if skip else 0)
    acts, stats = forward_stats(a, weights[1:], act, skip) if len(weights) > 1 else ([], [])
    return [a, *acts], [(a.mean().item(), np.sqrt(np.mean((a - a.mean()) ** 2)).item()), *stats]


@variant("forward_stats", replaces=("forward_stats", "grad_norms"))
def arrays_and_a_tape():
    """Numbers in arrays instead of lists, tuples instead of lists, and a forward of its own that keeps z."""

    def run(x, weights, act, skip):
        if act not in ACTIVATIONS:
            raise ValueError(f"unknown activation {act!r}")
        a = np.array(x, dtype=np.result_type(x, np.float32))
        tape = []
        for w in weights:
            if len(w) != a.shape[-1]:
                raise ValueError(f"{w.shape} does not fit {a.shape}")
            if skip and w.shape != w.shape[::-1]:
                raise ValueError(f"{w.shape} is not square")
            z = a @ w
            tape.append((a, z))
            a = ACTIVATIONS[act][0](z) + (a if skip else 0)
        return a, tape

    def forward(x, weights, act, skip=False):
        a, tape = run(x, weights, act, skip)
        acts = (*[before for before, _ in tape[1:]], a)
        return acts, np.array([(np.mean(v), np.std(v)) for v in acts])

    def backward(x, weights, act, dout, skip=False):
        a, tape = run(x, weights, act, skip)
        if a.shape != dout.shape:
            raise ValueError(f"dout {dout.shape}, activations {a.shape}")
        grads, dweights = [dout], []
        for (before, z), w in zip(tape[::-1], weights[::-1], strict=True):
            dz = ACTIVATIONS[act][1](z) * grads[0]
            dweights.insert(0, np.einsum("nd,nm->dm", before, dz))
            grads.insert(0, np.einsum("nm,dm->nd", dz, w) + (grads[0] if skip else 0))
        return np.array([np.linalg.norm(g) for g in grads]), dweights

    return forward, backward


@variant("forward_stats", replaces=("forward_stats", "grad_norms"))
def layers_as_objects():
    """A class for a layer, with a forward and a backward; moments by sums of squares in float64."""

    class Layer:
        def __init__(self, w, act, skip):
            self.w, self.skip = w, skip
            self.f, self.slope = ACTIVATIONS[act]

        def forward(self, a):
            if a.shape[1] != self.w.shape[0]:
                raise ValueError(f"weights {self.w.shape} for activations {a.shape}")
            if self.skip and self.w.shape[0] != self.w.shape[1]:
                raise ValueError(f"{self.w.shape} is not square")
            self.a, self.z = a, np.dot(a, self.w)
            out = self.f(self.z)
            return out + a if self.skip else out

        def backward(self, da):
            dz = np.multiply(self.slope(self.z), da)
            below = np.dot(dz, np.transpose(self.w))
            return (below + da if self.skip else below), np.dot(np.transpose(self.a), dz)

    def run(x, weights, act, skip):
        if act not in list(ACTIVATIONS):
            raise ValueError(f"no activation {act!r}; there are {list(ACTIVATIONS)}")
        layers = [Layer(w, act, skip) for w in weights]
        outs, a = [], x if x.dtype.kind == "f" else x.astype(float)
        for layer in layers:
            a = layer.forward(a)
            outs.append(a)
        return layers, outs

    def moments(a):
        wide = a.astype(np.float64)
        mean = wide.sum() / wide.size
        return float(mean), float((((wide - mean) ** 2).sum() / wide.size) ** 0.5)

    def forward(x, weights, act, skip=False):
        _, outs = run(x, weights, act, skip)
        return outs, [moments(a) for a in outs]

    def backward(x, weights, act, dout, skip=False):
        layers, outs = run(x, weights, act, skip)
        if np.shape(dout) != outs[-1].shape:
            raise ValueError(f"expected dout of shape {outs[-1].shape}, got {np.shape(dout)}")
        norms, dweights, da = [float(np.linalg.norm(dout))], [], dout
        for layer in reversed(layers):
            da, dw = layer.backward(da)
            norms.insert(0, float(np.linalg.norm(da)))
            dweights.insert(0, dw)
        return norms, dweights

    return forward, backward


@variant("forward_stats", replaces=("forward_stats", "grad_norms"))
def gradients_by_recursion():
    """The backward pass is the way out of a recursion; einsum for the products, tuples for the answers."""

    def fits(w, a, skip):
        if len(w) != a.shape[1] or (skip and w.shape[1] != len(w)):
            raise ValueError(
                f"a matrix {w.shape} cannot take {a.shape}{' with a skip' if skip else ''}"
            )

    def forward(x, weights, act, skip=False):
        if act not in ACTIVATIONS:
            raise ValueError(f"act: {act}")
        a = np.array(x, dtype=np.promote_types(x.dtype, np.float32))
        acts, stats = (), ()
        for w in weights:
            fits(w, a, skip)
            a = ACTIVATIONS[act][0](np.einsum("nd,dm->nm", a, w)) + (
                a if skip else np.zeros_like(a[:1, :1])
            )
            acts, stats = (*acts, a), (*stats, (np.mean(a).item(), np.std(a).item()))
        return acts, stats

    def back(x, weights, act, dout, skip=False):
        acts, _ = forward(x, weights, act, skip)
        if dout.shape != acts[-1].shape:
            raise ValueError(f"dout: {dout.shape}, activations: {acts[-1].shape}")

        def norm(v):
            return np.sqrt(np.einsum("nm,nm->", v, v)).item()

        def deeper(layer):
            if layer == len(weights):
                return dout, [norm(dout)], []
            da, norms, dweights = deeper(layer + 1)
            a, w = acts[layer - 1] if layer else 1.0 * x, weights[layer]
            dz = ACTIVATIONS[act][1](np.einsum("nd,dm->nm", a, w)) * da
            da = np.einsum("nm,dm->nd", dz, w) + (da if skip else 0)
            return da, [norm(da), *norms], [np.einsum("nd,nm->dm", a, dz), *dweights]

        return tuple(deeper(0)[1:])

    return forward, back
