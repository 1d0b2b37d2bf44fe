/* SPDX-License-Identifier: MIT */
/* What no single key can tell: whether the choices that were made get what they need. */
#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#include "config/needs.h"
#include "core/error.h"
#include "core/ranges.h"

enum { TEXT = 256 };

/* "a, b or c": the choices of a key that meet `any`. */
static void list_choices(const vdib__config_key *key, const char *any, char text[TEXT]) {
    size_t count = 0, listed = 0, used = 0;
    for (size_t i = 0; i < key->choices->count; i++)
        count += vdib__choice_is(key->choices->rows[i], any);
    text[0] = '\0';
    for (size_t i = 0; i < key->choices->count && used < TEXT; i++) {
        if (!vdib__choice_is(key->choices->rows[i], any))
            continue;
        const char *before = listed == 0 ? "" : listed + 1 == count ? " or " : ", ";
        used += (size_t)snprintf(text + used, TEXT - used, "%s%s", before, key->choices->rows[i]->name);
        listed++;
    }
}

/* "1", "at least 2", "1 to 79": the numbers that meet a need. */
static void list_numbers(const vdib_config *config, const vdib__need *need, char text[TEXT]) {
    int64_t most = need->most;
    if (need->below != NULL) {
        int64_t limit = vdib__config_number(config, vdib__config_key_find(need->below)) - 1;
        most = most == 0 || limit < most ? limit : most;
    }
    if (need->below == NULL && most == 0)
        snprintf(text, TEXT, "of at least %" PRId64, need->least);
    else if (most == need->least)
        snprintf(text, TEXT, "%" PRId64, most);
    else
        snprintf(text, TEXT, "of %" PRId64 " to %" PRId64, need->least, most);
    size_t used = strlen(text);
    if (need->below != NULL)
        snprintf(text + used, TEXT - used, " (less than %s)", need->below);
}

static vdib_status refuse(const vdib_config *config, const vdib__config_key *key, const vdib__choice *choice,
                          const vdib__need *need) {
    const vdib__config_key *other = vdib__config_key_find(need->key);
    char wanted[TEXT], got[TEXT];
    if (other->type == VDIB_KEY_CHOICE) {
        list_choices(other, need->any, wanted);
        snprintf(got, sizeof got, "%s", vdib__config_chosen(config, other)->name);
    } else {
        list_numbers(config, need, wanted);
        snprintf(got, sizeof got, "%" PRId64, vdib__config_number(config, other));
    }
    bool automatic = vdib__config_choice(config, key) == NULL;
    return vdib__fail(VDIB_ERROR_CONFIG, "%s is '%s'%s, which needs %s %s, not %s%s%s", key->name, choice->name,
                      automatic ? " (by auto)" : "", other->name, wanted, got, need->remedy != NULL ? "; " : "",
                      need->remedy != NULL ? need->remedy : "");
}

/* A side of the sensor at *text, which is moved behind it; 0 if there is none from 1 to 65536. */
static size_t read_side(const char **text) {
    enum { LARGEST = 65536 };
    size_t side = 0;
    for (; **text >= '0' && **text <= '9' && side <= LARGEST; ++*text)
        side = 10 * side + (size_t)(**text - '0');
    return side <= LARGEST ? side : 0;
}

/* "auto", both sides 0, or columns x rows; whether the text is one of them. */
static bool read_size(const char *text, size_t *width, size_t *height) {
    *width = *height = 0;
    if (strcmp(text, "auto") == 0)
        return true;
    size_t columns = read_side(&text), rows = 0;
    if (columns > 0 && (*text == 'x' || *text == 'X')) {
        text++;
        rows = read_side(&text);
    }
    if (rows == 0 || *text != '\0')
        return false;
    *width = columns;
    *height = rows;
    return true;
}

vdib_status vdib__config_sensor(const vdib_config *config, size_t *width, size_t *height) {
    if (!read_size(config->data.sensor, width, height))
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "data.sensor is '%s'; it takes auto, or columns x rows like 128x128, each from 1 to 65536",
                          config->data.sensor);
    return VDIB_OK;
}

vdib_status vdib__config_target_size(const vdib_config *config, size_t *width, size_t *height) {
    enum { LARGEST = 16384 };
    if (!read_size(config->data.target_size, width, height) || *width > LARGEST || *height > LARGEST)
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "data.target_size is '%s'; it takes auto, or columns x rows like 64x48, each from 1 to %d",
                          config->data.target_size, (int)LARGEST);
    return VDIB_OK;
}

/* A number at *text and what stands behind it, which are passed over. */
static bool read_number(const char **text, char behind, size_t *number) {
    enum { LARGEST = 65536 };
    const char *from = *text;
    for (*number = 0; **text >= '0' && **text <= '9' && *number <= LARGEST; ++*text)
        *number = 10 * *number + (size_t)(**text - '0');
    bool good = *text > from && *number <= LARGEST && **text == behind;
    *text += good && behind != '\0';
    return good;
}

vdib_status vdib__config_pixels(const vdib_config *config, vdib__pixels *pixels) {
    const char *text = config->data.crop;
    vdib__pixels read = {.pool = config->data.pool};
    VDIB_TRY(vdib__config_sensor(config, &read.width, &read.height));
    bool none = strcmp(text, "none") == 0;
    bool good = none || (read_number(&text, ',', &read.left) && read_number(&text, ',', &read.top) &&
                         read_number(&text, ',', &read.columns) && read_number(&text, '\0', &read.rows) &&
                         read.columns > 0 && read.rows > 0);
    if (!good)
        return vdib__fail(
            VDIB_ERROR_CONFIG,
            "data.crop is '%s'; it takes none, or x,y,columns,rows like 48,48,26,26: the pixel at its top "
            "left, counted from 0, and its size",
            config->data.crop);
    if (read.width > 0 && !vdib__pixels_fit(&read))
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "data.crop is %s, which reaches beyond the %zu x %zu pixels of data.sensor; choose a part of "
                          "the sensor",
                          config->data.crop, read.width, read.height);
    *pixels = read;
    return VDIB_OK;
}

/* Blobs are made anew all the time, and only recordings with both polarities can swap them. */
static vdib_status check_augmentation(const vdib_config *config) {
    size_t count;
    const vdib__config_key *keys = vdib__config_keys(&count);
    bool stepwise = vdib__choice_is(config->data.input, "stepwise");
    bool polar = vdib__choice_is(config->data.input, "recordings") && config->data.polarities == 2;
    for (size_t i = 0; i < count && stepwise; i++)
        if (strncmp(keys[i].name, "augment.", strlen("augment.")) == 0 && keys[i].type == VDIB_KEY_REAL &&
            vdib__config_real(config, &keys[i]) > 0)
            return vdib__fail(VDIB_ERROR_CONFIG,
                              "%s is %g, but the sequences of data.input %s are made anew all the time and not "
                              "augmented; set it to 0",
                              keys[i].name, vdib__config_real(config, &keys[i]), config->data.input->name);
    if (config->augment.polarity_swap > 0 && !polar)
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "augment.polarity_swap is %g, which needs data.input events and data.polarities 2: there is "
                          "no ON and OFF to change places; set it to 0",
                          config->augment.polarity_swap);
    return VDIB_OK;
}

static vdib_status check_needs(const vdib_config *config) {
    size_t count;
    const vdib__config_key *keys = vdib__config_keys(&count);
    for (size_t i = 0; i < count; i++) {
        if (keys[i].type != VDIB_KEY_CHOICE)
            continue;
        const vdib__choice *choice = vdib__config_chosen(config, &keys[i]);
        for (const vdib__need *need = choice->needs; need != NULL && need->key != NULL; need++)
            if (!vdib__need_met(config, need))
                return refuse(config, &keys[i], choice, need);
    }
    return VDIB_OK;
}

/* Numbers that are read under some choices of another key alone, and are to stay at their defaults under all others. */
static const struct {
    const char *key, *other;
    const char *any; /* names or tags of the choices of `other` that read it */
} PARTNERS[] = {
    {"objective.label_smoothing", "data.target", "classes"},
    {"learning.truncation", "learning.credit_assignment", "recurrent"},
    {"learning.target_on", "learning.estimator", "taught"},
    {"learning.target_off", "learning.estimator", "taught"},
    {"readout.initial_deviation", "readout.type", "gaussian"},
    {"neuron.threshold", "neuron.model", "reset"},
};

static vdib_status check_partners(const vdib_config *config) {
    char value[VDIB_CONFIG_VALUE], readers[TEXT];
    for (size_t i = 0; i < sizeof PARTNERS / sizeof PARTNERS[0]; i++) {
        const vdib__config_key *key = vdib__config_key_find(PARTNERS[i].key);
        const vdib__config_key *other = vdib__config_key_find(PARTNERS[i].other);
        const vdib__choice *chosen = vdib__config_chosen(config, other);
        vdib__config_format(config, key, value);
        if (vdib__choice_is(chosen, PARTNERS[i].any) || strcmp(value, key->standard) == 0)
            continue;
        list_choices(other, PARTNERS[i].any, readers);
        return vdib__fail(VDIB_ERROR_CONFIG, "%s is %s, which is for %s, and %s is '%s'; set it to %s", key->name,
                          value, readers, other->name, chosen->name, key->standard);
    }
    return VDIB_OK;
}

/* Numbers that depend on each other. */
static vdib_status check_learning(const vdib_config *config) {
    uint64_t warmup = config->learning.warmup_examples, end = config->learning.decay_examples;
    if (vdib__choice_is(config->learning.decay, "ends") && end != 0 && warmup >= end)
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "learning.warmup_examples is %" PRIu64 ", which leaves nothing of the %" PRIu64
                          " of learning.decay_examples; it takes less than these",
                          warmup, end);
    size_t truncation = config->learning.truncation;
    if (truncation > config->data.steps)
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "learning.truncation is %zu, more than the %zu of data.steps; it takes at most data.steps, "
                          "or 0 for all of them",
                          truncation, config->data.steps);
    if (vdib__choice_is(config->learning.estimator, "taught") &&
        config->learning.target_on == config->learning.target_off)
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "learning.target_on and learning.target_off are both %g: all neurons would spike alike, "
                          "whatever the class; set learning.target_on higher, or learning.target_off lower",
                          config->learning.target_on);
    return VDIB_OK;
}

static vdib_status check_windows(const vdib_config *config) {
    if (config->data.stride_us > 0 && config->data.window_us == 0)
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "data.stride_us is %lld, but data.window_us is 0: nothing is cut into windows; set both, or "
                          "neither",
                          (long long)config->data.stride_us);
    return VDIB_OK;
}

/* A decoder that reads every step anew has no first steps. */
static vdib_status check_cuts(const vdib_config *config) {
    if (config->decoder.random_cuts > 0 && vdib__choice_is(config->learning.schedule, "online"))
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "decoder.random_cuts is %g, but learning.schedule is 'online', which decodes every step and "
                          "cuts nothing; set it to 0, or choose episode",
                          config->decoder.random_cuts);
    return VDIB_OK;
}

/* Counts are of whole examples, and no spikes are sent that could be left out. */
static vdib_status check_counts(const vdib_config *config) {
    size_t bins = config->encoder.bins, least = vdib__choice_is(config->decoder.type, "conv") ? 4 : 1;
    if (!vdib__choice_is(config->encoder.type, "counts"))
        return VDIB_OK;
    if (config->decoder.window != 0)
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "decoder.window is %zu, but encoder.type 'counts' counts in all steps; set it to 0",
                          config->decoder.window);
    if (config->decoder.spike_dropout > 0)
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "decoder.spike_dropout is %g, but encoder.type 'counts' sends no spikes; set it to 0",
                          config->decoder.spike_dropout);
    if (config->decoder.random_cuts > 0)
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "decoder.random_cuts is %g, but encoder.type 'counts' counts in all steps; set it to 0",
                          config->decoder.random_cuts);
    if (bins < least || bins > config->data.steps)
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "encoder.bins is %zu; with decoder.type '%s' it takes %zu to the %zu of data.steps", bins,
                          config->decoder.type->name, least, config->data.steps);
    return VDIB_OK;
}

/* Numbers are sent in the place of spikes, and none of them depends on those before. */
static vdib_status check_gaussian(const vdib_config *config) {
    if (!vdib__choice_is(config->readout.type, "gaussian"))
        return VDIB_OK;
    if (config->readout.feedback_bases > 0)
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "readout.feedback_bases is %zu, but readout.type 'gaussian' has no spikes to feed back; set "
                          "it to 0",
                          config->readout.feedback_bases);
    if (config->decoder.spike_dropout > 0)
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "decoder.spike_dropout is %g, but readout.type 'gaussian' sends no spikes; set it to 0",
                          config->decoder.spike_dropout);
    if (config->decoder.random_cuts > 0)
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "decoder.random_cuts is %g, but readout.type 'gaussian' sends no spikes that could end; set "
                          "it to 0",
                          config->decoder.random_cuts);
    return VDIB_OK;
}

/* A probability of nothing. */
static vdib_status check_channel(const vdib_config *config) {
    double probability = config->channel.probability, evaluation = config->channel.evaluation_probability;
    if (vdib__choice_is(config->channel.type, "none") && (probability > 0 || evaluation > 0))
        return vdib__fail(
            VDIB_ERROR_CONFIG,
            "channel.%sprobability is %g, but channel.type is 'none', which loses nothing; choose another "
            "type, or set it to %s",
            probability > 0 ? "" : "evaluation_", probability > 0 ? probability : evaluation,
            probability > 0 ? "0" : "-1");
    return VDIB_OK;
}

vdib_status vdib_config_check(const vdib_config *config) {
    if (config == NULL)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_config_check: config must not be NULL");
    for (size_t l = 0; l < config->encoder.layers.count; l++) {
        vdib__layer_text parsed;
        VDIB_TRY(vdib__config_layer(config, l, &parsed));
    }
    vdib__pixels pixels;
    VDIB_TRY(vdib__config_pixels(config, &pixels));
    size_t width, height;
    VDIB_TRY(vdib__config_target_size(config, &width, &height));
    if (!vdib__ranges_valid(config->data.film_exclude))
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "data.film_exclude is '%s'; it takes none, or numbers and ranges like 800-999,1203",
                          config->data.film_exclude);
    VDIB_TRY(vdib__config_check_times(config));
    if (vdib__config_window(config) > config->data.steps)
        return vdib__fail(VDIB_ERROR_CONFIG,
                          "decoder.window is %zu, more than the %zu of data.steps; it takes at most "
                          "data.steps, or 0 for all of them",
                          vdib__config_window(config), config->data.steps);
    VDIB_TRY(check_windows(config));
    VDIB_TRY(check_partners(config));
    VDIB_TRY(check_learning(config));
    VDIB_TRY(check_augmentation(config));
    VDIB_TRY(check_channel(config));
    VDIB_TRY(check_cuts(config));
    VDIB_TRY(check_counts(config));
    VDIB_TRY(check_gaussian(config));
    return check_needs(config);
}
