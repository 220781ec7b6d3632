"""Known mistakes and right variants of `affine_warp`."""

import numpy as np

from autograder.core.mistakes import mistake, variant


@mistake("affine_warp", replaces="affine_warp")
def there_instead_of_back(img, matrix):
    """Your picture moves the other way: the pixels of the result ask where they come *from*, and that is the inverse matrix."""
    if img.ndim != 3:
        raise ValueError(f"img has shape {img.shape}, expected (H, W, C)")
    if matrix.shape != (3, 3):
        raise ValueError(f"matrix has shape {matrix.shape}, expected (3, 3)")
    np.linalg.inv(matrix)
    x_centre, y_centre = (img.shape[1] - 1) / 2, (img.shape[0] - 1) / 2
    x, y = np.meshgrid(np.arange(img.shape[1]) - x_centre, np.arange(img.shape[0]) - y_centre)
    from_x, from_y = (row[0] * x + row[1] * y + row[2] for row in matrix[:2])
    return sample(img, from_x + x_centre, from_y + y_centre)


@mistake("affine_warp", replaces="affine_warp")
def x_and_y_swapped(img, matrix):
    """You put rows where the matrix has x. A point is (x, y), the column first; an array is indexed by row and column."""
    if img.ndim != 3:
        raise ValueError(f"img has shape {img.shape}, expected (H, W, C)")
    if matrix.shape != (3, 3):
        raise ValueError(f"matrix has shape {matrix.shape}, expected (3, 3)")
    x_centre, y_centre = (img.shape[1] - 1) / 2, (img.shape[0] - 1) / 2
    x, y = np.meshgrid(np.arange(img.shape[1]) - x_centre, np.arange(img.shape[0]) - y_centre)
    back = np.linalg.inv(matrix)
    from_y, from_x = (row[0] * y + row[1] * x + row[2] for row in back[:2])
    return sample(img, from_x + x_centre, from_y + y_centre)


@mistake("affine_warp", replaces="affine_warp")
def around_the_upper_left_corner(img, matrix):
    """You turn and stretch about the upper left pixel. The matrix counts from the picture's centre."""
    if img.ndim != 3:
        raise ValueError(f"img has shape {img.shape}, expected (H, W, C)")
    if matrix.shape != (3, 3):
        raise ValueError(f"matrix has shape {matrix.shape}, expected (3, 3)")
    x, y = np.meshgrid(np.arange(img.shape[1]), np.arange(img.shape[0]))
    back = np.linalg.inv(matrix)
    from_x, from_y = (row[0] * x + row[1] * y + row[2] for row in back[:2])
    return sample(img, from_x, from_y)


@mistake(
    "affine_warp",
    replaces="affine_warp",
    change={"img.shape[1] - 1": "img.shape[1]", "img.shape[0] - 1": "img.shape[0]"},
)
def centre_half_a_pixel_off():
    """Your centre lies at W/2 and H/2. The columns are numbered 0 to W - 1: where is their middle?"""


@mistake("affine_warp", replaces="affine_warp")
def transposed_instead_of_inverted(img, matrix):
    """You use the transpose for the inverse. That is right for a turn alone, not for a shear, a stretch or a move."""
    if img.ndim != 3:
        raise ValueError(f"img has shape {img.shape}, expected (H, W, C)")
    if matrix.shape != (3, 3):
        raise ValueError(f"matrix has shape {matrix.shape}, expected (3, 3)")
    np.linalg.inv(matrix)
    x_centre, y_centre = (img.shape[1] - 1) / 2, (img.shape[0] - 1) / 2
    x, y = np.meshgrid(np.arange(img.shape[1]) - x_centre, np.arange(img.shape[0]) - y_centre)
    x, y = x - matrix[0, 2], y - matrix[1, 2]
    from_x, from_y = (matrix[0, n] * x + matrix[1, n] * y for n in (0, 1))
    return sample(img, from_x + x_centre, from_y + y_centre)


@mistake("affine_warp", replaces="affine_warp")
def points_from_the_left(img, matrix):
    """You have the points as rows and multiply them by the inverse from their right. The matrix stands to the left of a point, which is a column: written with rows, its own rows and columns change places. As it is, moves get lost and turns go the other way."""
    if img.ndim != 3:
        raise ValueError(f"img has shape {img.shape}, expected (H, W, C)")
    if matrix.shape != (3, 3):
        raise ValueError(f"matrix has shape {matrix.shape}, expected (3, 3)")
    x_centre, y_centre = (img.shape[1] - 1) / 2, (img.shape[0] - 1) / 2
    x, y = np.meshgrid(np.arange(img.shape[1]) - x_centre, np.arange(img.shape[0]) - y_centre)
    came = np.stack([x, y, np.ones_like(x)], axis=-1) @ np.linalg.inv(matrix)
    return sample(img, came[..., 0] + x_centre, came[..., 1] + y_centre)


@mistake("affine_warp", replaces="sample")
def nearest_pixel(img, x, y):
    """You take the nearest pixel. Between pixels, weigh the four around the point."""
    if img.ndim != 3:
        raise ValueError(f"img has shape {img.shape}, expected (H, W, C)")
    if x.shape != y.shape:
        raise ValueError(f"x has shape {x.shape} and y {y.shape}, expected the same")
    height, width, _ = img.shape
    img = img if img.dtype.kind == "f" else img.astype(np.float64)
    column, row = np.rint(x).astype(int), np.rint(y).astype(int)
    inside = (column >= 0) & (column < width) & (row >= 0) & (row < height)
    return img[np.clip(row, 0, height - 1), np.clip(column, 0, width - 1)] * inside[
        ..., None
    ].astype(img.dtype)


@mistake("affine_warp", replaces="sample")
def the_edge_goes_on(img, x, y):
    """Outside of the picture you go on with its outermost pixels. There it is black."""
    if img.ndim != 3:
        raise ValueError(f"img has shape {img.shape}, expected (H, W, C)")
    if x.shape != y.shape:
        raise ValueError(f"x has shape {x.shape} and y {y.shape}, expected the same")
    height, width, _ = img.shape
    img = img if img.dtype.kind == "f" else img.astype(np.float64)
    x, y = np.clip(x, 0, width - 1), np.clip(y, 0, height - 1)
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    right, bottom = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    to_right, down = (x - left)[..., None].astype(img.dtype), (y - top)[..., None].astype(img.dtype)
    above = (1 - to_right) * img[top, left] + to_right * img[top, right]
    below = (1 - to_right) * img[bottom, left] + to_right * img[bottom, right]
    return (1 - down) * above + down * below


@mistake("affine_warp", replaces="sample")
def a_hard_border(img, x, y):
    """You set to 0 whatever lies beyond the outermost pixels' centres, all at once. A black pixel takes part like any other: half a pixel outside there is half the border's value."""
    if img.ndim != 3:
        raise ValueError(f"img has shape {img.shape}, expected (H, W, C)")
    if x.shape != y.shape:
        raise ValueError(f"x has shape {x.shape} and y {y.shape}, expected the same")
    height, width, _ = img.shape
    img = img if img.dtype.kind == "f" else img.astype(np.float64)
    inside = (x >= -1e-9) & (x <= width - 1 + 1e-9) & (y >= -1e-9) & (y <= height - 1 + 1e-9)
    x, y = np.clip(x, 0, width - 1), np.clip(y, 0, height - 1)
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    right, bottom = np.minimum(left + 1, width - 1), np.minimum(top + 1, height - 1)
    to_right, down = (x - left)[..., None].astype(img.dtype), (y - top)[..., None].astype(img.dtype)
    above = (1 - to_right) * img[top, left] + to_right * img[top, right]
    below = (1 - to_right) * img[bottom, left] + to_right * img[bottom, right]
    return ((1 - down) * above + down * below) * inside[..., None].astype(img.dtype)


@mistake(
    "affine_warp",
    replaces="sample",
    change={"height, width, _ = img.shape": "x, y = y, x\n    height, width, _ = img.shape"},
)
def rows_for_columns():
    """You index with x first. x counts columns, which are the second index of an array."""


@mistake("affine_warp", replaces="sample")
def around_the_world(img, x, y):
    """Beyond the left and the upper border your index is negative, and NumPy takes the pixel on the other side. Outside it is black."""
    if img.ndim != 3:
        raise ValueError(f"img has shape {img.shape}, expected (H, W, C)")
    if x.shape != y.shape:
        raise ValueError(f"x has shape {x.shape} and y {y.shape}, expected the same")
    height, width, _ = img.shape
    img = img if img.dtype.kind == "f" else img.astype(np.float64)
    left, top = np.floor(x).astype(int), np.floor(y).astype(int)
    to_right, down = (x - left)[..., None].astype(img.dtype), (y - top)[..., None].astype(img.dtype)
    right, bottom, left, top = (left + 1) % width, (top + 1) % height, left % width, top % height
    above = (1 - to_right) * img[top, left] + to_right * img[top, right]
    below = (1 - to_right) * img[bottom, left] + to_right * img[bottom, right]
    return (1 - down) * above + down * below


@mistake(
    "affine_warp",
    replaces="lens_distortion",
    change={
        "k * (x**2 + y**2) / (width**2 / 4 + height**2 / 4)": "k * np.sqrt((x**2 + y**2) / (width**2 / 4 + height**2 / 4))"
    },
)
def distance_not_squared():
    """Your lens grows with r, the formula with its square."""


@mistake("affine_warp", replaces="lens_distortion")
def distance_in_pixels(img, k):
    """You measure r in pixels, so that nearly everything is read from far outside. r is 1 in the picture's outermost corners."""
    if img.ndim != 3:
        raise ValueError(f"img has shape {img.shape}, expected (H, W, C)")
    if not k > -1 / 3:
        raise ValueError(f"k is {k}, expected more than -1/3: the picture would fold")
    x_centre, y_centre = (img.shape[1] - 1) / 2, (img.shape[0] - 1) / 2
    x, y = np.meshgrid(np.arange(img.shape[1]) - x_centre, np.arange(img.shape[0]) - y_centre)
    factor = 1 + k * (x**2 + y**2)
    return sample(img, factor * x + x_centre, factor * y + y_centre)


@mistake(
    "affine_warp",
    replaces="lens_distortion",
    change={
        "k * (x**2 + y**2) / (width**2 / 4 + height**2 / 4)": "k * ((2 * x / width) ** 2 + (2 * y / height) ** 2)"
    },
)
def a_measure_for_each_axis():
    """You measure x in half widths and y in half heights, so that your lens is an ellipse. r² has one measure for both."""


@mistake(
    "affine_warp",
    replaces="lens_distortion",
    change={
        "1 + k * (x**2 + y**2) / (width**2 / 4 + height**2 / 4)": "1 / (1 + k * (x**2 + y**2) / (width**2 / 4 + height**2 / 4))"
    },
)
def divided_by_the_factor():
    """You divide by 1 + k r², which turns a barrel into something like a pincushion. The result asks where it comes from: there you multiply."""


@mistake("affine_warp", replaces="affine_warp")
def y_upwards(img, matrix):
    """Your y axis points up, as on paper. In pictures it points down, as rows do: a positive turn goes clockwise."""
    if img.ndim != 3:
        raise ValueError(f"img has shape {img.shape}, expected (H, W, C)")
    if matrix.shape != (3, 3):
        raise ValueError(f"matrix has shape {matrix.shape}, expected (3, 3)")
    x_centre, y_centre = (img.shape[1] - 1) / 2, (img.shape[0] - 1) / 2
    x, y = np.meshgrid(np.arange(img.shape[1]) - x_centre, y_centre - np.arange(img.shape[0]))
    back = np.linalg.inv(matrix)
    from_x, from_y = (row[0] * x + row[1] * y + row[2] for row in back[:2])
    return sample(img, from_x + x_centre, y_centre - from_y)


@mistake(
    "affine_warp",
    replaces="lens_distortion",
    change={"width**2 / 4 + height**2 / 4": "max(x_centre**2 + y_centre**2, 1e-12)"},
)
def radius_to_the_last_centres():
    """Your r is 1 at the centre of the corner pixel. It is 1 in the picture's outermost corner: (W/2)² + (H/2)²."""


@mistake("affine_warp", replaces=("affine_warp",))
def small_pictures_refused():
    """You refuse every matrix with a small determinant. One that makes a picture small has an inverse all the same."""
    inner = affine_warp

    def warp(img, matrix):
        if matrix.shape == (3, 3) and abs(np.linalg.det(matrix)) < 0.1:
            raise ValueError(
                f"the matrix has the determinant {np.linalg.det(matrix)}, expected one that can be inverted"
            )
        return inner(img, matrix)

    return warp


@variant("affine_warp", replaces=("sample", "affine_warp", "lens_distortion"))
def tents_and_homogeneous_points():
    """Reading by tent weights over all pixels; points as columns of one matrix, solved for."""

    def sample(img, x, y):
        if img.ndim != 3 or x.shape != y.shape:
            raise ValueError(f"img {img.shape}, x {x.shape}, y {y.shape}")
        dtype = img.dtype if img.dtype.kind == "f" else np.float64
        rows = np.maximum(1 - np.abs(y[..., None] - np.arange(img.shape[0])), 0)
        columns = np.maximum(1 - np.abs(x[..., None] - np.arange(img.shape[1])), 0)
        return np.einsum("pqr,pqc,rck->pqk", rows, columns, img.astype(dtype)).astype(dtype)

    def affine_warp(img, matrix):
        if img.ndim != 3 or matrix.shape != (3, 3):
            raise ValueError(f"img {img.shape}, matrix {matrix.shape}")
        height, width = img.shape[:2]
        y, x = np.indices((height, width)).reshape(2, -1)
        middle = np.array([[width - 1], [height - 1], [0]]) / 2
        points = np.stack([x, y, np.ones(x.size)]) - middle
        came = np.linalg.solve(matrix.astype(float), points) + middle
        return sample(img, came[0].reshape(height, width), came[1].reshape(height, width))

    def lens_distortion(img, k):
        if img.ndim != 3:
            raise ValueError(f"img {img.shape}")
        if k <= -1 / 3:
            raise ValueError(f"k {k}")
        y, x = np.indices(img.shape[:2])
        middle_y, middle_x = (img.shape[0] - 1) / 2, (img.shape[1] - 1) / 2
        x, y = x - middle_x, y - middle_y
        stretch = 1 + k * 4 * (x * x + y * y) / (img.shape[0] ** 2 + img.shape[1] ** 2)
        return sample(img, middle_x + x * stretch, middle_y + y * stretch)

    return sample, affine_warp, lens_distortion


@variant("affine_warp", replaces=("sample", "affine_warp", "lens_distortion"))
def four_neighbours_with_masks():
    """The four neighbours one after another, each masked where it is outside; an offset of the inverse by hand."""

    def sample(img, x, y):
        if img.ndim != 3:
            raise ValueError(f"img has shape {img.shape}")
        if x.shape != y.shape:
            raise ValueError(f"x {x.shape} and y {y.shape} differ")
        img = np.asarray(
            img, dtype=img.dtype if img.dtype in (np.float32, np.float64) else np.float64
        )
        h, w, c = img.shape
        out = np.zeros((*x.shape, c), img.dtype)
        x0, y0 = np.floor(x), np.floor(y)
        for dx in (0, 1):
            for dy in (0, 1):
                column, row = (x0 + dx).astype(int), (y0 + dy).astype(int)
                weight = (1 - np.abs(x - column)) * (1 - np.abs(y - row))
                weight = np.where(
                    (column >= 0) & (column < w) & (row >= 0) & (row < h), weight, 0
                ).astype(img.dtype)
                out += weight[..., None] * img[row.clip(0, h - 1), column.clip(0, w - 1)]
        return out

    def affine_warp(img, matrix):
        if img.ndim != 3:
            raise ValueError(f"img has shape {img.shape}")
        if matrix.shape != (3, 3):
            raise ValueError(f"matrix has shape {matrix.shape}")
        (a, b, tx), (c, d, ty) = matrix[:2].astype(float)
        det = a * d - b * c
        if abs(det) < 1e-12:
            raise ValueError("the matrix has no inverse")
        h, w = img.shape[:2]
        x = np.arange(w)[None, :] - (w - 1) / 2 - tx + np.zeros((h, 1))
        y = np.arange(h)[:, None] - (h - 1) / 2 - ty + np.zeros((1, w))
        return sample(img, (d * x - b * y) / det + (w - 1) / 2, (a * y - c * x) / det + (h - 1) / 2)

    def lens_distortion(img, k):
        if img.ndim != 3 or k <= -1 / 3:
            raise ValueError(f"img {img.shape}, k = {k}")
        h, w = img.shape[:2]
        x = np.linspace(-(w - 1) / 2, (w - 1) / 2, w)[None, :]
        y = np.linspace(-(h - 1) / 2, (h - 1) / 2, h)[:, None]
        r = np.hypot(x, y) / np.hypot(w / 2, h / 2)
        return sample(img, x * (1 + k * r**2) + (w - 1) / 2, y * (1 + k * r**2) + (h - 1) / 2)

    return sample, affine_warp, lens_distortion


@variant("affine_warp", replaces=("sample", "affine_warp", "lens_distortion"))
def points_as_complex_numbers():
    """A point is one complex number; a linear map of the plane is a z + b conj(z); flat indices into a picture with a wide border."""

    def sample(img, x, y):
        if img.ndim != 3:
            raise ValueError(f"a picture has three axes, not {img.shape}")
        if np.shape(x) != np.shape(y):
            raise ValueError(f"columns {np.shape(x)}, rows {np.shape(y)}")
        h, w, c = img.shape
        kind = img.dtype if img.dtype.kind == "f" else float
        plane = np.zeros((h + 4, w + 4, c), kind)
        plane[2:-2, 2:-2] = img
        x, y = np.minimum(np.maximum(x, -2), w) + 2, np.minimum(np.maximum(y, -2), h) + 2
        column, row = np.floor(x), np.floor(y)
        fx, fy = (x - column).astype(kind)[:, :, None], (y - row).astype(kind)[:, :, None]
        number = (row * (w + 4) + column).astype(int)
        flat = plane.reshape(-1, c)
        p, q, r, s = (np.take(flat, number + step, axis=0) for step in (0, 1, w + 4, w + 5))
        return p + fx * (q - p) + fy * (r - p) + fx * fy * (p - q - r + s)

    def grid(img):
        h, w, _ = img.shape
        return (np.arange(w) - (w - 1) / 2) + 1j * (np.arange(h) - (h - 1) / 2)[:, None]

    def at(img, z):
        return sample(img, z.real + (img.shape[1] - 1) / 2, z.imag + (img.shape[0] - 1) / 2)

    def affine_warp(img, matrix):
        if img.ndim != 3:
            raise ValueError(f"a picture has three axes, not {img.shape}")
        if matrix.shape != (3, 3):
            raise ValueError(f"a matrix of {matrix.shape}")
        back = np.linalg.pinv(matrix) if np.linalg.matrix_rank(matrix) == 3 else None
        if back is None:
            raise ValueError("a matrix without an inverse")
        x_axis, y_axis, moved = back[0] + 1j * back[1]
        a, b = (x_axis - 1j * y_axis) / 2, (x_axis + 1j * y_axis) / 2
        z = grid(img)
        return at(img, a * z + b * z.conj() + moved)

    def lens_distortion(img, k):
        if img.ndim != 3:
            raise ValueError(f"a picture has three axes, not {img.shape}")
        if not 1 + 3 * k > 0:
            raise ValueError(f"k is {k}")
        z = grid(img)
        return at(
            img, z + k * z * (z * z.conj()).real * 4 / (img.shape[0] ** 2 + img.shape[1] ** 2)
        )

    return sample, affine_warp, lens_distortion


@variant("affine_warp", replaces=("sample", "affine_warp", "lens_distortion"))
def a_class_and_pixel_coordinates():
    """A class for the plane, which counts pixels outside as 0; the centre is moved to the origin by matrices, in pixels."""

    class Plane:
        def __init__(self, img):
            if img.ndim != 3:
                raise ValueError(f"expected (H, W, C), got {img.shape}")
            self.img = img if np.issubdtype(img.dtype, np.floating) else img.astype("float64")
            self.h, self.w = img.shape[:2]
            self.centre = np.array([[1, 0, (self.w - 1) / 2], [0, 1, (self.h - 1) / 2], [0, 0, 1]])

        def pixel(self, row, column):
            inside = (row > -1) * (row < self.h) * (column > -1) * (column < self.w)
            return (
                self.img[np.where(inside, row, 0), np.where(inside, column, 0)] * inside[..., None]
            )

        def read(self, x, y):
            (left, to_right), (top, down) = np.divmod(x, 1), np.divmod(y, 1)
            left, top = left.astype(int), top.astype(int)
            terms = [
                (weight_y * weight_x)[..., None].astype(self.img.dtype)
                * self.pixel(top + i, left + j)
                for i, weight_y in enumerate([1 - down, down])
                for j, weight_x in enumerate([1 - to_right, to_right])
            ]
            return np.sum(terms, axis=0)

        def points(self):
            y, x = np.mgrid[: self.h, : self.w]
            return np.array([x, y, np.ones_like(x)])

    def sample(img, x, y):
        plane = Plane(img)
        if x.shape != y.shape:
            raise ValueError(f"expected as many columns as rows, got {x.shape} and {y.shape}")
        return plane.read(x, y)

    def affine_warp(img, matrix):
        plane = Plane(img)
        if matrix.shape != (3, 3):
            raise ValueError(f"expected (3, 3), got {matrix.shape}")
        there = plane.centre @ matrix @ np.linalg.inv(plane.centre)
        x, y, _ = np.einsum("ij,jhw->ihw", np.linalg.inv(there), plane.points())
        return plane.read(x, y)

    def lens_distortion(img, k):
        plane = Plane(img)
        if k <= -1 / 3:
            raise ValueError(f"expected k > -1/3, got {k}")
        centre = plane.centre[:2, 2, None, None]
        away = plane.points()[:2] - centre
        corner = np.sum(np.square([plane.h / 2, plane.w / 2]))
        x, y = centre + away * (1 + k * np.sum(away**2, axis=0) / corner)
        return plane.read(x, y)

    return sample, affine_warp, lens_distortion
