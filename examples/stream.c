/* SPDX-License-Identifier: MIT */
/* Reads an event file packet by packet, as from a sensor, and prints the readout spikes of each step when it is over.
 *
 *     cc stream.c -lvdib -o stream
 *     ./stream model.safetensors 00001.bin
 */
#include <inttypes.h>
#include <stdio.h>

#include <vdib/vdib.h>

static void print_step(void *user, uint64_t step, const uint32_t *spikes, size_t count) {
    (void)user;
    printf("%" PRIu64 ":", step);
    for (size_t i = 0; i < count; i++)
        printf(" %" PRIu32, spikes[i]);
    putchar('\n');
}

static vdib_status stream_file(const char *model_path, const char *path) {
    vdib_model *model = NULL;
    vdib_events *events = NULL;
    vdib_stream *stream = NULL;
    vdib_event packet[64];
    vdib_stream_counts counts = {.size = sizeof(vdib_stream_counts)};
    size_t count = 0;

    vdib_status status = vdib_model_load(model_path, &model);
    if (status == VDIB_OK)
        status = vdib_events_open(path, &events);
    if (status == VDIB_OK)
        status = vdib_stream_create(model, 1, 0, &stream);
    do {
        if (status == VDIB_OK)
            status = vdib_events_read(events, packet, sizeof packet / sizeof packet[0], &count);
        if (status == VDIB_OK)
            status = vdib_stream_push(stream, packet, count, print_step, NULL);
    } while (status == VDIB_OK && count > 0);
    if (status == VDIB_OK)
        status = vdib_stream_counted(stream, &counts);
    if (status == VDIB_OK)
        fprintf(stderr, "%" PRIu64 " steps, %" PRIu64 " readout spikes\n", counts.steps, counts.readout_spikes);

    vdib_stream_destroy(stream);
    vdib_events_close(events);
    vdib_model_destroy(model);
    return status;
}

int main(int argc, char **argv) {
    if (argc != 3) {
        fprintf(stderr, "usage: %s MODEL.safetensors RECORDING\n", argv[0]);
        return 2;
    }
    if (stream_file(argv[1], argv[2]) != VDIB_OK) {
        fprintf(stderr, "%s\n", vdib_last_message());
        return 1;
    }
    return 0;
}
