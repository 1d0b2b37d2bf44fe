/* SPDX-License-Identifier: MIT */
/* Trains an experiment on a folder of data and saves the model: the main job, in the library's own terms.
 *
 *     cc train.c -lvdib -o train
 *     ./train published/dvs nmnist model.safetensors
 */
#include <stdio.h>

#include <vdib/vdib.h>

static vdib_status train(const char *experiment, const char *folder, const char *path) {
    vdib_config *config = NULL;
    vdib_dataset *data = NULL;
    vdib_trainer *trainer = NULL;
    vdib_progress progress = {.size = sizeof(vdib_progress)};

    vdib_status status = vdib_config_load(experiment, &config);
    if (status == VDIB_OK)
        status = vdib_dataset_open(folder, config, &data);
    if (status == VDIB_OK)
        status = vdib_trainer_create(config, data, &trainer);
    while (status == VDIB_OK && !progress.done) {
        status = vdib_trainer_step(trainer, &progress);
        if (status == VDIB_OK && progress.validated)
            printf("%llu examples: validation loss %g\n", (unsigned long long)progress.examples,
                   progress.validation_loss);
    }
    if (status == VDIB_OK)
        status = vdib_model_save(vdib_trainer_model(trainer), path);
    if (status == VDIB_OK)
        printf("%s: after %llu examples\n", path, (unsigned long long)progress.examples);

    vdib_trainer_destroy(trainer);
    vdib_dataset_destroy(data);
    vdib_config_destroy(config);
    return status;
}

int main(int argc, char **argv) {
    if (argc != 4) {
        fprintf(stderr, "usage: %s EXPERIMENT DATA-FOLDER MODEL.safetensors\n", argv[0]);
        return 2;
    }
    if (train(argv[1], argv[2], argv[3]) != VDIB_OK) {
        fprintf(stderr, "%s\n", vdib_last_message());
        return 1;
    }
    return 0;
}
