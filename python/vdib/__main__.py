# SPDX-License-Identifier: MIT
"""`vdib` and `python -m vdib`: the program that comes with the package."""

import os
import sys
from pathlib import Path


def program() -> Path:
    """The path of the program: in the package, or beside it in a build folder."""
    package = Path(__file__).parent
    here = Path(os.path.abspath(__file__)).parent  # of the link, in a build folder
    for folder in (package / "_bundle" / "bin", here / "_bundle" / "bin", here.parent.parent / "bin"):
        if (folder / "vdib").is_file():
            return folder / "vdib"
    raise FileNotFoundError(f"{package}: the program vdib is not in this package; install the package anew")


def main() -> None:
    """Runs the program in place of this process, with the arguments of the command line."""
    path = program()
    os.execv(path, ["vdib", *sys.argv[1:]])


if __name__ == "__main__":
    main()
