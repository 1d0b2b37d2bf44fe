# SPDX-License-Identifier: MIT
"""Bad input: an exception of one line that says what and what would be right, and nothing is harmed."""
import os
import threading

import numpy
import pytest
import scipy.sparse

import vdib
from vdib.errors import ArgumentError, DataError, FileError, VersionError

SPIKES = numpy.random.default_rng(5).random((8, 12)) < 0.2


def refused(kind, says, work, *arguments, **named):
    """The exception, whose one line holds the words."""
    with pytest.raises(kind) as raised:
        work(*arguments, **named)
    said = str(raised.value)
    assert says in said and "\n" not in said, said
    return raised.value


# ---- arrays ----


@pytest.mark.parametrize("array", [
    SPIKES, SPIKES.astype(">i4"), SPIKES.astype(">f8"), SPIKES.astype("f2"), SPIKES.astype("longdouble"),
    numpy.asfortranarray(SPIKES.astype("u1")), numpy.repeat(SPIKES, 2, 1)[:, ::2], SPIKES[::-1][::-1],
    numpy.ma.array(SPIKES, mask=False), -SPIKES.astype("i4"), SPIKES.tolist(),
])  # fmt: skip
def test_arrays_of_any_order_are_the_same_raster(array):
    assert vdib.Raster.from_dense(array) == vdib.Raster.from_dense(SPIKES)


def test_an_array_that_cannot_be_written_to_is_read():
    fixed = SPIKES.astype("u1")
    fixed.setflags(write=False)
    assert vdib.Raster.from_dense(fixed).spikes == SPIKES.sum()


@pytest.mark.parametrize("array, kind, says", [
    (SPIKES.astype(str), TypeError, "dense holds <U5; it must hold whole numbers"),
    (SPIKES.astype("i8").astype("M8[s]"), TypeError, "datetime64"), (SPIKES.astype(complex), TypeError, "complex128"),
    (SPIKES.astype(object), TypeError, "object"), (numpy.zeros((2, 3), [("a", "i4")]), TypeError, "whole numbers"),
    (numpy.ma.array(SPIKES, mask=SPIKES), ArgumentError, ".filled(0)"),
    (numpy.where(SPIKES, numpy.nan, 0), ArgumentError, "other than 0 and 1"),
    (numpy.array(1), ArgumentError, "0 dimensions; it must have 2"), (SPIKES[0], ArgumentError, "1 dimensions"),
    (SPIKES[:0], ArgumentError, "steps is 0"), (SPIKES[:, :0], ArgumentError, "channels is 0"),
])  # fmt: skip
def test_arrays_that_hold_no_spikes_are_refused(array, kind, says):
    refused(kind, says, vdib.Raster.from_dense, array)


def test_sparse_matrices_hold_counts():
    rows, columns = numpy.nonzero(SPIKES)
    twice = scipy.sparse.coo_matrix((numpy.ones(2 * len(rows)), (numpy.tile(rows, 2), numpy.tile(columns, 2))),
                                    shape=SPIKES.shape)  # fmt: skip
    for matrix in (twice, twice.tocsr(), twice.tolil(), twice.tocsc()):
        assert vdib.Raster.from_scipy(matrix) == vdib.Raster.from_dense(SPIKES)
    refused(ArgumentError, "no counts", vdib.Raster.from_scipy, scipy.sparse.csr_matrix(SPIKES * 0.5))
    refused(ArgumentError, "no counts", vdib.Raster.from_scipy, scipy.sparse.csr_matrix(SPIKES * numpy.nan))
    refused(TypeError, "matrix is a NoneType", vdib.Raster.from_scipy, None)


def test_batches_are_lists(model, raster):
    batch = model.batch(2, 8)
    for work in (batch.encode, batch.spikes):
        refused(TypeError, "rasters is a NoneType; it must be a list", work, None)
        refused(TypeError, "rasters is a Raster", work, raster)
        refused(ArgumentError, "3 examples", work, [raster] * 3)
    windows = batch.encode([raster, raster]).copy()
    refused(ArgumentError, "windows is empty", batch.decode, windows[:0])
    assert numpy.array_equal(batch.decode(windows), batch.decode(numpy.asfortranarray(windows.astype(">f8"))))


def test_weights_of_another_kind_leave_a_model_unharmed(model):
    name, digest = "encoder.hidden.0.weight", model.digest
    values = model.tensors[name]
    for wrong, kind in ((values.T, ArgumentError), (values[:0], ArgumentError), (values * numpy.nan, vdib.VdibError),
                        (values.astype("f8") * 1e300, vdib.VdibError), (values.astype(object), TypeError),
                        (values.astype(complex), TypeError), (None, TypeError)):  # fmt: skip
        refused(kind, "encoder.hidden.0.weight", model.set_tensor, name, wrong)
    for same in (numpy.asfortranarray(values), values.astype(">f8"), numpy.repeat(values, 2, 1)[:, ::2]):
        model.set_tensor(name, same)
    assert model.digest == digest


def test_what_is_no_picture_is_refused():
    for shape in ((3,), (2, 4, 5), (0, 4), (1, 1, 4, 5)):
        refused(ArgumentError, f"values has shape {shape}", vdib.Picture, numpy.zeros(shape))
    for value in ("nan", "inf", "-inf"):
        refused(ArgumentError, "must be finite", vdib.Picture, [[0.0, float(value)]])
    refused(TypeError, "it must be an array", vdib.Picture, None)


# ---- objects of another kind ----


def test_objects_of_another_kind_are_refused(config, geometry, model, dataset, recording, tmp_path):
    for given in ("demo", None, {"seed": 1}):
        for work in (lambda c: vdib.Trainer(c, dataset), lambda c: vdib.Model(c, geometry),
                     lambda c: vdib.Run(tmp_path / "r", c), lambda c: vdib.Series(tmp_path / "s", c, 1),
                     lambda c: vdib.Trainer.memory(c, dataset), model.set_channel):  # fmt: skip
            refused(TypeError, f"config is a {type(given).__name__}; it must be a vdib.Config", work, given)
    for given in ("model.safetensors", None, config):
        for work in (lambda m: vdib.evaluate(m, dataset), lambda m: vdib.export(m, "onnx", tmp_path / "e"),
                     lambda m: vdib.read_recording(recording, m), vdib.Stream, lambda m: vdib.Batch(m, 1, 8),
                     lambda m: vdib.reconstruct(m, dataset, tmp_path / "n.npz")):  # fmt: skip
            refused(TypeError, f"model is a {type(given).__name__}; it must be a vdib.Model", work, given)
    for given in ("nmnist", None, [], config):
        for work in (lambda d: vdib.evaluate(model, d), lambda d: vdib.Trainer(config, d),
                     lambda d: vdib.ridge(config, d)):  # fmt: skip
            refused(TypeError, f"dataset is a {type(given).__name__}; it must be a vdib.Dataset", work, given)


def test_settings_of_another_kind_are_refused(config, dataset, tmp_path):
    for over, says in ((None, "over is a NoneType"), (3, "over is a int"), ("a=1", "over is a str"),
                       ({"objective.beta": 1}, "over['objective.beta'] is a int; it must be a list"),
                       ({"decoder": "conv"}, "over['decoder'] is a str")):  # fmt: skip
        refused(TypeError, says, vdib.Sweep, tmp_path / "s", config, over, dataset=dataset)
    for values in ([1], "beta", 5):
        refused(TypeError, "they must be a mapping", vdib.Config, "demo", values)
    assert not (tmp_path / "s").exists()


def test_settings_that_a_call_hands_on_are_named(config, dataset, model, raster, recording, tmp_path):
    """Switches, real numbers, functions and lists, and options that there are not."""
    trainer = vdib.Trainer(config, dataset)
    for says, work in {
        "seconds is a str; it must be a real number": lambda: vdib.Trainer(config, dataset, seconds="3"),
        "seconds is a list; it must be a real": lambda: vdib.Run(tmp_path / "r", config, dataset, seconds=[1]),
        "fps is a str; it must be a real number": lambda: vdib.View(recording, fps="12"),
        "strict is a str; it must be True or False": lambda: vdib.events.packets(recording, strict="no"),
        "hot_pixels is a int; it must be True": lambda: vdib.convert(recording, tmp_path / "a.es", hot_pixels=2),
        "cancelled is a int; it must be a function": lambda: vdib.evaluate(model, dataset, cancelled=3),
        "begin is a str; it must be a function": lambda: vdib.Trainer(config, dataset, begin="apply"),
        "callbacks is a function; it must be a list": lambda: trainer.train(callbacks=lambda progress: None),
        "callbacks[1] is a int; it must be a function": lambda: trainer.train(callbacks=[print, 3]),
        "checkpoint is a int; it must be a text or a": lambda: vdib.Trainer(config, dataset, checkpoint=3),
        "folders is a str; it must be a list of": lambda: vdib.compare(str(tmp_path)),
        "folders is a PosixPath; it must be a list": lambda: vdib.compare(tmp_path),
        "recordings is a Raster; it must be a list": lambda: vdib.export(model, "nir", tmp_path / "e.nir",
                                                                         recordings=raster),
        "no option 'cropp' of a conversion; there": lambda: vdib.convert(recording, tmp_path / "a.es", cropp=1),
        "no option 'sorted' of a conv": lambda: vdib.convert_folder(tmp_path, tmp_path / "o", "es", sorted=True),
    }.items():  # fmt: skip
        refused(TypeError, says, work)
    assert list(tmp_path.iterdir()) == [] and trainer.progress is None
    assert vdib.events.packets(recording, strict=numpy.True_).read().size > 0
    refused(ArgumentError, "over['seed'] is empty", vdib.Sweep, tmp_path / "s", config, {"seed": []}, dataset=dataset)
    refused(KeyError, "there is no column 'lose'; there are examples,", lambda: trainer.history["lose"])


def test_what_is_no_raster_is_refused(model, examples):
    for given in ({}, {"t": [1]}, 5, 0.5, (raster for raster, _ in examples)):
        refused(TypeError, f"raster is a {type(given).__name__}; it must be a vdib.Raster or an", model.encode, given)
    events = numpy.zeros(3, vdib.events.dtype)
    refused(TypeError, "raster is an array of events; vdib.Raster.from_events()", model.encode, events)


# ---- files ----


def test_bytes_of_another_kind_or_version_are_refused(model):
    content = model.to_bytes()
    other = content.replace(b'"vdib_version":"1"', b'"vdib_version":"9"')
    assert other != content
    refused(VersionError, "9", vdib.Model.from_bytes, other)
    refused(vdib.errors.FormatError, "fetch or write it again", vdib.Model.from_bytes, content[:-3])
    for wrong in ("text", None, memoryview(content)[::2]):
        refused(TypeError, "it must be bytes", vdib.Model.from_bytes, wrong)
    for same in (bytearray(content), memoryview(content), numpy.frombuffer(content, "u1")):
        assert vdib.Model.from_bytes(same).digest == model.digest


def test_a_folder_of_something_else_is_no_run(tmp_path):
    (tmp_path / "notes.txt").write_text("mine")
    refused(FileError, "is no run folder", vdib.Run.resume, tmp_path)
    refused(vdib.errors.ExistsError, "is not empty", vdib.Run, tmp_path, vdib.Config("demo"))
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


def test_metrics_that_are_none_are_refused(config, dataset, tmp_path):
    refused(FileError, "is no run folder", vdib.read_metrics, tmp_path)
    run = vdib.train(config, dataset=dataset, out=tmp_path / "run", progress=False, report=False)
    path, rows = tmp_path / "run/metrics.jsonl", len(run.metrics()["loss"])
    says = "or another part of this one, is using it"
    refused(vdib.errors.ExistsError, says, vdib.Run.resume, tmp_path / "run")
    run.close()
    refused(ArgumentError, "this Run is closed", run.train)
    refused(ArgumentError, "this Run is closed", lambda: list(run))
    content = path.read_text()
    path.write_text(content + '{"kind": "train", "exam')  # as if it were being written
    assert len(vdib.read_metrics(tmp_path / "run")["loss"]) == rows
    path.write_text("none\n" + content)
    refused(vdib.errors.FormatError, "metrics.jsonl:1: is no line of metrics", vdib.read_metrics, tmp_path / "run")
    path.unlink()
    refused(FileError, "metrics.jsonl: cannot be read: No such file", vdib.read_metrics, tmp_path / "run")


# ---- sources ----


class Raising:
    """40 examples, of which one cannot be had."""

    def __init__(self, examples, at, error):
        self.examples, self.at, self.error = examples, at, error

    def __len__(self):
        return len(self.examples)

    def __getitem__(self, index):
        if index == self.at:
            raise self.error
        return self.examples[index]


@pytest.mark.parametrize("at", [0, 20])
@pytest.mark.parametrize("error", [RuntimeError("the disk\nis gone"), StopIteration()])
def test_what_a_source_raises_while_it_is_looked_at(examples, at, error):
    told = refused(DataError, f"training example {at}: {type(error).__name__}", vdib.Dataset.from_examples,
                   Raising(examples, at, error))  # fmt: skip
    assert told.__cause__ is error


@pytest.mark.parametrize("error", [KeyboardInterrupt(), SystemExit(3)])
def test_what_ends_a_program_is_not_wrapped(examples, config, error):
    data = vdib.Dataset.from_examples(Raising(examples, 20, error), classes=3)
    with pytest.raises(type(error)):
        vdib.Trainer(config, data).train()
    assert vdib.Trainer(config, vdib.Dataset.from_examples(examples)).train()["examples"][-1] == 40


def test_generators_that_raise_or_are_at_their_end(examples):
    def broken():
        yield from examples[:2]
        raise OSError("the line is dead")

    told = refused(DataError, "training example 2: OSError: the line is dead", vdib.Dataset.from_examples, broken())
    assert isinstance(told.__cause__, OSError)
    given = iter(examples)
    vdib.Dataset.from_examples(given)
    refused(DataError, "no training examples", vdib.Dataset.from_examples, given)


def test_what_gives_no_examples_is_refused(examples):
    for train in (None, 5, "nmnist"):
        refused(TypeError, f"the training examples are a {type(train).__name__}", vdib.Dataset.from_examples, train)
    refused(TypeError, "the validation examples are a int", vdib.Dataset.from_examples, examples, validation=5)
    refused(TypeError, "the training examples are a dict", vdib.Dataset.from_examples, {"train": examples})
    for train in (numpy.zeros((10, 8, 12)), (numpy.zeros((10, 8, 12)), numpy.zeros(10, int))):
        refused(TypeError, "list(zip(inputs, labels)) makes them", vdib.Dataset.from_examples, train)
    events = [(numpy.zeros(3, [("t", "i8"), ("x", "i2"), ("y", "i2"), ("p", "i1")]), i % 2) for i in range(20)]
    for size, kind, says in ((34, TypeError, "sensor_size is 34; it must be (columns, rows)"),
                             ((34.5, 34), TypeError, "sensor_size is a float"), ("34x34", TypeError, "it must be (co"),
                             ((34,), TypeError, "(columns, rows, polarities)"),
                             ((0, 34), ArgumentError, "sensor_size is 0")):  # fmt: skip
        refused(kind, says, vdib.Dataset.from_examples, events, sensor_size=size, steps=8, step_us=100)
    untimed = [(numpy.zeros(3, [("x", "i2"), ("y", "i2"), ("p", "i1")]), 0)]
    refused(ArgumentError, "have the fields x, y, p; they must have t (micro", vdib.Dataset.from_examples, untimed,
            sensor_size=(34, 34), steps=8, step_us=100)  # fmt: skip
    for label in ("cat", 1.0, True, float("nan")):
        refused(TypeError, "a label is a", vdib.Dataset.from_examples, [(examples[0][0], label), *examples])


def test_targets_that_are_no_probabilities_are_refused(examples):
    """decoder.head=bernoulli, which images have by default."""
    data = [(raster, numpy.full((2, 3), 0.5)) for raster, _ in examples]
    pixels = (examples[20][0], numpy.full((2, 3), 34.0))
    odd = vdib.Dataset.from_examples([*data[:20], pixels, *data[21:]], data[:5])
    config = vdib.Config("dvs", {"encoder.layers": ["6"], "encoder.readouts": 4, "decoder": "linear",
                                 "learning.batch_size": 4, "training.examples": 40, "evaluation.judge": "none",
                                 "data.steps": 8, "decoder.window": 8, "augment.shift": 0})  # fmt: skip
    says = "has the value 34, but decoder.head=bernoulli needs values from 0 to 1"
    refused(DataError, says, vdib.Trainer(config, odd).train)
    model = vdib.Model(config, odd.geometry)
    assert vdib.evaluate(model, odd)["mse"] > 0
    refused(DataError, "example 3 " + says, vdib.evaluate, model, vdib.Dataset.from_examples(data, [*data[:3], pixels]))
    config["decoder.head"] = "gaussian"
    assert vdib.Trainer(config, odd).train()["examples"][-1] == 40


# ---- closed, and shared by threads ----


def test_closed_objects_are_refused(model, dataset, config, raster):
    stream, batch, trainer = model.stream(), model.batch(2, 8), vdib.Trainer(config, dataset)
    model.close()
    assert stream.step([1]) is not None and batch.encode([raster]).shape[0] == 1  # they keep what they need
    for work in (lambda: model.encode(raster), lambda: vdib.evaluate(model, dataset), lambda: model.stream()):
        refused(ArgumentError, "this Model is closed", work)
    stream.close(), trainer.close(), dataset.close()
    for work in (lambda: stream.step([1]), trainer.step, lambda: dataset.train[0], dataset._repr_html_):
        refused(ArgumentError, "is closed; make a new one", work)


def test_one_stream_and_several_threads(model):
    """Every step is whole or refused."""
    stream, done, refusals = model.stream(), [], []

    def work():
        for _ in range(500):
            try:
                stream.step([1])
                done.append(1)
            except ArgumentError as error:
                refusals.append(str(error))

    threads = [threading.Thread(target=work) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(done) + len(refusals) == 1500 and stream.counts.steps == len(done)
    assert all("at work in another call" in said for said in refusals)


def test_a_forked_child_uses_what_its_parent_made(model, raster):
    expected = model.encode(raster, seed=3)
    child = os.fork()
    if child == 0:
        os._exit(0 if model.encode(raster, seed=3) == expected else 1)
    assert os.waitpid(child, 0)[1] == 0
