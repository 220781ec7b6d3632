"""MNIST and CIFAR-10 are fetched once, checked, and read as their formats say; here small files of the same format come from this machine."""

from __future__ import annotations

import gc
import gzip
import hashlib
import io
import struct
import tarfile
import threading
from collections.abc import Iterator
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from utils import data, fetched

# Of a transfer that fails, pooch leaves the connection to the garbage collector.
pytestmark = pytest.mark.filterwarnings("ignore:unclosed:ResourceWarning")


class Server:
    """A folder on loopback, and what was asked of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.asked: list[str] = []
        asked = self.asked

        class Quiet(SimpleHTTPRequestHandler):
            def log_message(self, format: str, *args: Any) -> None:
                asked.append(self.path)

        self.http = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=str(folder)))
        self.url = f"http://127.0.0.1:{self.http.server_port}"
        self.thread = threading.Thread(
            target=self.http.serve_forever, kwargs={"poll_interval": 0.01}
        )
        self.thread.start()

    def put(self, name: str, content: bytes) -> str:
        (self.folder / name).write_bytes(content)
        return "sha256:" + hashlib.sha256(content).hexdigest()

    def stop(self) -> None:
        self.http.shutdown()
        self.http.server_close()
        self.thread.join()


@pytest.fixture
def collected() -> Iterator[None]:
    """Let what a test leaves be collected within it, not within a later one of another file."""
    yield
    gc.collect()


@pytest.fixture
def server(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    (tmp_path / "served").mkdir()
    server = Server(tmp_path / "served")
    yield server
    server.stop()


@pytest.fixture
def cache(tmp_path: Path) -> Path:
    return tmp_path / "cache"


def idx(array: Any) -> bytes:
    """An IDX file, gzipped, written with struct so that it owes nothing to what reads it."""
    return gzip.compress(
        struct.pack(f">BBBB{array.ndim}I", 0, 0, 8, array.ndim, *array.shape)
        + bytes(array.reshape(-1).tolist())
    )


def digits(seed: int = 0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    names = list(fetched.MNIST_FILES)
    sizes = (9, 5, 4), (9,), (4, 5, 4), (4,)
    return {
        name: rng.integers(0, 256 if len(size) == 3 else 10, size, np.uint8)
        for name, size in zip(names, sizes, strict=True)
    }


def archive(batches: dict[str, bytes]) -> bytes:
    made = io.BytesIO()
    with tarfile.open(fileobj=made, mode="w:gz") as tar:
        for name, content in {"cifar-10-batches-bin/readme.html": b"<html>", **batches}.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            tar.addfile(member, io.BytesIO(content))
    return made.getvalue()


def photographs(seed: int = 1, each: int = 3) -> tuple[dict[str, bytes], Any, Any]:
    """Six batches, and their pictures (6 each, 32, 32, 3) and labels."""
    rng = np.random.default_rng(seed)
    x, y = rng.integers(0, 256, (6 * each, 32, 32, 3), np.uint8), rng.integers(0, 10, 6 * each)
    records = [
        bytes([label]) + b"".join(bytes(picture[..., c].reshape(-1).tolist()) for c in range(3))
        for picture, label in zip(x, y, strict=True)
    ]
    return (
        {
            name: b"".join(records[k * each : (k + 1) * each])
            for k, name in enumerate(fetched.CIFAR10_FILES)
        },
        x,
        y,
    )


def test_mnist_is_read_as_it_was_written_and_parted(server: Server, cache: Path) -> None:
    arrays = digits()
    hashes = {name: server.put(name, idx(array)) for name, array in arrays.items()}
    split = data.mnist(dev=2, url=server.url + "/", hashes=hashes, cache=cache)
    x, y, x_test, y_test = arrays.values()
    assert isinstance(split, data.Split)
    for got, want in ((split.x_train, x[:7]), (split.x_dev, x[7:]), (split.x_test, x_test)):
        assert got.shape == (*want.shape, 1)
        assert got.dtype == np.float32
        assert got.flags.c_contiguous
        assert np.allclose(got[..., 0] * 255, want, atol=1e-4)
    for got, want in ((split.y_train, y[:7]), (split.y_dev, y[7:]), (split.y_test, y_test)):
        assert got.dtype == np.int64
        assert np.array_equal(got, want)


def test_cifar10_is_read_as_it_was_written_and_parted(server: Server, cache: Path) -> None:
    batches, x, y = photographs()
    backwards = dict(reversed(batches.items()))  # the order within the archive means nothing
    digest = server.put("cifar.tar.gz", archive(backwards))
    split = data.cifar10(dev=4, url=f"{server.url}/cifar.tar.gz", digest=digest, cache=cache)
    for got, want in ((split.x_train, x[:11]), (split.x_dev, x[11:15]), (split.x_test, x[15:])):
        assert got.shape == want.shape
        assert got.dtype == np.float32
        assert got.flags.c_contiguous
        assert np.allclose(got * 255, want, atol=1e-4)
    assert np.array_equal(np.concatenate([split.y_train, split.y_dev, split.y_test]), y)
    assert split.y_train.dtype == np.int64


def test_what_is_in_the_cache_needs_no_server(server: Server, cache: Path) -> None:
    hashes = {name: server.put(name, idx(array)) for name, array in digits().items()}
    first = data.mnist(dev=2, url=server.url, hashes=hashes, cache=cache)
    assert sorted(server.asked) == sorted("/" + name for name in hashes)
    server.stop()
    again = data.mnist(dev=2, url=server.url, hashes=hashes, cache=cache)
    assert np.array_equal(first.x_train, again.x_train)
    assert len(server.asked) == 4


def test_a_file_put_into_the_cache_by_hand_is_taken(tmp_path: Path, cache: Path) -> None:
    content = archive(photographs()[0])
    cache.mkdir()
    (cache / "cifar.tar.gz").write_bytes(content)
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    assert (
        len(
            data.cifar10(
                dev=4, url="http://127.0.0.1:9/cifar.tar.gz", digest=digest, cache=cache
            ).x_train
        )
        == 11
    )


def test_the_users_own_cache_is_the_default(
    server: Server, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pooch = pytest.importorskip("pooch")
    monkeypatch.setattr(pooch, "os_cache", lambda name: tmp_path / "of the user" / name)
    digest = server.put("cifar.tar.gz", archive(photographs()[0]))
    data.cifar10(dev=4, url=f"{server.url}/cifar.tar.gz", digest=digest)
    assert (tmp_path / "of the user" / "training-neural-networks" / "cifar.tar.gz").is_file()


def test_another_checksum_is_an_error_and_nothing_is_kept(server: Server, cache: Path) -> None:
    server.put("cifar.tar.gz", archive(photographs()[0]))
    with pytest.raises(
        ValueError,
        match=r"cifar.tar.gz from http://127.* has not the expected checksum sha256:c4a38c50",
    ):
        data.cifar10(url=f"{server.url}/cifar.tar.gz", cache=cache)
    assert list(cache.iterdir()) == []


def test_a_damaged_file_in_the_cache_is_fetched_again(server: Server, cache: Path) -> None:
    digest = server.put("cifar.tar.gz", archive(photographs()[0]))
    cache.mkdir()
    (cache / "cifar.tar.gz").write_bytes(b"damaged")
    assert (
        len(
            data.cifar10(
                dev=4, url=f"{server.url}/cifar.tar.gz", digest=digest, cache=cache
            ).x_train
        )
        == 11
    )
    assert server.asked == ["/cifar.tar.gz"]


@pytest.mark.usefixtures("collected")
@pytest.mark.parametrize("how", ["no server", "not found", "no address"])
def test_without_a_network_the_error_says_what_to_do(server: Server, cache: Path, how: str) -> None:
    url = server.url
    if how == "no server":
        server.stop()
    elif how == "no address":
        url = "http://nowhere.invalid"
    with pytest.raises(ConnectionError) as caught:
        data.mnist(url=url, cache=cache)
    words = str(caught.value)
    for part in (
        "train-images-idx3-ubyte.gz could not be fetched from",
        url,
        f"put it into {cache}",
        "another mirror as url",
        "data.digits()",
    ):
        assert part in words


@pytest.mark.usefixtures("collected")
def test_a_transfer_that_breaks_off_is_an_error_and_nothing_is_kept(
    cache: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The server promises more than it sends."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    content = archive(photographs()[0])

    class Broken(SimpleHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content[: len(content) // 2])

        def log_message(self, format: str, *args: Any) -> None:
            pass

    http = ThreadingHTTPServer(("127.0.0.1", 0), Broken)
    thread = threading.Thread(target=http.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        with pytest.raises(
            (ConnectionError, ValueError),
            match=r"could not be fetched|has not the expected checksum",
        ):
            data.cifar10(
                url=f"http://127.0.0.1:{http.server_port}/c.tar.gz",
                digest="sha256:" + hashlib.sha256(content).hexdigest(),
                cache=cache,
            )
    finally:
        http.shutdown()
        http.server_close()
        thread.join()
    assert list(cache.iterdir()) == []


def spoilt(content: bytes, how: str) -> bytes:
    raw = gzip.decompress(content)
    return {
        "not gzip": raw,
        "cut gzip": content[:-12],
        "empty": b"",
        "one value less": gzip.compress(raw[:-1]),
        "one value more": gzip.compress(raw + b"\0"),
        "another type": gzip.compress(raw[:2] + b"\x0d" + raw[3:]),
        "cut within its head": gzip.compress(raw[:9]),
        "two bytes": gzip.compress(raw[:2]),
        "one axis less": gzip.compress(
            raw[:3]
            + b"\2"
            + raw[4:8]
            + struct.pack(">I", (len(raw) - 12) // 9)
            + raw[12 : 12 + (len(raw) - 12) // 9 * 9]
        ),
    }[how]


@pytest.mark.parametrize(
    ("how", "says"),
    [
        ("not gzip", "is no whole gzip file"),
        ("cut gzip", "is no whole gzip file"),
        ("empty", "does not begin as an IDX file"),
        ("one value less", "holds 179 values, expected 180"),
        ("one value more", "holds 181 values, expected 180"),
        ("another type", "does not begin as an IDX file"),
        ("cut within its head", "does not begin as an IDX file"),
        ("two bytes", "does not begin as an IDX file"),
        ("one axis less", r"holds pictures of shape \(9, 20\) and labels of shape \(9,\)"),
    ],
)
def test_an_idx_file_that_is_not_what_it_should_be_says_so(
    server: Server, cache: Path, how: str, says: str
) -> None:
    arrays = digits()
    contents = {name: idx(array) for name, array in arrays.items()}
    first = next(iter(contents))
    contents[first] = spoilt(contents[first], how)
    hashes = {name: server.put(name, content) for name, content in contents.items()}
    with pytest.raises(ValueError, match=f"{first} {says}"):
        data.mnist(dev=2, url=server.url, hashes=hashes, cache=cache)


def test_labels_that_do_not_belong_to_the_pictures_are_refused(server: Server, cache: Path) -> None:
    arrays = digits()
    labels = list(arrays)[1]
    for wrong, says in (
        (arrays[labels][:-1], r"labels of shape \(8,\)"),
        (arrays[labels] + np.uint8(10), "a label is 1[0-9], expected 0 to 9"),
    ):
        hashes = {
            name: server.put(name, idx(array)) for name, array in {**arrays, labels: wrong}.items()
        }
        with pytest.raises(ValueError, match=says):
            data.mnist(dev=2, url=server.url, hashes=hashes, cache=cache)
    hashes = {name: server.put(name, idx(array)) for name, array in arrays.items()}
    for dev in (-1, 9):
        with pytest.raises(ValueError, match=f"dev is {dev}, expected 0 to 8"):
            data.mnist(dev=dev, url=server.url, hashes=hashes, cache=cache)
    assert len(data.mnist(dev=0, url=server.url, hashes=hashes, cache=cache).x_dev) == 0


@pytest.mark.parametrize(
    "how",
    ["no archive", "cut", "cut within a batch", "lacks a batch", "short batch", "empty batch"],
)
def test_an_archive_that_is_not_what_it_should_be_says_so(
    server: Server, cache: Path, how: str
) -> None:
    batches, *_ = photographs()
    third = fetched.CIFAR10_FILES[2]
    whole = archive(batches)
    content, says = {
        "no archive": (b"<html>moved</html>", r"c.tar.gz is no whole tar.gz archive"),
        "cut": (whole[:-2000], r"c.tar.gz (is no whole tar.gz archive|lacks)"),
        "cut within a batch": (
            whole[: len(whole) // 2],
            r"c.tar.gz (is no whole tar.gz archive|lacks)",
        ),
        "lacks a batch": (
            archive({name: b for name, b in batches.items() if name != third}),
            r"c.tar.gz lacks .*data_batch_3.bin",
        ),
        "short batch": (
            archive({**batches, third: batches[third][:-1]}),
            r"data_batch_3.bin has 9218 bytes, expected a multiple of 3073",
        ),
        "empty batch": (archive({**batches, third: b""}), r"data_batch_3.bin has 0 bytes"),
    }[how]
    with pytest.raises(ValueError, match=says):
        data.cifar10(
            dev=4, url=f"{server.url}/c.tar.gz", digest=server.put("c.tar.gz", content), cache=cache
        )


def test_the_known_files_have_whole_checksums_and_addresses() -> None:
    assert all(
        len(digest) == 64 + 7 and digest.startswith("sha256:")
        for digest in (*fetched.MNIST_FILES.values(), fetched.CIFAR10_HASH)
    )
    assert len(set(fetched.MNIST_FILES.values())) == 4
    assert all(url.startswith("https://") for url in (fetched.MNIST_URL, fetched.CIFAR10_URL))
    assert [name.rsplit("/", 1)[-1] for name in fetched.CIFAR10_FILES] == [
        *(f"data_batch_{k}.bin" for k in range(1, 6)),
        "test_batch.bin",
    ]
