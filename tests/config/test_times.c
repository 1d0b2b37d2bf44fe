/* SPDX-License-Identifier: MIT */
/* The length of a step by input, and decays from time constants. */
#include "support.h"

#include <math.h>

#include "config/config.h"
#include "config/keys.h"
#include "core/alloc.h"

static int make_config(void **state) {
    vdib_config *config = NULL;
    assert_ok(vdib_config_create(&config));
    assert_ok(vdib_config_set(config, "encoder.layers=[30, 20, 10]"));
    *state = config;
    return 0;
}

static int free_config(void **state) {
    vdib_config_destroy(*state);
    return 0;
}

static void assert_value(const vdib_config *config, const char *key, const char *wanted) {
    char value[VDIB_CONFIG_VALUE];
    assert_ok(vdib_config_get(config, key, value, sizeof value));
    assert_string_equal(value, wanted);
}

static void assert_near(double got, double wanted) {
    assert_true(fabs(got - wanted) <= 1e-15);
}

static void a_step_is_as_long_as_the_input_says(void **state) {
    vdib_config *config = *state;
    assert_value(config, "data.step_us", "0");
    assert_int_equal(vdib_config_step_us(config), 3750);
    assert_ok(vdib_config_set(config, "data.input=rate"));
    assert_int_equal(vdib_config_step_us(config), 1000);
    assert_ok(vdib_config_set(config, "data.input=latency"));
    assert_int_equal(vdib_config_step_us(config), 1000);
    assert_ok(vdib_config_set(config, "data.input=blobs"));
    assert_int_equal(vdib_config_step_us(config), 1000);
    assert_ok(vdib_config_set(config, "data.step_us=250"));
    assert_int_equal(vdib_config_step_us(config), 250);
    assert_ok(vdib_config_set(config, "data.input=events"));
    assert_int_equal(vdib_config_step_us(config), 250);
    assert_int_equal(vdib_config_step_us(NULL), 0);
}

/* Up to a whole step; 1,000 steps at most. */
static void filters_are_as_long_as_they_say(void **state) {
    vdib_config *config = *state;
    assert_int_equal(vdib__config_filter_steps(config), 10);
    assert_ok(vdib_config_set(config, "readout.filter_steps=7"));
    assert_int_equal(vdib__config_filter_steps(config), 7);
    assert_ok(vdib_config_set(config, "readout.filter_us=1"));
    assert_int_equal(vdib__config_filter_steps(config), 1);
    assert_ok(vdib_config_set(config, "readout.filter_us=7500"));
    assert_int_equal(vdib__config_filter_steps(config), 2);
    assert_ok(vdib_config_set(config, "readout.filter_us=7501"));
    assert_int_equal(vdib__config_filter_steps(config), 3);
    assert_ok(vdib_config_set(config, "data.step_us=500"));
    assert_int_equal(vdib__config_filter_steps(config), 16);
    assert_ok(vdib_config_set(config, "readout.filter_us=500000"));
    assert_ok(vdib_config_check(config));
    assert_ok(vdib_config_set(config, "readout.filter_us=500001"));
    assert_fails(
        VDIB_ERROR_CONFIG, vdib_config_check(config),
        "readout.filter_us is 500001 us, which are 1001 steps of 500 us (data.step_us); it takes at most 1000");
}

static void decays_are_those_of_the_keys_without_time_constants(void **state) {
    vdib_config *config = *state;
    for (size_t layer = 0; layer < 3; layer++) {
        vdib__config_decays decays = vdib__config_decays_of(config, layer);
        assert_true(decays.synaptic == 0.85 && decays.membrane == 0.9 && decays.refractory == 0.65);
    }
}

static void decays_follow_from_time_constants(void **state) {
    vdib_config *config = *state;
    assert_ok(vdib_config_set(config, "data.step_us=3000"));
    assert_ok(vdib_config_set(config, "neuron.synaptic_tau_us=[6000]"));
    assert_ok(vdib_config_set(config, "neuron.membrane_tau_us=[9000, 12000, 1500]"));
    assert_ok(vdib_config_check(config));
    for (size_t layer = 0; layer < 3; layer++) {
        static const double membrane[] = {9000, 12000, 1500};
        vdib__config_decays decays = vdib__config_decays_of(config, layer);
        assert_near(decays.synaptic, exp(-0.5));
        assert_near(decays.membrane, exp(-3000 / membrane[layer]));
        assert_true(decays.refractory == 0.65);
    }
    assert_ok(vdib_config_set(config, "neuron.refractory_tau_us=4e3"));
    assert_near(vdib__config_decays_of(config, 2).refractory, exp(-0.75));
    assert_ok(vdib_config_set(config, "neuron.synaptic_tau_us=[0, 3000, 0]")); /* none is left after a step */
    assert_ok(vdib_config_check(config));
    assert_true(vdib__config_decays_of(config, 0).synaptic == 0.0);
    assert_near(vdib__config_decays_of(config, 1).synaptic, exp(-1.0));
}

/* Membranes that keep all they have are those of neurons that are reset, whose inputs are added as they are. */
static void membranes_may_not_leak(void **state) {
    static const char *const without[] = {"neuron.gain=unit", "neuron.gain=published", "neuron.model=srm"};
    vdib_config *config = *state;
    for (size_t i = 0; i < 3; i++) {
        assert_ok(vdib_config_set(config, "neuron.model=lif"));
        assert_ok(vdib_config_set(config, "neuron.gain=one"));
        assert_ok(vdib_config_set(config, "neuron.membrane_decay=1"));
        assert_ok(vdib_config_check(config));
        assert_ok(vdib_config_set(config, "neuron.membrane_tau_us=[1e12, 9000, 9000]"));
        assert_ok(vdib_config_check(config));
        assert_true((float)vdib__config_decays_of(config, 0).membrane == 1.0F);
        assert_ok(vdib_config_set(config, without[i]));
        assert_fails(VDIB_ERROR_CONFIG, vdib_config_check(config), "neuron.membrane_");
        assert_ok(vdib_config_set(config, "neuron.membrane_tau_us=[]"));
        assert_fails(VDIB_ERROR_CONFIG, vdib_config_check(config), "neuron.membrane_decay is 1, no leak");
    }
}

static void refuse(vdib_config *config, const char *setting, const char *part) {
    assert_ok(vdib_config_set(config, setting));
    assert_fails(VDIB_ERROR_CONFIG, vdib_config_check(config), part);
}

static void time_constants_fit_steps_and_layers(void **state) {
    vdib_config *config = *state;
    assert_ok(vdib_config_set(config, "data.input=rate"));
    assert_ok(vdib_config_set(config, "neuron.refractory_tau_us=[50, 0, 1e9]")); /* both ends, and none */
    assert_ok(vdib_config_check(config));
    refuse(config, "neuron.refractory_tau_us=[600, 49.5, 600]",
           "neuron.refractory_tau_us is 49.5 us, with steps of 1000 us (data.step_us); it takes 0, or from 50 us");
    refuse(config, "neuron.refractory_tau_us=[600, 600, 1000000001]", "neuron.refractory_tau_us is 1000000001 us");
    refuse(config, "neuron.refractory_tau_us=[600, 600]",
           "neuron.refractory_tau_us has 2 numbers, encoder.layers 3 layers");
    assert_ok(vdib_config_set(config, "neuron.refractory_tau_us=[]"));
    refuse(config, "neuron.membrane_tau_us=[40]", "neuron.membrane_tau_us is 40 us");
    assert_ok(vdib_config_set(config, "neuron.membrane_tau_us=[]"));
    refuse(config, "neuron.synaptic_tau_us=[1, 2]", "neuron.synaptic_tau_us has 2 numbers");
    assert_ok(vdib_config_set(config, "encoder.layers=[]"));
    refuse(config, "neuron.synaptic_tau_us=[1000, 2000]", "encoder.layers 0 layers");
    assert_ok(vdib_config_set(config, "neuron.synaptic_tau_us=[1000]")); /* of no layer */
    assert_ok(vdib_config_check(config));
}

/* Those that are learnt have a bound of their own, to which they would be moved in silence. */
static void learnt_time_constants_are_half_a_step_or_more(void **state) {
    static const char *const less[] = {"neuron.synaptic_tau_us=[0]", "neuron.membrane_tau_us=[499]",
                                       "neuron.refractory_tau_us=[100]"};
    static const char *const half[] = {"neuron.synaptic_tau_us=[500]", "neuron.membrane_tau_us=[500]",
                                       "neuron.refractory_tau_us=[500]"};
    vdib_config *config = *state;
    assert_ok(vdib_config_set(config, "data.step_us=1000"));
    for (size_t i = 0; i < 3; i++) {
        assert_ok(vdib_config_set(config, "neuron.learn_tau=none"));
        assert_ok(vdib_config_set(config, less[i]));
        assert_ok(vdib_config_check(config));
        refuse(config, "neuron.learn_tau=all", "are learnt are 500 us, half a step, or more");
        assert_ok(vdib_config_set(config, half[i]));
        assert_ok(vdib_config_check(config));
    }
}

static void thresholds_adapt_by_two_lists(void **state) {
    vdib_config *config = *state;
    vdib__config_decays decays = vdib__config_decays_of(config, 1);
    assert_true(decays.adaptation == 0 && decays.strength == 0);
    refuse(config, "neuron.adaptation_strength=[0.5]", "neuron.adaptation_tau_us is []");
    assert_ok(vdib_config_set(config, "neuron.adaptation_tau_us=[7500, 15000, 30000]"));
    assert_ok(vdib_config_check(config));
    decays = vdib__config_decays_of(config, 1);
    assert_near(decays.adaptation, exp(-0.25));
    assert_true(decays.strength == 0.5);
    assert_ok(vdib_config_set(config, "neuron.adaptation_strength=[0, 1, 2]"));
    assert_ok(vdib_config_check(config));
    assert_true(vdib__config_decays_of(config, 2).strength == 2);
    refuse(config, "neuron.adaptation_strength=[1, 2]", "neuron.adaptation_strength has 2 numbers");
    refuse(config, "neuron.adaptation_strength=[]", "neuron.adaptation_strength is []");
    refuse(config, "neuron.adaptation_tau_us=[1]", "neuron.adaptation_tau_us is 1 us");
    assert_fails(VDIB_ERROR_CONFIG, vdib_config_set(config, "neuron.adaptation_strength=[-1]"), "from 0 to 1e6");
}

static void lists_of_numbers_are_kept_as_numbers(void **state) {
    vdib_config *config = *state, *back = NULL;
    const char *item = NULL;
    char *json = NULL;
    size_t count = 0;
    assert_ok(vdib_config_set(config, "neuron.membrane_tau_us= [ 1e3 , 2500.50,1.0e-3]"));
    assert_value(config, "neuron.membrane_tau_us", "[1000, 2500.5, 0.001]");
    assert_ok(vdib_config_get_list(config, "neuron.membrane_tau_us", 1, &item, &count));
    assert_string_equal(item, "2500.5");
    assert_int_equal(count, 3);
    assert_ok(vdib_config_get_list(config, "encoder.layers", 2, &item, &count));
    assert_string_equal(item, "10");
    assert_ok(vdib__config_to_json(config, &json));
    assert_non_null(strstr(json, "\"membrane_tau_us\":[1000.0,2500.5,0.001]"));
    assert_non_null(strstr(json, "\"synaptic_tau_us\":[]"));
    assert_non_null(strstr(json, "\"layers\":[30,20,10]"));
    assert_ok(vdib__config_from_json(json, "here", &back));
    assert_value(back, "neuron.membrane_tau_us", "[1000, 2500.5, 0.001]");
    vdib__free(json);
    vdib_config_destroy(back);
    assert_fails(VDIB_ERROR_CONFIG, vdib_config_set(config, "neuron.membrane_tau_us=[-1]"), "a list of one number");
    assert_fails(VDIB_ERROR_CONFIG, vdib_config_set(config, "neuron.membrane_tau_us=[conv2k3]"), "is '[conv2k3]'");
    assert_fails(VDIB_ERROR_CONFIG, vdib_config_set(config, "encoder.layers=[2.5]"), "encoder.layers is '[2.5]'");
    assert_fails(VDIB_ERROR_CONFIG, vdib_config_set(config, "neuron.membrane_tau_us=[1, 2, 3, 4, 5, 6, 7, 8, 9]"),
                 "neuron.membrane_tau_us");
    assert_value(config, "neuron.membrane_tau_us", "[1000, 2500.5, 0.001]");
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_step_is_as_long_as_the_input_says, make_config, free_config),
        cmocka_unit_test_setup_teardown(filters_are_as_long_as_they_say, make_config, free_config),
        cmocka_unit_test_setup_teardown(decays_are_those_of_the_keys_without_time_constants, make_config, free_config),
        cmocka_unit_test_setup_teardown(decays_follow_from_time_constants, make_config, free_config),
        cmocka_unit_test_setup_teardown(membranes_may_not_leak, make_config, free_config),
        cmocka_unit_test_setup_teardown(time_constants_fit_steps_and_layers, make_config, free_config),
        cmocka_unit_test_setup_teardown(learnt_time_constants_are_half_a_step_or_more, make_config, free_config),
        cmocka_unit_test_setup_teardown(thresholds_adapt_by_two_lists, make_config, free_config),
        cmocka_unit_test_setup_teardown(lists_of_numbers_are_kept_as_numbers, make_config, free_config),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
