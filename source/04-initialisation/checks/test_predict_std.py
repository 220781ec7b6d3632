"""Question `predict_std`: the theory of wide nets, and D4's net repaired."""

from itertools import product

import numpy as np

from autograder.checking import check, compare, rules

VARIANCE = {"lecun": 1.0, "xavier": 1.0, "he": 2.0}  # times n, in square layers
RELU = np.sqrt(0.5 - 0.5 / np.pi)  # std of max(0, Z)


def predicted(value):
    number = value.item() if isinstance(value, np.generic) else value
    compare.require(
        isinstance(number, (int, float)) and not isinstance(number, bool),
        "`predict_std` does not return a plain number.",
    )
    return float(number)


def moments(act, v):
    """E f and E f² of a normal variable of variance v, by Simpson's rule."""
    z = np.linspace(-9, 9, 2001)
    weight = np.where(np.arange(2001) % 2, 4.0, 2.0) * np.exp(-(z**2) / 2)
    out = np.tanh(np.sqrt(v) * z) if act == "tanh" else 1 / (1 + np.exp(-np.sqrt(v) * z))
    return weight @ out / weight.sum(), weight @ out**2 / weight.sum()


def theory(gain, act, L):
    square, mean = 1.0, 0.0
    for _ in range(L):
        mean, square = moments(act, gain * square)
    return np.sqrt(square - mean**2)


def close(student, wanted, hint):
    """Holds the predictions for many arguments to what they should be, in one round trip."""
    values = student.batch("predict_std", [args for args, _ in wanted])
    for (args, want), value in zip(wanted, values, strict=True):
        scheme, act, *_, last = args
        name = f"the prediction for {scheme if isinstance(scheme, str) else 'a number'}, {act}{', with skip' if last is True else ''}"
        compare.close(predicted(value), want, name, rtol=1e-3, atol=0, hint=hint)


@check("predict_std", points=4)
def test_linear_and_relu(student, rng):
    """Through linear and ReLU layers the prediction has a closed form, for each scheme and any depth."""
    L, n = int(rng.integers(4, 9)), int(rng.integers(20, 200))
    hint = "What counts for the next layer is E[a²], of which the mean is a part; what you return is a standard deviation. If the error is small, it is the integrals."
    wanted = []
    for depth in (L, 1, 25):
        for scheme, gain in VARIANCE.items():
            wanted.append(
                (scheme, "relu", depth, np.sqrt(gain) * (gain / 2) ** ((depth - 1) / 2) * RELU)
            )
            wanted.append((scheme, "linear", depth, gain ** (depth / 2)))
    close(student, [((scheme, act, depth, n), want) for scheme, act, depth, want in wanted], hint)
    close(student, [(("he", "linear", 2, 1), 2.0)], "A width of 1 is a width.")


@check("predict_std", points=4)
def test_tanh_and_sigmoid(student, rng):
    """Through tanh and sigmoid layers the prediction follows from the two integrals, layer by layer."""
    hint = (
        "Both moments of every layer; and if the error is small, is the grid wide and fine enough?"
    )
    n = int(rng.integers(20, 200))
    wanted = []
    for scheme in ("he", "lecun", "xavier"):
        for act in ("tanh", "sigmoid"):
            for L in (int(rng.integers(3, 8)), 1):
                wanted.append(((scheme, act, L, n), theory(VARIANCE[scheme], act, L)))
    close(student, wanted, hint)


@check("predict_std", points=3)
def test_a_number_for_a_scheme(student, rng):
    """A number in place of a scheme is the standard deviation of every weight, so that the width matters."""
    wanted = [((1, "linear", 3, 4), 8.0)]  # a whole number is a number
    for n in (30, 75):
        std, L = float(rng.uniform(0.05, 0.25)), int(rng.integers(2, 5))
        gain = n * std**2
        wanted += [
            ((std, "linear", L, n), gain ** (L / 2)),
            ((std, "tanh", L, n), theory(gain, "tanh", L)),
        ]
        wanted.append(((std, "linear", L, n, True), (1 + gain) ** (L / 2)))
    close(student, wanted, "How does the variance of z depend on n?")


@check("predict_std", points=4)
def test_skip_connections(student, rng):
    """With skip connections the prediction adds what goes around a layer to what goes through it."""
    n = int(rng.integers(20, 200))
    wanted = []
    for (scheme, gain), L in product(VARIANCE.items(), (int(rng.integers(3, 7)), 1)):
        for act in ("relu", "sigmoid"):
            mean, square = 0.0, 1.0
            for _ in range(L):
                v = gain * square
                first, second = (
                    (np.sqrt(v / (2 * np.pi)), v / 2) if act == "relu" else moments(act, v)
                )
                mean, square = mean + first, square + 2 * mean * first + second
            wanted.append(((scheme, act, L, n, True), np.sqrt(square - mean**2)))
        wanted.append(((scheme, "linear", L, n, True), (1 + gain) ** (L / 2)))
    close(
        student,
        wanted,
        "Write out the mean square of a sum. Not all of its terms vanish where activations have a mean.",
    )


def trained(value, steps):
    losses, w1, w2 = compare.unpack(value, 3, "losses, w1 and w2")
    good = isinstance(losses, (list, tuple)) or (
        isinstance(losses, np.ndarray) and losses.ndim == 1
    )
    compare.require(good, "`losses` is not a list of numbers.")
    compare.require(
        len(losses) == steps,
        f"`losses` has {len(losses)} numbers for {steps} steps.",
        "One before each update. How often does your loop run?",
    )
    return np.array([float(loss) for loss in losses]), w1, w2


def task(rng):
    """Data and weights for which no pre-activation comes near ReLU's kink in three small steps."""
    while True:
        x, y = rng.normal(size=(4, 3)), rng.normal(size=(4, 2))
        w1, w2 = rng.normal(size=(3, 5)), rng.normal(size=(5, 2))
        z = x @ w1
        if np.abs(z).min() > 0.05 and (z > 0).any(axis=1).all() and (z > 0).any(axis=0).all():
            return x, y, w1, w2


def loss(x, y, w1, w2):
    z = x @ w1
    return np.sum((np.where(z.real > 0, z, 0) @ w2 - y) ** 2)


@check("predict_std", points=6)
def test_two_layer_net(student, rng):
    """`two_layer_net` walks downhill on the summed loss of the net with $\\max(0, x W_1)$, and reports the losses on the way."""
    for steps in (1, 3):
        x, y, w1, w2 = task(rng)
        losses, got1, got2 = trained(student.two_layer_net(x, y, w1, w2, 1e-3, steps), steps)
        want = []
        for _ in range(steps):
            want.append(loss(x, y, w1, w2))
            slopes = []
            for which, w in enumerate((w1, w2)):
                slope = np.zeros(w.shape)
                for index in np.ndindex(w.shape):
                    moved = [w1.astype(complex), w2.astype(complex)]
                    moved[which][index] += 1e-30j
                    slope[index] = np.imag(loss(x, y, *moved)) / 1e-30
                slopes.append(slope)
            w1, w2 = w1 - 1e-3 * slopes[0], w2 - 1e-3 * slopes[1]
        compare.close(
            losses[0], want[0], "the first loss", hint="Is it max(0, z), and a sum over everything?"
        )
        compare.close(losses, np.array(want), "losses")
        compare.close(
            got1, w1, "w1", hint="Which way is downhill, and what is the slope of max(0, z)?"
        )
        compare.close(got2, w2, "w2", hint="Both gradients are taken before either matrix moves.")


@check("predict_std", points=2)
def test_two_layer_net_leaves_its_arguments(student, rng):
    """`two_layer_net` leaves the matrices it starts from as they are, keeps the precision, and takes 0 steps; losses are plain floats."""
    x, y, w1, w2 = task(rng)
    rules.pure(student, "two_layer_net", x, y, w1, w2, 1e-3, 2)
    _, got1, got2 = trained(
        rules.pure(student, "two_layer_net", x, y, w1, w2, 1e-3, 0, new=(1, 2)), 0
    )
    compare.close(got1, w1, "w1 after no step")
    compare.close(got2, w2, "w2 after no step")
    for kind, want in ((np.float32, "float32"), (np.float64, "float64"), (np.int64, "float64")):
        arrays = [(3 * v).astype(kind) for v in (x, y, w1, w2)]
        for steps in (1, 0):
            value = student.two_layer_net(*arrays, 1e-3, steps)
            for w in trained(value, steps)[1:]:
                compare.equal(
                    str(getattr(w, "dtype", "")),
                    want,
                    f"the dtype of the weights for {np.dtype(kind).name}",
                )
            compare.require(
                all(isinstance(loss, float) for loss in value[0]),
                f"`losses` are no plain floats for {np.dtype(kind).name}.",
            )


@check("predict_std", points=2)
def test_bad_arguments(student, rng):
    """Unknown names, a depth or width below 1 and a negative number of steps raise a ValueError naming them."""
    rules.rejects(student, "predict_std", "best", "relu", 3, 20, mentions=("best",))
    rules.rejects(student, "predict_std", "he", "gelu", 3, 20, mentions=("gelu",))
    rules.rejects(student, "predict_std", "he", "relu", 0, 20, mentions=("0",))
    rules.rejects(student, "predict_std", "he", "relu", 3, -4, mentions=("-4",))
    rules.rejects(student, "predict_std", "he", "relu", 3, 0, mentions=("0",))
    for std in (-2, 0):
        rules.rejects(student, "predict_std", std, "relu", 3, 20, mentions=(str(std),))
    for steps in (-2, -1):
        rules.rejects(student, "two_layer_net", *task(rng), 1e-3, steps, mentions=(str(steps),))
