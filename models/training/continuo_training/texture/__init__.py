"""Textures: what a bar of drums, of Chords or of a bass strikes, on a grid that knows no pitch."""
