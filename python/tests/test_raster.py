# SPDX-License-Identifier: MIT
"""Rasters from and to arrays, and the arrays that are refused."""
import copy
import gc
import pickle

import numpy
import pytest
import scipy.sparse

import vdib
from vdib.errors import ArgumentError


@pytest.fixture
def dense():
    return (numpy.random.default_rng(3).random((9, 13)) < 0.3).astype("u1")


@pytest.mark.parametrize("dtype", ["u1", "?", "i8", "f4", "f8", ">i4"])
@pytest.mark.parametrize("order", ["C", "F"])
def test_dense_arrays_of_every_type_and_order(dense, dtype, order):
    raster = vdib.Raster.from_dense(numpy.asarray(dense, dtype=dtype, order=order))
    assert numpy.array_equal(raster.to_dense(), dense) and raster.shape == (9, 13)
    assert raster.spikes == dense.sum() and abs(raster.density - dense.mean()) < 1e-12 and len(raster) == 9


def test_a_large_whole_number_is_a_spike():
    assert vdib.Raster.from_dense(numpy.array([[0, 256, -1]])).at(0).tolist() == [1, 2]


def test_pairs_csr_scipy_and_back(dense):
    raster = vdib.Raster.from_dense(dense)
    pairs = raster.to_pairs()
    assert numpy.array_equal(numpy.argwhere(dense), pairs)
    shuffled = numpy.random.default_rng(1).permutation(numpy.concatenate([pairs, pairs]))
    assert vdib.Raster.from_pairs(shuffled[:, 0], shuffled[:, 1], (9, 13)) == raster
    offsets, channels = raster.csr()
    assert vdib.Raster.from_csr(offsets, channels, (9, 13)) == raster
    assert offsets.dtype == "u8" and channels.dtype == "u4" and not channels.flags.writeable
    assert numpy.array_equal(raster.to_scipy().toarray(), dense)
    assert vdib.Raster.from_scipy(scipy.sparse.coo_matrix(dense)) == raster
    assert vdib.Raster.from_scipy(scipy.sparse.csc_matrix(dense)) == raster
    assert numpy.array_equal(numpy.asarray(raster), dense)


def test_lists_are_arrays_too():
    assert vdib.Raster.from_pairs([0, 2], [1, 0], (3, 2)) == vdib.Raster.from_dense([[0, 1], [0, 0], [1, 0]])


def test_views_have_no_copy_and_outlive_their_raster(dense):
    raster = vdib.Raster.from_dense(dense)
    before = raster.csr()[1].__array_interface__["data"][0]
    offsets, channels = raster.csr()
    assert channels.__array_interface__["data"][0] == before
    expected = channels.copy()
    raster.close()
    del raster
    gc.collect()
    assert numpy.array_equal(channels, expected) and offsets[-1] == len(expected)


def test_a_borrowed_raster_lies_in_the_callers_arrays():
    offsets, channels = numpy.array([0, 1, 3], "u8"), numpy.array([2, 0, 1], "u4")
    raster = vdib.Raster.from_csr(offsets, channels, (2, 3))
    assert raster.csr()[1].__array_interface__["data"][0] == channels.__array_interface__["data"][0]
    del offsets, channels
    gc.collect()
    assert raster.at(1).tolist() == [0, 1]


def test_by_channel_copy_and_pickle(dense):
    raster = vdib.Raster.from_dense(dense)
    assert numpy.array_equal(raster.by_channel().to_dense(), dense.T)
    assert pickle.loads(pickle.dumps(raster)) == raster and copy.deepcopy(raster) == raster
    assert raster != vdib.Raster(9, 13)


def test_events_are_binned_and_counted():
    events = numpy.zeros(5, vdib.events.dtype)
    events["t"], events["x"], events["p"] = [0, 999, 1000, -1, 5000], [1, 1, 9, 0, 2], [1, 1, 0, 0, 0]
    raster, told = vdib.Raster.from_events(events, width=4, height=2, steps=5, step_us=1000)
    assert told == vdib.Binning(spikes=1, repeated=1, outside_window=2, outside_sensor=1)
    assert raster.at(0).tolist() == [9] and raster.shape == (5, 16)


def test_it_is_saved_and_shown(tmp_path, dense):
    raster = vdib.Raster.from_dense(dense)
    raster.save(tmp_path / "r.npz")
    saved = numpy.load(tmp_path / "r.npz")
    assert saved["shape"].tolist() == [9, 13] and len(saved["step"]) == raster.spikes
    assert raster._repr_html_().count("M") >= raster.spikes and "13" in repr(raster)


@pytest.mark.parametrize("make, says", [
    (lambda: vdib.Raster(0, 5), "steps is 0"),
    (lambda: vdib.Raster(5, 2**32), "channels is"),
    (lambda: vdib.Raster.from_dense(numpy.array([[0.5, 1]])), "binary"),
    (lambda: vdib.Raster.from_dense(numpy.zeros((2, 2, 2), "u1")), "3 dimensions"),
    (lambda: vdib.Raster.from_dense(numpy.zeros((0, 2), "u1")), "steps is 0"),
    (lambda: vdib.Raster.from_pairs([0], [5], (3, 5)), "5"),
    (lambda: vdib.Raster.from_pairs([0, 1], [5], (3, 9)), "as many"),
    (lambda: vdib.Raster.from_pairs([-1], [0], (3, 9)), "from 0 to"),
    (lambda: vdib.Raster.from_pairs([0], [0], 3), "(steps, channels)"),
    (lambda: vdib.Raster.from_csr([0, 2, 1], [0], (2, 2)), ""),
    (lambda: vdib.Raster.from_csr([0, 1], [0], (2, 2)), "must have 3"),
    (lambda: vdib.Raster.from_csr([0, 2, 2], [1, 0], (2, 2)), ""),
    (lambda: vdib.Raster(2, 2).at(2), "from 0 to 1"),
    (lambda: vdib.Raster.from_events(numpy.zeros(2), width=1, height=1, steps=1, step_us=1), "t, x, y, p"),
])  # fmt: skip
def test_wrong_arrays_are_refused(make, says):
    with pytest.raises(ArgumentError) as raised:
        make()
    assert says in str(raised.value) and "\n" not in str(raised.value)


@pytest.mark.parametrize("make", [
    lambda: vdib.Raster.from_dense("01"), lambda: vdib.Raster.from_pairs([0.5], [1], (2, 2)),
    lambda: vdib.Raster("2", 2), lambda: vdib.Raster.from_dense(None)])  # fmt: skip
def test_wrong_types_are_refused(make):
    with pytest.raises(TypeError):
        make()


def test_a_closed_raster_is_refused():
    raster = vdib.Raster(2, 2)
    with raster:
        pass
    assert raster.closed and "closed" in repr(raster)
    raster.close()
    for use in (lambda: raster.spikes, raster.to_dense, lambda: raster.at(0), raster.csr):
        with pytest.raises(ArgumentError, match="closed"):
            use()
