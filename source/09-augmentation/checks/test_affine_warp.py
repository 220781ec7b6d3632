"""Question `affine_warp`: reading between pixels, on a black plane; there or back; which axis is which; and a lens."""

import numpy as np

from autograder.checking import StudentError, check, compare, fail, rules
from utils.difference import difference


def read(img, x, y):
    """Bilinear reading as a sum of tents over all pixels; none stands outside, so that there it is 0."""
    rows, columns = np.arange(img.shape[0]), np.arange(img.shape[1])
    tent_y = np.maximum(0, 1 - np.abs(y[..., None] - rows))
    tent_x = np.maximum(0, 1 - np.abs(x[..., None] - columns))
    return np.einsum("pqr,pqc,rck->pqk", tent_y, tent_x, img)


def grid(img):
    """x and y of each pixel from the centre, and the centre's."""
    x, y = (img.shape[1] - 1) / 2, (img.shape[0] - 1) / 2
    return np.arange(img.shape[1])[None, :] - x, np.arange(img.shape[0])[:, None] - y, x, y


def came_from(img, matrix):
    """Columns and rows at which the result's pixels are read."""
    x, y, x0, y0 = grid(img)
    points = np.stack([x + 0 * y, y + 0 * x, 1 + 0 * (x + y)])
    came = np.linalg.solve(matrix, points.reshape(3, -1)).reshape(points.shape)
    return came[0] + x0, came[1] + y0


def bent(img, k):
    x, y, x0, y0 = grid(img)
    factor = 1 + k * (x**2 + y**2) / ((img.shape[1] / 2) ** 2 + (img.shape[0] / 2) ** 2)
    return factor * x + x0, factor * y + y0


def close_to_reading(student, got, img, x, y, name, hint="", instead=None):
    """What is read at these points, rightly or by the student's own `sample`, whose mistakes are paid for already."""
    want = read(img, x, y)
    if difference(got, want, atol=1e-8) is None:
        return
    try:
        own = student.sample(img, x, y)
    except StudentError:
        own = None
    if (
        isinstance(own, np.ndarray)
        and own.shape == want.shape
        and own.any()
        and difference(got, own, atol=1e-8) is None
    ):
        return
    compare.close(
        got,
        want,
        name,
        atol=1e-8,
        hint=hint,
        instead={words: read(img, *at) for words, at in (instead or {}).items()},
    )


def matrix_of(rng):
    """A turn, a shear, a stretch and a move, with an inverse that is far from both itself and its transpose."""
    angle, s, sx, sy = (
        rng.uniform(0.4, 0.9) * rng.choice([-1, 1]),
        rng.uniform(0.2, 0.5),
        rng.uniform(1.2, 1.5),
        rng.uniform(0.6, 0.8),
    )
    turn = np.array([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    matrix = np.eye(3)
    matrix[:2, :2] = turn @ np.array([[1, s], [0, 1]]) @ np.diag([sx, sy])
    matrix[:2, 2] = rng.uniform(0.3, 1.2, 2) * rng.choice([-1, 1], 2)
    return matrix


@check("affine_warp", points=4)
def test_between_pixels(student, rng):
    """`sample` reads bilinearly between four pixels, and exactly at one; x counts columns and y rows."""
    for shape in ((4, 6, 2), (5, 3, 1), (3, 5, 3), (1, 6, 1), (6, 1, 2)):
        img = rng.uniform(size=shape)
        x, y = rng.uniform(0, shape[1] - 1, (3, 4)), rng.uniform(0, shape[0] - 1, (3, 4))
        compare.close(
            student.sample(img, x, y),
            read(img, x, y),
            "sample",
            hint="x to the right, y down; weights 1 - f and f along each.",
        )
    columns, rows = np.meshgrid(np.arange(float(shape[1])), np.arange(float(shape[0])))
    compare.close(
        student.sample(img, columns, rows),
        img,
        "sample at the pixels themselves",
        hint="The last row and column belong to the picture.",
    )


@check("affine_warp", points=3)
def test_black_plane(student, rng):
    """Outside of the picture all is 0, and on the way there `sample` fades within one pixel."""
    img = rng.uniform(0.5, 1, (4, 5, 2))
    x, y = rng.uniform(-1.4, 5.4, (5, 6)), rng.uniform(-1.4, 4.4, (5, 6))
    compare.close(
        student.sample(img, x, y),
        read(img, x, y),
        "sample around the border",
        hint="Pixels outside are 0 and take part like any other.",
    )
    far = np.array([[-40.3, 2.5, 77.0, 1.0], [2.0, -3.0, 5.0, -1.0]])
    compare.close(
        student.sample(img, far, far[::-1]),
        read(img, far, far[::-1]),
        "sample far outside",
        hint="Mind negative indices.",
    )


@check("affine_warp", points=4)
def test_there_not_back(student, rng):
    """`affine_warp` moves the picture to where the matrix says, along the right axis, and leaves black behind."""
    for shape in ((4, 6, 2), (5, 5, 1)):
        img = rng.uniform(0.2, 1, shape)
        right, down = np.eye(3), np.eye(3)
        right[0, 2], down[1, 2] = 2, 1
        back = ("if the picture moved the other way", "if x and y were exchanged")
        for matrix, words in (
            (right, "by two pixels to the right"),
            (down, "by one pixel down"),
            (np.eye(3), "by the unit matrix"),
        ):
            swapped = matrix[[1, 0, 2]][:, [1, 0, 2]]
            ways = (came_from(img, np.linalg.inv(matrix)), came_from(img, swapped))
            instead = {} if (matrix == np.eye(3)).all() else dict(zip(back, ways, strict=True))
            hint = "(x, y): x is the column. Each pixel of the result asks where it comes from."
            got = student.affine_warp(img, matrix)
            close_to_reading(
                student, got, img, *came_from(img, matrix), f"affine_warp, {words},", hint, instead
            )


@check("affine_warp", points=6)
def test_any_matrix(student, rng):
    """`affine_warp` turns, shears, stretches and moves, about the centre of the picture, wide and high ones."""
    for shape in ((5, 8, 1), (7, 4, 2), (6, 6, 1), (1, 9, 3), (8, 1, 1)):
        img, matrix = rng.uniform(0.2, 1, shape), matrix_of(rng)
        corner = np.eye(3)
        corner[:2, 2] = (img.shape[1] - 1) / 2, (img.shape[0] - 1) / 2
        instead = {
            "by the matrix itself, where its inverse belongs": came_from(
                img, np.linalg.inv(matrix)
            ),
            "about the upper left corner": came_from(img, np.linalg.inv(corner) @ matrix @ corner),
            "by the transpose of the matrix": came_from(img, matrix.T)
            if abs(np.linalg.det(matrix.T)) > 0.1
            else came_from(img, matrix),
        }
        hint = "By the inverse, from the centre, x before y."
        close_to_reading(
            student,
            student.affine_warp(img, matrix),
            img,
            *came_from(img, matrix),
            "affine_warp",
            hint,
            instead,
        )
    img, small = rng.uniform(0.2, 1, (6, 9, 1)), np.diag([0.25, 0.25, 1.0])
    close_to_reading(
        student,
        student.affine_warp(img, small),
        img,
        *came_from(img, small),
        "affine_warp, to a quarter of the size",
    )


@check("affine_warp", points=5)
def test_lens(student, rng):
    """`lens_distortion` reads at (1 + k r²) times the distance from the centre, r being 1 in the outermost corners."""
    for shape, k in (
        ((5, 8, 2), rng.uniform(0.3, 0.8)),
        ((7, 4, 1), -rng.uniform(0.15, 0.3)),
        ((4, 6, 1), -0.33),
        ((5, 5, 1), 0.4),
    ):
        img = rng.uniform(0.2, 1, shape)
        instead = {"with the other sign of k": bent(img, -k)}
        got = student.lens_distortion(img, k)
        close_to_reading(
            student,
            got,
            img,
            *bent(img, k),
            "lens_distortion",
            "r² has one measure for both axes.",
            instead,
        )
    img = rng.uniform(size=(3, 4, 1))
    close_to_reading(
        student,
        student.lens_distortion(img, 0.0),
        img,
        *bent(img, 0.0),
        "lens_distortion for k = 0",
    )


@check("affine_warp", points=1)
def test_bad_arguments(student, rng):
    """Wrong shapes, a matrix without an inverse and a lens that folds the picture raise a ValueError."""
    img = rng.uniform(size=(4, 6, 1))
    small = student.answers("affine_warp", [((img, np.eye(3)[:2]), {})])[0]
    if isinstance(small, StudentError) and small.kind == "raised LinAlgError":
        fail(
            "`affine_warp` leaves it to NumPy to find fault with a matrix of shape (2, 3), and the message does not name that shape."
        )
    rules.rejects(student, "affine_warp", img, np.eye(3)[:2], mentions=("2", "3"))
    flat = student.answers("affine_warp", [((img, np.diag([1.0, 0.0, 1.0])), {})])[0]
    if not (
        isinstance(flat, StudentError) and flat.kind in ("raised ValueError", "raised LinAlgError")
    ):  # NumPy's own is a ValueError
        fail(
            "`affine_warp` does not refuse a matrix that has no inverse.",
            "A ValueError was expected; NumPy's LinAlgError is one.",
        )
    for wrong in (img[..., 0], img[None]):
        rules.rejects(student, "affine_warp", wrong, np.eye(3), mentions=("4", "6"))
        rules.rejects(student, "lens_distortion", wrong, 0.1, mentions=("4", "6"))
        rules.rejects(
            student, "sample", wrong, np.zeros((1, 2)), np.zeros((1, 2)), mentions=("4", "6")
        )
    rules.rejects(student, "affine_warp", img[:, 0, 0], np.eye(3), mentions=("4",))
    rules.rejects(student, "lens_distortion", img, -2, mentions=("-2",))
    for k in (-0.34, -1 / 3):
        rules.rejects(student, "lens_distortion", img, k)
    rules.rejects(student, "sample", img, np.zeros((1, 2)), np.zeros((1, 5)), mentions=("5",))


@check("affine_warp", points=2)
def test_in_general(student, rng):
    """Pictures and matrices stay unchanged; float32 stays float32, bytes become float64; any memory layout will do; no loop over pixels."""
    img, matrix = rng.uniform(0.2, 1, (4, 5, 2)), matrix_of(rng)
    x, y = rng.uniform(-1, 5, (2, 2, 3))
    for name, *args in (("sample", x, y), ("affine_warp", matrix), ("lens_distortion", 0.4)):
        rules.pure(student, name, img, *args)
    rules.layouts(student, "sample", img, x, y)
    rules.layouts(student, "affine_warp", img, matrix)
    small = np.round(200 * img).astype(np.uint8)
    for name, *args in (("sample", x, y), ("affine_warp", matrix), ("lens_distortion", 0.4)):
        single, byte, double = student.batch(
            name, [(kind, *args) for kind in (img.astype(np.float32), small, small.astype(float))]
        )
        compare.equal(
            (str(single.dtype), str(byte.dtype)),
            ("float32", "float64"),
            f"the dtypes of {name} for float32 and for bytes",
        )
        compare.close(byte, double, f"{name} of bytes")
    rules.vectorised(student, "affine_warp", lambda n: (rng.uniform(size=(n, n + 1, 1)), matrix))
    rules.vectorised(student, "lens_distortion", lambda n: (rng.uniform(size=(n, n + 1, 1)), 0.4))
