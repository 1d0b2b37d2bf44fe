# SPDX-License-Identifier: MIT
"""Models: encoder and decoder with their weights, and the configuration that made them."""

from __future__ import annotations

from typing import Any, Dict, List, NamedTuple, Optional, Sequence, Tuple, Union

from . import errors
from ._arrays import made, taken
from ._binding import ffi, lib
from ._html import escape, table
from ._native import NULL, Owner, PathLike, check, encoded_path, expect, number, own, struct, text, text_or_none
from .config import Config, taken_config
from .raster import Raster, raster_of

__all__ = ["Model", "Geometry", "LayerTimes", "TimeConstant", "WeightsTaken"]


class Geometry(NamedTuple):
    """The shapes of data, and so of the model that is made for them."""

    input_channels: int
    """polarities of a sensor, 1 for images and plain channels"""
    input_height: int
    """rows, 1 for plain channels"""
    input_width: int
    """columns, or the number of plain channels"""
    steps: int
    """T of a training example"""
    classes: int
    """labels are below this"""
    target_height: int = 0
    """rows of the target, 1 for vectors, 0 if the target is the label"""
    target_width: int = 0
    """columns of the target or length of the vector, 0 if the target is the label"""
    target_channels: int = 0
    """1 or 3, 0 if the target is the label; left 0 beside a target, it is 1"""

    @property
    def channels(self) -> int:
        """N of a raster: input_channels * input_height * input_width."""
        return self.input_channels * self.input_height * self.input_width

    @property
    def target_shape(self) -> Tuple[int, ...]:
        """(target_channels, target_height, target_width), () if the target is the label."""
        if self.target_height == 0:
            return ()
        return (self.target_channels or 1, self.target_height, self.target_width)


def geometry_of(pointer: Any) -> Geometry:
    """The shapes that the library lends."""
    return Geometry(*(getattr(pointer, name) for name in Geometry._fields))


def geometry_struct(geometry: Geometry) -> Any:
    """Shapes for the library."""
    if not isinstance(geometry, Geometry):
        raise TypeError(f"geometry is a {type(geometry).__name__}; it must be a vdib.Geometry")
    return struct("vdib_geometry", **{k: number(v, k) for k, v in geometry._asdict().items()})


class TimeConstant(NamedTuple):
    """Time constants over the neurons or channels of a layer, in microseconds."""

    least: float
    mean: float
    most: float


class LayerTimes(NamedTuple):
    """The time constants of a hidden layer."""

    synapse: TimeConstant
    membrane: TimeConstant
    refractory: TimeConstant


class WeightsTaken(NamedTuple):
    """What was taken of a file of weights."""

    taken: int
    """tensors of the model that the file has"""
    kept: int
    """tensors of the model that it has not: they stay as they were"""
    unknown: int
    """tensors of the file that the model has not: left out"""


class Model(Owner):
    """Encoder, decoder, weights, configuration.

    >>> model = vdib.Model.load("model.safetensors")
    >>> spikes = model.encode(raster, seed=1)
    >>> image = model.decode(spikes)

    Encoding and decoding may be done by several threads at once, while no thread changes the weights or the channel.

    :param config: the experiment
    :param geometry: the shapes of the data
    """

    def __init__(self, config: Config, geometry: Geometry) -> None:
        created = ffi.new("vdib_model **")
        check(lib.vdib_model_create(taken_config(config), geometry_struct(geometry), created))
        super().__init__(own(created[0], lib.vdib_model_destroy))

    @classmethod
    def _of(cls, pointer: Any) -> "Model":
        """Takes over a model of the library's."""
        model = cls.__new__(cls)
        Owner.__init__(model, own(pointer, lib.vdib_model_destroy))
        return model

    @classmethod
    def _copied(cls, pointer: Any) -> "Model":
        """A copy of one that the library lends."""
        return cls.from_bytes(_saved(pointer), "a copy of a model")

    @classmethod
    def load(cls, path: PathLike) -> "Model":
        """Loads a model file."""
        loaded = ffi.new("vdib_model **")
        check(lib.vdib_model_load(encoded_path(path), loaded))
        return cls._of(loaded[0])

    @classmethod
    def from_bytes(cls, content: Any, origin: str = "bytes of a model file") -> "Model":
        """A model from the bytes of a model file; `origin` names them in messages."""
        loaded = ffi.new("vdib_model **")
        try:
            memory = ffi.from_buffer(content)
        except (TypeError, BufferError):
            kind = type(content).__name__
            raise TypeError(f"content is a {kind}; it must be bytes, or memory in one piece") from None
        check(lib.vdib_model_load_memory(memory, len(memory), origin.encode(), loaded))
        return cls._of(loaded[0])

    def to_bytes(self) -> bytes:
        """The bytes of the model file that :meth:`save` would write."""
        return _saved(self._pointer)

    def save(self, path: PathLike) -> None:
        """Writes a model file: complete under its name, or not at all and what was there before is kept."""
        check(lib.vdib_model_save(self._pointer, encoded_path(path)))

    def copy(self) -> "Model":
        """A model of the same weights and configuration."""
        return Model._copied(self._pointer)

    def __reduce__(self) -> Any:
        return (Model.from_bytes, (self.to_bytes(), "a pickled model"))

    @property
    def config(self) -> Config:
        """A copy of its configuration."""
        pointer = self._pointer
        return Config._copied(lib.vdib_model_config(pointer))

    @property
    def geometry(self) -> Geometry:
        """The shapes of the data that it was made for."""
        pointer = self._pointer
        return geometry_of(lib.vdib_model_geometry(pointer))

    @property
    def outputs(self) -> int:
        """How many values the decoder gives: pixels, classes or other."""
        return int(lib.vdib_model_outputs(self._pointer))

    @property
    def window(self) -> int:
        """The number of steps tau_d that the decoder reads, the last ones of an example."""
        return int(lib.vdib_model_window(self._pointer))

    @property
    def readouts(self) -> int:
        """The number of readout neurons NY; 0 without an encoder (encoder.type=counts)."""
        return int(lib.vdib_model_readouts(self._pointer))

    @property
    def row(self) -> int:
        """The number of values of a step that the decoder reads: NY, or NY + 1 with channel.type=packets."""
        return int(lib.vdib_model_row(self._pointer))

    @property
    def layers(self) -> int:
        """The number of hidden layers."""
        return int(lib.vdib_model_layers(self._pointer))

    @property
    def examples(self) -> int:
        """The number of training examples that it has seen."""
        return int(lib.vdib_model_examples(self._pointer))

    @property
    def digest(self) -> str:
        """A fingerprint of the weights, 64 hexadecimal digits: SHA-256 over all tensors."""
        written = ffi.new(f"char[{lib.VDIB_MODEL_DIGEST}]")
        check(lib.vdib_model_digest(self._pointer, written))
        return text(written)

    @property
    def class_names(self) -> Optional[List[str]]:
        """The names of the classes that it was trained on, None where they have numbers only."""
        pointer = self._pointer
        names = [text_or_none(lib.vdib_model_class_name(pointer, i)) for i in range(self.geometry.classes)]
        return None if None in names else [name for name in names if name is not None]

    def times(self, layer: int) -> LayerTimes:
        """The time constants of a hidden layer, counted from 0, in microseconds."""
        times = struct("vdib_layer_times")
        check(lib.vdib_model_times(self._pointer, number(layer, "layer"), times))
        three = (times.synapse, times.membrane, times.refractory)
        return LayerTimes(*(TimeConstant(t.least, t.mean, t.most) for t in three))

    @property
    def output_shape(self) -> Tuple[int, ...]:
        """The shape of what is decoded: that of the target, else (outputs,)."""
        shape = self.geometry.target_shape
        count = 1
        for size in shape:
            count *= size
        return shape if shape and count == self.outputs else (self.outputs,)

    def set_channel(self, config: Config) -> None:
        """Puts the channel of a configuration, its keys channel.*, between encoder and decoder."""
        with self._using() as pointer:
            check(lib.vdib_model_set_channel(pointer, taken_config(config)))

    # ---- weights ----

    @property
    def tensors(self) -> Dict[str, Any]:
        """Copies of the weights by their names, float32 in PyTorch order."""
        pointer = self._pointer
        return {name: _tensor(pointer, index, shape) for index, (name, shape) in enumerate(_shapes(pointer))}

    def set_tensor(self, name: str, values: Any) -> None:
        """Replaces one tensor.

        :param values: float32 of the tensor's shape, finite
        """
        with self._using() as pointer:
            for index, (found, shape) in enumerate(_shapes(pointer)):
                if found == name:
                    memory, given = taken(values, "float", name, len(shape))
                    if given != shape:
                        raise errors.ArgumentError(f"{name} has shape {given}; it must be {shape}")
                    check(lib.vdib_model_tensor_set(pointer, index, memory))
                    return
            names = ", ".join(found for found, _ in _shapes(pointer))
            raise errors.ArgumentError(f"the model has no tensor {name!r}; it has {names}")

    def take_weights(self, path: PathLike) -> WeightsTaken:
        """Replaces tensors by those of the same names in a safetensors file: all that fit, or none."""
        told = struct("vdib_weights_taken")
        with self._using() as pointer:
            check(lib.vdib_model_take_weights(pointer, encoded_path(path), told))
        return WeightsTaken(told.taken, told.kept, told.unknown)

    # ---- use ----

    def encode(self, raster: Any, *, seed: int = 0, index: Union[int, Sequence[int]] = 0) -> Any:
        """Encodes one example, or a list of them: spikes in, readout spikes out (paper, eq. 1 to 3).

        :param raster: T x N, a :class:`Raster` or a dense or SciPy array; or a list of them
        :param seed, index: key the readout's draw: the same pair always gives the same spikes. Of a list example i has
            index + i, or ``index[i]``
        :return: :class:`Raster` of T x NY, or a list of them
        """
        if isinstance(raster, (list, tuple)):
            return self._encode_many(raster, seed, index)
        given = raster_of(raster)
        readout = ffi.new("vdib_raster **")
        one = number(index, "index")
        check(lib.vdib_model_encode(self._pointer, given._pointer, number(seed, "seed"), one, readout))
        return Raster._of(readout[0])

    def _encode_many(self, rasters: Sequence[Any], seed: int, index: Any) -> List[Raster]:
        given = [raster_of(raster, f"raster {i}") for i, raster in enumerate(rasters)]
        indices = indices_of(index, len(given))
        steps = {raster.steps for raster in given}
        if len(given) > 1 and len(steps) == 1 and min(steps) >= self.window:
            most = max(raster.spikes for raster in given)
            with self.batch(len(given), min(steps), spikes=most + 1) as batch:
                return batch.spikes(given, seed=seed, index=indices)
        return [self.encode(raster, seed=seed, index=i) for raster, i in zip(given, indices)]

    def decode(self, readout: Any) -> Any:
        """Decodes readout spikes as they were received: the last :attr:`window` steps.

        :param readout: T x NY (or T x :attr:`row`): a :class:`Raster`, a dense or SciPy array; or a list of them
        :return: float32 of :attr:`output_shape`, probabilities (images, classes) or values; of a list with the number
            of examples in front
        """
        if isinstance(readout, (list, tuple)):
            return self._each(readout, lambda given, i, out: lib.vdib_model_decode(
                self._pointer, given._pointer, out))  # fmt: skip
        output, pointer = made("float", self.output_shape)
        check(lib.vdib_model_decode(self._pointer, raster_of(readout, "readout")._pointer, pointer))
        return output

    def reconstruct(self, raster: Any, *, seed: int = 0, index: Union[int, Sequence[int]] = 0) -> Any:
        """:meth:`encode` and :meth:`decode` in one, with the channel of evaluations between them.

        :return: as :meth:`decode`
        """
        seed = number(seed, "seed")
        if not isinstance(raster, (list, tuple)):
            output, pointer = made("float", self.output_shape)
            one, at = raster_of(raster), number(index, "index")
            check(lib.vdib_model_reconstruct(self._pointer, one._pointer, seed, at, pointer))
            return output
        indices = indices_of(index, len(raster))
        return self._each(raster, lambda given, i, out: lib.vdib_model_reconstruct(
            self._pointer, given._pointer, seed, indices[i], out))  # fmt: skip

    def _each(self, rasters: Sequence[Any], work: Any) -> Any:
        given = [raster_of(raster, f"raster {i}") for i, raster in enumerate(rasters)]
        outputs, pointer = made("float", (len(given), *self.output_shape))
        for i, raster in enumerate(given):
            check(work(raster, i, pointer + i * self.outputs))
        return outputs

    def batch(self, capacity: int, steps: int, *, spikes: int = 0, threads: int = 0) -> "Batch":
        """A workspace for many examples at once; parameters as of :class:`Batch`."""
        return Batch(self, capacity, steps, spikes=spikes, threads=threads)

    def stream(self, *, seed: int = 0, index: int = 0) -> "Stream":
        """The encoder step by step, or packet by packet of events."""
        return Stream(self, seed=seed, index=index)

    def __repr__(self) -> str:
        if self.closed:
            return "Model(closed)"
        return (f"Model({self.config['experiment']!r}, inputs={self.geometry.channels}, readouts={self.readouts}, "
                f"outputs={self.outputs}, examples={self.examples})")  # fmt: skip

    def _repr_html_(self) -> str:
        rows = [(escape(name), " x ".join(map(str, shape))) for name, shape in _shapes(self._pointer)]
        return table(("tensor", "shape"), rows, repr(self))


def model_pointer(model: Any, name: str = "model") -> Any:
    """A model for the library."""
    return expect(model, Model, "vdib.Model.load() reads one", name)._pointer


def _saved(pointer: Any) -> bytes:
    content, size = ffi.new("void **"), ffi.new("size_t *")
    check(lib.vdib_model_save_memory(pointer, content, size))
    try:
        return bytes(ffi.buffer(content[0], size[0]))
    finally:
        lib.vdib_memory_free(content[0])


def _shapes(pointer: Any) -> List[Tuple[str, Tuple[int, ...]]]:
    found = []
    info = struct("vdib_tensor_info")
    for index in range(lib.vdib_model_tensor_count(pointer)):
        check(lib.vdib_model_tensor(pointer, index, info))
        found.append((text(info.name), tuple(info.shape[i] for i in range(info.rank))))
    return found


def _tensor(pointer: Any, index: int, shape: Tuple[int, ...]) -> Any:
    values, memory = made("float", shape)
    check(lib.vdib_model_tensor_get(pointer, index, memory))
    return values


from .batch import Batch, indices_of  # noqa: E402 batches and streams are made of a model
from .stream import Stream  # noqa: E402
