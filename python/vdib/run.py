# SPDX-License-Identifier: MIT
"""Runs: trainers with a folder on disk, as `vdib train` makes them."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any, Callable, Dict, Iterable, Iterator, List, NamedTuple, Optional, Union

from . import errors
from ._binding import ffi, lib
from ._html import escape, figure_table
from ._native import (
    NULL, Asked, PathLike, c_path, check, encoded_path, expect, function, number, own, real, struct, text, text_or_none,
)  # fmt: skip
from .config import Config
from .dataset import Dataset, config_for, dataset_pointer
from .model import Model
from .ranks import Ranks, given_ranks
from .trainer import Beginning, Callback, History, Steps

__all__ = ["Run", "RunInfo", "RunFile", "run_files", "read_metrics", "train"]


class RunInfo(NamedTuple):
    """What a run folder says of itself."""

    data: Optional[str]
    """None: built-in, or of the program's own"""
    images: Optional[str]
    dataset: Optional[str]
    """what a data set of the program's own was called; None: it was opened by path"""
    kernel: Optional[str]
    """kernel level that trained it"""
    blas: Optional[str]
    machine: Optional[str]
    examples: int
    """at the last checkpoint or at the end"""
    seconds: float
    """of training up to there"""
    finished: bool
    initialised: Optional[str]
    """what initialisation from data did, a line a layer"""
    split: Optional[str]
    """:attr:`Dataset.split_digest` of its data"""


class RunFile(NamedTuple):
    """A file of a run folder, or of the folder of a series or a sweep."""

    name: str
    about: str
    keeper: str
    """who may delete it"""


def run_files() -> List[RunFile]:
    """The files of run folders."""
    told = (lib.vdib_run_file_name, lib.vdib_run_file_about, lib.vdib_run_file_keeper)
    return [RunFile(*(text(tell(i)) for tell in told)) for i in range(lib.VDIB_RUN_FILES)]


def run_options(asked: Asked, dataset: Optional[Dataset], *, data: Optional[PathLike] = None,
                images: Optional[PathLike] = None, examples: int = 0, epochs: int = 0, seconds: float = 0.0,
                threads: int = 0, checkpoint_every: int = 0, force: bool = False, init: Optional[PathLike] = None,
                begin: Optional[Any] = None, ranks: Optional[Ranks] = None) -> Any:  # fmt: skip
    """What the runs of this module are given, for the library, and what has to be kept as long as it is used."""
    given = [c_path(data, "data"), c_path(images, "images"), c_path(init, "init")]
    options = struct("vdib_run_options", data=given[0], images=given[1], init=given[2], force=force,
                     examples=number(examples, "examples"), epochs=number(epochs, "epochs"),
                     seconds=real(seconds, "seconds"), threads=number(threads, "threads"),
                     cancelled=lib.vdib_python_cancelled, user=asked.handle,
                     checkpoint_every=number(checkpoint_every, "checkpoint_every"))  # fmt: skip
    if dataset is not None:
        options.dataset = dataset_pointer(dataset)
        given.append(options.dataset)
    if begin is not None:
        options.begin, options.begin_user = lib.vdib_python_begin, begin.handle
        given.append(begin)
    if ranks is not None:
        together = given_ranks(ranks)  # the struct is freed with it
        options.ranks = together
        given += [ranks, together]
    return options, given


def resume_options(asked: Asked, dataset: Optional[Dataset], threads: int, force: bool,
                   ranks: Optional[Ranks] = None) -> Any:  # fmt: skip
    """What a resumed run is given, for the library."""
    held = NULL if dataset is None else dataset_pointer(dataset)
    together = given_ranks(ranks)
    return struct("vdib_resume_options", threads=number(threads, "threads"), force=force, dataset=held,
                  cancelled=lib.vdib_python_cancelled, user=asked.handle,
                  ranks=together), [held, ranks, together]  # fmt: skip


class Run(Steps):
    """A trainer with a folder: config.yaml, checkpoints, metrics, and at the end the models. Files and bytes are those
    of `vdib train`, which goes on with a run of Python's and the other way round.

    >>> with vdib.Run("runs/mine", vdib.Config("dvs"), data="nmnist", images="mnist") as run:
    ...     run.train(progress=True)
    ...     print(run.report())

    Ctrl-C, or `cancelled`, stops it with a checkpoint: :meth:`resume` goes on, and ends in the same bytes.

    :param folder: must not exist or be empty; None: runs/EXPERIMENT-NUMBER
    :param config: the experiment
    :param dataset: data of Python's; None: what `data` and `images` name (:class:`Dataset`)
    :param examples, epochs, seconds, threads: as of :class:`Trainer`
    :param checkpoint_every: examples between checkpoints; 0: as the configuration says
    :param force: begin although it may not fit in memory
    :param init: a file of weights that training begins with
    :param begin, cancelled, ranks: as of :class:`Trainer`; of several ranks, rank 0 has the folder
    """

    _lends = False

    def __init__(self, folder: Optional[PathLike], config: Config, dataset: Optional[Dataset] = None, *,
                 data: Optional[PathLike] = None, images: Optional[PathLike] = None, examples: int = 0,
                 epochs: int = 0, seconds: float = 0.0, threads: int = 0, checkpoint_every: int = 0,
                 force: bool = False, init: Optional[PathLike] = None,
                 begin: Optional[Callable[[Model], Any]] = None,
                 cancelled: Optional[Callable[[], bool]] = None, ranks: Optional[Ranks] = None) -> None:  # fmt: skip
        asked = Asked(cancelled)
        beginning = None if begin is None else Beginning(begin)
        options, kept = run_options(asked, dataset, data=data, images=images, examples=examples, epochs=epochs,
                                    seconds=seconds, threads=threads, checkpoint_every=checkpoint_every, force=force,
                                    init=init, begin=beginning, ranks=ranks)  # fmt: skip
        made, where = ffi.new("vdib_run **"), c_path(folder, "folder")
        status = lib.vdib_run_create(where, config_for(config, dataset), options, made)
        failed = beginning.error if beginning is not None and beginning.error is not None else None
        self._opened(status, made, dataset, asked, kept, failed)

    def _opened(self, status: int, made: Any, dataset: Optional[Dataset], asked: Asked, kept: Any,
                failed: Optional[BaseException] = None) -> None:  # fmt: skip
        check(status, failed or asked.error or (dataset._cause() if dataset is not None else None))
        super().__init__(own(made[0], lib.vdib_run_destroy, kept, asked.handle, asked), dataset, asked)

    @classmethod
    def resume(cls, folder: PathLike, dataset: Optional[Dataset] = None, *, threads: int = 0, force: bool = False,
               cancelled: Optional[Callable[[], bool]] = None, ranks: Optional[Ranks] = None) -> "Run":  # fmt: skip
        """Goes on with a run where its last checkpoint is; one that was finished is left as it is.

        :param dataset: the data, which a run on data of Python's needs again
        :param force: go on although configuration, data or machine are not those that it began with
        :param ranks: as of :class:`Trainer`; every rank reads the folder
        """
        asked = Asked(cancelled)
        options, kept = resume_options(asked, dataset, threads, force, ranks)
        made = ffi.new("vdib_run **")
        run = cls.__new__(cls)
        run._opened(lib.vdib_run_resume(encoded_path(folder, "folder"), options, made), made, dataset, asked, kept)
        return run

    @classmethod
    def _of(cls, pointer: Any, dataset: Optional[Dataset], asked: Asked, *keep: Any) -> "Run":
        """Takes over a run of a series or a sweep."""
        run = cls.__new__(cls)
        Steps.__init__(run, own(pointer, lib.vdib_run_destroy, keep, asked.handle, asked), dataset, asked)
        return run

    def _do_step(self, pointer: Any, told: Any) -> int:
        return int(lib.vdib_run_step(pointer, told))

    def _interrupted(self) -> None:
        """Stops with a checkpoint, wherever Python was interrupted."""
        ask, self._asked.ask = self._asked.ask, lambda: True
        try:
            with self._using() as pointer:
                lib.vdib_run_step(pointer, NULL)
        finally:
            self._asked.ask = ask

    def __exit__(self, kind: Any, value: Any, trace: Any) -> None:
        try:
            if kind is KeyboardInterrupt and not self.closed:
                self._interrupted()
        finally:
            self.close()

    def on_cancel(self, cancelled: Optional[Callable[[], bool]]) -> None:
        """Another function that is asked between updates and during validations whether to stop; None: none."""
        self._asked.ask = function(cancelled, "cancelled")
        with self._using() as pointer:
            check(lib.vdib_run_on_cancel(pointer, lib.vdib_python_cancelled, self._asked.handle))

    @property
    def folder(self) -> Path:
        """Its folder; of several ranks, rank 0 has it."""
        pointer = self._pointer
        return Path(text(lib.vdib_run_folder(pointer)))

    @property
    def notes(self) -> List[str]:
        """What was unusual when it was opened."""
        pointer = self._pointer
        return text(lib.vdib_run_notes(pointer)).splitlines()

    @property
    def model(self) -> Model:
        """A copy of the model as it stands."""
        with self._using() as pointer:
            return Model._copied(lib.vdib_run_model(pointer))

    @property
    def dataset(self) -> Dataset:
        """Its data."""
        if self._dataset is not None:
            return self._dataset
        pointer = self._pointer
        self._lends = True
        return Dataset._lent(lib.vdib_run_dataset(pointer), pointer)

    def metrics(self) -> History:
        """The metrics that its folder holds, also those of earlier parts of a resumed run."""
        return read_metrics(self.folder)

    def report(self, **options: Any) -> Any:
        """Evaluates the model on the test split and writes report.html and evaluation.json into the folder; options as
        of :func:`vdib.evaluate`. Returns an :class:`Evaluation`."""
        from .evaluation import report

        return report(self.folder, self._dataset, **options)

    def validate(self, **options: Any) -> Any:
        """Evaluates the model of a finished run on the validation split and writes validation.json; options as of
        :func:`vdib.evaluate`. Returns an :class:`Evaluation`."""
        from .evaluation import validate

        with self._using() as pointer:
            return validate(pointer, self._dataset, **options)

    @staticmethod
    def describe(folder: PathLike) -> RunInfo:
        """What a run folder says of itself."""
        told = struct("vdib_run_info")
        check(lib.vdib_run_describe(encoded_path(folder, "folder"), told))
        try:
            values: Dict[str, Any] = {}
            for name in RunInfo._fields:
                value = getattr(told, name)
                values[name] = text_or_none(value) if isinstance(value, ffi.CData) else value
            return RunInfo(**values)
        finally:
            lib.vdib_run_info_clear(told)

    def __repr__(self) -> str:
        return "Run(closed)" if self.closed else f"Run({str(self.folder)!r})"

    def _repr_html_(self) -> str:
        told = self.progress
        said = "not begun" if told is None else f"{told.examples} examples, loss {told.loss:.4g}"
        figures = {} if told is None else told.figures()
        return figure_table(figures, f"{escape(str(self.folder))}: {said}")


def read_metrics(folder: PathLike) -> History:
    """The metrics of a run folder, a column a figure: those of "train" lines by their names, those of "validation"
    lines with `validation_` before them. Of a run that is in training it has what was written so far."""
    Run.describe(folder)
    columns: Dict[str, List[float]] = {}
    for row in _rows(Path(folder) / text(lib.vdib_run_file_name(lib.VDIB_RUN_FILE_METRICS))):
        before = "validation_" if row.get("kind") == "validation" else ""
        for key, value in row.items():
            if value is None or isinstance(value, (int, float)) and not isinstance(value, bool):
                column = key if key.startswith("validation_") else before + key
                columns.setdefault(column, []).append(math.nan if value is None else value)
    return History(columns)


def _rows(path: Path) -> Iterator[Dict[str, Any]]:
    """The objects of the lines of a file; the last line may be in the making."""
    try:
        content = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        said = f"{path}: cannot be read: {error.strerror}; the run has no curves without it, train it again"
        raise errors.FileError(said) from None
    for number_of, line in enumerate(content[: content.rfind("\n") + 1].splitlines(), 1):
        try:
            yield dict(json.loads(line))
        except ValueError:
            raise errors.FormatError(f"{path}:{number_of}: is no line of metrics; train the run again") from None


def train(config: Union[Config, str], data: Optional[PathLike] = None, *, out: Optional[PathLike] = None,
          dataset: Optional[Dataset] = None, progress: bool = True, report: bool = True,
          callbacks: Iterable[Callback] = (), **options: Any) -> Run:  # fmt: skip
    """Trains, as `vdib train` does: a run with its folder, and at the end the report on the test split.

    >>> run = vdib.train("demo", out="runs/demo")
    >>> run.evaluation.figures["judge_accuracy"]
    0.98

    :param config: the experiment, or the name of a ready one
    :param data, dataset: as of :class:`Run`
    :param out: the folder; None: runs/EXPERIMENT-NUMBER
    :param progress: shows a bar
    :param options: as of :class:`Run`
    :return: the run, with its figures in `evaluation`
    """
    run = Run(out, config if isinstance(config, Config) else Config(config), dataset, data=data, **options)
    run.train(callbacks=callbacks, progress=progress)
    if report and run.progress is not None and run.progress.done:
        run.evaluation = run.report()
    return run
