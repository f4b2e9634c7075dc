"""The errors that Wattscape raises on purpose, each with a sentence for the person who can act on it."""


class WattscapeError(Exception):
    """Base of every error of this product."""


class UserError(WattscapeError):
    """Something that the reader can put right: a file, an option, a selection. Exit status 2 on the command line."""


class FileError(UserError):
    """A file that cannot be read as electricity data; the sentence names the file, what is wrong and what to do."""


class SelectionError(UserError):
    """A selection (site, period, measure …) that does not exist or makes no sense."""


class WarehouseError(WattscapeError):
    """The database cannot be reached or does not hold what it should."""


class ModelError(WattscapeError):
    """A series that a model refuses, because it is too short or too broken; the sentence says what is missing."""


# What numbers that nobody thought of raise inside a model: the series or the step is recorded as failed, and the rest
# is done. Every other exception is a mistake in the code, and stops it.
UNFORESEEN = (ArithmeticError, LookupError, ValueError)
