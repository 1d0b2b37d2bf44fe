/* SPDX-License-Identifier: MIT */
#include "published.h"

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_basis),       cmocka_unit_test(published_lif),
        cmocka_unit_test(published_readout),     cmocka_unit_test(published_decoder_conv),
        cmocka_unit_test(published_decoder_mlp), cmocka_unit_test(published_decoder_linear),
        cmocka_unit_test(published_sgd),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
