"""nbgrader's configuration: its own commands and formgrader grade by the same sandboxed path as `autograder grade`."""

from pathlib import Path

from autograder.nbgrader_plugin.preprocessors import configure

c = get_config()  # noqa: F821  traitlets puts it there
configure(c, Path(__file__).resolve().parent)
