/* SPDX-License-Identifier: MIT */
/* plain-figures MODEL DATA SPLIT: the figures of a model file on "training", "validation" or "test" data, computed
 * plainly; a line each, its name and its value. DATA as --data; "-": what the experiment has built in. "loss" is the
 * objective's mean over the split. */
#include <math.h>

#include "core/alloc.h"
#include "data/dataset.h"
#include "eval/judge.h"
#include "plain/plain.h"
#include "support.h"

static void ask(void *user, const float *images, size_t count, uint32_t *labels) {
    assert_ok(vdib__judge_label(user, 1, images, count, labels));
}

/* The judge of the natural images, where the model's outputs can be shown to one. */
static vdib__judge *judge_of(const vdib_dataset *dataset, const plain_model *model) {
    vdib__images images;
    vdib__judge *judge = NULL;
    assert_ok(vdib__dataset_judge_images(dataset, &images));
    if (images.count > 0 && model->head == PLAIN_BERNOULLI && images.height * images.width == model->outputs)
        assert_ok(vdib__judge_open(&images, 1, &judge));
    vdib__free(images.chosen);
    return judge;
}

static void print_figures(const char *model_path, const char *data, vdib_split split) {
    vdib_model *model = NULL;
    vdib_dataset *dataset = NULL;
    assert_ok(vdib_model_load(model_path, &model));
    assert_ok(vdib_dataset_open(data, vdib_model_config(model), &dataset));
    plain_model *plain = plain_model_of(model);
    vdib__judge *judge = judge_of(dataset, plain);
    plain_evaluation *e = plain_evaluate(plain, dataset, split, 0, judge != NULL ? ask : NULL, judge);
    for (size_t i = 0; i < e->count; i++)
        printf("%s %.17g\n", e->names[i], e->values[i]);
    printf("loss %.17g\n", plain_validate(plain, dataset, split).loss);
    plain_evaluation_free(e);
    vdib__judge_destroy(judge);
    plain_model_free(plain);
    vdib_dataset_destroy(dataset);
    vdib_model_destroy(model);
}

int main(int count, char **arguments) {
    static const char *const splits[] = {"training", "validation", "test"};
    for (int s = 0; count == 4 && s < 3; s++)
        if (strcmp(arguments[3], splits[s]) == 0) {
            print_figures(arguments[1], strcmp(arguments[2], "-") == 0 ? NULL : arguments[2], (vdib_split)s);
            return 0;
        }
    fputs("usage: plain-figures MODEL DATA training|validation|test\n", stderr);
    return 2;
}
