# SPDX-License-Identifier: MIT
"""Models in the formats of other programs, and networks of other programs as hidden layers to train on."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, Dict, List, NamedTuple, Optional, Sequence

from ._binding import ffi, lib
from ._html import escape, table
from ._native import NULL, Owner, PathLike, c_text, check, encoded, encoded_path, expect, own, struct, taken_text, text
from .config import Config
from .model import Model, model_pointer
from .raster import Raster, raster_of

__all__ = ["Format", "Part", "Report", "Import", "export", "formats"]

_FIDELITY = ("exact", "approximate", "left out")


class Format(NamedTuple):
    """A format that models are exported to."""

    name: str
    help: str


def formats() -> List[Format]:
    """The formats that models are exported to."""
    return [
        Format(text(lib.vdib_export_format_name(i)), text(lib.vdib_export_format_help(i)))
        for i in range(lib.vdib_export_format_count())
    ]


class Part(NamedTuple):
    """A part of a model, and what became of it."""

    part: str
    """which one, by the beginning of its tensors' names or its keys"""
    stands_for_it: str
    """what stands for it in the format; "" if it is left out"""
    fidelity: str
    """"exact", "approximate" or "left out" """
    note: str
    """what differs, or what the user has to do"""
    difference: Optional[float]
    """share of spikes that differ, in [0, 1], where it was measured"""


class Report(NamedTuple):
    """What an export or import made of a model."""

    parts: List[Part]
    files: List[Path]
    text: str
    """all of it as JSON"""

    def to_dict(self) -> Dict[str, Any]:
        """All of it as Python objects."""
        told: Dict[str, Any] = json.loads(self.text)
        return told

    def _repr_html_(self) -> str:
        rows = [(escape(p.part), escape(p.stands_for_it), p.fidelity, escape(p.note)) for p in self.parts]
        return table(("part", "becomes", "fidelity", "note"), rows, ", ".join(map(str, self.files)))


def _report(pointer: Any) -> Report:
    parts, row = [], struct("vdib_export_row")
    for index in range(lib.vdib_export_report_count(pointer)):
        check(lib.vdib_export_report_row(pointer, index, row))
        difference = None if row.difference < 0 or row.fidelity != 1 else row.difference
        stands = text(getattr(row, "as"))
        parts.append(Part(text(row.part), stands, _FIDELITY[row.fidelity], text(row.note), difference))
    count = lib.vdib_export_report_file_count(pointer)
    files = [Path(text(lib.vdib_export_report_file(pointer, index))) for index in range(count)]
    written = ffi.new("char **")
    check(lib.vdib_export_report_json(pointer, written))
    return Report(parts, files, taken_text(written[0]))


def export(model: Model, format: str, path: PathLike, *, only: Optional[str] = None, program: Optional[str] = None,
           recordings: Sequence[Any] = ()) -> Report:  # fmt: skip
    """Exports a model.

    :param format: a name of :func:`formats`
    :param path: file or folder, as the format's help says; it must not exist yet, or be an empty folder
    :param only: "encoder" or "decoder": that part alone; None: everything
    :param program: NIR: "snntorch" or "norse", the program whose own step shall be equal
    :param recordings: NIR: rasters over which the spikes that differ are counted
    :return: a row for every part of the model: exact, approximate or left out
    """
    if isinstance(recordings, Raster) or not hasattr(recordings, "__len__"):
        raise TypeError(f"recordings is a {type(recordings).__name__}; it must be a list of vdib.Raster or arrays")
    given = [raster_of(raster, f"recording {i}") for i, raster in enumerate(recordings)]
    part, whose = c_text(only, "only"), c_text(program, "program")
    rasters = ffi.new("const vdib_raster *[]", [raster._pointer for raster in given]) if given else NULL
    options = struct("vdib_export_options", only=part, program=whose, recordings=rasters, recording_count=len(given))
    told = ffi.new("vdib_export_report **")
    check(lib.vdib_model_export(model_pointer(model), encoded(format, "format"), encoded_path(path), options, told))
    try:
        return _report(told[0])
    finally:
        lib.vdib_export_report_destroy(told[0])


class Import(Owner):
    """A NIR file of another program, whose hidden layers are to be trained on.

    >>> nir = vdib.Import("braille.nir")
    >>> nir.configure(config)                     # encoder.layers, neuron.model, time constants
    >>> vdib.Trainer(config, data, begin=nir.apply)

    :param path: the file; it needs the HDF5 helper program, which comes along
    """

    def __init__(self, path: PathLike) -> None:
        opened = ffi.new("vdib_import **")
        check(lib.vdib_import_open(encoded_path(path), opened))
        super().__init__(own(opened[0], lib.vdib_import_destroy))

    def describe(self) -> str:
        """What the graph holds, a line for each node, and what was mended in reading."""
        written = ffi.new("char **")
        with self._using() as pointer:
            check(lib.vdib_import_describe(pointer, written))
        return taken_text(written[0])

    def configure(self, config: Config) -> None:
        """Sets the keys of a configuration to the network's hidden layers."""
        expect(config, Config, 'vdib.Config("demo") makes one')
        with self._using() as pointer, config._lock:
            check(lib.vdib_import_configure(pointer, config._own))

    def apply(self, model: Model) -> None:
        """Gives the hidden layers of a model of such a configuration the network's weights and biases."""
        model_pointer(model)
        with self._using() as pointer, model._using() as taken:
            check(lib.vdib_import_apply(pointer, taken))

    @property
    def report(self) -> Report:
        """What was taken, approximated and left out; whole after :meth:`configure`."""
        with self._using() as pointer:
            return _report(lib.vdib_import_report(pointer))

    def _repr_html_(self) -> str:
        return f"<pre>{escape(self.describe())}</pre>"
