"""The step networks: three families whose weights commute with transposition."""
