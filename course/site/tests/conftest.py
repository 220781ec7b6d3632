"""What the tests in a browser share."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from autograder.tests.browser import browser

OPTIONS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A browser without a window."""
    sync_api = pytest.importorskip(
        "playwright.sync_api", reason="run make site: it installs playwright"
    )
    path = browser()
    if path is None:
        pytest.skip("THERE IS NO BROWSER HERE: install chromium")
    with sync_api.sync_playwright() as driver:
        started = driver.chromium.launch(executable_path=path, args=OPTIONS)
        yield started
        started.close()
