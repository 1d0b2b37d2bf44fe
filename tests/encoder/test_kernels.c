/* SPDX-License-Identifier: MIT */
/* The kernels one by one: every level of this machine gives the bits of the portable one, which agree with plain
 * loops, at sizes that fill no register, and nothing is written beyond them. */
#include <math.h>

#include "core/kernel_level.h"
#include "core/random.h"
#include "encoder/kernels.h"
#include "support.h"

enum { MOST = 300, STEPS = 37, LAGS = 10, GUARD = 16, TILE = STEPS * VDIB_BLOCK };
static const float GUARDED = 12345.0F;
static const size_t WIDTHS[] = {1, 3, 15, 16, 17, 31, 63, 64, 65, 127, 200, 257};
enum { WIDTH_COUNT = sizeof WIDTHS / sizeof *WIDTHS };

/* Values in [-2, 2), now and then a special one; the same for the same number. */
static void fill(float *values, size_t count, uint64_t number) {
    static const float special[] = {0.0F, -0.0F, 0.5F, -0.5F, 1e30F, -1e30F};
    vdib__key key = {.seed = 51, .purpose = VDIB_PURPOSE_STIMULUS, .example = number};
    for (size_t i = 0; i < count; i++) {
        uint32_t word = vdib__random_word(&key, 0, (uint32_t)i);
        values[i] = word % 29 == 0 ? special[word / 29 % 6] : 4.0F * vdib__uniform(word) - 2.0F;
    }
    for (size_t i = 0; i < GUARD; i++)
        values[count + i] = GUARDED;
}

static void assert_guarded(const float *values, size_t count) {
    for (size_t i = 0; i < GUARD; i++)
        assert_true(values[count + i] == GUARDED);
}

/* Compares a level's result with the portable one, and looks at the guard. */
static void assert_bits(const float *got, const float *want, size_t count) {
    assert_memory_equal(got, want, count * sizeof *got);
    assert_guarded(got, count);
}

typedef void check_level(const vdib__encoder_kernels *level, const vdib__encoder_kernels *portable);

static void each_level(check_level *check) {
    vdib__kernel_level best;
    assert_ok(vdib__kernel_level_choose(&best));
    for (int level = 0; level <= (int)best; level++)
        check(vdib__encoder_kernels_of((vdib__kernel_level)level), vdib__encoder_kernels_of(VDIB_KERNEL_PORTABLE));
}

/* ---- products ---- */

static vdib__changes *changes_of_density(size_t channels, float density) {
    vdib__changes *changes = NULL;
    uint64_t *bits = calloc(STEPS * vdib__words(channels), sizeof *bits);
    vdib__key key = {.seed = 52, .purpose = VDIB_PURPOSE_STIMULUS, .example = channels};
    for (size_t t = 0; t < STEPS; t++)
        for (size_t c = 0; c < channels; c++)
            if (vdib__random_uniform(&key, (uint32_t)(t / (c % 4 + 1)), (uint32_t)c) < density)
                bits[t * vdib__words(channels) + c / 64] |= 1ULL << c % 64;
    assert_ok(vdib__changes_create(channels, STEPS, &changes));
    assert_ok(vdib__changes_of_bits(changes, bits));
    free(bits);
    return changes;
}

/* The definition, entry after entry. */
static void plain_product(float *tile, float *rows, const vdib__channel_rows *which, bool scatter) {
    for (size_t a = which->from; a < which->to; a++) {
        size_t c = which->changes->active[a];
        float *row = rows + (c - which->first) * which->stride;
        for (size_t i = 0; i < VDIB_BLOCK && which->fresh; i++)
            row[i] = 0.0F;
        for (size_t e = which->changes->channel_offsets[c]; e < which->changes->channel_offsets[c + 1]; e++) {
            uint32_t entry = which->changes->by_channel[e];
            float *at = tile + (size_t)(entry >> 1) * VDIB_BLOCK, sign = (entry & 1) != 0 ? -1.0F : 1.0F;
            for (size_t i = 0; i < VDIB_BLOCK; i++)
                *(scatter ? &at[i] : &row[i]) += sign * (scatter ? row[i] : at[i]);
        }
    }
}

static void plain_prefix(float *tile, const uint8_t *restart) {
    for (size_t t = 1; t < STEPS; t++)
        for (size_t i = 0; i < VDIB_BLOCK && restart[t] == 0; i++)
            tile[t * VDIB_BLOCK + i] += tile[(t - 1) * VDIB_BLOCK + i];
}

static void check_products(const vdib__encoder_kernels *level, const vdib__encoder_kernels *portable) {
    enum { CHANNELS = 71, STRIDE = VDIB_BLOCK + 5 };
    static float tile[TILE + GUARD], rows[CHANNELS * STRIDE + GUARD], want_tile[TILE], want_rows[CHANNELS * STRIDE];
    (void)portable;
    for (int d = 0; d < 3; d++) {
        vdib__changes *changes = changes_of_density(CHANNELS, (float[]){0.01F, 0.3F, 0.9F}[d]);
        for (size_t from = 0; from <= changes->active_count; from += changes->active_count / 2 + 1) {
            vdib__channel_rows which = {
                .changes = changes, .from = from, .to = changes->active_count, .stride = STRIDE, .fresh = d == 1};
            fill(tile, TILE, 1), fill(rows, CHANNELS * STRIDE, 2);
            memcpy(want_tile, tile, sizeof want_tile), memcpy(want_rows, rows, sizeof want_rows);
            level->product->scatter(tile, rows, &which);
            vdib__channel_rows kept = which;
            kept.fresh = false;
            plain_product(want_tile, want_rows, &kept, true);
            assert_bits(tile, want_tile, TILE);
            level->product->collect(rows, tile, &which);
            plain_product(want_tile, want_rows, &which, false);
            assert_bits(rows, want_rows, CHANNELS * STRIDE);
        }
        fill(rows, CHANNELS * STRIDE, 2), fill(tile, TILE, 22);
        vdib__channel_rows all = {.changes = changes, .to = changes->active_count, .stride = VDIB_BLOCK};
        level->product->gather_steps(tile, rows, changes);
        memset(want_tile, 0, sizeof want_tile);
        plain_product(want_tile, rows, &all, true);
        plain_prefix(want_tile, changes->restart);
        assert_bits(tile, want_tile, TILE);
        level->product->prefix_sums(tile, changes->restart, STEPS);
        plain_prefix(want_tile, changes->restart);
        assert_bits(tile, want_tile, TILE);
        level->product->suffix_sums(tile, changes->restart, STEPS);
        for (size_t t = STEPS - 1; t-- > 0;)
            for (size_t i = 0; i < VDIB_BLOCK && changes->restart[t + 1] == 0; i++)
                want_tile[t * VDIB_BLOCK + i] += want_tile[(t + 1) * VDIB_BLOCK + i];
        assert_bits(tile, want_tile, TILE);
        vdib__changes_destroy(changes);
    }
}

/* Patches of every extent, added and taken away. */
static void check_patches(const vdib__encoder_kernels *level, const vdib__encoder_kernels *portable) {
    enum { KERNEL = 5, WIDTH = 7, PLACES = 6 * WIDTH, MAPS = PLACES * VDIB_GROUP, TAPS = KERNEL * KERNEL * VDIB_GROUP };
    static float maps[MAPS + GUARD], kernels[TAPS + GUARD], want_maps[MAPS + GUARD], want_kernels[TAPS + GUARD];
    (void)portable;
    fill(maps, MAPS, 20), fill(want_maps, MAPS, 20), fill(kernels, TAPS, 21), fill(want_kernels, TAPS, 21);
    for (uint32_t entry = 0; entry < 2; entry++)
        for (size_t stride = 1; stride <= 2; stride++)
            for (size_t rows = 0; rows <= KERNEL / stride; rows++) {
                vdib__patch p = {.rows = rows,
                                 .columns = KERNEL / stride - rows / 2,
                                 .tap = 0,
                                 .tap_row = stride * KERNEL,
                                 .tap_column = stride,
                                 .place = PLACES - 2,
                                 .width = WIDTH};
                level->product->scatter_patch(maps, kernels, &p, entry);
                level->product->collect_patch(kernels, maps, &p, entry);
                float sign = entry == 0 ? 1.0F : -1.0F;
                for (int turn = 0; turn < 2; turn++)
                    for (size_t i = 0; i < rows * p.columns * VDIB_GROUP; i++) {
                        size_t r = i / VDIB_GROUP / p.columns, c = i / VDIB_GROUP % p.columns, n = i % VDIB_GROUP;
                        float *map = &want_maps[(p.place - r * WIDTH - c) * VDIB_GROUP + n];
                        float *tap = &want_kernels[(r * p.tap_row + c * stride) * VDIB_GROUP + n];
                        *(turn == 0 ? map : tap) += sign * (turn == 0 ? *tap : *map);
                    }
                assert_bits(maps, want_maps, MAPS);
                assert_bits(kernels, want_kernels, TAPS);
            }
}

/* Overlaps of every extent. */
static void check_overlaps(const vdib__encoder_kernels *level, const vdib__encoder_kernels *portable) {
    enum { KERNEL = 4, WIDTH = 6, MAPS = KERNEL * WIDTH * VDIB_GROUP, TAPS = KERNEL * KERNEL * VDIB_GROUP };
    static float maps[MAPS + GUARD], want[MAPS + GUARD], kernel[TAPS + GUARD];
    (void)portable;
    fill(maps, MAPS, 23), fill(want, MAPS, 23), fill(kernel, TAPS, 24);
    for (size_t rows = 0; rows <= KERNEL; rows++)
        for (size_t columns = 0; columns <= KERNEL; columns++) {
            vdib__overlap o = {.rows = rows, .columns = columns, .width = WIDTH, .kernel = KERNEL};
            level->product->add_overlap(maps, kernel, &o, 0.7F);
            for (size_t i = 0; i < rows * columns * VDIB_GROUP; i++) {
                size_t r = i / VDIB_GROUP / columns, c = i / VDIB_GROUP % columns, n = i % VDIB_GROUP;
                want[(r * WIDTH + c) * VDIB_GROUP + n] += 0.7F * kernel[(r * KERNEL + c) * VDIB_GROUP + n];
            }
            assert_bits(maps, want, MAPS);
        }
}

static void check_vectors(const vdib__encoder_kernels *level, const vdib__encoder_kernels *portable) {
    enum { ROWS = 9 };
    static const uint32_t entries[] = {0, 5, 6, 11, 16};
    static float x[MOST + GUARD], y[MOST + GUARD], sum[MOST + GUARD], want[MOST + GUARD], rows[ROWS * MOST + GUARD];
    for (size_t w = 0; w < WIDTH_COUNT; w++) {
        size_t n = WIDTHS[w];
        fill(x, n, 3), fill(y, n, 4), fill(rows, ROWS * n, 5), fill(sum, n, 6), fill(want, n, 6);
        level->product->axpy(sum, x, 0.3F, n), level->product->multiply_add(sum, x, y, n);
        for (size_t i = 0; i < n; i++) {
            want[i] += 0.3F * x[i];
            want[i] += x[i] * y[i];
        }
        assert_bits(sum, want, n);
        float dot = level->product->dot(x, y, n), same = portable->product->dot(x, y, n);
        assert_memory_equal(&dot, &same, sizeof dot);
        for (size_t count = 0; count <= 5; count++) {
            fill(sum, n, 7);
            level->product->gather(sum, n, rows, entries, count);
            for (size_t i = 0; i < n; i++) {
                want[i] = 0.0F;
                for (size_t e = 0; e < count; e++)
                    want[i] += ((entries[e] & 1) != 0 ? -1.0F : 1.0F) * rows[(entries[e] >> 1) * n + i];
            }
            assert_bits(sum, want, n);
        }
    }
}

static void dot_is_a_sum_of_products(void **state) {
    (void)state;
    float x[MOST], y[MOST];
    for (size_t i = 0; i < MOST; i++)
        x[i] = (float)(i % 7) - 3.0F, y[i] = (float)(i % 5) - 2.0F; /* sums of small integers are exact */
    for (size_t w = 0; w < WIDTH_COUNT; w++) {
        double want = 0;
        for (size_t i = 0; i < WIDTHS[w]; i++)
            want += (double)x[i] * (double)y[i];
        assert_true((double)vdib__encoder_kernels_of(VDIB_KERNEL_PORTABLE)->product->dot(x, y, WIDTHS[w]) == want);
    }
}

/* ---- LIF ---- */

static const vdib__lif_constants CONSTANTS = {.synaptic_decay = 0.9F,
                                              .membrane_decay = 0.8F,
                                              .refractory_decay = 0.7F,
                                              .synaptic_gain = 1.1F,
                                              .membrane_gain = 0.6F,
                                              .refractory_gain = 0.4F};

/* A tile's run is as many steps of its neurons; both at this level. */
static void check_lif_run(const vdib__encoder_kernels *level, const vdib__encoder_kernels *portable) {
    static float tile[TILE + GUARD], want[TILE + GUARD], bias[VDIB_BLOCK + GUARD], state[4][VDIB_BLOCK], sums[2][64];
    fill(tile, TILE, 8), fill(bias, VDIB_BLOCK, 9);
    memset(state, 0, sizeof state);
    vdib__lif_state neurons = {state[0], state[1], state[2], state[3], bias, NULL};
    for (size_t t = 0; t < STEPS; t++)
        level->lif->step(&CONSTANTS, VDIB_BLOCK, tile + t * VDIB_BLOCK, &neurons, want + t * VDIB_BLOCK);
    level->lif->run(&CONSTANTS, bias, tile, STEPS);
    assert_bits(tile, want, TILE);
    memcpy(want, tile, sizeof want);
    portable->lif->adjoint(&CONSTANTS, want, STEPS, sums[0]);
    level->lif->adjoint(&CONSTANTS, tile, STEPS, sums[1]);
    assert_bits(tile, want, TILE);
    assert_memory_equal(sums[0], sums[1], sizeof sums[0]);
}

/* Single steps and their two halves at odd widths, against the equation written out; several steps, so that all
 * states count. */
static void check_lif_steps(const vdib__encoder_kernels *level, const vdib__encoder_kernels *portable) {
    enum { ROUNDS = 4 };
    const vdib__lif_constants *c = &CONSTANTS;
    (void)portable;
    for (size_t w = 0; w < WIDTH_COUNT; w++) {
        size_t n = WIDTHS[w];
        static float current[MOST + GUARD], bias[MOST + GUARD], u[MOST + GUARD], v[MOST + GUARD];
        static float got[6][MOST + GUARD], want[4][MOST + GUARD]; /* q, p, R, h; R and h of the halves */
        memset(got, 0, sizeof got), memset(want, 0, sizeof want);
        fill(bias, n, 25);
        for (size_t k = 0; k < 6; k++)
            for (size_t i = n; i < n + GUARD; i++)
                got[k][i] = GUARDED;
        vdib__lif_state whole = {got[0], got[1], got[2], got[3], bias, NULL};
        for (int round = 0; round < ROUNDS; round++) {
            static float q[MOST + GUARD], p[MOST + GUARD];
            fill(current, n, (uint64_t)(30 + round)), fill(u, n, 1), fill(v, n, 1);
            memcpy(q, got[0], sizeof q), memcpy(p, got[1], sizeof p);
            level->lif->step(c, n, current, &whole, u);
            level->lif->traces(c, n, current, q, p);
            level->lif->fire(c, n, p, &(vdib__lif_state){NULL, NULL, got[4], got[5], bias, NULL}, v);
            assert_guarded(u, n), assert_guarded(v, n);
            for (size_t i = 0; i < n; i++) {
                want[1][i] = c->membrane_decay * want[1][i] + c->membrane_gain * want[0][i];
                want[0][i] = c->synaptic_decay * want[0][i] + c->synaptic_gain * current[i];
                want[2][i] = c->refractory_decay * want[2][i] - c->refractory_gain * want[3][i];
                float potential = want[1][i] + bias[i] + want[2][i];
                want[3][i] = potential >= 0.0F ? 1.0F : 0.0F;
                assert_true(u[i] == potential && v[i] == potential);
            }
            for (size_t k = 0; k < 4; k++)
                assert_bits(got[k], want[k], n);
            assert_bits(q, want[0], n), assert_bits(p, want[1], n);
            assert_bits(got[4], want[2], n), assert_bits(got[5], want[3], n);
        }
    }
}

/* The adjoint of (1), (2) and (4) column by column. */
static void adjoint_written_out(float constants[VDIB_EACH_CONSTANTS][VDIB_BLOCK], float *tile, float *sums) {
    for (size_t i = 0; i < VDIB_BLOCK; i++) {
        float dq = 0, dp = 0, sum = 0;
        for (size_t t = STEPS; t-- > 0;) {
            float error = tile[t * VDIB_BLOCK + i];
            dq = constants[VDIB_EACH_SYNAPTIC_DECAY][i] * dq + constants[VDIB_EACH_MEMBRANE_GAIN][i] * dp;
            dp = constants[VDIB_EACH_MEMBRANE_DECAY][i] * dp + error;
            sum += error;
            tile[t * VDIB_BLOCK + i] = constants[VDIB_EACH_SYNAPTIC_GAIN][i] * dq;
        }
        sums[i] = sum;
    }
}

/* Neurons whose constants are arrays: steps and their second half at odd widths against the equation written out. */
static void check_each_steps(const vdib__encoder_kernels *level, const vdib__encoder_kernels *portable) {
    enum { ROUNDS = 4 };
    static float constants[VDIB_EACH_CONSTANTS][MOST + GUARD];
    (void)portable;
    for (size_t k = 0; k < VDIB_EACH_CONSTANTS; k++)
        for (size_t i = 0; i < MOST; i++)
            constants[k][i] = 0.3F + 0.07F * (float)k + 0.001F * (float)(i % 7);
    const vdib__lif_each each = {constants[0], MOST + GUARD};
    for (size_t w = 0; w < WIDTH_COUNT; w++) {
        size_t n = WIDTHS[w];
        static float current[MOST + GUARD], bias[MOST + GUARD], u[MOST + GUARD], v[MOST + GUARD];
        static float got[8][MOST + GUARD], want[5][MOST + GUARD]; /* q, p, R, h, A; R, h and A of the half */
        memset(got, 0, sizeof got), memset(want, 0, sizeof want);
        fill(bias, n, 25);
        for (size_t k = 0; k < 8; k++)
            for (size_t i = n; i < n + GUARD; i++)
                got[k][i] = GUARDED;
        vdib__lif_state whole = {got[0], got[1], got[2], got[3], bias, got[4]};
        vdib__lif_state half = {NULL, NULL, got[5], got[6], bias, got[7]};
        for (int round = 0; round < ROUNDS; round++) {
            fill(current, n, (uint64_t)(30 + round)), fill(u, n, 1), fill(v, n, 1);
            level->lif->step_each(&each, n, current, &whole, u);
            level->lif->fire_each(&each, n, got[1], &half, v);
            assert_guarded(u, n), assert_guarded(v, n);
            for (size_t i = 0; i < n; i++) {
                want[1][i] = constants[VDIB_EACH_MEMBRANE_DECAY][i] * want[1][i] +
                             constants[VDIB_EACH_MEMBRANE_GAIN][i] * want[0][i];
                want[0][i] = constants[VDIB_EACH_SYNAPTIC_DECAY][i] * want[0][i] +
                             constants[VDIB_EACH_SYNAPTIC_GAIN][i] * current[i];
                want[2][i] = constants[VDIB_EACH_REFRACTORY_DECAY][i] * want[2][i] -
                             constants[VDIB_EACH_REFRACTORY_GAIN][i] * want[3][i];
                want[4][i] = constants[VDIB_EACH_ADAPTATION_DECAY][i] * want[4][i] +
                             constants[VDIB_EACH_ADAPTATION_GAIN][i] * want[3][i];
                float potential = want[1][i] + bias[i] + want[2][i] - want[4][i];
                want[3][i] = potential >= 0.0F ? 1.0F : 0.0F;
                assert_true(u[i] == potential && v[i] == potential);
            }
            for (size_t k = 0; k < 5; k++)
                assert_bits(got[k], want[k], n);
            assert_bits(got[5], want[2], n), assert_bits(got[6], want[3], n), assert_bits(got[7], want[4], n);
        }
    }
}

/* All steps of a tile: as many single steps; with equal constants and no adaptation the bits of the plain kernels. */
static void check_each_run(const vdib__encoder_kernels *level, const vdib__encoder_kernels *portable) {
    static float tile[TILE + GUARD], want[TILE + GUARD], bias[VDIB_BLOCK + GUARD], state[5][VDIB_BLOCK], sums[2][64];
    static float constants[VDIB_EACH_CONSTANTS][VDIB_BLOCK];
    const float plain[VDIB_EACH_CONSTANTS] = {CONSTANTS.synaptic_decay,   CONSTANTS.membrane_decay,
                                              CONSTANTS.refractory_decay, CONSTANTS.synaptic_gain,
                                              CONSTANTS.membrane_gain,    CONSTANTS.refractory_gain};
    const vdib__lif_each each = {constants[0], VDIB_BLOCK};
    for (int differ = 0; differ < 2; differ++) {
        for (size_t k = 0; k < VDIB_EACH_CONSTANTS; k++)
            for (size_t i = 0; i < VDIB_BLOCK; i++)
                constants[k][i] = differ != 0 ? 0.3F + 0.08F * (float)k + 0.001F * (float)i : plain[k];
        fill(tile, TILE, 8), fill(bias, VDIB_BLOCK, 9);
        memset(state, 0, sizeof state);
        vdib__lif_state neurons = {state[0], state[1], state[2], state[3], bias, state[4]};
        memcpy(want, tile, sizeof want);
        for (size_t t = 0; t < STEPS && differ != 0; t++)
            level->lif->step_each(&each, VDIB_BLOCK, want + t * VDIB_BLOCK, &neurons, want + t * VDIB_BLOCK);
        if (differ == 0)
            portable->lif->run(&CONSTANTS, bias, want, STEPS);
        level->lif->run_each(&each, bias, tile, STEPS);
        assert_bits(tile, want, TILE);
        memcpy(want, tile, sizeof want);
        if (differ == 0)
            portable->lif->adjoint(&CONSTANTS, want, STEPS, sums[0]);
        else
            adjoint_written_out(constants, want, sums[0]);
        level->lif->adjoint_each(&each, tile, STEPS, sums[1]);
        assert_bits(tile, want, TILE);
        assert_memory_equal(sums[0], sums[1], sizeof sums[0]);
    }
}

/* The level whose tables these are. */
static vdib__kernel_level level_of(const vdib__encoder_kernels *kernels) {
    vdib__kernel_level level = VDIB_KERNEL_PORTABLE;
    while (vdib__encoder_kernels_of(level) != kernels)
        level = (vdib__kernel_level)(level + 1);
    return level;
}

static void check_lif_vectors(const vdib__encoder_kernels *level, const vdib__encoder_kernels *portable) {
    static float u[MOST + GUARD], got[MOST + GUARD], want[MOST + GUARD];
    for (size_t w = 0; w < WIDTH_COUNT; w++) {
        size_t n = WIDTHS[w];
        uint64_t bits[6] = {0};
        fill(u, n, 10);
        u[n / 2] = NAN;
        for (size_t row = 0; row < vdib__surrogates.count; row++) {
            const vdib__surrogate *surrogate = vdib__surrogate_of(vdib__surrogates.rows[row]);
            fill(got, n, 11), fill(want, n, 11);
            surrogate->levels[level_of(level)]->multiply(got, u, n, 3.0F);
            surrogate->levels[level_of(portable)]->multiply(want, u, n, 3.0F);
            for (size_t i = 0; i < n; i++)
                assert_true(memcmp(&got[i], &want[i], sizeof *got) == 0 || (isnan(got[i]) && isnan(want[i])));
            assert_guarded(got, n);
        }
        level->lif->threshold(bits, u, n);
        for (size_t i = 0; i < 64 * ((n + 63) / 64); i++)
            assert_int_equal(bits[i / 64] >> i % 64 & 1, i < n && u[i] >= 0.0F);
    }
}

/* Words of spikes and of open surrogates, apart from each other and from what lies between. */
static void check_marks(const vdib__encoder_kernels *level, const vdib__encoder_kernels *portable) {
    enum { STRIDE = 3 };
    static float tile[TILE + GUARD];
    (void)portable;
    fill(tile, TILE, 20);
    tile[VDIB_BLOCK + 5] = NAN;
    for (size_t w = 0; w < WIDTH_COUNT && WIDTHS[w] <= VDIB_BLOCK; w++)
        for (int with = 0; with < 2; with++) {
            uint64_t spikes[STEPS * STRIDE], open[STEPS * STRIDE];
            memset(spikes, 0xA5, sizeof spikes), memset(open, 0xA5, sizeof open);
            level->lif->marks(tile, STEPS, WIDTHS[w], spikes, STRIDE);
            if (with == 1)
                vdib__surrogate_named("boxcar")->levels[level_of(level)]->open(tile, STEPS, WIDTHS[w], open, STRIDE);
            for (size_t t = 0; t < STEPS; t++)
                for (size_t i = 0; i < 64; i++) {
                    float u = tile[t * VDIB_BLOCK + i];
                    assert_int_equal(spikes[t * STRIDE] >> i & 1, i < WIDTHS[w] && u >= 0.0F);
                    if (with == 1)
                        assert_int_equal(open[t * STRIDE] >> i & 1, i < WIDTHS[w] && u > -0.5F && u <= 0.5F);
                }
            for (size_t at = 0; at < STEPS * STRIDE; at++)
                if (at % STRIDE != 0 || with == 0)
                    assert_true((at % STRIDE == 0 || spikes[at] == 0xA5A5A5A5A5A5A5A5U) &&
                                open[at] == 0xA5A5A5A5A5A5A5A5U);
        }
}

/* ---- readout ---- */

/* The bits of the taps added one after the other. */
static void check_filter(const vdib__encoder_kernels *level, const float *taps) {
    enum { STRIDE = VDIB_BLOCK + 3 };
    static float tile[TILE + GUARD], got[STEPS * STRIDE + GUARD], want[STEPS * STRIDE + GUARD];
    static float apart[STEPS * STRIDE + GUARD];
    const vdib__filter filter = vdib__filter_of(taps, LAGS);
    fill(tile, TILE, 12);
    for (size_t w = 0; w < WIDTH_COUNT && WIDTHS[w] <= VDIB_BLOCK; w++) {
        fill(got, STEPS * STRIDE, 14), fill(want, STEPS * STRIDE, 14);
        level->readout->filter(got, STRIDE, WIDTHS[w], tile, STEPS, &filter);
        for (size_t t = 0; t < STEPS; t++)
            for (size_t lag = filter.first; lag < filter.end && lag <= t; lag++)
                for (size_t i = 0; i < WIDTHS[w]; i++)
                    want[t * STRIDE + i] += taps[lag] * tile[(t - lag) * VDIB_BLOCK + i];
        assert_bits(got, want, STEPS * STRIDE);
    }
    for (size_t delay = 0; delay < 2; delay++) {
        fill(got, TILE, 15), fill(want, TILE, 15);
        for (size_t i = 0; i < TILE; i++) {
            want[i] = 0.0F;
            for (size_t lag = 0, t = i / VDIB_BLOCK + delay; lag < LAGS && t + lag < STEPS; lag++)
                want[i] += taps[lag] * tile[(t + lag) * VDIB_BLOCK + i % VDIB_BLOCK];
        }
        level->readout->filter_adjoint(got, STEPS, tile, VDIB_BLOCK, STEPS, &filter, delay);
        assert_bits(got, want, TILE);
        fill(apart, STEPS * STRIDE, 21);
        for (size_t t = 0; t < STEPS; t++)
            memcpy(apart + t * STRIDE, tile + t * VDIB_BLOCK, VDIB_BLOCK * sizeof *apart);
        level->readout->filter_adjoint(got, STEPS, apart, STRIDE, STEPS, &filter, delay);
        assert_bits(got, want, TILE);
        fill(got, TILE, 15); /* a part of the steps, which reads errors of later ones */
        memset(want + (STEPS - 9) * VDIB_BLOCK, 0, 9 * VDIB_BLOCK * sizeof *want);
        memset(got + (STEPS - 9) * VDIB_BLOCK, 0, 9 * VDIB_BLOCK * sizeof *got);
        level->readout->filter_adjoint(got, STEPS - 9, apart, STRIDE, STEPS, &filter, delay);
        assert_bits(got, want, TILE);
    }
    double sums[LAGS], wanted[LAGS];
    for (size_t lag = 0; lag < LAGS; lag++) {
        sums[lag] = wanted[lag] = 0.25; /* added to */
        float columns[VDIB_BLOCK] = {0};
        for (size_t t = lag; t < STEPS; t++)
            for (size_t i = 0; i < VDIB_BLOCK; i++)
                columns[i] += apart[t * STRIDE + i] * tile[(t - lag) * VDIB_BLOCK + VDIB_BLOCK - 1 - i];
        for (size_t i = 0; i < VDIB_BLOCK; i++)
            wanted[lag] += (double)columns[i];
    }
    static float mirrored[TILE];
    for (size_t i = 0; i < TILE; i++)
        mirrored[i] = tile[i / VDIB_BLOCK * VDIB_BLOCK + VDIB_BLOCK - 1 - i % VDIB_BLOCK];
    level->readout->filter_gradient(sums, LAGS, mirrored, apart, STRIDE, STEPS);
    assert_memory_equal(sums, wanted, sizeof sums);
    for (size_t w = 0; w < WIDTH_COUNT; w++) {
        vdib__row_ring ring = {.rows = tile, .stride = 270, .period = 7, .newest = 2, .filled = 6};
        fill(got, WIDTHS[w], 16), fill(want, WIDTHS[w], 16);
        level->readout->filter_rows(got, WIDTHS[w], &ring, &filter);
        for (size_t lag = filter.first; lag < filter.end && lag < 6; lag++)
            for (size_t i = 0; i < WIDTHS[w]; i++)
                want[i] += taps[lag] * tile[(7 + 2 - lag) % 7 * 270 + i];
        assert_bits(got, want, WIDTHS[w]);
    }
}

/* Taps that are 0 at both ends, at none, and everywhere. */
static void check_filters(const vdib__encoder_kernels *level, const vdib__encoder_kernels *portable) {
    static const struct { size_t first, end; } SPANS[] = {{0, LAGS}, {2, 7}, {0, 1}, {LAGS - 1, LAGS}, {3, 3}};
    float taps[LAGS + GUARD];
    (void)portable;
    for (size_t s = 0; s < sizeof SPANS / sizeof *SPANS; s++) {
        for (size_t lag = 0; lag < LAGS; lag++)
            taps[lag] = lag >= SPANS[s].first && lag < SPANS[s].end ? 0.3F * (float)lag - 1.0F : 0.0F;
        vdib__filter filter = vdib__filter_of(taps, LAGS);
        assert_int_equal(filter.end - filter.first, SPANS[s].end - SPANS[s].first);
        assert_true(filter.first == SPANS[s].first || filter.end == filter.first);
        check_filter(level, taps);
    }
}

static void check_draws(const vdib__encoder_kernels *level, const vdib__encoder_kernels *portable) {
    static float u[MOST + GUARD], got[MOST + GUARD], want[MOST + GUARD], spikes[MOST + GUARD];
    uint32_t words[MOST];
    vdib__key key = {.seed = 53, .purpose = VDIB_PURPOSE_STIMULUS};
    for (size_t i = 0; i < MOST; i++)
        words[i] = vdib__random_word(&key, 0, (uint32_t)i);
    for (size_t w = 0; w < WIDTH_COUNT; w++) {
        size_t n = WIDTHS[w];
        fill(u, n, 17), fill(got, n, 18), fill(want, n, 18), fill(spikes, n, 19);
        level->readout->sigmoid(got, u, n), portable->readout->sigmoid(want, u, n);
        assert_bits(got, want, n);
        level->readout->draw(spikes, got, words, n);
        for (size_t i = 0; i < n; i++)
            assert_true(spikes[i] == (vdib__uniform(words[i]) < got[i] ? 1.0F : 0.0F));
        assert_guarded(spikes, n);
    }
}

static void products_agree(void **state) {
    (void)state;
    each_level(check_products);
    each_level(check_patches);
    each_level(check_overlaps);
    each_level(check_vectors);
}

static void neurons_agree(void **state) {
    (void)state;
    each_level(check_lif_run);
    each_level(check_lif_steps);
    each_level(check_lif_vectors);
    each_level(check_each_steps);
    each_level(check_each_run);
    each_level(check_marks);
}

static void readouts_agree(void **state) {
    (void)state;
    each_level(check_filters);
    each_level(check_draws);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(products_agree),
        cmocka_unit_test(dot_is_a_sum_of_products),
        cmocka_unit_test(neurons_agree),
        cmocka_unit_test(readouts_agree),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
