/* SPDX-License-Identifier: MIT */
/* Distortion, rate and their sum (docs/method.md, 'Objective'). */
#include "reference/trainer/twin.h"

#include <math.h>

double twin_distortion(const twin *t, const double *logits, const double *target, uint32_t label, double *gradient) {
    if (t->settings.head == TWIN_CATEGORICAL)
        return decoder_reference_categorical_double(t->outputs, logits, label, gradient);
    if (t->settings.head == TWIN_GAUSSIAN)
        return decoder_reference_gaussian_double(t->outputs, logits, target, gradient);
    return decoder_reference_bernoulli_double(t->outputs, logits, target, gradient);
}

double twin_smoothed(const twin *t, const double *logits, uint32_t label, double *gradient) {
    double sum = 0, loss = 0, c = (double)t->outputs, s = t->settings.smoothing, most = logits[0];
    for (size_t i = 1; i < t->outputs; i++)
        most = fmax(most, logits[i]);
    for (size_t i = 0; i < t->outputs; i++)
        sum += exp(logits[i] - most);
    for (size_t i = 0; i < t->outputs; i++) {
        double wanted = (i == label ? 1 - s : 0) + s / c, logarithm = logits[i] - most - log(sum);
        loss -= wanted * logarithm;
        gradient[i] = exp(logarithm) - wanted;
    }
    return loss;
}

/* log sigma(u) without overflow. */
static double log_sigma(double u) {
    return u < 0 ? u - log1p(exp(u)) : -log1p(exp(-u));
}

/* log p(y) - log q(y), and its mean over y: the divergence of Bernoulli(sigma(u)) from Bernoulli(r0). */
static void spiking_rate(const twin *t, double u, double y, twin_loss *loss) {
    double r0 = t->settings.prior, p = 1 / (1 + exp(-u));
    double on = log_sigma(u) - log(r0), off = log_sigma(-u) - log(1 - r0);
    loss->rate_sampled += y != 0 ? on : off;
    loss->rate += p * on + (1 - p) * off;
    loss->spikes += y;
}

/* log N(z; u, s^2) - log N(z; 0, 1), and its mean over z: E log N(z; u, s^2) is the negative entropy, E z^2 = u^2 +
 * s^2. The constant log(2 pi) / 2 of both cancels out. */
static void gaussian_rate(double u, double s, double z, twin_loss *loss) {
    double own = -log(s) - (z - u) * (z - u) / (2 * s * s), prior = -z * z / 2;
    double entropy = log(s) + 0.5, prior_mean = -(u * u + s * s) / 2;
    loss->rate_sampled += own - prior;
    loss->rate += -entropy - prior_mean;
}

void twin_rate(const twin *t, const twin_record *r, size_t begin, size_t end, twin_loss *loss) {
    size_t readouts = t->settings.readouts;
    for (size_t at = begin * readouts; at < end * readouts; at++)
        if (t->settings.gaussian)
            gaussian_rate(r->potentials[at], twin_deviation(t, at % readouts), r->spikes[at], loss);
        else
            spiking_rate(t, r->potentials[at], r->spikes[at], loss);
}

void twin_scales(const twin *t, size_t steps, double *distortion_scale, double *rate_scale) {
    double outputs = t->settings.head == TWIN_CATEGORICAL ? 1 : (double)t->outputs; /* a class counts as one output */
    *distortion_scale = t->settings.mean ? 1 / outputs : 1;
    *rate_scale = t->settings.mean && !t->settings.absent ? 1 / ((double)t->settings.readouts * (double)steps) : 1;
}

void twin_total(const twin *t, twin_loss *loss, size_t steps) {
    double distortion_scale, rate_scale;
    twin_scales(t, steps, &distortion_scale, &rate_scale);
    loss->total = distortion_scale * (t->settings.smoothing > 0 ? loss->smoothed : loss->distortion) +
                  t->price * rate_scale * (t->settings.analytic ? loss->rate : loss->rate_sampled);
}
