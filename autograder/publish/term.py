"""Write the packages of all assignments into a site, with a page that lists them."""

from __future__ import annotations

import re
import tempfile
from collections.abc import Collection
from pathlib import Path

from jinja2 import Environment, FileSystemLoader

from ..core.course import TEMPLATES, Course
from ..core.released_texts import remember
from .contents import contents
from .publish import refuse_leaks, write_package

FOLDER = "packages"  # within the site
DOWNLOADS = Path("course", "site", "downloads.html")  # the site's page that may link to them
_PLACE = re.compile(r'<div id="packages">.*?</div>', re.DOTALL)


def publish_term(course: Course, past: Collection[str], site: Path) -> Path:
    """Write `packages/NN-name.zip` for each assignment, and `packages/index.html`.

    Nothing is written if anything is refused.

    Args:
        past: assignments whose deadlines have passed: only their answers may be in a package.
        site: the folder of the site, which is made if it is not there.

    Returns:
        The page that lists the packages.

    Raises:
        UserError: something in a package would give an answer away before it is due.
    """
    found = {name: contents(course, name, past) for name in course.assignments()}
    files = {path: content for one in found.values() for path, content in one.files.items()}
    refuse_leaks(course, list(found), past, files)
    for name in found:
        remember(course, name)
    target = site / FOLDER
    target.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=site, prefix=".packages-") as made:
        packages = [write_package(course, name, found[name], Path(made))[1] for name in found]
        sizes = {path.name: path.stat().st_size for path in packages}
        for path in packages:
            path.replace(target / path.name)
    page = target / "index.html"
    loader = FileSystemLoader(TEMPLATES)
    template = Environment(loader=loader, autoescape=True).get_template("packages.html.j2")
    page.write_text(template.render(packages=sizes), encoding="utf-8")
    _link_from_downloads(site)
    return page


def _link_from_downloads(site: Path) -> None:
    """Link to the packages from the site's page of downloads, where that has a place for it."""
    downloads = site / DOWNLOADS
    if not downloads.is_file():
        return
    up = "../" * (len(DOWNLOADS.parts) - 1)
    link = f'<p><a href="{up}{FOLDER}/index.html">The packages of all assignments</a></p>'
    text = downloads.read_text(encoding="utf-8")
    downloads.write_text(
        _PLACE.sub(f'<div id="packages">{link}</div>', text, count=1), encoding="utf-8"
    )
