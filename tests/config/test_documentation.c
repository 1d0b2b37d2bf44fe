/* SPDX-License-Identifier: MIT */
/* docs/configuration.md must list the keys as they are. VDIB_WRITE_DOCUMENTATION=1 puts the table right. */
#include "support.h"

#include "config/keys.h"
#include "core/alloc.h"
#include "core/file.h"

static const char path[] = VDIB_TEST_SOURCE "/docs/configuration.md";
static const char begin_mark[] = "<!-- keys: made from src/config/keys.c -->\n";
static const char end_mark[] = "<!-- end of keys -->\n";

/* Text for a cell of a Markdown table. */
static void print_cell(FILE *stream, const char *text) {
    fputs("| ", stream);
    for (; *text != '\0'; text++) {
        if (*text == '|' || *text == '<')
            fputc('\\', stream);
        fputc(*text, stream);
    }
    fputc(' ', stream);
}

/* The table that the document should have (malloc'ed). */
static char *wanted_table(void) {
    char *table = NULL;
    size_t size = 0, count;
    const vdib__config_key *keys = vdib__config_keys(&count);
    FILE *stream = open_memstream(&table, &size);
    assert_non_null(stream);
    fputs("| key | what it does | takes | default |\n| --- | --- | --- | --- |\n", stream);
    for (size_t i = 0; i < count; i++) {
        fprintf(stream, "| `%s` ", keys[i].name);
        print_cell(stream, keys[i].about);
        print_cell(stream, keys[i].takes);
        fprintf(stream, "| `%s` |\n", keys[i].standard);
    }
    fputs("\nThe values that have names:\n\n| key | value | what it is |\n| --- | --- | --- |\n", stream);
    for (size_t i = 0; i < count; i++)
        for (size_t c = 0; keys[i].type == VDIB_KEY_CHOICE && c < keys[i].choices->count; c++) {
            fprintf(stream, "| `%s` | `%s` ", keys[i].name, keys[i].choices->rows[c]->name);
            print_cell(stream, keys[i].choices->rows[c]->help);
            fputs("|\n", stream);
        }
    fclose(stream);
    return table;
}

static void document_lists_the_keys(void **state) {
    (void)state;
    char *table = wanted_table();
    support_check_document(path, begin_mark, end_mark, table, "keys");
    free(table);
}

int main(void) {
    const struct CMUnitTest tests[] = {cmocka_unit_test(document_lists_the_keys)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
