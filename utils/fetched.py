"""MNIST and CIFAR-10 for those who have a network: fetched once by pooch, held against a checksum, and read from the cache ever after."""

from __future__ import annotations

import gzip
import math
import tarfile
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from utils.split import Split

Array = NDArray[Any]
FOLDER = "training-neural-networks"  # within the user's cache
MNIST_URL = "https://ossci-datasets.s3.amazonaws.com/mnist/"  # PyTorch's mirror
MNIST_FILES = {
    "train-images-idx3-ubyte.gz": "sha256:440fcabf73cc546fa21475e81ea370265605f56be210a4024d2ca8f203523609",
    "train-labels-idx1-ubyte.gz": "sha256:3552534a0a558bbed6aed32b30c495cca23d567ec52cac8be1a0730e8010255c",
    "t10k-images-idx3-ubyte.gz": "sha256:8d422c7b0a1c1c79245a5bcf07fe86e33eeafee792b84584aec276f5a2dbc4e6",
    "t10k-labels-idx1-ubyte.gz": "sha256:f7ae60f92e00ec6debd23a6088c31dbd2371eca3ffa0defaefb259924204aec6",
}
# of its authors; this version needs no unpickling
CIFAR10_URL = "https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz"
CIFAR10_HASH = "sha256:c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd"
CIFAR10_FILES = [
    f"cifar-10-batches-bin/{name}.bin"
    for name in (*(f"data_batch_{k}" for k in range(1, 6)), "test_batch")
]


def mnist(
    dev: int = 5000,
    url: str = MNIST_URL,
    hashes: Mapping[str, str] | None = None,
    cache: Path | None = None,
) -> Split:
    """Return 70,000 handwritten digits of 28 by 28 pixels: 60,000 to learn from, of which the last `dev` are kept apart, and 10,000 to test.

    Source: Y. LeCun, C. Cortes and C. Burges, The MNIST database of handwritten digits, 1998; 11 MB.

    Args:
        dev: how many training examples make the development part.
        url: the folder that holds the four files; another one if this mirror is gone.
        hashes: the four files' checksums, "sha256:..." by name, in the order of MNIST_FILES; None for the known ones.
        cache: where to keep the files; None for the user's own cache.

    Returns:
        x: (N, 28, 28, 1) float32 from 0 to 1; y: (N,) int64 from 0 to 9.

    Raises:
        ConnectionError: the files are neither in the cache nor to be had; it says what to do.
        ValueError: a file has another checksum, or is not what it should be.
    """
    paths = [
        _fetch(url.rstrip("/") + "/" + name, digest, cache)
        for name, digest in (hashes or MNIST_FILES).items()
    ]
    x_train, y_train, x_test, y_test = (_idx(path) for path in paths)
    for x, y, path in ((x_train, y_train, paths[0]), (x_test, y_test, paths[2])):
        if x.ndim != 3 or y.shape != x.shape[:1]:
            raise ValueError(
                f"{path.name} holds pictures of shape {x.shape} and labels of shape {y.shape}, expected (N, H, W) and (N,)"
            )
    return _parts(x_train[..., None], y_train, x_test[..., None], y_test, dev)


def cifar10(
    dev: int = 5000, url: str = CIFAR10_URL, digest: str = CIFAR10_HASH, cache: Path | None = None
) -> Split:
    """Return 60,000 colour photographs of 32 by 32 pixels: 50,000 to learn from, of which the last `dev` are kept apart, and 10,000 to test.

    Labels: airplane, automobile, bird, cat, deer, dog, frog, horse, ship, truck.
    Source: A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009; 162 MB to fetch, 740 MB in memory.

    Args and errors are as for `mnist`, with one file of checksum `digest`.

    Returns:
        x: (N, 32, 32, 3) float32 from 0 to 1; y: (N,) int64 from 0 to 9.
    """
    path = _fetch(url, digest, cache)
    found: dict[str, bytes] = {}
    try:
        with tarfile.open(path, "r:gz") as archive:  # nothing is unpacked to disk
            for member in archive:
                if (
                    member.name in CIFAR10_FILES
                    and (inner := archive.extractfile(member)) is not None
                ):
                    found[member.name] = inner.read()
    except (tarfile.TarError, OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{path.name} is no whole tar.gz archive ({error})") from error
    if missing := [name for name in CIFAR10_FILES if name not in found]:
        raise ValueError(f"{path.name} lacks {', '.join(missing)}")
    batches = [_records(found[name], name) for name in CIFAR10_FILES]
    train, test = np.concatenate(batches[:-1]), batches[-1]
    return _parts(_colours(train), train[:, 0], _colours(test), test[:, 0], dev)


def _fetch(url: str, digest: str, cache: Path | None) -> Path:
    import pooch

    folder, name = Path(cache or pooch.os_cache(FOLDER)), url.rsplit("/", 1)[-1]
    try:
        return Path(pooch.retrieve(url, known_hash=digest, fname=name, path=folder))
    except OSError as error:  # all that requests raises is one
        raise ConnectionError(
            f"{name} could not be fetched from {url} ({type(error).__name__}). Without a network, get it elsewhere and put it into {folder}; "
            "or give another mirror as url; or use data.digits() and data.digit_canvas(), which need no network"
        ) from error
    except ValueError as error:
        if "does not match the known hash" not in str(error):
            raise
        raise ValueError(
            f"{name} from {url} has not the expected checksum {digest}: it was damaged on its way, or is another file"
        ) from error


def _idx(path: Path) -> Array:
    """Read an IDX file of bytes: 0, 0, 8, the number of axes, each axis's length as four bytes, the largest first, and the values."""
    try:
        with gzip.open(path) as file:
            raw = file.read()
    except (OSError, EOFError, zlib.error) as error:
        raise ValueError(f"{path.name} is no whole gzip file ({error})") from error
    axes = raw[3] if len(raw) > 3 else 0
    start = 4 + 4 * axes
    if raw[:3] != b"\0\0\x08" or len(raw) < start:
        raise ValueError(f"{path.name} does not begin as an IDX file of bytes does")
    shape = tuple(int(length) for length in np.frombuffer(raw, ">u4", axes, 4))
    if len(raw) - start != math.prod(shape):
        raise ValueError(
            f"{path.name} holds {len(raw) - start} values, expected {math.prod(shape)} for shape {shape}"
        )
    return np.frombuffer(raw, np.uint8, offset=start).reshape(shape)


def _records(raw: bytes, name: str) -> Array:
    """Read a CIFAR-10 batch: records of a label and 3072 values, red, green and blue planes of 32 rows."""
    if not raw or len(raw) % 3073:
        raise ValueError(f"{name} has {len(raw)} bytes, expected a multiple of 3073")
    return np.frombuffer(raw, np.uint8).reshape(-1, 3073)


def _colours(records: Array) -> Array:
    return records[:, 1:].reshape(-1, 3, 32, 32).transpose(0, 2, 3, 1)


def _parts(x_train: Array, y_train: Array, x_test: Array, y_test: Array, dev: int) -> Split:
    if not 0 <= dev < len(x_train):
        raise ValueError(f"dev is {dev}, expected 0 to {len(x_train) - 1}")
    if max(y_train.max(), y_test.max(initial=0)) > 9:
        raise ValueError(f"a label is {max(y_train.max(), y_test.max(initial=0))}, expected 0 to 9")
    cut = len(x_train) - dev
    pictures = [
        np.divide(x, np.float32(255), dtype=np.float32, order="C")
        for x in (x_train[:cut], x_train[cut:], x_test)
    ]
    labels = [y.astype(np.int64) for y in (y_train[:cut], y_train[cut:], y_test)]
    return Split(pictures[0], labels[0], pictures[1], labels[1], pictures[2], labels[2])
