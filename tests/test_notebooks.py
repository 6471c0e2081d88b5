"""The notebooks run from their first cell to their last."""

from pathlib import Path

import nbformat
import pytest
from ipykernel.kernelspec import write_kernel_spec
from jupyter_client.kernelspec import KernelSpecManager
from jupyter_client.manager import AsyncKernelManager
from nbclient import NotebookClient

NOTEBOOKS = sorted((Path(__file__).parents[1] / "notebooks").glob("*.ipynb"))
SLOWEST_CELL = 300
"""Seconds that one cell may take: mining two weeks takes ten times less."""


def read(notebook: Path) -> nbformat.NotebookNode:
    """The cells in the file."""
    return nbformat.read(notebook, as_version=4)  # type: ignore[no-untyped-call]


@pytest.fixture
def kernels(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> KernelSpecManager:
    """Offers one kernel, `python3`: this very Python, whatever else is installed for the person."""
    monkeypatch.setenv("IPYTHONDIR", str(tmp_path / "ipython"))
    write_kernel_spec(tmp_path / "kernels" / "python3")
    return KernelSpecManager(kernel_dirs=[str(tmp_path / "kernels")])


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.stem)
def test_a_notebook_runs_to_its_end(notebook: Path, kernels: KernelSpecManager) -> None:
    """Every cell of the notebook runs without an error, started in the notebook's folder."""
    cells = read(notebook)
    kernel = AsyncKernelManager(kernel_name="python3", kernel_spec_manager=kernels)
    folder = {"metadata": {"path": str(notebook.parent)}}
    client = NotebookClient(cells, km=kernel, timeout=SLOWEST_CELL, resources=folder)
    client.execute(cleanup_kc=True)  # or the kernel would live as long as the tests


@pytest.mark.parametrize("notebook", NOTEBOOKS, ids=lambda notebook: notebook.stem)
def test_a_notebook_is_kept_without_outputs(notebook: Path) -> None:
    """The notebook's file has neither outputs nor execution counts, so its diffs are what people wrote."""
    code = [cell for cell in read(notebook).cells if cell.cell_type == "code"]
    assert code
    assert not [cell.id for cell in code if cell.outputs or cell.execution_count]


def test_there_are_notebooks() -> None:
    """The tests above have something to run."""
    assert NOTEBOOKS
