"""All files that name the version name the same one, as CONTRIBUTING.md asks before a tag."""

from __future__ import annotations

import re
import tomllib

from autograder.core.roots import PROJECT


def read(name: str) -> str:
    return (PROJECT / name).read_text(encoding="utf-8")


def test_the_version_is_the_same_everywhere() -> None:
    version = tomllib.loads(read("pyproject.toml"))["project"]["version"]
    headings = re.findall(r"^## (\S+)", read("CHANGELOG.md"), re.M)
    released = [heading for heading in headings if heading != "Unreleased"]
    assert released[0] == version
    assert headings.index(released[0]) <= 1  # nothing but what is not released yet stands above it
    assert re.findall(r"^version: (\S+)$", read("CITATION.cff"), re.M) == [version]
    assert f"notebook_autograder-{version}-py3" in read("course/deployment.md")
