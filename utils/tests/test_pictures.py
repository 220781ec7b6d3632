"""The pictures are what their docstrings say, reproducible, and inside the installed packages: nothing asks the network."""

from __future__ import annotations

import re
import socket
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from utils import data, pictures

COURSE = Path(__file__).resolve().parents[2] / "course"


@pytest.fixture(autouse=True)
def offline(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No test here may as much as open a socket, or find what an earlier one has kept."""

    def refuse(*_: Any, **__: Any) -> None:
        raise AssertionError("the network was asked")

    monkeypatch.setattr(socket, "socket", refuse)
    monkeypatch.setattr(socket, "getaddrinfo", refuse)
    for kept in (pictures._ground, pictures._originals):
        kept.cache_clear()
    yield
    pictures._ground.cache_clear()  # one test puts a false picture there


def test_photographs_are_colour_pictures_from_0_to_1() -> None:
    found = data.pictures()
    assert {name: picture.shape for name, picture in found.items()} == {
        "astronaut": (512, 512, 3),
        "chelsea": (300, 451, 3),
        "china": (427, 640, 3),
        "coffee": (400, 600, 3),
        "flower": (427, 640, 3),
        "rocket": (427, 640, 3),
    }
    for picture in found.values():
        assert picture.dtype == np.float64
        assert picture.min() == 0
        assert 0.9 < picture.max() <= 1
        assert picture.std(axis=(0, 1)).min() > 0.1  # every channel shows something
        assert np.abs(picture[..., 0] - picture[..., 2]).max() > 0.2  # and not the same
        assert picture.flags.writeable


def test_every_picture_has_an_author_and_a_licence_on_the_page() -> None:
    rows = dict(
        re.findall(
            r"^\| `(\w+)` \| [^|]+(\|[^|]+\|[^|]+\|[^|]+\|)$",
            (COURSE / "pictures.md").read_text(encoding="utf-8"),
            re.MULTILINE,
        )
    )
    assert rows.keys() == {*pictures.COLOURED, *pictures.TEXTURES}
    for row in rows.values():
        author, licence, source = row.strip("|").split("|")
        assert author.strip()
        assert re.search(
            r"CC0 1\.0|CC BY 2\.0|public domain|no known copyright restrictions", licence
        )
        assert re.search("scikit-(image|learn)", source)


@pytest.mark.parametrize("part", ["train", "test"])
def test_textures_are_as_bright_as_each_other_and_differ_in_pattern(part: str) -> None:
    x, y = data.textures(3000, 14, np.random.default_rng(0), part=part)
    assert x.shape == (3000, 14, 14)
    assert (x.dtype, y.dtype) == (np.float64, np.int64)
    assert 0 <= x.min() < 0.01
    assert 0.99 < x.max() <= 1
    assert np.all(np.abs(np.bincount(y) - 600) < 5 * np.sqrt(600))
    for label in range(5):
        assert (
            abs(x[y == label].mean() - 0.5) < 0.07
        )  # as bright; borders are drawn less often than the middle
        assert abs(x[y == label].std() - np.sqrt(1 / 12)) < 0.04  # as contrasted
        whole = pictures._ground(list(pictures.TEXTURES)[label], part)
        assert abs(whole.mean() - 0.5) < 1e-6
    steps = np.array([np.abs(np.diff(x[y == label], axis=2)).mean() for label in range(5)])
    assert steps.max() > 3 * steps.min()  # stars are far rougher than tissue or brick


def test_training_and_test_patches_share_no_pixel(monkeypatch: pytest.MonkeyPatch) -> None:
    mixed = (
        np.random.default_rng(1).permutation(8 * 18).astype(np.uint8).reshape(8, 18)
    )  # every pixel of its own grey
    monkeypatch.setattr(pictures, "_opened", lambda place, mode: mixed)
    for part, own in (("train", mixed[:, :12]), ("test", mixed[:, 12:])):
        ranks = (np.argsort(np.argsort(own, axis=None)).reshape(own.shape) + 0.5) / own.size
        x, _ = data.textures(2000, 3, np.random.default_rng(2), classes=1, part=part)
        windows = np.lib.stride_tricks.sliding_window_view(ranks, (3, 3)).reshape(-1, 3, 3)
        assert {patch.tobytes() for patch in x} == {
            window.tobytes() for window in windows
        }  # all of its own, and none besides


@pytest.mark.parametrize("part", ["train", "test"])
def test_without_noise_a_canvas_is_a_digit_on_black(part: str) -> None:
    originals, labels = pictures._originals(part)
    x, y = data.digit_canvas(400, [7, 2, 9], np.random.default_rng(2), size=13, noise=0, part=part)
    assert x.shape == (400, 13, 13)
    assert (x.dtype, y.dtype) == (np.float64, np.int64)
    places = set()
    for canvas, label in zip(x, y, strict=True):
        fits = [
            (row, column)
            for row, column in np.ndindex(6, 6)
            if canvas.sum() == canvas[row : row + 8, column : column + 8].sum()
            and (
                originals[labels == [7, 2, 9][label]] == canvas[row : row + 8, column : column + 8]
            )
            .all(axis=(1, 2))
            .any()
        ]
        assert fits
        places.add(fits[0])
    assert len(places) == 36  # offsets reach every corner
    assert set(y) == {0, 1, 2}


def test_training_and_test_share_no_original_whatever_the_seed() -> None:
    (train, few), (test, rest) = pictures._originals("train"), pictures._originals("test")
    assert (len(train), len(test)) == (1198, 599)
    assert len(np.unique(np.concatenate([train, test]).reshape(1797, 64), axis=0)) == 1797
    assert np.bincount(few, minlength=10).min() > 100
    assert np.bincount(rest, minlength=10).min() > 40
    for part, own in (("train", train), ("test", test)):
        for seed in (3, 4):
            x, _ = data.digit_canvas(
                3000, range(10), np.random.default_rng(seed), size=8, noise=0, part=part
            )
            assert {c.tobytes() for c in x} <= {o.tobytes() for o in own}


def test_noise_has_the_stated_spread_and_lies_on_every_pixel() -> None:
    loud, _ = data.digit_canvas(2000, [0, 1], np.random.default_rng(5), size=12, noise=0.3)
    border = loud[
        :, 0, 0
    ]  # black unless the digit is drawn into the corner, and there a digit has none of its ink
    assert abs(border.std() - 0.3) < 5 * 0.3 / np.sqrt(2 * 2000)
    assert abs(border.mean()) < 5 * 0.3 / np.sqrt(2000)
    assert loud.std(axis=0).min() > 0.27


@pytest.mark.parametrize(
    "draw",
    [
        lambda n, rng: data.textures(n, 9, rng),
        lambda n, rng: data.digit_canvas(n, [3, 8], rng),
        lambda n, rng: data.digit_canvas(n, [4], rng, size=8, noise=0),
    ],
)
def test_the_same_generator_draws_the_same(draw: Any) -> None:
    (x, y), (again, labels), (other, _) = (
        draw(20, np.random.default_rng(seed)) for seed in (6, 6, 7)
    )
    assert np.array_equal(x, again)
    assert np.array_equal(y, labels)
    assert not np.array_equal(x, other)  # even where only which digit is left to chance
    x[:] = 0  # what a caller does to its own draws has no part in later ones
    assert np.array_equal(draw(20, np.random.default_rng(6))[0], again)
    empty, none = draw(0, np.random.default_rng(6))
    assert (len(empty), len(none)) == (0, 0)
    assert none.dtype == np.int64


@pytest.mark.parametrize(
    ("call", "says"),
    [
        (
            lambda rng: data.textures(3, 8, rng, classes=6),
            "classes is 6, expected 1 to 5: .*brick, grass, gravel, tissue, stars",
        ),
        (lambda rng: data.textures(3, 8, rng, classes=0), "classes is 0, expected 1 to 5"),
        (lambda rng: data.textures(3, 171, rng), "size is 171, expected 1 to 170"),
        (lambda rng: data.textures(3, 0, rng, part="test"), "size is 0, expected 1 to 170"),
        (
            lambda rng: data.textures(3, 8, rng, part="dev"),
            "part is 'dev', expected 'train' or 'test'",
        ),
        (
            lambda rng: data.digit_canvas(3, [1, 1], rng),
            r"classes is \[1, 1\], expected different digits",
        ),
        (
            lambda rng: data.digit_canvas(3, [], rng),
            r"classes is \[\], expected different digits from 0 to 9",
        ),
        (lambda rng: data.digit_canvas(3, [10], rng), r"classes is \[10\]"),
        (lambda rng: data.digit_canvas(3, [1], rng, size=7), "size is 7, expected at least 8"),
        (lambda rng: data.digit_canvas(3, [1], rng, part="dev"), "part is 'dev'"),
    ],
)
def test_arguments_out_of_range_are_refused(call: Any, says: str) -> None:
    with pytest.raises(ValueError, match=says):
        call(np.random.default_rng(8))


def test_the_largest_patch_fits_both_parts() -> None:
    for part in pictures.PARTS:
        assert data.textures(20, 170, np.random.default_rng(9), part=part)[0].shape == (
            20,
            170,
            170,
        )


def test_a_missing_package_or_picture_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(
        ModuleNotFoundError, match=r"no_such_package is not installed: .* requirements.txt"
    ):
        pictures._opened(("no_such_package", "a.png"), "RGB")
    with pytest.raises(
        FileNotFoundError, match=r"skimage has no data/unicorn.png; .* requirements.txt"
    ):
        pictures._opened(("skimage", "data", "unicorn.png"), "RGB")
