"""Pictures that come inside scikit-image and scikit-learn, so that nothing is ever fetched; who made them is told in course/pictures.md."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

Array = NDArray[Any]
PARTS = ("train", "test")
LARGEST = 170  # patch of a texture: a third of the narrowest picture
# Where the two packages keep their pictures: the files are opened here, because scikit-image's own functions may turn to the network.
SKIMAGE, SKLEARN = ("skimage", "data"), ("sklearn", "datasets", "images")
COLOURED = {
    "astronaut": (*SKIMAGE, "astronaut.png"),
    "chelsea": (*SKIMAGE, "chelsea.png"),
    "china": (*SKLEARN, "china.jpg"),
    "coffee": (*SKIMAGE, "coffee.png"),
    "flower": (*SKLEARN, "flower.jpg"),
    "rocket": (*SKIMAGE, "rocket.jpg"),
}
TEXTURES = {
    "brick": (*SKIMAGE, "brick.png"),
    "grass": (*SKIMAGE, "grass.png"),
    "gravel": (*SKIMAGE, "gravel.png"),
    "tissue": (*SKIMAGE, "ihc.png"),
    "stars": (*SKIMAGE, "hubble_deep_field.jpg"),
}


def pictures() -> dict[str, Array]:
    """Return six photographs by name, each RGB (H, W, 3) float64 from 0 to 1.

    astronaut: Eileen Collins, NASA, public domain. chelsea: a cat, by Stefan van der Walt, CC0. china: a temple, by danielbuechele, CC BY 2.0.
    coffee: a cup, by Rachel Michetti, CC0. flower: a dahlia, by vultilion, CC BY 2.0. rocket: before its launch, SpaceX, public domain.
    """
    return {name: _opened(place, "RGB") / 255 for name, place in COLOURED.items()}


def textures(
    n: int, size: int, rng: np.random.Generator, classes: int = 5, part: str = "train"
) -> tuple[Array, Array]:
    """Return square patches of brick, grass, gravel, tissue and stars, in grey: a domain far from digits.

    Training patches lie in a picture's left two thirds and test patches in the rest: they share no pixel. In either part grey values are
    replaced by their ranks, so that every class is as bright and as contrasted as the others on the whole, and only the pattern tells.

    Sources: brick and gravel, CC0Textures, CC0; grass, linolafett, CC0; tissue, CMMI, no known copyright restrictions;
    stars, NASA's Hubble eXtreme Deep Field, public domain.

    Args:
        n: number of patches.
        size: their height and width, at most 170.
        classes: how many of the five textures, from the first on.
        part: "train" or "test".

    Returns:
        x: (n, size, size) float64 from 0 to 1.
        y: (n,) int64 from 0.

    Raises:
        ValueError: arguments out of their range.
    """
    _check_part(part)
    if not 1 <= classes <= len(TEXTURES):
        raise ValueError(
            f"classes is {classes}, expected 1 to {len(TEXTURES)}: there are {', '.join(TEXTURES)}"
        )
    if not 1 <= size <= LARGEST:
        raise ValueError(f"size is {size}, expected 1 to {LARGEST}")
    grounds = [_ground(name, part) for name in list(TEXTURES)[:classes]]
    y = rng.integers(classes, size=n)
    x = np.empty((n, size, size))
    for patch, label in zip(x, y, strict=True):
        ground = grounds[label]
        top, left = (
            rng.integers(ground.shape[0] - size + 1),
            rng.integers(ground.shape[1] - size + 1),
        )
        patch[:] = ground[top : top + size, left : left + size]
    return x, y


def digit_canvas(
    n: int,
    classes: Sequence[int],
    rng: np.random.Generator,
    size: int = 12,
    noise: float = 0.1,
    part: str = "train",
) -> tuple[Array, Array]:
    """Return digits at random places of a larger canvas: scikit-learn's 8 by 8 digits from 0 to 1, on black, plus N(0, noise²) on every pixel.

    One digit is drawn many times at different places. So that nothing is ever tested on a digit it has seen, the 1797 originals are parted
    once and for all, whatever rng says: two thirds of them are for "train" and one third for "test".

    Source: E. Alpaydin and C. Kaynak, Optical Recognition of Handwritten Digits, UCI, 1998, CC BY 4.0.

    Args:
        n: number of canvases.
        classes: which digits, each once; labels are their positions here.
        size: height and width of a canvas, at least 8.
        part: "train" or "test".

    Returns:
        x: (n, size, size) float64.
        y: (n,) int64 from 0 to len(classes) - 1.

    Raises:
        ValueError: arguments out of their range.
    """
    _check_part(part)
    chosen = [int(digit) for digit in classes]
    if not chosen or len(set(chosen)) < len(chosen) or not set(chosen) <= set(range(10)):
        raise ValueError(f"classes is {chosen}, expected different digits from 0 to 9")
    if size < 8:
        raise ValueError(f"size is {size}, expected at least 8: a digit has 8 by 8 pixels")
    originals, labels = _originals(part)
    pool = np.flatnonzero(np.isin(labels, chosen))
    drawn = rng.choice(pool, size=n)
    rows, columns = rng.integers(size - 7, size=(2, n, 1, 1))
    x = rng.normal(scale=noise, size=(n, size, size))
    x[np.arange(n)[:, None, None], rows + np.arange(8)[:, None], columns + np.arange(8)] += (
        originals[drawn]
    )
    place = np.full(10, -1, np.int64)
    place[chosen] = np.arange(len(chosen))
    return x, place[labels[drawn]]


def digit_parts(n: int) -> tuple[Array, Array]:
    """Return which of the n originals are for "train" and which for "test": two arrays of positions, the same ones always."""
    order = np.random.default_rng(0).permutation(n)
    return order[: n * 2 // 3], order[n * 2 // 3 :]


def _check_part(part: str) -> None:
    if part not in PARTS:
        raise ValueError(f"part is {part!r}, expected 'train' or 'test'")


def _opened(place: tuple[str, ...], mode: str) -> Array:
    from PIL import Image

    package, *inner = place
    found = find_spec(package)
    if found is None or found.origin is None:
        raise ModuleNotFoundError(
            f"{package} is not installed: the pictures are inside it; install requirements.txt"
        )
    path = Path(found.origin).parent.joinpath(*inner)
    if not path.is_file():
        raise FileNotFoundError(
            f"this version of {package} has no {'/'.join(inner)}; install the one of requirements.txt"
        )
    with Image.open(path) as picture:
        return np.asarray(picture.convert(mode))


@cache
def _ground(name: str, part: str) -> Array:
    """Return one part of a picture, its grey values as their ranks from 0 to 1; equal ones share the middle of theirs."""
    whole = _opened(TEXTURES[name], "L")
    border = whole.shape[1] * 2 // 3
    grey = whole[:, :border] if part == "train" else whole[:, border:]
    counts = np.bincount(grey.reshape(-1), minlength=256)
    ranks: Array = (np.cumsum(counts) - counts / 2) / grey.size
    return ranks[grey]


@cache
def _originals(part: str) -> tuple[Array, Array]:
    from sklearn.datasets import load_digits

    x, y = load_digits(return_X_y=True)
    kept = digit_parts(len(x))[PARTS.index(part)]
    return x[kept].reshape(-1, 8, 8) / 16, y[kept]
