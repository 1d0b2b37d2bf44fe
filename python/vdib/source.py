# SPDX-License-Identifier: MIT
"""Examples of Python's as a data set of the library: read when they are needed, or once."""

from __future__ import annotations

import threading
from typing import Any, Dict, List, Mapping, Optional, Sequence, Tuple

from . import errors
from ._arrays import need_numpy, numpy_or_none, taken
from ._binding import ffi, lib
from ._native import NULL, c_text, check, number, own, struct
from .model import Geometry, geometry_struct
from .raster import Raster, raster_of

SPLITS = ("train", "validation", "test")
_NAMES = ("training", "validation", "test")


def split_number(split: str) -> int:
    """The library's number of a split."""
    if split not in SPLITS:
        raise errors.ArgumentError(f"there is no split {split!r}; it is one of {', '.join(SPLITS)}")
    return SPLITS.index(split)


class Source:
    """Three splits of Python objects, and how one of them becomes an example."""

    def __init__(self, splits: Tuple[Any, Any, Any], *, classes: Optional[int],
                 sensor_size: Optional[Tuple[int, ...]], steps: Optional[int], step_us: Optional[int], start_us: int,
                 from_first_event: bool, geometry: Optional[Geometry]) -> None:  # fmt: skip
        self.lazy = all(_is_indexed(split) for split in splits)
        self.splits: Tuple[Any, ...] = tuple(_kept(split, name) for split, name in zip(splits, _NAMES))
        sensor = _sensor(sensor_size or getattr(splits[0], "sensor_size", None))
        self.bin = (sensor, steps, step_us, start_us, from_first_event)
        self.error: Optional[BaseException] = None
        self.inside = threading.local()
        self.counting = threading.Lock()
        self.binned = False  # whether inputs are events
        self.events = self.outside_window = self.outside_sensor = 0
        if len(self.splits[0]) == 0:
            raise errors.DataError("there are no training examples; a data set needs one at least")
        self.geometry = geometry if geometry is not None else self.guess(classes)
        self.handle = ffi.new_handle(self)

    def guess(self, classes: Optional[int]) -> Geometry:
        """The shapes of the first training example, and the number of classes."""
        example = _read(self.splits[0], 0)
        raster, target, label = self.parts(example, None)
        self.refuse_lost(example)
        if label is None and (isinstance(target, (str, bytes)) or not hasattr(target, "__len__")):
            raise TypeError(f"a label is a {type(target).__name__}; it must be a whole number")
        if classes is None:
            classes = self.count_classes(label is None)
        return _geometry(_planes(_input_of(example), raster, self.bin[0]), raster, number(classes, "classes"), target)

    def count_classes(self, unlabelled: bool) -> int:
        """Classes that the training data name, or the largest label that they have."""
        train = self.splits[0]
        if unlabelled:
            return 1
        named = getattr(train, "classes", None)
        if named is not None and hasattr(named, "__len__"):
            return len(named)
        for name in ("targets", "labels"):
            labels = getattr(train, name, None)
            if labels is not None and len(labels) == len(train):
                return max(_label(label) for label in labels) + 1
        return max(_label(_read(train, i)[-1]) for i in range(len(train))) + 1

    def parts(self, example: Any, geometry: Optional[Geometry]) -> Tuple[Raster, Any, Optional[int]]:
        """(raster, target, label) of an example as the user gives it; target and label None where it has none."""
        if not isinstance(example, (tuple, list)) or not 2 <= len(example) <= 3:
            pairs = "; list(zip(inputs, labels)) makes them of two arrays" if hasattr(example, "dtype") else ""
            raise TypeError(
                f"an example is a {type(example).__name__}; it must be (input, label), (input, target) or "
                f"(input, target, label){pairs}"
            )
        raster = self.raster(example[0])
        if len(example) == 3:
            return raster, example[1], _label(example[2])
        if _is_label(example[1]):
            return raster, None, _label(example[1])
        return raster, example[1], None

    def raster(self, given: Any) -> Raster:
        """The input of an example as a raster."""
        names = getattr(getattr(given, "dtype", None), "names", None)
        if names is None:
            return raster_of(_in_rows(given), "the input")
        size, steps, step_us, start_us, relative = self.bin
        if size is None or steps is None or step_us is None:
            raise errors.ArgumentError("inputs are events: say sensor_size=(columns, rows), steps and step_us")
        if not {"t", "x"} <= set(names):
            has = ", ".join(names)
            raise errors.ArgumentError(f"events have the fields {has}; they must have t (microseconds), x, y and p")
        events = _with_polarity(given, names)
        if relative and len(events):
            start_us = start_us + int(events["t"].min())
        raster, binned = Raster.from_events(
            events, width=size[0], height=size[1], steps=steps, step_us=step_us, start_us=start_us,
            polarities=size[2] if len(size) > 2 else 2)  # fmt: skip
        with self.counting:
            self.binned = True
            self.events += len(events)
            self.outside_window += binned.outside_window
            self.outside_sensor += binned.outside_sensor
        return raster

    def refuse_lost(self, first: Any) -> None:
        """Refuses events that are lost: over nine tenths, as of data in files. Where the first example has lost most
        of its own, some more are looked at."""
        if 10 * self.lost() <= 9 * self.events:
            return
        train, looked = self.splits[0], 10
        for i in range(1, looked):
            at = i * len(train) // looked
            if at > 0:
                self.raster(_input_of(_read(train, at)))
        lost, events = self.lost(), self.events
        if 10 * lost > 9 * events:
            (columns, rows, *_), steps, step_us, start_us, _ = self.bin  # type: ignore[misc]
            times = _input_of(first)["t"]
            raise errors.DataError(
                f"{lost} of {events} events of the training examples that were looked at lie outside {steps} steps of "
                f"{step_us} us from {start_us} us on or a sensor of {columns} x {rows}; the first example has times "
                f"from {times.min()} to {times.max()}, taken for microseconds: set steps and step_us, start_us or "
                "from_first_event, and sensor_size, to match"
            )

    def lost(self) -> int:
        """Events that were read so far and are in no raster."""
        return self.outside_window + self.outside_sensor

    def keys(self) -> Dict[str, Any]:
        """The keys of a configuration that say how its examples lie in time."""
        keys: Dict[str, Any] = {}
        if self.geometry.steps <= 100000:  # what the key takes; longer rasters are no recordings in files
            keys["data.steps"] = self.geometry.steps
        if self.binned:
            _, _, step_us, start_us, relative = self.bin
            keys.update({"data.step_us": step_us, "data.start_us": start_us, "data.from_first_event": bool(relative)})
        return keys

    def class_names(self, given: Any) -> Optional[List[str]]:
        """The names of the classes, None for none."""
        count = self.geometry.classes
        if given is not None:
            if isinstance(given, (str, bytes)) or not hasattr(given, "__len__") or len(given) != count:
                raise errors.ArgumentError(f"class_names is {given!r}; it must be a list of {count} texts")
            return list(given)
        named = getattr(self.splits[0], "classes", None)
        if not isinstance(named, (list, tuple)) or len(named) != count or not all(named):
            return None
        return list(named) if all(isinstance(one, str) and "\0" not in one for one in named) else None

    def notes(self) -> List[str]:
        """What was left out of the examples that were read so far."""
        said = []
        if self.outside_window > 0:
            said.append(f"{self.outside_window} of {self.events} events that were read lie outside the time window: "
                        "raise steps or step_us, or set from_first_event or start_us")  # fmt: skip
        if self.outside_sensor > 0:
            said.append(f"{self.outside_sensor} of {self.events} events that were read lie outside the sensor: "
                        "correct sensor_size")  # fmt: skip
        return said

    def fill(self, split: int, index: int, fetched: Any) -> None:
        """Fills an example of the library's."""
        raster, target, label = self.parts(self.splits[split][index], self.geometry)
        expected = (self.geometry.steps, self.geometry.channels)
        if raster.shape != expected:
            raise errors.DataError(f"its input is (steps, channels) = {raster.shape}; it must be {expected}")
        copy_raster(raster._pointer, fetched.raster)
        fetched.label = 0 if label is None else label
        shape = self.geometry.target_shape
        if not shape:
            if target is not None:
                raise errors.DataError(f"its label is a {type(target).__name__}; it must be a whole number below "
                                       f"{self.geometry.classes}")  # fmt: skip
            return
        if target is None:
            raise errors.DataError(f"it has no target; it must be of shape {shape}")
        values, given = real_values(target)
        if given not in (shape, tuple(s for s in shape if s != 1), shape[1:]):
            raise errors.DataError(f"its target has shape {given}; it must be {shape}")
        count = 1
        for size in shape:
            count *= size
        ffi.memmove(fetched.target, values, count * ffi.sizeof("float"))

    def create(self, parallel: bool, name: Optional[str]) -> Any:
        """The data set of the library's, which calls back for each example or, of what can only be iterated, keeps
        copies."""
        made, geometry = ffi.new("vdib_dataset **"), geometry_struct(self.geometry)
        given = c_text(name if name is not None else f"examples of Python ({type(self.splits[0]).__name__})", "name")
        sizes = [len(split) for split in self.splits]
        if not self.lazy:
            self.splits = tuple([self.kept(example) for example in split] for split in self.splits)
        source = struct("vdib_dataset_source", train=sizes[0], validation=sizes[1], test=sizes[2],
                        fetch=lib.vdib_python_fetch, release=NULL, user=self.handle, parallel=parallel,
                        name=given)  # fmt: skip
        check(lib.vdib_dataset_create_callback(geometry, source, made))
        return own(made[0], lib.vdib_dataset_destroy, self.handle, self)

    def kept(self, example: Any) -> Tuple[Any, ...]:
        """An example of a generator, its input as a raster."""
        raster, target, label = self.parts(example, None)
        return (raster, target, label) if target is not None and label is not None else (
            raster, target if label is None else label)  # fmt: skip

    def outside(self) -> None:
        """Refuses a call that the source itself makes while an example is fetched from it: it would wait for itself."""
        if getattr(self.inside, "now", False):
            raise errors.ArgumentError("a source of examples reads the data set that it belongs to; give it another")

    def raised(self) -> Optional[BaseException]:
        """What it raised last, once."""
        error, self.error = self.error, None
        return error


def copy_raster(pointer: Any, into: Any) -> None:
    """The spikes of a raster of the library's in another one of the same shape."""
    steps = lib.vdib_raster_steps(pointer)
    offsets, channels = ffi.new("const size_t **"), ffi.new("const uint32_t **")
    check(lib.vdib_raster_view(pointer, offsets, channels))
    count = offsets[0][steps]
    rows = ffi.new("uint32_t[]", max(count, 1))
    numpy = numpy_or_none()
    if numpy is not None:
        ends = numpy.frombuffer(ffi.buffer(offsets[0], (steps + 1) * ffi.sizeof("size_t")), dtype="u8")
        spread = numpy.repeat(numpy.arange(steps, dtype="u4"), numpy.diff(ends).astype("i8"))
        ffi.memmove(rows, ffi.from_buffer(spread), 4 * count) if count else None
    else:
        for step in range(steps):
            for i in range(offsets[0][step], offsets[0][step + 1]):
                rows[i] = step
    check(lib.vdib_raster_from_pairs(into, rows, channels[0], count, NULL))


def _fetch_failed(kind: Any, value: BaseException, trace: Any) -> int:
    """What a source raised: the call that needed the example fails with it."""
    source = trace.tb_frame.f_locals.get("source")
    if isinstance(source, Source):
        source.error = value
        source.inside.now = False
    status = value.status if isinstance(value, errors.VdibError) and value.status > 0 else errors.DataError.status
    said = str(value) if isinstance(value, errors.VdibError) else f"{type(value).__name__}: {value}"
    lib.vdib_fail(status, said.replace("\n", " ").replace("\0", " ").encode("utf-8", "replace")[:400])
    return status


@ffi.def_extern(name="vdib_python_fetch", onerror=_fetch_failed)  # type: ignore[untyped-decorator]
def _fetch(user: Any, split: int, index: int, example: Any) -> int:
    source = ffi.from_handle(user)
    source.inside.now = True
    source.fill(split, index, example)
    source.inside.now = False
    return 0


@ffi.def_extern(name="vdib_python_release")  # type: ignore[untyped-decorator]
def _release(user: Any) -> None:
    """Nothing: the data set's end (own) forgets the source."""


def _is_indexed(split: Any) -> bool:
    return hasattr(split, "__len__") and hasattr(split, "__getitem__")


def _sensor(size: Any) -> Optional[Tuple[int, ...]]:
    """(columns, rows) or (columns, rows, polarities) of whole numbers, None for none."""
    if size is None:
        return None
    if not hasattr(size, "__len__") or isinstance(size, (str, bytes)) or len(size) not in (2, 3):
        raise TypeError(f"sensor_size is {size!r}; it must be (columns, rows) or (columns, rows, polarities)")
    return tuple(number(value, "sensor_size", 1, 2**32 - 1) for value in size)


def _kept(split: Any, name: str) -> Any:
    """A split that is read by index, or a list of what an iterator gives."""
    if isinstance(split, (str, bytes, Mapping)) or not (_is_indexed(split) or hasattr(split, "__iter__")):
        raise TypeError(
            f"the {name} examples are a {type(split).__name__}; they must be a list, a data set with a length, or a "
            "generator; vdib.Dataset(path) opens files"
        )
    if _is_indexed(split):
        return split
    found: List[Any] = []
    try:
        for example in split:
            found.append(example)
    except Exception as error:
        raise _lost(name, len(found), error) from error
    return found


def _read(train: Any, index: int) -> Any:
    """A training example as its source gives it."""
    try:
        return train[index]
    except Exception as error:
        raise _lost(_NAMES[0], index, error) from error


def _lost(name: str, index: int, error: Exception) -> errors.DataError:
    """What a source raised, as the library tells it of examples that it asks for."""
    return errors.DataError(f"{name} example {index}: {type(error).__name__}: {error}".replace("\n", " "))


def _input_of(example: Any) -> Any:
    return example[0]


def _is_label(value: Any) -> bool:
    if hasattr(value, "__index__") and getattr(value, "ndim", 0) == 0 and not isinstance(value, bool):
        try:
            value.__index__()
            return True
        except TypeError:
            return False
    return False


def _label(value: Any) -> int:
    if not _is_label(value):
        raise TypeError(f"a label is a {type(value).__name__}; it must be a whole number")
    return number(value, "label", 0, 2**32 - 1)


def _in_rows(given: Any) -> Any:
    """Arrays of more than two dimensions, (T, polarities, rows, columns) for one, as (T, N)."""
    rank = getattr(given, "ndim", None)
    if rank is None or rank <= 2 or isinstance(given, Raster):
        return given
    array = need_numpy("an array of more than two dimensions").asarray(given)
    return array.reshape(array.shape[0], -1)


def _with_polarity(events: Any, names: Sequence[str]) -> Any:
    """Events without a field p (spikes of channels) are ON."""
    if "p" in names and events["p"].dtype.kind != "b" and "y" in names:
        return events
    made = need_numpy("events").zeros(len(events), [("t", "i8"), ("x", "i8"), ("y", "i8"), ("p", "i8")])
    for name in ("t", "x", "y", "p"):
        made[name] = events[name] if name in names else (1 if name == "p" else 0)
    return made


def _planes(given: Any, raster: Raster, size: Optional[Tuple[int, ...]]) -> Tuple[int, int, int]:
    """(polarities, rows, columns) of an input."""
    shape: List[int] = [] if isinstance(given, Raster) else list(getattr(given, "shape", []))
    if len(shape) in (3, 4):
        return (1 if len(shape) == 3 else int(shape[1])), int(shape[-2]), int(shape[-1])
    if size is not None:
        planes = (int(size[2]) if len(size) > 2 else 2, int(size[1]), int(size[0]))
        if planes[0] * planes[1] * planes[2] == raster.channels:
            return planes
    return 1, 1, raster.channels


def real_values(target: Any) -> Tuple[Any, Tuple[int, ...]]:
    """A target's values and shape."""
    rank = getattr(target, "ndim", None)
    if rank is None:
        rank, inner = 0, target
        while hasattr(inner, "__len__") and not isinstance(inner, str) and len(inner):
            rank, inner = rank + 1, inner[0]
    return taken(target, "float", "target", int(rank))


def _geometry(planes: Tuple[int, int, int], raster: Raster, classes: int, target: Any) -> Geometry:
    inputs = (planes[0], planes[1], planes[2], raster.steps, classes)
    if target is None:
        return Geometry(*inputs)
    shape = list(real_values(target)[1])
    if not 1 <= len(shape) <= 3:
        raise errors.ArgumentError(f"the target has {len(shape)} dimensions; it must have 1 to 3")
    channels, height, width = [1] * (3 - len(shape)) + shape
    return Geometry(*inputs, height, width, channels)
