# SPDX-License-Identifier: MIT
"""Event files of `vdib convert`, read by other programs, and files of theirs read by vdib: the same events.

faery, evlib, expelliarmus and evutils; each format with those of them that have it.
"""
import glob
import os
import sys
import warnings

from common import folder, skip, vdib

try:
    import aedat
    import dv_processing
    import evlib
    import evutils.io
    import expelliarmus
    import faery
    import h5py
    import numpy as np
except ImportError as error:
    skip(f"{error}; `make interop` installs it")

warnings.simplefilter("ignore")
WIDTH, HEIGHT = 640, 480
work = folder()


def recording(count=60000, seed=3):
    """Events of a sensor: bursts of neighbours in one row, single ones, pauses, in order of time."""
    draw = np.random.default_rng(seed)
    t, x, y, p, now = [], [], [], [], 1000
    while len(t) < count:
        now += int(draw.choice([0, 0, 1, 2, 40, 900, 300000], p=[.4, .2, .2, .1, .07, .0297, .0003]))
        run = int(draw.integers(5, 30)) if draw.random() < .2 else 1
        first, row, sign = int(draw.integers(0, WIDTH)), int(draw.integers(0, HEIGHT)), int(draw.integers(0, 2))
        for column in range(first, min(first + run, WIDTH)):
            t.append(now), x.append(column), y.append(row), p.append(sign)
    made = np.empty(len(t), [("t", "<i8"), ("x", "<u2"), ("y", "<u2"), ("p", "|u1")])
    made["t"], made["x"], made["y"], made["p"] = t, x, y, p
    return made


def columns(t, x, y, p):
    return [np.asarray(t).astype(np.int64), np.asarray(x).astype(np.int64), np.asarray(y).astype(np.int64),
            (np.asarray(p).astype(np.int64) > 0).astype(np.int64)]


def of(array):
    p = array["p"] if "p" in array.dtype.names else array["on"]
    return columns(array["t"], array["x"], array["y"], p)


def differs(got, want):
    """What is different, in words; None: nothing."""
    if len(got[0]) != len(want[0]):
        return f"{len(got[0])} events, not {len(want[0])}"
    for name, a, b in zip("txyp", got, want):
        wrong = np.flatnonzero(a != b)
        if len(wrong) > 0:
            return f"{name} of {len(wrong)} events, first of {wrong[0]}: {a[wrong[0]]}, not {b[wrong[0]]}"
    return None


# ---- what other programs read ----

def read_faery(path):
    stream = faery.events_stream_from_file(path, dimensions_fallback=(WIDTH, HEIGHT))
    assert tuple(stream.dimensions()) == (WIDTH, HEIGHT), stream.dimensions()
    return of(np.concatenate(list(stream)))


def read_evlib(path):
    frame = evlib.load_events(str(path), sort=False).collect()
    t = frame["t"]
    t = t.dt.total_microseconds() if str(t.dtype).startswith("Duration") else t
    return columns(t.to_numpy(), frame["x"].to_numpy(), frame["y"].to_numpy(), frame["polarity"].to_numpy())


def read_expelliarmus(kind):
    return lambda path: of(expelliarmus.Wizard(encoding=kind).read(path))


def read_evutils(path):
    with evutils.io.EventReader(path, max_gap=None) as reader:
        return of(np.asarray(reader.read_all()))


def read_numpy(path):
    rows = np.loadtxt(path, delimiter=",", skiprows=1, dtype=np.int64, ndmin=2)
    return columns(*rows.T)


def read_aedat(path):
    decoder = aedat.Decoder(path)
    streams = decoder.id_to_stream()
    assert list(streams) == [0] and (streams[0]["width"], streams[0]["height"]) == (WIDTH, HEIGHT), streams
    return of(np.concatenate([packet["events"] for packet in decoder]))


def read_dv(path):
    recording = dv_processing.io.MonoCameraRecording(path)
    assert tuple(recording.getEventResolution()) == (WIDTH, HEIGHT), recording.getEventResolution()
    parts = [batch.numpy() for batch in iter(recording.getNextEventBatch, None)]
    rows = np.concatenate(parts)
    return columns(rows["timestamp"], rows["x"], rows["y"], rows["polarity"])


def range_dv(path):
    """The events of a range of time, found by the file's table."""
    recording = dv_processing.io.MonoCameraRecording(path)
    first, last = recording.getTimeRange()
    rows = recording.getEventsTimeRange(first + (last - first) // 4, first + (last - first) // 2).numpy()
    return columns(rows["timestamp"], rows["x"], rows["y"], rows["polarity"])


def read_npz(path):
    arrays = np.load(path)
    assert sorted(arrays) == list("ptxy"), sorted(arrays)
    return columns(arrays["t"], arrays["x"], arrays["y"], arrays["p"])


def read_dsec(path):
    with h5py.File(path) as file:
        t = file["events/t"][:].astype(np.int64)
        index, ms = file["ms_to_idx"][:].astype(np.int64), np.arange(len(file["ms_to_idx"])) * 1000
        assert (index == np.searchsorted(t, ms)).all() and index[-1] == len(t) and (index[:-1] < len(t)).all()
        return columns(t + file["t_offset"][()], file["events/x"][:], file["events/y"][:], file["events/p"][:])


def index_openeb(path):
    """What is wrong with the index of a Metavision file."""
    with h5py.File(path) as file:
        index, t = file["CD/indexes"][:], want[0] - want[0][0]
        assert int(file["CD/indexes"].attrs["offset"]) == -want[0][0] and tuple(index[0]) == (0, -1)
        first = np.searchsorted(t, np.arange(len(index) - 1) * 2000)
        assert len(index) == 2 + t[-1] // 2000
        assert (index["id"][1:] == first).all() and (index["ts"][1:] == t[first]).all()
        assert file.attrs["geometry"] == f"{WIDTH}x{HEIGHT}" and file["EXT_TRIGGER/events"].shape == (0,)


READERS = {
    "openeb": {"evlib": read_evlib},
    "dsec": {"h5py": read_dsec, "evutils": read_evutils},
    "npz": {"numpy": read_npz},
    "aedat4": {"dv-processing": read_dv, "aedat": read_aedat, "faery": read_faery},
    "es": {"faery": read_faery},
    "dat": {"faery": read_faery, "expelliarmus": read_expelliarmus("dat"), "evutils": read_evutils},
    "evt2": {"faery": read_faery, "evlib": read_evlib, "expelliarmus": read_expelliarmus("evt2"),
             "evutils": read_evutils},
    "evt3": {"faery": read_faery, "evlib": read_evlib, "evutils": read_evutils},
    "csv": {"faery": read_faery, "numpy": read_numpy},
}
# expelliarmus takes a lower half of EVT 3.0's time that decreases for a turn of 4,096 us, and writes no upper halves:
# its times of cameras' files differ from everybody's, and so they do here.
ENDINGS = {"openeb": "hdf5", "dsec": "h5", "evt2": "raw", "evt3": "raw"}


# ---- what other programs write ----

def write_faery(ending, version=None):
    def write(events, path):
        array = np.empty(len(events), faery.EVENTS_DTYPE)
        array["t"], array["x"], array["y"], array["on"] = events["t"], events["x"], events["y"], events["p"]
        faery.events_stream_from_array(array, (WIDTH, HEIGHT)).to_file(path, version=version, zero_t0=False)
    return ending, write


def write_dv(events, path):
    config = dv_processing.io.MonoCameraWriter.EventOnlyConfig("camera", (WIDTH, HEIGHT))
    writer = dv_processing.io.MonoCameraWriter(path, config)
    store = dv_processing.EventStore()
    for t, x, y, p in events.tolist():
        store.push_back(t, x, y, bool(p))
    writer.writeEvents(store)


def write_expelliarmus(kind, ending):
    def write(events, path):
        array = np.empty(len(events), [("t", "<i8"), ("x", "<i2"), ("y", "<i2"), ("p", "u1")])
        for name in array.dtype.names:
            array[name] = events[name]
        expelliarmus.Wizard(encoding=kind).save(path, array)
    return ending, write


def write_evutils(ending):
    def write(events, path):
        with evutils.io.EventWriter(path, width=WIDTH, height=HEIGHT) as writer:
            writer.write(events)
    return ending, write


WRITERS = {
    "faery es": write_faery("es"),
    "faery dat": write_faery("dat"),
    "faery evt2": write_faery("raw", "evt2"),
    "faery evt3": write_faery("raw", "evt3"),
    "faery csv": write_faery("csv"),
    "faery aedat4": write_faery("aedat4"),
    "dv-processing aedat4": ("aedat4", write_dv),
    "expelliarmus dat": write_expelliarmus("dat", "dat"),
    "expelliarmus evt2": write_expelliarmus("evt2", "raw"),
    "evutils dat": write_evutils("dat"),
    "evutils raw": write_evutils("raw"),
    "evutils csv": write_evutils("csv"),
}


def check(what, attempt):
    try:
        wrong = attempt()
    except Exception as error:  # of any program
        wrong = f"{type(error).__name__}: {error}"
    print(f"{what:32} {'identical' if wrong is None else wrong}")
    return wrong is None


def check_references(data):
    """Files of cameras and other programs beside their decodings, through every format that holds any sensor."""
    good = True
    for name in sorted(glob.glob(f"{data}/**/*.ref.npy", recursive=True)):
        array = np.load(name)
        if array.dtype.names is None or set(array.dtype.names) != set("txyp"):
            continue
        array = array[np.argsort(array["t"], kind="stable")]
        wanted = of(array)
        wanted[0] = wanted[0] - wanted[0][0]
        file = name[:-len(".ref.npy")]
        for kind in READERS:
            def attempt():
                vdib("convert", file, f"{work}/made", "--format", kind, "--force", "--rebase")
                vdib("convert", f"{work}/made", f"{work}/back.npz", "--force")
                return differs(read_npz(f"{work}/back.npz"), wanted)
            good &= check(f"{os.path.relpath(file, data)} to {kind}", attempt)
    return good


events = recording()
want = of(events)


def main():
    np.save(f"{work}/events.npy", events)
    good = True
    for name, readers in READERS.items():
        path = f"{work}/{name}.{ENDINGS.get(name, name)}"
        vdib("convert", f"{work}/events.npy", path, "--format", name, "--sensor", f"{WIDTH}x{HEIGHT}")
        for program, read in readers.items():
            good &= check(f"{name}, read by {program}", lambda: differs(read(path), want))
    good &= check("openeb, its index by h5py", lambda: index_openeb(f"{work}/openeb.hdf5"))
    quarter = want[0][0] + (want[0][-1] - want[0][0]) // 4, want[0][0] + (want[0][-1] - want[0][0]) // 2
    inside = (want[0] >= quarter[0]) & (want[0] < quarter[1])
    good &= check("aedat4, its table by dv-processing",
                  lambda: differs(range_dv(f"{work}/aedat4.aedat4"), [column[inside] for column in want]))
    for name, (ending, write) in WRITERS.items():
        path = f"{work}/{name.replace(' ', '-')}.{ending}"

        def attempt():
            write(events, path)
            vdib("convert", path, f"{work}/back.csv", "--force")
            return differs(read_numpy(f"{work}/back.csv"), want)
        good &= check(f"{name}, read by vdib", attempt)
    data = os.environ.get("VDIB_TEST_DATA")
    if data:
        good &= check_references(data)
    else:
        print("VDIB_TEST_DATA names no folder of event files with decodings: these are left out")
    sys.exit(0 if good else 1)


main()
