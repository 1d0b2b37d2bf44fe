# SPDX-License-Identifier: MIT
"""What every module shares: statuses as exceptions, texts, structs, and objects of the library's with their lives."""

from __future__ import annotations

import os
import threading
import weakref
from types import TracebackType
from typing import Any, Callable, Dict, Optional, Type, TypeVar, Union

from . import errors
from ._binding import ffi, lib

NULL = ffi.NULL
PathLike = Union[str, "os.PathLike[str]"]


def text(pointer: Any) -> str:
    """The text behind a pointer that is not NULL."""
    return str(ffi.string(pointer).decode("utf-8", "replace"))


def text_or_none(pointer: Any) -> Optional[str]:
    """The text behind a pointer, None for NULL."""
    return None if pointer == NULL else text(pointer)


def taken_text(pointer: Any) -> str:
    """The text that the library made, which is freed."""
    try:
        return text(pointer)
    finally:
        lib.vdib_text_free(pointer)


def encoded(what: str, name: str) -> bytes:
    """A text for the library."""
    if not isinstance(what, str):
        raise TypeError(f"{name} is a {type(what).__name__}; it must be a text (str)")
    if "\0" in what:
        raise errors.ArgumentError(f"{name} has a NUL character in it, {what!r}; leave it out")
    return what.encode("utf-8", "surrogateescape")


def encoded_path(path: PathLike, name: str = "path") -> bytes:
    """A path for the library, from a text or a pathlib.Path."""
    given = os.fspath(path) if isinstance(path, (str, os.PathLike)) else path
    if not isinstance(given, str):
        raise TypeError(f"{name} is a {type(path).__name__}; it must be a text or a pathlib.Path")
    if "\0" in given:
        raise errors.ArgumentError(f"{name} has a NUL character in it, {given!r}; leave it out")
    return os.fsencode(given)


def c_text(what: Optional[str], name: str) -> Any:
    """A text that C reads, NULL for None; it lives as long as what is returned."""
    return NULL if what is None else ffi.new("char[]", encoded(what, name))


def c_path(path: Optional[PathLike], name: str = "path") -> Any:
    """A path that C reads, NULL for None; it lives as long as what is returned."""
    return NULL if path is None else ffi.new("char[]", encoded_path(path, name))


def expect(value: Any, kind: type, remedy: str, name: str = "") -> Any:
    """The value, which must be an object of the package's."""
    if not isinstance(value, kind):
        what = name or kind.__name__.lower()
        raise TypeError(f"{what} is a {type(value).__name__}; it must be a vdib.{kind.__name__} ({remedy})")
    return value


def struct(kind: str, **members: Any) -> Any:
    """A public struct with its size and some members set."""
    try:
        made = ffi.new(f"{kind} *", members)
    except (TypeError, OverflowError):
        made = _set_each(kind, members)
    made.size = ffi.sizeof(kind)
    return made


_TAKEN = {"_Bool": "True or False", "double": "a real number"}


def _set_each(kind: str, members: Dict[str, Any]) -> Any:
    """The same, member by member: NumPy's booleans are taken, and what does not fit is named."""
    made, kinds = ffi.new(f"{kind} *"), dict(ffi.typeof(kind).fields)
    for name, value in members.items():
        try:
            setattr(made, name, bool(value) if type(value).__module__ == "numpy" and value.dtype == "?" else value)
        except (TypeError, OverflowError):
            wanted = _TAKEN.get(kinds[name].type.cname, "a whole number")
            raise TypeError(f"{name} is a {type(value).__name__}; it must be {wanted}") from None
    return made


def real(value: Any, name: str) -> float:
    """A real number, else TypeError."""
    if isinstance(value, (str, bytes)) or not (hasattr(value, "__float__") or hasattr(value, "__index__")):
        raise TypeError(f"{name} is a {type(value).__name__}; it must be a real number")
    return float(value)


def function(value: Any, name: str) -> Any:
    """Something that can be called, or None; else TypeError."""
    if value is not None and not callable(value):
        raise TypeError(f"{name} is a {type(value).__name__}; it must be a function")
    return value


def check(status: int, cause: Optional[BaseException] = None) -> None:
    """Raises the exception of a status that is not success, with the library's message. `cause` is what a callback
    raised meanwhile: KeyboardInterrupt and the like are raised themselves."""
    if status == 0:
        return
    raise_status(status, text(lib.vdib_last_message()), cause)


def raise_status(status: int, message: str, cause: Optional[BaseException] = None) -> None:
    """Raises the exception of a status."""
    if cause is not None and not isinstance(cause, Exception):
        raise cause
    error = errors.by_status.get(status, errors.VdibError)(message)
    raise error from cause


def number(value: Any, name: str, least: int = 0, most: int = 2**64 - 1) -> int:
    """A whole number within a range, else ArgumentError or TypeError."""
    try:
        whole = value.__index__()
    except AttributeError:
        raise TypeError(f"{name} is a {type(value).__name__}; it must be a whole number") from None
    if not least <= whole <= most:
        raise errors.ArgumentError(f"{name} is {whole}; it must be from {least} to {most}")
    return int(whole)


_ends: Dict[int, Any] = {}


def own(pointer: Any, destroy: Callable[[Any], None], *keep: Any) -> Any:
    """The pointer with its end: `destroy` is called when nothing refers to it any more, and what it refers to itself
    (`keep`) lives until then. Not by ffi.gc(): in a cycle its function may be called when it is no more."""
    held = ffi.cast(ffi.typeof(pointer), pointer)
    end = weakref.finalize(held, _end, id(held), destroy, pointer, keep)
    end.atexit = False
    _ends[id(held)] = end
    return held


def _end(key: int, destroy: Callable[[Any], None], pointer: Any, keep: Any) -> None:
    _ends.pop(key, None)
    destroy(pointer)


O = TypeVar("O", bound="Owner")


class Owner:
    """An object of the library's. It is used by one thread at a time: another one that tries meanwhile gets an
    ArgumentError. Closing it forgets it; arrays that were taken of it stay as they are until nobody has them."""

    def __init__(self, pointer: Any) -> None:
        self._own: Any = pointer
        self._busy = threading.Lock()

    @property
    def _pointer(self) -> Any:
        if self._own is None:
            raise self._refused()
        return self._own

    @property
    def closed(self) -> bool:
        """Whether it was closed."""
        return self._own is None

    _lends = True
    """whether arrays or other objects may lie in its memory: then they, too, keep it after close()"""

    def close(self) -> None:
        """Gives back what it holds. Doing so twice is safe."""
        if self._own is None:
            return
        if self._lends:
            self._own = None
            return
        with self._using() as pointer:
            self._own = None
            end = _ends.get(id(pointer))
            if end is not None:
                end()

    def __enter__(self: O) -> O:
        self._pointer  # noqa: B018 a closed object is refused
        return self

    def __exit__(self, kind: Optional[Type[BaseException]], value: Optional[BaseException],
                 trace: Optional[TracebackType]) -> None:  # fmt: skip
        self.close()

    def _using(self) -> "Using":
        return Using(self)

    def _refused(self) -> errors.ArgumentError:
        """Why a call cannot have it now."""
        if self._own is None:
            return errors.ArgumentError(f"this {type(self).__name__} is closed; make a new one")
        return errors.ArgumentError(f"this {type(self).__name__} is at work in another call; use one for each thread")

    def __reduce__(self) -> Any:
        raise TypeError(f"a {type(self).__name__} cannot be pickled; save it in a file, or make one in each process")


class Using:
    """While it lasts, the object is this call's alone."""

    __slots__ = ("_owner",)

    def __init__(self, owner: Owner) -> None:
        self._owner = owner

    def __enter__(self) -> Any:
        if not self._owner._busy.acquire(False):
            raise self._owner._refused()
        try:
            return self._owner._pointer
        except errors.ArgumentError:
            self._owner._busy.release()
            raise

    def __exit__(self, kind: Any, value: Any, trace: Any) -> None:
        self._owner._busy.release()


class Asked:
    """The callback of long work: it lets Python handle Ctrl-C and asks a function of the user's whether to stop."""

    def __init__(self, ask: Optional[Callable[[], bool]] = None) -> None:
        self.ask = function(ask, "cancelled")
        self.error: Optional[BaseException] = None
        self.held: Any = None  # what the options of a call point at
        self.handle = ffi.new_handle(self)

    def stop(self) -> bool:
        return bool(self.ask is not None and self.ask())


def _asked_failed(kind: Any, value: BaseException, trace: Any) -> bool:
    """An exception of the callback, KeyboardInterrupt for one: the work is stopped and raises it."""
    frame = trace.tb_frame
    asked = frame.f_locals.get("asked")
    if isinstance(asked, Asked):
        asked.error = value
    else:
        user = frame.f_locals.get("user")
        if user is not None:
            ffi.from_handle(user).error = value
    return True


def callback_failed(value: BaseException, trace: Any, status: int, before: str = "") -> int:
    """Keeps an exception of a callback in the `error` of its `user`, and says it to the library. Returns the status."""
    ffi.from_handle(trace.tb_frame.f_locals["user"]).error = value
    said = f"{before}{type(value).__name__}: {value}".replace("\n", " ")
    lib.vdib_fail(status, said.encode("utf-8", "replace")[:400])
    return status


@ffi.def_extern(name="vdib_python_cancelled", error=True, onerror=_asked_failed)  # type: ignore[untyped-decorator]
def _cancelled(user: Any) -> bool:
    asked = ffi.from_handle(user)
    return bool(asked.stop())
