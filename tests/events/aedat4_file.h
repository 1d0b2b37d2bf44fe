/* SPDX-License-Identifier: MIT */
#ifndef VDIB_TESTS_EVENTS_AEDAT4_FILE_H
#define VDIB_TESTS_EVENTS_AEDAT4_FILE_H
/* AEDAT 4 files in memory, by the fixed pieces that DV writes. */
#include "events/decode.h"

#define STREAM(id, type, more)                                                                                         \
    "<node name=\"" id "\" path=\"/outInfo/" id "/\"><attr key=\"compression\" type=\"string\">NONE</attr>"            \
    "<attr key=\"typeIdentifier\" type=\"string\">" type "</attr>\n<node name=\"info\">" more "</node></node>"
#define SIZE(x, y)   "<attr key=\"sizeX\" type=\"int\">" x "</attr><attr key='sizeY' type='int'>" y "</attr>"
#define XML(streams) "<dv version=\"2.0\">\n <node name=\"outInfo\" path=\"/outInfo/\">" streams "</node>\n</dv>"

enum { NONE, LZ4, LZ4_HIGH, ZSTD, ZSTD_HIGH };

/* A file up to its first packet. */
static inline made_file *begin(int compression, int64_t table, const char *xml) {
    made_file *file = file_new("camera");
    size_t length = strlen(xml), padded = (length + 4) / 4 * 4;
    put_text(file, "#!AER-DAT4.0\r\n");
    put_little(file, 48 + padded, 4);
    put_hex(file, "18 00 00 00 49 4F 48 45 00 00 00 00 00 00 0A 00 14 00 04 00 0C 00 08 00 0A 00 00 00");
    put_little(file, (uint64_t)compression, 4);
    put_hex(file, "0C 00 00 00");
    put_little(file, (uint64_t)table, 8);
    put_little(file, length, 4);
    put_text(file, xml);
    for (size_t i = length; i < padded; i++)
        put_little(file, 0, 1);
    return file;
}

static inline void put_packet(made_file *file, int stream, size_t size) {
    put_little(file, (uint64_t)stream, 4);
    put_little(file, size, 4);
}

#endif
