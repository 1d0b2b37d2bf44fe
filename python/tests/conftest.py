# SPDX-License-Identifier: MIT
"""Small experiments that the tests share."""
import pytest

import vdib

SMALL = {"encoder.layers": ["6"], "encoder.readouts": 4, "data.steps": 8, "decoder.window": 8, "learning.batch_size": 4,
         "training.examples": 40, "training.validate_every": 20, "training.checkpoint_every": 20}


@pytest.fixture
def config():
    """A network of 12 inputs, 6 hidden and 4 readout neurons over 8 steps, for 3 classes."""
    return vdib.Config("classify", SMALL)


@pytest.fixture
def geometry():
    return vdib.Geometry(input_channels=1, input_height=1, input_width=12, steps=8, classes=3)


@pytest.fixture
def model(config, geometry):
    return vdib.Model(config, geometry)


@pytest.fixture
def raster():
    return vdib.Raster.from_pairs([0, 0, 3, 7], [1, 4, 2, 11], shape=(8, 12))
