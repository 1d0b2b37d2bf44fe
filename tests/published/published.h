/* SPDX-License-Identifier: MIT */
#ifndef VDIB_TESTS_PUBLISHED_H
#define VDIB_TESTS_PUBLISHED_H
/* The CTest entry `published-vectors`: numbers of the published system, from tests/vectors or the folder that the
 * environment variable VDIB_VECTORS names. One file a part of the library; main.c lists the tests. */

#include "support.h"

void published_basis(void **state);
void published_lif(void **state);
void published_readout(void **state);
void published_decoder_conv(void **state);
void published_decoder_mlp(void **state);
void published_decoder_linear(void **state);
void published_sgd(void **state);

#endif
