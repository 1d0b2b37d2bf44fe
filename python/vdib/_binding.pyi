# Made by cffi from the public headers (python/make_binding.py).
from typing import Any

ffi: Any
lib: Any
