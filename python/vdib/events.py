# SPDX-License-Identifier: MIT
"""Timed address-events of an event sensor, and the files that hold them.

>>> events = vdib.events.read("recording.raw")            # a structured array: t, x, y, p
>>> events["t"][:2]
array([0, 12])
>>> for packet in vdib.events.packets("long.raw"):        # files of any size, in constant memory
...     count += len(packet)

`t` is in microseconds (int64), `x` the column and `y` the row from the top left corner (uint16), `p` 1 for ON and 0
for OFF (uint8).
"""

from __future__ import annotations

from typing import Any, Iterator, List, NamedTuple, Optional, Tuple

from . import errors
from ._arrays import lent, made, need_numpy
from ._binding import ffi, lib
from ._html import escape, table
from ._native import (
    NULL, Owner, PathLike, c_text, check, encoded_path, number, own, struct, text, text_or_none,
)  # fmt: skip

__all__ = [
    "Info", "Recording", "Packets", "Frame", "FramesInfo", "Frames", "Writer", "WriterFormat", "dtype", "read", "open",
    "packets", "frames", "write", "writer_formats", "info",
]  # fmt: skip


class Info(NamedTuple):
    """What a recording says of itself, and what was wrong with it. A value that the format does not hold is 0 until
    the whole file has been read."""

    format: str
    """for example "nmnist" """
    events: int
    """number of events in the file"""
    on_events: int
    """events of polarity 1"""
    width: int
    """sensor columns if the format says, else the largest x plus 1"""
    height: int
    """sensor rows if the format says, else the largest y plus 1"""
    first_us: int
    """time of the first event, in microseconds"""
    last_us: int
    """time of the last event, in microseconds"""
    out_of_order: int
    """events earlier than the one before them (:func:`read` sorts them, stably)"""
    overflows: int
    """overflow records that were applied and dropped"""
    wraps: int
    """how often time stamps started again because they have no more bits"""
    restarts: int
    """how often the clock started again for another reason"""
    dropped: int
    """events that the file marks as invalid, left out"""
    outside: int
    """events beyond the sensor that the file states, left out"""
    untimed: int
    """events before the beginning of a file that was cut, left out"""
    damaged: int
    """words, records, packets or lines that are nothing the format knows, left out"""
    others: int
    """records of other kinds (triggers, frames, inertial measurements), left out"""
    truncated: int
    """bytes at the end that are no whole record, left out"""
    unit: Optional[str]
    """unit of its times where it had to be recognised"""
    recordings: int
    """recordings in the file: 1 but for files of several"""
    recording: int
    """which of these it is, counted from 0"""
    label: int
    """class of the recording if the file says one, else -1"""
    split: Optional[str]
    """split that the file puts the recording in, None: none"""
    unit_by: Optional[str]
    """what said the unit ("by the column's name", "by the numbers", "as asked for"), None: the format says it"""
    unit_doubt: Optional[str]
    """why a unit that was recognised may be another one, after the last event; None: nothing speaks against it"""
    columns: Optional[str]
    """the order of columns where it was recognised by their values ("x y p t")"""
    ambiguous: bool
    """the values are events in another order of columns as well"""
    polarities: Optional[str]
    """what was made of polarities that are not 0 and 1; None: nothing"""
    rounded: int
    """events whose x or y has a fraction: the nearest pixel is it"""
    unpolarized: int
    """events that have no polarity in the file: they are ON"""
    assumed: Optional[str]
    """what had to be concluded from the content because the header does not say it"""
    unpacked: int
    """bytes that the file unpacks to in the cache folder, once for all who read it"""

    def _repr_html_(self) -> str:
        rows = [(name, escape(str(value))) for name, value in self._asdict().items() if value not in (None, 0)]
        return table(("", "value"), rows, f"{self.events} events of format {self.format}")


def info_of(told: Any) -> Info:
    """A struct of the library's as an Info."""
    values = {name: getattr(told, name) for name in Info._fields}
    for name, value in values.items():
        if isinstance(value, ffi.CData):
            values[name] = text_or_none(value)
    return Info(**values)


def __getattr__(name: str) -> Any:
    if name == "dtype":
        return _dtype()
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def _structured(pointer: Any, count: int, owner: Any) -> Any:
    """The library's events as a structured array, without a copy."""
    numpy = need_numpy("an array of events")
    if count == 0:
        return numpy.zeros(0, _dtype())
    return numpy.asarray(lent(pointer, "uint8_t", (count * ffi.sizeof("vdib_event"),), owner)).view(_dtype())


class Recording(Owner):
    """A whole recording in memory.

    :param path: a file of any format; its content names the format. "FILE#N" is recording N of a file of several
    :param unit: the unit of times in a file whose format does not say it (text, arrays, columns in HDF5): "s", "ms",
        "us" or "ns"; None: by the column's name, or recognised
    """

    def __init__(self, path: PathLike, *, unit: Optional[str] = None) -> None:
        opened = ffi.new("vdib_events **")
        check(lib.vdib_events_open_unit(encoded_path(path), c_text(unit, "unit"), opened))
        super().__init__(own(opened[0], lib.vdib_events_close))

    @property
    def info(self) -> Info:
        """What it says of itself."""
        told = struct("vdib_events_info")
        check(lib.vdib_events_describe(self._pointer, told))
        return info_of(told)

    @property
    def events(self) -> Any:
        """(count) structured array in order of time, without a copy; it cannot be written to."""
        pointer = self._pointer
        array, count = ffi.new("const vdib_event **"), ffi.new("size_t *")
        check(lib.vdib_events_all(pointer, array, count))
        return _structured(array[0], count[0], pointer)

    def __len__(self) -> int:
        return self.info.events

    def __repr__(self) -> str:
        return "Recording(closed)" if self.closed else f"Recording({len(self)} events, format {self.info.format!r})"

    def _repr_html_(self) -> str:
        return self.info._repr_html_()


def open(path: PathLike, *, unit: Optional[str] = None) -> Recording:
    """Opens a whole recording; :func:`packets` reads files of any size."""
    return Recording(path, unit=unit)


def read(path: PathLike, *, unit: Optional[str] = None) -> Any:
    """The events of a file: (count) structured array of :data:`dtype` in order of time, without a copy; `unit` as of
    :class:`Recording`."""
    return Recording(path, unit=unit).events


def info(path: PathLike, *, unit: Optional[str] = None) -> Info:
    """What a file says of itself: it is read to its end in constant memory."""
    with Packets(path, unit=unit) as opened:
        for _ in opened.chunks(1 << 16):
            pass
        return opened.info


class Packets(Owner):
    """A file of any size, read packet by packet in constant memory, in the order of the file.

    :param path: as of :class:`Recording`; "-" is the standard input
    :param strict: refuse what is otherwise counted and left out
    :param from_us, to_us: only events from this time on and before this one, in microseconds; None: no such end
    :param relative: both count from the first event
    :param capacity: the most events of a packet
    :param unit: as of :class:`Recording`
    """

    _lends = False

    def __init__(self, path: PathLike, *, strict: bool = False, from_us: Optional[int] = None,
                 to_us: Optional[int] = None, relative: bool = False, capacity: int = 1 << 16,
                 unit: Optional[str] = None) -> None:  # fmt: skip
        self.capacity, asked = number(capacity, "capacity", 1, 1 << 32), c_text(unit, "unit")
        options = struct("vdib_packets_options", strict=strict, relative=relative, unit=asked)
        if from_us is not None or to_us is not None:
            options.from_us = _time(from_us, "from_us", -(2**63))
            options.to_us = _time(to_us, "to_us", 2**63 - 1)
        opened = ffi.new("vdib_packets **")
        check(lib.vdib_packets_open(encoded_path(path), options, opened))
        super().__init__(own(opened[0], lib.vdib_packets_close))

    def read(self, capacity: Optional[int] = None) -> Any:
        """The next packet, a structured array of its own; an empty one at the end."""
        numpy = need_numpy("an array of events")
        packet = numpy.zeros(self.capacity if capacity is None else number(capacity, "capacity", 1, 1 << 32), _dtype())
        memory, count = ffi.from_buffer("vdib_event[]", packet.view("u1"), require_writable=True), ffi.new("size_t *")
        with self._using() as pointer:
            check(lib.vdib_packets_read(pointer, memory, len(packet), count))
        return packet[: count[0]]

    def chunks(self, capacity: int) -> Iterator[int]:
        """Reads on without keeping events: how many were in each packet."""
        memory, count = ffi.new("vdib_event[]", number(capacity, "capacity", 1, 1 << 32)), ffi.new("size_t *")
        while True:
            with self._using() as pointer:
                check(lib.vdib_packets_read(pointer, memory, capacity, count))
            if count[0] == 0:
                return
            yield count[0]

    def __iter__(self) -> Iterator[Any]:
        while len(packet := self.read()):
            yield packet

    @property
    def info(self) -> Info:
        """What is known of the file so far, complete after the last packet."""
        told = struct("vdib_events_info")
        with self._using() as pointer:
            check(lib.vdib_packets_describe(pointer, told))
        return info_of(told)


def _time(value: Optional[int], name: str, without: int) -> int:
    return without if value is None else number(value, name, -(2**63), 2**63 - 1)


def packets(path: PathLike, *, strict: bool = False, from_us: Optional[int] = None, to_us: Optional[int] = None,
            relative: bool = False, capacity: int = 1 << 16, unit: Optional[str] = None) -> Packets:  # fmt: skip
    """The packets of a file, one after the other; parameters as of :class:`Packets`."""
    return Packets(path, strict=strict, from_us=from_us, to_us=to_us, relative=relative, capacity=capacity, unit=unit)


# ---- pictures ----


class Frame(NamedTuple):
    """A picture that a recording holds beside its events."""

    t: int
    """time in microseconds, on the clock of the events: the middle of the exposure if the format says that"""
    pixels: Any
    """uint8 (height, width), or (height, width, 3) red, green, blue, from the top left corner"""
    x: int
    """column of the sensor at which it begins"""
    y: int
    """row of the sensor at which it begins"""


class FramesInfo(NamedTuple):
    """What was found in a recording's pictures so far."""

    format: str
    frames: int
    """pictures that were delivered"""
    width: int
    height: int
    damaged: int
    """pictures and packets that are nothing the format knows, left out"""
    truncated: int
    """bytes at the end that are no whole picture, left out"""


class Frames(Owner):
    """The pictures of a recording, one after the other in constant memory.

    :param path: a file of a format that holds pictures
    """

    _lends = False

    def __init__(self, path: PathLike) -> None:
        opened = ffi.new("vdib_frames **")
        check(lib.vdib_frames_open(encoded_path(path), opened))
        super().__init__(own(opened[0], lib.vdib_frames_close))

    def next(self) -> Optional[Frame]:
        """The next picture, None at the end."""
        frame = struct("vdib_frame")
        with self._using() as pointer:
            check(lib.vdib_frames_next(pointer, frame))
            if frame.pixels == NULL:
                return None
            shape = (frame.height, frame.width) + ((frame.channels,) if frame.channels > 1 else ())
            pixels, memory = made("uint8_t", shape)
            if memory != NULL:
                ffi.memmove(memory, frame.pixels, frame.height * frame.width * frame.channels)
        return Frame(frame.t, pixels, frame.x, frame.y)

    def __iter__(self) -> Iterator[Frame]:
        while (frame := self.next()) is not None:
            yield frame

    @property
    def info(self) -> FramesInfo:
        """What is known so far, complete after the last picture."""
        told = struct("vdib_frames_info")
        with self._using() as pointer:
            check(lib.vdib_frames_describe(pointer, told))
        return FramesInfo(text(told.format), told.frames, told.width, told.height, told.damaged, told.truncated)


def frames(path: PathLike) -> Frames:
    """The pictures of a recording, one after the other."""
    return Frames(path)


# ---- writing ----


class WriterFormat(NamedTuple):
    """A format in which recordings are written."""

    name: str
    help: str
    endings: List[str]
    lost: str
    """what a recording may have that such a file does not hold, "" for nothing"""
    passes: bool
    """may be written into a pipe"""
    sized: bool
    """the sensor's size must be known before the first event"""
    columns: int
    """the most columns of a sensor"""
    rows: int
    least_us: int
    """the earliest time of an event"""
    most_us: int


def writer_formats() -> List[WriterFormat]:
    """The formats that are written."""
    found = []
    for index in range(lib.vdib_writer_format_count()):
        told = struct("vdib_writer_format")
        check(lib.vdib_writer_format_describe(index, told))
        found.append(WriterFormat(text(told.name), text(told.help), text(told.endings).split(), text(told.lost),
                                  told.passes, told.sized, told.columns, told.rows, told.least_us,
                                  told.most_us))  # fmt: skip
    return found


class Writer(Owner):
    """A file that is being written. It appears under its name when :meth:`finish` has succeeded, and not before; as a
    context manager it is finished at the end, unless an exception leaves it.

    :param path: the file
    :param format: a name of :func:`writer_formats`; None: by the ending of the path
    :param width, height: columns and rows of the sensor; 0: not known
    :param replace: a file that exists is replaced, when the new one is complete
    """

    _lends = False

    def __init__(self, path: PathLike, *, format: Optional[str] = None, width: int = 0, height: int = 0,
                 replace: bool = False) -> None:  # fmt: skip
        given = c_text(format, "format")
        options = struct("vdib_writer_options", format=given, width=number(width, "width"),
                         height=number(height, "height"), replace=replace)  # fmt: skip
        opened = ffi.new("vdib_writer **")
        check(lib.vdib_writer_open(encoded_path(path), options, opened))
        super().__init__(own(opened[0], lib.vdib_writer_close))
        self._finished = False

    def put(self, events: Any) -> None:
        """Writes events in order of time, also after those of the call before; all of them or, where the format does
        not hold one, none.

        :param events: (count) structured array of :data:`dtype`
        """
        memory, count = taken_events(events)
        with self._using() as pointer:
            check(lib.vdib_writer_put(pointer, memory, count))

    def finish(self) -> None:
        """Ends the file: it is complete, on the disk and under its name."""
        with self._using() as pointer:
            check(lib.vdib_writer_finish(pointer))
            self._finished = True

    def __exit__(self, kind: Any, value: Any, trace: Any) -> None:
        try:
            if kind is None and not self.closed and not self._finished:
                self.finish()
        finally:
            self.close()


def write(path: PathLike, events: Any, *, format: Optional[str] = None, width: int = 0, height: int = 0,
          replace: bool = False) -> None:  # fmt: skip
    """Writes a file of events in order of time: complete under its name, or not at all. Parameters as of
    :class:`Writer` and :meth:`Writer.put`."""
    with Writer(path, format=format, width=width, height=height, replace=replace) as writer:
        writer.put(events)


# ---- arrays ----


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
