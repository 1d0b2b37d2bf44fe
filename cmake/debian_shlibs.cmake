# SPDX-License-Identifier: MIT
# Before `cpack -G DEB` looks for what the package depends on: the folder of this build of OpenBLAS stands in the
# library's search path, so that the package needs it and no other. Debian's own rule asks for libopenblas0, which
# `dpkg -i` does not find where this build alone is installed.
file(WRITE "${CPACK_TEMPORARY_DIRECTORY}/debian/shlibs.local" "libopenblas 0 libopenblas0-openmp\n")
