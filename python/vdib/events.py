# SPDX-License-Identifier: MIT
"""Timed address-events and the files that hold them."""

from __future__ import annotations

from typing import Any, Tuple

from . import errors
from ._arrays import need_numpy
from ._binding import ffi


def _dtype() -> Any:
    numpy = need_numpy("vdib.events.dtype")
    return numpy.dtype({"names": ["t", "x", "y", "p"], "formats": ["<i8", "<u2", "<u2", "u1"],
                        "offsets": [0, 8, 10, 12], "itemsize": 16})  # fmt: skip


def taken_events(events: Any) -> Tuple[Any, int]:
    """Events of the caller's for the library: a pointer, which keeps the memory, and their number."""
    numpy = need_numpy("an array of events")
    given = numpy.asarray(events)
    names = given.dtype.names
    if names is None or not {"t", "x", "y", "p"} <= set(names):
        raise errors.ArgumentError("events have no fields t, x, y, p; make a structured array of vdib.events.dtype")
    if given.ndim != 1:
        raise errors.ArgumentError(f"events have {given.ndim} dimensions; they must have 1")
    if given.dtype != _dtype() or not given.flags.c_contiguous:
        given = _converted(numpy, given)
    if len(given) == 0:
        return ffi.NULL, 0
    return ffi.from_buffer("vdib_event[]", given.view("u1")), len(given)


def _converted(numpy: Any, given: Any) -> Any:
    made = numpy.zeros(len(given), _dtype())
    for name, least, most in (("t", -(2**63), 2**63 - 1), ("x", 0, 2**16 - 1), ("y", 0, 2**16 - 1), ("p", 0, 1)):
        column = given[name]
        if column.dtype.kind not in "iub":
            raise TypeError(f"{name} of the events holds {column.dtype}; it must hold whole numbers")
        if len(column) > 0 and (int(column.min()) < least or int(column.max()) > most):
            wrong = column.min() if int(column.min()) < least else column.max()
            raise errors.ArgumentError(f"{name} of the events holds {wrong}; it must be from {least} to {most}")
        made[name] = column
    return made
