# SPDX-License-Identifier: MIT
"""vdib's events and pictures as NumPy arrays, by its shared library."""
import ctypes as c
import os
import sys

import numpy

# A library built with a sanitizer needs its runtime first: the script begins anew with it. Python itself leaks.
runtime = os.environ.get("VDIB_SANITIZER_RUNTIME")
if runtime and "LD_PRELOAD" not in os.environ:
    options = os.environ.get("ASAN_OPTIONS", "")
    os.execve(sys.executable, [sys.executable, *sys.argv],
              {**os.environ, "LD_PRELOAD": runtime, "ASAN_OPTIONS": f"{options}:detect_leaks=0"})

EVENT = numpy.dtype([("t", "<i8"), ("x", "<u2"), ("y", "<u2"), ("p", "u1"), ("pad", "V3")])


class Frame(c.Structure):
    _fields_ = [("size", c.c_size_t), ("t", c.c_int64), ("width", c.c_size_t), ("height", c.c_size_t),
                ("channels", c.c_size_t), ("pixels", c.POINTER(c.c_uint8)), ("x", c.c_size_t), ("y", c.c_size_t)]


library = c.CDLL(os.environ["VDIB_LIBRARY"])
library.vdib_last_message.restype = c.c_char_p


def check(status, path):
    if status != 0:
        raise SystemExit(f"FAIL: {path}: {library.vdib_last_message().decode()}")


def events(path):
    """(t, x, y, p) of every event, in the order of the file."""
    packets, packet, count, parts = c.c_void_p(), numpy.empty(1 << 16, EVENT), c.c_size_t(1), []
    check(library.vdib_packets_open(os.fsencode(path), None, c.byref(packets)), path)
    while count.value > 0:
        check(library.vdib_packets_read(packets, packet.ctypes.data_as(c.c_void_p), c.c_size_t(len(packet)),
                                        c.byref(count)), path)
        parts.append(packet[:count.value].copy())
    library.vdib_packets_close(packets)
    return numpy.concatenate(parts)


def frames(path):
    """(time, array of (height, width) or (height, width, 3: red, green, blue)) of every picture."""
    opened, made = c.c_void_p(), []
    check(library.vdib_frames_open(os.fsencode(path), c.byref(opened)), path)
    while True:
        frame = Frame(size=c.sizeof(Frame))
        check(library.vdib_frames_next(opened, c.byref(frame)), path)
        if not frame.pixels:
            break
        shape = (frame.height, frame.width) if frame.channels == 1 else (frame.height, frame.width, 3)
        made.append((frame.t, numpy.ctypeslib.as_array(frame.pixels, shape).copy()))
    library.vdib_frames_close(opened)
    return made


def same_events(path, t, x, y, p):
    """Fails unless the file has exactly these events; returns how many."""
    ours = events(path)
    for name, theirs in zip("txyp", (t, x, y, p)):
        theirs = numpy.asarray(theirs)
        if len(ours) != len(theirs) or not numpy.array_equal(ours[name].astype("i8"), theirs.astype("i8")):
            raise SystemExit(f"FAIL: {path}: column {name} of {len(ours)} events differs from {len(theirs)} expected")
    return len(ours)
