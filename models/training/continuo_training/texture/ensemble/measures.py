"""What bars of several parts are like beside people's: how the parts go together, how much there is, what is new."""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from ..bars import TextureSet
from ..conditions import measured
from ..evaluation import spearman
from ..grid import N_SLOTS, PARTS, SLOTS
from ..measures import f1
from .ensembles import Ensembles
from .networks import BASS, CHORDS, DRUMS, KICK, SNARE

SHUFFLES = 8
"""How often parts are put together anew to find out how much they seem to agree by chance."""
QUANTILES = np.linspace(0.005, 0.995, 100)
POINTS = 11


def pairs(hits: np.ndarray) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Who is to go together with whom: onsets `[bars, slots]` of both; hits `[bars, parts, slots, rows]`."""
    chords, bass = hits[:, CHORDS].any(2), hits[:, BASS].any(2)
    return {
        "kick–bass": (hits[:, DRUMS, :, KICK], bass),
        "snare–chords": (hits[:, DRUMS, :, SNARE], chords),
        "chords–bass": (chords, bass),
    }


def information(meter: np.ndarray, one: np.ndarray, other: np.ndarray) -> float:
    """The mutual information of onsets `[bars, slots]` given meter and slot, in bits a slot."""
    total, slots = 0.0, 0.0
    for number, count in enumerate(SLOTS):
        mine = meter == number
        if not mine.any():
            continue
        first, second = one[mine, :count], other[mine, :count]
        all_bars = mine.sum()
        for a in (first, ~first):
            for b in (second, ~second):
                both, expected = (a & b).sum(0), a.sum(0) * b.sum(0) / all_bars
                seen = both > 0
                total += (both[seen] * np.log2(both[seen] / expected[seen])).sum()
        slots += float(all_bars * count)
    return total / slots if slots else 0.0


def elsewhere(piece: np.ndarray, meter: np.ndarray, step: int) -> np.ndarray:
    """To each bar one of another piece and the same meter, the first from `step` bars later on; −1 for none."""
    found = np.full(len(piece), -1)
    for number in np.unique(meter):
        mine = np.flatnonzero(meter == number)
        of_piece = piece[mine]
        if len(np.unique(of_piece)) < 2:
            continue
        start = np.searchsorted(mine, (mine + step) % len(piece)) % len(mine)
        last = np.flatnonzero(of_piece != np.roll(of_piece, -1))
        after = (last[np.searchsorted(last, start) % len(last)] + 1) % len(mine)
        start = np.where(of_piece[start] == of_piece, after, start)
        found[mine] = mine[start]
    return found


def interlock(piece: np.ndarray, meter: np.ndarray, one: np.ndarray, other: np.ndarray) -> tuple[int, float] | None:
    """How two go together who strike at `one` and `other` `[bars, slots]`: bars in which both do, and millibits a slot.

    These are the mutual information beyond that of bars that do not belong together, as the table of the whole band
    counts it (tests/src/eval/texture/measures.rs). Nothing if there are no two pieces.
    """
    both = one.any(1) & other.any(1)
    piece, meter, one, other = (values[both] for values in (piece, meter, one, other))
    if len(np.unique(piece)) < 2:
        return None
    apart = []
    for shuffle in range(1, SHUFFLES + 1):
        place = elsewhere(piece, meter, shuffle * len(piece) // (SHUFFLES + 1))
        known = place >= 0
        apart.append(information(meter[known], one[known], other[place[known]]))
    return int(both.sum()), 1000 * (information(meter, one, other) - float(np.mean(apart)))


def attributes(bars: Ensembles, hits: np.ndarray, part: int) -> dict[str, np.ndarray]:
    """Density and syncopation of the bars of one part in which it strikes."""
    mine = hits[:, part].any((1, 2))
    of_part = hits[mine, part]
    blank, none = np.zeros(mine.sum()), np.zeros((mine.sum(), N_SLOTS), bool)
    columns = dict.fromkeys(TextureSet.__dataclass_fields__, blank)
    silent = np.zeros(of_part.shape)
    columns |= {"hits": of_part, "velocity": silent, "offset": silent, "length": silent}
    columns |= {"changes": none, "onsets": none, "meter": bars.meter[mine], "part": np.full(mine.sum(), part)}
    found = measured(TextureSet(**columns))
    return {name: found[name][~np.isnan(found[name])] for name in ("density", "syncopation")}


def apart(one: np.ndarray, other: np.ndarray) -> float:
    """How far two distributions are apart: the mean difference of their quantiles. Too much counts as too little."""
    if not (len(one) and len(other)):
        return float("nan")
    return float(np.abs(np.quantile(one, QUANTILES) - np.quantile(other, QUANTILES)).mean())


def packed(hits: np.ndarray) -> list[bytes]:
    """Every bar as bytes."""
    return [row.tobytes() for row in np.packbits(hits.reshape(len(hits), -1), axis=1)]


class Known:
    """Bars that are known: whole ones, by which parts sound, and those of each part."""

    def __init__(self, bars: Ensembles) -> None:
        self.whole = set(packed(bars.hits))
        self.of_part = [set(packed(bars.hits[bars.present[:, part], part])) for part in range(len(PARTS))]

    def copies(self, hits: np.ndarray) -> float:
        """The share of bars that are known as a whole."""
        return float(np.mean([bar in self.whole for bar in packed(hits)]))

    def copies_of_part(self, hits: np.ndarray, part: int) -> float:
        """The share of one part's bars that are known."""
        return float(np.mean([bar in self.of_part[part] for bar in packed(hits[:, part])]))


def distinct(hits: np.ndarray) -> float:
    """Different bars among a thousand."""
    return 1000 * len(set(packed(hits))) / max(len(hits), 1)


def judged(bars: Ensembles, hits: np.ndarray, mixed: np.ndarray, known: Known) -> dict[str, Any]:
    """All of bars made in the places of people's; `mixed` are people's with their rows dealt anew.

    `off` is how far density and syncopation are from people's, as a share of how far those of `mixed` are.
    """
    found: dict[str, Any] = {
        "bars": len(bars),
        "f1": f1(hits, bars.hits),
        "distinct": distinct(hits),
        "copies": known.copies(hits),
        "interlock": _interlocks(bars, hits),
        "parts": {},
    }
    for part, name in enumerate(PARTS):
        mine = bars.present[:, part]
        if not mine.any():
            continue
        rows = {
            kind: attributes(bars, of, part) for kind, of in (("ours", hits), ("people", bars.hits), ("mix", mixed))
        }
        found["parts"][name] = {
            "bars": int(mine.sum()),
            "silent": float((~hits[mine, part].any((1, 2))).mean()),
            "distinct": distinct(hits[mine, part]),
            "copies": known.copies_of_part(hits[mine], part),
        }
        for kind in ("density", "syncopation"):
            ours, people, mix = (rows[row][kind] for row in ("ours", "people", "mix"))
            found["parts"][name][kind] = {
                "mean": float(ours.mean()) if len(ours) else 0.0,
                "of_people": float(people.mean()),
                "apart": apart(ours, people),
                "off": apart(ours, people) / max(apart(mix, people), 1e-6),
            }
    return found


def _interlocks(bars: Ensembles, hits: np.ndarray) -> dict[str, dict[str, Any]]:
    """Of each pair bars, millibits and their standard error: the jackknife's, which leaves out one piece after another.

    A bootstrap would put a piece beside itself, and call that chance.
    """
    found = {}
    for name, (one, other) in pairs(hits).items():
        counted = interlock(bars.piece, bars.meter, one, other)
        if counted is None:
            continue
        without = []
        for piece in np.unique(bars.piece[one.any(1) & other.any(1)]):
            rest = bars.piece != piece
            again = interlock(bars.piece[rest], bars.meter[rest], one[rest], other[rest])
            without += [] if again is None else [again[1]]
        spread = float(np.sqrt(max(len(without) - 1, 0)) * np.std(without)) if without else 0.0
        found[name] = {"bars": counted[0], "millibits": counted[1], "error": spread}
    return found


def score(found: dict[str, Any], people: dict[str, Any]) -> float:
    """How far it is from people's, for choosing on `valid`: interlocks and attributes.

    Interlocks as a share of people's, or of the standard error of these if that is more; attributes by `off`.
    """
    locks = [
        abs(found["interlock"].get(name, {"millibits": 0.0})["millibits"] - own["millibits"])
        / max(own["millibits"], own["error"])
        for name, own in people["interlock"].items()
    ]
    offs = [part[kind]["off"] for part in found["parts"].values() for kind in ("density", "syncopation")]
    return float(np.mean(locks) + np.mean(offs))


def walked(ways: np.ndarray) -> dict[str, float]:
    """What is met on ways of `POINTS` bars, `[points, ways, parts, slots, rows]`: as `texture.evaluation.path` says."""
    far = (ways != ways[0]).sum((2, 3, 4))
    moved = far[-1] > 0
    steps = np.stack([(after != before).sum((1, 2, 3)) for before, after in pairwise(ways)])[:, moved]
    along = np.linspace(0, 1, len(ways))
    ends = ways[0].sum() + ways[-1].sum()
    return {
        "ways": int(moved.sum()),
        "unmoved": float((~moved).mean()),
        "rises": float(np.mean([spearman(along, way) for way in far[:, moved].T])) if moved.any() else 0.0,
        "largest_step": float((steps.max(0) / steps.mean(0)).mean()) if moved.any() else 0.0,
        "strokes_a_step": float(steps.mean()) if moved.any() else 0.0,
        "middle": float(2 * ways[len(ways) // 2].sum() / max(ends, 1)),
    }
