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

static void keep_less(uint64_t bytes, const char *which, size_t *least, const char **limit) {
    if (bytes < *least) {
        *least = (size_t)bytes;
        *limit = which;
    }
}

static uint64_t left(uint64_t limit, uint64_t used) {
    return limit > used ? limit - used : 0;
}

/* One level of a control group. Pages of files that are only cached can be given back, and do not count. */
static void look_at_group(const char *folder, const char *const names[4], size_t *least, const char **limit) {
    static const char which[] = "the limit of the control group";
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
    keep_less(left(most, left(used, cached)), which, least, limit);
}

/* A group and all above it, up to the mount. In a container the group's path may not be visible from inside: then
 * only the mount itself is there. */
static void look_at_groups(const char *mount, const char *group, const char *const names[4], size_t *least,
                           const char **limit) {
    char folder[PATH];
    int length = snprintf(folder, sizeof folder, "%s%s", mount, group);
    if (length < 0 || (size_t)length >= sizeof folder)
        return;
    for (size_t end = (size_t)length; end >= strlen(mount); end--) {
        if (end != strlen(mount) && folder[end] != '/' && folder[end] != '\0')
            continue;
        folder[end] = '\0';
        look_at_group(folder, names, least, limit);
        if (end == 0)
            break;
    }
}

/* Whether a comma-separated list has the word "memory". */
static bool has_memory(const char *list) {
    for (const char *at = list; *at != '\0'; at += strcspn(at, ",") + (at[strcspn(at, ",")] == ','))
        if (strcspn(at, ",") == strlen("memory") && strncmp(at, "memory", strlen("memory")) == 0)
            return true;
    return false;
}

/* Lines of /proc/self/cgroup: "0::/path" (version 2), "5:memory:/path" (version 1). */
static void look_at_control_groups(const char *root, size_t *least, const char **limit) {
    static const char *const second[4] = {"memory.max", "memory.current", "memory.stat", "inactive_file "};
    static const char *const first[4] = {"memory.limit_in_bytes", "memory.usage_in_bytes", "memory.stat",
                                         "total_inactive_file "};
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
        if (!unified && !has_memory(controllers))
            continue;
        snprintf(mount, sizeof mount, "%s/sys/fs/cgroup%s", root, unified ? "" : "/memory");
        look_at_groups(mount, strcmp(group, "/") != 0 ? group : "", unified ? second : first, least, limit);
    }
    if (file != NULL)
        fclose(file);
}

static void look_at_address_space(const char *root, size_t *least, const char **limit) {
    struct rlimit most;
    char path[PATH];
    uint64_t pages = 0;
    snprintf(path, sizeof path, "%s/proc/self/statm", root);
    if (getrlimit(RLIMIT_AS, &most) != 0 || most.rlim_cur == RLIM_INFINITY)
        return;
    (void)number_in(path, "", &pages);
    keep_less(left(most.rlim_cur, pages * (uint64_t)sysconf(_SC_PAGESIZE)),
              "the limit of the address space (ulimit -v)", least, limit);
}

size_t vdib__memory_available_under(const char *root, const char **limit) {
    size_t least = SIZE_MAX;
    char path[PATH];
    uint64_t kibibytes = 0;
    *limit = "nothing";
    snprintf(path, sizeof path, "%s/proc/meminfo", root);
    if (number_in(path, "MemAvailable:", &kibibytes))
        keep_less(kibibytes * 1024, "the memory that the system has left", &least, limit);
    look_at_control_groups(root, &least, limit);
    look_at_address_space(root, &least, limit);
    return least;
}

size_t vdib__memory_available(const char **limit) {
    return vdib__memory_available_under("", limit);
}
