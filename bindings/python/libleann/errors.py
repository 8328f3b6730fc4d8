"""What can go wrong: a class for each status of the library."""

from __future__ import annotations


class LEANNError(Exception):
    """Anything the library or one of its programs says no to; `status` is its number."""

    status = 2

    def __init__(self, message: str, status: int | None = None) -> None:
        super().__init__(message)
        if status is not None:
            self.status = status


class LEANNUsageError(LEANNError, ValueError):
    """Wrong use: an unknown language or field, a value out of its range, a closed index."""

    status = 1


class LEANNDataError(LEANNError):
    """A damaged or missing index, another model, a failed system call."""

    status = 2


class LEANNNotFoundError(LEANNError, LookupError):
    """The index has no such file, or no passage at that line."""

    status = 3


class LEANNTemporaryError(LEANNError):
    """Try again later: the embedding server could not be reached in time, or a store is being written."""

    status = 75


_BY_STATUS = {c.status: c for c in (LEANNUsageError, LEANNDataError, LEANNNotFoundError, LEANNTemporaryError)}


def by_status(status: int, message: str) -> LEANNError:
    """The exception for a status of leann_error or an exit status of a program."""
    return _BY_STATUS.get(status, LEANNDataError)(message, status)
