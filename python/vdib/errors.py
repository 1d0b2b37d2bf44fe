# SPDX-License-Identifier: MIT
"""Exceptions: one class for each status of the library, all of them :class:`VdibError`.

The text of an exception is the library's message: one line that says what was wrong, where (file, byte or line), and
what would be right. Classes also derive from Python's own where there is one of that meaning.
"""

from __future__ import annotations

from typing import Dict, Type

__all__ = [
    "VdibError", "ArgumentError", "OutOfMemoryError", "FileError", "FormatError", "ConfigError", "DataError",
    "NumericError", "VersionError", "CancelledError", "ExistsError", "UnsupportedError",
]  # fmt: skip


class VdibError(Exception):
    """What all exceptions of the library are. `status` is the library's code, `name` its name."""

    status = -1
    name = "UNKNOWN"


class ArgumentError(VdibError, ValueError):
    """An argument is outside its documented range, has another shape, or is a closed object."""

    status, name = 1, "ERROR_ARGUMENT"


class OutOfMemoryError(VdibError, MemoryError):
    """Memory could not be allocated, or would not suffice."""

    status, name = 2, "ERROR_MEMORY"


class FileError(VdibError, OSError):
    """A file could not be opened, read or written."""

    status, name = 3, "ERROR_IO"


class FormatError(VdibError, ValueError):
    """A file's content is not what its format demands."""

    status, name = 4, "ERROR_FORMAT"


class ConfigError(VdibError, ValueError):
    """A configuration key or value is not valid."""

    status, name = 5, "ERROR_CONFIG"


class DataError(VdibError, ValueError):
    """The data do not fit the experiment, or their source failed: `__cause__` is what it raised."""

    status, name = 6, "ERROR_DATA"


class NumericError(VdibError, ArithmeticError):
    """A number is not finite."""

    status, name = 7, "ERROR_NUMERIC"


class VersionError(VdibError):
    """A file is from an incompatible version."""

    status, name = 8, "ERROR_VERSION"


class CancelledError(VdibError):
    """A callback asked to stop."""

    status, name = 9, "ERROR_CANCELLED"


class ExistsError(VdibError, FileExistsError):
    """An output path exists already."""

    status, name = 10, "ERROR_EXISTS"


class UnsupportedError(VdibError, NotImplementedError):
    """The operation is not available here."""

    status, name = 11, "ERROR_UNSUPPORTED"


by_status: Dict[int, Type[VdibError]] = {
    error.status: error
    for error in (
        ArgumentError, OutOfMemoryError, FileError, FormatError, ConfigError, DataError, NumericError, VersionError,
        CancelledError, ExistsError, UnsupportedError,
    )  # fmt: skip
}
