"""Which key fits what has sounded."""

from __future__ import annotations

import numpy as np

# Krumhansl and Kessler 1982: how well each pitch class fits a major and a minor key on C.
MAJOR = np.array([6.35, 2.23, 3.48, 2.33, 4.38, 4.09, 2.52, 5.19, 2.39, 3.66, 2.29, 2.88])
MINOR = np.array([6.33, 2.68, 3.52, 5.38, 2.60, 3.53, 2.54, 4.75, 3.98, 2.69, 3.34, 3.17])


def key_profiles() -> np.ndarray:
    """The 24 profiles `[24, 12]`, major keys first, each with mean 0 and length 1."""
    rows = np.array([np.roll(profile, tonic) for profile in (MAJOR, MINOR) for tonic in range(12)])
    rows = rows - rows.mean(1, keepdims=True)
    return rows / np.linalg.norm(rows, axis=1, keepdims=True)


def key_fits(weights: np.ndarray) -> np.ndarray:
    """How well each of the 24 keys, 0–11 major and 12–23 minor, fits pitch-class weights `[…, 12]`: `[…, 24]`.

    Within a vector of weights the fits are in the order of the correlations with the profiles.
    """
    return (weights - weights.mean(-1, keepdims=True)) @ key_profiles().T
