# SPDX-License-Identifier: MIT
"""Data sets: numbered examples of (raster, target, label) in three splits."""

from __future__ import annotations

import weakref
from typing import Any, Callable, Dict, Iterator, List, NamedTuple, Optional, Sequence, Tuple

from . import errors
from ._arrays import _forget, copied, lent
from ._binding import ffi, lib
from ._html import escape, table
from ._native import (
    NULL, Asked, Owner, PathLike, c_path, c_text, check, encoded_path, expect, number, own, struct, taken_text,
    text, text_or_none,
)  # fmt: skip
from .config import Config, taken_config
from .model import Geometry, Model, geometry_of, model_pointer
from .picture import Picture
from .raster import Raster
from .source import Source, copy_raster, split_number

__all__ = ["Dataset", "Split", "Example", "RecordingReport", "read_recording", "holds", "is_archive", "film"]

_COUNTS = ("recordings", "events", "outside_window", "outside_sensor", "dropped", "empty_recordings",
           "lost_recordings", "late_recordings", "out_of_order", "restarts", "cut_recordings", "damaged",
           "beyond_stated", "unreadable_files")  # fmt: skip


class Example(NamedTuple):
    """One example in its evaluation form."""

    raster: Raster
    """T x N"""
    target: Any
    """float32 (target_channels, target_height, target_width), None if the target is the label"""
    label: int
    """class"""
    step_labels: Any
    """uint32 (T): class of every step for step-by-step tasks, else None"""
    number: int
    """within its split"""
    image: Any = None
    """float32 (channels, rows, columns): the natural image behind the example, None if there is none"""

    def __repr__(self) -> str:
        target = "" if self.target is None else f", target of {tuple(self.target.shape)}"
        return f"Example({self.raster!r}{target}, label={self.label}, number={self.number})"

    def _repr_html_(self) -> str:
        said = f"example {self.number}, label {self.label}"
        shown = self.image if self.target is None else self.target
        is_image = shown is not None and min(shown.shape[1:]) > 1 and shown.shape[0] in (1, 3)
        return self.raster._repr_html_() + (Picture(shown, said)._repr_html_() if is_image else f"<p>{said}</p>")


class Split(Sequence[Example]):
    """The examples of one split, fetched when they are asked for."""

    def __init__(self, dataset: "Dataset", split: str, seed: int = 0) -> None:
        self.dataset = dataset
        self.name = split
        self.seed = seed

    def __len__(self) -> int:
        return self.dataset.size(self.name)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[i] for i in range(*index.indices(len(self)))]
        count = len(self)
        whole = number(index, "index", -(2**63), 2**63 - 1)
        if not -count <= whole < count:
            raise IndexError(f"{self.name} example {whole}; there are {count}")
        return self.dataset.get(self.name, whole % count, seed=self.seed)

    def __iter__(self) -> Iterator[Example]:
        for index in range(len(self)):
            yield self[index]


class Dataset(Owner):
    """A data set of files, or built in. :meth:`from_examples` makes one of Python's.

    Examples may be read by several threads at once.

    :param data: a folder, archive or manifest, "builtin:digits", "builtin:motion", "film:FOLDER" (docs/data.md); None:
        what the experiment has built in
    :param config: the experiment; its keys data.* are used
    :param images: natural images (targets, judge): a folder of IDX files or "builtin:digits"; None: those of the data
    :param threads: 0: every core; changes nothing about the data
    :param model: what the data are for, if it is trained already: its classes and its sensor are those of the data
    :param split: :attr:`split_digest` of the data that a model was trained on: a note says if they are split otherwise
    :param cancelled: asked now and then until the data are open; true ends it with CancelledError
    """

    def __init__(self, data: Optional[PathLike] = None, config: Optional[Config] = None, *,
                 images: Optional[PathLike] = None, threads: int = 0, model: Optional[Model] = None,
                 split: Optional[str] = None, cancelled: Optional[Callable[[], bool]] = None) -> None:  # fmt: skip
        if config is None and model is None:
            raise errors.ArgumentError("a data set is opened for a config or for a model; give one of them")
        asked = Asked(cancelled)
        where, pictures, parts = c_path(data, "data"), c_path(images, "images"), c_text(split, "split")
        held = NULL if model is None else model_pointer(model)
        used = taken_config(model.config if config is None else config)  # type: ignore[union-attr]
        options = struct("vdib_dataset_options", images=pictures, threads=number(threads, "threads"), model=held,
                         split=parts, cancelled=lib.vdib_python_cancelled, user=asked.handle)  # fmt: skip
        opened = ffi.new("vdib_dataset **")
        check(lib.vdib_dataset_open_with(where, used, options, opened), asked.error)
        self._source: Optional[Source] = None
        super().__init__(own(opened[0], lib.vdib_dataset_destroy))

    @classmethod
    def _lent(cls, pointer: Any, keep: Any) -> "Dataset":
        """A data set that the library lends; `keep` is what it belongs to."""
        dataset = cls.__new__(cls)
        held = ffi.cast("vdib_dataset *", pointer)
        weakref.finalize(held, _forget, keep).atexit = False
        dataset._source = None
        Owner.__init__(dataset, held)
        return dataset

    @classmethod
    def from_examples(cls, train: Any, test: Any = (), validation: Any = (), *, classes: Optional[int] = None,
                      sensor_size: Optional[Tuple[int, ...]] = None, steps: Optional[int] = None,
                      step_us: Optional[int] = None, start_us: int = 0, from_first_event: bool = False,
                      geometry: Optional[Geometry] = None, parallel: bool = False, name: Optional[str] = None,
                      class_names: Optional[Sequence[str]] = None) -> "Dataset":  # fmt: skip
        """A data set of Python's: lists, Tonic data sets, PyTorch Datasets, generators.

        What has a length and takes an index is read when an example is needed, and not kept: the same index must give
        the same example always. What can only be iterated (a generator) is read once, now, and kept as rasters.

        An example is ``(input, label)``, ``(input, target)`` or ``(input, target, label)``:

        - input: a :class:`Raster`; a dense array (T, N) or (T, ...) of whole numbers, in which a value other than 0 is
          a spike; a SciPy array; or a structured array of events with fields t (microseconds), x, y, p, which is
          binned: `sensor_size`, `steps`, `step_us` then say how
        - label: a whole number below `classes`
        - target: real numbers (height, width), (channels, height, width) or (length), all of one shape

        What is trained on it takes the length of its examples for `data.steps`, and where they are events the values
        given here for `data.step_us`, `data.start_us` and `data.from_first_event`, whatever the configuration says: so
        a model reads files and streams as it has learnt to.

        :param train, test, validation: the splits; without validation a tenth of the training examples is taken
        :param classes: number of classes; None: what the training data say by `classes`, `targets` or `labels`, else
            all training examples are read for it once
        :param sensor_size: (columns, rows) or (columns, rows, polarities), as Tonic data sets have it
        :param steps: T
        :param step_us: length of a step in microseconds
        :param start_us: time of the beginning of step 0
        :param from_first_event: whether times count from the first event of each example
        :param geometry: the shapes; None: those of the first training example
        :param parallel: examples may be read by several threads at once
        :param name: for :attr:`summary`
        :param class_names: the names of the classes; None: what the training data say by `classes`, if these are texts
        """
        source = Source((train, validation, test), classes=classes, sensor_size=sensor_size, steps=steps,
                        step_us=step_us, start_us=start_us, from_first_event=from_first_event,
                        geometry=geometry)  # fmt: skip
        dataset = cls.__new__(cls)
        dataset._source = source
        Owner.__init__(dataset, source.create(parallel, name))
        names = source.class_names(class_names)
        if names is not None:
            held = [c_text(one, "a class name") for one in names]
            check(lib.vdib_dataset_set_class_names(dataset._pointer, ffi.new("const char *[]", held)))
        return dataset

    @property
    def geometry(self) -> Geometry:
        """Its shapes."""
        pointer = self._pointer
        return geometry_of(lib.vdib_dataset_geometry(pointer))

    @property
    def summary(self) -> str:
        """One line that names the data."""
        pointer = self._pointer
        return text(lib.vdib_dataset_summary(pointer))

    @property
    def notes(self) -> List[str]:
        """What a user should know of the data: events outside, empty recordings, files that were not read."""
        made = ffi.new("char **")
        check(lib.vdib_dataset_notes(self._pointer, made))
        said = taken_text(made[0]).splitlines()
        return said if self._source is None else said + self._source.notes()

    @property
    def class_names(self) -> Optional[List[str]]:
        """The names of the classes, None where they have numbers only."""
        pointer = self._pointer
        names = [text_or_none(lib.vdib_dataset_class_name(pointer, i)) for i in range(self.geometry.classes)]
        return None if None in names else [name for name in names if name is not None]

    @property
    def split_digest(self) -> Optional[str]:
        """The digest of which recording is in which split; None for data that are no listed recordings."""
        pointer = self._pointer
        return text_or_none(lib.vdib_dataset_split_digest(pointer))

    def size(self, split: str = "train") -> int:
        """The number of examples of "train", "validation" or "test"; 0 for endless training data."""
        return int(lib.vdib_dataset_size(self._pointer, split_number(split)))

    def counts(self, split: str = "train") -> Dict[str, int]:
        """What was counted over the recordings of a split that were read so far; 0 for other data."""
        which, pointer = split_number(split), self._pointer
        return {name: lib.vdib_dataset_count(pointer, which, i) for i, name in enumerate(_COUNTS)}

    def look(self, split: str = "train", *, threads: int = 0) -> None:
        """Reads the recordings of a split, 4,096 at most, so that they are counted, and refuses data that are lost."""
        check(lib.vdib_dataset_look(self._pointer, split_number(split), number(threads, "threads")), self._cause())

    def get(self, split: str, index: int, *, seed: int = 0) -> Example:
        """Fetches an example; coding noise is keyed by seed and index."""
        pointer = self._outside()
        made = ffi.new("vdib_example **")
        check(lib.vdib_example_create(pointer, made))
        held = own(made[0], lib.vdib_example_destroy, pointer)
        which, at = split_number(split), number(index, "index")
        check(lib.vdib_dataset_get(pointer, which, at, number(seed, "seed"), held), self._cause())
        return self._example(held, held)

    def _example(self, told: Any, keep: Any) -> Example:
        geometry = self.geometry
        step_labels = target = None
        if told.target != NULL:
            target = lent(told.target, "float", geometry.target_shape, keep)
        if told.step_labels != NULL:
            step_labels = lent(told.step_labels, "uint32_t", (lib.vdib_raster_steps(told.raster),), keep)
        image = None if told.image == NULL else lent(told.image, "float", _image_shape(told), keep)
        return Example(Raster._lent(told.raster, keep), target, told.label, step_labels, told.index, image)

    def _copied(self, told: Any) -> Example:
        """A copy of an example that the library changes later."""
        shape = (lib.vdib_raster_steps(told.raster), lib.vdib_raster_channels(told.raster))
        raster = Raster(*shape)
        copy_raster(told.raster, raster._pointer)
        target = step_labels = None
        if told.target != NULL:
            target = copied(told.target, "float", self.geometry.target_shape)
        if told.step_labels != NULL:
            step_labels = copied(told.step_labels, "uint32_t", shape[:1])
        image = None if told.image == NULL else copied(told.image, "float", _image_shape(told))
        return Example(raster, target, told.label, step_labels, told.index, image)

    def _outside(self) -> Any:
        """The pointer, unless this is called by the source that an example is just fetched from."""
        if self._source is not None:
            self._source.outside()
        return self._pointer

    def _cause(self) -> Optional[BaseException]:
        """What its source raised last."""
        return None if self._source is None else self._source.raised()

    @property
    def train(self) -> Split:
        """The training examples, those of validation left out."""
        return Split(self, "train")

    @property
    def validation(self) -> Split:
        """The validation examples."""
        return Split(self, "validation")

    @property
    def test(self) -> Split:
        """The test examples."""
        return Split(self, "test")

    def write_manifest(self, path: PathLike) -> None:
        """Writes its recordings as a list: CSV, or JSON lines where the path ends in .jsonl or .ndjson."""
        check(lib.vdib_dataset_write_manifest(self._pointer, encoded_path(path)))

    def __repr__(self) -> str:
        return "Dataset(closed)" if self.closed else f"Dataset({self.summary!r})"

    def _repr_html_(self) -> str:
        rows = [(name, str(self.size(name))) for name in ("train", "validation", "test")]
        notes = "".join(f"<p>{escape(note)}</p>" for note in self.notes)
        return table(("split", "examples"), rows, self.summary) + notes


def _image_shape(told: Any) -> Tuple[int, int, int]:
    return told.image_channels, told.image_height, told.image_width


def config_for(config: Any, dataset: Optional[Dataset]) -> Any:
    """A copy of a configuration for the library, with the times of a data set of Python's that it is used on."""
    source = None if not isinstance(dataset, Dataset) else dataset._source
    if source is None or not isinstance(config, Config):
        return taken_config(config)
    fitted = config.copy()
    for key, value in source.keys().items():
        fitted[key] = value
    return taken_config(fitted)


def dataset_pointer(dataset: Any) -> Any:
    """A data set for the library, unless its own source asks for it."""
    return expect(dataset, Dataset, "vdib.Dataset.from_examples() makes one of Python's")._outside()


class RecordingReport(NamedTuple):
    """What became of the events of a recording."""

    events: int
    """of the recording, without those outside data.crop"""
    spikes: int
    """that they are in the raster"""
    repeated: int
    """events of a step and channel that have one already"""
    outside_window: int
    """events before data.start_us or after the last step: lost"""
    outside_sensor: int
    """events beyond the sensor: lost"""
    cropped: int
    """events outside data.crop, which are not read"""


def read_recording(path: PathLike, model: Model, config: Optional[Config] = None) -> Tuple[Raster, RecordingReport]:
    """Reads one recording as the input of a model, in every way as the examples of data that are opened for it.

    :param path: the file; "FILE#N" is recording N of a file that holds several
    :param config: None: the model's; else one that may differ from it in data.allow_loss, data.from_first_event,
        data.start_us and data.step_us
    :return: T x N, and what became of the events
    """
    made, report = ffi.new("vdib_raster **"), struct("vdib_recording_report")
    given = NULL if config is None else taken_config(config)
    check(lib.vdib_recording_read(encoded_path(path), model_pointer(model), given, made, report))
    return Raster._of(made[0]), RecordingReport(*(getattr(report, name) for name in RecordingReport._fields))


def holds(folder: PathLike) -> Optional[str]:
    """What a folder or archive holds: "recordings", "images", None if neither."""
    return text_or_none(lib.vdib_dataset_holds(encoded_path(folder)))


def is_archive(path: PathLike) -> bool:
    """Whether a file is an archive of several files, which :class:`Dataset` unpacks into the cache folder."""
    return bool(lib.vdib_dataset_is_archive(encoded_path(path)))


def film(folder: PathLike, config: Config, data: Optional[PathLike] = None, *, threads: int = 0,
         cancelled: Optional[Callable[[], bool]] = None) -> Tuple[int, int, List[str]]:  # fmt: skip
    """Films images with the built-in camera into a folder in the layout of N-MNIST.

    :param folder: must not exist or be empty
    :param config: its keys data.motion, data.sensor, data.place, data.film_exclude, data.train_examples and
        data.test_examples count
    :param data: folder of IDX images, "builtin:digits", or None for the latter
    :return: how many training and test recordings there are, and what is to be said of the images
    """
    asked = Asked(cancelled)
    options = struct("vdib_dataset_options", threads=number(threads, "threads"), cancelled=lib.vdib_python_cancelled,
                     user=asked.handle)  # fmt: skip
    train, test, notes = ffi.new("size_t *"), ffi.new("size_t *"), ffi.new("char **")
    where = c_path(data, "data")
    status = lib.vdib_film(where, taken_config(config), options, encoded_path(folder, "folder"), train, test, notes)
    check(status, asked.error)
    try:
        return train[0], test[0], text(notes[0]).splitlines()
    finally:
        lib.vdib_memory_free(notes[0])
