/* SPDX-License-Identifier: MIT */
/* The channel: what is received against its definition, event by event, and the way back against differences, which
 * are exact where what is received is linear in what was sent. */
#include <math.h>

#include "support.h"

#include "decoder/channel.h"

enum { STEPS = 7, MOST = 130, ROW = MOST + 1 };

static const vdib__key KEY = {.seed = 5, .stage = VDIB_STAGE_TRAINING, .example = 9};

static vdib__link link_of(const char *type, float probability, size_t packet_steps, float dropout, size_t readouts) {
    return (vdib__link){.channel = vdib__channel_of(vdib__choice_find(&vdib__channels, type)),
                        .probability = probability,
                        .packet_steps = packet_steps,
                        .dropout = dropout,
                        .readouts = readouts};
}

static void draw_spikes(size_t count, float *spikes) {
    const vdib__key key = {.seed = 2, .purpose = VDIB_PURPOSE_STIMULUS};
    for (size_t i = 0; i < count; i++)
        spikes[i] = vdib__random_uniform(&key, 0, (uint32_t)i) < 0.3F ? 1.0F : 0.0F;
}

static bool happens(vdib__purpose purpose, size_t step, size_t neuron, float probability) {
    vdib__key key = KEY;
    key.purpose = purpose;
    return vdib__random_uniform(&key, (uint32_t)step, (uint32_t)neuron) < probability;
}

/* What is received of the spike of a neuron. */
static float wanted(const vdib__link *link, size_t step, size_t neuron, float spike) {
    const char *type = link->channel->choice.name;
    bool packets = strcmp(type, "packets") == 0;
    bool event = happens(VDIB_PURPOSE_CHANNEL, packets ? step / link->packet_steps : step, packets ? 0 : neuron,
                         link->probability);
    float arrives = strcmp(type, "none") == 0 || !event ? spike : strcmp(type, "flips") == 0 ? 1.0F - spike : 0.0F;
    if (link->dropout > 0.0F)
        arrives = happens(VDIB_PURPOSE_DROPOUT, step, neuron, link->dropout) ? 0.0F : arrives / (1.0F - link->dropout);
    return arrives;
}

static void check(const vdib__link *link, size_t first) {
    float sent[STEPS * MOST], received[STEPS * ROW];
    size_t row = vdib__link_row(link), changed = 0, lost = 0;
    draw_spikes(STEPS * link->readouts, sent);
    for (size_t i = 0; i < STEPS * ROW; i++)
        received[i] = -7.0F;
    vdib__link_receive(link, &KEY, first, STEPS, sent, received);
    for (size_t t = 0; t < STEPS; t++) {
        for (size_t i = 0; i < link->readouts; i++) {
            float want = wanted(link, first + t, i, sent[t * link->readouts + i]), got = received[t * row + i];
            if (!(got - want < 1e-6F && want - got < 1e-6F))
                fail_msg("%s: step %zu, neuron %zu receives %g, not %g", link->channel->choice.name, first + t, i,
                         (double)got, (double)want);
            changed += got != sent[t * link->readouts + i];
        }
        if (row > link->readouts) {
            bool gone = happens(VDIB_PURPOSE_CHANNEL, (first + t) / link->packet_steps, 0, link->probability);
            assert_true(received[t * row + row - 1] == (gone ? 1.0F : 0.0F));
            lost += gone;
        }
    }
    for (size_t i = STEPS * row; i < STEPS * ROW; i++) /* nothing beyond */
        assert_true(received[i] == -7.0F);
    bool works = !vdib__link_is_plain(link) && (link->probability > 0.0F || link->dropout > 0.0F);
    bool rare = link->readouts < 64 || link->channel->packets; /* events of few spikes, or of few packets */
    assert_true(works ? changed > 0 || rare : changed == 0);
    assert_true(lost <= STEPS && (link->probability > 0.0F || lost == 0));
}

static void what_is_received_is_its_definition(void **state) {
    (void)state;
    static const char *const types[] = {"none", "flips", "erasures", "packets"};
    static const size_t sizes[] = {3, 64, 67, MOST};
    for (size_t k = 0; k < 4; k++)
        for (size_t n = 0; n < 4; n++)
            for (int drops = 0; drops < 2; drops++) {
                vdib__link link = link_of(types[k], 0.4F, 1, drops ? 0.25F : 0.0F, sizes[n]);
                check(&link, 0);
                check(&link, 11);
                link.packet_steps = 3;
                check(&link, 1);
                link.probability = 0.0F;
                check(&link, 2);
            }
}

/* dy'/dy is y' of a spike less y' of none. */
static void the_way_back_is_the_derivative(void **state) {
    (void)state;
    static const char *const types[] = {"none", "flips", "erasures", "packets"};
    for (size_t k = 0; k < 4; k++)
        for (int drops = 0; drops < 2; drops++) {
            const vdib__link link = link_of(types[k], 0.4F, 2, drops ? 0.25F : 0.0F, 67);
            float none[STEPS * 67] = {0}, all[STEPS * 67], low[STEPS * 68], high[STEPS * 68], gradient[STEPS * 68],
                               given[STEPS * 68];
            size_t row = vdib__link_row(&link);
            for (size_t i = 0; i < STEPS * 67; i++)
                all[i] = 1.0F;
            for (size_t i = 0; i < STEPS * row; i++)
                gradient[i] = given[i] = 0.5F + (float)(i % 13);
            vdib__link_receive(&link, &KEY, 4, STEPS, none, low);
            vdib__link_receive(&link, &KEY, 4, STEPS, all, high);
            vdib__link_back(&link, &KEY, 4, STEPS, gradient);
            for (size_t t = 0; t < STEPS; t++)
                for (size_t i = 0; i < 67; i++) {
                    float want = given[t * row + i] * (high[t * row + i] - low[t * row + i]);
                    assert_float_equal(gradient[t * 67 + i], want, 1e-5);
                }
        }
}

/* Of a share of the examples the first steps alone are received, each number of them as often; the rest is 0, marks and
 * gradients too. All draws of an example are cut alike, and nothing before the cut changes. */
static void examples_are_cut(void **state) {
    (void)state;
    enum { EXAMPLES = 6000, NEURONS = 67 };
    size_t whole = 0, lengths[STEPS + 1] = {0};
    float sent[STEPS * NEURONS], uncut[STEPS * ROW], received[STEPS * ROW], gradient[STEPS * ROW], given[STEPS * ROW];
    for (size_t i = 0; i < STEPS * NEURONS; i++)
        sent[i] = 1.0F;
    for (uint64_t example = 0; example < EXAMPLES; example++) {
        vdib__key key = KEY, other = KEY;
        key.example = other.example = example;
        other.sample = 3;
        vdib__link link = link_of(example % 2 == 0 ? "packets" : "none", 0.4F, 1, 0.0F, NEURONS);
        size_t row = vdib__link_row(&link);
        vdib__link_receive(&link, &key, 4, STEPS, sent, uncut);
        for (size_t i = 0; i < STEPS * row; i++)
            gradient[i] = given[i] = 1.0F + (float)i;
        vdib__link_back(&link, &key, 4, STEPS, given);
        link.cuts = 0.6F;
        assert_false(vdib__link_is_plain(&link));
        size_t arrived = vdib__link_arrived(&link, &key, STEPS);
        assert_in_range(arrived, 1, STEPS);
        assert_int_equal(vdib__link_arrived(&link, &other, STEPS), arrived);
        lengths[arrived]++;
        vdib__link_receive(&link, &key, 4, STEPS, sent, received);
        vdib__link_back(&link, &key, 4, STEPS, gradient);
        for (size_t i = 0; i < STEPS * row; i++)
            assert_true(received[i] == (i < arrived * row ? uncut[i] : 0.0F));
        for (size_t i = 0; i < STEPS * NEURONS; i++)
            assert_true(gradient[i] == (i < arrived * NEURONS ? given[i] : 0.0F));
        link.cuts = 1.0F;
        whole += vdib__link_arrived(&link, &key, STEPS) == STEPS;
    }
    const double each = 0.6 * EXAMPLES / STEPS, deviation = 4.5 * sqrt(each);
    for (size_t k = 1; k < STEPS; k++)
        assert_true(fabs((double)lengths[k] - each) < deviation);
    assert_true(fabs((double)lengths[STEPS] - 0.4 * EXAMPLES - each) < 4.5 * sqrt(0.4 * EXAMPLES));
    assert_true(fabs((double)whole - (double)EXAMPLES / STEPS) < 4.5 * sqrt((double)EXAMPLES / STEPS));
    vdib__key evaluated = KEY;
    evaluated.example = 1;
    vdib__link none = link_of("none", 0.0F, 1, 0.0F, NEURONS);
    assert_int_equal(vdib__link_arrived(&none, &evaluated, STEPS), STEPS);
}

/* Steps, examples and stages have events of their own; the same ones have the same, wherever a window begins. */
static void events_follow_from_the_key(void **state) {
    (void)state;
    const vdib__link link = link_of("flips", 0.5F, 1, 0.0F, 67);
    float sent[STEPS * 67] = {0}, whole[STEPS * 67], part[67], other[STEPS * 67];
    vdib__link_receive(&link, &KEY, 0, STEPS, sent, whole);
    vdib__link_receive(&link, &KEY, 3, 1, sent, part);
    assert_memory_equal(part, whole + (size_t)3 * 67, sizeof part);
    assert_memory_not_equal(whole, whole + 67, 67 * sizeof *whole);
    for (int which = 0; which < 4; which++) {
        vdib__key key = KEY;
        key.seed += which == 0, key.example += which == 1, key.sample += which == 3;
        key.stage = which == 2 ? VDIB_STAGE_EVALUATION : key.stage;
        vdib__link_receive(&link, &key, 0, STEPS, sent, other);
        assert_memory_not_equal(other, whole, sizeof whole);
    }
    vdib__key purpose = KEY;
    purpose.purpose = VDIB_PURPOSE_READOUT; /* is not read */
    vdib__link_receive(&link, &purpose, 0, STEPS, sent, other);
    assert_memory_equal(other, whole, sizeof whole);
}

static void what_changes_nothing_is_plain(void **state) {
    (void)state;
    const vdib__link plain[] = {link_of("none", 0, 1, 0, 4), link_of("flips", 0, 1, 0, 4),
                                link_of("erasures", 0, 3, 0, 4)};
    const vdib__link not_plain[] = {link_of("none", 0, 1, 0.1F, 4), link_of("flips", 0.1F, 1, 0, 4),
                                    link_of("packets", 0, 1, 0, 4)}; /* a mark is read, too */
    for (size_t i = 0; i < 3; i++) {
        assert_true(vdib__link_is_plain(&plain[i]));
        assert_false(vdib__link_is_plain(&not_plain[i]));
        assert_int_equal(vdib__link_row(&plain[i]), 4);
        assert_int_equal(vdib__link_row(&not_plain[i]), i == 2 ? 5 : 4);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_received_is_its_definition),
        cmocka_unit_test(the_way_back_is_the_derivative),
        cmocka_unit_test(examples_are_cut),
        cmocka_unit_test(events_follow_from_the_key),
        cmocka_unit_test(what_changes_nothing_is_plain),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
