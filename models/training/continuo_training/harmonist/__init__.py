"""The harmonist: which chord, frame by frame."""
