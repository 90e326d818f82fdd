"""Mines accompaniments: how the parts of the corpus strike their chords and move their basses, bar by bar."""
