# SPDX-License-Identifier: MIT
"""Tutorial 5, with a decoder in PyTorch, from its first line to its last."""

import os
import subprocess
import sys

root = os.environ["VDIB_SOURCE"]
sys.path.append(os.path.join(root, "tests/interop"))

from common import skip

try:
    import torch  # noqa: F401
except ImportError as error:
    skip(f"{error}; `make test-torch` installs it")
if not os.path.exists(os.path.join(os.environ["VDIB_PYTHONPATH"], "vdib", "_binding.abi3.so")):
    skip("the package was not built; `make python`, then configure and build again")

environment = dict(os.environ, PYTHONPATH=os.environ["VDIB_PYTHONPATH"], PYTHONDONTWRITEBYTECODE="1")
sys.exit(subprocess.run([sys.executable, os.path.join(root, "scripts/tutorials"), "--small", os.environ["VDIB"], "5"],
                        env=environment).returncode)
