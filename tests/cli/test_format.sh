#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# Sources are formatted with the repository's .clang-format, no line is too long, no part includes one that it may not
# use, and every exception of the static analysis is of a line that is there.
set -e
"$VDIB_SOURCE/scripts/check-layers"
"$VDIB_SOURCE/scripts/check-lengths"
"$VDIB_SOURCE/scripts/check-format"
! command -v python3 >/dev/null || "$VDIB_SOURCE/scripts/analyse" --check
