"""No picture asks more of a reader's browser than a photograph does, and in the place of one that would stands the reason."""

from __future__ import annotations

import io
import random
import struct
import zlib
from base64 import b64encode
from typing import Any

import matplotlib.image
import numpy as np
import pytest
from PIL import Image

from autograder.core.markdown import pictures, to_html
from autograder.core.results import Finding, Marks
from autograder.feedback.page import page
from autograder.grading.screening.images import (
    CHARACTERS_IN_ALL,
    PIXELS,
    PIXELS_IN_ALL,
    SCANS,
    screen,
)
from autograder.sample.attacks.pictures import jpeg, moving, part, png


def notebook(*bundles: tuple[str, bytes | str], pasted: bool = False) -> dict[str, Any]:
    """A notebook with these pictures, by kind and content, in an output each or pasted into a Markdown cell."""
    held = [
        {mime: data if isinstance(data, str) else b64encode(data).decode()}
        for mime, data in bundles
    ]
    if pasted:
        cell = {
            "cell_type": "markdown",
            "attachments": {f"{number}": bundle for number, bundle in enumerate(held)},
        }
    else:
        cell = {
            "cell_type": "code",
            "outputs": [
                {"output_type": "display_data", "metadata": {}, "data": bundle} for bundle in held
            ],
        }
    return {
        "cells": [{"id": "c", "metadata": {}, "source": "![x](attachment:0)"} | cell],
        "metadata": {},
    }


def screened(
    mime: str, data: bytes | str, *, pasted: bool = False
) -> tuple[list[Finding], dict[str, str]]:
    made = notebook((mime, data), pasted=pasted)
    findings, (cell,) = screen(made), made["cells"]
    return findings, cell["attachments"]["0"] if pasted else cell["outputs"][0]["data"]


def pillow(kind: str, **how: Any) -> bytes:
    file = io.BytesIO()
    Image.new("RGB", (60, 40), "red").save(file, kind, **how)
    return file.getvalue()


def matplotlibs() -> bytes:
    file = io.BytesIO()
    matplotlib.image.imsave(file, np.zeros((30, 50)))
    return file.getvalue()


JPEG_LINE = jpeg(60, 40).index(b"\xff\xdb")
SHOWN = {
    "figure": ("image/png", matplotlibs()),
    "PNG": ("image/png", pillow("PNG")),
    "PNG with a profile and a text": (
        "image/png",
        pillow("PNG", icc_profile=bytes(999), dpi=(72, 72)),
    ),
    "JPEG": ("image/jpeg", pillow("JPEG")),
    "progressive JPEG": (
        "image/jpeg",
        pillow("JPEG", progressive=True, icc_profile=bytes(99_999), comment=b"c" * 999),
    ),
    "padded JPEG": (
        "image/jpeg",
        jpeg(60, 40)[:JPEG_LINE] + b"\xff\xff" + jpeg(60, 40)[JPEG_LINE:],
    ),
    "photograph": ("image/jpeg", jpeg(5_472, 3_648)),
    "largest": ("image/png", png(10_000, PIXELS // 10_000)),
    "one frame, and said so": (
        "image/png",
        png(8, 8)[:33] + part(b"acTL", struct.pack(">II", 1, 0)) + png(8, 8)[33:],
    ),
}
REFUSED = {
    "large": ("image/png", png(10_000, PIXELS // 10_000 + 1), "pixels", True),
    "long": ("image/png", png(PIXELS + 1, 1), "pixels", True),
    "bomb": ("image/jpeg", jpeg(65_500, 65_500)[:999], "65500 × 65500 pixels", True),
    "nothing": ("image/png", png(0, 5), "0 × 5 pixels", True),
    "frames": ("image/png", moving(9, 9, 2), "2 frames", True),
    "many scans": ("image/jpeg", jpeg(9, 9, SCANS), f"{SCANS + 1} times", True),
    "cut PNG": ("image/png", png(9, 9)[:40], "no PNG", False),
    "cut JPEG": ("image/jpeg", jpeg(9, 9)[:20], "no JPEG", False),
    "no base64": ("image/png", "<script>", "no PNG", False),
    "empty": ("image/png", "", "no PNG", False),
    "words": ("image/png", b"hello", "no PNG", False),
    "JPEG as PNG": ("image/png", pillow("JPEG"), "no PNG", False),
    "PNG as JPEG": ("image/jpeg", pillow("PNG"), "no JPEG", False),
    "GIF": ("image/png", pillow("GIF"), "no PNG", False),
    "WebP": ("image/jpeg", pillow("WEBP"), "no JPEG", False),
    "SVG": ("image/png", b"<svg onload='alert(1)'>", "no PNG", False),
    "size late": (
        "image/png",
        png(9, 9)[:33] + part(b"tEXt", b"") * 2_000 + png(9, 9)[33:],
        "no PNG",
        False,
    ),
    "no end": ("image/jpeg", b"\xff\xd8" + b"\xff" * 999_999, "no JPEG", False),
    "no signature": ("image/png", bytes(8) + png(9, 9)[8:], "no PNG", False),
    "scan before its size": (
        "image/jpeg",
        jpeg(9, 9)[:JPEG_LINE] + b"\xff\xda\0\x02" + jpeg(9, 9)[JPEG_LINE:],
        "no JPEG",
        False,
    ),
    "no frame": ("image/jpeg", jpeg(9, 9).replace(b"\xff\xc2", b"\xff\xc4"), "no JPEG", False),
}


@pytest.mark.parametrize("pasted", [False, True])
@pytest.mark.parametrize("name", SHOWN)
def test_what_is_a_picture_is_shown(name: str, pasted: bool) -> None:
    mime, data = SHOWN[name]
    findings, bundle = screened(mime, data, pasted=pasted)
    assert (findings, list(bundle)) == ([], [mime])


@pytest.mark.parametrize("pasted", [False, True])
@pytest.mark.parametrize("name", REFUSED)
def test_what_is_none_or_asks_too_much_is_not(name: str, pasted: bool) -> None:
    mime, data, told, claims = REFUSED[name]
    (finding,), bundle = screened(mime, data, pasted=pasted)
    assert (finding.kind, finding.where, finding.staff) == ("picture", "c", claims)
    assert told in finding.message
    assert told in bundle.pop("text/plain")
    assert bundle == {}


def test_pictures_are_bounded_together() -> None:
    """By pixels and by bytes, over all cells; what came first is shown."""
    many = notebook(*[("image/png", png(5_000, 5_000))] * 6)
    (finding,) = screen(many)
    assert "together" in finding.message
    kinds = [next(iter(output["data"])) for output in many["cells"][0]["outputs"]]
    assert kinds == ["image/png"] * (PIXELS_IN_ALL // 25_000_000) + ["text/plain"] * 2
    heavy = notebook(
        *[("image/jpeg", pillow("JPEG") + bytes(CHARACTERS_IN_ALL // 4))] * 4, pasted=True
    )
    assert len(screen(heavy)) == 1
    assert [next(iter(bundle)) for bundle in heavy["cells"][0]["attachments"].values()] == [
        "image/jpeg"
    ] * 2 + ["text/plain"] * 2
    assert screen(heavy) == []  # and once more changes nothing


def test_both_kinds_under_one_name_are_looked_at() -> None:
    made = notebook(("image/png", png(9, 9)), pasted=True)
    made["cells"][0]["attachments"]["0"]["image/jpeg"] = b64encode(
        jpeg(65_500, 65_500)[:999]
    ).decode()
    assert len(screen(made)) == 1
    assert "image/jpeg" not in made["cells"][0]["attachments"]["0"]


def test_the_reason_stands_in_the_place_of_the_picture() -> None:
    pasted, shown = (
        notebook(("image/png", png(0, 5)), pasted=True),
        notebook(("image/png", png(0, 5))),
    )
    screen(pasted), screen(shown)
    html = to_html(pasted["cells"][0]["source"], pictures(pasted["cells"][0]))
    assert "[x: A picture was left out: it has 0 × 5 pixels" in html
    for made in (pasted, shown):
        read = page(made, "x", Marks({}, {}))
        assert "A picture was left out" in read
        assert "<img" not in read


def test_a_profile_that_unfolds_is_not_unfolded() -> None:
    """Two megabytes of colour profiles that become two gigabytes; a reader that unfolds them takes a second for each."""
    profile = part(b"iCCP", b"x\0\0" + zlib.compress(bytes(10**6), 9))
    assert screened("image/png", png(9, 9)[:33] + profile * 900 + png(9, 9)[33:])[0] == []


@pytest.mark.filterwarnings("ignore")  # of the library, for what it only half understands
def test_as_a_library_reads_it() -> None:
    """Torn pictures: what is shown has the size that Pillow tells, where Pillow can read it."""
    dice, agreed = random.Random(7), 0
    for mime, whole in (
        ("image/png", pillow("PNG")),
        ("image/jpeg", pillow("JPEG", progressive=True)),
        ("image/png", moving(50, 50, 3)),
    ):
        for _ in range(300):
            data = bytearray(whole)
            for _ in range(dice.randrange(1, 4)):
                data[dice.randrange(len(data) if dice.randrange(2) else 60)] = dice.randrange(256)
            try:
                read = Image.open(io.BytesIO(data), formats=("PNG", "JPEG"))
            except (OSError, SyntaxError, ValueError, Image.DecompressionBombError):
                continue
            if not screened(mime, bytes(data))[0]:
                agreed += 1
                assert 0 < read.width * read.height <= PIXELS
                assert getattr(read, "n_frames", 1) == 1
    assert agreed > 200
