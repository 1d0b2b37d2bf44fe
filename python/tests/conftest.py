# SPDX-License-Identifier: MIT
"""Small experiments that the tests share."""
import os
import pathlib

import pytest

import vdib

os.environ.setdefault("VDIB_CACHE", "off")

SMALL = {"encoder.layers": ["6"], "encoder.readouts": 4, "data.steps": 8, "decoder.window": 8,
         "learning.batch_size": 4, "learning.warmup_examples": 0, "learning.decay": "constant",
         "training.examples": 40, "training.validate_every": 20, "training.checkpoint_every": 20}
BUILT_IN = {**SMALL, "data.train_examples": 40, "data.test_examples": 10, "evaluation.judge": "none"}


@pytest.fixture
def config():
    """A network of 12 inputs, 6 hidden and 4 readout neurons over 8 steps, for 3 classes."""
    return vdib.Config("classify", {**SMALL, "augment.shift": 0, "augment.rotation": 0, "augment.scale": 0,
                                    "augment.shear": 0, "augment.time_shift_us": 0})


@pytest.fixture
def geometry():
    return vdib.Geometry(input_channels=1, input_height=1, input_width=12, steps=8, classes=3)


@pytest.fixture
def model(config, geometry):
    return vdib.Model(config, geometry)


@pytest.fixture
def raster():
    return vdib.Raster.from_pairs([0, 0, 3, 7], [1, 4, 2, 11], shape=(8, 12))


@pytest.fixture
def examples():
    """40 examples of three classes: spikes in four channels of their own."""
    made = []
    for i in range(40):
        label = i % 3
        steps = [(i + j) % 8 for j in range(4)]
        made.append((vdib.Raster.from_pairs(steps, [4 * label + j for j in range(4)], shape=(8, 12)), label))
    return made


@pytest.fixture
def dataset(examples):
    return vdib.Dataset.from_examples(examples, examples[:9])


@pytest.fixture
def built_in():
    """The demo, made small: drawn digits before a simulated camera."""
    return vdib.Config("demo", BUILT_IN)


@pytest.fixture(scope="session")
def recording():
    """A recording of N-MNIST."""
    return pathlib.Path(os.environ["VDIB_SOURCE"]) / "tests/compatibility/0.1.0/data/recordings/Test/3/00004.bin"
