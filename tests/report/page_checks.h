/* SPDX-License-Identifier: MIT */
#ifndef VDIB_TESTS_REPORT_PAGE_CHECKS_H
#define VDIB_TESTS_REPORT_PAGE_CHECKS_H
/* What every page must be: balanced, self-contained, without a value that is none. */

#include "support.h"

static inline size_t count_of(const char *page, const char *part) {
    size_t count = 0;
    for (const char *at = page; (at = strstr(at, part)) != NULL; at += strlen(part))
        count++;
    return count;
}

static inline bool is_void(const char *tag) {
    static const char *const names[] = {"meta", "link", "img", "!DOCTYPE"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (strcmp(tag, names[i]) == 0)
            return true;
    return false;
}

/* Reads a tag's name behind its '<'; returns the end of the tag, its '>', with attribute values skipped. */
static inline const char *read_tag(const char *at, char name[32]) {
    size_t length = strcspn(at, " />\n");
    assert_in_range(length, 1, 31);
    memcpy(name, at, length);
    name[length] = '\0';
    for (bool quoted = false; quoted || *at != '>'; at++) {
        assert_true(*at != '\0');
        quoted = *at == '"' ? !quoted : quoted;
    }
    return at;
}

/* Every element is closed, in order; style and script are passed over. */
static inline void assert_balanced(const char *page) {
    char open[32][32], name[32];
    size_t depth = 0;
    for (const char *at = page; (at = strchr(at, '<')) != NULL;) {
        bool closing = at[1] == '/';
        at = read_tag(at + (closing ? 2 : 1), name);
        if (closing) {
            assert_true(depth > 0);
            assert_string_equal(open[--depth], name);
        } else if (at[-1] != '/' && !is_void(name)) {
            assert_true(depth < 32);
            strcpy(open[depth++], name);
        }
        if (!closing && (strcmp(name, "style") == 0 || strcmp(name, "script") == 0))
            at = strstr(at, strcmp(name, "style") == 0 ? "</style>" : "</script>");
    }
    assert_int_equal(depth, 0);
}

/* Nothing that a browser would fetch: every src and href is a data URI, the style sheet names no address. */
static inline void assert_self_contained(const char *page) {
    assert_int_equal(count_of(page, " src="), count_of(page, " src=\"data:image/png;base64,"));
    assert_int_equal(count_of(page, " href="), count_of(page, " href=\"data:,\""));
    static const char *const forbidden[] = {"http:", "https:", "url(", "@import", "<iframe", "<object", "<script "};
    for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++)
        assert_int_equal(count_of(page, forbidden[i]), 0);
}

/* No value that is none reaches the reader, and none of the page's coordinates is one. */
static inline void assert_no_nan(const char *page) {
    static const char *const forbidden[] = {">nan", "\"nan", " nan", ",nan", "-nan", ">inf", "\"inf", ",inf", "-inf"};
    for (size_t i = 0; i < sizeof forbidden / sizeof *forbidden; i++)
        assert_int_equal(count_of(page, forbidden[i]), 0);
}

#endif
