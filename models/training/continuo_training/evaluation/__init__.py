"""Measures on the test split."""
