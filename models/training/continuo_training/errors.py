"""What a person can put right, as opposed to a fault of the program."""


class UsageError(ValueError):
    """What was asked for does not fit what is there; the message says what to do."""
