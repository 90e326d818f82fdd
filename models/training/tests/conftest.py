"""One thread for every test, as for every training; and where PyTorch is not installed, the tests that need none."""

import importlib
from importlib.util import find_spec

HEAVY = {"torch", "lightning_fabric", "onnx", "onnxruntime"}
"""What networks need, and the import of music does not. It takes gigabytes, so that not every check installs it."""
left_out = []

if find_spec("torch"):
    from continuo_training.training import quiet_threads

    quiet_threads()


def pytest_ignore_collect(collection_path):
    """Leaves a file out that imports, by whatever way, what is not installed of `HEAVY`."""
    if find_spec("torch") or not collection_path.match("test_*.py"):
        return None
    try:
        importlib.import_module(collection_path.stem)
    except ModuleNotFoundError as missing:
        if missing.name in HEAVY:
            left_out.append(collection_path.stem)
            return True
    return None


def pytest_terminal_summary(terminalreporter):
    """Says what was left out."""
    if left_out:
        terminalreporter.line(f"Left out, for PyTorch is not installed: {', '.join(sorted(left_out))}")
