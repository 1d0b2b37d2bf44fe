/* SPDX-License-Identifier: MIT */
/* Keys set and read by type, and what the table says of each. */
#include "support.h"

#include <math.h>

#include "config/keys.h"
#include "vdib/config.h"

static int make_config(void **state) {
    vdib_config *config = NULL;
    assert_ok(vdib_config_create(&config));
    *state = config;
    return 0;
}

static int free_config(void **state) {
    vdib_config_destroy(*state);
    return 0;
}

static vdib_key_info info_of(const char *key) {
    vdib_key_info info = {.size = sizeof info};
    assert_ok(vdib_config_key_info(key, &info));
    return info;
}

/* Both ends of every whole number are taken, and what lies beyond is not. */
static void check_whole(vdib_config *config, const vdib_key_info *info) {
    int64_t value = -77, before = 0;
    assert_ok(vdib_config_set_whole(config, info->name, info->least));
    assert_ok(vdib_config_get_whole(config, info->name, &value));
    assert_true(value == info->least);
    assert_ok(vdib_config_set_whole(config, info->name, info->most));
    assert_ok(vdib_config_get_whole(config, info->name, &before));
    assert_true(before == info->most);
    assert_fails(VDIB_ERROR_CONFIG, vdib_config_set_whole(config, info->name, info->least - 1), info->takes);
    if (info->most < INT64_MAX)
        assert_fails(VDIB_ERROR_CONFIG, vdib_config_set_whole(config, info->name, info->most + 1), info->takes);
    assert_ok(vdib_config_get_whole(config, info->name, &value));
    assert_true(value == before);
    assert_fails(VDIB_ERROR_CONFIG, vdib_config_set_real(config, info->name, 1.0), "a whole number");
}

/* Ends of a real number's range, and the nearest numbers inside and outside. */
static void check_real(vdib_config *config, const vdib_key_info *info) {
    const double values[] = {info->low, nextafter(info->low, INFINITY), info->high, nextafter(info->high, -INFINITY)};
    const bool inside[] = {info->includes_low, true, info->includes_high, true};
    const double beyond[] = {nextafter(info->low, -INFINITY), nextafter(info->high, INFINITY), NAN, INFINITY,
                             -INFINITY};
    double value = 0;
    for (size_t i = 0; i < 4; i++) {
        if (!inside[i]) {
            assert_fails(VDIB_ERROR_CONFIG, vdib_config_set_real(config, info->name, values[i]), info->takes);
            continue;
        }
        if (fabs(values[i]) > 0 && fabs(values[i]) < 1e-300)
            continue; /* the next number after 0 */
        assert_ok(vdib_config_set_real(config, info->name, values[i]));
        assert_ok(vdib_config_get_real(config, info->name, &value));
        assert_true(value == values[i]); /* to the last bit */
    }
    for (size_t i = 0; i < 5; i++)
        assert_fails(VDIB_ERROR_CONFIG, vdib_config_set_real(config, info->name, beyond[i]), info->takes);
}

static void check_switch(vdib_config *config, const vdib_key_info *info) {
    bool value = true;
    assert_ok(vdib_config_set_switch(config, info->name, false));
    assert_ok(vdib_config_get_switch(config, info->name, &value));
    assert_false(value);
    assert_ok(vdib_config_set_switch(config, info->name, true));
    assert_ok(vdib_config_get_switch(config, info->name, &value));
    assert_true(value);
}

static void check_choice(vdib_config *config, const vdib_key_info *info) {
    char text[256];
    assert_true(info->choices >= 1);
    for (size_t i = 0; i < info->choices; i++) {
        const char *name = vdib_config_key_choice_name(info->index, i);
        assert_non_null(vdib_config_key_choice_help(info->index, i));
        assert_ok(vdib_config_set_text(config, info->name, name));
        assert_ok(vdib_config_get(config, info->name, text, sizeof text));
        assert_string_equal(text, name);
    }
    assert_fails(VDIB_ERROR_CONFIG, vdib_config_set_text(config, info->name, "no-such-thing"), "no-such-thing");
}

static void every_key_keeps_to_its_bounds(void **state) {
    size_t seen[VDIB_TYPE_LIST + 1] = {0};
    for (size_t i = 0; i < vdib_config_key_count(); i++) {
        const vdib_key_info info = info_of(vdib_config_key_name(i));
        assert_int_equal(info.index, i);
        assert_string_equal(info.name, vdib_config_key_name(i));
        assert_non_null(strstr(vdib_config_key_help(i), info.about));
        assert_non_null(strstr(vdib_config_key_help(i), info.takes));
        assert_ok(vdib_config_set_text(*state, info.name, info.standard));
        seen[info.type]++;
        if (info.type == VDIB_TYPE_WHOLE)
            check_whole(*state, &info);
        else if (info.type == VDIB_TYPE_REAL)
            check_real(*state, &info);
        else if (info.type == VDIB_TYPE_SWITCH)
            check_switch(*state, &info);
        else if (info.type == VDIB_TYPE_CHOICE)
            check_choice(*state, &info);
        assert_int_equal(info.choices > 0, info.type == VDIB_TYPE_CHOICE);
        assert_int_equal(info.items > 0, info.type == VDIB_TYPE_LIST);
    }
    for (size_t t = 0; t <= VDIB_TYPE_LIST; t++)
        assert_true(seen[t] > 0);
}

static void lists_are_set_and_read_item_by_item(void **state) {
    static const char *const layers[] = {"conv16k5s1p2m2", "800"}, *const bad[] = {"800", "big"},
                             *const one[] = {"1,2"};
    const char *many[9], *item = NULL;
    size_t count = 0;
    for (size_t i = 0; i < 9; i++)
        many[i] = "10";
    assert_ok(vdib_config_set_list(*state, "encoder.layers", layers, 2));
    for (size_t i = 0; i < 2; i++) {
        assert_ok(vdib_config_get_list(*state, "encoder.layers", i, &item, &count));
        assert_string_equal(item, layers[i]);
        assert_int_equal(count, 2);
    }
    assert_ok(vdib_config_get_list(*state, "encoder.layers", 2, &item, NULL));
    assert_null(item);
    assert_fails(VDIB_ERROR_CONFIG, vdib_config_set_list(*state, "encoder.layers", bad, 2), "up to 8 layers");
    assert_fails(VDIB_ERROR_CONFIG, vdib_config_set_list(*state, "encoder.layers", one, 1), "item 0");
    assert_fails(VDIB_ERROR_CONFIG, vdib_config_set_list(*state, "encoder.layers", many, 9), "up to 8 layers");
    assert_fails(VDIB_ERROR_CONFIG, vdib_config_set_list(*state, "seed", layers, 2), "a whole number");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_config_set_list(*state, "encoder.layers", NULL, 1), "items");
    assert_ok(vdib_config_set_list(*state, "encoder.layers", many, 8));
    assert_ok(vdib_config_set_list(*state, "encoder.layers", NULL, 0));
    assert_ok(vdib_config_get_list(*state, "encoder.layers", 0, NULL, &count));
    assert_int_equal(count, 0);
}

static void mistakes_name_the_right_way(void **state) {
    vdib_key_info info = {.size = sizeof info};
    int64_t whole = 5;
    double real = 5;
    bool flag = true;
    assert_fails(VDIB_ERROR_CONFIG, vdib_config_set_whole(*state, "objectiv.beta", 1), "did you mean 'objective.beta'");
    assert_fails(VDIB_ERROR_CONFIG, vdib_config_key_info("objectiv.beta", &info), "did you mean 'objective.beta'");
    assert_fails(VDIB_ERROR_CONFIG, vdib_config_set_whole(*state, "objective.beta", 1),
                 "objective.beta is a real number");
    assert_fails(VDIB_ERROR_CONFIG, vdib_config_get_whole(*state, "objective.beta", &whole), "a real number");
    assert_fails(VDIB_ERROR_CONFIG, vdib_config_get_real(*state, "seed", &real), "a whole number");
    assert_fails(VDIB_ERROR_CONFIG, vdib_config_get_switch(*state, "decoder", &flag), "decoder.type is a choice");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_config_get_real(*state, "objective.beta", NULL), "value must not be NULL");
    assert_fails(VDIB_ERROR_ARGUMENT, vdib_config_set_text(NULL, "seed", "1"), "config must not be NULL");
    assert_true(whole == 5 && real == 5 && flag);
    assert_ok(vdib_config_set_text(*state, "decoder", "conv2d")); /* a section's name is its main key */
    assert_string_equal(info_of("decoder").name, "decoder.type");
}

#define WITH_CONFIG(test) cmocka_unit_test_setup_teardown(test, make_config, free_config)

int main(void) {
    const struct CMUnitTest tests[] = {
        WITH_CONFIG(every_key_keeps_to_its_bounds),
        WITH_CONFIG(lists_are_set_and_read_item_by_item),
        WITH_CONFIG(mistakes_name_the_right_way),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
