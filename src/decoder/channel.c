/* SPDX-License-Identifier: MIT */
#include "decoder/channel.h"

#include <string.h>

/* Neurons whose events are drawn at once. */
enum { CHUNK = 64 };

static float flipped(float spike, float event) {
    return spike + event - 2.0F * spike * event;
}

static float flipped_slope(float event) {
    return 1.0F - 2.0F * event;
}

static float erased(float spike, float event) {
    return spike * (1.0F - event);
}

static float erased_slope(float event) {
    return 1.0F - event;
}

const vdib__channel vdib__channel_none = {.choice = {.name = "none", .help = "every spike arrives"}};
static const vdib__channel flips = {
    .choice = {.name = "flips", .help = "bits flip: a spike is lost, or one arrives that was not sent"},
    .receive = flipped,
    .slope = flipped_slope};
static const vdib__channel erasures = {
    .choice = {.name = "erasures", .help = "spikes are lost one by one, and nothing tells of it"},
    .receive = erased,
    .slope = erased_slope};
static const vdib__channel packets = {
    .choice = {.name = "packets",
               .help = "the spikes of channel.packet_steps steps are lost together, and the decoder is told",
               .tags = "marks"},
    .packets = true,
    .receive = erased,
    .slope = erased_slope};
static const vdib__choice *const rows[] = {&vdib__channel_none.choice, &flips.choice, &erasures.choice,
                                           &packets.choice};
const vdib__choices vdib__channels = VDIB_CHOICES(rows);

size_t vdib__link_row(const vdib__link *link) {
    return link->readouts + (link->channel->packets ? 1 : 0);
}

static bool has_events(const vdib__link *link) {
    return link->channel->receive != NULL && link->probability > 0.0F;
}

bool vdib__link_is_plain(const vdib__link *link) {
    return !link->channel->packets && !has_events(link) && !(link->dropout > 0.0F) && !(link->cuts > 0.0F);
}

/* Events (count) of neurons from `begin` on, a multiple of 4, in a step: 1 with the given probability, else 0. */
static void draw(const vdib__key *key, size_t step, size_t begin, size_t count, float probability, float *events) {
    uint32_t words[CHUNK];
    for (size_t i = 0; i < count; i += 4)
        vdib__random_block(key, (uint32_t)step, (uint32_t)((begin + i) / 4), words + i);
    for (size_t i = 0; i < count; i++)
        events[i] = vdib__uniform(words[i]) < probability ? 1.0F : 0.0F;
}

/* One step on its way: the events of the channel and of dropout. */
typedef struct passage {
    const vdib__link *link;
    vdib__key channel, dropout;
    size_t step;
    bool lost; /* its packet */
} passage;

static passage passage_of(const vdib__link *link, const vdib__key *key, size_t step) {
    passage p = {.link = link, .channel = *key, .dropout = *key, .step = step};
    float event = 0.0F;
    p.channel.purpose = VDIB_PURPOSE_CHANNEL;
    p.dropout.purpose = VDIB_PURPOSE_DROPOUT;
    if (link->channel->packets)
        draw(&p.channel, step / link->packet_steps, 0, 1, link->probability, &event);
    p.lost = event != 0.0F;
    return p;
}

/* events (count) of the channel; false if there are none. */
static bool channel_events(const passage *p, size_t begin, size_t count, float *events) {
    if (!has_events(p->link))
        return false;
    if (!p->link->channel->packets)
        draw(&p->channel, p->step, begin, count, p->link->probability, events);
    for (size_t i = 0; i < count && p->link->channel->packets; i++)
        events[i] = p->lost ? 1.0F : 0.0F;
    return true;
}

/* values *= 0 where dropout leaves a spike out, else 1/(1 - share) */
static void drop(const passage *p, size_t begin, size_t count, float *values) {
    float events[CHUNK], kept = 1.0F / (1.0F - p->link->dropout);
    if (!(p->link->dropout > 0.0F))
        return;
    draw(&p->dropout, p->step, begin, count, p->link->dropout, events);
    for (size_t i = 0; i < count; i++)
        values[i] = events[i] != 0.0F ? 0.0F : values[i] * kept;
}

size_t vdib__link_arrived(const vdib__link *link, const vdib__key *key, size_t steps) {
    vdib__key cut = *key;
    cut.purpose = VDIB_PURPOSE_CUT;
    cut.sample = 0;
    if (!(link->cuts > 0.0F) || !(vdib__random_uniform(&cut, 0, 0) < link->cuts))
        return steps;
    return 1 + (size_t)((double)vdib__random_uniform(&cut, 0, 1) * (double)steps);
}

void vdib__link_receive(const vdib__link *link, const vdib__key *key, size_t first, size_t steps, const float *sent,
                        float *received) {
    float events[CHUNK];
    size_t row = vdib__link_row(link), arrived = vdib__link_arrived(link, key, steps);
    memset(received + arrived * row, 0, (steps - arrived) * row * sizeof *received);
    if (vdib__link_is_plain(link)) {
        memcpy(received, sent, steps * link->readouts * sizeof *sent);
        return;
    }
    for (size_t t = 0; t < arrived; t++, sent += link->readouts, received += row) {
        const passage p = passage_of(link, key, first + t);
        memcpy(received, sent, link->readouts * sizeof *sent);
        if (link->channel->packets)
            received[link->readouts] = p.lost ? 1.0F : 0.0F;
        for (size_t begin = 0; begin < link->readouts; begin += CHUNK) {
            size_t count = link->readouts - begin < CHUNK ? link->readouts - begin : CHUNK;
            bool some = channel_events(&p, begin, count, events);
            for (size_t i = 0; i < count && some; i++)
                received[begin + i] = link->channel->receive(sent[begin + i], events[i]);
            drop(&p, begin, count, received + begin);
        }
    }
}

/* In order of time a step's gradient moves to where it was or before; of what was cut it is 0. */
void vdib__link_back(const vdib__link *link, const vdib__key *key, size_t first, size_t steps, float *gradient) {
    float events[CHUNK], *to = gradient;
    const float *from = gradient;
    size_t arrived = vdib__link_arrived(link, key, steps);
    for (size_t t = 0; t < arrived; t++, from += vdib__link_row(link), to += link->readouts) {
        const passage p = passage_of(link, key, first + t);
        memmove(to, from, link->readouts * sizeof *to);
        for (size_t begin = 0; begin < link->readouts; begin += CHUNK) {
            size_t count = link->readouts - begin < CHUNK ? link->readouts - begin : CHUNK;
            bool some = channel_events(&p, begin, count, events);
            for (size_t i = 0; i < count && some; i++)
                to[begin + i] *= link->channel->slope(events[i]);
            drop(&p, begin, count, to + begin);
        }
    }
    memset(to, 0, (steps - arrived) * link->readouts * sizeof *to);
}
