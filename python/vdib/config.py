# SPDX-License-Identifier: MIT
"""Configurations of experiments: a fixed set of keys, each with a type, a range, a default and one line of help."""

from __future__ import annotations

import threading
from typing import Any, Dict, Iterator, List, Mapping, MutableMapping, NamedTuple, Optional, Tuple, Union

from . import errors
from ._html import escape, table
from ._native import (
    NULL, PathLike, c_path, c_text, check, encoded, encoded_path, expect, own, struct, text, text_or_none,
)  # fmt: skip
from ._binding import ffi, lib

__all__ = ["Config", "Section", "Key", "Experiment", "experiments", "keys"]

Value = Union[str, int, float, bool, List[str]]
_TEXT, _WHOLE, _REAL, _SWITCH, _CHOICE, _LIST = range(6)
_TYPES = ("text", "whole", "real", "switch", "choice", "list")


class Key(NamedTuple):
    """What is known of a key."""

    name: str
    """dotted: ``objective.beta``"""
    type: str
    """``text``, ``whole``, ``real``, ``switch``, ``choice`` or ``list``"""
    default: str
    """the default, as text"""
    takes: str
    """what values are legal, in words"""
    about: str
    """what it does, with its unit"""
    choices: Dict[str, str]
    """the values that it takes by name, and what each is"""
    low: Optional[float]
    """the lower end of the range of a whole or real number, else None"""
    high: Optional[float]
    """the upper end"""
    includes_low: bool
    """whether `low` itself is legal"""
    includes_high: bool
    items: int
    """how many items a list has at most, else 0"""


class Experiment(NamedTuple):
    """A ready experiment."""

    name: str
    summary: str
    yaml: str


def experiments() -> List[Experiment]:
    """The ready experiments, which :class:`Config` takes by their names."""
    return [
        Experiment(text(lib.vdib_experiment_name(i)), text(lib.vdib_experiment_summary(i)),
                   text(lib.vdib_experiment_yaml(i)))
        for i in range(lib.vdib_experiment_count())
    ]  # fmt: skip


def keys() -> List[Key]:
    """Every key of a configuration."""
    return [_key(text(lib.vdib_config_key_name(i))) for i in range(lib.vdib_config_key_count())]


def _key(name: str) -> Key:
    info = struct("vdib_key_info")
    check(lib.vdib_config_key_info(encoded(name, "key"), info))
    index = info.index
    choices = {
        text(lib.vdib_config_key_choice_name(index, i)): text(lib.vdib_config_key_choice_help(index, i))
        for i in range(lib.vdib_config_key_choice_count(index))
    }
    return Key(text(info.name), _TYPES[info.type], text(info.standard), text(info.takes), text(info.about), choices,
               *_range(info), info.items)  # fmt: skip


def _range(info: Any) -> Tuple[Optional[float], Optional[float], bool, bool]:
    """low, high, includes_low, includes_high."""
    if info.type == _WHOLE:
        return info.least, info.most, True, True
    if info.type == _REAL:
        return info.low, info.high, info.includes_low, info.includes_high
    return None, None, False, False


_names: List[str] = [text(lib.vdib_config_key_name(i)) for i in range(lib.vdib_config_key_count())]
_sections: Dict[str, Tuple[str, ...]] = {}
for _name in _names:
    _section, _, _rest = _name.partition(".")
    if _rest:
        _sections[_section] = (*_sections.get(_section, ()), _rest)


class Section:
    """The keys of one section as attributes: ``config.learning.batch_size = 16``."""

    __slots__ = ("_config", "_name")

    def __init__(self, config: "Config", name: str) -> None:
        object.__setattr__(self, "_config", config)
        object.__setattr__(self, "_name", name)

    def __getattr__(self, key: str) -> Any:
        if key.startswith("_"):
            raise AttributeError(key)
        try:
            return self._config[f"{self._name}.{key}"]
        except errors.ConfigError as error:
            raise AttributeError(str(error)) from None

    def __setattr__(self, key: str, value: Any) -> None:
        self._config[f"{self._name}.{key}"] = value

    def __dir__(self) -> List[str]:
        return list(_sections[self._name])

    def __repr__(self) -> str:
        inside = ", ".join(f"{key}={self._config[f'{self._name}.{key}']!r}" for key in _sections[self._name])
        return f"{self._name}({inside})"


class Config(MutableMapping[str, Any]):
    """A complete configuration: a mapping from dotted keys to values, and sections as attributes.

    >>> config = vdib.Config("dvs", {"learning.batch_size": 8})
    >>> config.objective.beta = 1e-3
    >>> config["decoder"] = "conv"              # a section's name stands for its main key
    >>> dict(config)["decoder.type"]
    'conv'

    Whole numbers come as int, real ones as float, switches as bool, lists as lists of texts, all others as text;
    any key takes text as a YAML file has it. A value that is out of range raises :class:`ConfigError`, and nothing
    changes. Using one from several threads is safe.

    :param source: the name of a ready experiment (:func:`experiments`) or the path of a YAML file; None: every key at
        its default
    :param values: keys that differ, dotted or nested by section
    """

    def __init__(self, source: Optional[PathLike] = None, values: Optional[Mapping[str, Any]] = None) -> None:
        made = ffi.new("vdib_config **")
        if source is None:
            check(lib.vdib_config_create(made))
        else:
            check(lib.vdib_config_load(encoded_path(source, "source"), made))
        self._adopt(made[0])
        self.update(values or {})

    def _adopt(self, pointer: Any) -> None:
        self.__dict__["_own"] = own(pointer, lib.vdib_config_destroy)
        self.__dict__["_lock"] = threading.RLock()

    @classmethod
    def _of(cls, pointer: Any) -> "Config":
        """Takes over a configuration of the library's."""
        config = cls.__new__(cls)
        config._adopt(pointer)
        return config

    @classmethod
    def _copied(cls, pointer: Any) -> "Config":
        """A copy of one that the library lends."""
        made = ffi.new("vdib_config **")
        check(lib.vdib_config_copy(pointer, made))
        return cls._of(made[0])

    @classmethod
    def parse(cls, yaml: Union[str, bytes], origin: str = "YAML") -> "Config":
        """A configuration from YAML; `origin` names it in messages."""
        given = yaml.encode() if isinstance(yaml, str) else bytes(yaml)
        made = ffi.new("vdib_config **")
        check(lib.vdib_config_parse(given, len(given), encoded(origin, "origin"), made))
        return cls._of(made[0])

    def _taken(self) -> Any:
        """A copy for a call that reads it for long."""
        made = ffi.new("vdib_config **")
        with self._lock:
            check(lib.vdib_config_copy(self._own, made))
        return own(made[0], lib.vdib_config_destroy)

    def copy(self) -> "Config":
        """A configuration of the same values."""
        with self._lock:
            return Config._copied(self._own)

    __copy__ = copy

    def __deepcopy__(self, memo: Any) -> "Config":
        return self.copy()

    def __reduce__(self) -> Any:
        return (_unpickled, (dict(self),))

    def set(self, assignment: str) -> None:
        """Sets one key as `--set` of the program does: ``section.key=value``."""
        with self._lock:
            check(lib.vdib_config_set(self._own, encoded(assignment, "assignment")))

    def update(self, *given: Any, **named: Any) -> None:
        """Sets keys from a mapping, dotted or nested: ``{"objective": {"beta": 0.001}}``. All or none of them."""
        try:
            values: Dict[str, Any] = dict(*given, **named)
        except (TypeError, ValueError):
            raise TypeError(
                f'values are a {type(given[0]).__name__}; they must be a mapping {{"objective.beta": 0.001}}'
            ) from None
        made = self.copy() if values else self
        for key, value in values.items():
            if isinstance(value, Mapping):
                for inner, of_it in value.items():
                    made[f"{key}.{inner}"] = of_it
            else:
                made[key] = value
        with self._lock:
            self.__dict__["_own"] = made._own

    def check(self) -> None:
        """Checks what no single key can: combinations. Everything that takes a configuration does so."""
        with self._lock:
            check(lib.vdib_config_check(self._own))

    def save(self, path: PathLike) -> None:
        """Writes all keys as YAML, defaults spelled out: whole or not at all."""
        with self._lock:
            check(lib.vdib_config_save(self._own, encoded_path(path)))

    @property
    def step_us(self) -> int:
        """The length of a time step in microseconds: `data.step_us`, or what its 0 stands for."""
        return int(lib.vdib_config_step_us(self._own))

    @staticmethod
    def help(key: str) -> Key:
        """What is known of a key."""
        return _key(key)

    def __getitem__(self, key: str) -> Value:
        info = struct("vdib_key_info")
        check(lib.vdib_config_key_info(encoded(key, "key"), info))
        with self._lock:
            return _value(self._own, info)

    def __setitem__(self, key: str, value: Any) -> None:
        info = struct("vdib_key_info")
        check(lib.vdib_config_key_info(encoded(key, "key"), info))
        with self._lock:
            _set(self._own, info, value)

    def __delitem__(self, key: str) -> None:
        raise TypeError(f"{key}: a configuration has all keys always; set the key to its default, "
                        f"{self.help(key).default}")  # fmt: skip

    def __iter__(self) -> Iterator[str]:
        return iter(_names)

    def __len__(self) -> int:
        return len(_names)

    def __getattr__(self, name: str) -> Any:
        if name in _sections:
            return Section(self, name)
        if name in _names:
            return self[name]
        raise AttributeError(f"a configuration has no section {name!r}; it has {', '.join(_sections)}")

    def __setattr__(self, name: str, value: Any) -> None:
        if name not in _sections and name not in _names:
            raise AttributeError(f"a configuration has no section {name!r}; it has {', '.join(_sections)}")
        self[name] = value

    def __dir__(self) -> List[str]:
        return [*super().__dir__(), *_sections, *(name for name in _names if "." not in name)]

    def _ipython_key_completions_(self) -> List[str]:
        return list(_names)

    def __eq__(self, other: object) -> bool:
        return dict(self) == dict(other) if isinstance(other, Config) else NotImplemented

    __hash__ = None  # type: ignore[assignment]

    def changed(self) -> Dict[str, Value]:
        """The keys that are not at their defaults, and their values."""
        standard = Config()
        return {key: value for key, value in self.items() if value != standard[key]}

    def __repr__(self) -> str:
        return f"Config({self['experiment']!r}, {{{', '.join(f'{k!r}: {v!r}' for k, v in self.changed().items())}}})"

    def _repr_html_(self) -> str:
        changed = self.changed()
        rows = [
            (f"<b>{escape(key)}</b>" if key in changed else escape(key), escape(str(value)), escape(_key(key).about))
            for key, value in self.items()
        ]
        caption = f"{len(changed)} of {len(self)} keys are not at their defaults"
        return table(("key", "value", "what it does"), rows, caption)


def taken_config(config: Any) -> Any:
    """A copy of a configuration for the library."""
    return expect(config, Config, 'vdib.Config("demo") makes one')._taken()


def _unpickled(values: Dict[str, Any]) -> Config:
    return Config(None, values)


def _as_text(config: Any, name: Any) -> str:
    size = 256
    while True:
        memory = ffi.new("char[]", size)
        check(lib.vdib_config_get(config, name, memory, size))
        found = text(memory)
        if len(found.encode()) < size - 1:
            return found
        size *= 4


def _value(config: Any, info: Any) -> Value:
    kind, name = info.type, info.name
    if kind == _WHOLE:
        whole = ffi.new("int64_t *")
        check(lib.vdib_config_get_whole(config, name, whole))
        return int(whole[0])
    if kind == _REAL:
        real = ffi.new("double *")
        check(lib.vdib_config_get_real(config, name, real))
        return float(real[0])
    if kind == _SWITCH:
        on = ffi.new("bool *")
        check(lib.vdib_config_get_switch(config, name, on))
        return bool(on[0])
    if kind == _LIST:
        item, count = ffi.new("const char **"), ffi.new("size_t *")
        check(lib.vdib_config_get_list(config, name, 0, item, count))
        found = []
        for i in range(count[0]):
            check(lib.vdib_config_get_list(config, name, i, item, NULL))
            found.append(text(item[0]))
        return found
    return _as_text(config, name)


def _set(config: Any, info: Any, value: Any) -> None:
    kind, name = info.type, info.name
    if isinstance(value, str):
        check(lib.vdib_config_set_text(config, name, encoded(value, text(name))))
    elif kind == _LIST and isinstance(value, (list, tuple)):
        items = [c_text(str(item), text(name)) for item in value]
        check(lib.vdib_config_set_list(config, name, ffi.new("const char *[]", items), len(items)))
    elif kind == _SWITCH and isinstance(value, bool):
        check(lib.vdib_config_set_switch(config, name, value))
    elif kind == _WHOLE and hasattr(value, "__index__") and not isinstance(value, bool):
        whole = value.__index__()
        if -(2**63) <= whole < 2**63:
            check(lib.vdib_config_set_whole(config, name, whole))
        else:
            check(lib.vdib_config_set_text(config, name, str(whole).encode()))
    elif kind == _REAL and hasattr(value, "__float__") and not isinstance(value, bool):
        check(lib.vdib_config_set_real(config, name, float(value)))
    else:
        raise errors.ConfigError(f"{text(name)}={value!r}: a {type(value).__name__} is none of what it takes: "
                                 f"{text(info.takes)}")  # fmt: skip
