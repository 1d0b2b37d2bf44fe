/* SPDX-License-Identifier: MIT */
#ifndef VDIB_EVAL_ENERGY_H
#define VDIB_EVAL_ENERGY_H
/* Arithmetic and memory traffic of the encoder for an example, of the same layers as an ordinary network on counts of
 * events, and of chains of layers (the decoder, a whole ordinary network); what they cost by the energies of Horowitz
 * (2014). docs/method.md, section "What the spikes say". */

#include "decoder/decoder.h"
#include "encoder/encoder.h"
#include "eval/evaluation.h"

/* Picojoules in 45 nm CMOS at 0.9 V: M. Horowitz, "Computing's energy problem (and what we can do about it)", ISSCC
 * 2014, pages 10 to 14. 32-bit floating point; 64 bits from a cache of 8 KiB, 32 KiB, 1 MiB; the least of DRAM's 1.3 to
 * 2.6 nJ for 64 bits. */
#define VDIB__ENERGY_ADD      0.9
#define VDIB__ENERGY_MULTIPLY 3.7
#define VDIB__ENERGY_8_KIB    10.0
#define VDIB__ENERGY_32_KIB   20.0
#define VDIB__ENERGY_1_MIB    100.0
#define VDIB__ENERGY_DRAM     1300.0

/* What is done for some examples; weights and states are words of 32 bits. */
typedef struct vdib__effort {
    double additions, multiplications;
    double weights; /* read */
    double states;  /* read or written: of neurons, of filters; activations and counts of an ordinary network */
} vdib__effort;

/* Sizes that decide which memory holds them, in words. */
typedef struct vdib__storage {
    double weights, states;
} vdib__storage;

/* The encoder over the data steps of an example. */
vdib__effort vdib__effort_of_spikes(const vdib__encoder *encoder, const vdib__trial *trial);
/* The same layers once, on the counts of events. */
vdib__effort vdib__effort_of_counts(const vdib__encoder *encoder);
/* A chain once. Rectifiers work where their input lies and cost nothing. */
vdib__effort vdib__effort_of_chain(const vdib__chain *chain);

vdib__storage vdib__storage_of_spikes(const vdib__encoder *encoder);
vdib__storage vdib__storage_of_counts(const vdib__encoder *encoder);
vdib__storage vdib__storage_of_chain(const vdib__chain *chain);

/* Picojoules that a word of 32 bits takes in a memory that holds so many. */
double vdib__energy_of_word(double words);

/* Picojoules of an effort. */
double vdib__energy_of(const vdib__effort *effort, const vdib__storage *storage);

/* What an effort of so many examples is for one of them, as figures. */
vdib__efforts vdib__efforts_of(const vdib__effort *effort, const vdib__storage *storage, double examples);

#endif
