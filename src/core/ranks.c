/* SPDX-License-Identifier: MIT */
#include "core/ranks.h"

#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/sized.h"
#include "core/text.h"

/* What every message begins with: how the sender has fared, and why; whether it has nothing more to do. */
typedef struct header {
    uint32_t status, over;
    char text[VDIB_MESSAGE_SIZE];
} header;

/* Where one rank's message is read. */
typedef struct reading {
    const uint8_t *at;
    size_t left;
} reading;

struct vdib__ranks {
    vdib_ranks given;
    vdib_status room; /* whether there was memory for all that was put */
    bool ended;       /* a gathering has failed: there is none any more */
    bool over;        /* this rank has nothing more to do */
    bool all_over;    /* that was so of all in the last gathering, or it was not possible */
    uint8_t *own;     /* (used of capacity) what is sent next, behind its header */
    size_t capacity, used;
    size_t *sizes;     /* (count) of the last messages */
    reading *readings; /* (count) */
};

vdib_status vdib__ranks_create(const vdib_ranks *given, vdib__ranks **ranks) {
    vdib__ranks *made = NULL;
    vdib_ranks used;
    VDIB_TRY(VDIB_SIZED_READ(vdib_ranks, given, &used));
    if (used.count == 0 || used.rank >= used.count || used.gather == NULL)
        return vdib__fail(VDIB_ERROR_ARGUMENT, "vdib_ranks: rank %zu of %zu%s; a rank is below their number", used.rank,
                          used.count, used.gather == NULL ? " without a function that gathers" : "");
    VDIB_TRY(VDIB_NEW(&made, 1));
    made->given = used;
    made->used = sizeof(header);
    vdib_status status = VDIB_RESERVE(&made->own, &made->capacity, made->used);
    if (status == VDIB_OK)
        status = VDIB_NEW(&made->sizes, used.count);
    if (status == VDIB_OK)
        status = VDIB_NEW(&made->readings, used.count);
    if (status != VDIB_OK) {
        vdib__ranks_destroy(made);
        return status;
    }
    *ranks = made;
    return VDIB_OK;
}

void vdib__ranks_destroy(vdib__ranks *ranks) {
    if (ranks == NULL)
        return;
    vdib__free(ranks->readings);
    vdib__free(ranks->sizes);
    vdib__free(ranks->own);
    vdib__free(ranks);
}

size_t vdib__ranks_count(const vdib__ranks *ranks) {
    return ranks != NULL ? ranks->given.count : 1;
}

size_t vdib__ranks_own(const vdib__ranks *ranks) {
    return ranks != NULL ? ranks->given.rank : 0;
}

bool vdib__ranks_divide_updates(const vdib__ranks *ranks) {
    return ranks != NULL && !ranks->given.whole_updates;
}

vdib__portion vdib__ranks_portion(const vdib__ranks *ranks, size_t rank, size_t whole) {
    size_t count = vdib__ranks_count(ranks);
    return (vdib__portion){whole * rank / count, whole * (rank + 1) / count};
}

vdib__portion vdib__own_portion(const vdib__ranks *ranks, size_t whole) {
    return vdib__ranks_portion(ranks, vdib__ranks_own(ranks), whole);
}

static vdib__portion portion_of_groups(const vdib__ranks *ranks, size_t rank, size_t whole, size_t group) {
    vdib__portion groups = vdib__ranks_portion(ranks, rank, (whole + group - 1) / group);
    size_t begin = groups.begin * group, end = groups.end * group;
    return (vdib__portion){begin < whole ? begin : whole, end < whole ? end : whole};
}

vdib__portion vdib__own_groups(const vdib__ranks *ranks, size_t whole, size_t group) {
    return portion_of_groups(ranks, vdib__ranks_own(ranks), whole, group);
}

/* ---- sending ---- */

void *vdib__ranks_room(vdib__ranks *ranks, size_t count) {
    size_t padded = (count + 3) / 4 * 4;
    vdib_status status = VDIB_RESERVE(&ranks->own, &ranks->capacity, ranks->used + padded);
    if (status != VDIB_OK) {
        ranks->room = status;
        return NULL;
    }
    uint8_t *at = ranks->own + ranks->used;
    memset(at + count, 0, padded - count);
    ranks->used += padded;
    return at;
}

void vdib__ranks_put(vdib__ranks *ranks, const void *bytes, size_t count) {
    void *room = count > 0 ? vdib__ranks_room(ranks, count) : NULL;
    if (room != NULL)
        memcpy(room, bytes, count);
}

static void write_header(vdib__ranks *ranks, vdib_status status) {
    header begin = {.status = (uint32_t)status, .over = ranks->over};
    if (status != VDIB_OK) {
        const char *text = vdib_last_message();
        memcpy(begin.text, text, strnlen(text, sizeof begin.text - 1));
        ranks->used = sizeof begin; /* what was put is worth nothing */
    }
    memcpy(ranks->own, &begin, sizeof begin);
}

/* ---- receiving ---- */

/* The failure of the lowest rank that has one; or that some have ended where others go on. */
static vdib_status raise_first(vdib__ranks *ranks, const uint8_t *all) {
    vdib_status status = VDIB_OK;
    size_t place = 0, count = ranks->given.count, over = 0, one = 0, other = 0;
    for (size_t r = 0; r < count; place += ranks->sizes[r], r++) {
        header begin;
        if (ranks->sizes[r] < sizeof begin)
            return vdib__fail(VDIB_ERROR_FORMAT, "rank %zu sent %zu bytes; is it another vdib?", r, ranks->sizes[r]);
        memcpy(&begin, all + place, sizeof begin);
        begin.text[sizeof begin.text - 1] = '\0';
        over += begin.over != 0;
        *(begin.over != 0 ? &one : &other) = r;
        if (begin.status != VDIB_OK && status == VDIB_OK)
            status = vdib__fail((vdib_status)begin.status, "rank %zu: %s", r, begin.text);
    }
    ranks->all_over = over == count;
    if (status == VDIB_OK && over > 0 && over < count)
        status = vdib__fail(VDIB_ERROR_UNSUPPORTED,
                            "rank %zu has ended where rank %zu goes on; start all ranks with the same command, and see "
                            "that all find the same files",
                            one, other);
    return status;
}

static void begin_reading(vdib__ranks *ranks, const uint8_t *all) {
    size_t place = 0;
    for (size_t r = 0; r < ranks->given.count; place += ranks->sizes[r], r++)
        ranks->readings[r] = (reading){all + place + sizeof(header), ranks->sizes[r] - sizeof(header)};
}

static vdib_status gather(vdib__ranks *ranks, vdib_status status) {
    const void *all = NULL;
    write_header(ranks, status);
    ranks->all_over = true; /* without a gathering nothing is known of the others */
    char hidden = vdib__fail_hide();
    vdib_status gathered = ranks->given.gather(ranks->given.user, ranks->own, ranks->used, ranks->sizes, &all);
    vdib__fail_show(hidden);
    ranks->used = sizeof(header);
    ranks->room = VDIB_OK;
    if (gathered == VDIB_OK)
        gathered = raise_first(ranks, all);
    ranks->ended = gathered != VDIB_OK;
    if (!ranks->ended)
        begin_reading(ranks, all);
    return gathered;
}

vdib_status vdib__ranks_gather(vdib__ranks *ranks) {
    vdib_status status = ranks->room;
    if (status != VDIB_OK)
        status = vdib__fail(status, "there is no memory for what the ranks tell each other");
    return gather(ranks, status);
}

vdib_status vdib__ranks_settle(vdib__ranks *ranks, vdib_status status) {
    if (status == VDIB_OK || ranks == NULL || ranks->ended)
        return status;
    return gather(ranks, status);
}

vdib_status vdib__ranks_view(vdib__ranks *ranks, size_t rank, size_t count, const void **bytes) {
    reading *from = &ranks->readings[rank];
    size_t padded = (count + 3) / 4 * 4;
    if (from->left < padded)
        return vdib__fail(VDIB_ERROR_FORMAT,
                          "rank %zu sent less than was expected of it; do all ranks run the same program, with the "
                          "same settings and data?",
                          rank);
    *bytes = from->at;
    from->at += padded;
    from->left -= padded;
    return VDIB_OK;
}

vdib_status vdib__ranks_take(vdib__ranks *ranks, size_t rank, void *bytes, size_t count) {
    const void *from = NULL;
    VDIB_TRY(vdib__ranks_view(ranks, rank, count, &from));
    if (count > 0)
        memcpy(bytes, from, count);
    return VDIB_OK;
}

/* ---- rows ---- */

static vdib_status take_rows(vdib__ranks *ranks, size_t rank, vdib__portion part, const vdib__rows *arrays,
                             size_t count) {
    for (size_t a = 0; a < count; a++)
        VDIB_TRY(vdib__ranks_take(ranks, rank, (uint8_t *)arrays[a].values + part.begin * arrays[a].bytes,
                                  vdib__portion_size(part) * arrays[a].bytes));
    return VDIB_OK;
}

vdib_status vdib__ranks_share_groups(vdib__ranks *ranks, size_t whole, size_t group, const vdib__rows *arrays,
                                     size_t count) {
    if (ranks == NULL)
        return VDIB_OK;
    vdib__portion part = vdib__own_groups(ranks, whole, group);
    for (size_t a = 0; a < count; a++)
        vdib__ranks_put(ranks, (const uint8_t *)arrays[a].values + part.begin * arrays[a].bytes,
                        vdib__portion_size(part) * arrays[a].bytes);
    VDIB_TRY(vdib__ranks_gather(ranks));
    for (size_t r = 0; r < ranks->given.count; r++)
        if (r != ranks->given.rank)
            VDIB_TRY(take_rows(ranks, r, portion_of_groups(ranks, r, whole, group), arrays, count));
    return VDIB_OK;
}

vdib_status vdib__ranks_share(vdib__ranks *ranks, size_t whole, const vdib__rows *arrays, size_t count) {
    return vdib__ranks_share_groups(ranks, whole, 1, arrays, count);
}

vdib_status vdib__ranks_any(vdib__ranks *ranks, bool mine, bool *any) {
    uint32_t said = mine;
    *any = mine;
    if (ranks == NULL)
        return VDIB_OK;
    vdib__ranks_put(ranks, &said, sizeof said);
    VDIB_TRY(vdib__ranks_gather(ranks));
    for (size_t r = 0; r < ranks->given.count; r++) {
        VDIB_TRY(vdib__ranks_take(ranks, r, &said, sizeof said));
        *any = *any || said != 0;
    }
    return VDIB_OK;
}

vdib_status vdib_ranks_agree(const vdib_ranks *ranks, vdib_status status) {
    vdib__ranks *made = NULL;
    vdib_status mine = vdib__ranks_create(ranks, &made); /* a failure of its own is told by whoever can */
    if (mine != VDIB_OK)
        return status != VDIB_OK ? status : mine;
    mine = gather(made, status);
    vdib__ranks_destroy(made);
    return mine;
}

vdib_status vdib_ranks_end(const vdib_ranks *ranks, vdib_status status) {
    vdib__ranks *made = NULL;
    char said[VDIB_MESSAGE_SIZE];
    vdib_status heard = vdib__ranks_create(ranks, &made);
    if (heard != VDIB_OK)
        return status != VDIB_OK ? status : heard;
    made->over = true;
    heard = gather(made, status);
    vdib__format(said, sizeof said, "%s", vdib_last_message());
    while (!made->all_over) /* the others have heard it where they were, and come here */
        (void)gather(made, heard);
    vdib__ranks_destroy(made);
    return heard == VDIB_OK ? VDIB_OK : vdib__fail(heard, "%s", said);
}

/* ---- facts ---- */

static size_t line_length(const char *text) {
    return strcspn(text, "\n");
}

/* The first line in which two lists differ, of which one rank's is `theirs`. */
static vdib_status fail_fact(size_t rank, const char *first, const char *theirs) {
    while (line_length(first) == line_length(theirs) && strncmp(first, theirs, line_length(first)) == 0 &&
           first[line_length(first)] != '\0' && theirs[line_length(theirs)] != '\0') {
        first += line_length(first) + 1;
        theirs += line_length(theirs) + 1;
    }
    int name = (int)strcspn(theirs, ":\n");
    const char *is = theirs + name + (theirs[name] == ':' ? 2 : 0),
               *other = first + name + (first[name] == ':' ? 2 : 0);
    return vdib__fail(VDIB_ERROR_UNSUPPORTED,
                      "rank %zu differs from rank 0 in %.*s: %.*s, not %.*s; start all ranks with the same program, "
                      "settings and data",
                      rank, name, theirs, (int)line_length(is), is, (int)line_length(other), other);
}

vdib_status vdib__ranks_compare(vdib__ranks *ranks, const char *facts) {
    if (ranks == NULL)
        return VDIB_OK;
    const char *first = NULL;
    uint32_t size = (uint32_t)strlen(facts) + 1;
    vdib__ranks_put(ranks, &size, sizeof size);
    vdib__ranks_put(ranks, facts, size);
    VDIB_TRY(vdib__ranks_gather(ranks));
    vdib_status status = VDIB_OK;
    for (size_t r = 0; r < ranks->given.count; r++) {
        const void *text = NULL;
        VDIB_TRY(vdib__ranks_take(ranks, r, &size, sizeof size));
        VDIB_TRY(vdib__ranks_view(ranks, r, size, &text));
        if (size == 0 || ((const char *)text)[size - 1] != '\0')
            return vdib__fail(VDIB_ERROR_FORMAT, "rank %zu sent no text; is it another vdib?", r);
        if (r == 0)
            first = text;
        else if (status == VDIB_OK && strcmp(first, text) != 0)
            status = fail_fact(r, first, text);
    }
    ranks->ended = ranks->ended || status != VDIB_OK; /* all ranks know */
    return status;
}
