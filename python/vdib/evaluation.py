# SPDX-License-Identifier: MIT
"""How good a model is: judge, image metrics, rate and energy, what the spikes say, the report of a run."""

from __future__ import annotations

import json
from typing import Any, Callable, Dict, List, NamedTuple, Optional, Tuple

from ._arrays import lent, made
from ._binding import ffi, lib
from ._html import escape, figure_table, table
from ._native import (
    NULL, Asked, Owner, PathLike, c_path, check, encoded, encoded_path, number, own, struct, taken_text, text,
    text_or_none,
)  # fmt: skip
from .config import Config
from .dataset import Dataset, config_for, dataset_pointer
from .figures import figure_number
from .model import Model, model_pointer
from .ranks import Ranks, given_ranks
from .source import split_number

__all__ = ["Evaluation", "Warning", "RidgeFit", "evaluate", "reconstruct", "report", "ridge", "ridge_run"]


class Warning(NamedTuple):
    """What should be looked at before the figures are believed."""

    code: str
    """for example "encoder-silent" """
    message: str
    """what was found and what helps"""


class Evaluation(Owner):
    """What an evaluation found. Reading it from several threads is safe."""

    def __init__(self, held: Any) -> None:
        super().__init__(held)

    @property
    def figures(self) -> Dict[str, float]:
        """The figures that the task has, by name, in the order of :func:`vdib.figures.figures`."""
        pointer, value = self._pointer, ffi.new("double *")
        return {
            text(lib.vdib_figure_name(i)): value[0]
            for i in range(lib.vdib_figure_count())
            if lib.vdib_evaluation_figure(pointer, i, value)
        }

    def __getitem__(self, name: str) -> float:
        """A figure by name (:func:`vdib.figures.figures`); NaN if this kind of task has none."""
        figure_number(name)
        return float(lib.vdib_evaluation_get(self._pointer, encoded(name, "figure")))

    @property
    def arrays(self) -> Dict[str, Any]:
        """What the spikes say, split over steps, neurons, examples: float64 (count) by name, of an evaluation with
        ``spikes=True``; without a copy."""
        pointer, count, found = self._pointer, ffi.new("size_t *"), {}
        for index in range(lib.vdib_array_count()):
            name = lib.vdib_array_name(index)
            values = lib.vdib_evaluation_array(pointer, name, count)
            if values != NULL:
                found[text(name)] = lent(values, "double", (count[0],), pointer)
        return found

    @property
    def confusion(self) -> Any:
        """uint64 (classes, classes): how many examples of the class of the row were said to be of that of the column;
        None if nobody says classes."""
        pointer = self._pointer
        classes = lib.vdib_evaluation_classes(pointer)
        if classes == 0:
            return None
        matrix, memory = made("uint64_t", (classes, classes))
        for truth in range(classes):
            for said in range(classes):
                memory[truth * classes + said] = lib.vdib_evaluation_confusion(pointer, truth, said)
        return matrix

    @property
    def class_names(self) -> Optional[List[str]]:
        """The names of the classes, None where they have numbers only."""
        pointer = self._pointer
        count = lib.vdib_evaluation_classes(pointer)
        names = [text_or_none(lib.vdib_evaluation_class_name(pointer, i)) for i in range(count)]
        return None if None in names else [name for name in names if name is not None]

    @property
    def warnings(self) -> List[Warning]:
        """What should be looked at before the figures are believed."""
        pointer, code, found = self._pointer, ffi.new("const char **"), []
        for index in range(lib.vdib_evaluation_warning_count(pointer)):
            message = text(lib.vdib_evaluation_warning(pointer, index, code))
            found.append(Warning(text(code[0]), message))
        return found

    @property
    def notes(self) -> List[str]:
        """What is to be said of the data."""
        pointer = self._pointer
        return text(lib.vdib_evaluation_notes(pointer)).splitlines()

    @property
    def seed(self) -> int:
        """What keyed the draws of readout spikes."""
        return int(lib.vdib_evaluation_seed(self._pointer))

    @property
    def stepwise(self) -> bool:
        """Whether the task is decoded step by step."""
        return bool(lib.vdib_evaluation_stepwise(self._pointer))

    def json(self) -> str:
        """Everything as one JSON object, as evaluation.json has it."""
        written = ffi.new("char **")
        check(lib.vdib_evaluation_json(self._pointer, written))
        return taken_text(written[0])

    def to_dict(self) -> Dict[str, Any]:
        """:meth:`json` as Python objects."""
        told: Dict[str, Any] = json.loads(self.json())
        return told

    def __repr__(self) -> str:
        if self.closed:
            return "Evaluation(closed)"
        return f"Evaluation({', '.join(f'{name}={value:.4g}' for name, value in self.figures.items())})"

    def _repr_html_(self) -> str:
        warnings = "".join(f"<p><b>{escape(w.code)}</b>: {escape(w.message)}</p>" for w in self.warnings)
        matrix = ""
        if self.confusion is not None:
            names = self.class_names or [str(i) for i in range(len(self.confusion))]
            rows = [(escape(name), *(str(int(n)) for n in row)) for name, row in zip(names, self.confusion.tolist())]
            matrix = table(("true, said", *names), rows, "examples")
        return warnings + figure_table(self.figures, "evaluation") + matrix


def _new() -> Any:
    return ffi.new("vdib_evaluation *")


def _found(evaluation: Any) -> Evaluation:
    return Evaluation(own(evaluation, lib.vdib_evaluation_clear))


def _options(asked: Asked, *, threads: int = 0, examples: int = 0, spikes: bool = False, marginal_examples: int = 0,
             draws: int = 0, ann: Optional[Model] = None, judge: bool = True,
             ranks: Optional[Ranks] = None) -> Any:  # fmt: skip
    asked.held = given_ranks(ranks)
    return struct("vdib_evaluation_options", threads=number(threads, "threads"), spikes=spikes, no_judge=not judge,
                  examples=number(examples, "examples"), draws=number(draws, "draws"),
                  marginal_examples=number(marginal_examples, "marginal_examples"),
                  ann=NULL if ann is None else model_pointer(ann, "ann"), cancelled=lib.vdib_python_cancelled,
                  user=asked.handle, ranks=asked.held)  # fmt: skip


def evaluate(model: Model, dataset: Dataset, split: str = "test", *, threads: int = 0, examples: int = 0,
             spikes: bool = False, marginal_examples: int = 0, draws: int = 0, ann: Optional[Model] = None,
             judge: bool = True, cancelled: Optional[Callable[[], bool]] = None,
             ranks: Optional[Ranks] = None) -> Evaluation:  # fmt: skip
    """Evaluates a model on a split: one draw of readout spikes per example, from the model's seed.

    :param split: "train", "validation" or "test"
    :param threads: 0: every core; changes no result
    :param examples: limit, as many of each class; 0: all
    :param spikes: also look at what the spikes say: several more passes (:attr:`Evaluation.arrays`)
    :param marginal_examples: with spikes: training examples that their marginal is learnt from; 0: 1,000
    :param draws: with spikes: draws of an example that are averaged, up to 255; 0: 8
    :param ann: with spikes: a model with encoder.type=counts for the same data, to stand beside
    :param judge: whether a judge is trained and asked, where the experiment has one
    :param cancelled: asked between batches; true ends it with CancelledError
    :param ranks: processes that divide the examples (:class:`Ranks`); each makes this call and finds the same
    """
    asked, found = Asked(cancelled), _new()
    options = _options(asked, threads=threads, examples=examples, spikes=spikes, draws=draws, ann=ann, judge=judge,
                       marginal_examples=marginal_examples, ranks=ranks)  # fmt: skip
    status = lib.vdib_evaluate(model_pointer(model), dataset_pointer(dataset), split_number(split), options, found)
    check(status, asked.error or dataset._cause() or (ranks.error if ranks is not None else None))
    return _found(found)


def reconstruct(model: Model, dataset: Dataset, path: PathLike, split: str = "test", *, threads: int = 0,
                examples: int = 0, cancelled: Optional[Callable[[], bool]] = None) -> None:  # fmt: skip
    """Reconstructs a split into an NPZ file: recon, target (examples, values), label, spikes (examples)."""
    asked = Asked(cancelled)
    options = _options(asked, threads=threads, examples=examples)
    status = lib.vdib_reconstruct_save(model_pointer(model), dataset_pointer(dataset), split_number(split), options,
                                       encoded_path(path))  # fmt: skip
    check(status, asked.error or dataset._cause())


def report(folder: PathLike, dataset: Optional[Dataset] = None, *, data: Optional[PathLike] = None,
           images: Optional[PathLike] = None, cancelled: Optional[Callable[[], bool]] = None,
           **options: Any) -> Evaluation:  # fmt: skip
    """Evaluates a run's model on its test split and writes report.html and evaluation.json into its folder.

    :param dataset: data of Python's, which a run on such data needs; None: those of `data`, or of the run
    :param options: as of :func:`evaluate`; with ranks, rank 0 calls this, and the others :func:`evaluate`
    """
    asked, found = Asked(cancelled), _new()
    given, where = _options(asked, **options), encoded_path(folder, "folder")
    if dataset is not None:
        status = lib.vdib_report_write_dataset(where, dataset_pointer(dataset), given, found)
    else:
        status = lib.vdib_report_write(where, c_path(data, "data"), c_path(images, "images"), given, found)
    check(status, asked.error or (dataset._cause() if dataset is not None else None))
    return _found(found)


def validate(run: Any, dataset: Optional[Dataset], *, cancelled: Optional[Callable[[], bool]] = None,
             **options: Any) -> Evaluation:  # fmt: skip
    """Of :meth:`Run.validate`."""
    asked, found = Asked(cancelled), _new()
    status = lib.vdib_run_validate(run, _options(asked, **options), found)
    check(status, asked.error or (dataset._cause() if dataset is not None else None))
    return _found(found)


# ---- a baseline without spikes ----


class RidgeFit(NamedTuple):
    """What kernel ridge regression fitted."""

    rows: int
    """training examples"""
    features: int
    """numbers read of an example"""
    width: float
    """of the kernel"""
    penalty: float
    """chosen on the validation split"""


def _fit(told: Any) -> RidgeFit:
    return RidgeFit(told.rows, told.features, told.width, told.penalty)


def ridge(config: Config, dataset: Dataset, *, threads: int = 0,
          cancelled: Optional[Callable[[], bool]] = None) -> Tuple[RidgeFit, Evaluation, Evaluation]:  # fmt: skip
    """A baseline: kernel ridge regression on event counts, fitted on the training split.

    :return: what was fitted, the figures of the validation split and of the test split
    """
    asked, fit, validation, test = Asked(cancelled), struct("vdib_ridge_fit"), _new(), _new()
    options = _options(asked, threads=threads)
    used, data = config_for(config, dataset), dataset_pointer(dataset)
    status = lib.vdib_ridge_evaluate(used, data, options, fit, validation, test)
    check(status, asked.error or dataset._cause())
    return _fit(fit), _found(validation), _found(test)


def ridge_run(folder: PathLike, config: Config, dataset: Optional[Dataset] = None, *, data: Optional[PathLike] = None,
              images: Optional[PathLike] = None, threads: int = 0,
              cancelled: Optional[Callable[[], bool]] = None) -> Tuple[RidgeFit, Evaluation]:  # fmt: skip
    """:func:`ridge` with a folder that :func:`vdib.compare` takes as that of a run.

    :return: what was fitted, and the figures of the test split
    """
    from .run import run_options

    asked, fit, test = Asked(cancelled), struct("vdib_ridge_fit"), _new()
    options, kept = run_options(asked, dataset, data=data, images=images, threads=threads)
    status = lib.vdib_ridge_run(encoded_path(folder, "folder"), config_for(config, dataset), options, fit, test)
    del kept
    check(status, asked.error or (dataset._cause() if dataset is not None else None))
    return _fit(fit), _found(test)
