/* SPDX-License-Identifier: MIT */
/* Arithmetic, memory traffic and energy, counted once more from the spikes of every example. */
#include "eval/spikes_data.h"

#include "encoder/layers.h"
#include "eval/energy.h"

enum { INPUTS = 32, HIDDEN = 14, NEURONS = 9, WINDOW = SMALL_STEPS * NEURONS };

/* Lags from the first to the last tap that is not 0, of all filters. */
static double taps_of(const float *basis, size_t bases, size_t steps) {
    double taps = 0;
    for (size_t k = 0; k < bases; k++) {
        size_t first = steps, end = 0;
        for (size_t lag = 0; lag < steps; lag++)
            if (basis[k * steps + lag] != 0) {
                first = lag < first ? lag : first;
                end = lag + 1;
            }
        taps += end > first ? (double)(end - first) : 0;
    }
    return taps;
}

/* Mean numbers of spikes of an example: input, hidden, readout. */
static void count_spikes(const vdib_model *model, const vdib_dataset *dataset, double spikes[3]) {
    vdib__batch *batch = NULL;
    vdib_example *example = NULL;
    assert_ok(vdib__batch_create(model, 1, 1, SMALL_STEPS, 1, &batch));
    assert_ok(vdib_example_create(dataset, &example));
    for (uint64_t i = 0; i < SMALL_TEST; i++) {
        assert_ok(vdib__dataset_fetch(dataset, VDIB_SPLIT_TEST, i, 5, VDIB_STAGE_EVALUATION, i, example));
        const vdib_raster *input = example->raster;
        vdib_raster *hidden = NULL;
        assert_ok(vdib__batch_encode(model, 1, batch, &input, 5, VDIB_STAGE_EVALUATION, &i, 1));
        assert_ok(vdib__trial_spikes(&model->encoder, batch->trials[0], 0, &hidden));
        spikes[0] += (double)vdib_raster_spikes(input) / SMALL_TEST;
        for (size_t t = 3; t < 3 + SMALL_STEPS; t++) { /* 3 blank steps */
            const uint32_t *neurons = NULL;
            spikes[1] += (double)vdib_raster_at(hidden, t, &neurons) / SMALL_TEST;
        }
        spikes[2] += (double)vdib_raster_spikes(batch->trials[0]->readout) / SMALL_TEST;
        vdib_raster_destroy(hidden);
    }
    vdib_example_destroy(example);
    vdib__batch_destroy(batch);
}

static void effort_is_counted(void **state) {
    (void)state;
    const vdib_evaluation_options options = {.threads = 2};
    vdib_dataset *dataset = small_dataset(false);
    vdib_model *model = small_model(false);
    const vdib__readout *readout = &model->encoder.readout;
    vdib_evaluation e = spikes_evaluated(model, dataset, &options);
    double spikes[3] = {0}, bases = (double)readout->bases, back = (double)readout->feedback_bases;
    double steps = (double)readout->filter_steps;
    assert_true(bases > 1 && back > 0);
    double taps = taps_of(readout->basis, readout->bases, readout->filter_steps) +
                  taps_of(readout->feedback_basis, readout->feedback_bases, readout->filter_steps);
    count_spikes(model, dataset, spikes);
    assert_true(spikes[1] > 1 && spikes[2] > 1);
    double weights = spikes[0] * HIDDEN + spikes[1] * NEURONS * bases + spikes[2] * back;
    double multiplications = SMALL_STEPS * (3 * HIDDEN + taps * NEURONS);
    double additions = weights + SMALL_STEPS * (3 * HIDDEN + (taps + 1) * NEURONS);
    double states = SMALL_STEPS * (6 * HIDDEN + (taps + bases + back) * NEURONS);
    assert_double(vdib_evaluation_get(&e, "spiking_weight_reads"), weights, 1e-9);
    assert_double(vdib_evaluation_get(&e, "spiking_multiplications"), multiplications, 1e-9);
    assert_double(vdib_evaluation_get(&e, "spiking_additions"), additions, 1e-9);
    assert_double(vdib_evaluation_get(&e, "spiking_state_accesses"), states, 1e-9);
    /* weights and states lie in the smallest memory that holds them */
    double weight_words = INPUTS * HIDDEN + HIDDEN * NEURONS * bases + NEURONS * back;
    double state_words = 3 * HIDDEN + NEURONS * (bases + back) * steps;
    double weight_energy = weight_words <= 2048 ? 5 : 10, state_energy = state_words <= 2048 ? 5 : 10;
    assert_true(weight_words <= 8192 && state_words <= 8192);
    assert_double(vdib_evaluation_get(&e, "spiking_energy_nj"),
                  (0.9 * additions + 3.7 * multiplications + weight_energy * weights + state_energy * states) / 1000,
                  1e-9);
    double products = INPUTS * HIDDEN + HIDDEN * NEURONS, values = INPUTS + 2 * HIDDEN + NEURONS;
    assert_double(vdib_evaluation_get(&e, "counting_multiplications"), products, 1e-12);
    assert_double(vdib_evaluation_get(&e, "counting_additions"), products + HIDDEN + NEURONS, 1e-12);
    assert_double(vdib_evaluation_get(&e, "counting_weight_reads"), products, 1e-12);
    assert_double(vdib_evaluation_get(&e, "counting_state_accesses"), values, 1e-12);
    assert_double(vdib_evaluation_get(&e, "counting_energy_nj"),
                  (0.9 * (products + HIDDEN + NEURONS) + 3.7 * products + 5 * products + 5 * values) / 1000, 1e-12);
    double decoding = WINDOW * SMALL_CLASSES, read = WINDOW + SMALL_CLASSES; /* a linear decoder */
    assert_double(vdib_evaluation_get(&e, "decoding_multiplications"), decoding, 1e-12);
    assert_double(vdib_evaluation_get(&e, "decoding_additions"), decoding + SMALL_CLASSES, 1e-12);
    assert_double(vdib_evaluation_get(&e, "decoding_weight_reads"), decoding, 1e-12);
    assert_double(vdib_evaluation_get(&e, "decoding_state_accesses"), read, 1e-12);
    assert_double(vdib_evaluation_get(&e, "decoding_energy_nj"),
                  (0.9 * (decoding + SMALL_CLASSES) + (3.7 + 5) * decoding + 5 * read) / 1000, 1e-12);
    assert_true(isnan(vdib_evaluation_get(&e, "ann_energy_nj")));
    assert_true(isnan(vdib_evaluation_get(&e, "ann_accuracy")));
    vdib_evaluation_clear(&e);
    vdib_model_destroy(model);
    vdib_dataset_destroy(dataset);
}

/* Where every step is decoded, a network on counts works in each of them; and there are no hidden layers here. */
static void sequences_are_counted(void **state) {
    (void)state;
    const vdib_evaluation_options options = {.threads = 1};
    world w = make_world();
    const vdib__readout *readout = &w.model->encoder.readout;
    double spikes = 0, sent = 0, lateral = readout->lateral ? BLOB_READOUTS : 1;
    for (size_t i = 0; i < BLOB_TESTS; i++) {
        encoded *e = encode_example(w.model, w.dataset, VDIB_SPLIT_TEST, i, 0);
        spikes += (double)vdib_raster_spikes(e->example->raster) / BLOB_TESTS;
        for (size_t k = 0; k < e->steps * BLOB_READOUTS; k++)
            sent += (double)e->y[k] / BLOB_TESTS;
        encoded_free(e);
    }
    vdib_evaluation e = spikes_evaluated(w.model, w.dataset, &options);
    double weights = spikes * BLOB_READOUTS * (double)readout->bases + sent * lateral * (double)readout->feedback_bases;
    assert_double(vdib_evaluation_get(&e, "spiking_weight_reads"), weights, 1e-9);
    assert_double(vdib_evaluation_get(&e, "counting_multiplications"), 20.0 * BLOB_READOUTS * BLOB_SCORED, 1e-12);
    double classes = (double)w.model->outputs; /* of a linear decoder */
    assert_true(classes > 1);
    assert_double(vdib_evaluation_get(&e, "decoding_multiplications"),
                  BLOB_WINDOW * BLOB_READOUTS * classes * BLOB_SCORED, 1e-12);
    vdib_evaluation_clear(&e);
    free_world(&w);
}

static vdib__encoder encoder_of(const char *const *settings, vdib_model **model) {
    const vdib_geometry geometry = {
        .size = sizeof geometry, .input_channels = 2, .input_height = 5, .input_width = 6, .steps = 4, .classes = 3};
    vdib_config *config = NULL;
    assert_ok(vdib_config_create(&config));
    assert_ok(vdib_config_set(config, "data.target=class"));
    assert_ok(vdib_config_set(config, "data.steps=4"));
    assert_ok(vdib_config_set(config, "decoder=linear"));
    for (; *settings != NULL; settings++)
        assert_ok(vdib_config_set(config, *settings));
    assert_ok(vdib_model_create(config, &geometry, model));
    vdib_config_destroy(config);
    return (*model)->encoder;
}

/* Products of a padded convolution with a stride are those whose input exists. */
static void convolutions_are_counted_where_there_is_input(void **state) {
    (void)state;
    static const char *const settings[] = {"encoder.layers=[conv3k3s2p1m1, 7]", "encoder.readouts=4",
                                           "encoder.skip=true", NULL};
    vdib_model *model = NULL;
    const vdib__encoder encoder = encoder_of(settings, &model);
    double pairs = 0;
    for (int row = 0; row < 3; row++) /* 5 x 6 becomes 3 x 3 */
        for (int column = 0; column < 3; column++)
            for (int k = 0; k < 9; k++) {
                int y = 2 * row + k / 3 - 1, x = 2 * column + k % 3 - 1;
                pairs += y >= 0 && y < 5 && x >= 0 && x < 6;
            }
    vdib__effort effort = vdib__effort_of_counts(&encoder);
    double products = 2 * 3 * pairs + 27 * 7 + (7 + 60) * 4;
    assert_double(effort.multiplications, products, 1e-12);
    assert_double(effort.additions, products + 27 + 7 + 4, 1e-12);
    assert_double(effort.states, 60 + 27 + 27 + 7 + 67 + 4, 1e-12);
    vdib__storage counts = vdib__storage_of_counts(&encoder), spikes = vdib__storage_of_spikes(&encoder);
    assert_double(counts.weights, 2 * 3 * 9 + 27 * 7 + 67 * 4, 1e-12);
    assert_double(counts.states, 60 + 27 + 67 + 4, 1e-12);
    double filters = (double)(encoder.readout.bases + encoder.readout.feedback_bases);
    assert_double(spikes.weights,
                  2 * 3 * 9 + 27 * 7 + 67 * 4 * (double)encoder.readout.bases +
                      4 * (double)encoder.readout.feedback_bases,
                  1e-12);
    assert_double(spikes.states, 3 * (27 + 7) + 4 * filters * (double)encoder.readout.filter_steps, 1e-12);
    vdib_model_destroy(model);
}

/* An adapting threshold is a fourth state; a lateral feedback reaches every neuron. */
static void options_of_the_encoder_count(void **state) {
    (void)state;
    static const char *const settings[] = {"encoder.layers=[7]",
                                           "encoder.readouts=4",
                                           "neuron.adaptation_strength=0.5",
                                           "neuron.adaptation_tau_us=3000",
                                           "readout.feedback=lateral",
                                           NULL};
    vdib_model *model = NULL;
    const vdib__encoder encoder = encoder_of(settings, &model);
    double filters = (double)(encoder.readout.bases + encoder.readout.feedback_bases);
    vdib__storage spikes = vdib__storage_of_spikes(&encoder);
    assert_double(spikes.states, 4 * 7 + 4 * filters * (double)encoder.readout.filter_steps, 1e-12);
    assert_double(spikes.weights,
                  60 * 7 + 7 * 4 * (double)encoder.readout.bases + 16 * (double)encoder.readout.feedback_bases, 1e-12);
    vdib_model_destroy(model);
}

/* Taps that learn may all be other than 0; without any spike, the filters are all there is to do. */
static void learnt_filters_have_all_their_taps(void **state) {
    (void)state;
    static const char *const settings[] = {"encoder.layers=[]",
                                           "encoder.readouts=4",
                                           "readout.bases=3",
                                           "readout.filter_steps=6",
                                           "readout.learns_filters=true",
                                           "readout.feedback_bases=0",
                                           NULL};
    vdib_model *model = NULL;
    vdib__trial *trial = NULL;
    vdib_raster *silence = NULL;
    const vdib__encoder encoder = encoder_of(settings, &model);
    assert_ok(vdib__trial_create(&encoder, 5, 1, &trial));
    assert_ok(vdib_raster_create(60, 4, &silence));
    trial->input = silence;
    vdib__effort effort = vdib__effort_of_spikes(&encoder, trial);
    assert_double(effort.multiplications, 4 * 4 * 3 * 6, 1e-12);
    assert_double(effort.states, 4 * 4 * (3 * 6 + 3), 1e-12);
    vdib_raster_destroy(silence);
    vdib__trial_destroy(trial);
    vdib_model_destroy(model);
}

/* ---- chains ---- */

/* Products of a convolution of maps of rows x columns, one pair of channels, found place by place; what the kernel
 * reaches of each output's place is inside or outside. */
static double products_by_place(int rows, int columns, int kernel_rows, int kernel, int stride, int padding) {
    int row_padding = kernel_rows > 1 ? padding : 0, row_stride = kernel_rows > 1 ? stride : 1;
    double inside = 0;
    for (int top = -row_padding; top + kernel_rows <= rows + row_padding; top += row_stride)
        for (int left = -padding; left + kernel <= columns + padding; left += stride)
            for (int y = top; y < top + kernel_rows; y++)
                for (int x = left; x < left + kernel; x++)
                    inside += y >= 0 && y < rows && x >= 0 && x < columns;
    return inside;
}

/* Two maps of 7 x 5; a convolution to three of 4 x 3; the largest of 2 x 2; a rectifier; four values. */
static void chains_are_counted(void **state) {
    (void)state;
    vdib__chain chain;
    vdib__tensor_table table = {0};
    vdib__chain_begin(&chain, 2, 7, 5);
    assert_ok(vdib__chain_conv(&chain, &table, VDIB_TENSOR_DECODER, "conv", true, 3, 3, 2, 1));
    assert_ok(vdib__chain_max_pool(&chain, 2));
    assert_ok(vdib__chain_relu(&chain));
    assert_ok(vdib__chain_affine(&chain, &table, VDIB_TENSOR_DECODER, "fc", 4));
    double convolved = 2 * 3 * products_by_place(7, 5, 3, 3, 2, 1), maps = 3 * 4 * 3, largest = 3 * 2 * 1;
    assert_true(convolved < 9 * 2 * maps);
    vdib__effort effort = vdib__effort_of_chain(&chain);
    assert_double(effort.multiplications, convolved + largest * 4, 1e-12);
    assert_double(effort.weights, convolved + largest * 4, 1e-12);
    assert_double(effort.additions, convolved + maps + largest * 4 + 4, 1e-12);
    assert_double(effort.states, (70 + maps) + (maps + largest) + (largest + 4), 1e-12);
    vdib__storage storage = vdib__storage_of_chain(&chain);
    assert_double(storage.weights, 2 * 3 * 9 + largest * 4, 1e-12);
    assert_double(storage.states, 70 + maps + largest + 4, 1e-12);
    vdib__tensor_table_free(&table);
}

static vdib_model *decoder_of(const char *decoder, const char *coding) {
    const char *const settings[] = {"encoder.layers=[]", "encoder.readouts=6", decoder, coding, NULL};
    vdib_model *model = NULL;
    (void)encoder_of(settings, &model);
    return model;
}

/* Steps are channels and neurons the axis of a Conv1d; counts are sums of spikes. */
static void decoders_are_counted(void **state) {
    (void)state;
    vdib_model *model = decoder_of("decoder=conv", "decoder.coding=time");
    vdib__effort effort = vdib__effort_of_chain(&model->decoder); /* 4 x 6 -> 2 x 3 -> 20 x 2 -> 3 */
    double first = 4 * 2 * products_by_place(1, 6, 1, 3, 2, 1), second = 2 * 20 * products_by_place(1, 3, 1, 3, 2, 1);
    assert_double(effort.multiplications, first + second + 40 * 3, 1e-12);
    assert_double(effort.additions, first + 6 + second + 40 + 40 * 3 + 3, 1e-12);
    assert_double(effort.states, 24 + 6 + 6 + 40 + 40 + 3, 1e-12);
    assert_double(vdib__storage_of_chain(&model->decoder).weights, 4 * 2 * 3 + 2 * 20 * 3 + 40 * 3, 1e-12);
    assert_double(vdib__storage_of_chain(&model->decoder).states, 24 + 6 + 40 + 3, 1e-12);
    vdib_model_destroy(model);
    model = decoder_of("decoder=linear", "decoder.coding=rate");
    effort = vdib__effort_of_chain(&model->decoder);
    assert_double(effort.multiplications, 6 * 3, 1e-12);
    assert_double(effort.additions, 24 + 6 * 3 + 3, 1e-12);
    assert_double(effort.states, 24 + 6 + 6 + 3, 1e-12);
    vdib_model_destroy(model);
}

static void memories_are_the_smallest_that_hold_all(void **state) {
    (void)state;
    static const double words[] = {1, 2048, 2049, 8192, 8193, 262144, 262145};
    static const double picojoules[] = {5, 5, 10, 10, 50, 50, 650};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        assert_double(vdib__energy_of_word(words[i]), picojoules[i], 1e-12);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(effort_is_counted),
        cmocka_unit_test(sequences_are_counted),
        cmocka_unit_test(convolutions_are_counted_where_there_is_input),
        cmocka_unit_test(options_of_the_encoder_count),
        cmocka_unit_test(learnt_filters_have_all_their_taps),
        cmocka_unit_test(chains_are_counted),
        cmocka_unit_test(decoders_are_counted),
        cmocka_unit_test(memories_are_the_smallest_that_hold_all),
    };
    return cmocka_run_group_tests(tests, own_cache, remove_cache);
}
