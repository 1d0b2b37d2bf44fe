# SPDX-License-Identifier: MIT
"""Text, arrays and HDF5 files in the dialects that NumPy and h5py write, event for event; and what is refused."""
import subprocess
import os

import common

try:
    import h5py
    import numpy
except ImportError as missing:
    common.skip(f"{missing}; `make interop` installs it")
import library

COUNT = 600
random = numpy.random.default_rng(0)
t = numpy.sort(random.integers(1000, 900000, COUNT))
x, y, p = random.integers(0, 346, COUNT), random.integers(0, 260, COUNT), random.integers(0, 2, COUNT)
work = common.folder()


def same(path, begin=0):
    library.same_events(path, t + begin, x, y, p)


def refused(path, part):
    done = subprocess.run([os.environ["VDIB"], "info", path], capture_output=True, text=True, check=False)
    if done.returncode != 1 or part not in done.stderr or done.stderr.count("\n") != 1 or len(done.stderr) > 400:
        raise SystemExit(f"FAIL: {path}: {done.returncode}: {done.stderr}")


def text(name, row, head="", begin=0, end="\n"):
    path = f"{work}/{name}"
    with open(path, "w", encoding="utf-8", newline="") as file:
        file.write(head)
        for event in zip(t.tolist(), x.tolist(), y.tolist(), p.tolist()):
            file.write(row(*event) + end)
    same(path, begin)


def comma(number):
    return f"{number:.6f}".replace(".", ",")


def array(name, values, begin=0):
    path = f"{work}/{name}"
    numpy.save(path, values)
    same(path, begin)


def records(name, types, **columns):
    values = numpy.zeros(COUNT, types)
    for column, numbers in columns.items():
        values[column] = numbers
    array(name, values)


def hdf5(name, begin=0, refuse=None, fill=None, group="events", **columns):
    path = f"{work}/{name}"
    with h5py.File(path, "w", **({"libver": name[:-3]} if name in ("earliest.h5", "latest.h5") else {})) as file:
        for column, numbers in columns.items():
            file[f"{group}/{column}"] = numbers
        if fill is not None:
            fill(file)
    refused(path, refuse) if refuse is not None else same(path, begin)


text("words.csv", lambda t, x, y, p: f"{t},{x},{y},{'ON' if p else 'OFF'}", "t,x,y,p\n")
text("signs.txt", lambda t, x, y, p: f"{t} {x} {y} {'+' if p else '-'}")
text("TRUE.csv", lambda t, x, y, p: f"{x};{y};{bool(p)};{t}", "u;v;Sign;Time [us]\n", end="\r\n")
text("comma.csv", lambda t, x, y, p: f"{comma(t / 1e6)};{x};{y};{p}", "t [s];x;y;p\n")
text("savetxt.txt", lambda t, x, y, p: f"{t / 1e6:.18e} {x:.18e} {y:.18e} {p:.18e}")
text("epoch.txt", lambda t, x, y, p: f"{1600000000 + t / 1e6:.6f} {x} {y} {p}", begin=1600000000000000)
text("ns.txt", lambda t, x, y, p: f"{1600000000000000000 + 1000 * t} {x} {y} {p}", begin=1600000000000000)
text("ms.txt", lambda t, x, y, p: f"{t / 1e3:.3f} {x} {y} {p}")
text("matlab.txt", lambda t, x, y, p: f"{x} {y} {t} {p + 1}")
text("geometry.csv", lambda t, x, y, p: f"{x},{y},{p},{t}", "%geometry:346,260\n")

rows = numpy.stack([t, x, y, p], 1).astype("f8")
for name, scale in (("us", 1), ("ms", 1e3), ("s", 1e6)):
    scaled = rows / [scale, 1, 1, 1]
    array(f"double_{name}.npy", scaled)
    array(f"single_{name}.npy", scaled.astype("f4"))
records("rectified.npy", [("timestamp", "f4"), ("x", "f4"), ("y", "f4"), ("polarity", "?")],
        timestamp=t / 1e6, x=x + 0.4, y=y - 0.3, polarity=p)
records("signed.npy", [("p", "i1"), ("row", "i2"), ("col", "i2"), ("t_us", "u8")], p=2 * p - 1, row=y, col=x, t_us=t)
numpy.savez(f"{work}/names.npz", timestamp_us=t, x_pos=x, y_pos=y, pol=p)
same(f"{work}/names.npz")
numpy.savez(f"{work}/nameless.npz", x, y, t, p)
same(f"{work}/nameless.npz")
numpy.savez(f"{work}/lengths.npz", x, y, t[1:], p)
numpy.savez(f"{work}/coords.npz", timestamps=t, coords=numpy.stack([x, y], 1), polarity=2 * p - 1)
same(f"{work}/coords.npz")
refused(f"{work}/lengths.npz", "has the arrays arr_0, arr_1, arr_2, arr_3, but none of events")
array("batch.npy", rows[None])
array("middle.npy", rows[:, None])
pairs = numpy.stack([x, y], 1).astype("u2")
for name, together in (("rows", pairs), ("columns", pairs.T), ("fortran", numpy.asfortranarray(pairs))):
    numpy.savez(f"{work}/{name}.npz", dataset_events_t=t / 1e6, dataset_events_xy=together, dataset_events_p=p)
    same(f"{work}/{name}.npz")
for name, columns in (("evimo", {"dataset_events_t": t / 1e6, "dataset_events_xy": pairs, "dataset_events_p": p}),
                      ("memmap", {"t": t / 1e6, "xy": pairs, "p": p.astype("?"), "images": numpy.zeros((2, 4, 5))}),
                      ("four", {"x": x.astype("u2"), "y": y, "t": t, "p": 2 * p - 1})):
    os.mkdir(f"{work}/{name}")
    for column, numbers in columns.items():
        numpy.save(f"{work}/{name}/{column}.npy", numbers)
    same(f"{work}/{name}/{next(column for column in columns if column.endswith('t'))}.npy")
refused(f"{work}/evimo/dataset_events_xy.npy", "one column of a recording in several files; name that of its times: "
        "dataset_events_t.npy")
numpy.save(f"{work}/four/y.npy", y[1:])
refused(f"{work}/four/t.npy", "y.npy: has 599 numbers, the array of times 600")
with open(f"{work}/four/y.npy", "wb") as file:
    file.write(b"no array")
refused(f"{work}/four/t.npy", "four/y.npy")
os.remove(f"{work}/four/x.npy")
refused(f"{work}/four/t.npy", "is an array, but none of events")
image = numpy.stack([y, x, t // 50000 + 1, p], 1).astype("i2")  # ES-ImageNet: rows, columns and steps
numpy.savez_compressed(f"{work}/ILSVRC2012.npz", pos=image[p == 1][:, :3], neg=image[p == 0][:, :3])
order = numpy.lexsort((numpy.arange(COUNT), 1 - p, image[:, 2]))  # ON goes first in each step
library.same_events(f"{work}/ILSVRC2012.npz", t[order] // 50000 + 1, x[order], y[order], p[order])
numpy.savez(f"{work}/signs.npz", pos=image, neg=image)
refused(f"{work}/signs.npz", "has no rows of three numbers (row, column and time")
numpy.savez(f"{work}/short.npz", t=t, xy=pairs[1:], p=p)
refused(f"{work}/short.npz", "is no array of x and y, 600 x 2 as the times are")

hdf5("columns.h5", t=t, x=x, y=y, p=p)
hdf5("rectified.h5", t=t, x=(x + 0.37).astype("f4"), y=(y + 0.2).astype("f4"), p=p.astype("u1"))
hdf5("earliest.h5", t=t, x=x, y=y, p=p)
hdf5("latest.h5", t=t, x=x, y=y, p=p)
hdf5("signed.h5", t=t, x=x, y=y, p=(2 * p - 1).astype("i1"))
hdf5("single.h5", t=(t / 1e3).astype("f4"), x=x, y=y, p=p)
hdf5("names.h5", group="my/data", timestamp_us=t, col=x, row=y, on=p.astype("?"))
hdf5("lying.mat", t=t[None, :].astype("f8"), x=x[None, :], y=y[None, :], p=p[None, :] + 1)
hdf5("calibrated.h5", group="prophesee/left", t=t, x=x, y=y, p=p,
     fill=lambda file: file.create_dataset("ouster/calib/T_to_prophesee_left", data=numpy.eye(4)))  # M3ED
hdf5("matrix.mat", fill=lambda file: file.create_dataset("TD", data=rows.T))
hdf5("middle.h5", fill=lambda file: file.create_dataset("TD", data=rows[:, None, :]))
hdf5("offset.h5", begin=7000, t=t.astype("u4"), x=x, y=y, p=p,
     fill=lambda file: file.create_dataset("t_offset", data=7000))


def typed(file):
    file["type"] = numpy.dtype([("x", "u2"), ("y", "u2"), ("p", "i2"), ("t", "i8")])
    values = numpy.zeros(COUNT, file["type"].dtype)
    values["x"], values["y"], values["p"], values["t"] = x, y, p, t
    file.create_dataset("CD/events", (COUNT,), dtype=file["type"])[...] = values


def linked(kind):
    def fill(file):
        for column in "xytp":
            file[f"events/{column}"] = kind(column)
    return fill


def beside(file):
    for column, values in zip("txyp", (t, x, y, p)):
        file.create_dataset(f"events/{column}", data=values,
                            external=[(f"{work}/{column}.data", 0, h5py.h5f.UNLIMITED)])


def virtual(file):
    for column in "txyp":
        layout = h5py.VirtualLayout(shape=(COUNT,), dtype="i8")
        layout[:] = h5py.VirtualSource("columns.h5", f"events/{column}", shape=(COUNT,))
        file.create_virtual_dataset(f"events/{column}", layout)


hdf5("typed.h5", fill=typed)
hdf5("soft.h5", group="raw", t=t, x=x, y=y, p=p, fill=linked(lambda column: h5py.SoftLink(f"/raw/{column}")))
hdf5("nowhere.h5", refuse="is a link to nothing in this file",
     fill=linked(lambda column: h5py.SoftLink(f"/nowhere/{column}")))
hdf5("outside.h5", refuse="links to other files are not followed",
     fill=linked(lambda column: h5py.ExternalLink("columns.h5", f"/events/{column}")))
hdf5("beside.h5", refuse="(external storage), which are not opened", fill=beside)
hdf5("virtual.h5", refuse="(a virtual dataset), which are not opened", fill=virtual)
hdf5("map.h5", refuse="it is a map of DSEC",
     fill=lambda file: file.create_dataset("rectify_map", data=numpy.zeros((4, 5, 2))))
print("dialects of text, NumPy and HDF5 are read event for event")
