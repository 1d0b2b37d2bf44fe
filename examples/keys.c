/* SPDX-License-Identifier: MIT */
/* Prints every key of an experiment's configuration with its type, value and bounds, after setting those that are
 * given.
 *
 *     cc keys.c -lvdib -o keys
 *     ./keys published/dvs objective.beta 0.01
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

#include <vdib/vdib.h>

/* A number, a name, a list: what the key's type says. */
static vdib_status set(vdib_config *config, const char *key, const char *value) {
    vdib_key_info info = {.size = sizeof info};
    vdib_status status = vdib_config_key_info(key, &info);
    if (status != VDIB_OK)
        return status;
    if (info.type == VDIB_TYPE_WHOLE)
        return vdib_config_set_whole(config, key, strtoll(value, NULL, 10));
    if (info.type == VDIB_TYPE_REAL)
        return vdib_config_set_real(config, key, strtod(value, NULL));
    return vdib_config_set_text(config, key, value);
}

static vdib_status print(const vdib_config *config, const char *key) {
    vdib_key_info info = {.size = sizeof info};
    char value[512];
    vdib_status status = vdib_config_key_info(key, &info);
    if (status == VDIB_OK)
        status = vdib_config_get(config, key, value, sizeof value);
    if (status != VDIB_OK)
        return status;
    printf("%-28s %-20s", info.name, value);
    if (info.type == VDIB_TYPE_WHOLE)
        printf("%" PRId64 " .. %" PRId64, info.least, info.most);
    if (info.type == VDIB_TYPE_REAL)
        printf("%c%g, %g%c", info.includes_low ? '[' : '(', info.low, info.high, info.includes_high ? ']' : ')');
    for (size_t i = 0; i < info.choices; i++)
        printf("%s%s", i > 0 ? " | " : "", vdib_config_key_choice_name(info.index, i));
    putchar('\n');
    return VDIB_OK;
}

int main(int argc, char **argv) {
    vdib_config *config = NULL;
    if (argc < 2 || argc % 2 != 0) {
        fprintf(stderr, "usage: %s EXPERIMENT [KEY VALUE]...\n", argv[0]);
        return 2;
    }
    vdib_status status = vdib_config_load(argv[1], &config);
    for (int i = 2; i < argc && status == VDIB_OK; i += 2)
        status = set(config, argv[i], argv[i + 1]);
    for (size_t i = 0; i < vdib_config_key_count() && status == VDIB_OK; i++)
        status = print(config, vdib_config_key_name(i));
    if (status != VDIB_OK)
        fprintf(stderr, "%s\n", vdib_last_message());
    vdib_config_destroy(config);
    return status == VDIB_OK ? 0 : 1;
}
