/* SPDX-License-Identifier: MIT */
/* The gradient estimators: errors dL/du of the readout from losses and from the decoder's gradient. */
#include "reference/trainer/twin.h"

#include <math.h>

#include "core/random.h"

static double sigma(double u) {
    return 1 / (1 + exp(-u));
}

/* What single precision leaves of y - sigma(u), which is a difference of numbers near 1 where a neuron is sure. Draws
 * of an example with the same u are rounded alike: where they cancel out, nothing is left. */
static double score_of(const twin *t, const twin_record *r, size_t at, size_t example) {
    vdib__key key = {.purpose = VDIB_PURPOSE_STIMULUS, .example = t->examples + example, .layer = 255};
    double rounding = t->noise > 0 ? 2 * (double)vdib__random_uniform(&key, 0, (uint32_t)at) - 1 : 0;
    return r->spikes[at] - sigma(r->potentials[at]) + t->noise * rounding;
}

/* The mean loss of the other draws of the same example. */
static double mean_of_others(const twin *t, const double *losses, size_t which) {
    size_t draws = t->settings.draws, first = which - which % draws;
    double sum = 0;
    for (size_t i = first; i < first + draws; i++)
        sum += i == which ? 0 : losses[i];
    return sum / (double)(draws - 1);
}

/* reinforce, rloo: what the score d log p / du = y - sigma(u) of draw `which` is multiplied with. */
static double score_weight(const twin *t, const double *losses, size_t count, size_t which) {
    double others = 0, b = (double)count;
    for (size_t i = 0; i < count; i++)
        others += i == which ? 0 : losses[i];
    if (t->settings.leave_one_out)
        return (losses[which] - mean_of_others(t, losses, which)) / b;
    if (t->settings.baseline == TWIN_PER_PARAMETER)
        return 1 / b; /* every parameter weighs its own gradient in its update */
    if (t->settings.baseline == TWIN_NO_BASELINE)
        return losses[which] / b;
    if (t->settings.baseline == TWIN_PRODUCT) /* the mean of the scores is multiplied by the mean of the losses */
        return (losses[which] + others) / b / b;
    return count > 1 ? (losses[which] - others / (b - 1)) / b : 0;
}

static double reinforce(const twin *t, twin_record *r, size_t begin, size_t end, size_t scored, const double *losses,
                        size_t count, size_t which) {
    const twin_settings *s = &t->settings;
    double distortion_scale, rate_scale, weight = score_weight(t, losses, count, which);
    double prior = log(s->prior / (1 - s->prior));
    twin_scales(t, scored, &distortion_scale, &rate_scale);
    bool bare = s->feedback == TWIN_DFA && !s->dfa_normalised; /* as published: the dfa error is not divided by NY T */
    for (size_t at = begin * s->readouts; at < end * s->readouts; at++) {
        double u = r->potentials[at], p = sigma(u), score = weight * score_of(t, r, at, which / s->draws);
        if (s->analytic) /* the divergence from the prior depends on u of its own step besides */
            score += t->price * rate_scale / (double)count * p * (1 - p) * (u - prior);
        r->errors[at] = rate_scale * score;
        r->hidden_errors[at] = (bare ? 1 : rate_scale) * score;
    }
    return weight * rate_scale;
}

/* y = sigma(u) + what is held constant: dL/du = sigma'(u) (dL/dy + beta (u - logit r0)), the second being the
 * derivative of the divergence from the prior. Only the last `window` steps are read by the decoder. */
static double straight_through(const twin *t, twin_record *r, size_t begin, size_t end, size_t scored, size_t count,
                               const double *window_gradient) {
    const twin_settings *s = &t->settings;
    double distortion_scale, rate_scale, b = (double)count, prior = log(s->prior / (1 - s->prior));
    twin_scales(t, scored, &distortion_scale, &rate_scale);
    for (size_t step = begin; step < end; step++)
        for (size_t i = 0; i < s->readouts; i++) {
            size_t at = step * s->readouts + i;
            double u = r->potentials[at], p = sigma(u);
            double read = step + s->window >= end ? window_gradient[(step + s->window - end) * s->readouts + i] : 0;
            r->errors[at] = p * (1 - p) * (read + t->price * rate_scale / b * (u - prior));
            if (!s->analytic) /* log p(y) - log q(y) by u itself, beside what comes by way of y */
                r->errors[at] += t->price * rate_scale / b * (r->spikes[at] - p);
            r->hidden_errors[at] = r->errors[at];
        }
    return distortion_scale / b;
}

/* z = u + s eps: by u the decoder's gradient itself, by log s the same times s eps; of the rate (u^2 + s^2) / 2 - log s
 * it is u and s^2 - 1. */
static double pathwise(const twin *t, twin_record *r, size_t begin, size_t end, size_t scored, size_t count,
                       const double *window_gradient) {
    const twin_settings *s = &t->settings;
    double distortion_scale, rate_scale, b = (double)count;
    twin_scales(t, scored, &distortion_scale, &rate_scale);
    double price = t->price * rate_scale / b;
    for (size_t i = 0; i < s->readouts; i++) {
        double deviation = twin_deviation(t, i);
        r->deviation_errors[i] = 0;
        for (size_t step = begin; step < end; step++) {
            size_t at = step * s->readouts + i;
            double read = step + s->window >= end ? window_gradient[(step + s->window - end) * s->readouts + i] : 0;
            r->errors[at] = r->hidden_errors[at] = read + price * r->potentials[at];
            r->deviation_errors[i] += read * deviation * r->noise[at] + price * (deviation * deviation - 1);
        }
    }
    return distortion_scale / b;
}

/* The cross-entropy of spike probabilities and those that are wished for. Neurons go to classes in equal runs. */
static double rate_target(const twin *t, twin_record *r, size_t begin, size_t end, size_t scored, size_t count) {
    const twin_settings *s = &t->settings;
    double distortion_scale, rate_scale;
    twin_scales(t, scored, &distortion_scale, &rate_scale);
    for (size_t step = begin; step < end; step++)
        for (size_t i = 0; i < s->readouts; i++) {
            double own = floor((double)i * (double)s->classes / (double)s->readouts);
            double wished = own == (double)r->label ? s->target_on : s->target_off,
                   u = r->potentials[step * s->readouts + i];
            double slope = (1 - wished) * sigma(u) - wished * sigma(-u);
            r->errors[step * s->readouts + i] = r->hidden_errors[step * s->readouts + i] =
                slope * rate_scale / (double)count;
        }
    return distortion_scale / (double)count;
}

double twin_estimate(const twin *t, twin_record *r, size_t begin, size_t end, size_t scored, const double *losses,
                     size_t count, size_t which, const double *window_gradient) {
    if (t->settings.gaussian)
        return pathwise(t, r, begin, end, scored, count, window_gradient);
    if (t->settings.straight_through)
        return straight_through(t, r, begin, end, scored, count, window_gradient);
    if (t->settings.rate_target)
        return rate_target(t, r, begin, end, scored, count);
    return reinforce(t, r, begin, end, scored, losses, count, which);
}
