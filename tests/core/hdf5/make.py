#!/usr/bin/env python3
# SPDX-License-Identifier: MIT
"""Writes small.h5, shd.h5 and claims.h5, which core-hdf5 and events-hdf5 read, by other programs: pip install h5py
hdf5plugin, then tests/core/hdf5/make.py. All numbers are made up. The tests have what must come out."""
import pathlib

import h5py
import hdf5plugin
import numpy as np

ROWS = 100
numbers = np.arange(ROWS)
with h5py.File(pathlib.Path(__file__).parent / "small.h5", "w", libver=("v110", "v110")) as f:
    f.attrs["geometry"] = "640x480"
    f.attrs["pair"] = np.array([3, -4], np.int16)
    f["scalar"] = np.float64(0.1)
    f["empty"] = h5py.Empty("f4")
    f["big"] = (numbers[:6] * 1000 - 2).astype(">i4").reshape(3, 2)
    f["half"] = np.array([0.5, 1.2002, 65504], np.float16)
    f["yes"] = numbers[:5] % 2 == 1
    f["fixed"] = np.array([b"ab", b"", b"cdef"])
    f["texts"] = np.array(["one", "zw\u00f6lf", ""], h5py.string_dtype())
    f["complex"] = np.array([1 + 2j], np.complex64)
    f["nested"] = np.zeros(2, [("a", "<u2"), ("b", [("c", "<u2")]), ("d", "<f4")])
    lists = f.create_dataset("lists", 3, h5py.vlen_dtype(np.float16))
    lists[0], lists[2] = np.array([0.25, 0.5], np.float16), np.array([2], np.float16)
    events = np.zeros(ROWS, [("t", "<i8"), ("x", "<u2"), ("p", "i1")])
    events["t"], events["x"], events["p"] = numbers * 1000003, numbers * 7, numbers % 3 - 1
    f.create_dataset("packed/events", data=events, chunks=(64,), compression="gzip", shuffle=True, fletcher32=True)
    for name, how in {
        "lzf": {"compression": "lzf"},
        "lz4": hdf5plugin.LZ4(),
        "bzip2": hdf5plugin.BZip2(),
        "zstd": hdf5plugin.Zstd(),
        "blosc": hdf5plugin.Blosc(cname="lz4"),
        "bitshuffle": hdf5plugin.Bitshuffle(),
    }.items():
        f.create_dataset("filters/" + name, data=(numbers // 3).astype("<u4"), chunks=(64,), **how)
    f["link"] = h5py.SoftLink("/nowhere")
    f["outside"] = h5py.ExternalLink("/etc/passwd", "/")

with h5py.File(pathlib.Path(__file__).parent / "shd.h5", "w", libver=("v110", "v110")) as f:
    times = f.create_dataset("spikes/times", 3, h5py.vlen_dtype(np.float16))
    units = f.create_dataset("spikes/units", 3, h5py.vlen_dtype(np.uint16))
    for i, seconds in enumerate([[0.0, 0.25, 0.5], [], [0.001, 1.25]]):
        times[i], units[i] = np.array(seconds, np.float16), np.arange(len(seconds), dtype=np.uint16) + 300 * i
    units[2] = np.array([600, 601, 700], np.uint16)  # one more than there are times
    f["labels"] = np.array([7, 0, 3], np.uint16)
    f["extra/keys"] = np.array([b"zero", b"null"])

with h5py.File(pathlib.Path(__file__).parent / "claims.h5", "w", libver=("v110", "v110")) as f:
    for name in "txyp":  # a million million rows, of which 64 are stored
        f.create_dataset("events/" + name, (10**12,), "<u2", chunks=(64,), maxshape=(None,), compression="gzip")
        f["events/" + name][:64] = np.arange(64) % (2 if name == "p" else 64)
