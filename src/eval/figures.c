/* SPDX-License-Identifier: MIT */
#include "eval/figures.h"

#include <math.h>
#include <string.h>

#include "core/sized.h"
#include "eval/evaluation.h"

#define IN_EVALUATION(member) .evaluation = offsetof(vdib__findings, member) + 1
#define IN_TRAINING(member)   .training = offsetof(vdib_progress, member) + 1
#define IN_VALIDATION(member) .validation = offsetof(vdib_progress, member) + 1

enum {
    IMAGES = VDIB__TASK_IMAGES,
    CLASSES = VDIB__TASK_CLASSES,
    STEPS = VDIB__TASK_STEPS,
    EVERY = IMAGES | VDIB__TASK_VALUES | CLASSES | STEPS,
    RECORDED = VDIB__FIGURE_RECORDED,
    CURVE = VDIB__FIGURE_RECORDED | VDIB__FIGURE_TENSORBOARD | VDIB__FIGURE_CURVE,
    TENSORBOARD = VDIB__FIGURE_RECORDED | VDIB__FIGURE_TENSORBOARD,
    SEEDS = VDIB__FIGURE_SEEDS
};

/* The scores of a decoding of changed spikes: names and labels of the plain figures with something behind them. */
#define SCORES(suffix, words, meaning, member)                                                                         \
    {.name = "judge_accuracy_" suffix,                                                                                 \
     .label = "judge accuracy, " words,                                                                                \
     .help = "judge accuracy " meaning,                                                                                \
     .digits = 4,                                                                                                      \
     .uses = SEEDS,                                                                                                    \
     .tasks = IMAGES,                                                                                                  \
     IN_EVALUATION(member.judge_accuracy)},                                                                            \
        {.name = "accuracy_" suffix,                                                                                   \
         .label = "accuracy, " words,                                                                                  \
         .help = "accuracy " meaning,                                                                                  \
         .digits = 4,                                                                                                  \
         .uses = SEEDS,                                                                                                \
         .tasks = CLASSES | STEPS,                                                                                     \
         IN_EVALUATION(member.accuracy)},                                                                              \
        {.name = "mse_" suffix,                                                                                        \
         .label = "MSE, " words,                                                                                       \
         .per = "output",                                                                                              \
         .step_per = "unit",                                                                                           \
         .help = "mean squared error " meaning,                                                                        \
         .digits = 5,                                                                                                  \
         .uses = SEEDS,                                                                                                \
         .tasks = EVERY,                                                                                               \
         IN_EVALUATION(member.mse)},                                                                                   \
    {                                                                                                                  \
        .name = "distortion_nats_" suffix, .label = "distortion, " words, .unit = "nats", .per = "example",            \
        .step_per = "step", .help = "distortion " meaning, .digits = 4, .uses = SEEDS, .tasks = EVERY,                 \
        IN_EVALUATION(member.distortion_nats)                                                                          \
    }

/* What a network does for an example. */
#define EFFORT(prefix, words, whose, kinds, member)                                                                    \
    {.name = prefix "_additions",                                                                                      \
     .label = "additions, " words,                                                                                     \
     .per = "example",                                                                                                 \
     .step_per = "sequence",                                                                                           \
     .help = "additions " whose,                                                                                       \
     .uses = SEEDS,                                                                                                    \
     .tasks = kinds,                                                                                                   \
     IN_EVALUATION(member.additions)},                                                                                 \
        {.name = prefix "_multiplications",                                                                            \
         .label = "multiplications, " words,                                                                           \
         .per = "example",                                                                                             \
         .step_per = "sequence",                                                                                       \
         .help = "multiplications " whose,                                                                             \
         .uses = SEEDS,                                                                                                \
         .tasks = kinds,                                                                                               \
         IN_EVALUATION(member.multiplications)},                                                                       \
        {.name = prefix "_weight_reads",                                                                               \
         .label = "weights read, " words,                                                                              \
         .per = "example",                                                                                             \
         .step_per = "sequence",                                                                                       \
         .help = "weights read " whose,                                                                                \
         .uses = SEEDS,                                                                                                \
         .tasks = kinds,                                                                                               \
         IN_EVALUATION(member.weights)},                                                                               \
        {.name = prefix "_state_accesses",                                                                             \
         .label = "states read or written, " words,                                                                    \
         .per = "example",                                                                                             \
         .step_per = "sequence",                                                                                       \
         .help = "states read or written " whose,                                                                      \
         .uses = SEEDS,                                                                                                \
         .tasks = kinds,                                                                                               \
         IN_EVALUATION(member.states)},                                                                                \
    {                                                                                                                  \
        .name = prefix "_energy_nj", .label = "energy, " words, .unit = "nJ", .per = "example",                        \
        .step_per = "sequence", .help = "estimated energy of operations and memory " whose, .digits = 1,               \
        .uses = SEEDS, .tasks = kinds, IN_EVALUATION(member.nanojoules)                                                \
    }

/* In the order in which they are written and shown. */
static const vdib__figure table[] = {
    {.name = "examples",
     .label = "examples",
     .help = "examples that were evaluated; in training, examples shown so far",
     .step_help = "sequences that were evaluated; in training, sequences shown so far",
     .uses = RECORDED,
     .tasks = EVERY,
     .whole = true,
     .unsigned_member = true,
     IN_EVALUATION(examples),
     IN_TRAINING(examples),
     IN_VALIDATION(examples)},
    {.name = "steps",
     .label = "scored steps",
     .help = "steps of all sequences at which a class is decoded: those after the decoder's window is full",
     .tasks = STEPS,
     .whole = true,
     .unsigned_member = true,
     IN_EVALUATION(steps)},
    {.name = "limit",
     .label = "limit",
     .help = "examples at which training ends; 0: only the limit of seconds counts",
     .whole = true,
     .unsigned_member = true,
     IN_TRAINING(limit)},
    {.name = "epochs",
     .label = "epochs",
     .help = "examples shown over the size of the training split; 0 for endless data",
     .digits = 2,
     .uses = RECORDED,
     IN_TRAINING(epochs)},
    {.name = "judge_accuracy",
     .label = "judge accuracy",
     .help =
         "share of the reconstructions to which the judge, a LeNet-5 trained on natural training images (not those of "
         "validation examples), gives their true class",
     .digits = 4,
     .uses = SEEDS,
     .tasks = IMAGES,
     IN_EVALUATION(judge_accuracy)},
    {.name = "judge_accuracy_original",
     .label = "judge accuracy on originals",
     .help = "the same judge on the natural images themselves: what perfect reconstructions would score",
     .digits = 4,
     .uses = SEEDS,
     .tasks = IMAGES,
     IN_EVALUATION(judge_accuracy_original)},
    {.name = "accuracy",
     .label = "accuracy",
     .help = "share of the examples whose most probable class is the true one",
     .step_help = "share of the scored steps whose most probable class is the true one, mean over the sequences",
     .digits = 4,
     .uses = SEEDS,
     .tasks = CLASSES | STEPS,
     IN_EVALUATION(accuracy)},
    {.name = "accuracy_standard_error",
     .label = "standard error of the accuracy",
     .help = "standard deviation of the sequences' accuracies (n - 1) over the square root of their number",
     .error_of = "accuracy",
     .digits = 4,
     .uses = SEEDS,
     .tasks = STEPS,
     IN_EVALUATION(accuracy_standard_error)},
    {.name = "mse",
     .label = "MSE",
     .per = "output",
     .step_per = "unit",
     .help = "mean squared error of the outputs, probabilities of classes against 1 for the true class and 0 for the "
             "others; mean "
             "over the examples",
     .step_help =
         "mean squared error of the decoded units, those of the most probable class, against the true units, 1 where "
         "one spikes; mean over the scored steps",
     .digits = 5,
     .uses = SEEDS,
     .tasks = EVERY,
     IN_EVALUATION(mse)},
    {.name = "mse_standard_error",
     .label = "standard error of the MSE",
     .per = "output",
     .step_per = "unit",
     .help = "standard deviation of the sequences' MSEs (n - 1) over the square root of their number",
     .error_of = "mse",
     .digits = 5,
     .uses = SEEDS,
     .tasks = STEPS,
     IN_EVALUATION(mse_standard_error)},
    {.name = "constant_accuracy",
     .label = "accuracy of the best constant answer",
     .help =
         "share of the scored steps that have the most frequent class: what always answering that class would score",
     .digits = 4,
     .uses = SEEDS,
     .tasks = STEPS,
     IN_EVALUATION(constant_accuracy)},
    {.name = "constant_mse",
     .label = "MSE of the best constant answer",
     .per = "unit",
     .help = "mean squared error of the units of the most frequent class, always answered",
     .digits = 5,
     .uses = SEEDS,
     .tasks = STEPS,
     IN_EVALUATION(constant_mse)},
    {.name = "copy_accuracy",
     .label = "accuracy of a copy of the present class",
     .help =
         "share of the scored steps whose class is the one that the input shows now, data.delta steps before; delta "
         "above 0",
     .digits = 4,
     .uses = SEEDS,
     .tasks = STEPS,
     IN_EVALUATION(copy_accuracy)},
    {.name = "copy_mse",
     .label = "MSE of a copy of the present class",
     .per = "unit",
     .help = "mean squared error of the units that spike now against those data.delta steps later",
     .digits = 5,
     .uses = SEEDS,
     .tasks = STEPS,
     IN_EVALUATION(copy_mse)},
    {.name = "markov_accuracy",
     .label = "accuracy of a Markov predictor",
     .help = "share of the scored steps whose class is the one that follows the present class most often, in 1,000 "
             "training sequences; delta above 0",
     .digits = 4,
     .uses = SEEDS,
     .tasks = STEPS,
     IN_EVALUATION(markov_accuracy)},
    {.name = "markov_mse",
     .label = "MSE of a Markov predictor",
     .per = "unit",
     .help = "mean squared error of the units of that class against the true ones",
     .digits = 5,
     .uses = SEEDS,
     .tasks = STEPS,
     IN_EVALUATION(markov_mse)},
    {.name = "psnr",
     .label = "PSNR",
     .unit = "dB",
     .help = "peak signal-to-noise ratio, -10 log10 of an image's MSE, at most 100; mean over the images",
     .digits = 2,
     .uses = SEEDS,
     .tasks = IMAGES,
     IN_EVALUATION(psnr)},
    {.name = "ssim",
     .label = "SSIM",
     .help = "structural similarity (Wang et al. 2004), uniform 7 x 7 window, data range 1; mean over the images",
     .digits = 4,
     .uses = SEEDS,
     .tasks = IMAGES,
     IN_EVALUATION(ssim)},
    {.name = "loss",
     .label = "loss",
     .help = "the objective, distortion + beta x rate, in nats, reduced as objective.reduction says",
     .digits = 5,
     .uses = CURVE,
     IN_TRAINING(loss),
     IN_VALIDATION(validation_loss)},
    {.name = "distortion_nats",
     .label = "distortion",
     .unit = "nats",
     .per = "example",
     .step_per = "step",
     .help = "-log q(r | y), summed over the outputs: what the readout spikes leave open about the target",
     .digits = 4,
     .uses = CURVE | SEEDS,
     .tasks = EVERY,
     IN_EVALUATION(distortion_nats),
     IN_TRAINING(distortion_nats),
     IN_VALIDATION(validation_distortion_nats)},
    {.name = "distortion_nats_per_output",
     .label = "distortion per output",
     .unit = "nats",
     .per = "output",
     .help = "the distortion over the number of outputs; a class counts as one output",
     .digits = 5,
     .uses = SEEDS,
     .tasks = EVERY,
     IN_EVALUATION(distortion_nats_per_output)},
    {.name = "rate_bits",
     .label = "rate",
     .unit = "bits",
     .per = "example",
     .step_per = "step",
     .help = "sum over steps and readout neurons of the divergence KL(p || r0) of a spike's probability, given the "
             "past, from the "
             "prior: bounds the information from input to spikes",
     .digits = 2,
     .uses = CURVE | SEEDS,
     .tasks = EVERY,
     IN_EVALUATION(rate_bits),
     IN_TRAINING(rate_bits),
     IN_VALIDATION(validation_rate_bits)},
    {.name = "rate_bits_sampled",
     .label = "rate, sampled",
     .unit = "bits",
     .per = "example",
     .step_per = "step",
     .help = "the same quantity estimated from the drawn spikes: sum of log2 p(y) - log2 q0(y)",
     .digits = 2,
     .uses = SEEDS,
     .tasks = EVERY,
     IN_EVALUATION(rate_bits_sampled)},
    {.name = "spikes_per_example",
     .label = "readout spikes",
     .unit = "spikes",
     .per = "example",
     .step_per = "sequence",
     .help = "readout spikes: what would be sent to the decoder",
     .digits = 1,
     .uses = SEEDS,
     .tasks = EVERY,
     IN_EVALUATION(spikes_per_example)},
    {.name = "spike_density",
     .label = "spike density",
     .per = "neuron and step",
     .help = "readout spikes over the number of readout neurons and steps",
     .digits = 4,
     .uses = CURVE | SEEDS,
     .tasks = EVERY,
     IN_EVALUATION(spike_density),
     IN_TRAINING(spike_density)},
    {.name = "input_spikes_per_example",
     .label = "input spikes",
     .unit = "spikes",
     .per = "example",
     .step_per = "sequence",
     .help = "input spikes: what the sensor gives",
     .digits = 1,
     .uses = SEEDS,
     .tasks = EVERY,
     IN_EVALUATION(input_spikes_per_example)},
    {.name = "synaptic_operations",
     .label = "synaptic operations",
     .per = "example",
     .step_per = "sequence",
     .help = "for every spike that enters a layer of the encoder, the number of neurons that it reaches",
     .uses = SEEDS,
     .tasks = EVERY,
     IN_EVALUATION(synaptic_operations)},
    SCORES("times_shuffled", "times shuffled",
           "of the same decoder when the times of each neuron's spikes in the window are shuffled", times_shuffled),
    SCORES("neurons_shuffled", "neurons shuffled",
           "of the same decoder when the spikes of each step are dealt out to the neurons anew", neurons_shuffled),
    {.name = "judge_accuracy_counts_alone",
     .label = "judge accuracy, counts alone",
     .help = "judge accuracy of kernel ridge regression on the counts of each readout neuron's spikes in the window",
     .digits = 4,
     .uses = SEEDS,
     .tasks = IMAGES,
     IN_EVALUATION(counts_alone.judge_accuracy)},
    {.name = "accuracy_counts_alone",
     .label = "accuracy, counts alone",
     .help = "accuracy of kernel ridge regression on the counts of each readout neuron's spikes in the window",
     .digits = 4,
     .uses = SEEDS,
     .tasks = CLASSES,
     IN_EVALUATION(counts_alone.accuracy)},
    {.name = "mse_counts_alone",
     .label = "MSE, counts alone",
     .per = "output",
     .help =
         "mean squared error of kernel ridge regression on the counts of each readout neuron's spikes in the window",
     .digits = 5,
     .uses = SEEDS,
     .tasks = IMAGES | CLASSES | VDIB__TASK_VALUES,
     IN_EVALUATION(counts_alone.mse)},
    {.name = "draws",
     .label = "draws",
     .help = "draws of the readout's spikes of each example for the next figures",
     .whole = true,
     .tasks = EVERY,
     IN_EVALUATION(draws)},
    SCORES("one_draw", "one draw", "of one of the draws, mean over them", of_draws),
    SCORES("draws_averaged", "draws averaged", "of the mean of the decoder's outputs over the draws", draws_averaged),
    {.name = "bits_prior",
     .label = "bits to send, code of the prior",
     .unit = "bits",
     .per = "example",
     .step_per = "sequence",
     .help = "ideal code length of the spikes that are sent, under the prior r0",
     .digits = 1,
     .uses = SEEDS,
     .tasks = EVERY,
     IN_EVALUATION(bits_prior)},
    {.name = "bits_marginal",
     .label = "bits to send, code of the marginal",
     .unit = "bits",
     .per = "example",
     .step_per = "sequence",
     .help = "ideal code length of the spikes that are sent, under each neuron's and step's share of training spikes",
     .digits = 1,
     .uses = SEEDS,
     .tasks = EVERY,
     IN_EVALUATION(bits_marginal)},
    {.name = "bits_events",
     .label = "bits to send, list of spikes",
     .unit = "bits",
     .per = "example",
     .step_per = "sequence",
     .help = "length of the list of the spikes that are sent: neuron and step of each, in whole bits",
     .digits = 1,
     .uses = SEEDS,
     .tasks = EVERY,
     IN_EVALUATION(bits_events)},
    {.name = "bits_input_events",
     .label = "bits of the input, list of spikes",
     .unit = "bits",
     .per = "example",
     .step_per = "sequence",
     .help = "length of the list of the input's spikes: channel and step of each, in whole bits",
     .digits = 1,
     .uses = SEEDS,
     .tasks = EVERY,
     IN_EVALUATION(bits_input_events)},
    EFFORT("spiking", "encoder", "by the spiking encoder", EVERY, spiking),
    EFFORT("counting", "on counts", "by an ordinary network of the encoder's layers on counts of events", EVERY,
           counting),
    EFFORT("decoding", "decoder", "by the decoder", EVERY, decoding),
    {.name = "ann_judge_accuracy",
     .label = "judge accuracy, ANN",
     .help = "judge accuracy of the ordinary network on counts of events that --ann names, on the same examples",
     .digits = 4,
     .uses = SEEDS,
     .tasks = IMAGES,
     IN_EVALUATION(ann.judge_accuracy)},
    {.name = "ann_accuracy",
     .label = "accuracy, ANN",
     .help = "accuracy of the ordinary network on counts of events that --ann names, on the same examples",
     .digits = 4,
     .uses = SEEDS,
     .tasks = CLASSES,
     IN_EVALUATION(ann.accuracy)},
    {.name = "ann_mse",
     .label = "MSE, ANN",
     .per = "output",
     .help = "mean squared error of the ordinary network on counts of events that --ann names, on the same examples",
     .digits = 5,
     .uses = SEEDS,
     .tasks = IMAGES | CLASSES | VDIB__TASK_VALUES,
     IN_EVALUATION(ann.mse)},
    EFFORT("ann", "ANN", "by the ordinary network that --ann names", IMAGES | CLASSES | VDIB__TASK_VALUES, ann_effort),
    {.name = "seconds",
     .label = "duration",
     .unit = "s",
     .help = "encoding and decoding of all examples, without judge and metrics; in training, time since it began, "
             "earlier parts of "
             "a resumed run included",
     .digits = 3,
     .tasks = EVERY,
     IN_EVALUATION(seconds),
     IN_TRAINING(seconds)},
    {.name = "examples_per_second",
     .label = "speed",
     .unit = "examples",
     .per = "second",
     .help = "examples over the duration, on the machine that measured; in training, of this process",
     .digits = 1,
     .tasks = EVERY,
     IN_EVALUATION(examples_per_second),
     IN_TRAINING(examples_per_second)},
    {.name = "encoder_learning_rate",
     .label = "encoder learning rate",
     .help = "learning rate of the encoder in the last update",
     .digits = 6,
     .uses = TENSORBOARD,
     IN_TRAINING(encoder_learning_rate)},
    {.name = "decoder_learning_rate",
     .label = "decoder learning rate",
     .help = "learning rate of the decoder in the last update",
     .digits = 6,
     .uses = TENSORBOARD,
     IN_TRAINING(decoder_learning_rate)},
    {.name = "seconds_left",
     .label = "left",
     .unit = "s",
     .help = "estimate of the time to the limit that is reached first",
     IN_TRAINING(seconds_left)},
};
enum { COUNT = sizeof table / sizeof *table };

const vdib__figure *vdib__figures(size_t *count) {
    *count = COUNT;
    return table;
}

size_t vdib_figure_count(void) {
    return COUNT;
}

size_t vdib_figure_find(const char *name) {
    size_t f = 0;
    while (f < COUNT && (name == NULL || strcmp(table[f].name, name) != 0))
        f++;
    return f;
}

const vdib__figure *vdib__figure_named(const char *name) {
    return &table[vdib_figure_find(name)];
}

const char *vdib_figure_name(size_t figure) {
    return figure < COUNT ? table[figure].name : NULL;
}

const char *vdib_figure_label(size_t figure) {
    return figure < COUNT ? table[figure].label : NULL;
}

const char *vdib_figure_unit(size_t figure) {
    if (figure >= COUNT)
        return NULL;
    return table[figure].unit != NULL ? table[figure].unit : "";
}

const char *vdib_figure_per(size_t figure, bool stepwise) {
    if (figure >= COUNT)
        return NULL;
    const char *per = stepwise && table[figure].step_per != NULL ? table[figure].step_per : table[figure].per;
    return per != NULL ? per : "";
}

const char *vdib_figure_help(size_t figure, bool stepwise) {
    if (figure >= COUNT)
        return NULL;
    return stepwise && table[figure].step_help != NULL ? table[figure].step_help : table[figure].help;
}

int vdib_figure_digits(size_t figure) {
    return figure < COUNT ? table[figure].digits : 0;
}

const char *vdib_figure_error_of(size_t figure) {
    return figure < COUNT ? table[figure].error_of : NULL;
}

bool vdib_figure_over_seeds(size_t figure) {
    return figure < COUNT && (table[figure].uses & VDIB__FIGURE_SEEDS) != 0;
}

/* The member of a struct that is at `place` - 1. */
static bool read_member(const vdib__figure *figure, const void *members, size_t place, double *value) {
    if (place == 0)
        return false;
    const char *at = (const char *)members + (place - 1);
    double found =
        figure->unsigned_member ? (double)*(const uint64_t *)(const void *)at : *(const double *)(const void *)at;
    if (!isfinite(found))
        return false;
    *value = found;
    return true;
}

bool vdib_evaluation_figure(const vdib_evaluation *evaluation, size_t figure, double *value) {
    const vdib__findings *findings = vdib__findings_of(evaluation);
    return figure < COUNT && findings != NULL && value != NULL &&
           (table[figure].tasks & (unsigned)findings->task) != 0 &&
           read_member(&table[figure], findings, table[figure].evaluation, value);
}

bool vdib_progress_figure(const vdib_progress *progress, size_t figure, bool validation, double *value) {
    vdib_progress whole;
    if (figure >= COUNT || value == NULL || VDIB_SIZED_READ(vdib_progress, progress, &whole) != VDIB_OK ||
        (validation && !whole.validated))
        return false;
    return read_member(&table[figure], &whole, validation ? table[figure].validation : table[figure].training, value);
}
