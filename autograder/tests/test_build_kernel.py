"""`build` talks to its kernel so that nobody on the machine can listen."""

from __future__ import annotations

import nbformat
import pytest
from nbformat import v4

from autograder.authoring.build import execute

ASKED = """from ipykernel.kernelapp import IPKernelApp
print(IPKernelApp.instance().curve_secretkey is not None)"""


def test_the_kernel_is_reached_by_an_encrypted_connection(
    capfd: pytest.CaptureFixture[str],
) -> None:
    notebook: nbformat.NotebookNode = v4.new_notebook(cells=[v4.new_code_cell(ASKED)])
    done = execute(notebook)
    assert done.cells[0].outputs[0].text == "True\n"
    assert "encryption" not in capfd.readouterr().err  # what ipykernel warns of otherwise
