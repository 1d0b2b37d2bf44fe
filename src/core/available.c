/* SPDX-License-Identifier: MIT */
#include "core/available.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include "core/memory_limit.h"

enum { PATH = 4096, LINE = 4608 };

/* The number behind `name` at the beginning of a line of a file ("": of its first line); false if there is none, or
 * it is "max". */
static bool number_in(const char *path, const char *name, uint64_t *number) {
    FILE *file = fopen(path, "r");
    char line[256];
    bool found = false;
    while (file != NULL && !found && fgets(line, sizeof line, file) != NULL) {
        char *end = NULL;
        if (strncmp(line, name, strlen(name)) != 0)
            continue;
        const char *at = line + strlen(name);
        *number = strtoull(at, &end, 10);
        found = end != at;
        if (name[0] == '\0')
            break;
    }
    if (file != NULL)
        fclose(file);
    return found;
}

/* The second number of a file's first line. */
static bool second_number_in(const char *path, uint64_t *number) {
    FILE *file = fopen(path, "r");
    char line[256], *end = NULL;
    bool found = file != NULL && fgets(line, sizeof line, file) != NULL;
    if (found) {
        const char *at = line + strcspn(line, " \t");
        *number = strtoull(at, &end, 10);
        found = end != at;
    }
    if (file != NULL)
        fclose(file);
    return found;
}

/* ---- control groups ---- */

/* What is asked of every level of the groups of a controller: its folder, and whether its files are those of version
 * 2. */
typedef void visit_level(const char *folder, bool unified, void *user);

/* A group and all above it, up to the mount. In a container the group's path may not be visible from inside: then
 * only the mount itself is there. */
static void visit_group(const char *mount, const char *group, bool unified, visit_level *visit, void *user) {
    char folder[PATH];
    int length = snprintf(folder, sizeof folder, "%s%s", mount, group);
    if (length < 0 || (size_t)length >= sizeof folder)
        return;
    for (size_t end = (size_t)length; end >= strlen(mount); end--) {
        if (end != strlen(mount) && folder[end] != '/' && folder[end] != '\0')
            continue;
        folder[end] = '\0';
        visit(folder, unified, user);
        if (end == 0)
            break;
    }
}

/* Whether a comma-separated list has a word. */
static bool has_word(const char *list, const char *word) {
    for (const char *at = list; *at != '\0'; at += strcspn(at, ",") + (at[strcspn(at, ",")] == ','))
        if (strcspn(at, ",") == strlen(word) && strncmp(at, word, strlen(word)) == 0)
            return true;
    return false;
}

/* Lines of /proc/self/cgroup: "0::/path" (version 2), "5:memory:/path" (version 1). A controller of version 1 is
 * mounted under its own name. */
static void visit_groups(const char *root, const char *controller, visit_level *visit, void *user) {
    char path[PATH], line[LINE], mount[PATH];
    snprintf(path, sizeof path, "%s/proc/self/cgroup", root);
    FILE *file = fopen(path, "r");
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        char *controllers = strchr(line, ':'), *group = controllers != NULL ? strchr(controllers + 1, ':') : NULL;
        if (group == NULL)
            continue;
        *controllers++ = *group++ = '\0';
        group[strcspn(group, "\n")] = '\0';
        bool unified = controllers[0] == '\0';
        if (!unified && !has_word(controllers, controller))
            continue;
        snprintf(mount, sizeof mount, "%s/sys/fs/cgroup%s%s", root, unified ? "" : "/", unified ? "" : controller);
        visit_group(mount, strcmp(group, "/") != 0 ? group : "", unified, visit, user);
    }
    if (file != NULL)
        fclose(file);
}

/* ---- memory ---- */

/* The least that was found. */
typedef struct least_left {
    size_t bytes;
    const char *limit;
} least_left;

static void keep_less(uint64_t bytes, const char *which, least_left *found) {
    if (bytes < found->bytes)
        *found = (least_left){(size_t)bytes, which};
}

static uint64_t left(uint64_t limit, uint64_t used) {
    return limit > used ? limit - used : 0;
}

/* One level of a control group. Pages of files that are only cached can be given back, and do not count. */
static void look_at_memory(const char *folder, bool unified, void *user) {
    static const char *const second[4] = {"memory.max", "memory.current", "memory.stat", "inactive_file "};
    static const char *const first[4] = {"memory.limit_in_bytes", "memory.usage_in_bytes", "memory.stat",
                                         "total_inactive_file "};
    const char *const *names = unified ? second : first;
    char path[LINE];
    uint64_t most = 0, used = 0, cached = 0;
    snprintf(path, sizeof path, "%s/%s", folder, names[0]);
    if (!number_in(path, "", &most))
        return;
    snprintf(path, sizeof path, "%s/%s", folder, names[1]);
    if (!number_in(path, "", &used))
        return;
    snprintf(path, sizeof path, "%s/%s", folder, names[2]);
    (void)number_in(path, names[3], &cached);
    keep_less(left(most, left(used, cached)), "the limit of the control group", user);
}

static void look_at_address_space(const char *root, least_left *found) {
    struct rlimit most;
    char path[PATH];
    uint64_t pages = 0;
    snprintf(path, sizeof path, "%s/proc/self/statm", root);
    if (getrlimit(RLIMIT_AS, &most) != 0 || most.rlim_cur == RLIM_INFINITY)
        return;
    (void)number_in(path, "", &pages);
    keep_less(left(most.rlim_cur, pages * (uint64_t)sysconf(_SC_PAGESIZE)),
              "the limit of the address space (ulimit -v)", found);
}

size_t vdib__memory_available_under(const char *root, const char **limit) {
    least_left found = {SIZE_MAX, "nothing"};
    char path[PATH];
    uint64_t kibibytes = 0;
    snprintf(path, sizeof path, "%s/proc/meminfo", root);
    if (number_in(path, "MemAvailable:", &kibibytes))
        keep_less(kibibytes * 1024, "the memory that the system has left", &found);
    visit_groups(root, "memory", look_at_memory, &found);
    look_at_address_space(root, &found);
    keep_less(vdib__memory_left(), "the limit of --limit-memory", &found);
    *limit = found.limit;
    return found.bytes;
}

size_t vdib__memory_available(const char **limit) {
    return vdib__memory_available_under("", limit);
}

/* ---- processor time ---- */

/* Version 2: cpu.max is "QUOTA PERIOD" or "max PERIOD". Version 1: two files, of which the quota is -1 for none. The
 * quota is of all processors together: its share of the period, rounded up, is how many can be busy. */
static void look_at_quota(const char *folder, bool unified, void *user) {
    char path[LINE];
    uint64_t quota = 0, period = 0;
    size_t *least = user;
    snprintf(path, sizeof path, "%s/%s", folder, unified ? "cpu.max" : "cpu.cfs_quota_us");
    if (!number_in(path, "", &quota))
        return;
    if (!unified) {
        snprintf(path, sizeof path, "%s/cpu.cfs_period_us", folder);
        (void)number_in(path, "", &period);
    } else if (!second_number_in(path, &period))
        return;
    if (period == 0 || quota == 0 || quota > INT64_MAX)
        return;
    uint64_t cores = quota / period + (quota % period != 0);
    if (cores < *least)
        *least = (size_t)cores;
}

size_t vdib__cores_allowed_under(const char *root) {
    size_t least = SIZE_MAX;
    visit_groups(root, "cpu", look_at_quota, &least);
    return least;
}

size_t vdib__cores_allowed(void) {
    return vdib__cores_allowed_under("");
}
