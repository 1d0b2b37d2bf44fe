# SPDX-License-Identifier: MIT
"""Small trees in the layouts and names of published data sets: layouts.py FOLDER [DATA].

DATA is a folder of real event files (VDIB_TEST_DATA), of which parts are taken; without it events are made here."""
import os
import struct
import sys

OUT = sys.argv[1]
DATA = sys.argv[2] if len(sys.argv) > 2 else None


def write(name, content):
    path = os.path.join(OUT, name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content if isinstance(content, bytes) else content.encode())


def given(name):
    with open(os.path.join(DATA, name), "rb") as file:
        return file.read()


def made(count, side, seed, first=0, step=700):
    """Events (t, x, y, p) of a spot that moves by a small generator of numbers."""
    events, state = [], seed * 7919 + 1
    for i in range(count):
        state = (state * 1103515245 + 12345) & 0x7FFFFFFF
        x = (i // 3 + seed * 5 + (state >> 8) % 4) % side
        y = (i // 5 + (state >> 12) % 4) % side
        events.append((first + i * step, x, y, (state >> 16) & 1))
    return events


def aedat2(events):
    """DVS128: both axes are turned round, and bit 0 is 0 for ON."""
    head = b"#!AER-DAT2.0\r\n# This is a raw AE data file\r\n"
    return head + b"".join(struct.pack(">II", (127 - y) << 8 | (127 - x) << 1 | (1 - p), t) for t, x, y, p in events)


def aedat2_parts(count, size):
    """Parts of a real recording of a DVS128."""
    content = given("aedat2/dvs128_MovingDarkBox_part1.aedat")
    start = 0
    while content[start : start + 1] == b"#":
        start = content.index(b"\n", start) + 1
    head, records = content[:start], content[start:]
    return [head + records[8 * size * i : 8 * size * (i + 1)] for i in range(count)]


def recordings_of_dvs128(count, size=600):
    if DATA:
        return aedat2_parts(count, size)
    return [aedat2(made(size, 128, i, 50_000_000 * i)) for i in range(count)]


def aedat3(events):
    body = b"".join(struct.pack("<Ii", x << 17 | y << 2 | p << 1 | 1, t) for t, x, y, p in events)
    head = b"#!AER-DAT3.1\r\n#Format: RAW\r\n#Source 1: DVS128\r\n"
    head += b"#Start-Time: 2016-01-01 00:00:00 (TZ+0000)\r\n#!END-HEADER\r\n"
    count = len(events)
    return head + struct.pack("<hhiiiiii", 1, 1, 8, 4, 0, count, count, count) + body


def npy(events):
    """As Tonic keeps them: rows x, y, p, t of doubles, t in milliseconds."""
    head = f"{{'descr': '<f8', 'fortran_order': False, 'shape': ({len(events)}, 4), }}"
    head += " " * (117 - len(head)) + "\n"
    rows = b"".join(struct.pack("<dddd", x, y, p, t / 1000) for t, x, y, p in events)
    return b"\x93NUMPY\x01\x00" + struct.pack("<H", len(head)) + head.encode() + rows


def dat(events):
    head = b"% Data file containing Event2D events.\n% Version 2\n% Date 2017-03-28 10:43:48\n"
    return head + b"\x00\x08" + b"".join(struct.pack("<II", t, x | y << 14 | p << 28) for t, x, y, p in events)


def dat_parts(count, size):
    """Events of a real recording of a larger sensor, in a window as large as N-Cars' are."""
    content = given("dat/evutils_gen3_cd.dat")
    start = 0
    while content[start : start + 2] == b"% ":
        start = content.index(b"\n", start) + 1
    events = []
    for t, word in struct.iter_unpack("<II", content[start + 2 :]):
        events.append((t, word & 0x3FFF, word >> 14 & 0x3FFF, word >> 28 & 1))
    left = sorted(e[1] for e in events)[len(events) // 2] - 50
    top = sorted(e[2] for e in events)[len(events) // 2] - 40
    inside = [(t, x - left, y - top, p) for t, x, y, p in events if 0 <= x - left < 100 and 0 <= y - top < 80]
    size = min(size, len(inside) // count)
    parts = [inside[size * i : size * (i + 1)] for i in range(count)]
    return [dat([(t - part[0][0], x, y, p) for t, x, y, p in part]) for part in parts]


def bin_(events):
    return b"".join(struct.pack(">BBBH", x, y, p << 7 | t >> 16 & 0x7F, t & 0xFFFF) for t, x, y, p in events)


def recordings_of_nmnist(count):
    if DATA:
        files = [given("nmnist/digit1.bin"), given("nmnist/digit4.bin")]
        return [files[i % 2][: len(files[i % 2]) - 5 * (i // 2)] for i in range(count)]
    return [bin_(made(400, 34, i)) for i in range(count)]


def nmnist():
    for i, content in enumerate(recordings_of_nmnist(20)):
        write(f"nmnist/{'Train' if i < 16 else 'Test'}/{1 + 3 * (i % 2)}/{i + 1:05}.bin", content)


def mnist_dvs():
    parts = recordings_of_dvs128(20)
    for i, content in enumerate(parts):
        digit, number = i % 2, i // 2 + 1 if i < 16 else 900 + i
        write(f"mnist_dvs/grabbed_data{digit}/scale4/mnist_{digit}_scale04_{number:04}.aedat", content)
        write(f"mnist_dvs/grabbed_data{digit}/scale8/mnist_{digit}_scale08_{number:04}.aedat", content)
        write(f"mnist_dvs_flat/{digit}/mnist_{digit}_scale04_{number:04}.aedat", content)


def cifar10_dvs():
    names = "airplane automobile bird cat deer dog frog horse ship truck".split()
    for i, content in enumerate(recordings_of_dvs128(20)):
        write(f"cifar10_dvs/{names[i % 10]}/cifar10_{names[i % 10]}_{i // 10}.aedat", content)


def gesture():
    if DATA:
        content, first, length = given("aedat3/dvs128_plain.aedat"), 946459683, 1487829
    else:
        content, first, length = aedat3(made(4000, 128, 1, 80_000_000, 350)), 80_000_000, 1_400_000
    part = length // 3
    for name in ("user01_fluorescent", "user02_led", "user24_lab"):
        write(f"DvsGesture/{name}.aedat", content)
        rows = [f"{1 + i % 3},{first + part * i},{first + part * (i + 1)}" for i in range(3)]
        write(f"DvsGesture/{name}_labels.csv", "class,startTime_usec,endTime_usec\n" + "\n".join(rows) + "\n")
    write("DvsGesture/trials_to_train.txt", "user01_fluorescent.aedat\nuser02_led.aedat\n")
    write("DvsGesture/trials_to_test.txt", "user24_lab.aedat\n")


def gesture_arrays():
    events = made(4400, 128, 1, 80_000_000, 350)
    for name in ("Train/user01_fluorescent", "Train/user02_led", "Test/user24_lab"):
        for i in range(11):
            part = events[400 * i : 400 * (i + 1)]
            write(f"DVSGesture/ibmGesture{name}/{i}.npy", npy([(t - part[0][0], x, y, p) for t, x, y, p in part]))
    write("DVSGesture/ibmGestureTrain/.DS_Store", "")


def cars():
    parts = dat_parts(16, 400) if DATA else [dat(made(300, 90, i, 0, 330)) for i in range(16)]
    for i, content in enumerate(parts):
        part, class_ = "n-cars_train" if i < 12 else "n-cars_test", ("cars", "background")[i % 2]
        write(f"ncars/{part}/{class_}/obj_{i:06}_td.dat", content)


def caltech101():
    contents = recordings_of_nmnist(20)
    for i, content in enumerate(contents):
        if not DATA:
            content = bin_(made(500, 170, i, 0, 600))
        name = ("BACKGROUND_Google", "accordion", "airplanes", "zebra")[i % 4]
        for root, folder in ("N-Caltech101", "Caltech101"), ("renamed", "N-Caltech101"):
            write(f"{root}/{folder}/{name}/image_{i // 4 + 1:04}.bin", content)
            write(f"{root}/Caltech101_annotations/{name}/annotation_{i // 4 + 1:04}.bin", b"\x02\x00\x05\x00" * 5)


def shd():
    """Only from a real file: HDF5 is not written here."""
    if DATA:
        for name in ("shd_train.h5", "shd_test.h5"):
            write(f"shd/{name}", given("shd/cochlea_f16.h5"))


for make in (nmnist, mnist_dvs, cifar10_dvs, gesture, gesture_arrays, cars, caltech101, shd):
    make()
