"""Known mistakes and right variants of `transfer_table`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


def summarise(name, args, value):
    """Draws are reduced to what can be told of them whatever the generator: counts, repetitions, pairs; so is a table of random draws."""
    if name == "draw_per_class":
        return _draw(args, value)
    if name == "transfer_table":
        return _table(args, value)
    return value


def _draw(args, value):
    x, y, k = args[:3]
    if not (
        isinstance(value, tuple)
        and len(value) == 2
        and all(isinstance(part, np.ndarray) for part in value)
    ):
        return value
    got_x, got_y = value
    if (
        got_x.ndim != 2
        or x.ndim != 2
        or got_x.shape[1] != 3
        or got_y.ndim != 1
        or len(got_x) != len(got_y)
    ):
        return [list(got_x.shape), list(got_y.shape), str(got_x.dtype), str(got_y.dtype)]
    ids, first = (
        np.sort(got_x[:, 0]),
        np.sort(np.concatenate([np.flatnonzero(y == label)[:k] for label in np.unique(y)])),
    )
    return {
        "kinds": [list(got_x.shape), str(got_x.dtype), str(got_y.dtype)],
        "classes": len(np.unique(got_y)),
        "counts even": len(set(np.unique(got_y, return_counts=True)[1].tolist())) == 1,
        "neighbours": all(
            _neighbours(
                np.searchsorted(x[y == label, 0], got_x[got_y == label, 0]), sum(y == label)
            )
            for label in np.unique(got_y)
        ),
        "again": len(set(ids.tolist())) < len(ids),
        "pairs": bool(np.array_equal(got_x[:, 2], 10.0 * got_y)),
        "the first": len(ids) == len(first) and bool(np.array_equal(ids, x[first, 0]))
        if len(x) > len(first)
        else None,
    }


def _neighbours(places, many):
    """Whether places of a class follow one another, the first one after the last."""
    return (
        len(places) < 2 or sum((place + 1) % many in places for place in places) >= len(places) - 1
    )


def _table(args, value):
    if not isinstance(value, np.ndarray) or value.ndim != 4:
        return value
    targets, sizes = args[0], args[1]
    settled = all(
        sum(y == label) == k or np.all(x[y == label] == x[y == label][0])
        for x, y, *_ in targets
        for k in sizes
        for label in np.unique(y)
    )
    if settled:
        return value
    many = value.shape[2] > 1
    return {
        "shape": list(value.shape),
        "methods alike": bool(np.all(value == value[:, :, :1])) if many else None,
        "seeds alike": bool(np.all(value == value[..., :1])) if value.shape[3] > 1 else None,
        "zero": bool(np.all(value == 0)),
    }


@mistake(
    "transfer_table",
    replaces="draw_per_class",
    change={"rng.choice(members, k, replace=False)": "rng.choice(members, k)"},
)
def drawn_with_repetition():
    """An example may be drawn twice: with k labels a class you would then learn from fewer. Draw without repetition."""


@mistake(
    "transfer_table",
    replaces="draw_per_class",
    change={"np.concatenate(rows)": "rng.choice(len(y), k * len(rows), replace=False)"},
)
def not_balanced():
    """You draw from all classes together: some will have more than k, others fewer, or none."""


@mistake("transfer_table", replaces="draw_per_class", change={"y[chosen]": "y[np.roll(chosen, 1)]"})
def labels_out_of_step():
    """Your x and y are drawn, or ordered, independently of one another: index both by the same rows."""


@mistake("transfer_table", replaces="draw_per_class")
def too_few_pass(x, y, k, rng):
    """Where a class has fewer than k examples you return what there is. The table would then compare sizes that are not what they say: refuse."""
    rows = []
    for label in np.unique(y):
        members = np.flatnonzero(y == label)
        rows.append(rng.choice(members, min(k, len(members)), replace=False))
    chosen = np.concatenate(rows)
    return x[chosen], y[chosen]


@mistake("transfer_table", replaces="draw_per_class")
def classes_taken_as_counted(x, y, k, rng):
    """You take the classes for 0, 1, ..., up to their number. They are the labels that occur, whatever these are."""
    rows = []
    for label in range(len(np.unique(y))):
        members = np.flatnonzero(y == label)
        if len(members) < k:
            raise ValueError(f"class {label} has {len(members)} examples, expected at least {k}")
        rows.append(rng.choice(members, k, replace=False))
    chosen = np.concatenate(rows)
    return x[chosen], y[chosen]


@mistake("transfer_table", replaces="recipe")
def head_is_frozen_too(method, depth):
    """Where the body stands still, you freeze the head as well: then nothing learns at all."""
    body = tuple(range(1, depth))
    layers = tuple(range(1, depth + 1))
    known = {
        "scratch": ("random", (), {}),
        "random features": ("random", layers, {}),
        "linear probe": ("pretrained", layers, {}),
        "top two": ("pretrained", body[:-1], {}),
        "fine-tune": ("pretrained", (), {}),
        "slow body": ("pretrained", (), dict.fromkeys(body, 0.1)),
    }
    if method not in known:
        raise ValueError(f"method is {method!r}, expected one of {', '.join(known)}")
    return known[method]


@mistake("transfer_table", replaces="recipe")
def scratch_begins_pretrained(method, depth):
    """Your scratch begins with the pretrained body: then it is fine-tuning under another name, and no control."""
    body = tuple(range(1, depth))
    known = {
        "scratch": ("pretrained", (), {}),
        "random features": ("random", body, {}),
        "linear probe": ("pretrained", body, {}),
        "top two": ("pretrained", body[:-1], {}),
        "fine-tune": ("pretrained", (), {}),
        "slow body": ("pretrained", (), dict.fromkeys(body, 0.1)),
    }
    if method not in known:
        raise ValueError(f"method is {method!r}, expected one of {', '.join(known)}")
    return known[method]


@mistake("transfer_table", replaces="recipe", change={'("random", body, {})': '("random", (), {})'})
def random_features_learn():
    """Your random features are trained: then the control is scratch under another name, and nobody knows what random features are worth."""


@mistake("transfer_table", replaces="recipe")
def random_features_begin_pretrained(method, depth):
    """The body of your random features is the pretrained one: that is the linear probe itself, and no control of it."""
    body = tuple(range(1, depth))
    known = {
        "scratch": ("random", (), {}),
        "random features": ("pretrained", body, {}),
        "linear probe": ("pretrained", body, {}),
        "top two": ("pretrained", body[:-1], {}),
        "fine-tune": ("pretrained", (), {}),
        "slow body": ("pretrained", (), dict.fromkeys(body, 0.1)),
    }
    if method not in known:
        raise ValueError(f"method is {method!r}, expected one of {', '.join(known)}")
    return known[method]


@mistake("transfer_table", replaces="recipe", change={"body[:-1]": "body[1:]"})
def lowest_two_learn():
    """For 'top two', the two lowest layers learn in your recipe, or the head and the first. It is the two highest: the head and the layer below it."""


@mistake("transfer_table", replaces="recipe", change={"body[:-1]": "body[:-2]"})
def two_of_the_body_learn():
    """For 'top two', two layers of the body learn besides the head: that makes three."""


@mistake(
    "transfer_table",
    replaces="recipe",
    change={"dict.fromkeys(body, 0.1)": "dict.fromkeys(range(1, depth + 1), 0.1)"},
)
def head_goes_slowly_too():
    """In your 'slow body' the head goes slowly as well: then everything has a tenth of the rate."""


@mistake(
    "transfer_table",
    replaces="recipe",
    change={
        '("pretrained", (), dict.fromkeys(body, 0.1))': '("pretrained", body, dict.fromkeys(body, 0.1))'
    },
)
def slow_body_is_frozen():
    """In your 'slow body' the body is frozen as well: a rate for what stands still has no effect."""


@mistake("transfer_table", replaces="recipe")
def unknown_method_is_scratch(method, depth):
    """A method that is not known is taken for one of the six. A mistyped name would be measured under a wrong one: refuse it."""
    body = tuple(range(1, depth))
    known = {
        "scratch": ("random", (), {}),
        "random features": ("random", body, {}),
        "linear probe": ("pretrained", body, {}),
        "top two": ("pretrained", body[:-1], {}),
        "fine-tune": ("pretrained", (), {}),
        "slow body": ("pretrained", (), dict.fromkeys(body, 0.1)),
    }
    return known.get(method.lower(), known["scratch"])


@mistake(
    "transfer_table",
    replaces="transfer_table",
    change={
        "(x_test - mean) / std": "(x_test - x_test.mean()) / x_test.std() if standardise else x_test / 1"
    },
)
def statistics_of_the_test_set():
    """You standardise the test inputs by their own mean and deviation. That is knowledge of the test set, and training and test inputs no longer mean the same."""


@mistake(
    "transfer_table",
    replaces="transfer_table",
    change={
        "(x.mean(), x.std())": "(x.mean(), np.concatenate([x, x_test]).std())",
        "x.mean()": "np.concatenate([x, x_test]).mean()",
    },
)
def statistics_of_training_and_test():
    """Mean and deviation are taken over the drawn examples and the test set together: so the test set has a say in the training. Take them of the drawn examples alone."""


@mistake(
    "transfer_table",
    replaces="transfer_table",
    change={"(x.mean(), x.std())": "(x.mean(), x_pool.std())", "x.mean()": "x_pool.mean()"},
)
def statistics_of_the_pool():
    """Mean and deviation are those of the whole pool. You said that you have k labels a class: of the rest you know nothing."""


@mistake(
    "transfer_table",
    replaces="transfer_table",
    change={"(x_test - mean) / std": "(x_test - mean) / 1", "x_test - mean": "x_test"},
)
def training_alone_is_standardised():
    """The test inputs are not standardised along with the training inputs: the network learns on one scale and is tested on another."""


@mistake(
    "transfer_table",
    replaces="transfer_table",
    change={"(x.mean(), x.std())": "(x.mean(), x.std(axis=0))", "x.mean()": "x.mean(axis=0)"},
)
def statistics_column_by_column():
    """You standardise each column by itself. One mean and one deviation over all numbers were asked for: a column of a few examples is all noise, and may not vary at all."""


@mistake(
    "transfer_table",
    replaces="transfer_table",
    change={"(x.mean(), x.std()) if standardise else (0, 1)": "(x.mean(), x.std())"},
)
def always_standardised():
    """You standardise whether it was asked for or not."""


@mistake("transfer_table", replaces="transfer_table")
def drawn_anew_for_each_method(targets, sizes, methods, seeds, run, standardise=False):
    """Every method gets examples of its own. Then luck in the draw is taken for a difference between methods: draw once, then run all of them."""
    scores = np.zeros((len(targets), len(sizes), len(methods), len(seeds)))
    for t, (x_pool, y_pool, x_test, y_test) in enumerate(targets):
        for s, k in enumerate(sizes):
            for r, seed in enumerate(seeds):
                x, y = draw_per_class(x_pool, y_pool, k, np.random.default_rng(seed))
                mean, std = (x.mean(), x.std()) if standardise else (0, 1)
                for m, method in enumerate(methods):
                    x, y = draw_per_class(x_pool, y_pool, k, np.random.default_rng([seed, m]))
                    labels = run(method, (x - mean) / std, y, (x_test - mean) / std, seed)
                    scores[t, s, m, r] = np.mean(labels == y_test)
    return scores


@mistake(
    "transfer_table",
    replaces="transfer_table",
    change={"np.random.default_rng(seed)": "np.random.default_rng(0)"},
)
def seed_is_not_used():
    """Every seed draws the same examples: the generator is made from something else than the seed."""


@mistake(
    "transfer_table",
    replaces="transfer_table",
    change={"x_test - mean": "x - mean", "labels == y_test": "labels == y"},
)
def scored_on_the_training_set():
    """You score a method on what it has learnt from. What counts is the test set."""


@mistake(
    "transfer_table",
    replaces="transfer_table",
    change={"np.mean(labels == y_test)": "np.sum(labels == y_test)"},
)
def counts_for_shares():
    """Your scores are counts: a share of the test set was asked for."""


@mistake(
    "transfer_table", replaces="transfer_table", change={"labels == y_test": "labels != y_test"}
)
def errors_for_scores():
    """Your scores are shares of errors. What was asked for is the share that is right."""


@mistake(
    "transfer_table",
    replaces="transfer_table",
    change={"return scores": "return scores.transpose(0, 1, 3, 2)"},
)
def axes_in_another_order():
    """The axes of your table are in another order than (targets, sizes, methods, seeds)."""


@mistake(
    "transfer_table",
    replaces="transfer_table",
    change={"return scores": "return scores.mean(axis=3)"},
)
def averaged_over_seeds():
    """You average over the seeds. Then nobody can take differences seed by seed: keep the seeds as the last axis."""


@mistake(
    "transfer_table",
    replaces="transfer_table",
    change={"draw_per_class(x_pool, y_pool, k, np.random.default_rng(seed))": "x_pool, y_pool"},
)
def whole_pool_is_learnt():
    """Methods learn from the whole pool: whatever the size says, they see all the labels."""


@mistake("transfer_table", replaces="gain")
def unpaired_error(scores, method, control):
    """Your standard error is that of two independent means: the root of the sum of both variances. The seeds come in pairs, and luck that both share drops out of the differences."""
    seeds = scores.shape[3]
    if seeds < 2:
        raise ValueError(
            f"there is {seeds} seed, expected at least 2: of one difference there is no standard error"
        )
    difference = scores[:, :, method] - scores[:, :, control]
    return difference.mean(axis=2), np.sqrt(
        (scores[:, :, method].var(axis=2, ddof=1) + scores[:, :, control].var(axis=2, ddof=1))
        / seeds
    )


@mistake(
    "transfer_table",
    replaces="gain",
    change={"difference.std(axis=2, ddof=1) / seeds**0.5": "difference.std(axis=2, ddof=1)"},
)
def deviation_for_error():
    """You return the standard deviation of the differences. The error of their mean is smaller: it shrinks with the root of the number of seeds."""


@mistake(
    "transfer_table",
    replaces="gain",
    change={"difference.std(axis=2, ddof=1)": "difference.std(axis=2, ddof=0)"},
)
def divided_by_all_seeds():
    """Under your squares stands R, where R - 1 was asked for: with few seeds, the error comes out too small."""


@mistake("transfer_table", replaces="gain")
def control_less_method(scores, method, control):
    """Your gain has the wrong sign: it is the method less the control."""
    seeds = scores.shape[3]
    if seeds < 2:
        raise ValueError(
            f"there is {seeds} seed, expected at least 2: of one difference there is no standard error"
        )
    difference = scores[:, :, control] - scores[:, :, method]
    return difference.mean(axis=2), difference.std(axis=2, ddof=1) / seeds**0.5


@mistake(
    "transfer_table",
    replaces="gain",
    change={
        "difference.mean(axis=2)": "difference.mean(axis=2) / scores[:, :, control].mean(axis=2)"
    },
)
def gain_as_a_ratio():
    """Your gain is relative to the control. A difference of scores was asked for."""


@mistake(
    "transfer_table", replaces="gain", change={"difference.mean(axis=2)": "difference.mean(axis=1)"}
)
def averaged_over_the_wrong_axis():
    """You average over the sizes, not over the seeds: seeds are the last axis."""


@mistake("transfer_table", replaces="gain")
def error_of_one_seed(scores, method, control):
    """For a single seed you return an error all the same, zero or nan. Of one difference there is none: refuse."""
    seeds = scores.shape[3]
    difference = scores[:, :, method] - scores[:, :, control]
    return difference.mean(axis=2), difference.std(axis=2, ddof=min(1, seeds - 1)) / seeds**0.5


@mistake(
    "transfer_table",
    replaces="draw_per_class",
    change={
        "rng.choice(members, k, replace=False)": "members[(rng.integers(len(members)) + np.arange(k)) % len(members)]"
    },
)
def neighbours_drawn_together():
    """You draw a place and take the examples that follow it: always neighbours together. Every choice of k is to be equally likely."""


@variant("transfer_table", replaces="draw_per_class")
def by_a_shuffle(x, y, k, rng):
    """Shuffles everything once, takes the first k of each class of that, and shuffles what it has."""
    labels, counts = np.unique(y, return_counts=True)
    if counts.min() < k:
        scarce = labels[counts.argmin()]
        raise ValueError(f"only {counts.min()} examples of class {scarce}, where {k} were expected")
    order = rng.permutation(len(y))
    taken = {label: 0 for label in labels.tolist()}
    rows = []
    for row in order.tolist():
        label = y[row].item()
        if taken[label] < k:
            taken[label] += 1
            rows.append(row)
    rng.shuffle(rows)
    return np.take(x, rows, axis=0), np.take(y, rows)


@variant("transfer_table", replaces="draw_per_class")
def by_random_keys(x, y, k, rng):
    """Gives every example a random key and takes the k smallest of each class."""
    keys = rng.random(len(y))
    order = np.lexsort((keys, y))
    sorted_y = y[order]
    starts = np.flatnonzero(np.r_[True, sorted_y[1:] != sorted_y[:-1]])
    sizes = np.diff(np.r_[starts, len(y)])
    for start, size in zip(starts, sizes):
        if size < k:
            raise ValueError(f"class {sorted_y[start]}: {size} examples, at least {k} expected")
    rows = order[(starts[:, None] + np.arange(k)).ravel()]
    return x[rows], y[rows]


@variant("transfer_table", replaces="recipe")
def case_by_case(method, depth):
    """A match statement, lists for tuples, and rates for all layers."""
    start = "random" if method in ("scratch", "random features") else "pretrained"
    frozen, lr_mult = [], {k: 1.0 for k in range(1, depth + 1)}
    match method:
        case "scratch" | "fine-tune":
            pass
        case "random features" | "linear probe":
            frozen = list(range(1, depth))
        case "top two":
            frozen = [k for k in range(1, depth + 1) if k < depth - 1]
        case "slow body":
            lr_mult |= {k: 1 / 10 for k in range(1, depth)}
        case _:
            raise ValueError(f"unknown method {method}")
    return start, frozen, lr_mult


@variant("transfer_table", replaces="transfer_table")
def nested_lists(targets, sizes, methods, seeds, run, standardise=False):
    """Builds nested lists, methods innermost, and moves the axes in the end."""

    def column(target, k, seed):
        x_pool, y_pool, x_test, y_test = target
        x, y = draw_per_class(x_pool, y_pool, k, np.random.default_rng(int(seed)))
        if standardise:
            centre, spread = np.mean(x), np.std(x)
            x, x_test = (x - centre) / spread, (x_test - centre) / spread
        return [
            float((np.asarray(run(method, x, y, x_test, seed)) == y_test).sum()) / len(y_test)
            for method in methods
        ]

    table = [[[column(target, k, seed) for seed in seeds] for k in sizes] for target in targets]
    return np.swapaxes(
        np.array(table, dtype=np.float64).reshape(
            len(targets), len(sizes), len(seeds), len(methods)
        ),
        2,
        3,
    )


@variant("transfer_table", replaces="gain")
def error_by_hand(scores, method, control):
    """Writes mean and standard error out as sums."""
    R = np.shape(scores)[-1]
    if R == 1:
        raise ValueError(f"expected 2 seeds or more, got {R}")
    d = np.take(scores, method, axis=2) - np.take(scores, control, axis=2)
    mean = np.einsum("tsr->ts", d) / R
    squares = np.square(d - mean[..., None]).sum(axis=-1)
    return mean, (squares / (R * (R - 1))) ** 0.5


@variant("transfer_table", replaces="draw_per_class")
def by_drawing_one_after_another(x, y, k, rng):
    """Draws single examples out of what is left of each class, and builds the arrays from lists."""
    left = {}
    for row, label in enumerate(np.asarray(y).tolist()):
        left.setdefault(label, []).append(row)
    for label, rows in left.items():
        if len(rows) < k:
            raise ValueError(f"class {label}: there are {len(rows)}, where {k} were expected")
    chosen = [rows.pop(int(rng.integers(len(rows)))) for rows in left.values() for _ in range(k)]
    return np.array([x[row] for row in chosen], dtype=x.dtype), np.array(
        [y[row] for row in chosen], dtype=y.dtype
    )


@variant("transfer_table", replaces="recipe")
def by_what_learns(method, depth):
    """Says what learns, and freezes the rest; a rate for the slow layers one by one."""
    names = ["scratch", "random features", "linear probe", "top two", "fine-tune", "slow body"]
    if method not in names:
        raise ValueError(f"{method} is not among {names}")
    learns = {"random features": 1, "linear probe": 1, "top two": 2}.get(method, depth)
    frozen = tuple(k for k in range(1, depth + 1) if k + learns <= depth)
    rates = {}
    if method == "slow body":
        for k in range(1, depth):
            rates[k] = 10**-1
    return "random" if names.index(method) < 2 else "pretrained", frozen, rates


@variant("transfer_table", replaces="transfer_table")
def cell_by_cell(targets, sizes, methods, seeds, run, standardise=False):
    """One loop over all cells of the table; the same draw is made again for each method, from a generator in the same state."""
    scores = np.full((len(targets), len(sizes), len(methods), len(seeds)), np.nan)
    for place in np.ndindex(*scores.shape):
        (x_pool, y_pool, x_test, y_test), k, method, seed = (
            part[number] for part, number in zip((targets, sizes, methods, seeds), place)
        )
        x, y = draw_per_class(x_pool, y_pool, k, np.random.default_rng(seed))
        if standardise:
            x, x_test = (np.divide(part - x.mean(), x.std()) for part in (x, x_test))
        right = [a == b for a, b in zip(run(method, x, y, x_test, seed), y_test, strict=True)]
        scores[place] = sum(right) / len(right)
    return scores


@variant("transfer_table", replaces="transfer_table")
def a_cache_of_draws(targets, sizes, methods, seeds, run, standardise=False):
    """Draws for all cells first, standardises in place on own copies, then lets one method after the other run."""
    import itertools

    drawn = {}
    for t, s, r in itertools.product(range(len(targets)), range(len(sizes)), range(len(seeds))):
        pool_x, pool_y, test_x, _ = targets[t]
        x, y = draw_per_class(pool_x, pool_y, sizes[s], np.random.default_rng(seeds[r]))
        test_x = test_x.copy()
        if standardise:
            mean, std = x.mean(), x.std()
            for part in (x, test_x):
                part -= mean
                part /= std
        drawn[t, s, r] = x, y, test_x
    table = np.empty((len(methods), len(targets), len(sizes), len(seeds)))
    for m, method in enumerate(methods):
        for (t, s, r), given in drawn.items():
            table[m, t, s, r] = (
                np.count_nonzero(run(method, *given, seeds[r]) == targets[t][3])
                / targets[t][3].size
            )
    return table.transpose(1, 2, 0, 3)


@variant("transfer_table", replaces="gain")
def gain_cell_by_cell(scores, method, control):
    """Loops over targets and sizes; Python's own statistics."""
    import statistics

    T, S, _, R = scores.shape
    if R < 2:
        raise ValueError(f"got {R} seeds, expected more than one")
    mean, error = np.empty((T, S)), np.empty((T, S))
    for t in range(T):
        for s in range(S):
            pairs = zip(scores[t, s, method].tolist(), scores[t, s, control].tolist())
            differences = [a - b for a, b in pairs]
            mean[t, s] = statistics.fmean(differences)
            error[t, s] = statistics.stdev(differences) / R**0.5
    return mean, error


@variant("transfer_table", replaces="gain")
def error_by_the_covariance(scores, method, control):
    """The variance of a difference from both variances and their covariance; a list for the two."""
    seeds = scores.shape[-1]
    if seeds <= 1:
        raise ValueError(f"of {seeds} seed there is no error")
    a, b = scores[..., method, :], scores[..., control, :]
    a_mean, b_mean = a.mean(-1, keepdims=True), b.mean(-1, keepdims=True)
    both = [a - a_mean, b - b_mean]
    (aa, ab), (_, bb) = [
        [(one * other).sum(axis=-1) / (seeds - 1) for other in both] for one in both
    ]
    return [(a_mean - b_mean)[..., 0], np.sqrt(np.maximum(aa + bb - 2 * ab, 0) / seeds)]
