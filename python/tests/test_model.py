# SPDX-License-Identifier: MIT
"""Models and streams: what goes in and comes out, and what is refused."""
import pickle

import numpy
import pytest

import vdib


def test_a_stream_gives_the_spikes_of_encode(model, raster):
    spikes = model.encode(raster, seed=5, index=3)
    stream = model.stream(seed=5, index=3)
    assert [stream.step(raster.at(t)) for t in range(8)] == [spikes.at(t).tolist() for t in range(8)]
    assert numpy.array_equal(stream.decode(), model.decode(spikes))
    assert stream.counts.input_spikes == 4 and stream.counts.steps == 8
    stream.reset(index=3)
    assert [stream.step(raster.at(t).tolist()) for t in range(8)] == [spikes.at(t).tolist() for t in range(8)]


def test_a_list_is_encoded_as_its_members(model, raster):
    many = model.encode([raster, raster], seed=5, index=2)
    assert many == [model.encode(raster, seed=5, index=2), model.encode(raster, seed=5, index=3)]
    assert model.encode([raster, raster], seed=5, index=[2, 2])[1] == many[0]
    assert numpy.array_equal(model.decode(many)[1], model.decode(many[1]))
    assert numpy.array_equal(model.reconstruct([raster], seed=5, index=2)[0], model.decode(many[0]))


def test_a_model_in_a_file_in_memory_and_pickled_is_the_same(model, tmp_path):
    model.save(tmp_path / "m.safetensors")
    assert (tmp_path / "m.safetensors").read_bytes() == model.to_bytes()
    for other in (vdib.Model.load(tmp_path / "m.safetensors"), pickle.loads(pickle.dumps(model)), model.copy()):
        assert other.to_bytes() == model.to_bytes() and other.digest == model.digest


def test_tensors_are_copies_and_may_be_replaced(model):
    name, values = next(iter(model.tensors.items()))
    digest = model.digest
    values += 1
    assert model.digest == digest
    model.set_tensor(name, values)
    assert numpy.array_equal(model.tensors[name], values) and model.digest != digest
    with pytest.raises(vdib.errors.ArgumentError, match="must be"):
        model.set_tensor(name, values.T[:1])
    with pytest.raises(vdib.errors.NumericError):
        model.set_tensor(name, values * numpy.nan)
    assert numpy.array_equal(model.tensors[name], values)


@pytest.mark.parametrize("wrong", [[-1], [12], [3, 1], [2**40]])
def test_a_step_refuses_channels_and_is_unharmed(model, raster, wrong):
    stream = model.stream(seed=1)
    with pytest.raises(vdib.errors.ArgumentError):
        stream.step(wrong)
    assert [stream.step(raster.at(t)) for t in range(8)] == [
        model.encode(raster, seed=1).at(t).tolist() for t in range(8)]


def test_rasters_of_another_shape_are_refused(model):
    with pytest.raises(vdib.VdibError, match="channels"):
        model.encode(vdib.Raster(8, 11))
    with pytest.raises(TypeError):
        model.encode("raster")


def test_packets_of_events_give_the_same_steps(recording):
    config = vdib.Config("classify", {"encoder.layers": ["6"], "encoder.readouts": 4, "data.steps": 8,
                                      "data.from_first_event": False, "data.allow_loss": True})  # fmt: skip
    model = vdib.Model(config, vdib.Geometry(2, 34, 34, 8, 10))
    events = vdib.events.read(recording)
    step_us = config.step_us
    raster, _ = vdib.Raster.from_events(events, width=34, height=34, steps=8, step_us=step_us)
    spikes = model.encode(raster, seed=2)
    stream = model.stream(seed=2)
    found = stream.push(events[:40]) + stream.push(events[40:])
    found += stream.advance(8 * step_us)
    assert found[:8] == [(t, spikes.at(t).tolist()) for t in range(8)]
    assert stream.counts.late == 0 and stream.counts.outside_sensor == 0
    with pytest.raises(vdib.errors.DataError):
        stream.push(numpy.array([(2**60, 0, 0, 0)], [("t", "i8"), ("x", "u2"), ("y", "u2"), ("p", "u1")]))
    stream.close()
    with pytest.raises(vdib.errors.ArgumentError, match="closed"):
        stream.advance(0)


def test_a_batch_gives_what_single_calls_give(model, raster):
    rasters = [raster, vdib.Raster(8, 12), raster]
    single = [model.encode(one, seed=3, index=i) for i, one in enumerate(rasters)]
    for threads in (1, 2):
        with model.batch(4, 8, threads=threads) as batch:
            assert batch.spikes(rasters, seed=3) == single
            windows = batch.encode(rasters, seed=3, index=[0, 1, 2])
            assert windows.shape == (3, model.window, model.row) and not windows.flags.writeable
            assert all(numpy.array_equal(window, one.to_dense()) for window, one in zip(windows, single))
            decoded = batch.decode(windows)
            assert decoded.shape == (3, *model.output_shape)
            assert numpy.allclose(decoded, [model.decode(one) for one in single], atol=1e-6)
    for wrong in (lambda: batch.encode(rasters), lambda: model.batch(0, 8), lambda: model.batch(4, 7)):
        with pytest.raises(vdib.VdibError):
            wrong()
    with vdib.Batch(model, 2, 8) as batch:
        for wrong in (lambda: batch.encode(rasters), lambda: batch.decode(windows), lambda: batch.encode([]),
                      lambda: batch.decode(numpy.zeros((1, 3, 4), "f4")),
                      lambda: batch.encode([raster], index=[1, 2])):  # fmt: skip
            with pytest.raises(vdib.errors.ArgumentError):
                wrong()
        assert numpy.array_equal(batch.encode([raster], seed=3)[0], single[0].to_dense())


@pytest.mark.parametrize("wrong", [["a"], [1.5], [None], "ab", None])
def test_a_step_refuses_other_types_and_goes_on(model, wrong):
    stream = model.stream(seed=1)
    with pytest.raises(TypeError):
        stream.step(wrong)
    assert stream.step([1]) == model.stream(seed=1).step([1])
    stream.close()
    with pytest.raises(vdib.errors.ArgumentError, match="closed"):
        stream.step([1])
