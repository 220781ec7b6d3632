"""What goes wrong, and what else goes right, in `circuit`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake("circuit", replaces="circuit_branch")
def branch_overwritten(x, y, z):
    """In `circuit_branch`, one of the two gradients that meet at `x` is thrown away. Gradients *add* where branches meet: look for a `=` that should be a `+=`."""
    x, y, z = (np.asarray(v, dtype=np.result_type(np.float32, np.asarray(v))) for v in (x, y, z))
    m, q = np.maximum(x, y), x + z
    f = m * q
    dm, dq = np.ones_like(f) * q, np.ones_like(f) * m
    dx = dm * (x >= y)
    dx = dq
    return f, {
        "x": sum_to_shape(dx, x.shape),
        "y": sum_to_shape(dm * (x < y), y.shape),
        "z": sum_to_shape(dq, z.shape),
    }


@mistake("circuit", replaces="circuit")
def mul_does_not_switch(x, y, z):
    """In `circuit`, the multiply gate gives each input its *own* value. Differentiate $q z$ by $q$: what is left?"""
    x, y, z = (np.asarray(v, dtype=np.result_type(np.float32, np.asarray(v))) for v in (x, y, z))
    q = x + y
    f = q * z
    dq, dz = np.ones_like(f) * q, np.ones_like(f) * z
    return f, {
        "x": sum_to_shape(dq, x.shape),
        "y": sum_to_shape(dq, y.shape),
        "z": sum_to_shape(dz, z.shape),
    }


@mistake("circuit", replaces="circuit_branch")
def max_distributes(x, y, z):
    """In `circuit_branch`, the max gate gives its gradient to both inputs, as an add gate would. Nudge the smaller of the two: does the maximum move?"""
    x, y, z = (np.asarray(v, dtype=np.result_type(np.float32, np.asarray(v))) for v in (x, y, z))
    m, q = np.maximum(x, y), x + z
    f = m * q
    dm, dq = np.ones_like(f) * q, np.ones_like(f) * m
    return f, {
        "x": sum_to_shape(dm + dq, x.shape),
        "y": sum_to_shape(dm, y.shape),
        "z": sum_to_shape(dq, z.shape),
    }


@mistake("circuit", replaces="circuit_branch")
def tie_goes_to_both(x, y, z):
    """At a tie, the max gate of `circuit_branch` sends the gradient to both inputs. The question says which input gets everything: look at your two comparisons."""
    x, y, z = (np.asarray(v, dtype=np.result_type(np.float32, np.asarray(v))) for v in (x, y, z))
    m, q = np.maximum(x, y), x + z
    f = m * q
    dm, dq = np.ones_like(f) * q, np.ones_like(f) * m
    dx, dy = dm * (x >= y) + dq, dm * (y >= x)
    return f, {
        "x": sum_to_shape(dx, x.shape),
        "y": sum_to_shape(dy, y.shape),
        "z": sum_to_shape(dq, z.shape),
    }


@mistake("circuit", replaces="circuit_branch")
def tie_goes_to_y(x, y, z):
    """At a tie, the max gate of `circuit_branch` routes to the wrong input. The question says which input gets everything: should your comparison be strict?"""
    x, y, z = (np.asarray(v, dtype=np.result_type(np.float32, np.asarray(v))) for v in (x, y, z))
    m, q = np.maximum(x, y), x + z
    f = m * q
    dm, dq = np.ones_like(f) * q, np.ones_like(f) * m
    dx, dy = dm * (x > y) + dq, dm * (x <= y)
    return f, {
        "x": sum_to_shape(dx, x.shape),
        "y": sum_to_shape(dy, y.shape),
        "z": sum_to_shape(dq, z.shape),
    }


@mistake("circuit", replaces=("circuit", "circuit_branch"))
def broadcast_not_summed():
    """Your gradients keep the shape of `f`. An input that was broadcast is used several times, and has one gradient for each of its own entries."""

    global sum_to_shape

    def sum_to_shape(grad, shape):
        return grad

    return circuit, circuit_branch


@mistake("circuit", replaces=("circuit", "circuit_branch"))
def stretched_axes_averaged():
    """Where an entry was used several times by broadcasting, you take the mean over its uses. Think of a branch with that many arms."""

    global sum_to_shape

    def sum_to_shape(grad, shape):
        grad = grad.mean(axis=tuple(range(grad.ndim - len(shape))))
        return grad.mean(
            axis=tuple(axis for axis, size in enumerate(shape) if size == 1), keepdims=True
        )

    return circuit, circuit_branch


@mistake("circuit", replaces=("circuit", "circuit_branch"))
def only_new_axes_summed():
    """You sum over the axes that broadcasting put in front, but not over those which it stretched from 1 to more. A gradient has the shape of its input, ones included."""

    global sum_to_shape

    def sum_to_shape(grad, shape):
        return grad.sum(axis=tuple(range(grad.ndim - len(shape))))

    return circuit, circuit_branch


@mistake("circuit", replaces=("circuit", "circuit_branch"))
def gradients_put_among_integers():
    """An input of whole numbers gets gradients that are cut to whole numbers, because they are written into an array made like it. Give that array a dtype of floats, or convert the inputs first."""

    def cutting(right):
        def circuit(x, y, z):
            f, grads = right(x, y, z)
            whole = all(np.asarray(v).dtype.kind in "iu" for v in (x, y, z))
            for name, v in zip("xyz", (x, y, z)):
                like = np.zeros_like(np.asarray(v), dtype=float if whole else None)
                like[...] = grads[name]
                grads[name] = like
            return f, grads

        return circuit

    return cutting(circuit), cutting(circuit_branch)


@mistake("circuit", replaces="circuit_branch")
def tie_goes_to_none(x, y, z):
    """At a tie, the max gate of `circuit_branch` passes nothing on: `x > y` and `x < y` are both false where the two are equal. One of the comparisons has to include equality, and the question says which."""
    x, y, z = (np.asarray(v, dtype=np.result_type(np.float32, np.asarray(v))) for v in (x, y, z))
    m, q = (np.maximum(x, y), x + z)
    f = m * q
    dm, dq = (np.ones_like(f) * q, np.ones_like(f) * m)
    dx, dy = (dm * (x > y) + dq, dm * (x < y))
    return (
        f,
        {
            "x": sum_to_shape(dx, x.shape),
            "y": sum_to_shape(dy, y.shape),
            "z": sum_to_shape(dq, z.shape),
        },
    )


@mistake("circuit", replaces="circuit_branch")
def tie_is_split(x, y, z):
    """At a tie, the max gate of `circuit_branch` gives each input half of the gradient. That is a sensible convention, and not the one of this question, which names the one input that gets everything."""
    x, y, z = (np.asarray(v, dtype=np.result_type(np.float32, np.asarray(v))) for v in (x, y, z))
    m, q = (np.maximum(x, y), x + z)
    f = m * q
    dm, dq = (np.ones_like(f) * q, np.ones_like(f) * m)
    w = (x > y) + 0.5 * (x == y)
    dx, dy = (dm * w + dq, dm * (1 - w))
    return (
        f,
        {
            "x": sum_to_shape(dx, x.shape),
            "y": sum_to_shape(dy, y.shape),
            "z": sum_to_shape(dq, z.shape),
        },
    )


@mistake("circuit", replaces=("circuit", "circuit_branch"))
def only_the_last_axis_summed():
    """You sum along the last axis where the input has length 1 there, but not along other axes that broadcasting stretched. Any axis may have been stretched: look at each of them."""
    global sum_to_shape

    def sum_to_shape(grad, shape):
        while grad.ndim > len(shape):
            grad = grad.sum(axis=0)
        if shape and shape[-1] == 1:
            grad = grad.sum(axis=-1, keepdims=True)
        return grad

    return (circuit, circuit_branch)


@mistake("circuit", replaces=("circuit", "circuit_branch"))
def new_axes_taken_from_the_end():
    """Your gradient loses axes at its end. Broadcasting puts new axes in *front*: an array of shape (3,) becomes (1, 3), so those are the axes to sum away."""
    global sum_to_shape

    def sum_to_shape(grad, shape):
        while grad.ndim > len(shape):
            grad = grad.sum(axis=-1)
        for ax, n in enumerate(shape):
            if n == 1:
                grad = grad.sum(axis=ax, keepdims=True)
        return grad

    return (circuit, circuit_branch)


@mistake("circuit", replaces="circuit")
def x_written_over(x, y, z):
    """`circuit` adds `y` to `x` in place, and so changes the caller's array. Write `x + y` to a new name."""
    x, y, z = (np.asarray(v, dtype=np.result_type(np.float32, np.asarray(v))) for v in (x, y, z))
    q = x + y
    f = q * z
    df = np.ones_like(f)
    g = {
        "x": sum_to_shape(df * z, x.shape),
        "y": sum_to_shape(df * z, y.shape),
        "z": sum_to_shape(df * q, z.shape),
    }
    if x.shape == q.shape and x.flags.writeable:
        x += y
    return (f, g)


@mistake("circuit", replaces="circuit_branch")
def z_gets_x_always(x, y, z):
    """In `circuit_branch`, your gradient of `z` is `x` everywhere. The mul gate gives each input the value on its other side: what is that where `y` is the larger one?"""
    x, y, z = (np.asarray(v, dtype=np.result_type(np.float32, np.asarray(v))) for v in (x, y, z))
    m, q = (np.maximum(x, y), x + z)
    f = m * q
    one = np.ones_like(f)
    dm, dq = (one * q, one * m)
    dx, dy = (dm * (x >= y) + dq, dm * (x < y))
    return (
        f,
        {
            "x": sum_to_shape(dx, x.shape),
            "y": sum_to_shape(dy, y.shape),
            "z": sum_to_shape(one * x, z.shape),
        },
    )


@mistake("circuit", replaces="circuit_branch")
def x_gets_its_share_when_it_loses(x, y, z):
    """In `circuit_branch`, `x` gets the max gate's gradient even where `y` is larger. Nudge the smaller input: the maximum does not move."""
    x, y, z = (np.asarray(v, dtype=np.result_type(np.float32, np.asarray(v))) for v in (x, y, z))
    m, q = (np.maximum(x, y), x + z)
    f = m * q
    one = np.ones_like(f)
    dm, dq = (one * q, one * m)
    dx, dy = (dm + dq, dm * (x < y))
    return (
        f,
        {
            "x": sum_to_shape(dx, x.shape),
            "y": sum_to_shape(dy, y.shape),
            "z": sum_to_shape(dq, z.shape),
        },
    )


@variant("circuit", replaces=("circuit", "circuit_branch"))
def by_tape():
    """A little automatic differentiation: every gate knows its own way back."""

    class Value:
        def __init__(self, data, parents=()):
            self.data, self.parents = data, parents
            self.grad = np.zeros(data.shape, data.dtype)

        def receive(self, grad):
            while grad.ndim > self.data.ndim:
                grad = grad.sum(axis=0)
            for axis in range(grad.ndim):
                if self.data.shape[axis] < grad.shape[axis]:
                    grad = grad.sum(axis=axis, keepdims=True)
            self.grad = self.grad + grad
            for parent, local in self.parents:
                parent.receive(local(grad))

    def leaf(v):
        v = np.array(v)
        return Value(v if v.dtype.kind == "f" else v.astype(float))

    def add(p, q):
        return Value(p.data + q.data, ((p, lambda g: g), (q, lambda g: g)))

    def mul(p, q):
        return Value(p.data * q.data, ((p, lambda g: g * q.data), (q, lambda g: g * p.data)))

    def top(p, q):
        first = p.data >= q.data
        return Value(
            np.where(first, p.data, q.data),
            ((p, lambda g: np.where(first, g, 0 * g)), (q, lambda g: np.where(first, 0 * g, g))),
        )

    def run(make):
        def circuit(x, y, z):
            x, y, z = leaf(x), leaf(y), leaf(z)
            f = make(x, y, z)
            f.receive(np.ones(f.data.shape, f.data.dtype))
            return f.data, {"x": x.grad, "y": y.grad, "z": z.grad}

        return circuit

    return run(lambda x, y, z: mul(add(x, y), z)), run(lambda x, y, z: mul(top(x, y), add(x, z)))


@variant("circuit", replaces=("circuit", "circuit_branch"))
def entry_by_entry():
    """Loops over the entries of f and adds each one's share to the entries that it was made of."""

    def spread(values):
        values = [np.asarray(v) for v in values]
        dtype = np.result_type(*(v.dtype if v.dtype.kind == "f" else np.float64 for v in values))
        where = [
            np.broadcast_to(
                np.arange(v.size).reshape(v.shape), np.broadcast_shapes(*(u.shape for u in values))
            )
            for v in values
        ]
        return [v.astype(dtype) for v in values], where, dtype

    def run(share):
        def circuit(x, y, z):
            values, where, dtype = spread((x, y, z))
            f = np.zeros(where[0].shape, dtype)
            grads = [np.zeros(v.size, dtype) for v in values]
            for i in np.ndindex(f.shape):
                f[i], local = share(*(v.flat[w[i]] for v, w in zip(values, where)))
                for grad, w, d in zip(grads, where, local):
                    grad[w[i]] += d
            return f, {name: grad.reshape(v.shape) for name, grad, v in zip("xyz", grads, values)}

        return circuit

    def branch(x, y, z):
        if x >= y:
            return x * (x + z), (x + z + x, 0, x)
        return y * (x + z), (y, x + z, y)

    return run(lambda x, y, z: ((x + y) * z, (z, z, x + y))), run(branch)


@variant("circuit", replaces=("circuit", "circuit_branch"))
def by_einsum():
    """Another `sum_to_shape`: einsum keeps the axes that were there before."""
    global sum_to_shape

    def sum_to_shape(grad, shape):
        new = grad.ndim - len(shape)
        kept = [new + axis for axis, size in enumerate(shape) if size != 1]
        return np.einsum(grad, list(range(grad.ndim)), kept).reshape(shape)

    return circuit, circuit_branch


@variant("circuit", replaces=("circuit", "circuit_branch"))
def written_out():
    """The formulas of the six derivatives, from paper; axes are summed one by one, from the last to the first."""

    def back(full, like):
        for axis in reversed(range(full.ndim)):
            own = axis - (full.ndim - like.ndim)
            if own < 0:
                full = full.sum(axis=axis)
            elif like.shape[own] == 1:
                full = full.sum(axis=axis, keepdims=True)
        return full

    def floats(values):
        return [v if v.dtype.kind == "f" else v.astype(np.float64) for v in map(np.asarray, values)]

    def answer(f, slopes, values):
        shape = np.shape(f)
        return f, {
            name: back(np.broadcast_to(slope, shape).copy(), v)
            for name, slope, v in zip("xyz", slopes, values)
        }

    def circuit(x, y, z):
        x, y, z = floats((x, y, z))
        return answer(x * z + y * z, (z, z, x + y), (x, y, z))

    def circuit_branch(x, y, z):
        x, y, z = floats((x, y, z))
        wins = np.greater_equal(x, y)
        larger = np.where(wins, x, y)
        return answer(
            larger * (x + z), (larger + wins * (x + z), ~wins * (x + z), larger), (x, y, z)
        )

    return circuit, circuit_branch
