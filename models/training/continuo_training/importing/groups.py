"""Joins variants of one tune into groups, and gives every group a split."""

from __future__ import annotations

import hashlib
import re
import unicodedata
from collections import Counter, defaultdict
from itertools import pairwise

from .score import Note

GRAM = 6
"""Intervals in a gram of the fingerprint."""
ALIKE = 0.5
"""Share of the grams of the shorter melody from which on two melodies are one tune."""
FEWEST_GRAMS = 6
COMMON = 40
"""A gram that more melodies than this have says nothing: a scale, an arpeggio."""

TRAIN, VALID = 90, 95
"""Hundredths up to which a group is in `train`, then in `valid`; the others are in `test`."""


def title_key(title: str) -> str:
    """A title without accents, case, punctuation, articles, remarks in brackets and marks of a copy."""
    plain = unicodedata.normalize("NFKD", title).casefold()
    plain = re.sub(r"\(.*?\)|\[.*?\]", " ", plain)
    words = re.findall(r"[^\W_]+", "".join(c for c in plain if not unicodedata.combining(c)))
    while len(words) > 1 and re.fullmatch(r"copy|version|variant|v\d+", words[-1]):
        words.pop()
    return " ".join(word for word in words if word not in ("the", "a", "an"))


def fingerprint(melody: list[Note]) -> frozenset[tuple[int, ...]]:
    """The runs of six intervals of a melody, repeated notes left out: the same in every key and rhythm."""
    pitches = [pitch for _, _, pitch in melody]
    steps = [after - before for before, after in pairwise(pitches) if after != before]
    return frozenset(tuple(steps[first : first + GRAM]) for first in range(len(steps) - GRAM + 1))


def _alike(prints: list[frozenset[tuple[int, ...]]]) -> list[tuple[int, int]]:
    """Pairs of melodies that share most of their grams."""
    having = defaultdict(list)
    for index, grams in enumerate(prints):
        for gram in grams:
            having[gram].append(index)
    shared: Counter[tuple[int, int]] = Counter()
    for owners in having.values():
        if len(owners) <= COMMON:
            shared.update((one, other) for place, one in enumerate(owners) for other in owners[place + 1 :])
    return [
        (one, other)
        for (one, other), count in shared.items()
        if count >= max(ALIKE * min(len(prints[one]), len(prints[other])), FEWEST_GRAMS)
    ]


def groups_of(titles: list[str], melodies: list[list[Note]]) -> list[str]:
    """The group of every piece: 12 hexadecimal digits, made from the titles of its members and nothing else."""
    parent = list(range(len(titles)))

    def top(index: int) -> int:
        while parent[index] != index:
            parent[index] = parent[parent[index]]
            index = parent[index]
        return index

    keys = [title_key(title) or title for title in titles]
    first: dict[str, int] = {}
    joined = [(first.setdefault(key, index), index) for index, key in enumerate(keys)]
    for one, other in joined + _alike([fingerprint(melody) for melody in melodies]):
        parent[top(other)] = top(one)
    names: dict[int, str] = {}
    for index, key in enumerate(keys):
        names[top(index)] = min(names.get(top(index), key), key)
    return [hashlib.sha256(names[top(index)].encode()).hexdigest()[:12] for index in range(len(titles))]


def _hundredth(group: str) -> int:
    return int(hashlib.sha256(group.encode()).hexdigest()[:8], 16) % 100


def splits_of(groups: list[str]) -> dict[str, str]:
    """The split of every group, by its hash: 90, 5 and 5 %.

    A small corpus gets at least one group in `train` and `valid`, and in `test` from three groups on, out of the split
    that has most: the largest for `train`, else the smallest. A single group cannot be split, and goes to `train`.
    """
    sizes = Counter(groups)
    splits = {}
    for group in sorted(sizes):
        place = _hundredth(group)
        splits[group] = "train" if place < TRAIN else "valid" if place < VALID else "test"
    wanted = ("train", "valid", "test")[: len(sizes)]
    for split in wanted:
        held = Counter(splits.values())
        if not held[split]:
            spare = max((name for name in held if held[name] > 1 or name not in wanted), key=lambda name: held[name])
            candidates = [group for group in splits if splits[group] == spare]
            candidates.sort(key=lambda group: (sizes[group], group))
            splits[candidates[-1 if split == "train" else 0]] = split
    return splits
