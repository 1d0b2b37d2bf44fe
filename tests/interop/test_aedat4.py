# SPDX-License-Identifier: MIT
"""AEDAT 4 that dv-processing writes, with each compression, as vdib, aedat and faery read it; and its pictures.

With VDIB_TEST_DATA, files of cameras too.
"""
import glob
import os

import common

try:
    import aedat
    import dv_processing as dv
    import faery
    import numpy
except ImportError as missing:
    common.skip(f"{missing}; `make interop` installs it")
import library


def by_dv(path):
    reader, parts = dv.io.MonoCameraRecording(path), []
    while (batch := reader.getNextEventBatch()) is not None:
        parts.append(batch.numpy())
    return numpy.concatenate(parts)


def by_aedat(path):
    parts = [packet["events"] for packet in aedat.Decoder(path) if "events" in packet]
    return numpy.concatenate(parts)


def by_faery(path):
    return numpy.concatenate(list(faery.events_stream_from_file(path)))


def compare(path):
    theirs = by_dv(path)
    count = library.same_events(path, theirs["timestamp"], theirs["x"], theirs["y"], theirs["polarity"])
    theirs = by_aedat(path)
    library.same_events(path, theirs["t"], theirs["x"], theirs["y"], theirs["on"])
    theirs = by_faery(path)
    library.same_events(path, theirs["t"], theirs["x"], theirs["y"], theirs["on"])
    print(f"{os.path.basename(path)}: {count} events as dv-processing, aedat and faery read them")


def write(path, compression, random):
    """A recording of events and pictures; returns the pictures."""
    config = dv.io.MonoCameraWriter.Config("camera")
    config.compression = compression
    config.addEventStream((346, 260))
    config.addFrameStream((346, 260))
    writer, pictures = dv.io.MonoCameraWriter(path, config), []
    for number in range(6):
        begin = 1_700_000_000_000_000 + 40_000 * number
        shape = (260, 346) if number % 2 == 0 else (260, 346, 3)
        picture = (random.integers(0, 256, shape) if number < 4 else numpy.full(shape, 7 * number)).astype("u1")
        writer.writeFrame(dv.Frame(begin, picture))
        pictures.append((begin, picture))
        store = dv.EventStore()
        for t in numpy.sort(random.integers(begin, begin + 40_000, 9000)):
            store.push_back(int(t), int(random.integers(346)), int(random.integers(260)), bool(random.integers(2)))
        writer.writeEvents(store)
    del writer
    return pictures


def main():
    folder, random = common.folder(), numpy.random.default_rng(4)
    for name in ("NONE", "LZ4", "LZ4_HIGH", "ZSTD", "ZSTD_HIGH"):
        path = f"{folder}/{name}.aedat4"
        pictures = write(path, getattr(dv.CompressionType, name), random)
        compare(path)
        ours = library.frames(path)
        assert [t for t, _ in ours] == [t for t, _ in pictures], f"{path}: times of pictures"
        for (t, mine), (_, theirs) in zip(ours, pictures):
            theirs = theirs if theirs.ndim == 2 else theirs[..., ::-1]  # blue, green, red
            assert numpy.array_equal(mine, theirs), f"{path}: the picture at {t} us differs"
    data = os.environ.get("VDIB_TEST_DATA", "")
    for path in sorted(glob.glob(f"{data}/aedat4/*.aedat4")) if data else []:
        if "_cut" not in path:  # dv-processing and aedat need the table of those
            compare(path)


main()
