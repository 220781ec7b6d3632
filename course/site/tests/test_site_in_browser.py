"""A real browser visits the built site (`make site`): formulas, scripts, search, phone, keyboard, dark mode."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from course.site.course_pages import HERE

from .built import SITE, pages

pytest.importorskip("playwright.sync_api", reason="run make site: it installs playwright")

AXE = HERE / "node_modules" / "axe-core" / "axe.min.js"
KINDS = {
    "index": "course/README.html",
    "note": "course/05-optimizers.html",
    "notebook": "release/05-optimizers/05-optimizers.html",
    "functions": "course/site/api.html",
}
WIDTHS = {"wide": 1280, "phone": 390}
SERIOUS = ("serious", "critical")
ALL = sorted(path.relative_to(SITE).as_posix() for path in pages(SITE) if path.parent != SITE)
FORMULAS = """async () => {
    if (!window.MathJax) return [0, []];
    await MathJax.startup.promise;
    const describe = part => part.getAttribute("data-mjx-error") || part.outerHTML.slice(0, 200);
    const faults = [...document.querySelectorAll("mjx-merror, [data-mjx-error]")];
    const raw = [...document.querySelectorAll(".math")].filter(part => !part.querySelector("mjx-container"));
    const red = [...document.querySelectorAll('mjx-container [style*="color: red"]')];
    const all = document.querySelectorAll("mjx-container").length;
    return [all, [...faults, ...raw, ...red].map(describe)];
}"""


class Quiet(SimpleHTTPRequestHandler):
    """Serves files and says nothing."""

    def log_message(self, *arguments: object) -> None:
        pass


@dataclass
class Visit:
    """A page that is open, and what it complained of."""

    page: Any
    root: str
    faults: list[str] = field(default_factory=list)

    def listen(self) -> None:
        self.page.on("pageerror", lambda error: self.faults.append(str(error)))
        self.page.on("console", self._said)
        self.page.on("request", self._asked)
        self.page.on("response", self._answered)

    def _said(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.faults.append(message.text)

    def _asked(self, request: Any) -> None:
        if not request.url.startswith((self.root, "data:", "blob:")):
            self.faults.append(f"asked elsewhere: {request.url}")

    def _answered(self, response: Any) -> None:
        if response.status >= 400:
            self.faults.append(f"{response.status}: {response.url}")

    def open(self, name: str) -> None:
        self.page.goto(f"{self.root}/{name}")


@pytest.fixture(scope="module")
def root() -> Iterator[str]:
    """The address of the site on this machine."""
    server = ThreadingHTTPServer(("127.0.0.1", 0), partial(Quiet, directory=SITE))
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()


@pytest.fixture
def visit(chromium: Any, root: str, request: pytest.FixtureRequest) -> Iterator[Visit]:
    """A page of the width and colours that the test's parameters `width` and `colours` say."""
    parameters = getattr(request.node, "callspec", None)
    given = parameters.params if parameters else {}
    context = chromium.new_context(
        viewport={"width": WIDTHS[given.get("width", "wide")], "height": 900},
        color_scheme=given.get("colours", "light"),
    )
    made = Visit(context.new_page(), root)
    made.listen()
    yield made
    context.close()


def test_no_page_complains_and_no_formula_is_broken(visit: Visit) -> None:
    total, broken = 0, []
    for name in ALL:
        visit.open(name)
        count, faults = visit.page.evaluate(FORMULAS)
        total += count
        broken += [f"{name}: {fault}" for fault in faults]
    assert broken == []
    assert visit.faults == []
    assert total > 1500


@pytest.mark.parametrize("tex", [r"\frac{1}{", r"\nosuchmacro x", r"\begin{cases} x"])
def test_a_broken_formula_would_be_found(visit: Visit, tex: str) -> None:
    name = KINDS["note"]
    text = (SITE / name).read_text(encoding="utf-8")
    planted = f'<div class="math notranslate nohighlight">\\[{tex}\\]</div></article>'
    body = text.replace("</article>", planted, 1)
    visit.page.route(f"**/{name}", lambda route: route.fulfill(body=body, content_type="text/html"))
    visit.open(name)
    assert len(visit.page.evaluate(FORMULAS)[1]) >= 1


@pytest.mark.parametrize("colours", ["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("kind", KINDS)
def test_a_page_can_be_used_by_everybody(visit: Visit, kind: str, width: str, colours: str) -> None:
    visit.open(KINDS[kind])
    visit.page.evaluate(FORMULAS)
    visit.page.evaluate("() => new Promise(done => setTimeout(done, 100))")
    assert visit.page.evaluate("document.documentElement.dataset.theme") == colours
    assert visit.page.evaluate("document.documentElement.scrollWidth") <= WIDTHS[width]
    visit.page.evaluate(AXE.read_text(encoding="utf-8"))
    found = visit.page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
    serious = [
        (fault["id"], [node["target"] for node in fault["nodes"]][:3])
        for fault in found
        if fault["impact"] in SERIOUS
    ]
    assert serious == []


@pytest.mark.parametrize("width", ["phone"])
def test_what_scrolls_sideways_is_reached_by_keyboard(visit: Visit, width: str) -> None:
    visit.open("course/coverage.html")
    visit.page.wait_for_function("document.querySelector('table.wide') !== null")
    table = visit.page.locator("table.wide").first
    table.focus()
    visit.page.keyboard.press("ArrowRight")
    visit.page.wait_for_function("document.querySelector('table.wide').scrollLeft > 0")


def test_search_finds_without_a_server_of_its_own(visit: Visit) -> None:
    visit.open("search.html?q=nesterov")
    visit.page.wait_for_selector("ul.search li")
    assert "05" in visit.page.locator("ul.search").inner_text()
    assert visit.faults == []


def test_it_is_read_from_the_disk_alone(chromium: Any) -> None:
    page = chromium.new_context(offline=True).new_page()
    page.goto(Path(SITE / "search.html").as_uri() + "?q=momentum")
    page.wait_for_selector("ul.search li")
    page.goto(Path(SITE / KINDS["note"]).as_uri())
    count, faults = page.evaluate(FORMULAS)
    assert count > 50
    assert faults == []


def with_momentum(
    alpha: float, rho: float, curvature: np.ndarray, start: list[float]
) -> np.ndarray:
    """Return 120 steps of gradient descent with momentum on a ravine, in NumPy."""
    x = np.array(start)
    velocity = np.zeros(2)
    path = [x]
    for _ in range(120):
        velocity = rho * velocity + curvature * x
        x = x - alpha * velocity
        path.append(x)
    return np.array(path)


@pytest.mark.parametrize(("alpha", "rho"), [(0.038, 0.0), (0.02, 0.9), (0.07, 0.8), (0.008, 0.99)])
def test_the_ravine_walks_as_numpy_does(visit: Visit, alpha: float, rho: float) -> None:
    visit.open(KINDS["note"])
    curvature, start = np.array([1.0, 50.0]), [-10.0, 1.0]
    code = "([alpha, rho]) => walk(alpha, rho, 1, 50, [-10, 1], 120)"
    walked = np.array(visit.page.evaluate(code, [alpha, rho]))
    assert np.allclose(walked, with_momentum(alpha, rho, curvature, start), rtol=0, atol=1e-12)
    for bend in curvature:
        roots = np.roots([1, -(1 + rho - alpha * bend), rho])
        factor = visit.page.evaluate("([a, rho]) => factor(a, rho)", [alpha * bend, rho])
        assert factor == pytest.approx(
            np.abs(roots).max(), abs=1e-7
        )  # a double root is known to half the digits


def test_the_ravine_is_moved_by_keyboard(visit: Visit) -> None:
    visit.open(KINDS["note"])
    ravine = visit.page.get_by_role("form", name="Try momentum in a ravine")
    momentum = ravine.locator("input").nth(1)
    words = ravine.locator("[role=status]")
    before = words.inner_text()
    momentum.focus()
    for _ in range(50):
        momentum.press("ArrowRight")
    assert momentum.input_value() == "0.5"
    assert words.inner_text() != before
    assert visit.faults == []


@pytest.mark.parametrize("alpha", [0.05, 0.3, 1.0, 1.8, 2.0, 2.2])
def test_a_learning_rate_walks_as_numpy_does(visit: Visit, alpha: float) -> None:
    visit.open(KINDS["note"])
    walked = visit.page.evaluate("alpha => descend(alpha, -3, 20)", alpha)
    assert np.allclose(walked, -3 * (1 - alpha) ** np.arange(21), rtol=1e-12, atol=1e-12)


def chances(seed: int, count: int) -> np.ndarray:
    """Return numbers of Lehmer's generator, by powers of its factor."""
    states = [seed * pow(16807, power, 2147483647) % 2147483647 for power in range(1, count + 1)]
    return np.array(states) / 2147483647


@pytest.mark.parametrize("keep", [0.1, 0.35, 0.6, 1.0])
def test_dropout_draws_as_numpy_does(visit: Visit, keep: float) -> None:
    visit.open("course/07-regularisation.html")
    x = np.array(visit.page.evaluate("UNITS.x"))
    drawn = chances(7, 2000 * len(x)).reshape(2000, len(x))
    once = visit.page.evaluate(
        "([keep, drawn]) => drop(UNITS.x, keep, drawn)", [keep, drawn[3].tolist()]
    )
    out = x * (drawn < keep) / keep
    assert np.allclose(once, out[3], rtol=0, atol=1e-12)
    mean, variance = visit.page.evaluate("keep => overMasks(UNITS.x, keep, 2000, 7)", keep)
    assert np.allclose(
        [mean, variance], [out.sum(1).mean(), out.sum(1).var()], rtol=1e-12, atol=1e-12
    )
    theory = (1 - keep) / keep * np.sum(x**2)  # variance of the sum
    assert abs(mean - x.sum()) <= 5 * np.sqrt(theory / 2000) + 1e-12
    assert visit.faults == []


@pytest.mark.parametrize(
    ("page", "name", "keys", "value"),
    [
        (KINDS["note"], "Try a learning rate on a parabola", 10, "0.8"),
        ("course/07-regularisation.html", "Try keep_prob in dropout", 4, "0.8"),
    ],
)
def test_a_figure_is_moved_by_keyboard(
    visit: Visit, page: str, name: str, keys: int, value: str
) -> None:
    visit.open(page)
    form = visit.page.get_by_role("form", name=name)
    words, before = form.locator("[role=status]"), form.locator("[role=status]").inner_text()
    for _ in range(keys):
        form.locator("input").press("ArrowRight")
    assert form.locator("input").input_value() == value
    assert words.inner_text() != before
    for button in form.locator("button").all():
        before = words.inner_text()
        button.press("Enter")
        assert words.inner_text() != before
    assert visit.faults == []
