#!/usr/bin/env bash
# SPDX-License-Identifier: MIT
# The shared library exports what the public headers declare, and nothing else.
"$VDIB_SOURCE/tests/check-symbols" "$VDIB_LIBRARY" "$VDIB_SOURCE/include"
