# SPDX-License-Identifier: MIT
"""vdib: learn to decode time from spikes.

A spiking encoder turns the events of a sensor into a few informative spikes, a neural decoder turns these into an
image, a class or a value, and both are trained together. The package is the C library of the same name; arrays go in
and out without a copy, long calls run without Python's lock, and what goes wrong is an exception of
:mod:`vdib.errors`.

>>> run = vdib.train("demo", out="runs/demo")
>>> model = vdib.Model.load("runs/demo/model.safetensors")
>>> spikes = model.encode(vdib.read_recording("00001.bin", model)[0])
"""

from . import errors, events, figures
from ._binding import lib as _lib
from ._native import text as _text
from .batch import Batch
from .bench import benchmark
from .config import Config, Experiment, Key, experiments, keys
from .conversion import View, convert, convert_folder, sheet
from .dataset import Dataset, Example, film, holds, is_archive, read_recording
from .errors import VdibError
from .evaluation import Evaluation, evaluate, reconstruct, report, ridge, ridge_run
from .exchange import Import, export, formats
from .model import Geometry, Model
from .picture import Picture
from .ranks import Ranks
from .raster import Binning, Raster
from .results import Results, Series, Sweep, compare, is_series, is_sweep, sweep
from .run import Run, read_metrics, run_files, train
from .stream import Stream
from .trainer import History, Progress, Trainer

__version__ = _text(_lib.vdib_version())

__all__ = [
    "Batch", "Binning", "Config", "Dataset", "Evaluation", "Example", "Experiment", "Geometry", "History", "Import",
    "Key", "Model", "Picture", "Progress", "Ranks", "Raster", "Results", "Run", "Series", "Stream", "Sweep", "Trainer",
    "VdibError", "View", "benchmark", "compare", "convert", "convert_folder", "cores", "errors", "evaluate", "events",
    "experiments", "export", "figures", "film", "formats", "holds", "is_archive", "is_series", "is_sweep", "keys",
    "read_metrics", "read_recording", "reconstruct", "report", "ridge", "ridge_run", "run_files", "sheet", "sweep",
    "train",
]  # fmt: skip


def cores() -> int:
    """The cores that this process may use: what 0 threads stand for."""
    return int(_lib.vdib_cores())
