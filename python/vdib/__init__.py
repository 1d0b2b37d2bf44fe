# SPDX-License-Identifier: MIT
"""vdib: learn to decode time from spikes.

A spiking encoder turns the events of a sensor into a few informative spikes, a neural decoder turns these into an
image, a class or a value, and both are trained together. The package is the C library of the same name; arrays go in
and out without a copy, long calls run without Python's lock, and what goes wrong is an exception of
:mod:`vdib.errors`.
"""

from . import errors, events
from ._binding import lib as _lib
from ._native import text as _text
from .config import Config, Experiment, Key, experiments, keys
from .errors import VdibError
from .model import Geometry, Model
from .raster import Binning, Raster
from .stream import Stream

__version__ = _text(_lib.vdib_version())

__all__ = [
    "Binning", "Config", "Experiment", "Geometry", "Key", "Model", "Raster", "Stream", "VdibError", "cores", "errors",
    "events", "experiments", "keys",
]  # fmt: skip


def cores() -> int:
    """The cores that this process may use: what 0 threads stand for."""
    return int(_lib.vdib_cores())
