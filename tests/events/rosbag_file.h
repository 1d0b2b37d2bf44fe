/* SPDX-License-Identifier: MIT */
#ifndef VDIB_TESTS_EVENTS_ROSBAG_FILE_H
#define VDIB_TESTS_EVENTS_ROSBAG_FILE_H
/* ROS 1 bags in memory, record by record. */
#include "events/decode.h"

static inline made_file *bag_new(void) {
    made_file *file = file_new("camera");
    put_text(file, "#ROSBAG V2.0\n");
    return file;
}

/* "name=" and a value. */
static inline void put_field(made_file *file, const char *name, const void *value, size_t size) {
    put_little(file, strlen(name) + 1 + size, 4);
    put_text(file, name);
    put_text(file, "=");
    put(file, value, size);
}

static inline void put_string(made_file *file, const char *text) {
    put_little(file, strlen(text), 4);
    put_text(file, text);
}

/* A record's header without data's length: operation, and a connection's number where it has one. */
static inline void put_record(made_file *file, uint8_t operation, int connection) {
    put_little(file, connection < 0 ? 8 : 8 + 13, 4);
    put_field(file, "op", &operation, 1);
    if (connection >= 0)
        put_field(file, "conn", (uint8_t[]){(uint8_t)connection, 0, 0, 0}, 4);
}

/* Moves what was written from byte `from` on behind its length. */
static inline void put_length_before(made_file *file, size_t from) {
    size_t size = file->size - from;
    put_little(file, 0, 4);
    memmove(file->bytes + from + 4, file->bytes + from, size);
    for (size_t i = 0; i < 4; i++)
        file->bytes[from + i] = (uint8_t)(size >> 8 * i);
}

static inline void put_connection(made_file *file, int number, const char *topic, const char *type) {
    put_record(file, 7, number);
    size_t from = file->size;
    put_field(file, "topic", topic, strlen(topic));
    put_field(file, "type", type, strlen(type));
    put_length_before(file, from);
}

/* Begins a message, which put_length_before ends: returns where its data begin. */
static inline size_t begin_message(made_file *file, int connection) {
    put_record(file, 2, connection);
    return file->size;
}

static inline void put_head(made_file *file, uint32_t seconds, uint32_t nanoseconds, uint32_t width, uint32_t height) {
    put_little(file, 7, 4);
    put_little(file, seconds, 4);
    put_little(file, nanoseconds, 4);
    put_string(file, "frame");
    put_little(file, height, 4);
    put_little(file, width, 4);
}

/* The record of a chunk that holds all from byte `from` on. */
static inline void put_chunk_before(made_file *file, size_t from, const char *compression) {
    made_file *header = file_new("");
    put_length_before(file, from);
    put_little(header, 8 + 4 + 12 + strlen(compression), 4);
    put_field(header, "op", "\x05", 1);
    put_field(header, "compression", compression, strlen(compression));
    size_t size = file->size - from;
    assert_true(file->size + header->size <= DECODE_BYTES);
    memmove(file->bytes + from + header->size, file->bytes + from, size);
    memcpy(file->bytes + from, header->bytes, header->size);
    file->size += header->size;
    free(header);
}

#endif
