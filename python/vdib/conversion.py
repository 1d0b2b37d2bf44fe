# SPDX-License-Identifier: MIT
"""Event files converted from one format into another, and what recordings look like."""

from __future__ import annotations

import inspect
import tempfile
from pathlib import Path
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

from . import errors
from ._arrays import copied
from ._binding import ffi, lib
from ._html import picture
from ._native import (
    NULL, Asked, Owner, PathLike, c_path, c_text, check, encoded_path, number, own, struct, taken_text, text,
)  # fmt: skip
from .events import Info, info_of

__all__ = ["convert", "convert_folder", "Conversion", "Converted", "View", "ViewInfo", "sheet"]

_POLARITIES = ("both", "on", "off")


class Conversion(NamedTuple):
    """What a conversion did."""

    format: str
    """what was written"""
    read: int
    """events that the file has within the time range"""
    written: int
    """events written"""
    width: int
    """columns of the sensor as written; 0: not known"""
    height: int
    """rows of the sensor as written; 0: not known"""
    measured: bool
    """the sensor's size is that of the events: neither file nor caller named it"""
    beyond: int
    """events left out because they are beyond the sensor that the caller named"""
    hot: int
    """because they are of hot pixels"""
    cropped: int
    """because they are outside the crop"""
    other_polarity: int
    """because they are of the other polarity"""
    refractory: int
    """because they came too soon after another"""
    late: int
    """events that were moved into the order of time"""
    pixels: Any
    """uint64 (hot pixels, 3): column, row and events of each"""


def _options(asked: Any, *, format: Optional[str] = None, replace: bool = False, strict: bool = False,
             sort: bool = False, from_us: int = 0, to_us: int = 0, relative: bool = False, width: int = 0,
             height: int = 0, hot_pixels: bool = False, crop: Optional[Tuple[int, int, int, int]] = None,
             polarity: str = "both", flip_x: bool = False, flip_y: bool = False, rotate: int = 0, down_sample: int = 0,
             refractory_us: int = 0, rebase: bool = False, unit: Optional[str] = None) -> Tuple[Any, Any]:  # fmt: skip
    if polarity not in _POLARITIES:
        raise errors.ArgumentError(f"polarity is {polarity!r}; it is one of {', '.join(_POLARITIES)}")
    name, whose, part = c_text(format, "format"), c_text(unit, "unit"), crop or (0, 0, 0, 0)
    if len(part) != 4:
        raise errors.ArgumentError(f"crop is {crop!r}; it must be (x, y, columns, rows)")
    options = struct("vdib_conversion", format=name, replace=replace, strict=strict, sort=sort, relative=relative,
                     hot_pixels=hot_pixels, flip_x=flip_x, flip_y=flip_y, rebase=rebase, unit=whose,
                     polarity=_POLARITIES.index(polarity), from_us=number(from_us, "from_us", -(2**63), 2**63 - 1),
                     to_us=number(to_us, "to_us", -(2**63), 2**63 - 1), width=number(width, "width"),
                     height=number(height, "height"), crop_x=number(part[0], "crop"), crop_y=number(part[1], "crop"),
                     crop_width=number(part[2], "crop"), crop_height=number(part[3], "crop"),
                     rotate=number(rotate, "rotate", 0, 2**32 - 1), down_sample=number(down_sample, "down_sample"),
                     refractory_us=number(refractory_us, "refractory_us", -(2**63), 2**63 - 1),
                     cancelled=lib.vdib_python_cancelled, user=asked.handle)  # fmt: skip
    return options, (name, whose)


def _checked(asked: Any, options: Dict[str, Any]) -> Tuple[Any, Any]:
    """What the caller asked for; an option that there is not is named."""
    known = [name for name in inspect.signature(_options).parameters if name != "asked"]
    for name in options:
        if name not in known:
            raise TypeError(f"there is no option {name!r} of a conversion; there are {', '.join(known)}")
    return _options(asked, **options)


def _told(report: Any) -> Conversion:
    pixels = copied(report.pixels, "uint64_t", (report.pixel_count, 3))
    numbers = {name: getattr(report, name) for name in Conversion._fields[1:-1]}
    return Conversion(format=text(report.format), pixels=pixels, **numbers)


def convert(source: PathLike, to: PathLike, *, cancelled: Optional[Callable[[], bool]] = None,
            **options: Any) -> Tuple[Conversion, Info]:  # fmt: skip
    """Converts a recording of any format that is read into one that is written, in order of time, in constant memory.

    The steps are taken in the order: time range, sensor, hot pixels, crop, polarity, flip, rotation, down-sampling,
    order of time, refractory time, rebase. All that they leave out is counted.

    :param source: the file; "-" for standard input
    :param to: the file to be written; nothing is left of it where the conversion fails
    :param options: `format` (of :func:`vdib.events.writer_formats`; by the ending of `to`), `replace` (a file that
        exists), `strict`, `sort` (the whole recording, in memory), `from_us`, `to_us`, `relative` (time range, counted
        from the first event), `width`, `height` (of the sensor), `hot_pixels` (leave them out), `crop` (x, y, columns,
        rows), `polarity` ("both", "on", "off"), `flip_x`, `flip_y`, `rotate` (0, 90, 180, 270 degrees clockwise),
        `down_sample` (N x N pixels become one), `refractory_us`, `rebase` (times count from the first event written),
        `unit` (of the file's times, as of :class:`vdib.events.Recording`)
    :return: what was done, and what the file says of itself
    """
    asked = Asked(cancelled)
    given, kept = _checked(asked, options)
    report, info = struct("vdib_conversion_report"), struct("vdib_events_info")
    status = lib.vdib_convert(encoded_path(source, "source"), encoded_path(to, "to"), given, report, info)
    del kept
    check(status, asked.error)
    try:
        return _told(report), info_of(info)
    finally:
        lib.vdib_conversion_report_clear(report)


class Converted(NamedTuple):
    """What became of one of many recordings."""

    source: Path
    to: Path
    number: int
    """of the recording, counted from 0"""
    total: int
    """how many recordings there are"""
    error: Optional[errors.VdibError]
    """None where it was converted; ExistsError: the file was there and is kept"""
    report: Optional[Conversion]
    info: Optional[Info]


class _Each(Asked):
    """Collects what becomes of each recording, and tells it on."""

    def __init__(self, each: Optional[Callable[[Converted], Any]], ask: Optional[Callable[[], bool]]) -> None:
        super().__init__(ask)
        self.each = each
        self.found: List[Converted] = []

    def stop(self) -> bool:
        return self.error is not None or super().stop()


def _each_failed(kind: Any, value: BaseException, trace: Any) -> None:
    ffi.from_handle(trace.tb_frame.f_locals["user"]).error = value


@ffi.def_extern(name="vdib_python_converted", onerror=_each_failed)  # type: ignore[untyped-decorator]
def _converted(user: Any, file: Any) -> None:
    each = ffi.from_handle(user)
    error = None if file.status == 0 else errors.by_status[file.status](text(file.message))
    report = None if file.report == NULL else _told(file.report)
    info = None if file.info == NULL else info_of(file.info)
    found = Converted(Path(text(file.to and getattr(file, "from"))), Path(text(file.to)), file.number, file.total,
                      error, report, info)  # fmt: skip
    each.found.append(found)
    if each.each is not None:
        each.each(found)


def convert_folder(source: PathLike, to: PathLike, format: str, *, each: Optional[Callable[[Converted], Any]] = None,
                   cancelled: Optional[Callable[[], bool]] = None,
                   **options: Any) -> Tuple[List[Converted], int]:  # fmt: skip
    """Converts every recording of a folder and of the folders in it, or of a file that holds several. One that cannot
    be converted does not end the others.

    :param source: a folder, or a file of several recordings
    :param to: a folder, made where there is none
    :param each: called after every recording
    :param options: as of :func:`convert`
    :return: what became of each recording, and how many files are none
    """
    asked, passed = _Each(each, cancelled), ffi.new("size_t *")
    given, kept = _checked(asked, {**options, "format": format})
    status = lib.vdib_convert_folder(encoded_path(source, "source"), encoded_path(to, "to"), given,
                                     lib.vdib_python_converted, passed)  # fmt: skip
    del kept
    if asked.error is not None:
        raise asked.error
    check(status)
    return asked.found, passed[0]


# ---- what recordings look like ----


class ViewInfo(NamedTuple):
    """What is shown of a recording."""

    format: str
    events: int
    """events in the pictures"""
    on_events: int
    beyond: int
    """events that come after the last picture: there are at most 1,000"""
    more: bool
    """the recording goes on behind the 2^24 events that are read at most"""
    wrong: int
    """events, words or bytes of the file that were left out"""
    width: int
    height: int
    """rows of the sensor; 1: channels over time"""
    pictures: int
    first_us: int
    window_us: int
    fps: float
    recordings: int
    recording: int


class View(Owner):
    """A recording, ready to be shown: in Jupyter by itself, or as files.

    :param path: an event file
    :param from_us, to_us, relative: the part of it that is shown, as of :class:`vdib.events.Packets`
    :param window_us: length of a picture in microseconds; 0: such that there are 24 to 120 pictures
    :param fps: pictures a second, 0.1 to 100; 0: 12
    :param unit: as of :class:`vdib.events.Recording`
    """

    _lends = False

    def __init__(self, path: PathLike, *, from_us: int = 0, to_us: int = 0, relative: bool = False, window_us: int = 0,
                 fps: float = 0.0, unit: Optional[str] = None) -> None:  # fmt: skip
        asked = c_text(unit, "unit")
        options = struct("vdib_view_options", from_us=number(from_us, "from_us", -(2**63), 2**63 - 1), fps=fps,
                         unit=asked,
                         to_us=number(to_us, "to_us", -(2**63), 2**63 - 1), relative=relative,
                         window_us=number(window_us, "window_us", 0, 2**63 - 1))  # fmt: skip
        opened = ffi.new("vdib_view **")
        check(lib.vdib_view_open(encoded_path(path), options, opened))
        super().__init__(own(opened[0], lib.vdib_view_close))

    @property
    def info(self) -> ViewInfo:
        """What is shown."""
        told = struct("vdib_view_info")
        with self._using() as pointer:
            check(lib.vdib_view_describe(pointer, told))
        return ViewInfo(text(told.format), *(getattr(told, name) for name in ViewInfo._fields[1:]))

    def animation(self, path: PathLike) -> None:
        """Writes an animated PNG."""
        with self._using() as pointer:
            check(lib.vdib_view_animation(pointer, encoded_path(path)))

    def page(self, path: PathLike) -> None:
        """Writes a self-contained HTML page with a slider over time."""
        with self._using() as pointer:
            check(lib.vdib_view_page(pointer, encoded_path(path)))

    def text(self, columns: int = 80, colour: bool = False) -> str:
        """A few pictures for a terminal of so many columns, 20 or more."""
        written = ffi.new("char **")
        with self._using() as pointer:
            check(lib.vdib_view_text(pointer, number(columns, "columns"), colour, written))
        return taken_text(written[0])

    def _repr_html_(self) -> str:
        with tempfile.TemporaryDirectory() as folder:
            self.animation(Path(folder) / "view.png")
            content = (Path(folder) / "view.png").read_bytes()
        return picture(content, f"{self.info.events} events in {self.info.pictures} pictures")


def sheet(data: PathLike, path: PathLike, columns: int = 0) -> Tuple[int, int, int]:
    """Writes a PNG with a row for every class of a data set, and the first recordings of its training split in it.

    :param columns: recordings of a class; 0: 8
    :return: classes of the data, rows of the sheet, recordings on it
    """
    told = struct("vdib_sheet_info")
    where = c_path(data, "data")
    check(lib.vdib_view_sheet(where, encoded_path(path), number(columns, "columns"), told))
    return told.classes, told.shown_classes, told.pictures
