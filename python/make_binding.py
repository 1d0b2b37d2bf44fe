# SPDX-License-Identifier: MIT
"""python/make_binding.py COMPILER INCLUDE OUTPUT: the C source of vdib._binding, made by cffi from the public headers.

All that include/vdib declares is bound as it is declared; the callbacks that Python gives the library follow below.
"""
import pathlib
import subprocess
import sys
import tempfile

import cffi

# Called by the library: each finds its Python object by `user`, a cffi handle.
CALLBACKS = """
extern "Python" bool vdib_python_cancelled(void *user);
extern "Python" vdib_status vdib_python_fetch(void *user, vdib_split split, size_t index, vdib_fetched *example);
extern "Python" void vdib_python_release(void *user);
extern "Python" vdib_status vdib_python_begin(vdib_model *model, void *user);
extern "Python" vdib_status vdib_python_gather(void *user, const void *own, size_t bytes, size_t *sizes,
                                            const void **all);
extern "Python" void vdib_python_visit(void *user, uint64_t step, const uint32_t *spikes, size_t count);
extern "Python" void vdib_python_converted(void *user, const vdib_converted *file);
extern "Python" void vdib_python_machine(void *user, const vdib_machine *machine);
extern "Python" void vdib_python_benchmark(void *user, const vdib_benchmark *benchmark);
extern "Python" void vdib_python_scaling(void *user, const vdib_scaling *scaling);
"""


def declarations(compiler: str, include: str) -> str:
    """The public headers without comments, and without those of the C library, whose types cffi knows."""
    with tempfile.TemporaryDirectory() as folder:
        for name in ("stdbool", "stddef", "stdint"):
            (pathlib.Path(folder) / f"{name}.h").touch()
        header = f"{include}/vdib/vdib.h"
        command = [compiler, "-E", "-P", "-nostdinc", "-U__GNUC__", "-I", folder, "-I", include, "-x", "c", header]
        return subprocess.run(command, check=True, stdout=subprocess.PIPE, text=True).stdout


def main(compiler: str, include: str, output: str) -> None:
    binding = cffi.FFI()
    binding.cdef(declarations(compiler, include) + CALLBACKS)
    binding.set_source("vdib._binding", '#include "vdib/vdib.h"', py_limited_api=True)
    binding.emit_c_code(output)


main(*sys.argv[1:])
