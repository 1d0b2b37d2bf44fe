/* SPDX-License-Identifier: MIT */
#include "data/recordings/store.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "core/alloc.h"
#include "core/cache.h"
#include "core/error.h"
#include "core/file.h"
#include "core/interrupted.h"

/* The file: a head, then records one after the other. A record is its own head, its bytes, and zeros up to a multiple
 * of 8. Numbers are the machine's own: a file of another byte order has another `order` and is begun anew. */
typedef struct file_head {
    char magic[16];
    uint64_t order, settings;
} file_head;

typedef struct record_head {
    uint64_t magic;
    vdib__file_key key;
    uint64_t size;
    uint64_t content; /* hash of the bytes */
    uint64_t head;    /* hash of all before */
} record_head;

static const char file_magic[16] = "vdib recordings";
#define RECORD_MAGIC UINT64_C(0x3164726F6365725F)
#define BYTE_ORDER   UINT64_C(0x0102030405060708)

typedef struct entry {
    vdib__file_key key;
    uint64_t at; /* of its record; 0: no entry */
} entry;

struct vdib__store {
    char *path;
    int file;
    uint64_t settings, bound;
    pthread_mutex_t lock; /* of all below */
    uint64_t end;         /* of the records that are known */
    entry *entries;       /* (capacity) open addressing, a power of two, at most half full */
    size_t count, capacity;
    bool full;
};

/* ---- bytes ---- */

static bool write_at(int file, const void *bytes, size_t size, uint64_t at) {
    const char *from = bytes;
    while (size > 0) {
        ssize_t put = pwrite(file, from, size, (off_t)at);
        if (put < 0 && errno == EINTR)
            continue;
        if (put <= 0)
            return false;
        from += put;
        at += (uint64_t)put;
        size -= (size_t)put;
    }
    return true;
}

static uint64_t file_size(int file) {
    struct stat state;
    return fstat(file, &state) == 0 ? (uint64_t)state.st_size : 0;
}

/* With the zeros behind it. */
static uint64_t content_size(const record_head *head) {
    return head->size / 8 * 8 + (head->size % 8 > 0 ? 8 : 0);
}

static uint64_t hash_head(const record_head *head) {
    return vdib__hash(VDIB_HASH_BASIS, head, offsetof(record_head, head));
}

/* ---- the index ---- */

static entry *slot_of(const vdib__store *s, const vdib__file_key *key) {
    size_t at = key->words[0] & (s->capacity - 1);
    while (s->entries[at].at != 0 && memcmp(&s->entries[at].key, key, sizeof *key) != 0)
        at = (at + 1) & (s->capacity - 1);
    return &s->entries[at];
}

static vdib_status grow(vdib__store *s) {
    entry *before = s->entries, *more = NULL;
    size_t capacity = s->capacity;
    VDIB_TRY(VDIB_NEW(&more, capacity > 0 ? 2 * capacity : 1024));
    s->entries = more;
    s->capacity = capacity > 0 ? 2 * capacity : 1024;
    for (size_t i = 0; i < capacity; i++)
        if (before[i].at != 0)
            *slot_of(s, &before[i].key) = before[i];
    vdib__free(before);
    return VDIB_OK;
}

static bool remember(vdib__store *s, const vdib__file_key *key, uint64_t at) {
    if (2 * (s->count + 1) > s->capacity && grow(s) != VDIB_OK)
        return false;
    entry *slot = slot_of(s, key);
    s->count += slot->at == 0;
    *slot = (entry){.key = *key, .at = at};
    return true;
}

/* Takes in what other programs have added since; false if the records end before the file does. */
static bool catch_up(vdib__store *s) {
    const uint64_t size = file_size(s->file);
    record_head head;
    while (s->end < size) {
        if (!vdib__file_read_at(s->file, &head, sizeof head, s->end) || head.magic != RECORD_MAGIC ||
            head.head != hash_head(&head) || content_size(&head) > size - s->end - sizeof head ||
            !remember(s, &head.key, s->end))
            return false;
        s->end += sizeof head + content_size(&head);
    }
    return true;
}

/* ---- opening ---- */

static bool has_head(const vdib__store *s) {
    file_head head;
    return vdib__file_read_at(s->file, &head, sizeof head, 0) &&
           memcmp(head.magic, file_magic, sizeof file_magic) == 0 && head.order == BYTE_ORDER &&
           head.settings == s->settings;
}

/* Under the lock of the file: a file that is none of ours is begun anew. */
static bool begin(vdib__store *s) {
    file_head head = {.order = BYTE_ORDER, .settings = s->settings};
    memcpy(head.magic, file_magic, sizeof file_magic);
    s->end = sizeof head;
    if (has_head(s)) {
        (void)catch_up(s);
        return true;
    }
    return vdib__ftruncate(s->file, 0) && write_at(s->file, &head, sizeof head, 0);
}

static uint64_t room_on_disk(int file) {
    struct statvfs disk;
    uint64_t half =
        fstatvfs(file, &disk) == 0 ? ((uint64_t)disk.f_bavail * (uint64_t)disk.f_frsize + file_size(file)) / 2 : 0;
    return half < VDIB_CACHE_RECORDINGS ? half : VDIB_CACHE_RECORDINGS;
}

static bool open_file(vdib__store *s) {
    if (vdib__cache_prepare(s->path) != VDIB_OK)
        return false;
    s->file = vdib__open(s->path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW);
    if (s->file < 0 || !vdib__flock(s->file, LOCK_EX))
        return false;
    bool sound = begin(s);
    (void)flock(s->file, LOCK_UN);
    s->bound = s->bound > 0 ? s->bound : room_on_disk(s->file);
    return sound;
}

vdib_status vdib__store_open(uint64_t settings, uint64_t bound, vdib__store **store) {
    vdib__store *made = NULL;
    char *path = NULL;
    *store = NULL;
    VDIB_TRY(vdib__cache_path("recordings", settings, "store", &path));
    if (path == NULL)
        return VDIB_OK;
    if (VDIB_NEW(&made, 1) != VDIB_OK) {
        vdib__free(path);
        return VDIB_OK;
    }
    made->path = path;
    made->file = -1;
    made->settings = settings;
    made->bound = bound;
    (void)pthread_mutex_init(&made->lock, NULL);
    if (open_file(made)) {
        vdib__cache_used(made->path);
        *store = made;
    } else {
        vdib__store_close(made);
    }
    return VDIB_OK;
}

void vdib__store_close(vdib__store *store) {
    if (store == NULL)
        return;
    if (store->file >= 0)
        (void)close(store->file);
    (void)pthread_mutex_destroy(&store->lock);
    vdib__free(store->entries);
    vdib__free(store->path);
    vdib__free(store);
}

size_t vdib__store_count(const vdib__store *store, bool *full) {
    *full = store->full;
    return store->count;
}

/* ---- records ---- */

/* The head of the record of a key, and where its content begins. */
static bool find(vdib__store *s, const vdib__file_key *key, record_head *head, uint64_t *content) {
    uint64_t at = 0;
    (void)pthread_mutex_lock(&s->lock);
    if (s->count > 0)
        at = slot_of(s, key)->at;
    (void)pthread_mutex_unlock(&s->lock);
    *content = at + sizeof *head;
    return at != 0 && vdib__file_read_at(s->file, head, sizeof *head, at) && head->magic == RECORD_MAGIC &&
           head->head == hash_head(head);
}

bool vdib__store_get(vdib__store *store, const vdib__file_key *key, uint8_t **bytes, size_t *size) {
    record_head head;
    uint64_t content = 0;
    uint8_t *read = NULL;
    if (!find(store, key, &head, &content) || head.size > file_size(store->file) ||
        VDIB_NEW_UNSET(&read, (size_t)head.size + 1) != VDIB_OK)
        return false;
    if (!vdib__file_read_at(store->file, read, (size_t)head.size, content) ||
        vdib__hash(VDIB_HASH_BASIS, read, (size_t)head.size) != head.content) {
        vdib__free(read);
        return false;
    }
    *bytes = read;
    *size = (size_t)head.size;
    return true;
}

/* Writes a record at the end of the others; false if the disk is full. */
static bool write_record(const vdib__store *s, const record_head *head, const uint8_t *bytes) {
    static const uint8_t zeros[8];
    const uint64_t at = s->end + sizeof *head;
    return write_at(s->file, bytes, (size_t)head->size, at) &&
           write_at(s->file, zeros, (size_t)(content_size(head) - head->size), at + head->size) &&
           write_at(s->file, head, sizeof *head, s->end);
}

/* Under both locks. */
static void append(vdib__store *s, const record_head *head, const uint8_t *bytes) {
    const uint64_t length = sizeof *head + content_size(head);
    bool whole = catch_up(s);
    if (s->count > 0 && slot_of(s, &head->key)->at != 0) /* another program was quicker */
        return;
    if (!whole && !vdib__ftruncate(s->file, (off_t)s->end))
        return;
    s->full = s->full || length > s->bound || s->end > s->bound - length;
    if (s->full)
        return;
    if (write_record(s, head, bytes) && remember(s, &head->key, s->end)) {
        s->end += length;
        return;
    }
    s->full = true;
    if (!vdib__ftruncate(s->file, (off_t)s->end))
        return; /* the next one who adds cuts it away */
}

void vdib__store_put(vdib__store *store, const vdib__file_key *key, const uint8_t *bytes, size_t size) {
    record_head head = {.magic = RECORD_MAGIC, .key = *key, .size = size};
    head.content = vdib__hash(VDIB_HASH_BASIS, bytes, size);
    head.head = hash_head(&head);
    (void)pthread_mutex_lock(&store->lock);
    if (!store->full && vdib__flock(store->file, LOCK_EX)) {
        append(store, &head, bytes);
        (void)flock(store->file, LOCK_UN);
    }
    (void)pthread_mutex_unlock(&store->lock);
}
