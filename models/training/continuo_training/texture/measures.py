"""How alike bars are."""

from __future__ import annotations

import numpy as np


def f1(found: np.ndarray, meant: np.ndarray) -> float:
    """F1 of the strokes of bars, all together: slot and row must agree."""
    both = (found & meant).sum()
    return float(2 * both / max(found.sum() + meant.sum(), 1))
