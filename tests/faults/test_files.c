/* SPDX-License-Identifier: MIT */
/* Event files, conversions, views, data sets and exports when memory runs out. */
#include "faults.h"

#include <sys/stat.h>

#include "data/files.h"

enum { SIDE = 8, EVENTS = 300 };

/* Two bars, one for each class: events of a column or of a row. */
static void draw_events(vdib_event events[EVENTS], unsigned number) {
    for (unsigned i = 0; i < EVENTS; i++) {
        uint16_t along = (uint16_t)((i * 5 + number) % SIDE), across = (uint16_t)(number / 2 % SIDE);
        events[i] = (vdib_event){.t = 100 * (int64_t)i,
                                 .x = number % 2 == 0 ? along : across,
                                 .y = number % 2 == 0 ? across : along,
                                 .polarity = (uint8_t)(i / 3 % 2)};
    }
}

/* A writer that failed can only be closed. */
static vdib_status try_to_write(const char *path, unsigned number) {
    const vdib_writer_options options = {.size = sizeof options, .width = SIDE, .height = SIDE};
    vdib_writer *writer = NULL;
    vdib_event events[EVENTS];
    draw_events(events, number);
    vdib_status status = vdib_writer_open(path, &options, &writer);
    if (status == VDIB_OK)
        status = vdib_writer_put(writer, events, EVENTS);
    if (status == VDIB_OK)
        status = vdib_writer_finish(writer);
    vdib_writer_close(writer);
    return status;
}

static void write_recording(const char *path, unsigned number) {
    TRY(try_to_write(path, number));
}

static void add_text(faults *f, const char *text) {
    faults_add(f, text, strlen(text));
}

static void add_info(faults *f, const vdib_events_info *info) {
    FAULTS_ADD(f, info->events + info->on_events + info->width + info->height);
    FAULTS_ADD(f, info->last_us - info->first_us);
}

/* ---- event files ---- */

/* Packets that failed are not read on: further events would be others. */
static vdib_status try_packets(const char *path, uint64_t *sum, vdib_events_info *info) {
    const vdib_packets_options options = {.size = sizeof options, .from_us = 2000, .to_us = 20000};
    vdib_packets *packets = NULL;
    vdib_event buffer[64];
    size_t count = 1;
    vdib_status status = vdib_packets_open(path, &options, &packets);
    assert_int_equal(status == VDIB_OK, packets != NULL);
    *sum = 0;
    while (status == VDIB_OK && count > 0) {
        status = vdib_packets_read(packets, buffer, 64, &count);
        for (size_t i = 0; status == VDIB_OK && i < count; i++)
            *sum += (uint64_t)buffer[i].t * SIDE + buffer[i].x;
    }
    if (status == VDIB_OK)
        status = vdib_packets_describe(packets, info);
    else if (packets != NULL)
        assert_int_equal(vdib_packets_read(packets, buffer, 64, &count), status);
    vdib_packets_close(packets);
    return status;
}

static void read_packets(faults *f, const char *path) {
    vdib_events_info info = {.size = sizeof info};
    uint64_t sum = 0;
    TRY(try_packets(path, &sum, &info));
    FAULTS_ADD(f, sum);
    add_info(f, &info);
}

static void read_whole(faults *f, const char *path) {
    vdib_events *events = NULL;
    vdib_events_info info = {.size = sizeof info};
    const vdib_event *array = NULL;
    vdib_event buffer[10];
    size_t count = 0;
    MAKE(events, vdib_events_open(path, &events));
    TRY(vdib_events_read(events, buffer, 10, &count));
    FAULTS_ADD(f, buffer[9].t);
    TRY(vdib_events_all(events, &array, &count));
    FAULTS_ADD(f, count);
    TRY(vdib_events_describe(events, &info));
    add_info(f, &info);
    vdib_events_close(events);
}

/* Not HDF5, which the helper program writes, in memory of its own; not formats for a sensor of another shape. */
static bool can_write(const vdib_writer_format *format) {
    return strcmp(format->name, "openeb") != 0 && strcmp(format->name, "dsec") != 0 &&
           (format->rows == 0 || format->rows >= SIDE);
}

static void recordings(faults *f) {
    for (size_t i = 0; i < vdib_writer_format_count(); i++) {
        vdib_writer_format format = {.size = sizeof format};
        char name[64], path[FAULTS_PATH];
        TRY(vdib_writer_format_describe(i, &format));
        if (!can_write(&format))
            continue;
        snprintf(name, sizeof name, "%zu%.*s", i, (int)strcspn(format.endings, " "), format.endings);
        write_recording(faults_path(f, name, path), 3);
        faults_add_file(f, path);
        read_packets(f, path);
        read_whole(f, path);
    }
    read_packets(f, VDIB_TEST_SOURCE "/fuzz/corpus/npz/rows.npz"); /* an array that is found by its shape */
}

static vdib_status try_frames(uint64_t *sum, vdib_frames_info *info) {
    vdib_frames *frames = NULL;
    vdib_frame frame = {.size = sizeof frame};
    vdib_status status = vdib_frames_open(VDIB_TEST_SOURCE "/fuzz/corpus/frames/none", &frames);
    *sum = 0;
    do {
        if (status == VDIB_OK)
            status = vdib_frames_next(frames, &frame);
        for (size_t i = 0; status == VDIB_OK && frame.pixels != NULL && i < frame.width * frame.height; i++)
            *sum += i * frame.pixels[i];
    } while (status == VDIB_OK && frame.pixels != NULL);
    if (status == VDIB_OK)
        status = vdib_frames_describe(frames, info);
    else if (frames != NULL)
        assert_int_equal(vdib_frames_next(frames, &frame), status);
    vdib_frames_close(frames);
    return status;
}

static void frames(faults *f) {
    vdib_frames_info info = {.size = sizeof info};
    uint64_t sum = 0;
    TRY(try_frames(&sum, &info));
    FAULTS_ADD(f, sum + info.frames);
}

/* ---- conversion and views ---- */

/* A recording that memory did not suffice for does not end the others: the callback is told. */
static void note_failure(void *user, const vdib_converted *file) {
    if (faults_struck(file->status)) {
        assert_true(file->message[0] != '\0');
        *(bool *)user = true;
    } else
        assert_int_equal(file->status, VDIB_OK);
}

static void conversions(faults *f) {
    const vdib_conversion options = {
        .size = sizeof options, .replace = true, .sort = true, .flip_x = true, .rotate = 90, .hot_pixels = true};
    vdib_conversion_report report = {.size = sizeof report};
    vdib_events_info info = {.size = sizeof info};
    char from[FAULTS_PATH], to[FAULTS_PATH];
    write_recording(faults_path(f, "1.es", from), 1);
    faults_path(f, "1.csv", to);
    TRY((vdib_conversion_report_clear(&report), vdib_convert(from, to, &options, &report, &info)));
    FAULTS_ADD(f, report.written);
    add_info(f, &info);
    faults_add_file(f, to);
    vdib_conversion_report_clear(&report);
}

static void folders_converted(faults *f) {
    char from[FAULTS_PATH], path[FAULTS_PATH], to[FAULTS_PATH];
    size_t passed_over = 0;
    bool failed = false;
    const vdib_conversion options = {.size = sizeof options, .format = "csv", .replace = true, .user = &failed};
    assert_int_equal(mkdir(faults_path(f, "in", from), 0700), 0);
    write_recording(faults_path(f, "in/1.es", path), 1);
    write_recording(faults_path(f, "in/2.es", path), 2);
    faults_path(f, "out", to);
    TRY(vdib_convert_folder(from, to, &options, note_failure, &passed_over));
    if (failed)
        TRY(vdib_convert_folder(from, to, &options, note_failure, &passed_over));
    faults_add_file(f, faults_path(f, "out/2.csv", path));
}

static void views(faults *f) {
    const vdib_view_options options = {.size = sizeof options, .window_us = 10000};
    vdib_view *view = NULL;
    vdib_view_info info = {.size = sizeof info};
    vdib_sheet_info sheet = {.size = sizeof sheet};
    char path[FAULTS_PATH], *text = NULL;
    assert_int_equal(mkdir(faults_path(f, "a", path), 0700), 0);
    write_recording(faults_path(f, "a/1.es", path), 1);
    MAKE(view, vdib_view_open(path, &options, &view));
    TRY(vdib_view_describe(view, &info));
    FAULTS_ADD(f, info.events + info.pictures);
    TRY(vdib_view_animation(view, faults_path(f, "view.png", path)));
    faults_add_file(f, path);
    TRY(vdib_view_page(view, faults_path(f, "view.html", path)));
    faults_add_file(f, path);
    MAKE(text, vdib_view_text(view, 20, false, &text));
    add_text(f, text);
    vdib_text_free(text);
    vdib_view_close(view);
    TRY(vdib_view_sheet(f->folder, faults_path(f, "sheet.png", path), 4, &sheet));
    FAULTS_ADD(f, sheet.pictures);
    faults_add_file(f, path);
}

/* ---- data sets ---- */

static vdib_config *given_config(void) {
    static const char *const settings[] = {"data.target=class",       "data.steps=6",           "data.step_us=5000",
                                           "training.examples=8",     "encoder.layers=[12]",    "encoder.readouts=8",
                                           "readout.bases=3",         "readout.filter_steps=4", "decoder=linear",
                                           "readout.feedback_bases=0"};
    vdib_config *config = NULL;
    MAKE(config, vdib_config_create(&config));
    for (size_t i = 0; i < sizeof settings / sizeof *settings; i++)
        TRY(vdib_config_set(config, settings[i]));
    return config;
}

/* Eight recordings in the folders of two classes. */
static const char *given_folder(faults *f, char folder[FAULTS_PATH]) {
    char path[FAULTS_PATH], name[64];
    assert_int_equal(mkdir(faults_path(f, "data", folder), 0700), 0);
    assert_int_equal(mkdir(faults_path(f, "data/column", path), 0700), 0);
    assert_int_equal(mkdir(faults_path(f, "data/row", path), 0700), 0);
    for (unsigned i = 0; i < 8; i++) {
        snprintf(name, sizeof name, "data/%s/%u.es", i % 2 == 0 ? "column" : "row", i);
        write_recording(faults_path(f, name, path), i);
    }
    return folder;
}

static void add_dataset(faults *f, const vdib_dataset *dataset) {
    vdib_example *example = NULL;
    char *notes = NULL;
    MAKE(example, vdib_example_create(dataset, &example));
    for (size_t i = 0; i < vdib_dataset_size(dataset, VDIB_SPLIT_TRAIN); i++) {
        TRY(vdib_dataset_get(dataset, VDIB_SPLIT_TRAIN, i, 1, example));
        FAULTS_ADD(f, 1000 * vdib_raster_spikes(example->raster) + example->label);
    }
    vdib_example_destroy(example);
    TRY(vdib_dataset_look(dataset, VDIB_SPLIT_TEST, 1));
    FAULTS_ADD(f, vdib_dataset_count(dataset, VDIB_SPLIT_TEST, VDIB_COUNT_EVENTS));
    MAKE(notes, vdib_dataset_notes(dataset, &notes));
    add_text(f, notes);
    vdib_text_free(notes);
}

static void data_sets(faults *f) {
    vdib_config *config = given_config();
    const vdib_dataset_options options = {.size = sizeof options, .threads = 1};
    vdib_dataset *dataset = NULL, *again = NULL;
    vdib_model *model = NULL;
    vdib_raster *raster = NULL;
    vdib_recording_report report = {.size = sizeof report};
    char folder[FAULTS_PATH], path[FAULTS_PATH];
    given_folder(f, folder);
    MAKE(dataset, vdib_dataset_open_with(folder, config, &options, &dataset));
    add_dataset(f, dataset);
    TRY(vdib_dataset_write_manifest(dataset, faults_path(f, "data/all.csv", path)));
    faults_add_file(f, path);
    MAKE(model, vdib_model_create(config, vdib_dataset_geometry(dataset), &model));
    vdib_dataset_destroy(dataset);
    MAKE(again, vdib_dataset_open(path, config, &again));
    add_dataset(f, again);
    vdib_dataset_destroy(again);
    MAKE(raster, vdib_recording_read(faults_path(f, "data/row/3.es", path), model, config, &raster, &report));
    FAULTS_ADD(f, vdib_raster_spikes(raster));
    vdib_raster_destroy(raster), vdib_model_destroy(model), vdib_config_destroy(config);
}

static vdib_status fetch(void *user, vdib_split split, size_t index, vdib_fetched *example) {
    (void)user;
    (void)split;
    static const uint32_t steps[] = {0, 1, 3}, channels[] = {1, 5, 9};
    example->label = (uint32_t)(index % 2);
    return vdib_raster_from_pairs(example->raster, steps, channels, 1 + index % 3, NULL);
}

static void own_data_sets(faults *f) {
    const vdib_geometry geometry = {sizeof geometry, 1, 4, 5, 6, 2, 0, 0, 0};
    const vdib_dataset_source source = {
        .size = sizeof source, .train = 6, .validation = 2, .test = 2, .fetch = fetch, .name = "faults"};
    vdib_dataset *called = NULL, *filled = NULL;
    vdib_raster *raster = NULL;
    MAKE(called, vdib_dataset_create_callback(&geometry, &source, &called));
    add_dataset(f, called);
    MAKE(filled, vdib_dataset_create(&geometry, &filled));
    MAKE(raster, vdib_raster_create(20, 6, &raster));
    for (uint32_t i = 0; i < 5; i++)
        TRY(vdib_dataset_add(filled, i < 3 ? VDIB_SPLIT_TRAIN : VDIB_SPLIT_TEST, raster, NULL, i % 2));
    add_dataset(f, filled);
    vdib_raster_destroy(raster), vdib_dataset_destroy(filled), vdib_dataset_destroy(called);
}

/* Without any memory, what was begun cannot be removed either: the user is told to, by its name. */
static vdib_status try_film(const char *folder, const vdib_config *config, const char *film, char **notes) {
    const vdib_dataset_options options = {.size = sizeof options, .threads = 1};
    char partial[FAULTS_PATH + 16];
    vdib_status status = vdib_film(folder, config, &options, film, NULL, NULL, notes);
    snprintf(partial, sizeof partial, "%s.partial", film);
    if (status != VDIB_OK) {
        support_folder_remove(strdup(partial));
        support_folder_remove(strdup(film)); /* complete, but not what would have been said of it */
    }
    return status;
}

static void images(faults *f) {
    vdib_config *config = given_config();
    vdib_dataset *dataset = NULL, *filmed = NULL;
    char folder[FAULTS_PATH], film[FAULTS_PATH], *notes = NULL;
    assert_int_equal(mkdir(faults_path(f, "images", folder), 0700), 0);
    size_t least = atomic_exchange(&faults_memory.least, SIZE_MAX); /* what prepares the test is spared */
    files_idx_part(folder, "train", 6, 12, 12, 0);
    files_idx_part(folder, "t10k", 4, 12, 12, 1);
    atomic_store(&faults_memory.least, least);
    TRY(vdib_config_set(config, "data.target=image"));
    TRY(vdib_config_set(config, "data.step_us=52500"));
    MAKE(notes, try_film(folder, config, faults_path(f, "film", film), &notes));
    vdib_text_free(notes);
    MAKE(filmed, vdib_dataset_open_images(film, folder, config, 1, &filmed));
    add_dataset(f, filmed);
    vdib_dataset_destroy(filmed);
    TRY(vdib_config_set(config, "data.input=rate"));
    MAKE(dataset, vdib_dataset_open(folder, config, &dataset));
    add_dataset(f, dataset);
    vdib_dataset_destroy(dataset), vdib_config_destroy(config);
}

/* ---- exports ---- */

static vdib_model *given_model(void) {
    const vdib_geometry geometry = {sizeof geometry, 1, 4, 5, 6, 2, 0, 0, 0};
    vdib_config *config = given_config();
    vdib_model *model = NULL;
    MAKE(model, vdib_model_create(config, &geometry, &model));
    vdib_config_destroy(config);
    return model;
}

/* Files that were complete before stay, as documented, and would be in the way. */
static vdib_status try_export(const vdib_model *model, const char *format, const char *path,
                              vdib_export_report **report) {
    vdib_status status = vdib_model_export(model, format, path, NULL, report);
    if (status != VDIB_OK)
        support_folder_remove(strdup(path));
    return status;
}

static void exports(faults *f) {
    vdib_model *model = given_model();
    for (size_t i = 0; i < vdib_export_format_count(); i++) {
        vdib_export_report *report = NULL;
        vdib_export_row row = {.size = sizeof row};
        char path[FAULTS_PATH], *json = NULL;
        const char *format = vdib_export_format_name(i);
        if (strcmp(format, "nir") == 0)
            continue; /* written by the helper program, whose memory is its own */
        MAKE(report, try_export(model, format, faults_path(f, format, path), &report));
        TRY(vdib_export_report_row(report, 0, &row));
        add_text(f, row.part);
        MAKE(json, vdib_export_report_json(report, &json));
        FAULTS_ADD(f, strlen(json) + vdib_export_report_count(report));
        vdib_text_free(json);
        for (size_t file = 0; file < vdib_export_report_file_count(report); file++)
            faults_add_file(f, vdib_export_report_file(report, file));
        vdib_export_report_destroy(report);
    }
    vdib_model_destroy(model);
}

static void whatever_fails_is_said_and_can_be_done_again(void **state) {
    (void)state;
    faults_campaign("recordings", recordings, 150);
    faults_campaign("frames", frames, 150);
    faults_campaign("conversions", conversions, 150);
    faults_campaign("folders", folders_converted, 150);
    faults_campaign("views", views, 150);
    faults_campaign("data sets", data_sets, 150);
    faults_campaign("own data sets", own_data_sets, 150);
    faults_campaign("images", images, 60);
    faults_campaign("exports", exports, 150);
}

int main(void) {
    return faults_main(whatever_fails_is_said_and_can_be_done_again);
}
