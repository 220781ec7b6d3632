"""Known mistakes and right variants of `steps_to_tol`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake("steps_to_tol", replaces="steps_to_tol")
def last_point_is_not_looked_at(rule, grad_fn, w0, config, tol, max_steps):
    """After the very last step you do not look at the gradient again, so a rule that arrives just then counts as late."""
    if not tol > 0 or max_steps < 0:
        raise ValueError(f"tol is {tol}, max_steps is {max_steps}")
    w = np.array(w0) if np.asarray(w0).dtype.kind == "f" else np.array(w0, dtype=float)
    from copy import deepcopy

    config, path = deepcopy(config), [w]
    for steps in range(max_steps):
        dw = grad_fn(w)
        if np.sqrt(np.sum(dw * dw)) <= tol:
            return steps, np.array(path)
        w, config = rule(w, dw, config)
        path.append(w)
    return None, np.array(path)


@mistake("steps_to_tol", replaces="steps_to_tol")
def one_step_short(rule, grad_fn, w0, config, tol, max_steps):
    """You take one step fewer than allowed: `range(1, n)` runs n - 1 times."""
    if not tol > 0 or max_steps < 0:
        raise ValueError(f"tol is {tol}, max_steps is {max_steps}")
    w = np.array(w0) if np.asarray(w0).dtype.kind == "f" else np.array(w0, dtype=float)
    from copy import deepcopy

    config, path = deepcopy(config), [w]
    dw = grad_fn(w)
    for _ in range(1, max_steps):
        if np.sqrt(np.sum(dw * dw)) <= tol:
            break
        w, config = rule(w, dw, config)
        dw = grad_fn(w)
        path.append(w)
    return (len(path) - 1 if np.sqrt(np.sum(dw * dw)) <= tol else None), np.array(path)


@mistake("steps_to_tol", replaces="steps_to_tol")
def steps_counted_from_one(rule, grad_fn, w0, config, tol, max_steps):
    """You count points instead of steps: the start is point number 0, and no step has been taken there."""
    if not tol > 0 or max_steps < 0:
        raise ValueError(f"tol is {tol}, max_steps is {max_steps}")
    w = np.array(w0) if np.asarray(w0).dtype.kind == "f" else np.array(w0, dtype=float)
    from copy import deepcopy

    config, path = deepcopy(config), [w]
    while True:
        dw = grad_fn(w)
        if np.sqrt(np.sum(dw * dw)) <= tol:
            return len(path), np.array(path)
        if len(path) > max_steps:
            return None, np.array(path)
        w, config = rule(w, dw, config)
        path.append(w)


@mistake("steps_to_tol", replaces="steps_to_tol")
def config_is_not_handed_on(rule, grad_fn, w0, config, tol, max_steps):
    """You hand the first config to the rule at every step. What it remembers, such as a velocity, is in the config that it returns."""
    if not tol > 0 or max_steps < 0:
        raise ValueError(f"tol is {tol}, max_steps is {max_steps}")
    w = np.array(w0) if np.asarray(w0).dtype.kind == "f" else np.array(w0, dtype=float)
    from copy import deepcopy

    path = [w]
    while True:
        dw = grad_fn(w)
        if np.sqrt(np.sum(dw * dw)) <= tol:
            return len(path) - 1, np.array(path)
        if len(path) > max_steps:
            return None, np.array(path)
        w, _ = rule(w, dw, deepcopy(config))
        path.append(w)


@mistake("steps_to_tol", replaces="steps_to_tol")
def caller_s_config_is_changed(rule, grad_fn, w0, config, tol, max_steps):
    """You write the rule's memory into the caller's config. The next race from it would start with this one's velocity: work on a copy."""
    if not tol > 0 or max_steps < 0:
        raise ValueError(f"tol is {tol}, max_steps is {max_steps}")
    w = np.array(w0) if np.asarray(w0).dtype.kind == "f" else np.array(w0, dtype=float)
    path = [w]
    while True:
        dw = grad_fn(w)
        if np.sqrt(np.sum(dw * dw)) <= tol:
            return len(path) - 1, np.array(path)
        if len(path) > max_steps:
            return None, np.array(path)
        w, changed = rule(w, dw, config)
        config.update(changed)
        path.append(w)


@mistake("steps_to_tol", replaces="steps_to_tol")
def largest_entry_for_the_norm(rule, grad_fn, w0, config, tol, max_steps):
    """You compare the largest entry of the gradient with tol. The norm is the root of the sum of squares over all entries."""
    if not tol > 0 or max_steps < 0:
        raise ValueError(f"tol is {tol}, max_steps is {max_steps}")
    w = np.array(w0) if np.asarray(w0).dtype.kind == "f" else np.array(w0, dtype=float)
    from copy import deepcopy

    config, path = deepcopy(config), [w]
    while True:
        dw = grad_fn(w)
        if np.abs(dw).max() <= tol:
            return len(path) - 1, np.array(path)
        if len(path) > max_steps:
            return None, np.array(path)
        w, config = rule(w, dw, config)
        path.append(w)


@mistake("steps_to_tol", replaces="steps_to_tol")
def largest_singular_value_for_the_norm(rule, grad_fn, w0, config, tol, max_steps):
    """You use `np.linalg.norm(dw, 2)`, which for a matrix is its largest singular value. The norm here is over all entries, whatever their shape."""
    if not tol > 0 or max_steps < 0:
        raise ValueError(f"tol is {tol}, max_steps is {max_steps}")
    w = np.array(w0) if np.asarray(w0).dtype.kind == "f" else np.array(w0, dtype=float)
    from copy import deepcopy

    config, path = deepcopy(config), [w]
    while True:
        dw = grad_fn(w)
        if np.linalg.norm(dw, 2) <= tol:
            return len(path) - 1, np.array(path)
        if len(path) > max_steps:
            return None, np.array(path)
        w, config = rule(w, dw, config)
        path.append(w)


@mistake("steps_to_tol", replaces="steps_to_tol")
def path_without_its_start(rule, grad_fn, w0, config, tol, max_steps):
    """Your path begins after the first step. It should begin with w0, so that it has one point more than there are steps."""
    if not tol > 0 or max_steps < 0:
        raise ValueError(f"tol is {tol}, max_steps is {max_steps}")
    w = np.array(w0) if np.asarray(w0).dtype.kind == "f" else np.array(w0, dtype=float)
    from copy import deepcopy

    config, path = deepcopy(config), []
    while True:
        dw = grad_fn(w)
        arrived = np.sqrt(np.sum(dw * dw)) <= tol
        if arrived or len(path) == max_steps:
            return (len(path) if arrived else None), np.array(path, dtype=w.dtype).reshape(
                -1, *w.shape
            )
        w, config = rule(w, dw, config)
        path.append(w)


@mistake("steps_to_tol", replaces="steps_to_tol")
def never_arrived_told_as_the_last_step(rule, grad_fn, w0, config, tol, max_steps):
    """You return `max_steps` for a rule that did not arrive. That cannot be told from one that arrived at the last step: it should be None."""
    if not tol > 0 or max_steps < 0:
        raise ValueError(f"tol is {tol}, max_steps is {max_steps}")
    w = np.array(w0) if np.asarray(w0).dtype.kind == "f" else np.array(w0, dtype=float)
    from copy import deepcopy

    config, path = deepcopy(config), [w]
    while True:
        dw = grad_fn(w)
        if np.sqrt(np.sum(dw * dw)) <= tol or len(path) > max_steps:
            return len(path) - 1, np.array(path)
        w, config = rule(w, dw, config)
        path.append(w)


@mistake("steps_to_tol", replaces="steps_to_tol")
def nan_taken_for_arrival(rule, grad_fn, w0, config, tol, max_steps):
    """You go on while the norm is more than tol, and take any end for an arrival. Where a walk blows up the norm is nan, which is neither more than tol nor at most tol."""
    if not tol > 0 or max_steps < 0:
        raise ValueError(f"tol is {tol}, max_steps is {max_steps}")
    w = np.array(w0) if np.asarray(w0).dtype.kind == "f" else np.array(w0, dtype=float)
    from copy import deepcopy

    config, path = deepcopy(config), [w]
    dw = grad_fn(w)
    while np.sqrt(np.sum(dw * dw)) > tol:
        if len(path) > max_steps:
            return None, np.array(path)
        w, config = rule(w, dw, config)
        path.append(w)
        dw = grad_fn(w)
    return len(path) - 1, np.array(path)


@mistake("steps_to_tol", replaces="steps_to_tol")
def arrays_in_config_are_shared(rule, grad_fn, w0, config, tol, max_steps):
    """You copy the dict, but not the arrays in it. A rule that writes into its velocity then changes the caller's: copy those as well, for example with `copy.deepcopy`."""
    if not tol > 0 or max_steps < 0:
        raise ValueError(f"tol is {tol}, max_steps is {max_steps}")
    w = np.array(w0) if np.asarray(w0).dtype.kind == "f" else np.array(w0, dtype=float)
    config, path = dict(config), [w]
    while True:
        dw = grad_fn(w)
        if np.sqrt(np.sum(dw * dw)) <= tol:
            return len(path) - 1, np.array(path)
        if len(path) > max_steps:
            return None, np.array(path)
        w, config = rule(w, dw, config)
        path.append(w)


@mistake("steps_to_tol", replaces="steps_to_tol")
def less_than_tol(rule, grad_fn, w0, config, tol, max_steps):
    """You ask for a norm below tol. A norm that is tol itself is good enough."""
    from copy import deepcopy

    if not tol > 0 or max_steps < 0:
        raise ValueError(f"tol is {tol}, max_steps is {max_steps}")
    w = np.array(w0) if np.asarray(w0).dtype.kind == "f" else np.array(w0, dtype=float)
    config, path = deepcopy(config), [w]
    while True:
        dw = grad_fn(w)
        if np.sqrt(np.sum(dw * dw)) < tol:
            return len(path) - 1, np.array(path)
        if len(path) > max_steps:
            return None, np.array(path)
        w, config = rule(w, dw, config)
        path.append(w)


@mistake("steps_to_tol", replaces="steps_to_tol")
def square_of_the_norm(rule, grad_fn, w0, config, tol, max_steps):
    """You compare the sum of squares with tol. The norm is its root."""
    from copy import deepcopy

    if not tol > 0 or max_steps < 0:
        raise ValueError(f"tol is {tol}, max_steps is {max_steps}")
    w = np.array(w0) if np.asarray(w0).dtype.kind == "f" else np.array(w0, dtype=float)
    config, path = deepcopy(config), [w]
    while True:
        dw = grad_fn(w)
        if np.sum(dw * dw) <= tol:
            return len(path) - 1, np.array(path)
        if len(path) > max_steps:
            return None, np.array(path)
        w, config = rule(w, dw, config)
        path.append(w)


@mistake("steps_to_tol", replaces="steps_to_tol")
def path_in_double_precision(rule, grad_fn, w0, config, tol, max_steps):
    """Your path is float64 whatever w0 is. float32 stays float32."""
    from copy import deepcopy

    if not tol > 0 or max_steps < 0:
        raise ValueError(f"tol is {tol}, max_steps is {max_steps}")
    w = np.array(w0) if np.asarray(w0).dtype.kind == "f" else np.array(w0, dtype=float)
    config, path = deepcopy(config), [w]
    while True:
        dw = grad_fn(w)
        if np.sqrt(np.sum(dw * dw)) <= tol:
            return len(path) - 1, np.array(path, dtype=float)
        if len(path) > max_steps:
            return None, np.array(path, dtype=float)
        w, config = rule(w, dw, config)
        path.append(w)


@mistake("steps_to_tol", replaces="steps_to_tol")
def last_point_only(rule, grad_fn, w0, config, tol, max_steps):
    """You return the last point in place of the path. All points are asked for, from w0 on."""
    from copy import deepcopy

    if not tol > 0 or max_steps < 0:
        raise ValueError(f"tol is {tol}, max_steps is {max_steps}")
    w = np.array(w0) if np.asarray(w0).dtype.kind == "f" else np.array(w0, dtype=float)
    config = deepcopy(config)
    for steps in range(max_steps + 1):
        dw = grad_fn(w)
        if np.sqrt(np.sum(dw * dw)) <= tol:
            return steps, w
        if steps < max_steps:
            w, config = rule(w, dw, config)
    return None, w


@variant("steps_to_tol", replaces="steps_to_tol")
def with_a_for_loop(rule, grad_fn, w0, config, tol, max_steps):
    """A for loop, a deep copy of config, and the norm of the flattened gradient."""
    import copy

    if tol <= 0 or max_steps < 0:
        raise ValueError(f"tol={tol} and max_steps={max_steps} make no sense")
    settings = copy.deepcopy(config)
    w = w0 * 1.0
    path = w[None].copy()
    for k in range(max_steps + 1):
        g = grad_fn(w)
        if np.linalg.norm(np.ravel(g)) <= tol:
            return k, path
        if k < max_steps:
            w, settings = rule(w, g, settings)
            path = np.concatenate([path, w[None]])
    return None, path


@variant("steps_to_tol", replaces="steps_to_tol")
def an_inner_generator(rule, grad_fn, w0, config, tol, max_steps):
    """Walks first, as an inner generator, and looks afterwards."""
    from copy import deepcopy

    def walk(w, settings):
        for number in range(max_steps + 1):
            g = grad_fn(w)
            yield w, np.sum(g**2) ** 0.5
            if number == max_steps or np.sum(g**2) ** 0.5 <= tol:
                return
            w, settings = rule(w.copy(), g, settings)

    if not tol > 0:
        raise ValueError(f"tol {tol}")
    if max_steps < 0:
        raise ValueError(f"max_steps {max_steps}")
    start = np.asarray(w0)
    points, norms = zip(
        *walk(start if start.dtype.kind == "f" else start.astype(float), deepcopy(config)),
        strict=True,
    )
    return (len(points) - 1 if norms[-1] <= tol else None), np.stack(points)


@variant("steps_to_tol", replaces="steps_to_tol")
def a_recursion(rule, grad_fn, w0, config, tol, max_steps):
    """Calls itself for what is left of the path; the norm by einsum; NumPy's integer for the steps, a list for the pair."""
    if tol <= 0 or max_steps < 0:
        raise ValueError(f"tol = {tol}, max_steps = {max_steps}")

    def walk(w, config, left):
        dw = grad_fn(w)
        flat = np.asarray(dw).ravel()
        if np.einsum("i,i", flat, flat) ** 0.5 <= tol:
            return [w], True
        if left == 0:
            return [w], False
        after, arrived = walk(*rule(w, dw, config), left - 1)
        return [w, *after], arrived

    start = w0.copy() if w0.dtype.kind == "f" else w0.astype(float)
    path, arrived = walk(
        start,
        {key: value.copy() if hasattr(value, "copy") else value for key, value in config.items()},
        max_steps,
    )
    return [np.int64(len(path) - 1) if arrived else None, np.stack(path)]


@variant("steps_to_tol", replaces="steps_to_tol")
def a_runner_with_room_for_all(rule, grad_fn, w0, config, tol, max_steps):
    """A class with an array for the whole path, filled row by row and cut at the end."""
    if not tol > 0:
        raise ValueError(f"tolerance {tol}")
    if max_steps < 0:
        raise ValueError(f"{max_steps} steps")

    class Runner:
        def __init__(self):
            kind = w0.dtype if w0.dtype.kind == "f" else np.float64
            self.path, self.count = np.empty((max_steps + 1, *w0.shape), kind), 0
            self.path[0] = w0
            self.config = {
                key: np.array(value) if isinstance(value, np.ndarray) else value
                for key, value in config.items()
            }

        def near(self):
            self.dw = grad_fn(self.path[self.count].copy())
            return np.linalg.norm(np.ravel(self.dw)) <= tol

        def step(self):
            w, self.config = rule(self.path[self.count].copy(), self.dw, self.config)
            self.count += 1
            self.path[self.count] = w

    runner = Runner()
    while not runner.near():
        if runner.count == max_steps:
            return None, runner.path
        runner.step()
    return runner.count, runner.path[: runner.count + 1].copy()
