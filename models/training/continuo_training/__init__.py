"""Trains, prunes, quantizes, exports and evaluates the networks of Continuo."""
