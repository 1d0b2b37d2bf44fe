/* SPDX-License-Identifier: MIT */
#include "run/memory.h"

#include <stdio.h>
#include <string.h>

#include "core/available.h"
#include "core/error.h"
#include "core/text.h"

enum { AMOUNT = 32 };

/* 1536 MiB as "1.5 GiB". */
static const char *amount(size_t bytes, char text[AMOUNT]) {
    static const char *const units[] = {"KiB", "MiB", "GiB", "TiB", "PiB"};
    double value = (double)bytes / 1024;
    size_t unit = 0;
    while (value >= 1000 && unit + 1 < sizeof units / sizeof units[0]) {
        value /= 1024;
        unit++;
    }
    vdib__format(text, AMOUNT, "%.*f %s", value < 10 ? 1 : 0, value, units[unit]);
    return text;
}

/* The parts of the need, and the keys that each grows with. */
static const char *advice_for(const vdib_training_need *need) {
    static const char *const keys[] = {
        ("data.steps, decoder.window, decoder.hidden, encoder.layers or encoder.readouts, or choose another "
         "decoder.type"),
        "learning.batch_size, data.steps, encoder.layers or encoder.readouts",
        "data.steps, data.test_steps, encoder.layers or encoder.readouts",
    };
    size_t copies = need->weights + need->copies;
    if (copies >= need->batch && copies >= need->validation)
        return keys[0];
    return need->batch >= need->validation ? keys[1] : keys[2];
}

static vdib_status refuse(const vdib_training_need *need, size_t available, const char *limit) {
    char total[AMOUNT], copies[AMOUNT], batch[AMOUNT], validation[AMOUNT], there[AMOUNT];
    return vdib__fail(
        VDIB_ERROR_MEMORY,
        "training needs about %s of memory (weights and what is kept of them %s, an update %s, evaluation %s), "
        "but there are %s: %s; lower %s, or try it all the same with --force",
        amount(need->total, total), amount(need->weights + need->copies, copies), amount(need->batch, batch),
        amount(need->validation, validation), amount(available, there), limit, advice_for(need));
}

vdib_status vdib__memory_check(const vdib_config *config, const vdib_dataset *dataset, size_t threads, bool force) {
    vdib_training_need need = {.size = sizeof need};
    const char *limit = NULL;
    if (force)
        return VDIB_OK;
    VDIB_TRY(vdib__memory_advise(vdib_training_memory(config, dataset, threads, &need)));
    size_t available = vdib__memory_available(&limit);
    return need.total <= available ? VDIB_OK : refuse(&need, available, limit);
}

vdib_status vdib__memory_advise(vdib_status status) {
    if (status != VDIB_ERROR_MEMORY || strstr(vdib_last_message(), "; lower ") != NULL)
        return status;
    return vdib__fail(status, "%.700s; lower learning.batch_size, data.steps, encoder.layers or decoder.hidden",
                      vdib_last_message());
}
