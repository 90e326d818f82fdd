"""Reads a folder of MIDI, MusicXML and ABC files into the format of the corpus."""
