# SPDX-License-Identifier: MIT
"""Arrays in and out without a copy: NumPy's where it is installed, else memoryviews."""

from __future__ import annotations

import array
import math
import weakref
from typing import Any, Dict, Optional, Sequence, Tuple

from . import errors
from ._binding import ffi

try:
    import numpy
except ImportError:  # NumPy is an extra
    numpy = None  # type: ignore[assignment]

# C type: (NumPy's, memoryview's format, its equals, least, most)
_KINDS: Dict[str, Tuple[str, str, str, Any, Any]] = {
    "uint8_t": ("u1", "B", "B?", 0, 2**8 - 1),
    "uint32_t": ("u4", "I", "I", 0, 2**32 - 1),
    "uint64_t": ("u8", "L", "LQN", 0, 2**64 - 1),
    "int64_t": ("i8", "l", "lqn", -(2**63), 2**63 - 1),
    "size_t": ("u8", "L", "LQN", 0, 2**64 - 1),
    "float": ("f4", "f", "f", None, None),
    "double": ("f8", "d", "d", None, None),
}  # fmt: skip


def _code(kind: str) -> Any:
    """The memoryview's format of a C type."""
    return _KINDS[kind][1]


def numpy_or_none() -> Any:
    """NumPy where it is installed."""
    return numpy


def need_numpy(what: str) -> Any:
    """NumPy, or an exception that says what needs it."""
    if numpy is None:
        raise errors.UnsupportedError(f"{what} needs NumPy: pip install numpy (or vdib[numpy])")
    return numpy


def lent(pointer: Any, kind: str, shape: Tuple[int, ...], owner: Any) -> Any:
    """The library's memory as an array that cannot be written to; `owner` lives as long as the array."""
    count = math.prod(shape)
    if count == 0:
        return made(kind, shape)[0]
    memory = memoryview(shared(pointer, count * ffi.sizeof(kind), owner)).toreadonly()
    if numpy is not None:
        return numpy.frombuffer(memory, dtype=_KINDS[kind][0]).reshape(shape)
    return memory.cast("B").cast(_code(kind), shape)


def shared(pointer: Any, size: int, owner: Any) -> Any:
    """The library's memory as a buffer that may be written to; `owner` lives as long as the buffer."""
    held = ffi.cast("char *", pointer)
    weakref.finalize(held, _forget, owner).atexit = False
    return ffi.buffer(held, size)


def _forget(owner: Any) -> None:
    """The array is gone: nothing refers to its owner for it any more."""


def made(kind: str, shape: Tuple[int, ...]) -> Tuple[Any, Any]:
    """A new array and the pointer to its memory, which the library fills."""
    if numpy is not None:
        values = numpy.zeros(shape, dtype=_KINDS[kind][0])
        if values.size == 0:
            return values, ffi.NULL
        return values, ffi.from_buffer(f"{kind}[]", values.reshape(-1), require_writable=True)
    count = math.prod(shape)
    memory = bytearray(max(count, 1) * ffi.sizeof(kind))
    if count == 0:
        return memoryview(memory)[:0].cast(_code(kind)), ffi.NULL
    view = memoryview(memory).cast(_code(kind), shape)
    return view, ffi.from_buffer(f"{kind}[]", memory, require_writable=True)


def copied(pointer: Any, kind: str, shape: Tuple[int, ...]) -> Any:
    """A copy of the library's memory as an array."""
    values, memory = made(kind, shape)
    if memory != ffi.NULL:
        ffi.memmove(memory, pointer, math.prod(shape) * ffi.sizeof(kind))
    return values


def taken(values: Any, kind: str, name: str, rank: int = 1) -> Tuple[Any, Tuple[int, ...]]:
    """An array of the caller's for the library: a pointer, which keeps the memory, and the shape.

    Without a copy where it is of the C type, in order of rows and in one piece; other whole numbers are converted and
    checked, real numbers are rounded to the type. Lists are converted.
    """
    if _fits(values, kind):
        given, shape = values, memoryview(values).shape or ()
    else:
        given, shape = _converted(values, kind, name)
    if len(shape) != rank:
        raise errors.ArgumentError(f"{name} has {len(shape)} dimensions; it must have {rank}")
    if 0 in shape:
        return ffi.NULL, shape
    return ffi.from_buffer(f"{kind}[]", given), shape


def _fits(values: Any, kind: str) -> bool:
    """Whether the library may read an array as it is. (A memoryview that a frame of an exception keeps crashes
    Python 3.11 when both are freed as a cycle: none is kept here.)"""
    if isinstance(values, (bytes, bytearray)) and kind != "uint8_t":
        return False
    try:
        view = memoryview(values)
    except (TypeError, ValueError, BufferError):
        return False
    of_kind = view.format.lstrip("=<@") in tuple(_KINDS[kind][2]) and view.itemsize == ffi.sizeof(kind)
    return of_kind and view.c_contiguous


def _converted(values: Any, kind: str, name: str) -> Tuple[Any, Tuple[int, ...]]:
    dtype, _, _, least, most = _KINDS[kind]
    if isinstance(values, (str, bytes)) or values is None:
        raise TypeError(f"{name} is a {type(values).__name__}; it must be an array of numbers")
    if numpy is None:
        return _from_list(values, kind, name)
    try:
        given = numpy.asarray(values)
    except Exception as error:  # an array of another device, ragged lists
        raise errors.ArgumentError(f"{name} cannot be read as an array: {error}") from error
    if least is None:
        if given.dtype.kind not in "fiub":
            raise TypeError(f"{name} holds {given.dtype}; it must hold real numbers")
    elif given.size > 0:
        if given.dtype.kind not in "iub":
            raise TypeError(f"{name} holds {given.dtype}; it must hold whole numbers")
        if int(given.min()) < least or int(given.max()) > most:
            wrong = given.min() if int(given.min()) < least else given.max()
            raise errors.ArgumentError(f"{name} holds {wrong}; values must be from {least} to {most}")
    with numpy.errstate(over="ignore"):
        return numpy.ascontiguousarray(given, dtype=dtype).reshape(given.shape), given.shape


def _from_list(values: Any, kind: str, name: str) -> Tuple[Any, Tuple[int, ...]]:
    """Without NumPy: nested lists, row by row."""
    flat, shape = _flat(values, name)
    code, least, most = _code(kind), _KINDS[kind][3], _KINDS[kind][4]
    if least is not None:
        for value in flat:
            if not hasattr(value, "__index__"):
                raise TypeError(f"{name} holds a {type(value).__name__}; it must hold whole numbers")
            if not least <= value.__index__() <= most:
                raise errors.ArgumentError(f"{name} holds {value}; values must be from {least} to {most}")
    try:
        return array.array(code, flat), shape
    except TypeError as error:
        raise TypeError(f"{name}: {error}; it must hold real numbers") from None


def _flat(values: Any, name: str) -> Tuple[Sequence[Any], Tuple[int, ...]]:
    rows = values.tolist() if hasattr(values, "tolist") else list(values)
    shape: Tuple[int, ...] = (len(rows),)
    while rows and hasattr(rows[0], "__len__"):
        widths = {len(row) if hasattr(row, "__len__") else -1 for row in rows}
        if len(widths) != 1:
            raise errors.ArgumentError(f"{name} has rows of different lengths; all must be as long")
        shape = (*shape, widths.pop())
        rows = [value for row in rows for value in row]
    return rows, shape
