"""Errors that tell a user what was found, what was expected, and the way out."""


class InputError(Exception):
    """The input or the config can't be used as it is; the message says what to do."""
