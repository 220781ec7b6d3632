"""Known mistakes and right variants of `cutout`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


def summarise(name, args, value):
    """What can be told of random holes without their places: their sizes, what they are filled with, where they never are."""
    if name == "two_steps":
        return bool(np.array_equal(*value))
    x, size = np.asarray(args[0]), args[1]
    fill = args[3] if len(args) > 3 else 0
    if not isinstance(value, np.ndarray) or value.shape != x.shape or x.ndim != 4:
        return "no pictures of that shape"
    changed = value != x
    told = {"dtype": str(value.dtype)}
    if changed.any():
        told["filled"] = bool((value[changed] == fill).all())
        told["black"] = bool((value[changed] == 0).all())
        holes = changed.any(axis=3)
        told["all channels"] = bool((changed == changed[..., :1]).all())
    if len(x) < 30:
        return told
    rows, columns = holes.any(axis=2), holes.any(axis=1)
    told |= {
        "rows": [int(rows.sum(axis=1).min()), int(rows.sum(axis=1).max())],
        "columns": [int(columns.sum(axis=1).min()), int(columns.sum(axis=1).max())],
        "rectangles": bool(
            (holes.sum(axis=(1, 2)) == rows.sum(axis=1) * columns.sum(axis=1)).all()
        ),
        "one place": bool((holes == holes[:1]).all()),
    }
    if len(x) >= 400:
        patterns = [{tuple(line) for line in lines} for lines in (rows, columns)]
        told |= {
            "kinds": [len(kinds) for kinds in patterns],
            "edges": [
                bool(lines[:, place].any()) for lines in (rows, columns) for place in (0, -1)
            ],
        }
        width = x.shape[2]
        if width > size + 1 and told["columns"] == [
            size,
            size,
        ]:  # all inside: drawn there, or pushed there?
            drawn, pushed = (
                2 / (width - size + 1),
                np.isin(
                    np.clip(np.arange(width) - size // 2, 0, width - size), (0, width - size)
                ).mean(),
            )
            told["pushed"] = bool((columns[:, 0] | columns[:, -1]).mean() > (drawn + pushed) / 2)
        first, second = (np.argmax(lines, axis=1) for lines in (rows, columns))
        told["diagonal"] = bool(
            abs(
                np.corrcoef(
                    first + 1e-9 * np.arange(len(x)), second + 1e-9 * np.arange(len(x))[::-1]
                )[0, 1]
            )
            > 0.6
        )
    if len(x) == 30:
        told.pop("rows"), told.pop("columns")
        told["largest"] = int(holes.sum(axis=(1, 2)).max()) if size < 5 else None
    return told


@mistake("cutout", replaces="cutout")
def one_square_for_the_batch(x, size, rng, fill=0):
    """All pictures of a batch lose the same square. Each has a place of its own."""
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, H, W, C)")
    n, height, width, _ = x.shape
    if not 1 <= size <= min(height, width):
        raise ValueError(f"size is {size}, expected 1 to {min(height, width)}")
    top, left = (int(rng.integers(side)) - size // 2 for side in (height, width))
    out = x.copy()
    out[:, max(top, 0) : top + size, max(left, 0) : left + size] = fill
    return out


@mistake("cutout", replaces="cutout")
def never_over_the_edge(x, size, rng, fill=0):
    """You draw only places where the square is wholly inside, so that the middle of a picture is nearly always lost. Draw the centre among all pixels."""
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, H, W, C)")
    n, height, width, _ = x.shape
    if not 1 <= size <= min(height, width):
        raise ValueError(f"size is {size}, expected 1 to {min(height, width)}")
    top, left = (rng.integers(side - size + 1, size=(n, 1)) for side in (height, width))
    rows, columns = np.arange(height), np.arange(width)
    in_rows, in_columns = (
        (rows >= top) & (rows < top + size),
        (columns >= left) & (columns < left + size),
    )
    return np.where(
        in_rows[:, :, None, None] & in_columns[:, None, :, None], np.asarray(fill, x.dtype), x
    )


@mistake("cutout", replaces="cutout")
def pushed_back_inside(x, size, rng, fill=0):
    """You push a square that hangs over the edge back inside, so that all of them are whole, and more of them lie at the edge than anywhere else. Let it hang over."""
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, H, W, C)")
    n, height, width, _ = x.shape
    if not 1 <= size <= min(height, width):
        raise ValueError(f"size is {size}, expected 1 to {min(height, width)}")
    top, left = (
        np.clip(rng.integers(side, size=(n, 1)) - size // 2, 0, side - size)
        for side in (height, width)
    )
    rows, columns = np.arange(height), np.arange(width)
    hole = ((rows >= top) & (rows < top + size))[:, :, None, None] & (
        (columns >= left) & (columns < left + size)
    )[:, None, :, None]
    return np.where(hole, np.asarray(fill, x.dtype), x)


@mistake("cutout", replaces="cutout")
def negative_indices(x, size, rng, fill=0):
    """Where the square begins above or left of the picture, your slice has a negative start, which NumPy counts from the other end: nothing is covered. Begin at 0 then."""
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, H, W, C)")
    n, height, width, _ = x.shape
    if not 1 <= size <= min(height, width):
        raise ValueError(f"size is {size}, expected 1 to {min(height, width)}")
    out = x.copy()
    for picture in out:
        top, left = (int(rng.integers(side)) - size // 2 for side in (height, width))
        picture[top : top + size, left : left + size] = fill
    return out


@mistake("cutout", replaces="cutout")
def last_centre_never_drawn(x, size, rng, fill=0):
    """The last row and the last column never are a centre: the upper end of `rng.integers` is not included."""
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, H, W, C)")
    n, height, width, _ = x.shape
    if not 1 <= size <= min(height, width):
        raise ValueError(f"size is {size}, expected 1 to {min(height, width)}")
    top, left = (rng.integers(0, side - 1, size=(n, 1)) - size // 2 for side in (height, width))
    rows, columns = np.arange(height), np.arange(width)
    in_rows, in_columns = (
        (rows >= top) & (rows < top + size),
        (columns >= left) & (columns < left + size),
    )
    return np.where(
        in_rows[:, :, None, None] & in_columns[:, None, :, None], np.asarray(fill, x.dtype), x
    )


@mistake("cutout", replaces="cutout")
def centre_taken_for_the_corner(x, size, rng, fill=0):
    """You begin the square at the pixel that is drawn, so that it hangs over the lower and the right edge only. The pixel is its centre."""
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, H, W, C)")
    n, height, width, _ = x.shape
    if not 1 <= size <= min(height, width):
        raise ValueError(f"size is {size}, expected 1 to {min(height, width)}")
    top, left = (rng.integers(side, size=(n, 1)) for side in (height, width))
    rows, columns = np.arange(height), np.arange(width)
    in_rows, in_columns = (
        (rows >= top) & (rows < top + size),
        (columns >= left) & (columns < left + size),
    )
    return np.where(
        in_rows[:, :, None, None] & in_columns[:, None, :, None], np.asarray(fill, x.dtype), x
    )


@mistake("cutout", replaces="cutout")
def half_a_side_to_both_sides(x, size, rng, fill=0):
    """You go size // 2 pixels to both sides of the centre, and leave the last one out: an odd square is one pixel too small. There are `size` rows, from i - size // 2 on."""
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, H, W, C)")
    n, height, width, _ = x.shape
    if not 1 <= size <= min(height, width):
        raise ValueError(f"size is {size}, expected 1 to {min(height, width)}")
    i, j = (rng.integers(side, size=(n, 1)) for side in (height, width))
    rows, columns, half = np.arange(height), np.arange(width), size // 2
    in_rows, in_columns = (
        (rows >= i - half) & (rows < i + half),
        (columns >= j - half) & (columns < j + half),
    )
    return np.where(
        in_rows[:, :, None, None] & in_columns[:, None, :, None], np.asarray(fill, x.dtype), x
    )


@mistake("cutout", replaces="cutout")
def a_whole_side_to_both_sides(x, size, rng, fill=0):
    """You go `size` pixels to both sides of the centre. That is a square of twice the side."""
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, H, W, C)")
    n, height, width, _ = x.shape
    if not 1 <= size <= min(height, width):
        raise ValueError(f"size is {size}, expected 1 to {min(height, width)}")
    i, j = (rng.integers(side, size=(n, 1)) for side in (height, width))
    rows, columns = np.arange(height), np.arange(width)
    in_rows, in_columns = (
        (rows >= i - size) & (rows < i + size),
        (columns >= j - size) & (columns < j + size),
    )
    return np.where(
        in_rows[:, :, None, None] & in_columns[:, None, :, None], np.asarray(fill, x.dtype), x
    )


@mistake("cutout", replaces="cutout")
def fill_ignored(x, size, rng, fill=0):
    """You always fill with 0, whatever `fill` says."""
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, H, W, C)")
    n, height, width, _ = x.shape
    if not 1 <= size <= min(height, width):
        raise ValueError(f"size is {size}, expected 1 to {min(height, width)}")
    top, left = (rng.integers(side, size=(n, 1)) - size // 2 for side in (height, width))
    rows, columns = np.arange(height), np.arange(width)
    in_rows, in_columns = (
        (rows >= top) & (rows < top + size),
        (columns >= left) & (columns < left + size),
    )
    return np.where(
        in_rows[:, :, None, None] & in_columns[:, None, :, None], np.asarray(0, x.dtype), x
    )


@mistake("cutout", replaces="cutout")
def everything_else_covered(x, size, rng, fill=0):
    """You cover everything but the square."""
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, H, W, C)")
    n, height, width, _ = x.shape
    if not 1 <= size <= min(height, width):
        raise ValueError(f"size is {size}, expected 1 to {min(height, width)}")
    top, left = (rng.integers(side, size=(n, 1)) - size // 2 for side in (height, width))
    rows, columns = np.arange(height), np.arange(width)
    in_rows, in_columns = (
        (rows >= top) & (rows < top + size),
        (columns >= left) & (columns < left + size),
    )
    return np.where(
        in_rows[:, :, None, None] & in_columns[:, None, :, None], x, np.asarray(fill, x.dtype)
    )


@mistake("cutout", replaces="cutout")
def a_cross_instead_of_a_square(x, size, rng, fill=0):
    """You cover whole rows and whole columns, a cross. A pixel is covered where its row *and* its column are."""
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, H, W, C)")
    n, height, width, _ = x.shape
    if not 1 <= size <= min(height, width):
        raise ValueError(f"size is {size}, expected 1 to {min(height, width)}")
    top, left = (rng.integers(side, size=(n, 1)) - size // 2 for side in (height, width))
    rows, columns = np.arange(height), np.arange(width)
    in_rows, in_columns = (
        (rows >= top) & (rows < top + size),
        (columns >= left) & (columns < left + size),
    )
    return np.where(
        in_rows[:, :, None, None] | in_columns[:, None, :, None], np.asarray(fill, x.dtype), x
    )


@mistake("cutout", replaces="cutout")
def one_number_for_row_and_column(x, size, rng, fill=0):
    """You use one random number for the row and the column, so that all squares lie on the diagonal. They are independent."""
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, H, W, C)")
    n, height, width, _ = x.shape
    if not 1 <= size <= min(height, width):
        raise ValueError(f"size is {size}, expected 1 to {min(height, width)}")
    place = rng.random((n, 1))
    top, left = ((place * side).astype(int) - size // 2 for side in (height, width))
    rows, columns = np.arange(height), np.arange(width)
    in_rows, in_columns = (
        (rows >= top) & (rows < top + size),
        (columns >= left) & (columns < left + size),
    )
    return np.where(
        in_rows[:, :, None, None] & in_columns[:, None, :, None], np.asarray(fill, x.dtype), x
    )


@mistake("cutout", replaces="cutout")
def written_into_x(x, size, rng, fill=0):
    """You write the holes into `x`, which belongs to the caller: after some epochs nothing is left of the data set. Work on a copy."""
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, H, W, C)")
    n, height, width, _ = x.shape
    if not 1 <= size <= min(height, width):
        raise ValueError(f"size is {size}, expected 1 to {min(height, width)}")
    top, left = (rng.integers(side, size=(n, 1)) - size // 2 for side in (height, width))
    rows, columns = np.arange(height), np.arange(width)
    in_rows, in_columns = (
        (rows >= top) & (rows < top + size),
        (columns >= left) & (columns < left + size),
    )
    x[in_rows[:, :, None] & in_columns[:, None, :]] = fill
    return x


@mistake("cutout", replaces="cutout")
def one_row_too_many(x, size, rng, fill=0):
    """You go size // 2 pixels to both sides of the centre, both included: an even square is one pixel too large. There are `size` rows, from i - size // 2 on."""
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, H, W, C)")
    n, height, width, _ = x.shape
    if not 1 <= size <= min(height, width):
        raise ValueError(f"size is {size}, expected 1 to {min(height, width)}")
    i, j = (rng.integers(side, size=(n, 1)) for side in (height, width))
    rows, columns, half = np.arange(height), np.arange(width), size // 2
    in_rows, in_columns = (
        (rows >= i - half) & (rows <= i + half),
        (columns >= j - half) & (columns <= j + half),
    )
    return np.where(
        in_rows[:, :, None, None] & in_columns[:, None, :, None], np.asarray(fill, x.dtype), x
    )


@mistake("cutout", replaces="cutout")
def every_overlap(x, size, rng, fill=0):
    """You draw all places where the square touches the picture at all, so that often hardly anything is covered. Its centre is a pixel of the picture."""
    if x.ndim != 4:
        raise ValueError(f"x has shape {x.shape}, expected (N, H, W, C)")
    n, height, width, _ = x.shape
    if not 1 <= size <= min(height, width):
        raise ValueError(f"size is {size}, expected 1 to {min(height, width)}")
    top, left = (rng.integers(1 - size, side, size=(n, 1)) for side in (height, width))
    rows, columns = np.arange(height), np.arange(width)
    in_rows, in_columns = (
        (rows >= top) & (rows < top + size),
        (columns >= left) & (columns < left + size),
    )
    return np.where(
        in_rows[:, :, None, None] & in_columns[:, None, :, None], np.asarray(fill, x.dtype), x
    )


@mistake("cutout", replaces=("cutout", "two_steps"))
def drawn_from_a_copy():
    """You draw from a copy of `rng`, so that the caller's stays where it was, and the next batch gets the very same random numbers. A generator is there to be drawn from: it may move on."""
    from copy import deepcopy

    inner = cutout

    def drawing(x, size, rng, fill=0):
        return inner(x, size, deepcopy(rng), fill)

    def two_steps(name, *args):
        asked = drawing if name == "cutout" else globals()[name]
        return asked(*args), asked(*args)

    return drawing, two_steps


@mistake("cutout", replaces=("cutout",))
def one_coordinate_in_square_pictures():
    """In square pictures you use one number for the row and the column of the centre, so that all holes lie on the diagonal. Draw two."""
    inner = cutout

    def cut(x, size, rng, fill=0):
        if x.ndim != 4 or x.shape[1] != x.shape[2] or not 1 <= size <= x.shape[1]:
            return inner(x, size, rng, fill)
        begin, places = (
            rng.integers(x.shape[1], size=(len(x), 1)) - size // 2,
            np.arange(x.shape[1]),
        )
        covered = (places >= begin) & (places < begin + size)
        return np.where(
            covered[:, :, None, None] & covered[:, None, :, None], np.asarray(fill, x.dtype), x
        )

    return cut


@mistake("cutout", replaces=("cutout",))
def whole_numbers_become_floats():
    """Your hole makes floats of whole numbers. All other pixels are only kept, so every dtype stays as it is."""
    inner = cutout

    def cut(x, size, rng, fill=0):
        out = inner(x, size, rng, fill)
        return out if x.dtype in (np.uint8, np.float32) else out.astype(float)

    return cut


@variant("cutout", replaces="cutout")
def by_distance(x, size, rng, fill=0):
    """One draw for both axes, and distances from the centre; a copy that is written to."""
    if x.ndim != 4:
        raise ValueError(f"x: {x.shape}")
    if size < 1 or size > x.shape[1] or size > x.shape[2]:
        raise ValueError(f"size: {size}")
    n, h, w, _ = x.shape
    which = rng.integers(0, h * w, size=n)
    i, j = which // w, which % w
    dy, dx = np.arange(h) - i[:, None] + size // 2, np.arange(w) - j[:, None] + size // 2
    hole = ((dy >= 0) & (dy < size))[:, :, None] & ((dx >= 0) & (dx < size))[:, None, :]
    out = np.array(x)
    out[hole] = fill
    return out


@variant("cutout", replaces="cutout")
def out_of_a_larger_picture(x, size, rng, fill=0):
    """A mask with a margin, so that no square ever hangs over; the margin is cut off."""
    if x.ndim != 4 or not 1 <= size <= min(x.shape[1:3]):
        raise ValueError(f"size {size} for shape {x.shape}")
    n, h, w, _ = x.shape
    wide = np.zeros((n, h + 2 * size, w + 2 * size), bool)
    top = (rng.random(n) * h).astype(int) - size // 2 + size
    left = (rng.random(n) * w).astype(int) - size // 2 + size
    rows, columns = top[:, None] + np.arange(size), left[:, None] + np.arange(size)
    wide[np.arange(n)[:, None, None], rows[:, :, None], columns[:, None, :]] = True
    hole = wide[:, size : size + h, size : size + w, None]
    return x * (~hole).astype(x.dtype) + hole.astype(x.dtype) * np.asarray(fill).astype(x.dtype)


@variant("cutout", replaces="cutout")
def clipped_indices(x, size, rng, fill=0):
    """Rows beyond the edge are moved back to it, where the square covers the edge anyway; written by fancy indexing."""
    if len(x.shape) != 4:
        raise ValueError(f"x has {x.ndim} axes: {x.shape}")
    n, h, w, c = x.shape
    if not 0 < size <= h or not size <= w:
        raise ValueError(f"size is {size}, for {h} by {w} pixels")
    steps = np.arange(-(size // 2), size - size // 2)
    i = np.clip(rng.integers(0, h - 1, n, endpoint=True)[:, None] + steps, 0, h - 1)
    j = np.clip(rng.integers(0, w - 1, n, endpoint=True)[:, None] + steps, 0, w - 1)
    out = x.copy()
    out[np.arange(n)[:, None, None], i[:, :, None], j[:, None, :]] = fill
    return out


@variant("cutout", replaces="cutout")
def distance_from_the_middle(x, size, rng, fill=0):
    """A class for one axis; the square is what lies nearer to its middle than half its side."""

    class Axis:
        def __init__(self, length):
            self.places = np.arange(length, dtype=float)
            self.middle = np.floor(rng.uniform(0, length, len(x))) - (0.5 if size % 2 == 0 else 0.0)

        def covered(self):
            return np.abs(np.subtract.outer(self.middle, self.places)) < size / 2

    if x.ndim != 4:
        raise ValueError(f"expected four axes, got {x.shape}")
    if size < 1 or size > min(x.shape[1], x.shape[2]):
        raise ValueError(f"expected a size from 1 to {min(x.shape[1], x.shape[2])}, got {size}")
    hole = np.einsum("nh,nw->nhw", *(Axis(length).covered() for length in x.shape[1:3]))
    out = np.array(x, copy=True)
    np.putmask(out, np.broadcast_to(hole[..., None], x.shape), np.array(fill).astype(x.dtype))
    return out


@variant("cutout", replaces="cutout")
def sums_of_beginnings_and_ends(x, size, rng, fill=0):
    """Where a square begins stands 1, behind its end -1; the sum from the edge on is 1 within it."""
    if x.ndim != 4 or not (size >= 1 and size <= x.shape[1] and size <= x.shape[2]):
        raise ValueError(f"x {x.shape}, size {size}")
    n = len(x)

    def strip(length):
        first = rng.choice(length, n) - size // 2
        marks = np.zeros((n, length + 1), int)
        marks[np.arange(n), np.maximum(first, 0)] += 1
        marks[np.arange(n), np.minimum(first + size, length)] -= 1
        return marks.cumsum(axis=1)[:, :length]

    rows, columns = strip(x.shape[1]), strip(x.shape[2])
    hole = rows[:, :, None, None] * columns[:, None, :, None]
    return np.where(hole == 1, x.dtype.type(fill), x)
