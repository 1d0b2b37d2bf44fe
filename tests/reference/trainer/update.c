/* SPDX-License-Identifier: MIT */
/* Update rules: plain SGD, Adam (Kingma & Ba 2015), AdamW (Loshchilov & Hutter 2019), clipping by the norm of a half's
 * gradient, and the per-parameter baseline of the published system. */
#include "reference/trainer/twin.h"

#include <math.h>
#include <string.h>

/* Sums of a gradient's terms are good to about so much of the tensor's largest entry in single precision. */
static const double ROUNDING = 4e-7;

void twin_clear_gradients(twin *t, twin_role half) {
    for (size_t i = 0; i < t->tensor_count; i++)
        if (t->tensors[i].role == half)
            memset(t->tensors[i].gradients, 0, t->tensors[i].count * sizeof(double));
}

/* A factor near 1: what single precision does to the gradient of element e of a tensor. */
static double rounding(const twin *t, const twin_tensor *tensor, size_t e) {
    vdib__key key = {.purpose = VDIB_PURPOSE_STIMULUS, .example = (uint64_t)(tensor - t->tensors)};
    return t->noise * (2 * (double)vdib__random_uniform(&key, (uint32_t)t->updates[tensor->role], (uint32_t)e) - 1);
}

/* What is left of terms that cancel carries the rounding of the terms: of about the largest entry. */
static void spoil(twin *t, twin_role half) {
    for (size_t i = 0; i < t->tensor_count; i++) {
        twin_tensor *tensor = &t->tensors[i];
        double largest = 0;
        for (size_t e = 0; e < tensor->count && tensor->role == half; e++)
            largest = fmax(largest, fabs(tensor->gradients[e]));
        for (size_t e = 0; e < tensor->count && tensor->role == half; e++)
            if (tensor->gradients[e] != 0)
                tensor->gradients[e] += rounding(t, tensor, e) * (fabs(tensor->gradients[e]) + largest);
    }
}

/* g <- g (l - EMA[g^2 l] / EMA[g^2]), l averaged likewise; averages start at their first value. */
static void weigh(twin *t, double loss) {
    bool first = t->updates[TWIN_ENCODER] == 0;
    double memory = first ? 0 : t->settings.memory;
    t->signal = first ? loss : t->settings.memory * t->signal + (1 - t->settings.memory) * loss;
    for (size_t i = 0; i < t->tensor_count; i++) {
        twin_tensor *tensor = &t->tensors[i];
        for (size_t e = 0; e < tensor->count && tensor->role == TWIN_ENCODER; e++) {
            double *g = &tensor->gradients[e], square = *g * *g;
            int now = (int)t->updates[TWIN_ENCODER] + 1, moved = tensor->moved[e];
            t->late_rows = t->late_rows || (*g != 0 && moved != 0 && moved + 1 < now);
            tensor->moved[e] = *g != 0 ? now : moved;
            tensor->numerator[e] = memory * tensor->numerator[e] + (1 - memory) * square * t->signal;
            tensor->denominator[e] = memory * tensor->denominator[e] + (1 - memory) * square;
            tensor->unweighed = fmax(tensor->unweighed, fabs(*g * t->signal));
            double excess = t->signal - tensor->numerator[e] / fmax(1e-12, tensor->denominator[e]);
            if (t->noise > 0)
                excess += t->signal * rounding(t, tensor, e);
            bool same = t->settings.rule[TWIN_ENCODER] != TWIN_SGD && fabs(excess) < 1e-6 * fabs(t->signal);
            bool adaptive = t->settings.rule[TWIN_ENCODER] != TWIN_SGD, near = fabs(excess) < 1e-5 * fabs(t->signal);
            bool none = fabs(excess) < 5e-7 * fabs(t->signal); /* rounding cannot bring it to 1e-6 */
            tensor->small[e] = tensor->small[e] || (*g != 0 && adaptive && near && !none);
            *g *= same ? 0 : excess; /* adaptive rules would make full steps of it */
        }
    }
}

static void clip(twin *t, twin_role half) {
    double square = 0, limit = t->settings.clip_norm;
    for (size_t i = 0; i < t->tensor_count; i++)
        for (size_t e = 0; e < t->tensors[i].count && t->tensors[i].role == half; e++)
            square += t->tensors[i].gradients[e] * t->tensors[i].gradients[e];
    if (!(limit > 0) || sqrt(square) <= limit)
        return;
    t->clipped = true;
    for (size_t i = 0; i < t->tensor_count; i++)
        for (size_t e = 0; e < t->tensors[i].count && t->tensors[i].role == half; e++)
            t->tensors[i].gradients[e] *= limit / sqrt(square);
}

double twin_rate_now(const twin *t, twin_role half) {
    double span = t->settings.span, larger = t->settings.rule[half] == TWIN_SGD ? span : sqrt(span);
    return t->settings.rate[half] * t->share * larger;
}

/* Time constants and learnt filters have rates of their own, which take the course of the encoder's. */
static double rate_of(const twin *t, const twin_tensor *tensor) {
    double rate = twin_rate_now(t, tensor->role);
    if (strcmp(tensor->name, "encoder.readout.basis") == 0)
        return rate * t->settings.filter_rate;
    return tensor->apart ? t->settings.tau_rate * rate / t->settings.rate[tensor->role] : rate;
}

static void adam(twin *t, twin_tensor *tensor) {
    twin_role half = tensor->role;
    double n = (double)t->updates[half] + 1, rate = rate_of(t, tensor), largest = tensor->unweighed;
    double b1 = pow(0.9, t->settings.span), b2 = pow(0.999, t->settings.span);
    double decay =
        t->settings.rule[half] == TWIN_ADAMW && !tensor->apart ? t->settings.weight_decay * sqrt(t->settings.span) : 0;
    for (size_t e = 0; e < tensor->count; e++)
        largest = fmax(largest, fabs(tensor->gradients[e]));
    for (size_t e = 0; e < tensor->count; e++) {
        double g = tensor->gradients[e];
        tensor->small[e] = tensor->small[e] || (g != 0 && fabs(g) < 1e-5 * largest);
        tensor->first[e] = b1 * tensor->first[e] + (1 - b1) * g;
        tensor->second[e] = b2 * tensor->second[e] + (1 - b2) * g * g;
        double first = tensor->first[e] / (1 - pow(b1, n)), second = tensor->second[e] / (1 - pow(b2, n));
        tensor->values[e] -= rate * (first / (sqrt(second) + 1e-8) + decay * tensor->values[e]);
        tensor->slack[e] += rate * ROUNDING * largest / (sqrt(second) + 1e-8);
    }
}

/* The average of the weights begins with a short memory. */
static void average(twin *t, twin_role half) {
    double n = (double)t->updates[half],
           memory = fmin(pow(t->settings.average_memory, t->settings.span), (n + 1) / (n + 10));
    for (size_t i = 0; i < t->tensor_count; i++)
        for (size_t e = 0; e < t->tensors[i].count && t->tensors[i].role == half; e++)
            t->tensors[i].average[e] = memory * t->tensors[i].average[e] + (1 - memory) * t->tensors[i].values[e];
}

void twin_update(twin *t, twin_role half, double loss) {
    const twin_settings *s = &t->settings;
    if (t->noise > 0)
        spoil(t, half);
    if (half == TWIN_ENCODER && !s->straight_through && s->baseline == TWIN_PER_PARAMETER)
        weigh(t, loss);
    if (s->rule[half] != TWIN_SGD)
        clip(t, half);
    for (size_t i = 0; i < t->tensor_count; i++) {
        twin_tensor *tensor = &t->tensors[i];
        if (tensor->role != half)
            continue;
        if (s->rule[half] != TWIN_SGD)
            adam(t, tensor);
        for (size_t e = 0; e < tensor->count && s->rule[half] == TWIN_SGD; e++)
            tensor->values[e] -= rate_of(t, tensor) * tensor->gradients[e];
        for (size_t e = 0; e < tensor->count && tensor->apart; e++)
            tensor->values[e] = fmin(s->log_most, fmax(s->log_least, tensor->values[e]));
    }
    average(t, half);
    t->updates[half]++;
}
