# SPDX-License-Identifier: MIT
"""Configurations as attributes and mappings."""
import copy
import pickle

import pytest

import vdib
from vdib.errors import ConfigError, FileError


def test_every_key_gives_a_value_that_it_takes():
    config = vdib.Config("dvs")
    for key, value in config.items():
        config[key] = value
    assert config == vdib.Config("dvs") and len(config) == len(vdib.keys()) == len(dict(config))


@pytest.mark.parametrize("experiment", [e.name for e in vdib.experiments()])
def test_experiments_load_by_name_and_as_text(experiment):
    config = vdib.Config(experiment)
    config.check()
    yaml = next(e.yaml for e in vdib.experiments() if e.name == experiment)
    assert vdib.Config.parse(yaml) == config and config.step_us > 0


def test_attributes_items_and_assignments_are_the_same():
    config = vdib.Config()
    config.learning.batch_size = 7
    assert config["learning.batch_size"] == 7 == config.learning.batch_size
    config.set("learning.batch_size=8")
    config["objective.beta"] = "0.25"
    config.decoder = "mlp"
    config.seed = 2**40
    config.encoder.layers = ["conv8k3", 20]
    assert (config.learning.batch_size, config.objective.beta, config["decoder.type"]) == (8, 0.25, "mlp")
    assert config.seed == 2**40 and config.encoder.layers == ["conv8k3", "20"]
    assert "batch_size" in dir(config.learning) and "learning" in dir(config) and "beta" in repr(config.objective)
    assert set(config.changed()) >= {"objective.beta", "decoder.type"}
    assert "learning.batch_size" in config._ipython_key_completions_()


def test_update_takes_all_or_nothing():
    config = vdib.Config("demo", {"learning": {"batch_size": 3}, "objective.beta": 0.5})
    assert config.learning.batch_size == 3
    before = dict(config)
    with pytest.raises(ConfigError):
        config.update({"learning.batch_size": 4, "objective.beta": -1})
    assert dict(config) == before


def test_copies_files_and_pickles(tmp_path):
    config = vdib.Config("demo", {"objective.beta": 1 / 3})
    config.save(tmp_path / "c.yaml")
    assert vdib.Config(tmp_path / "c.yaml") == config == pickle.loads(pickle.dumps(config))
    other = copy.deepcopy(config)
    other.objective.beta = 1
    assert config.objective.beta == 1 / 3 and other != config and config.copy() == config


def test_help_says_what_a_key_takes():
    key = vdib.Config.help("decoder.type")
    assert key.type == "choice" and "conv" in key.choices and key.default and key.takes and key.about
    assert "decoder.type" in vdib.Config()._repr_html_() and {k.type for k in vdib.keys()} == {
        "text", "whole", "real", "switch", "choice", "list"}  # fmt: skip
    assert key[6:] == (None, None, False, False, 0) and vdib.Config.help("encoder.layers").items > 1


def test_ranges_of_keys_are_numbers():
    config = vdib.Config()
    for key in vdib.keys():
        assert (key.low is None) == (key.type not in ("whole", "real")) == (key.high is None)
        for end, legal in ((key.low, key.includes_low), (key.high, key.includes_high)):
            if key.low is None or not legal:
                continue
            config[key.name] = end
            assert config[key.name] == end
    assert vdib.Config.help("learning.batch_size").low == 1
    assert not vdib.Config.help("neuron.threshold").includes_low


@pytest.mark.parametrize("key, value, says", [
    ("objective.beta", -1, "objective.beta"), ("objective.beta", float("nan"), "objective.beta"),
    ("learning.batch_size", 0, "learning.batch_size"), ("learning.batch_size", 1.5, "float"),
    ("learning.batch_size", True, "bool"), ("learning.batch_size", 2**70, "learning.batch_size"),
    ("decoder.type", "konv", "conv"), ("data.allow_loss", 1, "int"), ("encoder.layers", "1,2]", "encoder.layers"),
    ("objektive.beta", 1, "objective.beta"), ("experiment", None, "NoneType"),
])  # fmt: skip
def test_wrong_values_are_refused_in_one_line(key, value, says):
    config = vdib.Config()
    with pytest.raises(ConfigError) as raised:
        config[key] = value
    assert says in str(raised.value) and "\n" not in str(raised.value) and config == vdib.Config()


def test_what_is_not_there_is_said():
    config = vdib.Config()
    with pytest.raises(AttributeError, match="learning"):
        config.lerning
    with pytest.raises(AttributeError):
        config.learning.batch = 3 if hasattr(config.learning, "batch") else config.learning.batch
    with pytest.raises(AttributeError):
        config.lerning = 3
    with pytest.raises(TypeError, match="default"):
        del config["seed"]
    with pytest.raises((FileError, ConfigError), match="no-such"):
        vdib.Config("no-such.yaml")
    with pytest.raises(ConfigError, match="mine:1"):
        vdib.Config.parse("objective: {betta: 1}", origin="mine")
    with pytest.raises(TypeError):
        vdib.Config(3)
