"""How often each piece is drawn: the imbalance between the sources is handled here."""

from __future__ import annotations

import numpy as np

from .vocabulary import N_STYLES, STYLES

OTHER = 0.1
"""Weight of a source that the configuration does not name."""


def piece_weights(source: np.ndarray, style: np.ndarray, lengths: np.ndarray, config: dict) -> np.ndarray:
    """Chance of each piece, summing to 1.

    A source's weight (`source_weight` by name) is shared among its pieces by the square root of their length, times
    `style_weight` of their style: thin styles are drawn more often than their share of the source.
    """
    by_style = np.array([config.get("style_weight", {}).get(name, 1.0) for name in STYLES])
    share = np.sqrt(lengths) * by_style[style]
    weights = np.zeros(len(source))
    for name in np.unique(source):
        mine = source == name
        weights[mine] = config["source_weight"].get(str(name), OTHER) * share[mine] / share[mine].sum()
    return weights / weights.sum()


def style_shares(style: np.ndarray, weights: np.ndarray) -> str:
    """What part of the sequences is of each style, for people to read."""
    shares = np.bincount(style, weights=weights, minlength=N_STYLES)
    return "  ".join(f"{name} {share:.1%}" for name, share in zip(STYLES, shares, strict=True))
