"""Known mistakes and right variants of `clip_grad_norm`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake("clip_grad_norm", replaces="clip_grad_norm")
def each_tensor_alone(grads, max_norm):
    """You clip each tensor by its own norm. Long ones are shortened and short ones are not, so the step points elsewhere: one factor for all."""
    if not max_norm > 0:
        raise ValueError(f"max_norm is {max_norm}, expected a number > 0")
    arrays = list(grads.values()) if isinstance(grads, dict) else list(grads)
    if not all(np.isfinite(g).all() for g in arrays):
        raise ValueError("a gradient holds nan or inf")
    total = float(np.sqrt(sum(np.sum(np.square(g, dtype=np.float64)) for g in arrays)))
    sizes = [float(np.sqrt(np.sum(np.square(g, dtype=np.float64)))) for g in arrays]
    clipped = [
        g * (max_norm / size) if size > max_norm else g
        for g, size in zip(arrays, sizes, strict=True)
    ]
    return (dict(zip(grads, clipped, strict=True)) if isinstance(grads, dict) else clipped), total


@mistake("clip_grad_norm", replaces="clip_grad_norm")
def each_entry_alone(grads, max_norm):
    """You clip every entry to max_norm. That bends the gradient towards the corners; what should be limited is its length."""
    if not max_norm > 0:
        raise ValueError(f"max_norm is {max_norm}, expected a number > 0")
    arrays = list(grads.values()) if isinstance(grads, dict) else list(grads)
    if not all(np.isfinite(g).all() for g in arrays):
        raise ValueError("a gradient holds nan or inf")
    total = float(np.sqrt(sum(np.sum(np.square(g, dtype=np.float64)) for g in arrays)))
    clipped = [np.clip(g, -max_norm, max_norm) for g in arrays]
    return (dict(zip(grads, clipped, strict=True)) if isinstance(grads, dict) else clipped), total


@mistake("clip_grad_norm", replaces="clip_grad_norm")
def total_after_clipping(grads, max_norm):
    """Your `total` is the norm after clipping. To see whether gradients explode one has to know it before."""
    if not max_norm > 0:
        raise ValueError(f"max_norm is {max_norm}, expected a number > 0")
    arrays = list(grads.values()) if isinstance(grads, dict) else list(grads)
    if not all(np.isfinite(g).all() for g in arrays):
        raise ValueError("a gradient holds nan or inf")
    total = float(np.sqrt(sum(np.sum(np.square(g, dtype=np.float64)) for g in arrays)))
    clipped = [g * (max_norm / total) if total > max_norm else g for g in arrays]
    return (dict(zip(grads, clipped, strict=True)) if isinstance(grads, dict) else clipped), min(
        total, float(max_norm)
    )


@mistake("clip_grad_norm", replaces="clip_grad_norm")
def clipped_in_place(grads, max_norm):
    """You write the clipped values into the gradients that you were given. They belong to the caller."""
    if not max_norm > 0:
        raise ValueError(f"max_norm is {max_norm}, expected a number > 0")
    arrays = list(grads.values()) if isinstance(grads, dict) else list(grads)
    if not all(np.isfinite(g).all() for g in arrays):
        raise ValueError("a gradient holds nan or inf")
    total = float(np.sqrt(sum(np.sum(np.square(g, dtype=np.float64)) for g in arrays)))
    if total > max_norm:
        for g in arrays:
            g *= max_norm / total
    clipped = arrays
    return (dict(zip(grads, clipped, strict=True)) if isinstance(grads, dict) else clipped), total


@mistake("clip_grad_norm", replaces="clip_grad_norm")
def short_ones_are_stretched(grads, max_norm):
    """You scale every gradient to max_norm, the short ones up. Near a minimum gradients are short, and should be."""
    if not max_norm > 0:
        raise ValueError(f"max_norm is {max_norm}, expected a number > 0")
    arrays = list(grads.values()) if isinstance(grads, dict) else list(grads)
    if not all(np.isfinite(g).all() for g in arrays):
        raise ValueError("a gradient holds nan or inf")
    total = float(np.sqrt(sum(np.sum(np.square(g, dtype=np.float64)) for g in arrays)))
    clipped = [g * (max_norm / total) if total > 0 else g for g in arrays]
    return (dict(zip(grads, clipped, strict=True)) if isinstance(grads, dict) else clipped), total


@mistake("clip_grad_norm", replaces="clip_grad_norm")
def something_added_below_the_line(grads, max_norm):
    """You add a small number to the norm that you divide by, so the result is a little shorter than max_norm. Where the norm is larger than max_norm it cannot be zero."""
    if not max_norm > 0:
        raise ValueError(f"max_norm is {max_norm}, expected a number > 0")
    arrays = list(grads.values()) if isinstance(grads, dict) else list(grads)
    if not all(np.isfinite(g).all() for g in arrays):
        raise ValueError("a gradient holds nan or inf")
    total = float(np.sqrt(sum(np.sum(np.square(g, dtype=np.float64)) for g in arrays)))
    clipped = [g * (max_norm / (total + 1e-6)) if total > max_norm else g for g in arrays]
    return (dict(zip(grads, clipped, strict=True)) if isinstance(grads, dict) else clipped), total


@mistake("clip_grad_norm", replaces="clip_grad_norm")
def sum_of_norms(grads, max_norm):
    """Your `total` is the sum of the tensors' norms. For one long vector the squares add up, and the root comes last."""
    if not max_norm > 0:
        raise ValueError(f"max_norm is {max_norm}, expected a number > 0")
    arrays = list(grads.values()) if isinstance(grads, dict) else list(grads)
    if not all(np.isfinite(g).all() for g in arrays):
        raise ValueError("a gradient holds nan or inf")
    total = float(sum(np.sqrt(np.sum(np.square(g, dtype=np.float64))) for g in arrays))
    clipped = [g * (max_norm / total) if total > max_norm else g for g in arrays]
    return (dict(zip(grads, clipped, strict=True)) if isinstance(grads, dict) else clipped), total


@mistake("clip_grad_norm", replaces="clip_grad_norm")
def root_forgotten(grads, max_norm):
    """Your `total` is the sum of the squares. The norm is its root."""
    if not max_norm > 0:
        raise ValueError(f"max_norm is {max_norm}, expected a number > 0")
    arrays = list(grads.values()) if isinstance(grads, dict) else list(grads)
    if not all(np.isfinite(g).all() for g in arrays):
        raise ValueError("a gradient holds nan or inf")
    total = float(sum(np.sum(np.square(g, dtype=np.float64)) for g in arrays))
    clipped = [g * (max_norm / total) if total > max_norm else g for g in arrays]
    return (dict(zip(grads, clipped, strict=True)) if isinstance(grads, dict) else clipped), total


@mistake("clip_grad_norm", replaces="clip_grad_norm")
def mean_of_the_squares(grads, max_norm):
    """You average the squares over all entries. The norm adds them up."""
    if not max_norm > 0:
        raise ValueError(f"max_norm is {max_norm}, expected a number > 0")
    arrays = list(grads.values()) if isinstance(grads, dict) else list(grads)
    if not all(np.isfinite(g).all() for g in arrays):
        raise ValueError("a gradient holds nan or inf")
    total = float(
        np.sqrt(
            sum(np.sum(np.square(g, dtype=np.float64)) for g in arrays)
            / max(1, sum(g.size for g in arrays))
        )
    )
    clipped = [g * (max_norm / total) if total > max_norm else g for g in arrays]
    return (dict(zip(grads, clipped, strict=True)) if isinstance(grads, dict) else clipped), total


@mistake("clip_grad_norm", replaces="clip_grad_norm")
def division_by_a_norm_of_zero(grads, max_norm):
    """You divide by the norm before asking whether anything is to be clipped. Where all gradients are zero, that divides by zero."""
    if not max_norm > 0:
        raise ValueError(f"max_norm is {max_norm}, expected a number > 0")
    arrays = list(grads.values()) if isinstance(grads, dict) else list(grads)
    if not all(np.isfinite(g).all() for g in arrays):
        raise ValueError("a gradient holds nan or inf")
    total = float(np.sqrt(sum(np.sum(np.square(g, dtype=np.float64)) for g in arrays)))
    scale = min(1.0, max_norm / total)
    clipped = [g * scale for g in arrays]
    return (dict(zip(grads, clipped, strict=True)) if isinstance(grads, dict) else clipped), total


@mistake("clip_grad_norm", replaces="clip_grad_norm")
def squares_in_float32(grads, max_norm):
    """You square float32 gradients in float32, which ends at 3.4e38. Gradients that explode are exactly those whose squares go beyond it."""
    if not max_norm > 0:
        raise ValueError(f"max_norm is {max_norm}, expected a number > 0")
    arrays = list(grads.values()) if isinstance(grads, dict) else list(grads)
    if not all(np.isfinite(g).all() for g in arrays):
        raise ValueError("a gradient holds nan or inf")
    total = float(np.sqrt(sum(np.sum(np.square(g)) for g in arrays)))
    clipped = [g * (max_norm / total) if total > max_norm else g for g in arrays]
    return (dict(zip(grads, clipped, strict=True)) if isinstance(grads, dict) else clipped), total


@mistake("clip_grad_norm", replaces="clip_grad_norm")
def largest_entry_for_the_norm(grads, max_norm):
    """Your `total` is the largest entry. The norm is the root of the sum of all squares."""
    if not max_norm > 0:
        raise ValueError(f"max_norm is {max_norm}, expected a number > 0")
    arrays = list(grads.values()) if isinstance(grads, dict) else list(grads)
    if not all(np.isfinite(g).all() for g in arrays):
        raise ValueError("a gradient holds nan or inf")
    total = float(max((np.abs(g).max() for g in arrays), default=0.0))
    clipped = [g * (max_norm / total) if total > max_norm else g for g in arrays]
    return (dict(zip(grads, clipped, strict=True)) if isinstance(grads, dict) else clipped), total


@mistake("clip_grad_norm", replaces="clip_grad_norm")
def whole_numbers_stay_whole(grads, max_norm):
    """You put the clipped values into the dtype that they came in: of whole numbers only whole numbers are left. They become float64."""
    if not max_norm > 0:
        raise ValueError(f"max_norm is {max_norm}, expected a number > 0")
    arrays = list(grads.values()) if isinstance(grads, dict) else list(grads)
    if not all(np.isfinite(g).all() for g in arrays):
        raise ValueError("nan or inf")
    total = float(np.sqrt(sum(np.sum(np.square(g, dtype=np.float64)) for g in arrays)))
    scale = max_norm / total if total > max_norm else 1.0
    clipped = [(g * scale).astype(g.dtype) for g in arrays]
    return (dict(zip(grads, clipped)) if isinstance(grads, dict) else clipped), total


@mistake("clip_grad_norm", replaces="clip_grad_norm")
def all_in_the_dtype_of_the_first(grads, max_norm):
    """All your clipped gradients have the dtype of the first one. Each tensor has its own precision, and keeps it."""
    if not max_norm > 0:
        raise ValueError(f"max_norm is {max_norm}, expected a number > 0")
    arrays = list(grads.values()) if isinstance(grads, dict) else list(grads)
    if not arrays:
        return grads, 0.0
    flat = np.concatenate([np.ravel(g).astype(np.float64) for g in arrays])
    if not np.isfinite(flat).all():
        raise ValueError("nan or inf")
    total = float(np.sqrt(flat @ flat))
    if total > max_norm:
        flat = flat * (max_norm / total)
    kind = arrays[0].dtype if arrays[0].dtype.kind == "f" else np.float64
    parts = np.split(flat, np.cumsum([np.size(g) for g in arrays])[:-1])
    clipped = [p.reshape(np.shape(g)).astype(kind) for p, g in zip(parts, arrays)]
    return (dict(zip(grads, clipped)) if isinstance(grads, dict) else clipped), total


@mistake("clip_grad_norm", replaces="clip_grad_norm")
def finite_only_looked_at_where_clipped(grads, max_norm):
    """You look for nan and inf only where something is to be clipped. With a `max_norm` of inf nothing ever is, and a gradient with inf in it gets through."""
    if not max_norm > 0:
        raise ValueError(f"max_norm is {max_norm}, expected a number > 0")
    arrays = list(grads.values()) if isinstance(grads, dict) else list(grads)
    total = float(np.sqrt(sum(np.sum(np.square(g, dtype=np.float64)) for g in arrays)))
    if total <= max_norm:
        return (dict(grads) if isinstance(grads, dict) else list(grads)), total
    if not np.isfinite(total):
        raise ValueError("nan or inf")
    scale = max_norm / total
    clipped = [g * scale for g in arrays]
    return (dict(zip(grads, clipped)) if isinstance(grads, dict) else clipped), total


@variant("clip_grad_norm", replaces="clip_grad_norm")
def one_long_vector(grads, max_norm):
    """All gradients end to end, in float64, and a factor of at most one."""
    if max_norm <= 0 or np.isnan(max_norm):
        raise ValueError(f"max_norm={max_norm} must be > 0")
    names = list(grads) if isinstance(grads, dict) else range(len(grads))
    flat = np.concatenate(
        [np.zeros(0), *(np.ravel(grads[name]).astype(np.float64) for name in names)]
    )
    total = float(np.linalg.norm(flat))
    if not np.isfinite(total):
        raise ValueError("the gradients are not finite")
    factor = 1.0 if total <= max_norm else max_norm / total
    pieces = {
        name: (np.asarray(grads[name]) * factor).astype(np.result_type(np.float32, grads[name]))
        for name in names
    }
    return (pieces if isinstance(grads, dict) else list(pieces.values())), total


@variant("clip_grad_norm", replaces="clip_grad_norm")
def norm_of_norms(grads, max_norm):
    """The norm of the tensors' norms, scaled by the largest entry so that nothing overflows, and copies where nothing is clipped."""
    import math

    if not max_norm > 0:
        raise ValueError(f"expected max_norm > 0, got {max_norm}")
    items = grads.items() if isinstance(grads, dict) else enumerate(grads)
    total = math.hypot(*(math.hypot(*map(float, np.ravel(g))) for _, g in items))
    if not math.isfinite(total):
        raise ValueError("nan or inf in the gradients")

    def scaled(g):
        return np.multiply(g, max_norm / total) if total > max_norm else np.true_divide(g, 1)

    return (
        {k: scaled(g) for k, g in grads.items()}
        if isinstance(grads, dict)
        else [scaled(g) for g in grads]
    ), total


@variant("clip_grad_norm", replaces="clip_grad_norm")
def by_math_hypot(grads, max_norm):
    """math.hypot over Python floats, a comprehension for the dictionary, and copies scaled in place."""
    import math

    if not max_norm > 0:
        raise ValueError(f"a bound of {max_norm}, expected > 0")
    keys = list(grads) if isinstance(grads, dict) else range(len(grads))
    numbers = [float(v) for key in keys for v in np.ravel(grads[key])]
    if not all(map(math.isfinite, numbers)):
        raise ValueError("nan or inf in a gradient")
    total = math.hypot(*numbers)
    clipped = {
        key: np.array(grads[key], dtype=grads[key].dtype if grads[key].dtype.kind == "f" else float)
        for key in keys
    }
    if total > max_norm:
        for g in clipped.values():
            g *= max_norm / total
    return (clipped if isinstance(grads, dict) else list(clipped.values())), total


@variant("clip_grad_norm", replaces="clip_grad_norm")
def a_class_for_both_containers(grads, max_norm):
    """Lists become dictionaries by number and lists again; the squares by einsum, in float64."""

    class Bag:
        def __init__(self, grads):
            self.named = isinstance(grads, dict)
            self.items = dict(grads) if self.named else dict(enumerate(grads))

        def norm(self):
            squares = 0.0
            for g in self.items.values():
                if np.isnan(g).any() or np.isinf(g).any():
                    raise ValueError("expected finite gradients")
                flat = np.asarray(g, np.float64).reshape(-1)
                squares += np.einsum("i,i", flat, flat)
            return float(np.sqrt(squares))

        def scaled(self, factor):
            made = {key: np.multiply(factor, g) for key, g in self.items.items()}
            return made if self.named else [made[key] for key in sorted(made)]

    if max_norm <= 0 or np.isnan(max_norm):
        raise ValueError(f"expected a positive bound, got {max_norm}")
    bag = Bag(grads)
    total = bag.norm()
    return bag.scaled(min(1.0, max_norm / total) if total else 1.0), total
