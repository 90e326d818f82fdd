"""Chord qualities of the corpus."""

from __future__ import annotations


def quality_of(intervals: set[int]) -> str:
    """The corpus' quality of a chord with these semitones above its root; ninths and higher tones are left out."""
    if 4 in intervals:
        return _with_major_third(intervals)
    if 3 in intervals:
        return _with_minor_third(intervals)
    if 5 in intervals:
        return "7sus4" if 10 in intervals else "sus4"
    if 10 in intervals:
        return "7"
    return "sus2" if 2 in intervals else "5"


def _with_major_third(intervals: set[int]) -> str:
    raised, lowered = 8 in intervals and 7 not in intervals, 6 in intervals and 7 not in intervals
    if 11 in intervals:
        return "augmaj7" if raised else "maj7"
    if 10 in intervals:
        return "aug7" if raised else "7b5" if lowered else "7"
    if raised:
        return "aug"
    if lowered:
        return "majb5"
    return "6" if 9 in intervals else "maj"


def _with_minor_third(intervals: set[int]) -> str:
    lowered = 6 in intervals and 7 not in intervals
    if 11 in intervals:
        return "minmaj7"
    if 10 in intervals:
        return "hdim7" if lowered else "min7"
    if 9 in intervals:
        return "dim7" if lowered else "min6"
    return "dim" if lowered else "min"
