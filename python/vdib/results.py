# SPDX-License-Identifier: MIT
"""Several runs side by side: sweeps, series over seeds, and their table."""

from __future__ import annotations

import math
import os
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, NamedTuple, Optional, Sequence, Union

from . import errors
from ._arrays import numpy_or_none
from ._binding import ffi, lib
from ._html import escape, table
from ._native import (
    NULL, Asked, Owner, PathLike, c_path, c_text, check, encoded_path, number, own, taken_text, text,
)  # fmt: skip
from ._progress import Bar
from .config import Config
from .dataset import Dataset, config_for
from .evaluation import Evaluation
from .figures import figure_number
from .source import split_number
from .run import Run, resume_options, run_options

__all__ = ["Results", "Sweep", "Series", "Moments", "compare", "sweep", "is_sweep", "is_series"]


class Moments(NamedTuple):
    """Mean and standard deviation over runs that differ in their seed alone."""

    n: int
    """how many runs have the figure"""
    mean: float
    deviation: float
    """with n - 1; 0 for one value"""


class Results(Owner, Mapping[str, Any]):
    """A table of runs as columns: ``results["judge_accuracy"]``, :meth:`to_pandas`.

    Columns are folder, state, experiment, the keys in which runs differ, seed, training_examples, training_seconds, the
    figures of the test split, and those of the validation split with `validation_` before their names. Numbers are
    NumPy arrays of float64 where it is installed, NaN where a run has no such figure; other columns are lists.
    """

    def __init__(self, pointer: Any) -> None:
        Owner.__init__(self, own(pointer, lib.vdib_results_destroy))
        self._columns: Optional[Dict[str, Any]] = None

    @classmethod
    def read(cls, folders: Iterable[PathLike]) -> "Results":
        """The table of the folders of runs that are trained and evaluated."""
        if isinstance(folders, (str, bytes, os.PathLike)) or not hasattr(folders, "__iter__"):
            raise TypeError(f"folders is a {type(folders).__name__}; it must be a list of folders")
        paths = [ffi.new("char[]", encoded_path(folder, "folder")) for folder in folders]
        found = ffi.new("vdib_results **")
        check(lib.vdib_results_read(ffi.new("const char *[]", paths), len(paths), found))
        return cls(found[0])

    @property
    def runs(self) -> int:
        """The number of runs."""
        return int(lib.vdib_results_count(self._pointer))

    @property
    def keys_varied(self) -> List[str]:
        """The keys in which runs differ."""
        pointer = self._pointer
        return [text(lib.vdib_results_key(pointer, k)) for k in range(lib.vdib_results_key_count(pointer))]

    @property
    def settings(self) -> List[int]:
        """The setting of every run: those of one setting differ in their seed alone."""
        pointer = self._pointer
        return [lib.vdib_results_setting(pointer, run) for run in range(self.runs)]

    def stepwise(self, run: int) -> bool:
        """Whether the task of a run is decoded step by step."""
        return bool(lib.vdib_results_stepwise(self._pointer, number(run, "run")))

    def moments(self, figure: str, setting: int, split: str = "test") -> Moments:
        """Mean and standard deviation of a figure over the runs of a setting that have it."""
        pointer, mean, deviation = self._pointer, ffi.new("double *", math.nan), ffi.new("double *", math.nan)
        which = number(setting, "setting", 0, max(lib.vdib_results_setting_count(pointer), 1) - 1)
        count = lib.vdib_results_moments(pointer, which, split_number(split), figure_number(figure), mean, deviation)
        return Moments(count, mean[0], deviation[0])

    def setting_run(self, setting: int) -> int:
        """The first run of a setting."""
        return int(lib.vdib_results_setting_run(self._pointer, number(setting, "setting")))

    def figure(self, run: int, figure: str, split: str = "test") -> float:
        """A figure of a run; NaN if it has none."""
        value = ffi.new("double *", math.nan)
        which = number(run, "run", 0, max(self.runs, 1) - 1)
        lib.vdib_results_figure(self._pointer, which, split_number(split), figure_number(figure), value)
        return float(value[0])

    def _read(self) -> Dict[str, Any]:
        if self._columns is None:
            self._columns = self._read_columns()
        return self._columns

    def _read_columns(self) -> Dict[str, Any]:
        pointer, runs = self._pointer, range(self.runs)
        columns: Dict[str, Any] = {
            "folder": [text(lib.vdib_results_folder(pointer, run)) for run in runs],
            "state": [text(lib.vdib_sweep_state_name(lib.vdib_results_state(pointer, run))) for run in runs],
            "experiment": [text(lib.vdib_results_experiment(pointer, run)) for run in runs],
        }
        for k, key in enumerate(self.keys_varied):
            columns[key] = [text(lib.vdib_results_value(pointer, run, k)) for run in runs]
        columns["seed"] = [lib.vdib_results_seed(pointer, run) for run in runs]
        columns["training_examples"] = _column([lib.vdib_results_examples(pointer, run) for run in runs])
        columns["training_seconds"] = _column([lib.vdib_results_seconds(pointer, run) for run in runs])
        for split, before in ((lib.VDIB_SPLIT_TEST, ""), (lib.VDIB_SPLIT_VALIDATION, "validation_")):
            for f in range(lib.vdib_figure_count()):
                values = [_figure(pointer, run, split, f) for run in runs]
                if not all(math.isnan(value) for value in values):
                    columns[before + text(lib.vdib_figure_name(f))] = _column(values)
        return columns

    def __getitem__(self, name: str) -> Any:
        return self._read()[name]

    def __iter__(self) -> Iterator[str]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())

    def to_pandas(self) -> Any:
        """A pandas DataFrame, a row a run."""
        try:
            import pandas
        except ImportError:
            raise errors.UnsupportedError("Results.to_pandas() needs pandas: pip install pandas") from None
        return pandas.DataFrame(dict(self))

    def csv(self) -> str:
        """The table as CSV (RFC 4180)."""
        written = ffi.new("char **")
        check(lib.vdib_results_csv(self._pointer, written))
        return taken_text(written[0])

    def json(self) -> str:
        """The table as JSON: keys, runs, and settings with their means and standard deviations."""
        written = ffi.new("char **")
        check(lib.vdib_results_json(self._pointer, written))
        return taken_text(written[0])

    def page(self, path: PathLike, title: Optional[str] = None) -> None:
        """Writes a self-contained HTML page: rate against distortion and accuracy, figures against keys, the tables."""
        check(lib.vdib_results_page(self._pointer, c_text(title, "title"), encoded_path(path)))

    __hash__ = None  # type: ignore[assignment]

    def __eq__(self, other: object) -> bool:
        return self is other

    def __repr__(self) -> str:
        return "Results(closed)" if self.closed else f"Results({self.runs} runs; {', '.join(self)})"

    def _repr_html_(self) -> str:
        names = [name for name in self if not name.endswith("_error")]
        rows = [[_shown(self[name][run]) for name in names] for run in range(self.runs)]
        return table(names, rows, f"{self.runs} runs")


def _figure(pointer: Any, run: int, split: int, figure: int) -> float:
    value = ffi.new("double *", math.nan)
    lib.vdib_results_figure(pointer, run, split, figure, value)
    return float(value[0])


def _column(values: List[Any]) -> Any:
    numpy = numpy_or_none()
    return values if numpy is None else numpy.array(values, dtype="f8")


def _shown(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else escape(str(value))


def compare(folders: Iterable[PathLike]) -> Results:
    """The table of the folders of runs that are trained and evaluated, as `vdib compare` shows it."""
    return Results.read(folders)


def _take_up(runs: Union["Sweep", "Series"], kind: str, opens: Callable[..., int], folder: PathLike,
             dataset: Optional[Dataset], threads: int, force: bool,
             cancelled: Optional[Callable[[], bool]]) -> None:  # fmt: skip
    """Makes `runs` those of a folder that another program, or this one, began."""
    runs._asked, runs._dataset = Asked(cancelled), dataset
    given, kept = resume_options(runs._asked, dataset, threads, force)
    made = ffi.new(f"vdib_{kind} **")
    check(opens(encoded_path(folder, "folder"), given, made))
    Owner.__init__(runs, own(made[0], getattr(lib, f"vdib_{kind}_destroy"), kept, runs._asked.handle, runs._asked))


class Sweep(Owner):
    """An experiment under every combination of some settings, over several seeds: a folder with a run for each.

    Several processes may work on one folder, and several threads on one sweep, a run each.

    :param folder: new, empty, or that of the same sweep, which it then goes on with
    :param config: what the runs have in common; its seed is the first one
    :param over: what is varied: a mapping from keys to values, or texts "key=value,value"
    :param seeds: for each combination
    :param options: `data`, `images`, `examples`, `epochs`, `seconds`, `threads`, `force` as of :class:`Run`
    """

    def __init__(self, folder: PathLike, config: Config, over: Union[Mapping[str, Sequence[Any]], Sequence[str]],
                 seeds: int = 1, dataset: Optional[Dataset] = None, *,
                 cancelled: Optional[Callable[[], bool]] = None, **options: Any) -> None:  # fmt: skip
        self._asked, self._dataset = Asked(cancelled), dataset
        given, kept = run_options(self._asked, dataset, **options)
        varied = [c_text(one, "over") for one in _over(over)]
        made = ffi.new("vdib_sweep **")
        common, texts = config_for(config, dataset), ffi.new("const char *[]", varied)
        check(lib.vdib_sweep_create(encoded_path(folder, "folder"), common, texts, len(varied),
                                    number(seeds, "seeds"), given, made))  # fmt: skip
        super().__init__(own(made[0], lib.vdib_sweep_destroy, kept, self._asked.handle, self._asked))

    @classmethod
    def open(cls, folder: PathLike, dataset: Optional[Dataset] = None, *, threads: int = 0, force: bool = False,
             cancelled: Optional[Callable[[], bool]] = None) -> "Sweep":  # fmt: skip
        """The sweep of a folder, with its own settings."""
        sweep = cls.__new__(cls)
        _take_up(sweep, "sweep", lib.vdib_sweep_open, folder, dataset, threads, force, cancelled)
        return sweep

    @property
    def folder(self) -> Path:
        """Its folder."""
        pointer = self._pointer
        return Path(text(lib.vdib_sweep_folder(pointer)))

    @property
    def over(self) -> List[str]:
        """What is varied, each "key=value,value"."""
        pointer = self._pointer
        found: List[str] = []
        while (one := lib.vdib_sweep_over(pointer, len(found))) != NULL:
            found.append(text(one))
        return found

    @property
    def seeds(self) -> int:
        """The number of seeds for each combination."""
        return int(lib.vdib_sweep_seeds(self._pointer))

    def seed(self, index: int) -> int:
        """The seed of a run."""
        return int(lib.vdib_sweep_seed(self._pointer, self._index(index)))

    def __len__(self) -> int:
        return int(lib.vdib_sweep_count(self._pointer))

    def _index(self, index: int) -> int:
        return number(index, "run", 0, max(len(self), 1) - 1)

    def config(self, index: int) -> Config:
        """The whole configuration of a run."""
        made = ffi.new("vdib_config **")
        check(lib.vdib_sweep_config(self._pointer, self._index(index), made))
        return Config._of(made[0])

    def run_folder(self, index: int) -> Path:
        """The folder of a run."""
        pointer = self._pointer
        return Path(text(lib.vdib_sweep_run_folder(pointer, self._index(index))))

    def state(self, index: int) -> str:
        """Where a run stands: "missing", "begun", "trained" or "done"."""
        return text(lib.vdib_sweep_state_name(lib.vdib_sweep_state_of(self._pointer, self._index(index))))

    def run(self, index: int) -> Run:
        """Begins a run, or goes on with it."""
        pointer, made = self._pointer, ffi.new("vdib_run **")
        cause = self._dataset._cause if self._dataset is not None else lambda: None
        check(lib.vdib_sweep_run(pointer, self._index(index), made), self._asked.error or cause())
        run = Run._of(made[0], self._dataset, self._asked, pointer)
        return run

    def train(self, *, progress: bool = False) -> Results:
        """Trains and evaluates every run that is not done, one after the other, and writes the tables."""
        for index in range(len(self)):
            if self.state(index) == "done":
                continue
            with self.run(index) as run:
                _train(run, progress)
                run.validate()
                run.report()
        self.write()
        return self.results()

    def results(self) -> Results:
        """The table of its runs, those that are not done without figures."""
        found = ffi.new("vdib_results **")
        check(lib.vdib_sweep_results(self._pointer, found))
        return Results(found[0])

    def write(self) -> None:
        """Writes results.csv, results.json and results.html."""
        check(lib.vdib_sweep_write(self._pointer))


def _train(run: Run, progress: bool) -> None:
    with Bar(progress) as bar:
        for told in run:
            bar.show(told)


def _over(over: Any) -> List[str]:
    if isinstance(over, str) or not hasattr(over, "__iter__"):
        raise TypeError(f"over is a {type(over).__name__}; it must be a mapping {{\"key\": [values]}} or a list of "
                        "\"key=value,value\"")  # fmt: skip
    if not isinstance(over, Mapping):
        return [str(one) for one in over]
    for key, values in over.items():
        if isinstance(values, str) or not hasattr(values, "__iter__"):
            raise TypeError(f"over[{key!r}] is a {type(values).__name__}; it must be a list of the key's values")
        if hasattr(values, "__len__") and len(values) == 0:
            raise errors.ArgumentError(f"over[{key!r}] is empty; give the key one value at least")
    return [f"{key}={','.join(_value(value) for value in values)}" for key, values in over.items()]


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (list, tuple)):
        return f"[{','.join(str(item) for item in value)}]"
    return repr(value) if isinstance(value, float) else str(value)


def sweep(folder: PathLike, config: Union[Config, str], over: Union[Mapping[str, Sequence[Any]], Sequence[str]], *,
          seeds: int = 1, dataset: Optional[Dataset] = None, progress: bool = True,
          **options: Any) -> Results:  # fmt: skip
    """Trains and evaluates every combination, as `vdib sweep` does, and returns the table. What a folder holds already
    is not trained again.

    >>> results = vdib.sweep("beta", "demo", {"objective.beta": [1e-3, 1e-2]}, seeds=3)
    >>> results.to_pandas().groupby("objective.beta")["judge_accuracy"].mean()

    :param options: as of :class:`Sweep`
    """
    used = config if isinstance(config, Config) else Config(config)
    with Sweep(folder, used, over, seeds, dataset, **options) as opened:
        return opened.train(progress=progress)


def is_sweep(folder: PathLike) -> bool:
    """Whether a folder is that of a sweep."""
    return bool(lib.vdib_sweep_is(encoded_path(folder, "folder")))


class Series(Owner):
    """The same experiment over several seeds: a folder with a run for each.

    :param folder: must not exist or be empty; None: runs/EXPERIMENT-NUMBER
    :param config: its seed is the first one
    :param count: number of seeds
    :param options: as of :class:`Run`
    """

    def __init__(self, folder: Optional[PathLike], config: Config, count: int, dataset: Optional[Dataset] = None, *,
                 cancelled: Optional[Callable[[], bool]] = None, **options: Any) -> None:  # fmt: skip
        self._asked, self._dataset = Asked(cancelled), dataset
        given, kept = run_options(self._asked, dataset, **options)
        made, where = ffi.new("vdib_series **"), c_path(folder, "folder")
        check(lib.vdib_series_create(where, config_for(config, dataset), number(count, "count"), given, made))
        super().__init__(own(made[0], lib.vdib_series_destroy, kept, self._asked.handle, self._asked))

    @classmethod
    def resume(cls, folder: PathLike, dataset: Optional[Dataset] = None, *, threads: int = 0, force: bool = False,
               cancelled: Optional[Callable[[], bool]] = None) -> "Series":  # fmt: skip
        """Goes on with a series that was interrupted, with its own settings."""
        series = cls.__new__(cls)
        _take_up(series, "series", lib.vdib_series_resume, folder, dataset, threads, force, cancelled)
        return series

    @property
    def folder(self) -> Optional[Path]:
        """Its folder; None before the first run of a series without a name."""
        pointer = self._pointer
        found = lib.vdib_series_folder(pointer)
        return None if found == NULL else Path(text(found))

    def __len__(self) -> int:
        return int(lib.vdib_series_count(self._pointer))

    def seed(self, index: int) -> int:
        """The seed of a run."""
        return int(lib.vdib_series_seed(self._pointer, number(index, "index", 0, len(self) - 1)))

    def run(self, index: int) -> Run:
        """Begins the run of a seed, or goes on with it."""
        made = ffi.new("vdib_run **")
        with self._using() as pointer:
            check(lib.vdib_series_run(pointer, number(index, "index"), made), self._asked.error)
        return Run._of(made[0], self._dataset, self._asked, pointer)

    def add(self, evaluation: Evaluation) -> None:
        """Adds the figures of one run to the summary."""
        with self._using() as pointer:
            check(lib.vdib_series_add(pointer, evaluation._pointer))

    def moments(self, figure: str) -> Optional[Moments]:
        """Mean and standard deviation of a figure over what was added; None if it has none."""
        mean, deviation = ffi.new("double *"), ffi.new("double *")
        with self._using() as pointer:
            found = lib.vdib_series_figure(pointer, figure_number(figure), mean, deviation)
        return Moments(len(self), mean[0], deviation[0]) if found else None

    def finish(self) -> None:
        """Writes summary.json: of every figure the values, their mean and their standard deviation."""
        with self._using() as pointer:
            check(lib.vdib_series_finish(pointer))

    def train(self, *, progress: bool = False) -> None:
        """Trains and evaluates every run, and writes the summary."""
        for index in range(len(self)):
            with self.run(index) as run:
                _train(run, progress)
                self.add(run.report())
        self.finish()


def is_series(folder: PathLike) -> bool:
    """Whether a folder is that of a series."""
    return bool(lib.vdib_series_is(encoded_path(folder, "folder")))
