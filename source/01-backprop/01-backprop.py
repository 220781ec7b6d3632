# ---
# jupyter:
#   jupytext:
#     text_representation:
#       extension: .py
#       format_name: percent
#   kernelspec:
#     display_name: Python 3
#     language: python
#     name: python3
# ---

# %% [markdown] id="title"
# # 01 · Carry gradients backwards by hand
#
# While a network learns, we ask every number in it the same question: *if I change you a little,
# what happens to the loss?*
# You could ask the numbers one by one, but backpropagation gives the answers for all of them at
# once, in one pass from the loss back to the input.
# In this notebook, you'll write this pass yourself. Afterwards, you'll know exactly what a
# framework does for you.
# We begin with three numbers and go on to a whole network. Then you write the affine layer, which
# you'll need in almost every later assignment.
# At the end, you'll have your own tool for checking any gradient, no matter who derived it.
#
# | | You will write | Points |
# |---|---|---|
# | 1 | `circuit` and `circuit_branch`: gradients through add, multiply and max gates | 15 |
# | 2 | `mlp_backprop_loops` and `mlp_backprop`: a network, first with a loop for each index, then without loops | 25 |
# | 3 | `affine_forward` and `affine_backward`: the fully connected layer | 20 |
# | 4 | `numeric_gradient` and `rel_error`: a gradient that is measured, not derived | 20 |
# | 5 | `check_layer`: a test for any layer | 20 |
# | | A question in words, which a person grades | 10 |
#
# **Time:** about 5 hours. This is only our estimate, so don't worry if you need more time.
#
# **You need** the chain rule, matrix products and NumPy's broadcasting. You don't need any code
# from earlier assignments.
#
# **Lecture note:** [Carry gradients backwards](../../course/01-backprop.md). Lectures: D0
# (backpropagation), D4 (gates), D2 (Rumelhart, Hinton and Williams, and mini-batches).

# %% [markdown] id="rules"
# ## What holds in every question
#
# - **Do not change your arguments.** Other code may still need the arrays that your function
#   receives, so leave their values and shapes as they are.
# - **Keep the precision.** Your result should have the same dtype as the input: float32 stays
#   float32, and float64 stays float64. For whole numbers, return float64.
# - **Accept any batch and any memory layout.** Your function must also work for a batch with a
#   single example. The arrays may be read-only, and they may be slices or transposes of other
#   arrays.
# - **Cause no warnings,** and do not use the global state of `np.random`. Use only the `rng` that
#   you receive, so that anyone can reproduce your results.
# - **Raise clear errors.** Where a docstring says *Raises*, raise a `ValueError` that names the
#   shape you expected and the shape you got. You'll be glad of it when you hunt for a bug.
#
# We use one convention in the whole course: examples are rows. So `x` is $(N, D)$, a weight matrix
# is (in, out), and a bias is (out,).
# Some of the lectures use columns instead, and we'll tell you wherever this makes a difference.
#
# Every question has one cell where you can try your code and another cell that checks it.
# These checks will find most of your mistakes. For grading, we use more checks with different
# numbers.
# You can choose *Run All* whenever you like: an unfinished cell does not stop the notebook.
#
# We have folded the check cells to keep the page short. Each check prints its verdict below its
# cell.
# Click the bar if you'd like to read the check's code.

# %% nbgrader={"grade_id": "setup", "locked": true}
import sys
from pathlib import Path

import matplotlib.pyplot as plt
import numpy as np

for folder in [Path.cwd(), *Path.cwd().parents]:  # find the folder of utils
    if (folder / "utils" / "__init__.py").is_file():
        sys.path.insert(0, str(folder))
        break
try:
    from utils import Checks, attempt, show
except ImportError as error:
    if error.name != "utils":
        raise
    raise ImportError(
        "This notebook needs the folder utils of 01-backprop.zip: unpack it and open the "
        "notebook inside it, or, on Colab and Kaggle, upload the zip, run "
        "!unzip -q 01-backprop.zip, then "
        "%cd training-neural-networks/release/01-backprop, "
        "and this cell again."
    ) from None

check = Checks()

# %% [markdown] id="circuit-idea"
# ## 1 · Gates
#
# *Lecture note: [The chain rule at a gate](../../course/01-backprop.md#the-chain-rule-at-a-gate),
# [Four patterns](../../course/01-backprop.md#four-patterns) and [Arrays instead of
# numbers](../../course/01-backprop.md#arrays-instead-of-numbers). Lecture: D4, "patterns in
# backward flow".*
#
# Let's begin with a function that is simple enough to do in your head,
# $f(x, y, z) = (x + y)\thinspace z$.
# If you give the intermediate value a name, $q = x + y$, you can work out each gate by itself:
#
# $$\frac{\partial f}{\partial q} = z, \qquad \frac{\partial f}{\partial z} = q, \qquad
# \frac{\partial f}{\partial x} = \frac{\partial f}{\partial q}\thinspace\frac{\partial q}{\partial x}.$$
#
# Each gate multiplies the gradient from above by its own local derivative.
# So once you know a few kinds of gate, you can understand every circuit that is made of them.
# An **add** gate *distributes*: both inputs get the gradient unchanged.
# A **multiply** gate *switches*: each input gets the gradient times the other input's value.
# A **max** gate *routes*, like a railway switch: the larger input gets the whole gradient.
# For example, if the gradient 2 arrives at a multiply gate with the inputs 3 and −4, the gate sends
# back −8 to the 3 and 6 to the −4.
# There is one more pattern, and it is easy to forget: if one value feeds two gates, we have a
# **branch**. At a branch, you *add up* the gradients that come back along the two paths:
#
# $$\text{if } f = f(u(x), v(x)), \quad\text{then}\quad
# \frac{\partial f}{\partial x} = \frac{\partial f}{\partial u}\frac{\partial u}{\partial x} + \frac{\partial f}{\partial v}\frac{\partial v}{\partial x}.$$
#
# You'll need all four patterns for the second circuit that you write:
# $f(x, y, z) = \max(x, y)\thinspace (x + z)$.
# Can you see the branch? The branch is at $x$, because $x$ feeds two gates.
#
# What changes if the inputs of a circuit are arrays? Then NumPy *broadcasts* them for you.
# For example, the sum of a $(4, 1)$ array and a $(3,)$ array has the shape $(4, 3)$, and NumPy uses
# every entry several times.
# A value that is used several times is a branch, and you already know what to do at a branch.
# So the gradient of an input has the shape of that input, and each entry is a sum over all uses.
# Write this sum once, in the helper `sum_to_shape`, and you'll never have to think about
# broadcasting again.
# The helper itself earns no points, so you may also do without it.


# %% nbgrader={"grade_id": "circuit", "solution": true}
def sum_to_shape(grad: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """Undo broadcasting: sum `grad` over all repeated axes.

    Args:
        grad: gradient with respect to the broadcast array.
        shape: shape of the array before broadcasting; also the shape of the result.
    """
    ### BEGIN SOLUTION
    grad = grad.sum(axis=tuple(range(grad.ndim - len(shape))))  # axes that broadcasting put in front
    stretched = tuple(axis for axis, size in enumerate(shape) if size == 1)
    return grad.sum(axis=stretched, keepdims=True)
    ### END SOLUTION


def circuit(
    x: np.ndarray,
    y: np.ndarray,
    z: np.ndarray,
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return f = (x + y) z and the gradients of f.sum() with respect to the inputs.

    Args:
        x, y, z: numbers, or arrays whose shapes broadcast.

    Returns:
        f: has the broadcast shape.
        grads: {"x": ..., "y": ..., "z": ...}, each with the shape of its input.
    """
    ### BEGIN SOLUTION
    x, y, z = (np.asarray(v, dtype=np.result_type(np.float32, np.asarray(v))) for v in (x, y, z))
    q = x + y
    f = q * z
    df = np.ones_like(f)
    dq, dz = df * z, df * q  # the mul gate switches
    dx, dy = dq, dq  # the add gate distributes
    return f, {"x": sum_to_shape(dx, x.shape), "y": sum_to_shape(dy, y.shape), "z": sum_to_shape(dz, z.shape)}
    ### END SOLUTION


def circuit_branch(
    x: np.ndarray,
    y: np.ndarray,
    z: np.ndarray,
) -> tuple[np.ndarray, dict[str, np.ndarray]]:
    """Return f = max(x, y) (x + z) and the gradients of f.sum().

    Where x = y, the max gate routes everything to x.

    Args:
        x, y, z: numbers, or arrays whose shapes broadcast.

    Returns:
        f: has the broadcast shape.
        grads: {"x": ..., "y": ..., "z": ...}, each with the shape of its input.
    """
    ### BEGIN SOLUTION
    x, y, z = (np.asarray(v, dtype=np.result_type(np.float32, np.asarray(v))) for v in (x, y, z))
    m, q = np.maximum(x, y), x + z
    f = m * q
    df = np.ones_like(f)
    dm, dq = df * q, df * m
    dx = dm * (x >= y) + dq  # two branches meet again
    dy = dm * (x < y)
    return f, {"x": sum_to_shape(dx, x.shape), "y": sum_to_shape(dy, y.shape), "z": sum_to_shape(dq, z.shape)}
    ### END SOLUTION


# %% id="circuit-try" tags=["demo"]
with attempt("circuit"):
    f, grads = circuit(-2.0, 5.0, -4.0)  # D4's example
    print(f"f = {f}, grads:", *(f"{name} {grad}" for name, grad in grads.items()))
    f, grads = circuit_branch(3.0, -1.0, 2.0)
    print(f"f = {f}, grads:", *(f"{name} {grad}" for name, grad in grads.items()))
    print(circuit(np.array([[1.0], [2.0]]), np.array([10.0, 20.0, 30.0]), 2.0)[1]["x"])  # has x's shape, (2, 1)

# %% nbgrader={"grade_id": "circuit-check", "grade": true, "points": 15}
with check("circuit") as c:
    x, y, z = np.array([[0.5], [-2.0]]), np.array([1.0, -1.5, 4.0]), np.array([[3.0, -1.0, 0.25]])
    for function in (circuit, circuit_branch):
        given = x.copy(), y.copy(), z.copy()
        function(*given)
        for name, now, before in zip("xyz", given, (x, y, z), strict=True):
            c.unchanged(f"{function.__name__}: {name}", now, before)
        same = np.ones(3), np.ones(3), np.ones(3)
        function(*same)
        c.true(f"{function.__name__} does not change arguments of equal shapes", all((v == 1).all() for v in same))
    f, grads = circuit(-2.0, 5.0, -4.0)
    c.close("circuit: f of D4's example", f, -12.0)
    for name, want in {"x": -4.0, "y": -4.0, "z": 3.0}.items():
        hint = "Which gates lie between this input and f? What does each gate do to the gradient?"
        c.close(f"circuit: grads[{name!r}] of D4's example", grads[name], want, hint=hint)
    f, grads = circuit_branch(3.0, -1.0, 2.0)
    c.close("circuit_branch: f", f, 15.0)
    for name, want in {"x": 8.0, "y": 0.0, "z": 3.0}.items():
        c.close(
            f"circuit_branch: grads[{name!r}]",
            grads[name],
            want,
            hint="Follow every path from f back to this input, and add up the gradients.",
        )
    f, grads = circuit_branch(2.0, 2.0, 1.5)
    for name, want in {"x": 5.5, "y": 0.0}.items():
        c.close(f"circuit_branch: grads[{name!r}] at a tie", grads[name], want, hint="At a tie the max gate sends everything to x.")

    def check_broadcast(function):
        label, hint = f"{function.__name__}, broadcast:", "If an entry is used several times, its gradient is the sum over all uses."
        f, grads = function(x.copy(), y.copy(), z.copy())
        c.shape(f"{label} f", f, (2, 3))
        c.gradient(f"{label} grads['x']", grads["x"], lambda v: function(v, y, z)[0], x, hint=hint)
        c.gradient(f"{label} grads['y']", grads["y"], lambda v: function(x, v, z)[0], y, hint=hint)
        c.gradient(f"{label} grads['z']", grads["z"], lambda v: function(x, y, v)[0], z, hint=hint)
        number = function(x.copy(), y.copy(), 3.0)[1]["z"]
        c.gradient(f"{label} grads['z'] of a number", number, lambda v: function(x, y, v)[0], np.array(3.0), hint=hint)
        single = function(*(v.astype("f4") for v in (x, y, z)))[1]["x"]
        c.equal(f"{function.__name__}: the dtype of a gradient in float32", np.asarray(single).dtype, np.dtype("float32"))
        whole = function(np.array([3, 1]), np.array([2, 4]), 5)[1]["x"]
        c.equal(f"{function.__name__}: the dtype of a gradient of whole numbers", np.asarray(whole).dtype, np.dtype("float64"))
        mixed, floats = (function(u, y, z)[1]["x"] for u in (np.array([[1], [-2]]), np.array([[1.0], [-2.0]])))
        c.close(
            f"{function.__name__}: grads['x'] where only x holds whole numbers",
            mixed,
            floats,
            hint="The gradient need not be a whole number.",
        )

    check_broadcast(circuit)
    check_broadcast(circuit_branch)
    hint = "A Python float has 16 digits, but float32 has only 7."
    c.close("circuit: f of three Python floats", circuit(0.1, 0.2, 0.3)[0], 0.09, rtol=1e-12, hint=hint)
    c.close("circuit_branch: f of three Python floats", circuit_branch(0.1, 0.2, 0.3)[0], 0.08, rtol=1e-12, hint=hint)

# %% [markdown] id="circuit-see"
# Let's draw the backward pass of your circuit. Values (blue) flow to the right, and gradients
# (orange-red) flow back to the left.
# Go from gate to gate, and ask yourself: does it distribute, switch or route?
# Then change the three numbers, and predict the gradients before you run the cell again. Were you
# right about every wire? If not, take another look at that gate.

# %% id="circuit-plot" tags=["demo"]
from utils.plotting import PALETTE

with attempt("circuit"):
    x, y, z = 3.0, -1.0, 2.0
    f, grads = circuit_branch(x, y, z)
    m, q = max(x, y), x + z
    nodes = {"x": (0, 1), "y": (0, 2), "z": (0, 0), "max": (2, 1.6), "+": (2, 0.4), "×": (4, 1), "f": (5.4, 1)}
    edges = [  # from, to, value, gradient that flows back along this edge
        ("x", "max", x, q if x >= y else 0.0),
        ("y", "max", y, q if x < y else 0.0),
        ("x", "+", x, m),
        ("z", "+", z, m),
        ("max", "×", m, q),
        ("+", "×", q, m),
        ("×", "f", f, 1.0),
    ]
    fig, ax = plt.subplots(figsize=(8, 3.6), layout="constrained")
    for start, end, value, gradient in edges:
        (x0, y0), (x1, y1) = nodes[start], nodes[end]
        ax.annotate("", (x1, y1), (x0, y0), arrowprops={"arrowstyle": "-|>", "color": "0.6", "shrinkA": 16, "shrinkB": 16})
        middle = (x0 + 0.5 * (x1 - x0), y0 + 0.5 * (y1 - y0))
        ax.annotate(f"{value:g}", middle, (0, 5), textcoords="offset points", ha="center", va="bottom", color=PALETTE[0])
        ax.annotate(f"{gradient:g}", middle, (0, -5), textcoords="offset points", ha="center", va="top", color=PALETTE[1])
    for name, place in nodes.items():
        ax.text(*place, name, ha="center", va="center", bbox={"boxstyle": "circle,pad=0.35", "fc": "white", "ec": "0.4"})
    for name in "xyz":
        ax.text(-0.45, nodes[name][1], f"∂f/∂{name} = {grads[name]:g}", ha="right", va="center", color=PALETTE[1])
    ax.set(xlim=(-2.0, 5.8), ylim=(-0.4, 2.4), title="f = max(x, y) (x + z): values above each wire, gradients below")
    ax.set_axis_off()
    show(
        fig,
        "A circuit of three gates with the value above and the gradient below every wire. Two gradients, 5 from the max gate "
        "and 3 from the add gate, meet at x, whose total is 8; y loses at the max gate and gets 0.",
    )

# %% [markdown] id="mlp_backprop-idea"
# ## 2 · A network: index by index, then all at once
#
# *Lecture note: [Index by index](../../course/01-backprop.md#index-by-index), [Why
# backwards](../../course/01-backprop.md#why-backwards) and [All at
# once](../../course/01-backprop.md#all-at-once). Lecture: D0, "backpropagation".*
#
# Before you compute all gradients at once, let's follow the lecture and derive them for one weight
# at a time. To keep things simple, we take a single example, with output $a^{(L)}$ and target $y$.
# We also add a bias, which the lecture leaves out:
#
# $$z_j^{(l)} = \sum_k w_{jk}^{(l)}\thinspace a_k^{(l-1)} + b_j^{(l)}, \qquad a_j^{(l)} = g\big(z_j^{(l)}\big), \qquad C_0 = \sum_j \big(a_j^{(L)} - y_j\big)^2 .$$
#
# If you change a weight of the last layer, the change reaches the loss along only one path. But if
# you change an activation of an earlier layer, the change reaches the loss through *every* node of
# the next layer. That's why the second formula needs a sum:
#
# $$\frac{\partial C_0}{\partial w_{jk}^{(L)}} = 2\big(a_j^{(L)} - y_j\big)\  g'\big(z_j^{(L)}\big)\  a_k^{(L-1)}, \qquad
# \frac{\partial C_0}{\partial a_k^{(l-1)}} = \sum_j \frac{\partial C_0}{\partial a_j^{(l)}}\  g'\big(z_j^{(l)}\big)\  w_{jk}^{(l)} .$$
#
# The cost of a batch is the mean over its examples, $C = \frac1N \sum_i C_i$. Fortunately, there is
# nothing new to learn here: the gradient of the cost is the mean of the examples' gradients.
#
# Before you start, here are three details. Most people trip over at least one of them:
#
# - In the lecture, the weight $w_{jk}$ goes *to* node $j$ *from* node $k$. Our matrices are (in,
#   out), so the same weight is `w[k, j]`.
# - The factor 2 in the gradient comes from the square, and we keep it. In Rumelhart's paper (D2),
#   the gradient has no 2, because the cost there has a factor $\frac12$. The method is the same;
#   only the cost differs.
# - Every layer uses the same activation function $g$, even the last one. The derivative `dg` is a
#   function of $z$, not of $a$, so keep the $z$ of each layer in the forward pass.
#
# You write the backward pass twice, for a good reason. First, write it with loops, exactly as the
# formulas say.
# Then write it again without loops over examples or nodes, so that only the loop over the *layers*
# is left.
# If the two versions disagree, the version with loops helps you to find the mistake in the other.

# %% nbgrader={"grade_id": "mlp_backprop-loops", "solution": true}
from collections.abc import Callable


def mlp_backprop_loops(
    params: list,
    X: np.ndarray,
    Y: np.ndarray,
    g: Callable,
    dg: Callable,
) -> tuple[float, list]:
    """Return the mean squared cost and its gradients, with a loop for every index.

    C = 1/N sum_i sum_j (a_ij - Y_ij)^2, where a is the output of the last layer.

    Args:
        params: [(w, b), ...] from the first layer to the last; w is (in, out), b is
            (out,).
        X: (N, D) examples.
        Y: (N, M) targets for the outputs of the last layer.
        g, dg: the activation function and its derivative, functions of z (a number or
            an array).

    Returns:
        C: a single number.
        grads: [(dw, db), ...], in the order and the shapes of params.

    Raises:
        ValueError: Y does not have the shape of the network's output.
    """
    ### BEGIN SOLUTION
    N, M = X.shape[0], params[-1][1].shape[0]
    if Y.shape != (N, M):
        raise ValueError(f"Y has shape {Y.shape}, but the network's output has shape {(N, M)}")
    dtype = np.result_type(np.float32, X, Y, *(p for layer in params for p in layer))
    grads = [(np.zeros(w.shape, dtype), np.zeros(b.shape, dtype)) for w, b in params]
    C = dtype.type(0)
    for i in range(N):
        z, a = [], [X[i]]
        for w, b in params:
            z.append([b[j] + sum(w[k, j] * a[-1][k] for k in range(w.shape[0])) for j in range(w.shape[1])])
            a.append([g(z_j) for z_j in z[-1]])
        C += sum((a[-1][j] - Y[i, j]) ** 2 for j in range(M)) / N
        da = [2 * (a[-1][j] - Y[i, j]) / N for j in range(M)]
        for layer in reversed(range(len(params))):
            w, (dw, db) = params[layer][0], grads[layer]
            da_below = [dtype.type(0)] * w.shape[0]
            for j in range(w.shape[1]):
                dz = da[j] * dg(z[layer][j])
                db[j] += dz
                for k in range(w.shape[0]):
                    dw[k, j] += dz * a[layer][k]
                    da_below[k] += dz * w[k, j]
            da = da_below
    return C, grads
    ### END SOLUTION


# %% nbgrader={"grade_id": "mlp_backprop-vectorised", "solution": true}
from collections.abc import Callable


def mlp_backprop(
    params: list,
    X: np.ndarray,
    Y: np.ndarray,
    g: Callable,
    dg: Callable,
) -> tuple[float, list]:
    """Return the same as `mlp_backprop_loops`, with a loop over the layers only.

    C = 1/N sum_i sum_j (a_ij - Y_ij)^2, where a is the output of the last layer.

    Args:
        params: [(w, b), ...] from the first layer to the last; w is (in, out), b is
            (out,).
        X: (N, D) examples.
        Y: (N, M) targets for the outputs of the last layer.
        g, dg: the activation function and its derivative, functions of z (a number or
            an array).

    Returns:
        C: a single number.
        grads: [(dw, db), ...], in the order and the shapes of params.

    Raises:
        ValueError: Y does not have the shape of the network's output.
    """
    ### BEGIN SOLUTION
    N, M = X.shape[0], params[-1][1].shape[0]
    if Y.shape != (N, M):
        raise ValueError(f"Y has shape {Y.shape}, but the network's output has shape {(N, M)}")
    dtype = np.result_type(np.float32, X, Y, *(p for layer in params for p in layer))
    z, a = [], [X.astype(dtype)]
    for w, b in params:
        z.append(a[-1] @ w + b)  # (N, out)
        a.append(g(z[-1]))
    C = np.sum((a[-1] - Y) ** 2) / N
    da = 2 * (a[-1] - Y) / N  # (N, M)
    grads = []
    for layer in reversed(range(len(params))):
        dz = da * dg(z[layer])  # (N, out)
        grads.append((a[layer].T @ dz, dz.sum(axis=0)))
        da = dz @ params[layer][0].T  # (N, in)
    return C, grads[::-1]
    ### END SOLUTION


# %% id="mlp_backprop-try" tags=["demo"]
def tanh(z):
    return np.tanh(z)


def dtanh(z):
    return 1 - np.tanh(z) ** 2


tiny_params = [
    (np.array([[0.5, -1.0, 0.25], [1.5, 0.75, -0.5]]), np.array([0.1, -0.2, 0.3])),  # 2 inputs, 3 hidden nodes
    (np.array([[1.0, -0.5], [-1.25, 0.5], [0.75, 2.0]]), np.array([0.05, -0.1])),  # 2 outputs
]
tiny_X = np.array([[1.0, -0.5], [0.25, 2.0], [-1.5, 0.5]])  # (3, 2)
tiny_Y = np.array([[0.5, 0.0], [-0.5, 1.0], [0.25, -1.0]])  # (3, 2)

for function in (mlp_backprop_loops, mlp_backprop):
    with attempt(function.__name__):
        C, grads = function(tiny_params, tiny_X, tiny_Y, tanh, dtanh)
        print(f"{function.__name__}: C = {C:.6f}, gradient of the last bias {grads[-1][1].round(6)}")

# %% nbgrader={"grade_id": "mlp_backprop-check", "grade": true, "points": 25}
from functools import partial

with check("mlp_backprop") as c:
    rng = np.random.default_rng(0)
    (w1, b1), (w2, b2), (w3, b3) = [(rng.normal(size=(n, m)), rng.normal(size=m)) for n, m in ((2, 3), (3, 3), (3, 2))]
    X, Y = rng.normal(size=(4, 2)), rng.normal(size=(4, 2))

    def fresh(dtype=None):
        return [(w.astype(dtype), b.astype(dtype)) for w, b in ((w1, b1), (w2, b2), (w3, b3))]

    def softplus(z):
        return np.logaddexp(0, z)

    def dsoftplus(z):
        return 1 / (1 + np.exp(-z))

    # One layer, one example, g(z) = z: z = 2, so C = (2 - 5)^2, dC/dw = 2 (2 - 5) x, dC/db = 2 (2 - 5).
    by_hand = np.array([[0.5], [1.0]]), np.array([-0.5]), np.array([[3.0, 1.0]]), np.array([[5.0]])

    def check_network(function):
        def cost(layer, part, p):
            moved = [list(pair) for pair in fresh()]
            moved[layer][part] = p
            return function([tuple(pair) for pair in moved], X, Y, softplus, dsoftplus)[0]

        name = function.__name__
        given = fresh(), X.copy(), Y.copy()
        C, grads = function(*given, softplus, dsoftplus)
        before = [X, Y, *(p for layer in fresh() for p in layer)]
        now = [*given[1:], *(p for layer in given[0] for p in layer)]
        c.true(
            f"{name} does not change its arguments",
            len(before) == len(now) and all(np.array_equal(a, b) for a, b in zip(before, now, strict=True)),
        )
        w, b, x, y = (v.copy() for v in by_hand)
        C, grads = function([(w, b)], x, y, lambda z: z, np.ones_like)
        c.close(
            f"{name}: C by hand", C, 9.0, hint="C is the mean over examples of the sum of squares over outputs; there is no factor 1/2."
        )
        c.close(f"{name}: dw by hand", grads[0][0], np.array([[-18.0], [-6.0]]), hint="Keep the factor 2 that comes from the square.")
        c.close(f"{name}: db by hand", grads[0][1], np.array([-6.0]))
        C, grads = function(fresh(), X.copy(), Y.copy(), softplus, dsoftplus)
        out = softplus(softplus(softplus(X @ w1 + b1) @ w2 + b2) @ w3 + b3)
        c.close(f"{name}: C of 4 examples", C, np.sum((out - Y) ** 2) / 4, hint="Mean over examples, sum over outputs.")
        c.true(f"{name} returns one pair (dw, db) for each layer", [len(pair) for pair in grads] == [2, 2, 2])
        for layer, hint in (
            (2, "Is dg evaluated at z?"),
            (1, "If the last layer is correct, check which gradients reach a hidden node."),
            (0, "The weights of layer 2 are square, so a missing transpose raises no error there."),
        ):
            for part, what in enumerate(("dw", "db")):
                of = partial(cost, layer, part)
                c.gradient(f"{name}: {what} of layer {layer + 1} of 3", grads[layer][part], of, fresh()[layer][part], hint=hint)
        for wrong in (Y[:, 0], Y[:, :1], Y[:1]):
            sentence = f"{name} refuses a Y of shape {wrong.shape} for outputs of shape (4, 2)"
            c.raises(sentence, ValueError, function, fresh(), X, wrong, softplus, dsoftplus)
        _, single = function(fresh("f4"), X.astype("f4"), Y.astype("f4"), softplus, dsoftplus)
        c.equal(f"{name}: the dtype of a float32 network's gradients", single[0][0].dtype, np.dtype("float32"))
        strided = np.repeat(X, 2, axis=1)[:, ::2]
        c.close(f"{name}: C for a slice of an array", function(fresh(), strided, Y, softplus, dsoftplus)[0], C)

    check_network(mlp_backprop_loops)
    check_network(mlp_backprop)

    def calls_of_g(examples):
        seen = []
        mlp_backprop(fresh(), X[:examples], Y[:examples], lambda z: seen.append(z) or softplus(z), dsoftplus)
        return len(seen)

    c.equal(
        "mlp_backprop: how often g is called for 3 layers and 4 examples", calls_of_g(4), calls_of_g(1), hint="g accepts a whole array."
    )

# %% [markdown] id="mlp_backprop-see"
# **Which direction is down?**
# As you know, the correct update rule for SGD is $x_{t+1} = x_t - \alpha \nabla f(x_t)$.
# But on the lecture's slide (D4), the code next to this formula is `x += learning_rate * dx`. The
# formula and the code cannot both be right.
# There's no need to argue about it: let's train the same small network with each of them and see
# which one lowers the cost.

# %% id="mlp_backprop-plot" tags=["demo"]
from utils.plotting import style

with attempt("mlp_backprop"):
    rng = np.random.default_rng(1)
    X = np.linspace(-2, 2, 40)[:, None]  # (40, 1)
    Y = 0.8 * np.sin(2 * X)  # (40, 1)
    start = [(rng.normal(size=(1, 16)), rng.normal(size=16)), (0.3 * rng.normal(size=(16, 1)), np.zeros(1))]
    learning_rate, curves = 0.05, {}
    for label, sign in (("x -= learning_rate * dx   (D0, and D4's formula)", -1), ("x += learning_rate * dx   (D4's code)", +1)):
        params, costs = start, []
        for _ in range(200):
            C, grads = mlp_backprop(params, X, Y, tanh, dtanh)
            costs.append(C)
            params = [
                (w + sign * learning_rate * dw, b + sign * learning_rate * db) for (w, b), (dw, db) in zip(params, grads, strict=True)
            ]
        curves[label] = costs
    with style():
        fig, ax = plt.subplots()
        for (label, costs), line in zip(curves.items(), ("-", "--"), strict=True):
            ax.plot(costs, line, label=label)
        ax.set(xlabel="step", ylabel="cost C", yscale="log", title="One step against the gradient, or one step along it")
        ax.legend()
    show(
        fig,
        "Cost against step, on a logarithmic axis. With the minus sign the cost falls from step to step; with the plus sign "
        "it climbs within some steps to a plateau, where tanh saturates, and never comes back.",
    )

# %% [markdown] id="affine-idea"
# ## 3 · The affine layer
#
# *Lecture note: [All at once](../../course/01-backprop.md#all-at-once). Lectures: D0, D4.*
#
# In question 2, you wrote the whole network as one function. From now on, we build networks from
# *layers*, and for each layer you write a pair of functions.
# The **forward** function returns the output of the layer and a **cache**, which holds everything
# that the backward pass needs later.
# The **backward** function receives `dout`, the gradient with respect to the output. From `dout`
# and the cache, it computes the gradients with respect to all inputs of `forward`.
# All layers have this form, so you can snap them together like building blocks.
# If you have used a deep-learning framework, you have met this idea before.
#
# Your examples can have any shape; for instance, they can be images. So your layer first flattens
# each example into a row of $D = d_1 \cdots d_k$ numbers. For the flattened $x$, the formulas are
#
# $$\text{out} = x\thinspace w + b, \qquad
# \text{d}x = \text{dout}\  w^\top, \qquad \text{d}w = x^\top \text{dout}, \qquad \text{d}b_m = \sum_{n} \text{dout}_{nm} .$$
#
# There's no need to learn these formulas by heart: the shapes leave you only one way to multiply
# the arrays. Why is $\text{d}b$ a sum? The bias is broadcast over the batch, so it is a branch with
# $N$ paths.


# %% nbgrader={"grade_id": "affine", "solution": true}
def affine_forward(
    x: np.ndarray,
    w: np.ndarray,
    b: np.ndarray,
) -> tuple[np.ndarray, object]:
    """Return x w + b for a batch of flattened examples.

    Args:
        x: (N, d1, ..., dk) examples of D = d1 ... dk numbers each.
        w: (D, M) weights.
        b: (M,) bias.

    Returns:
        out: (N, M).
        cache: whatever affine_backward needs.

    Raises:
        ValueError: w does not have D rows, or b is not (M,).
    """
    ### BEGIN SOLUTION
    D = int(np.prod(x.shape[1:]))
    if w.ndim != 2 or w.shape[0] != D:
        raise ValueError(f"w has shape {w.shape}, but examples of shape {x.shape[1:]} need ({D}, M)")
    if b.shape != w.shape[1:]:
        raise ValueError(f"b has shape {b.shape}, but w of shape {w.shape} needs {w.shape[1:]}")
    rows = x.reshape(x.shape[0], D).astype(np.result_type(np.float32, x, w, b), copy=False)
    return rows @ w + b, (x, w)
    ### END SOLUTION


def affine_backward(
    dout: np.ndarray,
    cache: object,
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Return the gradients of sum(out * dout), using the cache of affine_forward.

    Args:
        dout: (N, M) gradient with respect to out.
        cache: from affine_forward.

    Returns:
        dx: (N, d1, ..., dk), dw: (D, M), db: (M,).
    """
    ### BEGIN SOLUTION
    x, w = cache
    dx = (dout @ w.T).reshape(x.shape)
    dw = x.reshape(x.shape[0], -1).T @ dout
    db = dout.sum(axis=0)
    return dx, dw, db
    ### END SOLUTION


# %% id="affine-try" tags=["demo"]
with attempt("affine"):
    x = np.array([[1.0, 2.0], [3.0, -1.0], [0.5, 0.0]])  # (3, 2)
    out, cache = affine_forward(x, np.array([[1.0, 0.0], [10.0, 1.0]]), np.array([0.5, -0.5]))
    print(out)
    dx, dw, db = affine_backward(np.array([[1.0, 0.0], [0.0, 2.0], [-1.0, 1.0]]), cache)
    print("dx", dx, "dw", dw, "db", db, sep="\n")

# %% nbgrader={"grade_id": "affine-check", "grade": true, "points": 20}
with check("affine") as c:
    rng = np.random.default_rng(2)
    x, w, b, dout = rng.normal(size=(4, 2, 3)), rng.normal(size=(6, 5)), rng.normal(size=5), rng.normal(size=(4, 5))

    def check_gradients(which, x, w, b, dout):
        _, cache = affine_forward(x.copy(), w.copy(), b.copy())
        dx, dw, db = affine_backward(dout.copy(), cache)
        c.gradient(
            f"affine_backward{which}: dx",
            dx,
            lambda v: affine_forward(v, w, b)[0],
            x,
            dout,
            hint="dx has the shape of x, before it was flattened.",
        )
        c.gradient(f"affine_backward{which}: dw", dw, lambda v: affine_forward(x, v, b)[0], w, dout)
        c.gradient(
            f"affine_backward{which}: db", db, lambda v: affine_forward(x, w, v)[0], b, dout, hint="Every example uses the same bias."
        )

    given = [x.copy(), w.copy(), b.copy(), dout.copy()]
    out, cache = affine_forward(*given[:3])
    c.unchanged("affine_forward: x", given[0], x, hint="Assigning to x.shape changes the caller's array.")
    affine_backward(given[3], cache)
    for name, now, before in zip(("x", "w", "b", "dout"), given, (x, w, b, dout), strict=True):
        c.unchanged(f"affine_backward: {name}", now, before)
    want = np.einsum("nij,ijm->nm", x, w.reshape(2, 3, 5)) + b
    c.close("affine_forward: out", out, want, hint="The output has one row for each example. Did you add the bias?")
    check_gradients("", x, w, b, dout)
    check_gradients(", square w", x[:, 0], w[:3, :3], b[:3], dout[:, :3])
    check_gradients(", as many examples as numbers in each", x[:3, 0], w[:3], b, dout[:3])
    check_gradients(", one example", x[:1], w, b, dout[:1])
    check_gradients(", one output", x, w[:, :1], b[:1], dout[:, :1])
    check_gradients(", one example and one output", x[:1], w[:, :1], b[:1], dout[:1, :1])
    c.close("affine_forward: out of a batch of one", affine_forward(x[:1].copy(), w, b)[0], out[:1])
    c.close("affine_forward: out for x in column order", affine_forward(np.asfortranarray(x), w, b)[0], out)
    _, cache = affine_forward(x, w, b)
    affine_forward(1 - x, 1 - w, b)
    c.close("affine_backward: dx from an older cache", affine_backward(dout, cache)[0], (dout @ w.T).reshape(x.shape))

    def message(*args):
        try:
            affine_forward(*args)
        except ValueError as error:
            return str(error)

    c.raises("affine_forward refuses a w with 5 rows for examples of 6 numbers", ValueError, affine_forward, x, w[:5], b)
    c.raises("affine_forward refuses a b of shape (1,) for 5 outputs", ValueError, affine_forward, x, w, b[:1])
    c.raises("affine_forward refuses a b of shape (1, 5) for 5 outputs", ValueError, affine_forward, x, w, b[None])
    said = message(x, w, b[:1]) or ""
    c.true("affine_forward names both shapes, (1,) and (5,), when it refuses b", "(1,)" in said and "(5,)" in said)
    whole = np.arange(6).reshape(2, 3), np.arange(12).reshape(3, 4), np.arange(4)
    c.equal("affine_forward: dtype of out for whole numbers", affine_forward(*whole)[0].dtype, np.dtype("float64"))
    out, cache = affine_forward(*(v.astype("f4") for v in (x, w, b)))
    c.equal("affine_forward: dtype of out in float32", out.dtype, np.dtype("float32"))
    for name, grad in zip(("dx", "dw", "db"), affine_backward(dout.astype("f4"), cache), strict=True):
        c.equal(f"affine_backward: dtype of {name} in float32", grad.dtype, np.dtype("float32"))

# %% [markdown] id="affine-see"
# **When do we average?**
# You may read that a mini-batch holds "examples whose gradients are averaged before
# backpropagation" (D2).
# But there are no gradients before the backward pass, so you could only average the examples'
# activations and errors.
# Would that give you the same result? Let's test it for a layer followed by tanh. The plot shows
# two points for each weight.
# The vertical axis shows the mean of the single examples' gradients, so both points have the same
# height. The horizontal axis shows the gradient as computed in one of two ways. For one point, we
# average the examples first. For the other point, we compute the gradient of the mean cost, in one
# backward pass over the batch.

# %% id="affine-plot" tags=["demo"]
with attempt("affine"):
    rng = np.random.default_rng(3)
    N = 8
    x, w, b, y = rng.normal(size=(N, 6)), rng.normal(size=(6, 5)), rng.normal(size=5), rng.normal(size=(N, 5))

    def weight_gradient(x, y):
        """Return the gradient of the mean over the rows of sum((tanh(x w + b) - y)^2)."""
        z, cache = affine_forward(x, w, b)
        return affine_backward(2 * (np.tanh(z) - y) / len(x) * (1 - np.tanh(z) ** 2), cache)[1]

    right = np.mean([weight_gradient(x[i : i + 1], y[i : i + 1]) for i in range(N)], axis=0)
    batch = weight_gradient(x, y)
    averaged_first = weight_gradient(x.mean(axis=0, keepdims=True), y.mean(axis=0, keepdims=True))
    print(f"averaged after: largest error {np.abs(batch - right).max():.6f}; averaged before: {np.abs(averaged_first - right).max():.2f}")
    print(f"entries with the wrong sign if averaged before: {(averaged_first * right < 0).sum()} of {right.size}")
    with style():
        fig, ax = plt.subplots(figsize=(6.4, 4.6))
        edge = 1.1 * np.abs([right, averaged_first]).max()
        ax.plot([-edge, edge], [-edge, edge], color="0.6", linewidth=1, label="equal")
        ax.plot(averaged_first.ravel(), right.ravel(), "^", color=PALETTE[1], label="averaged before the backward pass (D2's sentence)")
        ax.plot(batch.ravel(), right.ravel(), "o", color=PALETTE[0], label="averaged after it")
        ax.set(xlabel="gradient as computed", ylabel="mean of the examples' gradients", title="Two points for each of 30 weights")
        fig.legend(loc="outside lower center")
    show(
        fig,
        "Thirty weights: gradients averaged after the backward pass lie on the diagonal; those computed from averaged examples "
        "scatter around it, smaller and often of the wrong sign.",
    )

# %% [markdown] id="gradients-question"
# ### In your own words (10 points)
#
# 1. Correct the lecture's sentence (D2, "examples whose gradients are averaged before
#    backpropagation"). What exactly is averaged over a mini-batch, and at which moment of a
#    training step? Use the symbols of question 2.
# 2. Explain why averaging before the backward pass gives a different result. Which property must
#    $x \mapsto \partial C_0/\partial w$ have for the two to agree? Why does a network not have this
#    property, even if $g(z) = z$?
# 3. A classmate reads "averaged" and writes `db = dout.mean(axis=0)` in `affine_backward`, although
#    `dout` comes from a cost that is already a mean over the batch. The training runs, and nobody
#    notices. How does this change the learning rate of the bias? How could you have found the
#    mistake?
#
# Write at most 250 words.

# %% [markdown] nbgrader={"grade_id": "gradients-written", "grade": true, "solution": true, "points": 10}
# **Model answer.**
#
# 1. Each example goes forward and backward on its own; that gives its gradient $\partial C_i/\partial w$. These gradients are averaged, *after* the
#    backward pass and *before* the parameters are updated: $\partial C/\partial w = \frac1N\sum_i \partial C_i/\partial w$. In matrix form
#    this happens inside $x^\top \text{dout}$ and $\sum_n \text{dout}_n$, with the $\frac1N$ carried in by dout.
# 2. Mean of the function against function of the mean: they agree for all batches only if the example's gradient is affine (linear up to a
#    constant) in the example. It is not: with $g(z) = z$ it is $2(xw + b - y)$ times $x$, a product of two things which both depend on
#    the example, so it is quadratic, and the covariance between error and input is lost on averaging. With a nonlinear $g$ there are $g$ and
#    $g'$ on top.
# 3. dout already contains the $\frac1N$, so db is too small by another factor $\frac1N$: the bias learns with the learning rate divided by
#    the batch size, the weights with the right one. Direction and fixed points stay, so the loss still falls. A gradient check (db against
#    central differences) shows at once a constant ratio of $\frac1N$; so does doubling the batch by repeating it, which must not change db.
#
# **Rubric.**
#
# - 2 points: The gradients of the single examples are averaged, not activations, errors or
#   inputs.
# - 2 points: The moment: after the backward pass and before the update.
# - 2 points: The two results agree only if the gradient is affine (linear up to a constant) in
#   the example.
# - 2 points: It is not, not even for $g(z) = z$, because it is a product of error and input.
# - 1 point: The learning rate of the bias is divided by $N$.
# - 1 point: A gradient check, or an equally good test, finds the mistake.
#
# **Weak answer (3 points: items 2, 6).**
#
# 1. The network takes the mean over the batch after backpropagation has finished, and then it
#    updates the weights with this mean.
# 2. If you average the examples before, some information about them is lost, so the result is less
#    exact. The network has nonlinear activation functions, so you cannot do this.
# 3. The bias gets another gradient than the weights, so it does not learn well. I would compare `db`
#    with a numerical gradient.
#
# **Average answer (6 points: items 1, 2, 5, 6).**
#
# 1. We average the gradients $\partial C_i/\partial w$ of the single examples. This happens after
#    the backward pass of all examples. The mean goes into the update.
# 2. If we average first, we compute the gradient at an average example, which is not in the data.
#    $g$ is not linear, and the mean of $g$ is not $g$ of the mean. If $g(z) = z$, the network is
#    linear, so there the two agree.
# 3. `dout` already contains $1/N$. So `db` is too small by a factor of $N$, as if the learning rate
#    of the bias was divided by $N$. A gradient check shows this.

# %% [markdown] id="numeric_gradient-idea"
# ## 4 · A gradient that is measured, not derived
#
# *Lecture note: [Measure what you have
# derived](../../course/01-backprop.md#measure-what-you-have-derived).*
#
# Everyone makes mistakes when they derive a gradient. *Measuring* a gradient is much safer.
# You increase one entry of $x$ a little, then decrease it, and see how much the function changes.
# If $f$ returns an array, one entry of $x$ can change many outputs. So your function also receives
# an array `df` with a weight for each output, just like `dout` in a backward pass:
#
# $$\text{d}x_i = \frac{1}{2h}\sum_m \Big(f(x + h\thinspace e_i)_m - f(x - h\thinspace e_i)_m\Big)\thinspace\text{df}_m .$$
#
# We call this formula the **central difference**. Why do we change each entry in both directions?
# The result is then more accurate: the error of the central difference shrinks like $h^2$. The
# error of the one-sided difference, $\frac1h\big(f(x+h)-f(x)\big)$, shrinks only like $h$.
#
# A numeric gradient sounds easy to program, but many gradient checkers have one of these bugs:
#
# - `x` is slightly different afterwards, because $(x + h) - 2h + h$ is not exactly $x$ in floating
#   point.
# - `f` returns a *view* of `x`, so when you change `x` for the second time, the first result
#   changes too.
# - If `x` is float32, rounding swallows about half of your change. If `x` holds integers, rounding
#   swallows all of it.
# - The flattened "view" of a slice is really a copy, so your change never reaches `x`.
#
# None of these bugs causes an error message, so you have to check for them yourself.
#
# The second function, `rel_error`, measures how far apart two gradients are, relative to their
# size:
# $\max_i |a_i - b_i| / \max(|a_i|, |b_i|, 10^{-8})$.


# %% nbgrader={"grade_id": "numeric_gradient-given", "locked": true}
def flipped_view():
    """Return a description and a function f whose result shares memory with x."""
    return "f(x) is a view of x, from its last entry to its first.", lambda x: x[..., ::-1]


# %% nbgrader={"grade_id": "numeric_gradient", "solution": true}
from collections.abc import Callable


def numeric_gradient(
    f: Callable,
    x: np.ndarray,
    df: np.ndarray | None = None,
    h: float = 1e-5,
) -> np.ndarray:
    """Return the gradient of sum(f(x) * df) with respect to x by central differences.

    dx[i] = sum((f(x + h e_i) - f(x - h e_i)) * df) / 2h, for a large h, too.

    Args:
        f: takes a float64 array of x's shape and returns a number or an array, which
            may be a view of its argument. In each call, all entries but one equal those
            of x exactly.
        x: array of any shape and layout, float32, float64 or integer; may be read-only.
            Its values are exactly the same after the call.
        df: weights of the entries of f(x), of the same shape; None gives each the
            weight 1.
        h: step, > 0.

    Returns:
        dx: array of x's shape and dtype (float64 if x holds integers), computed in
            float64.
    """
    ### BEGIN SOLUTION
    point = np.array(x, dtype=np.float64)  # a copy: the caller's x is out of reach
    dx = np.zeros(x.shape, dtype=np.result_type(np.float32, x))
    for i in np.ndindex(x.shape):
        before = point[i]
        point[i] = before + h
        above = np.array(f(point), dtype=np.float64)  # a copy: f may return a view of point
        point[i] = before - h
        below = np.array(f(point), dtype=np.float64)
        point[i] = before
        change = above - below
        dx[i] = np.sum(change if df is None else change * df) / (2 * h)
    return dx
    ### END SOLUTION


def rel_error(a: np.ndarray, b: np.ndarray) -> float:
    """Return the largest |a - b| / max(|a|, |b|, 1e-8) over all entries.

    Args:
        a, b: arrays of the same shape.

    Raises:
        ValueError: a and b differ in shape.
    """
    ### BEGIN SOLUTION
    if a.shape != b.shape:
        raise ValueError(f"a has shape {a.shape}, but b has shape {b.shape}")
    return float(np.max(np.abs(a - b) / np.maximum(np.maximum(np.abs(a), np.abs(b)), 1e-8)))
    ### END SOLUTION


# %% id="numeric_gradient-try" tags=["demo"]
with attempt("numeric_gradient"):
    print(numeric_gradient(lambda x: x**2, np.array([1.0, -3.0])))  # 2x
    print(numeric_gradient(flipped_view()[1], np.array([1.0, -3.0, 2.0]), np.array([10.0, 20.0, 30.0])))  # 30, 20, 10
    print(rel_error(np.array([1.0, 2.0]), np.array([1.0, 2.002])))

# %% nbgrader={"grade_id": "numeric_gradient-check", "grade": true, "points": 20}
with check("numeric_gradient") as c:
    x = np.array([[0.7, -1.3, 2.1], [-0.4, 1.9, 0.3]])
    given, df = x.copy(), np.array([[1.5, -2.0, 0.5], [3.0, 0.25, -1.0]])
    dx = numeric_gradient(np.sin, given)
    hint = "Store the old value and put it back; do not compute it again."
    c.unchanged("numeric_gradient: x", given, x, hint=hint)
    small = np.array([1e-7, 3.0, -2e-7])
    numeric_gradient(np.sin, small)
    c.unchanged("numeric_gradient: x of small numbers", small, np.array([1e-7, 3.0, -2e-7]), hint=hint)
    moved = []
    numeric_gradient(lambda v: moved.append(np.count_nonzero(v != np.array([1e-7, 3.0, -2e-7]))) or 0.0, small)
    c.true("numeric_gradient: each x that f receives differs in exactly one entry", len(moved) > 0 and max(moved) == 1, hint=hint)
    c.close("numeric_gradient: dx of sin(x) without df", dx, np.cos(x), rtol=1e-8)
    dx = numeric_gradient(lambda v: np.sum(np.sin(v)), x.copy())
    c.close("numeric_gradient: dx of sum(sin(x))", dx, np.cos(x), rtol=1e-8, hint="Do you use central differences?")
    c.close("numeric_gradient: dx of sin(x) with df", numeric_gradient(np.sin, x.copy(), df.copy()), np.cos(x) * df, rtol=1e-8)
    dx = numeric_gradient(lambda v: np.sum(np.sin(v)), x.copy(), np.array(-3.0))
    c.close("numeric_gradient: dx of sum(sin(x)) with a df of -3", dx, -3 * np.cos(x), rtol=1e-8)
    dx = numeric_gradient(np.sin, x.copy(), np.zeros(x.shape))
    c.close("numeric_gradient: dx of sin(x) with a df of zeros", dx, np.zeros(x.shape), hint="A weight can be zero.")
    hint = "For x^3, the error of the central difference is exactly h^2."
    c.close("numeric_gradient: dx of x^3 with h = 0.5", numeric_gradient(lambda v: v**3, x.copy(), h=0.5), 3 * x**2 + 0.25, hint=hint)
    hint = "The result of f may share memory with x. When does it change?"
    c.close("numeric_gradient: dx of a view of x", numeric_gradient(flipped_view()[1], x.copy(), df.copy()), df[:, ::-1], hint=hint)
    dx = numeric_gradient(np.sin, x.astype("f4"))
    c.equal("numeric_gradient: the dtype of dx for a float32 x", dx.dtype, np.dtype("float32"))
    hint = "In float32, a change of 1e-5 is mostly lost to rounding."
    c.close("numeric_gradient: dx for a float32 x", dx, np.cos(x.astype("f4")), rtol=1e-6, hint=hint)
    dx = numeric_gradient(lambda v: v**2, np.array([3, -2]))
    c.close("numeric_gradient: dx for whole numbers", dx, np.array([6.0, -4.0]))
    c.equal("numeric_gradient: the dtype of dx for whole numbers", dx.dtype, np.dtype("float64"))
    hint = "Does your change reach the array that f receives?"
    c.close("numeric_gradient: dx for a slice", numeric_gradient(np.sin, x.copy()[:, ::2]), np.cos(x[:, ::2]), hint=hint)
    c.close("numeric_gradient: dx for a transpose", numeric_gradient(np.sin, x.copy().T, df.T.copy()), (np.cos(x) * df).T)
    c.close("numeric_gradient: dx for a number", numeric_gradient(np.sin, np.array(0.7)), np.cos(0.7))
    c.close("rel_error of [1, 3] and [1.25, 3]", rel_error(np.array([1.0, 3.0]), np.array([1.25, 3.0])), 0.2)
    c.close("rel_error of [1.25, 3] and [1, 3]", rel_error(np.array([1.25, 3.0]), np.array([1.0, 3.0])), 0.2)
    c.close("rel_error of equal zeros", rel_error(np.zeros(2), np.zeros(2)), 0.0)
    hint = "1e-8 is the smallest possible denominator; it is not added to it."
    c.close("rel_error of 0 and 2e-9", rel_error(np.zeros(2), np.array([0.0, 2e-9])), 0.2, hint=hint)
    c.close("rel_error of 1e-8 and 2e-8", rel_error(np.array([1e-8]), np.array([2e-8])), 0.5, hint=hint)
    c.raises("rel_error refuses shapes (2,) and (2, 1)", ValueError, rel_error, np.ones(2), np.ones((2, 1)))

# %% [markdown] id="numeric_gradient-see"
# **Why $h = 10^{-5}$?** If you choose a large $h$, $f$ is no longer close to a straight line.
# If you choose a tiny $h$, $f(x+h)$ and $f(x-h)$ agree in so many digits that their difference is
# mostly rounding error.
# That's why each curve has a valley, and the best $h$ lies at the bottom.
# The central difference gives you three more correct digits, and it calls $f$ not quite twice as
# often.

# %% id="numeric_gradient-plot" tags=["demo"]
with attempt("numeric_gradient"):
    x = np.linspace(0.3, 1.4, 12)
    right = np.exp(x) * (np.sin(x) + np.cos(x))

    def curve(v):
        return np.exp(v) * np.sin(v)

    def curve_float32(v):
        return curve(v.astype(np.float32))

    steps = np.logspace(-12, 0, 49)

    def error(measured):
        return np.median(np.abs(measured / right - 1))

    central = [error(numeric_gradient(curve, x, h=h)) for h in steps]
    one_sided = [error((curve(x + h) - curve(x)) / h) for h in steps]
    single = [error(numeric_gradient(curve_float32, x, h=h)) for h in steps]
    with style():
        fig, ax = plt.subplots()
        ax.loglog(steps, one_sided, "--", color=PALETTE[1], label="one-sided, float64")
        ax.loglog(steps, central, "-", color=PALETTE[0], label="central, float64")
        ax.loglog(steps, single, ":", color=PALETTE[2], label="central, float32")
        ax.axvline(1e-5, color="0.5", linewidth=1)
        ax.annotate("h = 1e-5", (1e-5, 3e-13), (4, 0), textcoords="offset points", color="0.3")
        ax.set(
            xlabel="step h",
            ylabel="relative error of the gradient",
            ylim=(1e-13, 10),
            title="The error of a measured gradient is smallest for a medium h",
        )
        ax.legend(loc="lower left")
    show(
        fig,
        "Relative error against h on logarithmic axes: three V-shaped valleys. The central difference in float64 reaches about "
        "1e-11 near h = 1e-5, the one-sided one about 1e-8 near h = 1e-8, and float32 only about 1e-5 near h = 1e-2.",
    )

# %% [markdown] id="check_layer-idea"
# ## 5 · A test for any layer
#
# *Lecture note: [Judge a layer](../../course/01-backprop.md#judge-a-layer).*
#
# From now on, you'll write many layers, and `check_layer` tells you whether you can trust them.
# For this test, a layer is a pair of functions:
#
# - `forward(x) -> out, cache` takes any array of `x`'s shape; `out` is an array of any shape, or a
#   single number;
# - `backward(dout, cache) -> dx` takes a `dout` that has the shape of `out`; `dx` is the gradient
#   of $\sum_m \text{out}_m\thinspace\text{dout}_m$ with respect to $x$.
#
# For a correct layer, return `True`.
# Your test must work for small and large gradients, from about $10^{-4}$ to $10^{4}$.
# Your test must also work for gradients that are exactly zero in some entries. Be careful with
# these entries: the measured gradient is not exactly zero there, but about $10^{-10}$ times `out`.
#
# Return `False` for a layer whose `dx`
#
# - is wrong by a factor of two per cent or more, or has the wrong sign;
# - is correct only for a special `dout`, for example only if all entries are equal, or only if none
#   is negative;
# - is wrong in a single entry, by one per cent of the largest entry of `dx` or more;
# - does not have the shape of `x`, even if it would broadcast to it, or contains a `nan`;
# - depends on the *last* call of `forward` and not on the `cache` that `backward` receives. You
#   might not notice anything wrong until a network uses such a layer twice.
#
# For this question only, use the course's own `gradients.numeric_gradient(f, x, dout=dout)`, which
# measures the gradient of `sum(f(x) * dout)`.
# So a mistake in question 4 costs you nothing here. You can rely on two things: `x` is float64, and
# it is not close to any kink.

# %% nbgrader={"grade_id": "check_layer", "solution": true}
from collections.abc import Callable

from utils import gradients


def check_layer(
    forward: Callable,
    backward: Callable,
    x: np.ndarray,
    rng: np.random.Generator,
) -> bool:
    """Return whether `backward` gives the gradient of `forward` at x.

    Args:
        forward: forward(x) -> (out, cache); out is an array or a number.
        backward: backward(dout, cache) -> dx.
        x: float64 array at which to check the layer.
        rng: the only source of randomness.
    """
    ### BEGIN SOLUTION
    out, cache = forward(x)
    dout = rng.normal(size=np.shape(out))  # neither uniform nor of one sign
    forward(rng.normal(size=x.shape))  # a layer that remembers this instead of its cache gives itself away
    dx = backward(dout, cache)
    if np.shape(dx) != x.shape:
        return False
    measured = gradients.numeric_gradient(lambda v: forward(v)[0], x, dout=dout)
    noise = 1e-9 * max(np.max(np.abs(out)), 1e-3)  # of measuring
    size = np.max(np.abs(measured), initial=0.0)
    return bool(np.all(np.abs(dx - measured) <= 1e-4 * size + noise))
    ### END SOLUTION


# %% nbgrader={"grade_id": "check_layer-layers", "locked": true}
def layers_to_judge():
    """Return {description: (forward, backward, whether the layer is correct)}."""
    seen = []

    def remembering_forward(x):
        seen[:] = [x.copy()]
        return x**3, None

    def centre(x):
        return x - x.mean(axis=1, keepdims=True)

    def spoilt(dx):
        dx = dx.copy()
        dx[-1, 0] -= 0.012 * np.abs(dx).max()
        return dx

    def tanh_forward(x):
        return np.tanh(x), np.tanh(x)

    def tanh_backward(dout, out):
        return dout * (1 - out**2)

    def centre_forward(x):
        return centre(x), None

    def swapped(dx):
        return dx[:, [1, 0, *range(2, dx.shape[1])]]

    def softmax_sum(x):
        e = np.exp(x)
        return np.sum(e / e.sum(axis=1, keepdims=True), axis=1)

    def sum_forward(x):
        return 1e4 * x.sum(axis=1), x.shape

    return {
        "tanh": (tanh_forward, tanh_backward, True),
        "centring rows": (centre_forward, lambda dout, _: centre(dout), True),
        "large row sums": (sum_forward, lambda dout, shape: np.broadcast_to(1e4 * dout[:, None], shape), True),
        "sum of squares": (lambda x: (np.sum(x**2), x), lambda dout, x: 2 * dout * x, True),
        "sum of a softmax": (lambda x: (softmax_sum(x), x), lambda dout, x: np.zeros_like(x), True),
        "large softmax sum": (lambda x: (8e3 * softmax_sum(x), x), lambda dout, x: np.zeros_like(x), True),
        "zero missed": (lambda x: (softmax_sum(x), x), lambda dout, x: 1e-3 * dout[:, None] * x, False),
        "factor 2 lost": (lambda x: (x**2, x), lambda dout, x: dout * x, False),
        "small, sign flipped": (lambda x: (1e-4 * x**2, x), lambda dout, x: -2e-4 * dout * x, False),
        "mean of dout": (tanh_forward, lambda dout, out: dout.mean() * (1 - out**2), False),
        "|dout|": (tanh_forward, lambda dout, out: np.abs(dout) * (1 - out**2), False),
        "sign of dout": (tanh_forward, lambda dout, out: np.sign(dout) * (1 - out**2), False),
        "one entry off": (tanh_forward, lambda dout, out: spoilt(tanh_backward(dout, out)), False),
        "entries swapped": (tanh_forward, lambda dout, out: swapped(tanh_backward(dout, out)), False),
        "rows swapped": (tanh_forward, lambda dout, out: tanh_backward(dout, out)[[1, 0, *range(2, len(out))]], False),
        "x taken as 1": (lambda x: (x**2, x), lambda dout, x: 2 * dout, False),
        "shape broadcasts": (sum_forward, lambda dout, _: 1e4 * dout[:, None], False),
        "nan": (tanh_forward, lambda dout, out: np.where(out > 0.5, np.nan, tanh_backward(dout, out)), False),
        "remembers last x": (remembering_forward, lambda dout, _: 3 * dout * seen[0] ** 2, False),
    }


# %% id="check_layer-try" tags=["demo"]
with attempt("check_layer"):
    rng = np.random.default_rng(4)
    print(check_layer(lambda x: (x**2, x), lambda dout, x: 2 * dout * x, np.array([[1.0, -2.0, 3.0]]), rng))  # correct
    print(check_layer(lambda x: (x**2, x), lambda dout, x: dout * x, np.array([[1.0, -2.0, 3.0]]), rng))  # wrong

# %% nbgrader={"grade_id": "check_layer-check", "grade": true, "points": 20}
with check("check_layer") as c:
    x = np.random.default_rng(5).normal(size=(3, 4))
    given, state = x.copy(), np.random.get_state()[1:3]
    for number, (name, (forward, backward, right)) in enumerate(layers_to_judge().items()):
        verdict = check_layer(forward, backward, given, np.random.default_rng(5 + number))
        if not number:
            c.unchanged("check_layer: x", given, x)
            c.true(
                "check_layer does not change the global random state",
                all(np.array_equal(a, b) for a, b in zip(np.random.get_state()[1:3], state, strict=True)),
            )
            c.true("check_layer returns True or False", isinstance(verdict, (bool, np.bool_)))
        c.true(f"check_layer {'accepts' if right else 'rejects'} the layer {name!r}", bool(verdict) is right)
        given = x.copy()
    for shape in ((4,), (2, 1, 2)):
        x = np.random.default_rng(6).normal(size=shape)
        square = lambda x: (x**2, x)
        good = check_layer(square, lambda dout, x: 2 * dout * x, x.copy(), np.random.default_rng(7))
        bad = check_layer(square, lambda dout, x: dout * x, x.copy(), np.random.default_rng(7))
        c.true(f"check_layer accepts a correct layer and rejects a wrong one for an x of shape {shape}", good and not bad)
    large = lambda dout, x: np.where(np.abs(x) < 8, 2 * dout * x, dout * x)
    bad = check_layer(square, large, np.array([[9.0, -10.0]]), np.random.default_rng(7))
    c.true("check_layer rejects a layer that is wrong at x and correct elsewhere", not bad)

# %% [markdown] id="check_layer-see"
# **Why not use `dout = 1`?** Many people try a `dout` of ones first, because the loss is then
# simply $\sum_m \text{out}_m$.
# For each layer above, the plot shows the error relative to the measured gradient, once for a
# `dout` of ones and once for a random `dout`.
# With a useful test, correct layers have short bars and wrong layers have long ones.
# (Don't be surprised if a correct layer has longer bars where the true gradient is zero: only
# rounding error remains there.)
# Which wrong layers look correct with a `dout` of ones?
# Then look at the last layer. Why does this layer look correct in both cases, and what else must
# your test do to catch it?

# %% id="check_layer-plot" tags=["demo"]
with attempt("check_layer"):
    rng = np.random.default_rng(6)
    x = rng.normal(size=(3, 4))

    def strays(forward, backward, dout):
        """Return the largest error of dx, relative to the largest measured entry."""
        _, cache = forward(x)
        measured = gradients.numeric_gradient(lambda v: forward(v)[0], x, dout=dout)
        forward(x)  # the last layer remembers this call
        error = np.abs(backward(dout, cache) - measured).max() / max(np.abs(measured).max(), 1e-5)
        return np.nan_to_num(error, nan=10.0)

    names, with_ones, with_random = [], [], []
    for name, (forward, backward, right) in layers_to_judge().items():
        shape = np.shape(forward(x)[0])
        names.append(f"{name} ({'right' if right else 'wrong'})")
        with_ones.append(strays(forward, backward, np.ones(shape)))
        with_random.append(strays(forward, backward, rng.normal(size=shape)))
    with style():
        fig, ax = plt.subplots(figsize=(7.5, 5.5))
        places = np.arange(len(names))
        for shift, colour, label, errors in (-0.2, 1, "dout of ones", with_ones), (0.2, 0, "random dout", with_random):
            ax.barh(places + shift, np.maximum(errors, 1e-12), height=0.4, left=1e-13, color=PALETTE[colour], label=label)
        ax.set(xscale="log", xlim=(1e-13, 30), xlabel="largest error, relative to the largest entry of dx (nan drawn as 10)")
        ax.set(title="Error of each layer, relative to its measured gradient")
        ax.set_yticks(places, names)
        ax.invert_yaxis()
        fig.legend(loc="outside lower center", ncols=2)
    show(
        fig,
        "Two bars for each layer, on a logarithmic axis. Right layers stay below 1e-4, most of them at 1e-10. With a dout of ones the layers 'mean of dout' "
        "and '|dout|' look right; a random dout exposes them. 'Shape broadcasts' and 'remembers last x' look right with both.",
    )

# %% [markdown] id="end"
# ## Summary
#
# The four patterns of question 1 appear in every backward function of this course: distribute,
# switch, route, and add up at a branch.
# Keep your `affine` functions in a safe place, because you'll need them in the capstone.
# Keep the habit of question 5, too: trust a gradient only after you have measured it.

# %% [markdown] id="summary-idea"
# **Before you submit,** restart the kernel and run all cells, so that you can be sure that your
# notebook works from top to bottom. The cell below adds up the points of your own checks.

# %% id="summary" tags=["demo"]
check.summary(
    {"circuit": 15, "mlp_backprop": 25, "affine": 20, "numeric_gradient": 20, "check_layer": 20},
    written=10,
)
