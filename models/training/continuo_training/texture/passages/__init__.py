"""Passages: bars in a row that one piece has, all its parts together, which the band plays."""
