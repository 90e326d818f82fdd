"""The soloist: a monophonic line, note by note."""
