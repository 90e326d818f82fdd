"""Plans of many bars: codes of bars, codes of sections over them, and a prior that says which comes next.

A study beside the autoencoder whose codes it reads; nothing of it is exported.
"""
