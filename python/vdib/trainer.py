# SPDX-License-Identifier: MIT
"""Training: trainers move a model's weights step by step."""

from __future__ import annotations

from typing import Any, Callable, Dict, Iterable, Iterator, List, Mapping, NamedTuple, Optional

from . import errors
from ._arrays import lent, numpy_or_none, taken
from ._binding import ffi, lib
from ._native import (
    NULL, Asked, Owner, PathLike, c_path, callback_failed, check, encoded_path, expect, function, number, own, real,
    struct, text,
)  # fmt: skip
from .config import Config
from .dataset import Dataset, Example, config_for, dataset_pointer
from .model import Model
from .ranks import Ranks

__all__ = ["Trainer", "Progress", "History", "Need", "Shown"]


class Progress(NamedTuple):
    """Where training stands. Averages are over about the last 1,000 training examples."""

    examples: int
    """training examples shown so far"""
    limit: int
    """examples at which training ends; 0: only the limit of seconds counts"""
    epochs: float
    """examples over the size of the training split; 0 for endless data"""
    loss: float
    """objective in the configuration's reduction"""
    distortion_nats: float
    """-log q per example"""
    rate_bits: float
    """rate term per example, in bits; NaN without an encoder"""
    spike_density: float
    """readout spikes per neuron and step"""
    seconds: float
    """since training began, earlier parts of a resumed run included"""
    examples_per_second: float
    seconds_left: float
    """estimate"""
    validated: bool
    """whether this step ended with a validation, whose figures follow"""
    validation_loss: float
    validation_distortion_nats: float
    validation_rate_bits: float
    improved: bool
    """the lowest validation loss so far"""
    done: bool
    """a limit is reached"""
    encoder_learning_rate: float
    decoder_learning_rate: float

    def figures(self, validation: bool = False) -> Dict[str, float]:
        """The figures of :func:`vdib.figures` that it has, of training or of its validation."""
        told, value = struct("vdib_progress", **self._asdict()), ffi.new("double *")
        return {
            text(lib.vdib_figure_name(i)): value[0]
            for i in range(lib.vdib_figure_count())
            if lib.vdib_progress_figure(told, i, validation, value)
        }


def _progress(told: Any) -> Progress:
    return Progress(*(getattr(told, name) for name in Progress._fields))


Callback = Callable[[Progress], Any]


class History(Mapping[str, Any]):
    """What training told, a column a figure: ``history["loss"]``. With NumPy arrays of float64, else lists.

    Of the validation figures there is a row for every validation, at ``validation_examples``.
    """

    _TRAIN = ("examples", "epochs", "loss", "distortion_nats", "rate_bits", "spike_density", "seconds",
              "encoder_learning_rate", "decoder_learning_rate")  # fmt: skip
    _VALIDATION = ("validation_examples", "validation_loss", "validation_distortion_nats", "validation_rate_bits")

    def __init__(self, columns: Optional[Dict[str, List[float]]] = None) -> None:
        self._columns: Dict[str, List[float]] = columns or {k: [] for k in (*self._TRAIN, *self._VALIDATION)}

    def add(self, progress: Progress) -> None:
        """A row of what a step told."""
        for name in self._TRAIN:
            self._columns[name].append(getattr(progress, name))
        if progress.validated:
            self._columns["validation_examples"].append(progress.examples)
            for name in self._VALIDATION[1:]:
                self._columns[name].append(getattr(progress, name))

    def __getitem__(self, name: str) -> Any:
        if name not in self._columns:
            raise KeyError(f"there is no column {name!r}; there are {', '.join(self._columns)}")
        values, numpy = self._columns[name], numpy_or_none()
        return values if numpy is None else numpy.array(values, dtype="f8")

    def __iter__(self) -> Iterator[str]:
        return iter(self._columns)

    def __len__(self) -> int:
        return len(self._columns)

    def __repr__(self) -> str:
        return f"History({len(self._columns['loss'])} steps; {', '.join(self._columns)})"


class Need(NamedTuple):
    """What training takes in memory, in bytes, beside the data; an estimate."""

    weights: int
    """one copy of the weights"""
    copies: int
    """the other copies: best model, gradients, state of the optimisers"""
    batch: int
    """activations of one update"""
    validation: int
    """activations of the examples that are evaluated together"""
    total: int
    """their sum"""


class Shown(NamedTuple):
    """What :meth:`Trainer.forward` shows: B examples, M draws for each, window of tau_d steps. Arrays are the library's
    own memory: valid until the next call of the trainer, when they change."""

    windows: Any
    """float32 (B, M, tau_d, row): 1 where a neuron spikes, else 0: what a decoder reads"""
    rate_terms: Any
    """float64 (B, M): beta times the rate, as it stands in the loss of each draw"""
    examples: List[Example]
    """(B) rasters, targets, labels"""


class Beginning:
    """The callback that changes the weights that training begins with."""

    def __init__(self, begin: Callable[[Model], Any]) -> None:
        self.begin = function(begin, "begin")
        self.error: Optional[BaseException] = None
        self.handle = ffi.new_handle(self)


def _begin_failed(kind: Any, value: BaseException, trace: Any) -> int:
    return callback_failed(value, trace, errors.DataError.status)


@ffi.def_extern(name="vdib_python_begin", onerror=_begin_failed)  # type: ignore[untyped-decorator]
def _begin(model: Any, user: Any) -> int:
    lent_model = Model.__new__(Model)
    Owner.__init__(lent_model, model)
    try:
        ffi.from_handle(user).begin(lent_model)
    finally:
        lent_model.close()  # the model is the trainer's: nothing may be done with it later
    return 0


class Steps(Owner):
    """What trainers and runs have in common: they are iterated, and tell callbacks how training stands."""

    _dataset: Optional[Dataset]
    _asked: Asked

    def __init__(self, pointer: Any, dataset: Optional[Dataset], asked: Asked) -> None:
        super().__init__(pointer)
        self._dataset = dataset
        self._asked = asked
        self.progress: Optional[Progress] = None
        """what the last step told"""
        self.history = History()
        """what all steps told"""
        self.evaluation: Any = None
        """figures on the test split, where :func:`train` has evaluated it"""

    def _do_step(self, pointer: Any, told: Any) -> int:
        raise NotImplementedError

    def _failed(self) -> Optional[BaseException]:
        """What a callback raised: Ctrl-C, or the source of the data."""
        error, self._asked.error = self._asked.error, None
        return error if error is not None or self._dataset is None else self._dataset._cause()

    def step(self) -> Progress:
        """One update (one batch, or one sequence for step-by-step tasks), and a validation when one is due."""
        told = struct("vdib_progress")
        with self._using() as pointer:
            check(self._do_step(pointer, told), self._failed())
        return self._add(_progress(told))

    def _add(self, progress: Progress) -> Progress:
        self.progress = progress
        self.history.add(progress)
        return progress

    def _interrupted(self) -> None:
        """Training was stopped by an exception that is about to be raised."""

    def __iter__(self) -> Iterator[Progress]:
        self._pointer  # noqa: B018 a closed object is refused
        while self.progress is None or not self.progress.done:
            try:
                progress = self.step()
            except (KeyboardInterrupt, errors.CancelledError):
                self._interrupted()
                raise
            yield progress

    def train(self, *, callbacks: Iterable[Callback] = (), progress: bool = False) -> History:
        """Goes on until a limit is reached.

        :param callbacks: called with the :class:`Progress` of every step; one that returns True ends the training
        :param progress: shows a bar (with tqdm if it is installed)
        :return: :attr:`history`
        """
        from ._progress import Bar

        self._pointer  # noqa: B018 a closed object is refused
        asked = _functions(callbacks)
        try:
            with Bar(progress) as bar:
                while self.progress is None or not self.progress.done:
                    told = self.step()
                    bar.show(told)
                    if any([callback(told) is True for callback in asked]):
                        break
        except (KeyboardInterrupt, errors.CancelledError):
            self._interrupted()
            raise
        return self.history


def _functions(callbacks: Any) -> List[Callback]:
    """A list of functions, else TypeError."""
    if callable(callbacks) or not hasattr(callbacks, "__iter__"):
        raise TypeError(f"callbacks is a {type(callbacks).__name__}; it must be a list of functions")
    return [function(callback, f"callbacks[{i}]") for i, callback in enumerate(callbacks)]


class Trainer(Steps):
    """Trains a new model of a configuration on a data set.

    >>> trainer = vdib.Trainer(config, dataset, examples=2000)
    >>> for progress in trainer:
    ...     print(progress.examples, progress.loss)
    >>> trainer.model.save("model.safetensors")

    The same configuration, data and number of examples give the same bytes, for any number of threads.

    :param config: the experiment; its keys augment.* apply to any data set
    :param threads: 0: every core; changes no result
    :param examples, epochs, seconds: limits, of which the first one reached ends training; all 0:
        `training.examples` of the configuration
    :param checkpoint: a file that is written when Ctrl-C or `cancelled` stops the training
    :param begin: changes the weights that training begins with: a function of a :class:`Model`, which it may use until
        it returns
    :param cancelled: asked between updates; true stops with CancelledError
    :param ranks: processes that train together (:class:`Ranks`)
    """

    def __init__(self, config: Config, dataset: Dataset, *, threads: int = 0, examples: int = 0, epochs: int = 0,
                 seconds: float = 0.0, checkpoint: Optional[PathLike] = None,
                 begin: Optional[Callable[[Model], Any]] = None,
                 cancelled: Optional[Callable[[], bool]] = None, ranks: Optional[Ranks] = None) -> None:  # fmt: skip
        asked, data = Asked(cancelled), dataset_pointer(dataset)
        made = ffi.new("vdib_trainer **")
        check(lib.vdib_trainer_create(config_for(config, dataset), data, made), dataset._cause())
        pointer = own(made[0], lib.vdib_trainer_destroy, data, asked.handle, asked, ranks)
        if ranks is not None:
            check(lib.vdib_trainer_set_ranks(pointer, expect(ranks, Ranks, "give vdib.Ranks", "ranks")._struct()))
        super().__init__(pointer, dataset, asked)
        self._shape: Any = None
        c_path(checkpoint, "checkpoint")  # what is no path is refused now
        self._checkpoint = checkpoint
        check(lib.vdib_trainer_set_threads(pointer, number(threads, "threads")))
        shown, rounds, time = number(examples, "examples"), number(epochs, "epochs"), real(seconds, "seconds")
        if shown or rounds or time:
            check(lib.vdib_trainer_set_limits(pointer, shown, rounds, time))
        check(lib.vdib_trainer_on_cancel(pointer, lib.vdib_python_cancelled, asked.handle))
        if begin is not None:
            beginning = Beginning(begin)
            check(lib.vdib_trainer_begin(pointer, lib.vdib_python_begin, beginning.handle), beginning.error)

    def _do_step(self, pointer: Any, told: Any) -> int:
        return int(lib.vdib_trainer_step(pointer, told))

    def _interrupted(self) -> None:
        if self._checkpoint is not None:
            self.checkpoint(self._checkpoint)

    @property
    def model(self) -> Model:
        """A copy of what training gives so far: the running average of the weights where learning.average_memory is
        above 0, else the weights."""
        with self._using() as pointer:
            return Model._copied(lib.vdib_trainer_model(pointer))

    @property
    def best(self) -> Optional[Model]:
        """A copy of the best model by validation so far; None before the first validation."""
        with self._using() as pointer:
            found = lib.vdib_trainer_best(pointer)
            return None if found == NULL else Model._copied(found)

    def collect(self) -> None:
        """With several ranks: gives each what the others keep for it. All ranks call it, before :meth:`checkpoint`, and
        before :attr:`model` unless a step has just ended with a validation or was the last."""
        with self._using() as pointer:
            check(lib.vdib_trainer_collect(pointer), self._failed())

    def checkpoint(self, path: PathLike) -> None:
        """Writes everything that training needs to go on. With several ranks after :meth:`collect`."""
        with self._using() as pointer:
            check(lib.vdib_trainer_checkpoint(pointer, encoded_path(path)))

    def resume(self, path: PathLike) -> None:
        """Goes on where :meth:`checkpoint` was called on a trainer of the same configuration and data."""
        with self._using() as pointer:
            check(lib.vdib_trainer_resume(pointer, encoded_path(path)), self._failed())
            self.progress = None

    @staticmethod
    def memory(config: Config, dataset: Dataset, threads: int = 0) -> Need:
        """Estimates what training and evaluating takes, without allocating it."""
        need = struct("vdib_training_need")
        data = dataset_pointer(dataset)
        check(lib.vdib_training_memory(config_for(config, dataset), data, number(threads, "threads"), need))
        return Need(*(getattr(need, name) for name in Need._fields))

    # ---- a decoder of one's own ----

    def forward(self) -> Optional[Shown]:
        """The first half of an update for a decoder of one's own: shows the next batch of training examples, encoded.
        Decode, train the decoder, then call :meth:`backward`.

        :return: what is shown; None when a limit is reached
        """
        shown = struct("vdib_shown")
        with self._using() as pointer:
            check(lib.vdib_trainer_forward(pointer, shown), self._failed())
            if shown.examples == 0:
                return None
            count, draws = shown.examples, shown.draws
            self._shape = (count, draws, shown.window, shown.row)
            windows = lent(shown.windows, "float", self._shape, pointer)
            rates = lent(shown.rate_terms, "double", (count, draws), pointer)
            dataset = self._dataset
            assert dataset is not None
            examples = [dataset._copied(shown.data[i]) for i in range(count)]
        return Shown(windows, rates, examples)

    def backward(self, window_gradients: Any = None, losses: Any = None, targets: Any = None) -> Progress:
        """The second half: one update of the encoder. What the configuration's rules do not read may be None.

        :param window_gradients: float32 (B, M, tau_d, row): derivative by the windows of the mean over all B M draws of
            the decoder's loss
        :param losses: float64 (B, M): the decoder's loss of each draw in nats, without the rate term
        :param targets: float32 (B, outputs): what drtp projects to the hidden layers
        """
        told = struct("vdib_progress")
        with self._using() as pointer:
            if self._shape is None:
                raise errors.ArgumentError("backward() learns from what forward() has shown; call that first")
            outputs = lib.vdib_model_outputs(lib.vdib_trainer_model(pointer))
            gradients = _shaped(window_gradients, "float", "window_gradients", self._shape)
            loss = _shaped(losses, "double", "losses", self._shape[:2])
            target = _shaped(targets, "float", "targets", (self._shape[0], outputs))
            check(lib.vdib_trainer_backward(pointer, gradients, loss, target, told), self._failed())
            self._shape = None
        return self._add(_progress(told))


def _shaped(values: Any, kind: str, name: str, shape: Any) -> Any:
    if values is None:
        return NULL
    pointer, given = taken(values, kind, name, len(shape))
    if given != shape:
        raise errors.ArgumentError(f"{name} has shape {given}; it must be {shape}")
    return pointer
