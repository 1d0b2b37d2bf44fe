/* SPDX-License-Identifier: MIT */
/* What memory is left: the system's, control groups of both versions at any level, the limit of the address space. */
#include "support.h"

#include <sys/resource.h>
#include <unistd.h>

#include "core/available.h"
#include "core/file.h"
#include "core/threads.h"

enum { PATH_SIZE = 512, MIB = 1 << 20 };

static void put(const char *root, const char *name, const char *text) {
    char path[PATH_SIZE];
    snprintf(path, sizeof path, "%s/%s", root, name);
    char *slash = strrchr(path, '/');
    *slash = '\0';
    assert_ok(vdib__folder_make(path));
    *slash = '/';
    assert_ok(vdib__file_write(path, text, strlen(text)));
}

static void assert_left(const char *root, size_t bytes, const char *which) {
    const char *limit = NULL;
    assert_int_equal(vdib__memory_available_under(root, &limit), bytes);
    assert_non_null(strstr(limit, which));
}

static void the_system_has_something_left(void **state) {
    char *root = support_folder();
    (void)state;
    assert_left(root, SIZE_MAX, "nothing");
    put(root, "proc/meminfo", "MemTotal:  9000000 kB\nMemFree:   1000 kB\nMemAvailable:   2048 kB\n");
    assert_left(root, 2 * MIB, "the system");
    support_folder_remove(root);
}

static void groups_of_version_2_limit_at_any_level(void **state) {
    char *root = support_folder();
    (void)state;
    put(root, "proc/meminfo", "MemAvailable: 102400 kB\n");
    put(root, "proc/self/cgroup", "0::/user/job\n");
    put(root, "sys/fs/cgroup/user/job/memory.max", "max\n");
    put(root, "sys/fs/cgroup/user/job/memory.current", "1048576\n");
    assert_left(root, 100 * (size_t)MIB, "the system");
    put(root, "sys/fs/cgroup/user/memory.max", "52428800\n");
    put(root, "sys/fs/cgroup/user/memory.current", "20971520\n");
    assert_left(root, 30 * MIB, "control group");
    put(root, "sys/fs/cgroup/user/memory.stat", "anon 5\nfile 77\ninactive_file 10485760\n");
    assert_left(root, 40 * MIB, "control group");
    put(root, "sys/fs/cgroup/user/job/memory.max", "3145728\n");
    assert_left(root, 2 * MIB, "control group");
    put(root, "sys/fs/cgroup/user/job/memory.current", "9999999999\n"); /* more than allowed */
    assert_left(root, 0, "control group");
    support_folder_remove(root);
}

/* In a container the group is the mount itself. */
static void a_container_is_limited_at_the_mount(void **state) {
    char *root = support_folder();
    (void)state;
    put(root, "proc/meminfo", "MemAvailable: 102400 kB\n");
    put(root, "proc/self/cgroup", "0::/\n");
    put(root, "sys/fs/cgroup/memory.max", "8388608\n");
    put(root, "sys/fs/cgroup/memory.current", "1048576\n");
    assert_left(root, 7 * MIB, "control group");
    put(root, "proc/self/cgroup", "0::/not/visible/from/inside\n");
    assert_left(root, 7 * MIB, "control group");
    support_folder_remove(root);
}

static void groups_of_version_1_limit_too(void **state) {
    char *root = support_folder();
    (void)state;
    put(root, "proc/meminfo", "MemAvailable: 102400 kB\n");
    put(root, "proc/self/cgroup", "4:cpu,cpuacct:/x\n7:hugetlb,memory:/docker/abc\n1:name=systemd:/\n");
    put(root, "sys/fs/cgroup/memory/docker/abc/memory.limit_in_bytes", "9437184\n");
    put(root, "sys/fs/cgroup/memory/docker/abc/memory.usage_in_bytes", "4194304\n");
    put(root, "sys/fs/cgroup/memory/docker/abc/memory.stat", "cache 9\ntotal_inactive_file 1048576\n");
    assert_left(root, 6 * MIB, "control group");
    support_folder_remove(root);
}

static void the_address_space_is_limited(void **state) {
    char *root = support_folder(), pages[64];
    struct rlimit before, limited;
    (void)state;
    assert_int_equal(getrlimit(RLIMIT_AS, &before), 0);
    limited = before;
    limited.rlim_cur = (rlim_t)1 << 42;
    if (before.rlim_max != RLIM_INFINITY && limited.rlim_cur > before.rlim_max)
        limited.rlim_cur = before.rlim_max;
    snprintf(pages, sizeof pages, "%zu 1 1 1 0 1 0\n",
             (size_t)(limited.rlim_cur / (size_t)sysconf(_SC_PAGESIZE)) - 256);
    put(root, "proc/self/statm", pages);
    assert_int_equal(setrlimit(RLIMIT_AS, &limited), 0);
    const char *limit = NULL;
    size_t left = vdib__memory_available_under(root, &limit);
    assert_int_equal(setrlimit(RLIMIT_AS, &before), 0);
    assert_int_equal(left, 256 * (size_t)sysconf(_SC_PAGESIZE));
    assert_non_null(strstr(limit, "address space"));
    support_folder_remove(root);
}

/* ---- processors ---- */

static void quotas_of_version_2_limit_at_any_level(void **state) {
    char *root = support_folder();
    (void)state;
    assert_int_equal(vdib__cores_allowed_under(root), SIZE_MAX);
    put(root, "proc/self/cgroup", "0::/user/job\n");
    assert_int_equal(vdib__cores_allowed_under(root), SIZE_MAX);
    put(root, "sys/fs/cgroup/user/job/cpu.max", "max 100000\n");
    assert_int_equal(vdib__cores_allowed_under(root), SIZE_MAX);
    put(root, "sys/fs/cgroup/user/cpu.max", "300000 100000\n");
    assert_int_equal(vdib__cores_allowed_under(root), 3);
    put(root, "sys/fs/cgroup/user/job/cpu.max", "150000 100000\n"); /* one and a half */
    assert_int_equal(vdib__cores_allowed_under(root), 2);
    put(root, "sys/fs/cgroup/user/job/cpu.max", "50000 100000\n");
    assert_int_equal(vdib__cores_allowed_under(root), 1);
    put(root, "sys/fs/cgroup/user/job/cpu.max", "400000 100000\n");
    assert_int_equal(vdib__cores_allowed_under(root), 3);
    support_folder_remove(root);
}

static void quotas_of_version_1_limit_too(void **state) {
    char *root = support_folder();
    (void)state;
    put(root, "proc/self/cgroup", "4:cpuset:/x\n3:cpu,cpuacct:/docker/abc\n1:name=systemd:/\n");
    put(root, "sys/fs/cgroup/cpu/docker/abc/cpu.cfs_period_us", "50000\n");
    put(root, "sys/fs/cgroup/cpu/docker/abc/cpu.cfs_quota_us", "-1\n");
    assert_int_equal(vdib__cores_allowed_under(root), SIZE_MAX);
    put(root, "sys/fs/cgroup/cpu/docker/abc/cpu.cfs_quota_us", "120000\n");
    assert_int_equal(vdib__cores_allowed_under(root), 3);
    put(root, "proc/self/cgroup", "3:cpu,cpuacct:/not/visible\n"); /* in a container */
    assert_int_equal(vdib__cores_allowed_under(root), SIZE_MAX);
    put(root, "sys/fs/cgroup/cpu/cpu.cfs_quota_us", "20000\n");
    put(root, "sys/fs/cgroup/cpu/cpu.cfs_period_us", "100000\n");
    assert_int_equal(vdib__cores_allowed_under(root), 1);
    support_folder_remove(root);
}

/* What is no quota limits nothing. */
static void damaged_quotas_limit_nothing(void **state) {
    static const char *const texts[] = {"", "100000\n", "0 100000\n", "100000 0\n", "x y\n", "100000 -\n"};
    char *root = support_folder();
    (void)state;
    put(root, "proc/self/cgroup", "0::/\n");
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        put(root, "sys/fs/cgroup/cpu.max", texts[i]);
        assert_int_equal(vdib__cores_allowed_under(root), SIZE_MAX);
    }
    support_folder_remove(root);
}

/* 0 threads are those that the quota leaves; a number that is asked for stands. */
static void threads_keep_to_the_quota(void **state) {
    (void)state;
    assert_true((size_t)vdib__threads(0) <= vdib__cores_allowed());
    assert_int_equal(vdib__threads(7), 7);
}

/* The real files: something is known, and it is no more than the machine can have. */
static void this_machine_says_something(void **state) {
    const char *limit = NULL;
    (void)state;
    size_t left = vdib__memory_available(&limit);
    assert_true(left > MIB);
    assert_true(left < (size_t)sysconf(_SC_PHYS_PAGES) * (size_t)sysconf(_SC_PAGESIZE));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_system_has_something_left),
        cmocka_unit_test(groups_of_version_2_limit_at_any_level),
        cmocka_unit_test(a_container_is_limited_at_the_mount),
        cmocka_unit_test(groups_of_version_1_limit_too),
        cmocka_unit_test(quotas_of_version_2_limit_at_any_level),
        cmocka_unit_test(quotas_of_version_1_limit_too),
        cmocka_unit_test(damaged_quotas_limit_nothing),
        cmocka_unit_test(threads_keep_to_the_quota),
        cmocka_unit_test(the_address_space_is_limited),
        cmocka_unit_test(this_machine_says_something),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
