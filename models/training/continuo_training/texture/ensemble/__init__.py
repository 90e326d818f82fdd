"""Bars that Chords, Bass and Drums strike together, made by a network that another one judges.

A study; nothing of it is exported.
"""
