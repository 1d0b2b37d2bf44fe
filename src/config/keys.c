/* SPDX-License-Identifier: MIT */
#include "config/keys.h"

#include <pthread.h>
#include <stdio.h>
#include <string.h>

#include "config/tables.h"
#include "core/error.h"
#include "core/spelling.h"

/* Every entry is written with these, so that the words of the help and of messages come from the range itself, or from
 * the table of choices. What follows the text about a key, if anything, are further members: .alias, .zero, .automatic.
 */
// NOLINTBEGIN(bugprone-macro-parentheses): members and operators cannot stand in parentheses
#define ENTRY(type_, member, takes_, standard_, about_, ...)                                                           \
    {                                                                                                                  \
        .name = #member, .type = (type_), .offset = offsetof(struct vdib_config, member),                              \
        .size = sizeof(((struct vdib_config *)0)->member), .takes = takes_, .standard = standard_, .about = about_,    \
        .help = about_ "; " takes_ "; default " standard_, __VA_ARGS__                                                 \
    }
#define WHOLE(member, least_, most_, standard_, about_, ...)                                                           \
    ENTRY(VDIB_KEY_WHOLE, member, "a whole number from " #least_ " to " #most_, standard_, about_, .least = (least_),  \
          .most = (most_), __VA_ARGS__)
/* low_op is > or >=, high_op is < or <=: an end belongs to the range if its operator holds between equals. */
#define REAL(member, low_op, low_, high_op, high_, standard_, about_, ...)                                             \
    ENTRY(VDIB_KEY_REAL, member, "a number " #low_op " " #low_ " and " #high_op " " #high_, standard_, about_,         \
          .low = (low_), .high = (high_), .includes_low = (0 low_op 0), .includes_high = (0 high_op 0), __VA_ARGS__)
/* The words follow from the table of choices, which is another part's: complete() fills them in. */
#define CHOICE(member, standard_, about_, ...) ENTRY(VDIB_KEY_CHOICE, member, "", standard_, about_, __VA_ARGS__)
#define AUTO(member, about_, ...)              CHOICE(member, "auto", about_, .automatic = true, __VA_ARGS__)
#define SWITCH(member, standard_, about_, ...)                                                                         \
    ENTRY(VDIB_KEY_SWITCH, member, "true or false", standard_, about_, __VA_ARGS__)
/* One number for all hidden layers, or one a layer. */
#define TIMES(member, about_)                                                                                          \
    ENTRY(                                                                                                             \
        VDIB_KEY_LIST, member,                                                                                         \
        "a list of one number for all hidden layers or one a layer, each 0, for none, or from a twentieth of a step "  \
        "to a million steps",                                                                                          \
        "[]", about_, .numbers = true, .low = 0, .high = 1e15, .includes_low = true)
// NOLINTEND(bugprone-macro-parentheses)

// clang-format off
/* Completed once; constant from then on. */
static vdib__config_key keys[] = {
    ENTRY(VDIB_KEY_TEXT, experiment, "up to 127 printable ASCII characters", "custom",
          "name of the experiment, for reports"),
    WHOLE(seed, 0, 9223372036854775807, "1", "seed of every random number of a run"),

    CHOICE(data.input, "events", "what the encoder reads"),
    CHOICE(data.target, "class-image", "what is decoded"),
    ENTRY(VDIB_KEY_TEXT, data.target_size, "auto, or columns x rows like 64x48, each from 1 to 16384", "auto",
          "size to which targets that are read from files or frames are resized; auto = that of the files", .low = 0),
    WHOLE(data.steps, 1, 100000, "80", "time steps T of an example; blobs: of a training sequence"),
    WHOLE(data.test_steps, 0, 100000, "0", "time steps of a test sequence of blobs, 0 = data.steps",
          .zero = "data.steps"),
    WHOLE(data.step_us, 0, 1000000000, "0",
          "length of a time step in microseconds; 0 = 3750 for recordings, 1000 for images and blobs"),
    WHOLE(data.start_us, -1000000000000000, 1000000000000000, "0",
          "time in microseconds at which step 0 of a recording starts"),
    SWITCH(data.from_first_event, "false",
           "whether time 0 of a recording is its first event; false = as its file says"),
    AUTO(data.time_unit,
         "unit of times in recordings whose format does not say it (text, arrays); auto: by names, else by numbers"),
    ENTRY(VDIB_KEY_TEXT, data.sensor, "auto, or columns x rows like 128x128, each from 1 to 65536", "auto",
          "pixels of the sensor of recordings; auto = 34x34 (N-MNIST), or what holds their events", .low = 0),
    ENTRY(VDIB_KEY_TEXT, data.crop, "none, or x,y,columns,rows like 48,48,26,26", "none",
          "the part of the sensor that is read, before data.pool", .low = 0),
    WHOLE(data.pool, 1, 256, "1",
          "squares of so many pixels a side are one input pixel, which spikes if any of them does; 1 = none"),
    SWITCH(data.fit_window, "false",
           "whether data.step_us and data.from_first_event follow recordings that the window misses, "
           "or covers for less than four fifths or more than twice their length"),
    SWITCH(data.allow_loss, "false",
           "whether to go on with recordings that are lost: over nine tenths of all events, "
           "or all of one recording in five"),
    WHOLE(data.polarities, 1, 2, "2", "input channels per pixel of recordings: 2, or 1 to merge ON and OFF"),
    WHOLE(data.blank_steps, 0, 1000, "0", "steps without input before every example"),
    WHOLE(data.train_examples, 0, 1000000000, "0",
          "limit of training examples, as many of each class; 0 = all (built-in data: 4000)"),
    WHOLE(data.test_examples, 0, 1000000000, "0",
          "limit of test examples, as many of each class; 0 = all (built-in data: 500; blobs: 20 sequences)"),
    WHOLE(data.window_us, 0, 1000000000000, "0",
          "recordings are cut into windows of so many microseconds, an example each; 0 = an example a recording"),
    WHOLE(data.stride_us, 0, 1000000000000, "0", "from the beginning of a window to that of the next; 0 = window_us"),
    REAL(data.test_share, >, 0, <, 1, "0.2",
         "share of every class's recordings that are for testing where nothing says which are"),
    WHOLE(data.split_seed, 0, 1000000000, "0", "what draws them"),
    CHOICE(data.builtin, "digits", "built-in data where no --data are given"),
    CHOICE(data.motion, "saccades", "how the built-in camera moves the image"),
    CHOICE(data.place, "middle", "where on its sensor images lie"),
    ENTRY(VDIB_KEY_TEXT, data.film_exclude, "none, or numbers and ranges like 800-999,1203", "none",
          "training images that the built-in camera does not film, counted from 0"),
    WHOLE(data.mix, 0, 1000000, "0",
          "filmed images for every training recording where --data mixes them (DIR+film:DIR); 0 = all"),
    WHOLE(data.delta, -4, 4, "0", "blobs: how many steps ahead (behind, if negative) are decoded"),

    REAL(augment.shift, >=, 0, <=, 1000, "0",
         "training examples move by up to so many pixels in each direction, evenly drawn at every presentation"),
    REAL(augment.rotation, >=, 0, <=, 180, "0", "they turn by up to so many degrees about the middle"),
    REAL(augment.scale, >=, 0, <, 1, "0", "they grow or shrink by up to this share"),
    REAL(augment.shear, >=, 0, <=, 1, "0", "they lean by up to this share of their height"),
    REAL(augment.flip, >=, 0, <=, 1, "0", "probability that left and right change places"),
    REAL(augment.polarity_swap, >=, 0, <=, 1, "0", "probability that ON and OFF change places"),
    REAL(augment.time_shift_us, >=, 0, <=, 1e9, "0", "events come up to so many microseconds earlier or later"),
    REAL(augment.time_scale, >=, 0, <, 1, "0", "time since the window began is up to this share longer or shorter"),
    REAL(augment.time_jitter_us, >=, 0, <=, 1e9, "0",
         "every event by itself comes up to so many microseconds earlier or later"),
    REAL(augment.drop, >=, 0, <, 1, "0", "up to this share of the events is dropped"),
    REAL(augment.noise_hz, >=, 0, <=, 1e4, "0", "up to so many further events per pixel and second"),
    SWITCH(augment.moves_target, "true", "whether a target that is the image behind the example moves with it"),

    CHOICE(neuron.model, "srm", "what a hidden neuron is"),
    REAL(neuron.threshold, >, 0, <=, 1e6, "0.1", "potential above which neurons of the models cuba and lif spike"),
    REAL(neuron.synaptic_decay, >=, 0, <, 1, "0.85", "beta of the synaptic trace"),
    REAL(neuron.membrane_decay, >=, 0, <=, 1, "0.9",
         "alpha of the membrane trace; 1, no leak: with neuron.gain=one, of neurons that are reset"),
    REAL(neuron.refractory_decay, >=, 0, <, 1, "0.65", "alpha_r of the refractory trace"),
    TIMES(neuron.synaptic_tau_us, "time constants of the synaptic traces in microseconds; [] = synaptic_decay"),
    TIMES(neuron.membrane_tau_us, "time constants of the membrane traces in microseconds; [] = membrane_decay"),
    TIMES(neuron.refractory_tau_us, "time constants of the refractory traces in microseconds; [] = refractory_decay"),
    ENTRY(VDIB_KEY_LIST, neuron.adaptation_strength,
          "a list of one number for all hidden layers or one a layer, each from 0 to 1e6", "[]",
          "what a threshold rises to under spikes in every step; [] = thresholds stay", .numbers = true, .low = 0,
          .high = 1e6, .includes_low = true, .includes_high = true),
    TIMES(neuron.adaptation_tau_us, "time constants of adaptive thresholds in microseconds; [] = thresholds stay"),
    CHOICE(neuron.learn_tau, "none", "which time constants are learnt, of each neuron or channel"),
    CHOICE(neuron.gain, "unit", "input gains of the traces"),
    CHOICE(neuron.surrogate, "boxcar", "surrogate derivative of the threshold"),
    REAL(neuron.surrogate_slope, >, 0, <=, 1e6, "100", "k of the fast sigmoid 1/(k|u| + 1)^2"),

    ENTRY(VDIB_KEY_LIST, encoder.layers,
          "a list of up to 8 layers, [] for none, each like 800 (1 to 65536 neurons) or conv16k5s1p2m2 (1 to 4096 "
          "channels, kernel, stride and max-pool of 1 to 64, padding below the kernel)", "[800]",
          "hidden layers: neurons of a dense one; channels, kernel, stride, padding, max-pool of a convolutional one"),
    WHOLE(encoder.readouts, 1, 65536, "256", "readout neurons NY"),
    SWITCH(encoder.skip, "false", "whether the readout reads the input's spikes beside those of the last hidden layer"),
    CHOICE(encoder.initialisation, "law", "where initial weights come from"),
    WHOLE(encoder.initial_examples, 1, 65536, "256", "training examples that initialisation=data looks at"),
    REAL(encoder.initial_spread, >, 0, <=, 1000, "0.5",
         "standard deviation of each neuron's potentials under initialisation=data"),
    REAL(encoder.initial_share, >, 0, <, 1, "0.1", "share of steps in which hidden neurons spike under it"),
    CHOICE(encoder.type, "spiking", "what stands before the decoder"),
    WHOLE(encoder.bins, 1, 100000, "3", "parts of an example's time in which type=counts counts events"),

    WHOLE(readout.filter_steps, 1, 1000, "10", "length tau of the readout's filters in steps"),
    WHOLE(readout.filter_us, 0, 1000000000, "0",
          "length of the readout's filters in microseconds, up to a whole step; 0 = readout.filter_steps"),
    WHOLE(readout.bases, 1, 64, "8", "feed-forward basis filters K"),
    WHOLE(readout.feedback_bases, 0, 64, "1", "feedback basis filters, 0 for no feedback"),
    REAL(readout.basis_width, >, 0, <=, 10, "0.5", "mu of the raised cosines"),
    SWITCH(readout.learns_filters, "false",
           "whether the taps of the feed-forward filters learn, from raised cosines on"),
    CHOICE(readout.feedback, "neuron", "whose spikes feed back to a readout neuron"),
    CHOICE(readout.type, "spiking", "what a readout neuron gives the decoder in a step"),
    REAL(readout.initial_deviation, >=, 1e-6, <=, 1000, "1",
         "standard deviation of the noise of type=gaussian before training; every neuron learns its own"),

    CHOICE(decoder.type, "conv", "network that decodes the readout's spikes"),
    CHOICE(decoder.coding, "time", "what the decoder reads of the spikes"),
    WHOLE(decoder.window, 0, 100000, "0", "steps tau_d that the decoder reads, 0 = data.steps", .zero = "data.steps"),
    WHOLE(decoder.hidden, 0, 1000000, "512", "hidden units of the mlp decoder, 0 = half its inputs"),
    AUTO(decoder.head, "distribution of the target; auto: categorical for classes, bernoulli for images"),

    REAL(decoder.spike_dropout, >=, 0, <, 1, "0",
         "share of the spikes that the decoder does not read in training; those that it reads count 1/(1 - share)"),

    REAL(decoder.random_cuts, >=, 0, <=, 1, "0",
         "share of the training examples of which the decoder reads the first steps alone, a random number of them"),

    CHOICE(channel.type, "none", "what happens to spikes between encoder and decoder"),
    REAL(channel.probability, >=, 0, <=, 1, "0", "probability that a spike flips, or that a spike or packet is lost"),
    REAL(channel.evaluation_probability, >=, -1, <=, 1, "-1",
         "the same in validation and evaluation; below 0: channel.probability"),
    WHOLE(channel.packet_steps, 1, 100000, "1", "steps whose spikes are sent as one packet"),

    REAL(objective.beta, >=, 0, <=, 1e6, "0.001", "price of the rate: beta of the information bottleneck"),
    WHOLE(objective.beta_warmup_examples, 0, 9223372036854775807, "0",
          "training examples over which beta rises from 0; validation and evaluation use the whole of it"),
    REAL(objective.label_smoothing, >=, 0, <, 1, "0",
         "share of a class that training spreads over all classes; what is reported is not smoothed"),
    REAL(objective.prior_probability, >, 0, <, 1, "0.3", "spike probability r0 of the prior",
         .alias = "objective.prior_rate"),
    CHOICE(objective.reduction, "mean", "what distortion and rate are taken of in the loss"),
    AUTO(objective.rate_term, "form of the rate term; auto: sampled for reinforce, analytic for straight-through",
         .alias = "objective.rate"),

    CHOICE(learning.estimator, "reinforce", "gradient estimator of the readout"),
    CHOICE(learning.credit_assignment, "dfa", "how the readout's error reaches the hidden layers",
           .alias = "learning.feedback"),
    WHOLE(learning.truncation, 0, 100000, "0",
          "bptt: steps of a stretch, over whose ends recursions are not differentiated; 0 = the whole example"),
    CHOICE(learning.schedule, "episode", "when weights are updated"),
    WHOLE(learning.batch_size, 1, 65536, "1", "examples of one update"),
    WHOLE(learning.draws, 1, 64, "1", "draws M of the readout's spikes for every example; its hidden layers run once"),
    REAL(learning.target_on, >=, 0, <=, 1, "0.5",
         "spike probability that estimator=rate-target teaches the readout neurons of the example's class"),
    REAL(learning.target_off, >=, 0, <=, 1, "0.02", "the same, of the neurons of all other classes"),
    AUTO(learning.baseline, 
         "baseline of reinforce; auto: per-parameter at batch_size 1 (none for several draws or the analytic rate), "
         "else batch"),
    REAL(learning.baseline_memory, >=, 0, <, 1, "0.9",
         "weight of the old value in the averages of the per-parameter baseline"),
    SWITCH(learning.dfa_normalised, "true",
           "whether the error of dfa carries the 1/(NY T) of reduction mean; false as published"),
    CHOICE(learning.encoder_optimizer, "sgd", "optimiser of the encoder"),
    CHOICE(learning.decoder_optimizer, "adam", "optimiser of the decoder"),
    REAL(learning.encoder_learning_rate, >, 0, <=, 100, "0.001", "learning rate of the encoder",
         .alias = "learning.encoder_rate"),
    REAL(learning.decoder_learning_rate, >, 0, <=, 100, "0.001", "learning rate of the decoder",
         .alias = "learning.decoder_rate"),
    WHOLE(learning.reference_batch, 0, 65536, "0",
          "batch size that learning rates and memories are meant for; 0 = learning.batch_size"),
    CHOICE(learning.decay, "constant", "course of both learning rates after the warm-up"),
    WHOLE(learning.decay_examples, 0, 9223372036854775807, "0",
          "examples at which the decay ends; 0 = the run's limit of examples"),
    REAL(learning.decay_floor, >=, 0, <=, 1, "0", "share of the learning rates that the decay ends at"),
    WHOLE(learning.warmup_examples, 0, 9223372036854775807, "0",
          "examples over which both learning rates rise from 0; of a run that ends their decay a quarter at most"),
    REAL(learning.average_memory, >=, 0, <, 1, "0",
         "weight of the old value in the running average of the weights, which is then the model; 0 = no average"),
    REAL(learning.tau_learning_rate, >, 0, <=, 100, "0.01", "learning rate of the logarithms of time constants"),
    REAL(learning.filter_rate_scale, >=, 0, <=, 1000, "1",
         "learning rate of learnt filters, as a multiple of learning.encoder_learning_rate"),
    REAL(learning.weight_decay, >=, 0, <=, 1, "0.01", "weight decay of adamw"),
    REAL(learning.clip_norm, >=, 0, <=, 1e6, "0",
         "largest norm of the gradient of each half, for adam and adamw; 0 = no clipping"),

    AUTO(evaluation.judge, "who labels reconstructed images; auto: lenet where the data have two classes or more"),

    CHOICE(numeric.products, "portable", "who computes products of dense matrices", .before = "blas"),

    WHOLE(training.examples, 1, 9223372036854775807, "10000", "examples to train on where no other limit is given"),
    WHOLE(training.validate_every, 0, 1000000000, "2000", "examples between validations, 0 = only at the end"),
    WHOLE(training.checkpoint_every, 0, 1000000000, "2000", "examples between checkpoints, 0 = only at the end"),
};
// clang-format on

/* What a section's name alone means. */
static const char *const main_keys[] = {"data.input",       "augment.shift",    "neuron.surrogate",
                                        "encoder.layers",   "readout.feedback", "decoder.type",
                                        "channel.type",     "objective.beta",   "learning.estimator",
                                        "evaluation.judge", "numeric.products", "training.examples"};

enum { KEYS = sizeof keys / sizeof keys[0], MAIN_KEYS = sizeof main_keys / sizeof main_keys[0] };

/* ---- what follows from the tables of choices ---- */

enum { CHOICE_KEYS = 32, TAKES = 512, HELP = 1024 };
static char takes_texts[CHOICE_KEYS][TAKES], help_texts[CHOICE_KEYS][HELP];
static pthread_once_t completed = PTHREAD_ONCE_INIT;

static const vdib__choices *table_of(const char *name) {
    static const vdib__choices none = {0};
    for (const vdib__key_table *table = vdib__key_tables; table->key != NULL; table++)
        if (strcmp(table->key, name) == 0)
            return table->choices;
    return &none;
}

static void describe(vdib__config_key *key, char takes[TAKES], char help[HELP]) {
    size_t used = (size_t)snprintf(takes, TAKES, "one of %s", key->automatic ? "auto" : "");
    for (size_t i = 0; i < key->choices->count && used < TAKES; i++)
        used += (size_t)snprintf(takes + used, TAKES - used, "%s%s", i > 0 || key->automatic ? " | " : "",
                                 key->choices->rows[i]->name);
    snprintf(help, HELP, "%s; %s; default %s", key->about, takes, key->standard);
    key->takes = takes;
    key->help = help;
}

static void complete(void) {
    size_t count = 0;
    for (size_t i = 0; i < KEYS; i++)
        if (keys[i].type == VDIB_KEY_CHOICE && count < CHOICE_KEYS) {
            keys[i].choices = table_of(keys[i].name);
            describe(&keys[i], takes_texts[count], help_texts[count]);
            count++;
        }
}

const vdib__config_key *vdib__config_keys(size_t *count) {
    pthread_once(&completed, complete);
    *count = KEYS;
    return keys;
}

/* ---- the public face of the table ---- */

size_t vdib_config_key_count(void) {
    return KEYS;
}

const char *vdib_config_key_name(size_t index) {
    return index < KEYS ? keys[index].name : NULL;
}

const char *vdib_config_key_help(size_t index) {
    pthread_once(&completed, complete);
    return index < KEYS ? keys[index].help : NULL;
}

size_t vdib_config_key_choice_count(size_t index) {
    pthread_once(&completed, complete);
    bool named = index < KEYS && keys[index].type == VDIB_KEY_CHOICE;
    return named ? keys[index].choices->count + (keys[index].automatic ? 1 : 0) : 0;
}

/* Choice number `choice` of a key, "auto" being the first where it is legal; NULL beyond the last. */
static const vdib__choice *choice_at(size_t index, size_t choice) {
    static const vdib__choice automatic = {.name = "auto", .help = "by what other keys say"};
    if (choice >= vdib_config_key_choice_count(index))
        return NULL;
    if (keys[index].automatic && choice == 0)
        return &automatic;
    return keys[index].choices->rows[keys[index].automatic ? choice - 1 : choice];
}

const char *vdib_config_key_choice_name(size_t index, size_t choice) {
    const vdib__choice *found = choice_at(index, choice);
    return found != NULL ? found->name : NULL;
}

const char *vdib_config_key_choice_help(size_t index, size_t choice) {
    const vdib__choice *found = choice_at(index, choice);
    return found != NULL ? found->help : NULL;
}

/* ---- names ---- */

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
    pthread_once(&completed, complete);
    for (size_t i = 0; i < KEYS; i++)
        if (strcmp(keys[i].name, name) == 0 || (keys[i].alias != NULL && strcmp(keys[i].alias, name) == 0))
            return &keys[i];
    return NULL;
}

/* Takes a key that is nearer, by any of its names. */
static void take_nearer(const char *name, const char *called, const char *key, size_t *least, const char **nearest) {
    size_t distance = vdib__edit_distance_below(name, called, *least);
    *nearest = distance < *least ? key : *nearest;
    *least = distance;
}

const char *vdib__config_nearest(const char *name) {
    bool dotted = strchr(name, '.') != NULL;
    const char *nearest = keys[0].name;
    size_t least = SIZE_MAX;
    for (size_t i = 0; i < KEYS; i++) {
        const char *dot = strchr(keys[i].name, '.');
        take_nearer(name, keys[i].name, keys[i].name, &least, &nearest);
        if (!dotted && dot != NULL)
            take_nearer(name, dot + 1, keys[i].name, &least, &nearest);
    }
    for (size_t i = 0; i < MAIN_KEYS; i++) {
        char section[VDIB_CONFIG_KEY_NAME];
        snprintf(section, sizeof section, "%.*s", (int)strcspn(main_keys[i], "."), main_keys[i]);
        take_nearer(name, section, main_keys[i], &least, &nearest);
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
