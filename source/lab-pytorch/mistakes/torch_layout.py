"""Known mistakes and right variants of `torch_layout`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake(
    "torch_layout",
    replaces="torch_layout",
    change={'("weight", w.T)': '("weight", w.reshape(w.shape[::-1]))'},
)
def reshaped_not_turned():
    """Your weights have the right shape and the wrong numbers in it: `reshape` keeps the order in memory, and only the labels of the axes change. Which operation exchanges rows and columns?"""


@mistake("torch_layout", replaces="torch_layout", change={'("weight", w.T)': '("weight", w)'})
def not_turned():
    """Your weights are still (in, out). `nn.Linear` keeps (out, in) and computes x times its transpose."""


@mistake(
    "torch_layout",
    replaces="torch_layout",
    change={'("weight", w.T)': '("weight", w if w.shape[0] == w.shape[1] else w.T)'},
)
def turned_unless_square():
    """You turn a weight only where its shape does not fit already. A square layer fits either way, and still has to be turned."""


@mistake("torch_layout", replaces="torch_layout")
def relu_takes_no_place(params):
    """Your second layer is named `1`. Count the modules of the sequence: a ReLU takes a place too, though it has no parameters."""
    layers = sum(name.startswith("w") for name in params)
    expected = [f"{kind}{k}" for k in range(1, layers + 1) for kind in "wb"]
    if wrong := sorted(set(expected) ^ set(params)):
        raise ValueError(f"{', '.join(wrong)} missing or too many, expected {', '.join(expected)}")
    state = {}
    for k in range(1, layers + 1):
        w, b = params[f"w{k}"], params[f"b{k}"]
        if w.ndim != 2 or (k > 1 and len(w) != params[f"w{k - 1}"].shape[1]):
            raise ValueError(
                f"w{k} has shape {w.shape}, expected (in, out) with the in that layer {k - 1} gives"
            )
        if b.shape != w.shape[1:]:
            raise ValueError(
                f"b{k} has shape {b.shape}, expected {w.shape[1:]} for w{k} of shape {w.shape}"
            )
        for kind, value in (("weight", w.T), ("bias", b)):
            state[f"{k - 1}.{kind}"] = np.array(
                value, dtype=value.dtype if value.dtype.kind == "f" else np.float64, order="C"
            )
    return state


@mistake("torch_layout", replaces="torch_layout")
def sorted_as_words(params):
    """From ten layers on, your order is wrong: as words, "w10" comes before "w2". Sort by number."""
    layers = sum(name.startswith("w") for name in params)
    expected = [f"{kind}{k}" for k in range(1, layers + 1) for kind in "wb"]
    if wrong := sorted(set(expected) ^ set(params)):
        raise ValueError(f"{', '.join(wrong)} missing or too many, expected {', '.join(expected)}")
    state = {}
    for place, k in enumerate(sorted(range(1, layers + 1), key=str), start=1):
        w, b = params[f"w{k}"], params[f"b{k}"]
        if w.ndim != 2 or (k > 1 and len(w) != params[f"w{k - 1}"].shape[1]):
            raise ValueError(
                f"w{k} has shape {w.shape}, expected (in, out) with the in that layer {k - 1} gives"
            )
        if b.shape != w.shape[1:]:
            raise ValueError(
                f"b{k} has shape {b.shape}, expected {w.shape[1:]} for w{k} of shape {w.shape}"
            )
        for kind, value in (("weight", w.T), ("bias", b)):
            state[f"{2 * (place - 1)}.{kind}"] = np.array(
                value, dtype=value.dtype if value.dtype.kind == "f" else np.float64, order="C"
            )
    return state


@mistake(
    "torch_layout",
    replaces="torch_layout",
    change={
        "for k in range(1, layers + 1):": 'for k in [int(name[1:]) for name in params if name[0] == "w"]:'
    },
)
def order_of_the_dictionary():
    """You go through the layers in the order in which the dictionary holds them. It may hold w2 before w1: the number counts."""


@mistake("torch_layout", replaces="torch_layout", change={'("bias", b)': '("bias", b[:, None])'})
def biases_as_columns():
    """Your biases have shape (out, 1). That was the layout of a column convention; here, and in PyTorch, a bias is (out,)."""


@mistake(
    "torch_layout",
    replaces="torch_layout",
    change={'value.dtype if value.dtype.kind == "f" else np.float64': "np.float64"},
)
def always_double():
    """Your weights come out as float64 whatever they were. A network of float32 should stay one."""


@mistake("torch_layout", replaces="torch_layout")
def nothing_refused(params):
    """You hand over whatever comes. A missing bias or a layer that does not fit its neighbour should be refused with a ValueError that names it, here, not ten lines later in PyTorch."""
    layers = sum(name.startswith("w") for name in params)
    state = {}
    for k in range(1, layers + 1):
        for short, kind in (("w", "weight"), ("b", "bias")):
            value = params.get(f"{short}{k}", np.zeros(1))
            state[f"{2 * (k - 1)}.{kind}"] = np.array(
                value.T, dtype=value.dtype if value.dtype.kind == "f" else np.float64, order="C"
            )
    return state


@mistake("torch_layout", replaces=("torch_layout", "in_rows"))
def turned_in_its_shape_alone():
    """Your weights lie in memory as they did before, column after column: `np.array` and `copy` of a transpose may keep its order. Ask for the order of rows."""
    inner = torch_layout

    def layout(params):
        return {name: np.array(value, order="F") for name, value in inner(params).items()}

    def in_rows(params):
        return {name: bool(value.flags.c_contiguous) for name, value in layout(params).items()}

    return layout, in_rows


@mistake("torch_layout", replaces=("torch_layout",))
def rows_taken_for_biases():
    """You take a bias of shape (1, M) for one of (M,). It may broadcast here; the twin in PyTorch will refuse it. Compare whole shapes."""
    inner = torch_layout

    def layout(params):
        return inner(
            {
                name: value.reshape(-1) if name[0] == "b" and 1 in value.shape[:-1] else value
                for name, value in params.items()
            }
        )

    return layout


@variant("torch_layout", replaces="torch_layout")
def by_sorting(params):
    """Sorts the names by number, and turns by axes."""
    numbers = sorted(int(name[1:]) for name in params if name[0] == "w")
    for k in range(1, max([*numbers, *(int(name[1:]) for name in params)]) + 1):
        for kind in "wb":
            if f"{kind}{k}" not in params:
                raise ValueError(f"expected a parameter {kind}{k}, got {sorted(params)}")
    state, width = {}, None
    for k in numbers:
        w, b = np.asarray(params[f"w{k}"]), np.asarray(params[f"b{k}"])
        if width is not None and w.shape[0] != width:
            raise ValueError(f"w{k}: {w.shape[0]} rows, expected {width}")
        width = w.shape[1]
        if b.shape != (width,):
            raise ValueError(f"b{k}: shape {b.shape}, expected {(width,)}")
        kind = (
            np.result_type(w, np.float32)
            if w.dtype == np.float32
            else np.result_type(w, np.float64)
        )
        state[f"{2 * k - 2}.weight"] = np.swapaxes(w, 0, 1).astype(kind).copy(order="C")
        state[f"{2 * k - 2}.bias"] = b.astype(kind)
    return state


@variant("torch_layout", replaces="torch_layout")
def entry_by_entry(params):
    """Walks up the layers until a name is missing, and turns each weight by two loops."""
    state, k, width = {}, 1, None
    while f"w{k}" in params or f"b{k}" in params:
        for name in (f"w{k}", f"b{k}"):
            if name not in params:
                raise ValueError(f"{name} is missing")
        w, b = params[f"w{k}"], params[f"b{k}"]
        if np.ndim(w) != 2:
            raise ValueError(f"w{k} has {np.ndim(w)} axes, two were expected")
        rows, columns = w.shape
        if rows != (rows if width is None else width):
            raise ValueError(f"w{k} takes {rows} numbers, but {width} come in")
        if b.shape != (columns,):
            raise ValueError(f"b{k} has shape {b.shape}, ({columns},) was expected")
        turned = np.empty((columns, rows), w.dtype if w.dtype.kind == "f" else float)
        for i in range(rows):
            for j in range(columns):
                turned[j, i] = w[i, j]
        state[f"{2 * k - 2}.weight"] = turned
        state[f"{2 * k - 2}.bias"] = np.array(b.tolist(), dtype=turned.dtype)
        k, width = k + 1, columns
    if len(state) != len(params):
        known = {f"{kind}{n}" for n in range(1, k) for kind in "wb"}
        raise ValueError(f"too many, or w{k} and b{k} missing: {sorted(set(params) - known)}")
    return state


@variant("torch_layout", replaces="torch_layout")
def pairs_of_layers(params):
    """Checks neighbours by zip, and makes the state by a comprehension; einsum turns."""
    depth = len(params) // 2 + len(params) % 2
    wanted = [(f"w{k}", f"b{k}") for k in range(1, depth + 1)]
    names = [name for pair in wanted for name in pair]
    for name in [*names, *params]:
        if (name in params) + (name in names) != 2:
            raise ValueError(f"{name}: expected {names}, got {list(params)}")
    layers = [(k, params[w], params[b]) for k, (w, b) in enumerate(wanted)]
    for (k, w, b), (_, after, _) in zip(layers, [*layers[1:], (None, None, None)]):
        if w.ndim != 2 or b.ndim != 1 or len(b) != w.shape[1]:
            raise ValueError(f"w{k + 1} {w.shape} and b{k + 1} {b.shape} do not fit")
        if after is not None and after.shape[:1] != b.shape:
            raise ValueError(
                f"w{k + 2} {after.shape} does not take the {len(b)} numbers of w{k + 1}"
            )

    def own(value):
        return np.require(
            value, np.float32 if value.dtype == np.float32 else np.float64, "C"
        ).copy()

    return {
        f"{k * 2}.{kind}": own(value)
        for k, w, b in layers
        for kind, value in (("weight", np.einsum("io->oi", w)), ("bias", b))
    }


@variant("torch_layout", replaces="torch_layout")
def column_by_column(params):
    """Reads each weight column by column into the rows of a new array, and deletes what it has read from a copy."""
    left, state, place, before = dict(params), {}, 0, None
    while left:
        k = place // 2 + 1
        try:
            w, b = left.pop(f"w{k}"), left.pop(f"b{k}")
        except KeyError as error:
            raise ValueError(f"{error.args[0]} is missing, or {', '.join(left)} too many") from None
        if w.ndim != 2 or before not in (None, w.shape[0]):
            raise ValueError(f"w{k} has shape {w.shape}, and {before} numbers come in")
        if b.shape != (w.shape[1],):
            raise ValueError(f"b{k} has shape {b.shape}, and w{k} {w.shape}")
        kind = np.dtype("float32") if w.dtype == np.float32 else np.dtype("float64")
        state[f"{place}.weight"] = np.array([list(w[:, j]) for j in range(w.shape[1])], kind)
        state[f"{place}.bias"] = np.array(list(b), kind)
        place, before = place + 2, w.shape[1]
    return state
