# SPDX-License-Identifier: MIT
"""Data sets of files and of Python's: lists, sequences, generators, and sources that raise."""
import os
import pathlib
import re
import threading
import zlib

import numpy
import pytest

import vdib
from vdib.errors import ArgumentError, ConfigError, DataError, FileError, VdibError


class Lazy:
    """A data set in the manner of PyTorch: it has a length and takes an index."""

    classes = ["a", "b", "c"]

    def __init__(self, examples, fails=None):
        self.examples, self.fails, self.asked, self.threads = examples, fails, [], set()

    def __len__(self):
        return len(self.examples)

    def __getitem__(self, index):
        self.asked.append(index)
        self.threads.add(threading.get_ident())
        if self.fails is not None and index % 5 == self.fails:
            raise KeyError("example is lost")
        return self.examples[index]


class Tonic:
    """A data set in the manner of Tonic: events with x, y, t, p and their sensor."""

    sensor_size = (4, 3, 2)
    classes = ["left", "right"]
    dtype = numpy.dtype([("x", "i2"), ("y", "i2"), ("t", "i8"), ("p", "?")])

    def __len__(self):
        return 20

    def __getitem__(self, index):
        events = numpy.zeros(6, self.dtype)
        events["x"], events["t"], events["p"] = index % 4, numpy.arange(6) * 1000 + 50, index % 2
        return events, index % 2


def test_a_list_is_fetched_as_it_is(examples):
    dataset = vdib.Dataset.from_examples(examples, examples[:9], examples[9:12])
    assert (dataset.size("train"), dataset.size("validation"), dataset.size("test")) == (40, 3, 9)
    for i in (0, 7, 39):
        assert dataset.train[i].raster == examples[i][0] and dataset.train[i].label == examples[i][1]
    assert dataset.test[-1].raster == examples[8][0] and len(dataset.train[:3]) == 3
    assert dataset.geometry == vdib.Geometry(1, 1, 12, 8, 3) and "list" in dataset.summary
    assert sum(1 for _ in dataset.validation) == 3 and dataset.class_names is None and dataset.notes == []
    assert dataset.split_digest is None and "40" in dataset._repr_html_()


def test_examples_and_reconstructions_show_themselves(examples, tmp_path):
    pixels = numpy.random.default_rng(1).random((3, 5, 4)) * 1.5 - 0.25
    for values in (pixels, pixels[:1], pixels[0], pixels[0].tolist()):
        shown = vdib.Picture(values, "it <is>")
        levels = numpy.clip(numpy.atleast_3d(numpy.asarray(values).reshape(-1, 5, 4)), 0, 1).transpose(1, 2, 0)
        data = zlib.decompress(re.search(rb"IDAT(.*)....\0\0\0\0IEND", shown.png, re.DOTALL).group(1))
        lines = numpy.frombuffer(data, "u1").reshape(5, -1)
        assert (lines[:, 0] == 0).all() and numpy.array_equal(lines[:, 1:], numpy.rint(255 * levels).reshape(5, -1))
        assert "it &lt;is&gt;" in shown._repr_html_() and "4 x 5" in repr(shown)
    dataset = vdib.Dataset.from_examples([(raster, pixels[0], 3) for raster, _ in examples], classes=4)
    example = dataset.train[2]
    assert "image/png" in example._repr_html_() and repr(example).endswith("target of (1, 5, 4), label=3, number=2)")
    plain = vdib.Dataset.from_examples(examples).train[1]
    assert "label 1" in plain._repr_html_() and "image/png" not in plain._repr_html_()


def test_a_sequence_is_read_when_it_is_needed(examples):
    lazy = Lazy(examples)
    dataset = vdib.Dataset.from_examples(lazy)
    assert lazy.asked == [0] and dataset.geometry.classes == 3 and len(dataset.validation) == 4
    assert dataset.train[5].raster.spikes == 4 and len(lazy.asked) == 2


def test_a_generator_is_read_once(examples):
    dataset = vdib.Dataset.from_examples((example for example in examples), iter(examples[:2]))
    assert len(dataset.train) == 36 and dataset.test[1].raster == examples[1][0]


def test_events_of_tonic_are_binned():
    dataset = vdib.Dataset.from_examples(Tonic(), Tonic(), steps=5, step_us=1000)
    assert dataset.geometry == vdib.Geometry(2, 3, 4, 5, 2)
    for i in range(4):
        expected = [12 * (i % 2) + i] * 5
        assert dataset.test[i].raster.to_pairs()[:, 1].tolist() == expected and dataset.test[i].label == i % 2
    assert len(dataset.notes) == 1 and dataset.notes[0].startswith("9 of 54 events that were read lie outside the time")
    narrow = vdib.Dataset.from_examples(Tonic(), sensor_size=(2, 3), steps=6, step_us=1000)
    assert narrow.train[2].raster.spikes in (0, 6) and len(narrow.train[:8]) == 8
    assert len(narrow.notes) == 1 and "outside the sensor: correct sensor_size" in narrow.notes[0]
    late = vdib.Dataset.from_examples(Tonic(), steps=6, step_us=1000, start_us=-50, from_first_event=True)
    assert late.train[0].raster.spikes == 6


def test_classes_have_the_names_that_the_data_say(examples, config):
    dataset = vdib.Dataset.from_examples(Tonic(), Tonic(), steps=5, step_us=1000)
    assert dataset.class_names == ["left", "right"]
    for classes in ([0, 1, 2], ["a", "b"], ["a", "", "c"], {"a": 0, "b": 1, "c": 2}, None):
        lazy = Lazy(examples)
        lazy.classes = classes
        assert vdib.Dataset.from_examples(lazy, classes=3).class_names is None
    named = vdib.Dataset.from_examples(examples, examples[:9], class_names=("one", "two", "three"))
    trainer = vdib.Trainer(config, named)
    trainer.train()
    assert trainer.model.class_names == ["one", "two", "three"] == vdib.evaluate(trainer.model, named).class_names
    assert ">two<" in vdib.evaluate(trainer.model, named)._repr_html_()
    for wrong, kind, says in (("one", ArgumentError, "class_names is 'one'; it must be a list of 3 texts"),
                              (["one"], ArgumentError, "list of 3 texts"), ([1, 2, 3], TypeError, "a class name is a"),
                              (["one", "", "three"], ArgumentError, "class 1 of 3 has no name")):  # fmt: skip
        with pytest.raises(kind, match=says):
            vdib.Dataset.from_examples(examples, class_names=wrong)


@pytest.mark.parametrize("relative", [False, True])
def test_what_is_trained_on_events_reads_files_as_it_has_learnt_to(config, tmp_path, relative):
    """Steps and their length are those of the data, not of the configuration."""
    given = {"steps": 9, "step_us": 700, "start_us": 40, "from_first_event": relative}
    dataset = vdib.Dataset.from_examples(Tonic(), Tonic(), **given)
    config["decoder.window"] = 0
    assert (config["data.steps"], config.step_us) == (8, 15000)
    run = vdib.train(config, dataset=dataset, out=tmp_path / "run", examples=16, progress=False, report=False)
    trainer = vdib.Trainer(config, dataset, examples=16)
    trainer.train()
    assert run.model.digest == trainer.model.digest and vdib.Trainer.memory(config, dataset).total > 0
    for key in ("steps", "step_us", "start_us", "from_first_event"):
        assert run.model.config[f"data.{key}"] == given[key]
    assert run.model.window == 9 and config["data.steps"] == 8
    numpy.save(tmp_path / "one.npy", Tonic()[3][0])
    raster, told = vdib.read_recording(tmp_path / "one.npy", run.model)
    assert raster == dataset.test[3].raster and raster.spikes == told.spikes == 5 + (not relative)
    run.close()
    assert vdib.Run.resume(tmp_path / "run", dataset).train()["examples"].size == 1


def test_rasters_of_ones_own_may_have_another_length(examples):
    """A model reads recordings in as many steps as it was trained on, whatever data.steps is."""
    config = vdib.Config("classify", {"encoder.layers": ["4"], "encoder.readouts": 4})
    model = vdib.Model(config, vdib.Geometry(1, 3, 4, 9, 2))
    assert config["data.steps"] != 9
    path = os.path.join(os.environ["VDIB_SOURCE"], "tests/compatibility/0.1.0/data/recordings/Test/3/00004.bin")
    assert vdib.read_recording(path, model, vdib.Config("classify", {"data.allow_loss": True}))[0].steps == 9
    assert vdib.Trainer(config, vdib.Dataset.from_examples(examples)).model.config["data.steps"] == 8


def test_events_that_are_lost_are_refused():
    """Milliseconds or seconds that are taken for microseconds, a late beginning, a small sensor."""
    for given in ({"step_us": 1}, {"step_us": 1000, "start_us": 10**6}, {"step_us": 10**4, "start_us": -(10**6)}):
        with pytest.raises(DataError, match="of 60 events .* outside 5 steps .* from 50 to 5050, taken for micro"):
            vdib.Dataset.from_examples(Tonic(), steps=5, **given)
    with pytest.raises(DataError, match="lie outside"):
        vdib.Dataset.from_examples((Tonic()[i] for i in range(20)), sensor_size=(4, 3), steps=5, step_us=1)

    class Late(Tonic):
        def __getitem__(self, index):
            events, label = super().__getitem__(index)
            events["t"] += 10**6 * (index == 0)
            return events, label

    assert vdib.Dataset.from_examples(Late(), steps=5, step_us=1000).class_names == ["left", "right"]

    class Wide(Tonic):
        def __getitem__(self, index):
            events, label = super().__getitem__(index)
            events["x"] += 34
            return events, label

    with pytest.raises(DataError, match="or a sensor of 4 x 3; the first example"):
        vdib.Dataset.from_examples(Wide(), steps=9, step_us=1000)


@pytest.mark.parametrize("shape, planes", [((8, 12), (1, 1, 12)), ((8, 3, 4), (1, 3, 4)), ((8, 2, 2, 3), (2, 2, 3))])
def test_dense_inputs_have_their_planes(shape, planes):
    data = [((numpy.random.default_rng(i).random(shape) < 0.3).astype("i2"), i % 2) for i in range(12)]
    dataset = vdib.Dataset.from_examples(data, data[:2])
    assert tuple(dataset.geometry)[:3] == planes
    assert numpy.array_equal(dataset.test[1].raster.to_dense(), data[1][0].reshape(8, 12))


@pytest.mark.parametrize("shape, full", [((3,), (1, 1, 3)), ((2, 3), (1, 2, 3)), ((3, 2, 2), (3, 2, 2))])
@pytest.mark.parametrize("labelled", [False, True])
def test_targets_are_arrays(examples, shape, full, labelled):
    values = [numpy.random.default_rng(i).random(shape).astype("f8") for i in range(40)]
    data = [(r, v, n) if labelled else (r, v) for (r, n), v in zip(examples, values)]
    dataset = vdib.Dataset.from_examples(data, data[:3])
    example = dataset.test[2]
    assert example.target.shape == full == dataset.geometry.target_shape and example.label == (2 if labelled else 0)
    assert numpy.array_equal(example.target.reshape(shape), values[2].astype("f4"))


def test_what_a_source_raises_is_the_cause(examples):
    dataset = vdib.Dataset.from_examples(Lazy(examples, fails=3), Lazy(examples, fails=3))
    with pytest.raises(DataError, match="test example 3.*KeyError.*example is lost") as raised:
        dataset.test[3]
    assert isinstance(raised.value.__cause__, KeyError)
    assert dataset.test[2].label == 2


def test_a_training_ends_with_what_its_source_raises(config, examples):
    dataset = vdib.Dataset.from_examples(Lazy(examples, fails=3))
    trainer = vdib.Trainer(config, dataset)
    with pytest.raises(DataError) as raised:
        trainer.train()
    assert isinstance(raised.value.__cause__, KeyError) and trainer.model.digest


def test_a_source_must_not_read_its_own_data_set(examples):
    class Own(Lazy):
        def __getitem__(self, index):
            if index == 2:
                dataset.test[0]
            return super().__getitem__(index)

    dataset = vdib.Dataset.from_examples(examples, Own(examples))
    with pytest.raises(ArgumentError, match="belongs to"):
        dataset.test[2]
    assert dataset.test[1].label == 1


@pytest.mark.parametrize("parallel", [False, True])
def test_sources_are_read_by_several_threads(config, examples, parallel):
    trained = []
    for threads in (1, 2):
        lazy = Lazy(examples)
        dataset = vdib.Dataset.from_examples(lazy, parallel=parallel)
        trainer = vdib.Trainer(config, dataset, threads=threads)
        trainer.train()
        trained.append(trainer.model.to_bytes())
    assert trained[0] == trained[1]


@pytest.mark.parametrize("data, kind, says", [
    ([], DataError, "no training examples"), ([(1, 2, 3, 4)], TypeError, "an example is a tuple"),
    ([3], TypeError, "an example is a int"), ([(None, 1)], TypeError, "input"),
    ([(numpy.zeros((2, 2)), -1)], ArgumentError, "label is -1"),
    ([(numpy.zeros(3, Tonic.dtype), 0)], ArgumentError, "sensor_size"),
    ([(numpy.full((2, 2), 0.5), 0)], ArgumentError, "binary"),
    ([(numpy.zeros((2, 2)), numpy.zeros((1, 1, 1, 1)))], ArgumentError, "4 dimensions"),
])  # fmt: skip
def test_wrong_examples_are_refused(data, kind, says):
    with pytest.raises(kind, match=says):
        vdib.Dataset.from_examples(data)


@pytest.mark.parametrize("odd, says", [
    ((vdib.Raster(8, 11), 0), r"\(8, 11\)"), ((vdib.Raster(8, 12), 3), "below 3"),
    ((vdib.Raster(8, 12), "a"), "label is a str"),
])  # fmt: skip
def test_an_example_unlike_the_first_is_refused(examples, odd, says):
    dataset = vdib.Dataset.from_examples(examples, [examples[0], odd])
    assert dataset.test[0].label == 0
    with pytest.raises(VdibError, match=says):
        dataset.test[1]


def test_targets_must_be_finite_and_of_one_shape(examples):
    data = [(examples[0][0], numpy.zeros(3)), (examples[0][0], numpy.array([0, numpy.nan, 0])),
            (examples[0][0], numpy.zeros(4)), (examples[0][0], 1)]  # fmt: skip
    dataset = vdib.Dataset.from_examples(data[:1], data)
    for index, says in ((1, "finite"), (2, "shape"), (3, "no target")):
        with pytest.raises(VdibError, match=says):
            dataset.test[index]


def test_folders_archives_and_built_in_data(built_in, tmp_path, recording):
    folder = recording.parents[2]
    assert vdib.holds(folder) == "recordings" and vdib.holds(tmp_path) is None and not vdib.is_archive(recording)
    config = vdib.Config("classify", {"data.steps": 8, "data.allow_loss": True})
    dataset = vdib.Dataset(folder, config)
    dataset.look("test")
    assert dataset.counts("test")["recordings"] == dataset.size("test") and dataset.counts("test")["events"] > 0
    dataset.write_manifest(tmp_path / "m.csv")
    assert vdib.Dataset(tmp_path / "m.csv", config).size("test") == dataset.size("test")
    assert len(dataset.split_digest) == 64
    assert dataset.test[0].image is None
    digits = vdib.Dataset(None, built_in)
    assert digits.test[0].target.shape == digits.geometry.target_shape and digits.size() == 36
    with pytest.raises(FileError, match="nowhere"):
        vdib.Dataset(tmp_path / "nowhere", config)
    with pytest.raises(ArgumentError, match="config"):
        vdib.Dataset(folder)
    with pytest.raises(ArgumentError, match="no split"):
        dataset.size("tests")
    with pytest.raises(IndexError):
        dataset.test[10**6]
    with pytest.raises(KeyboardInterrupt):
        vdib.Dataset(None, built_in, cancelled=_interrupt)


def test_the_image_behind_an_example_comes_along():
    config = vdib.Config("classify", {"data.train_examples": 20, "data.test_examples": 5})
    dataset = vdib.Dataset("film:builtin:digits", config)
    example = dataset.test[2]
    assert example.target is None and example.image.shape == (1, 28, 28) and example.image.dtype == "f4"
    assert 0 <= example.image.min() < 0.1 and 0.9 < example.image.max() <= 1 and not example.image.flags.writeable
    assert "image/png" in example._repr_html_()
    kept = example.image.copy()
    del dataset, example
    again = vdib.Dataset("film:builtin:digits", config).test[2].image
    assert numpy.array_equal(again, kept)
    trainer = vdib.Trainer(config, vdib.Dataset("film:builtin:digits", config), examples=32)
    assert trainer.forward().examples[0].image.shape == (1, 28, 28)


def _interrupt():
    raise KeyboardInterrupt


def test_a_recording_is_read_as_the_data_of_a_model(recording):
    config = vdib.Config("classify", {"data.steps": 8, "data.allow_loss": True})
    dataset = vdib.Dataset(recording.parents[2], config)
    model = vdib.Model(config, dataset.geometry)
    raster, told = vdib.read_recording(recording, model)
    assert raster.shape == (8, dataset.geometry.channels) and told.spikes == raster.spikes
    assert told.events == told.spikes + told.repeated + told.outside_window + told.outside_sensor
    other, _ = vdib.read_recording(recording, model, vdib.Config("classify", {"data.step_us": 100,
                                                                              "data.allow_loss": True}))  # fmt: skip
    assert other.spikes < raster.spikes
    assert vdib.Dataset(recording.parents[2], model=model).geometry == dataset.geometry


def test_images_are_filmed(tmp_path):
    config = vdib.Config("dvs", {"data.train_examples": 10, "data.test_examples": 10})
    train, test, notes = vdib.film(tmp_path / "filmed", config)
    assert (train, test) == (10, 10) and vdib.holds(tmp_path / "filmed") == "recordings" and isinstance(notes, list)
    with pytest.raises(VdibError):
        vdib.film(tmp_path / "filmed", config)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="fork")
def test_forked_workers_read_the_same(dataset):
    import multiprocessing

    expected = [dataset.train[i].raster for i in range(8)]
    context = multiprocessing.get_context("fork")
    queue = context.Queue()

    def work(first):
        for i in range(first, 8, 2):
            queue.put((i, dataset.train[i].raster))

    workers = [context.Process(target=work, args=(first,)) for first in range(2)]
    for worker in workers:
        worker.start()
    found = dict(queue.get(timeout=60) for _ in range(8))
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    assert [found[i] for i in range(8)] == expected
