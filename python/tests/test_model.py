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
