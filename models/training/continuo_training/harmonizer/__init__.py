"""The harmonizer: the chords of a whole chorus at once."""
