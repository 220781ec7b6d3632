"""Settings of the course's site: `make site` builds it; nothing is executed and nothing fetched."""

from __future__ import annotations

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
sys.path[:0] = [str(Path(__file__).resolve().parent), str(ROOT)]

project = "Training neural networks by hand"
author = copyright = "The authors of the course"
html_title = project
language = "en"

extensions = [
    "myst_nb",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "sphinx_copybutton",
    "course_pages",
]
# Sources lie where GitHub shows them, so that each relative link means the same in both places.
root_doc = "course/README"
include_patterns = [
    "README.md",
    "ARCHITECTURE.md",
    "CHANGELOG.md",
    "CONTRIBUTING.md",
    "SECURITY.md",
    "autograder/sandbox/README.md",
    "autograder/service/README.md",
    "course/*.md",
    "course/authors/*.md",
    "course/examples/*/README.md",
    "course/site/*.md",
    "release/*/*.ipynb",
]
exclude_patterns = ["course/start.md"]  # it lies at the top of a student's folder; START.md there

nb_execution_mode = "off"
myst_enable_extensions = ["dollarmath", "colon_fence"]
myst_heading_anchors = 4
myst_dmath_double_inline = True
suppress_warnings = ["myst.strikethrough"]
autodoc_typehints = "signature"
autodoc_member_order = "bysource"
napoleon_use_rtype = False
python_use_unqualified_type_names = True

html_theme = "sphinx_book_theme"
html_static_path = ["static"]
html_favicon = "static/favicon.svg"
html_css_files = ["site.css"]
html_js_files = [
    (name, {"defer": "defer"})
    for name in ("reach.js", "figures.js", "momentum.js", "rate.js", "dropout.js")
]
html_additional_pages = {"index": "start.html"}
templates_path = ["templates"]
html_copy_source = True
html_show_sphinx = False
html_context = {"default_mode": "auto"}  # light or dark as the reader's system says
html_theme_options = {
    "article_header_end": ["article-header-buttons.html"],
    "header_links_before_dropdown": 4,
    "home_page_in_toc": True,
    "navbar_center": [],
    "navbar_end": [],
    "navbar_persistent": [],
    "navbar_start": [],
    "pygments_dark_style": "a11y-high-contrast-dark",
    "pygments_light_style": "a11y-high-contrast-light",
    "show_navbar_depth": 1,
    "show_toc_level": 2,
    "use_download_button": True,
    "use_fullscreen_button": False,
}
mathjax_path = "mathjax/tex-chtml.js"
mathjax3_config = {"options": {"menuOptions": {"settings": {"explorer": False}}}}
copybutton_selector = "div:not(.output) > div.highlight pre"
