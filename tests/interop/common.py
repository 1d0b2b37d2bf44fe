# SPDX-License-Identifier: MIT
"""What the tests against other programs share.

They get VDIB, VDIB_SOURCE and VDIB_TRACE (tests/interop/trace.c) from CTest.
"""
import atexit
import os
import shutil
import subprocess
import sys
import tempfile


def skip(why):
    print(f"SKIPPED: {why}")
    sys.exit(77)


def folder():
    """A temporary folder that goes with the test."""
    made = tempfile.mkdtemp(prefix="vdib-interop-")
    atexit.register(shutil.rmtree, made, ignore_errors=True)
    return made


def run(*words, code=0):
    """The output of a command; the test fails with another exit code."""
    done = subprocess.run([str(w) for w in words], capture_output=True, text=True, stdin=subprocess.DEVNULL)
    if done.returncode != code:
        sys.exit(f"FAIL: exit code {done.returncode} instead of {code}: {' '.join(map(str, words))}\n"
                 f"{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return done.stdout


def vdib(*words, code=0):
    return run(os.environ["VDIB"], *words, code=code)


def trace(*words):
    return run(os.environ["VDIB_TRACE"], *words)
