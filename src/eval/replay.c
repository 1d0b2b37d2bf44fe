/* SPDX-License-Identifier: MIT */
#include "eval/replay.h"

#include <math.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/threads.h"
#include "data/inputs.h"
#include "eval/evaluate.h"
#include "eval/metrics.h"

enum { CHUNK = VDIB_REPLAY_CHUNK };

/* What one decoding scores. */
typedef struct decoded {
    bool right;
    double squares, distortion;
} decoded;

struct vdib__replay {
    /* parameters */
    const vdib__walk *walk;
    vdib__judging *judging;
    vdib__link link;
    size_t window, readouts, row, outputs;
    /* buffers */
    float *sent;     /* (CHUNK, window, readouts) */
    float *received; /* (CHUNK, window, row) */
    float *values;   /* (CHUNK, outputs) */
    decoded scores[CHUNK];
    uint32_t labels[CHUNK];
    vdib__chain_workspace *workspace;
};

vdib_status vdib__replay_create(const vdib__walk *walk, vdib__judging *judging, vdib__replay **replay) {
    const vdib_model *model = walk->model;
    vdib__replay *made = NULL;
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->walk = walk;
    made->judging = judging;
    made->link = vdib__model_link(model, VDIB_STAGE_EVALUATION);
    made->window = model->window;
    made->readouts = model->encoder.readout.neurons;
    made->row = model->row;
    made->outputs = model->outputs;
    vdib_status status = VDIB_NEW(&made->sent, CHUNK * made->window * made->readouts);
    if (status == VDIB_OK)
        status = VDIB_NEW(&made->received, CHUNK * made->window * made->row);
    if (status == VDIB_OK)
        status = VDIB_NEW(&made->values, CHUNK * made->outputs);
    if (status == VDIB_OK)
        status = vdib__chain_workspace_create(&model->decoder, CHUNK, walk->threads, &made->workspace);
    if (status != VDIB_OK) {
        vdib__replay_destroy(made);
        return status;
    }
    *replay = made;
    return VDIB_OK;
}

void vdib__replay_destroy(vdib__replay *replay) {
    if (replay == NULL)
        return;
    vdib__chain_workspace_destroy(replay->workspace);
    vdib__free(replay->values);
    vdib__free(replay->received);
    vdib__free(replay->sent);
    vdib__free(replay);
}

size_t vdib__replay_places(const vdib__walk *walk, size_t first, vdib__replay_place *places) {
    size_t total = walk->count * walk->decodings, count = 0;
    for (size_t number = first; number < total && count < CHUNK; number++, count++) {
        size_t i = number / walk->decodings;
        places[count] = (vdib__replay_place){.example = i,
                                             .step = walk->steps - walk->decodings + number % walk->decodings,
                                             .trial = walk->task->trial(walk, i)};
    }
    return count;
}

/* Tasks of parallel loops: decodings. */
typedef struct replaying {
    vdib__replay *replay;
    const vdib__replay_place *places;
    const vdib__replay_way *way;
    const float *logits;
} replaying;

static void fill_task(const void *context, size_t i, size_t slot) {
    const replaying *r = context;
    const vdib__replay *replay = r->replay;
    const vdib__replay_place *place = &r->places[i];
    size_t first = place->step + 1 - replay->window;
    float *sent = replay->sent + i * replay->window * replay->readouts;
    float *received = replay->received + i * replay->window * replay->row;
    (void)slot;
    vdib__key key = {.seed = replay->walk->model->config->seed,
                     .purpose = VDIB_PURPOSE_SHUFFLE,
                     .stage = VDIB_STAGE_EVALUATION,
                     .example = replay->walk->indices[place->example],
                     .sample = place->sample};
    memcpy(sent, place->trial->window + first * replay->readouts, replay->window * replay->readouts * sizeof *sent);
    if (r->way->change != NULL)
        r->way->change(&key, place->step, replay->window, replay->readouts, sent);
    vdib__link_receive(&replay->link, &key, first, replay->window, sent, received);
    memset(received + r->way->arrived * replay->row, 0,
           (replay->window - r->way->arrived) * replay->row * sizeof *received);
}

vdib_status vdib__replay_decode(vdib__replay *replay, const vdib__replay_place *places, size_t count,
                                const vdib__replay_way *way, const float **logits) {
    const vdib_model *model = replay->walk->model;
    const replaying all = {.replay = replay, .places = places, .way = way};
    vdib__parallel(replay->walk->threads, count, fill_task, &all);
    return vdib__chain_forward(&model->decoder, &model->table, model->parameters, replay->walk->threads,
                               replay->workspace, replay->received, count, logits);
}

/* Leaves the decoder's values in the replay's. */
static void score_task(const void *context, size_t i, size_t slot) {
    const replaying *r = context;
    const vdib__walk *walk = r->replay->walk;
    const vdib__head *head = walk->model->head;
    const vdib_example *example = walk->examples[r->places[i].example];
    size_t outputs = r->replay->outputs;
    const float *logits = r->logits + i * outputs;
    float *values = r->replay->values + i * outputs;
    uint32_t label = walk->task->label(example, r->places[i].step), said = vdib__most_probable(logits, outputs);
    decoded score = {.right = said == label, .distortion = head->distortion(logits, outputs, example->target, label)};
    (void)slot;
    if (!walk->task->by_step) /* where the class alone is scored, its probabilities are not asked */
        head->output(logits, outputs, values);
    if (walk->task->by_step)
        score.squares = vdib__class_mse(vdib__target_of(walk->model->config->data.target), outputs, said, label);
    else if (head->classes)
        score.squares = vdib__one_hot_mse(values, outputs, label);
    else
        score.squares = vdib__mse(values, example->target, outputs);
    r->replay->scores[i] = score;
}

vdib_status vdib__replay_score(vdib__replay *replay, const vdib__replay_place *places, size_t count,
                               const float *logits, vdib__score *score) {
    const vdib__walk *walk = replay->walk;
    const replaying all = {.replay = replay, .places = places, .logits = logits};
    vdib__parallel(walk->threads, count, score_task, &all);
    if (replay->judging != NULL)
        VDIB_TRY(vdib__judge_label(replay->judging->judge, walk->threads, replay->values, count, replay->labels));
    for (size_t i = 0; i < count; i++) {
        const decoded *one = &replay->scores[i];
        score->right += one->right;
        vdib__sum_add(&score->squares, one->squares);
        vdib__sum_add(&score->distortion, one->distortion);
        score->count++;
        if (replay->judging != NULL)
            score->judged_right += replay->labels[i] == walk->examples[places[i].example]->label;
    }
    return VDIB_OK;
}

vdib_status vdib__replay_batch(vdib__replay *replay, const vdib__replay_way *way, vdib__score *score) {
    vdib__replay_place places[CHUNK];
    const float *logits = NULL;
    for (size_t first = 0, count; (count = vdib__replay_places(replay->walk, first, places)) > 0; first += count) {
        VDIB_TRY(vdib__replay_decode(replay, places, count, way, &logits));
        VDIB_TRY(vdib__replay_score(replay, places, count, logits, score));
    }
    return VDIB_OK;
}

vdib__scores vdib__replay_means(const vdib__replay *replay, const vdib__score *score) {
    double count = (double)score->count;
    return (vdib__scores){
        .accuracy = replay->walk->model->head->classes ? (double)score->right / count : NAN,
        .judge_accuracy = replay->judging != NULL ? (double)score->judged_right / count : NAN,
        .mse = vdib__sum_value(&score->squares) / count,
        .distortion_nats = vdib__sum_value(&score->distortion) / count,
    };
}

vdib_status vdib__score_share(vdib__score *score, vdib__ranks *ranks) {
    VDIB_TRY(vdib__ranks_count_up(ranks, &score->right, 1));
    VDIB_TRY(vdib__ranks_count_up(ranks, &score->judged_right, 1));
    VDIB_TRY(vdib__ranks_sum(ranks, &score->squares, 1));
    VDIB_TRY(vdib__ranks_sum(ranks, &score->distortion, 1));
    return vdib__ranks_count_up(ranks, &score->count, 1);
}
