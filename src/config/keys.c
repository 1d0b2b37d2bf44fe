/* SPDX-License-Identifier: MIT */
#include "config/keys.h"

#include <stdio.h>
#include <string.h>

#include "core/error.h"
#include "decoder/decoder.h"
#include "encoder/encoder.h"

/* Every entry is written with these, so that the words of the help and of messages come from the range itself. */
// NOLINTBEGIN(bugprone-macro-parentheses): members and operators cannot stand in parentheses
#define ENTRY(type_, member, takes_, standard_, about_, ...)                                                           \
    {                                                                                                                  \
        .name = #member, .type = (type_), .offset = offsetof(struct vdib_config, member),                              \
        .size = sizeof(((struct vdib_config *)0)->member), .takes = takes_, .standard = standard_, .about = about_,    \
        .help = about_ "; " takes_ "; default " standard_, __VA_ARGS__                                                 \
    }
#define WHOLE(member, least_, most_, standard_, about_)                                                                \
    ENTRY(VDIB_KEY_WHOLE, member, "a whole number from " #least_ " to " #most_, standard_, about_, .least = (least_),  \
          .most = (most_))
/* low_op is > or >=, high_op is < or <=: an end belongs to the range if its operator holds between equals. */
#define REAL(member, low_op, low_, high_op, high_, standard_, about_)                                                  \
    ENTRY(VDIB_KEY_REAL, member, "a number " #low_op " " #low_ " and " #high_op " " #high_, standard_, about_,         \
          .low = (low_), .high = (high_), .includes_low = (0 low_op 0), .includes_high = (0 high_op 0))
#define CHOICE(member, choices_, standard_, about_)                                                                    \
    ENTRY(VDIB_KEY_CHOICE, member, "one of " choices_, standard_, about_, .choices = choices_)
#define SWITCH(member, standard_, about_) ENTRY(VDIB_KEY_SWITCH, member, "true or false", standard_, about_, .low = 0)
// NOLINTEND(bugprone-macro-parentheses)

/* The order of the names in a choice is the order of the enum it is stored as. */
_Static_assert(VDIB_DECODER_LINEAR == 0 && VDIB_DECODER_MLP == 1 && VDIB_DECODER_CONV == 2 && VDIB_DECODER_CONV2D == 3,
               "choices");
_Static_assert((int)VDIB_HEAD_CHOICE_BERNOULLI == (int)VDIB_HEAD_BERNOULLI + 1 &&
                   (int)VDIB_HEAD_CHOICE_CATEGORICAL == (int)VDIB_HEAD_CATEGORICAL + 1 &&
                   (int)VDIB_HEAD_CHOICE_GAUSSIAN == (int)VDIB_HEAD_GAUSSIAN + 1,
               "choices");
_Static_assert((int)VDIB_CONFIG_LAYERS == (int)VDIB_ENCODER_LAYERS, "as many layers as the encoder can have");

// clang-format off
static const vdib__config_key keys[] = {
    ENTRY(VDIB_KEY_TEXT, experiment, "up to 127 printable ASCII characters", "custom",
          "name of the experiment, for reports", .low = 0),
    WHOLE(seed, 0, 9223372036854775807, "1", "seed of every random number of a run"),

    CHOICE(data.input, "events | rate | latency | blobs", "events",
           "what the encoder reads: recordings, images as Bernoulli rates or as one spike a pixel, or drifting blobs"),
    CHOICE(data.target, "image | class-image | class | units", "class-image",
           "what is decoded: the example's own image, the first training image of its class, its class, or the blob units"),
    WHOLE(data.steps, 1, 100000, "80", "time steps T of an example; blobs: of a training sequence"),
    WHOLE(data.test_steps, 0, 100000, "0", "time steps of a test sequence of blobs, 0 = data.steps"),
    WHOLE(data.step_us, 1, 1000000000, "3750", "length of a time step of recordings in microseconds"),
    WHOLE(data.start_us, -1000000000000000, 1000000000000000, "0", "time in microseconds at which step 0 of a recording starts"),
    WHOLE(data.polarities, 1, 2, "2", "input channels per pixel of recordings: 2, or 1 to merge ON and OFF"),
    WHOLE(data.blank_steps, 0, 1000, "0", "steps without input before every example"),
    WHOLE(data.train_examples, 0, 1000000000, "0", "limit of training examples, from the front; 0 = all (built-in data: 4000)"),
    WHOLE(data.test_examples, 0, 1000000000, "0",
          "limit of test examples, from the front; 0 = all (built-in data: 500; blobs: 20 sequences)"),
    CHOICE(data.motion, "saccades | circle", "saccades", "how the built-in camera moves the image"),
    WHOLE(data.delta, -4, 4, "0", "blobs: how many steps ahead (behind, if negative) are decoded"),

    REAL(neuron.synaptic_decay, >=, 0, <, 1, "0.85", "beta of the synaptic trace"),
    REAL(neuron.membrane_decay, >=, 0, <, 1, "0.9", "alpha of the membrane trace"),
    REAL(neuron.refractory_decay, >=, 0, <, 1, "0.65", "alpha_r of the refractory trace"),
    CHOICE(neuron.gain, "published | unit", "unit",
           "input gains of the traces: 1/(1 - decay) as published, or 1 - decay"),
    CHOICE(neuron.surrogate, "boxcar | logistic | fast-sigmoid", "boxcar", "surrogate derivative of the threshold"),
    REAL(neuron.surrogate_slope, >, 0, <=, 1e6, "100", "k of the fast sigmoid 1/(k|u| + 1)^2"),

    ENTRY(VDIB_KEY_LAYERS, encoder.layers, "a list of up to 8 layers, each like 800 or conv16k5s1p2m2, [] for none", "[800]",
          "hidden layers: neurons of a dense one; channels, kernel, stride, padding, max-pool of a convolutional one", .low = 0),
    WHOLE(encoder.readouts, 1, 65536, "256", "readout neurons NY"),

    WHOLE(readout.filter_steps, 1, 1000, "10", "length tau of the readout's filters in steps"),
    WHOLE(readout.bases, 1, 64, "8", "feed-forward basis filters K"),
    WHOLE(readout.feedback_bases, 0, 64, "1", "feedback basis filters, 0 for no feedback"),
    REAL(readout.basis_width, >, 0, <=, 10, "0.5", "mu of the raised cosines"),
    CHOICE(readout.feedback, "neuron | lateral", "neuron",
           "whose spikes feed back to a readout neuron: its own, or the whole layer's"),

    CHOICE(decoder.type, "linear | mlp | conv | conv2d", "conv", "network that decodes the readout's spikes"),
    CHOICE(decoder.coding, "time | rate", "time", "what the decoder reads: the spikes, or only their counts"),
    WHOLE(decoder.window, 0, 100000, "0", "steps tau_d that the decoder reads, 0 = data.steps"),
    WHOLE(decoder.hidden, 0, 1000000, "512", "hidden units of the mlp decoder, 0 = half its inputs"),
    CHOICE(decoder.head, "auto | bernoulli | categorical | gaussian", "auto",
           "distribution of the target; auto = categorical for classes and units, else bernoulli"),

    REAL(objective.beta, >=, 0, <=, 1e6, "0.001", "price of the rate: beta of the information bottleneck"),
    REAL(objective.prior_rate, >, 0, <, 1, "0.3", "spike probability r0 of the prior"),
    CHOICE(objective.reduction, "mean | sum", "mean", "distortion and rate as means over outputs, neurons and steps, or as sums"),
    CHOICE(objective.rate, "sampled | analytic | auto", "auto",
           "form of the rate term; auto = sampled for reinforce, analytic for straight-through"),

    CHOICE(learning.estimator, "reinforce | straight-through", "reinforce", "gradient estimator of the readout"),
    CHOICE(learning.feedback, "dfa | fa | drtp | bp", "dfa", "how the readout's error reaches the hidden layers"),
    CHOICE(learning.schedule, "episode | online", "episode", "one update a batch, or one a time step"),
    WHOLE(learning.batch_size, 1, 65536, "1", "examples of one update"),
    CHOICE(learning.baseline, "none | per-parameter | batch | auto", "auto",
           "baseline of reinforce; auto = per-parameter at batch_size 1, else batch"),
    REAL(learning.baseline_memory, >=, 0, <, 1, "0.9", "weight of the old value in the averages of the per-parameter baseline"),
    SWITCH(learning.dfa_normalised, "true",
           "whether the error of dfa carries the 1/(NY T) of reduction mean; false as published"),
    CHOICE(learning.encoder_optimizer, "sgd | adam | adamw", "sgd", "optimiser of the encoder"),
    CHOICE(learning.decoder_optimizer, "sgd | adam | adamw", "adam", "optimiser of the decoder"),
    REAL(learning.encoder_rate, >, 0, <=, 100, "0.001", "learning rate of the encoder"),
    REAL(learning.decoder_rate, >, 0, <=, 100, "0.001", "learning rate of the decoder"),
    REAL(learning.weight_decay, >=, 0, <=, 1, "0.01", "weight decay of adamw"),
    REAL(learning.clip_norm, >=, 0, <=, 1e6, "0",
         "largest norm of the gradient of each half, for adam and adamw; 0 = no clipping"),

    WHOLE(training.examples, 1, 9223372036854775807, "10000", "examples to train on where no other limit is given"),
    WHOLE(training.validate_every, 0, 1000000000, "2000", "examples between validations, 0 = only at the end"),
    WHOLE(training.checkpoint_every, 0, 1000000000, "2000", "examples between checkpoints, 0 = only at the end"),
};
// clang-format on

/* What a section's name alone means. */
static const char *const main_keys[] = {"data.input",   "neuron.surrogate", "encoder.layers",     "readout.feedback",
                                        "decoder.type", "objective.beta",   "learning.estimator", "training.examples"};

enum { KEYS = sizeof keys / sizeof keys[0], MAIN_KEYS = sizeof main_keys / sizeof main_keys[0] };

const vdib__config_key *vdib__config_keys(size_t *count) {
    *count = KEYS;
    return keys;
}

size_t vdib_config_key_count(void) {
    return KEYS;
}

const char *vdib_config_key_name(size_t index) {
    return index < KEYS ? keys[index].name : NULL;
}

const char *vdib_config_key_help(size_t index) {
    return index < KEYS ? keys[index].help : NULL;
}

/* Whether `key` is "<section>.<anything>". */
static bool is_in_section(const char *key, const char *section) {
    size_t length = strlen(section);
    return length > 0 && strncmp(key, section, length) == 0 && key[length] == '.';
}

bool vdib__config_is_section(const char *name) {
    for (size_t i = 0; i < MAIN_KEYS; i++)
        if (is_in_section(main_keys[i], name))
            return true;
    return false;
}

const vdib__config_key *vdib__config_key_find(const char *name) {
    for (size_t i = 0; i < MAIN_KEYS; i++)
        if (is_in_section(main_keys[i], name))
            name = main_keys[i];
    for (size_t i = 0; i < KEYS; i++)
        if (strcmp(keys[i].name, name) == 0)
            return &keys[i];
    return NULL;
}

size_t vdib__edit_distance(const char *a, const char *b) {
    enum { LONGEST = 127 };
    size_t row[LONGEST + 1]; /* distances of the prefix of a seen so far to every prefix of b */
    size_t width = strnlen(b, LONGEST), height = strnlen(a, LONGEST);
    for (size_t j = 0; j <= width; j++)
        row[j] = j;
    for (size_t i = 1; i <= height; i++) {
        size_t diagonal = row[0];
        row[0] = i;
        for (size_t j = 1; j <= width; j++) {
            size_t replaced = diagonal + (a[i - 1] != b[j - 1]);
            diagonal = row[j];
            size_t shifted = (row[j] < row[j - 1] ? row[j] : row[j - 1]) + 1;
            row[j] = replaced < shifted ? replaced : shifted;
        }
    }
    return row[width];
}

const char *vdib__config_nearest(const char *name) {
    bool dotted = strchr(name, '.') != NULL;
    const char *nearest = keys[0].name;
    size_t least = SIZE_MAX;
    for (size_t i = 0; i < KEYS; i++) {
        const char *dot = strchr(keys[i].name, '.');
        size_t distance = vdib__edit_distance(name, keys[i].name);
        size_t bare = dotted || dot == NULL ? SIZE_MAX : vdib__edit_distance(name, dot + 1);
        if (bare < distance)
            distance = bare;
        if (distance < least) {
            least = distance;
            nearest = keys[i].name;
        }
    }
    for (size_t i = 0; i < MAIN_KEYS; i++) {
        char section[VDIB_CONFIG_KEY_NAME];
        snprintf(section, sizeof section, "%.*s", (int)strcspn(main_keys[i], "."), main_keys[i]);
        if (vdib__edit_distance(name, section) < least) {
            least = vdib__edit_distance(name, section);
            nearest = main_keys[i];
        }
    }
    return nearest;
}

const char *vdib__shown(const char *text, char shown[VDIB_SHOWN]) {
    enum { LONGEST = 60 };
    size_t length = 0;
    for (; length < LONGEST && text[length] != '\0'; length++)
        shown[length] = (char)(text[length] >= ' ' && text[length] <= '~' ? text[length] : '?');
    snprintf(shown + length, VDIB_SHOWN - length, "%s", text[length] == '\0' ? "" : "...");
    return shown;
}

vdib_status vdib__config_unknown(const char *place, const char *name) {
    char shown[VDIB_SHOWN];
    return vdib__fail(VDIB_ERROR_CONFIG, "%s: unknown key '%s'; did you mean '%s'?", place, vdib__shown(name, shown),
                      vdib__config_nearest(name));
}
