/* SPDX-License-Identifier: MIT */
/* The report's page: head, sections in reading order, foot. */
#include <math.h>
#include <nettle/base64.h>
#include <nettle/sha2.h>
#include <string.h>

#include "core/error.h"
#include "core/text.h"
#include "report/film.h"
#include "report/html.h"

#include "vdib/vdib.h"

/* Nothing is fetched from anywhere, and no script runs but the page's own, which the policy names by its SHA-256: a
 * browser that honours it refuses even to try. Styles stand in the page's elements too (widths of bars). */
static void put_policy(FILE *page, const char *const script[2]) {
    struct sha256_ctx sum;
    uint8_t digest[SHA256_DIGEST_SIZE];
    char text[BASE64_ENCODE_RAW_LENGTH(SHA256_DIGEST_SIZE) + 1] = "";
    fputs("<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; base-uri 'none'; "
          "form-action 'none'; img-src data:; style-src 'unsafe-inline'",
          page);
    if (script != NULL) {
        sha256_init(&sum);
        for (int part = 0; part < 2; part++)
            sha256_update(&sum, strlen(script[part]), (const uint8_t *)script[part]);
        sha256_digest(&sum, sizeof digest, digest);
        base64_encode_raw(text, sizeof digest, digest);
        fprintf(page, "; script-src 'sha256-%s'", text);
    }
    fputs("\">\n", page);
}

void vdib__html_head(FILE *page, const char *title, const char *kind, const char *style, const char *const script[2]) {
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n", page);
    put_policy(page, script);
    fputs("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<meta name=\"color-scheme\" content=\"light dark\">\n<link rel=\"icon\" href=\"data:,\">\n<title>",
          page);
    vdib__html_text(page, title);
    fprintf(page, " \xC2\xB7 vdib %s</title>\n<style>\n%s%s</style>\n</head>\n", kind, VDIB__REPORT_STYLE, style);
    fprintf(page, "<body>\n<header>\n<p class=\"over\">vdib %s</p>\n<h1>", kind);
    vdib__html_text(page, title);
    fputs("</h1>\n", page);
}

void vdib__html_end(FILE *page, const char *const script[2]) {
    fprintf(page, "</main>\n<footer>Written by vdib %s.</footer>\n", VDIB_VERSION);
    if (script != NULL)
        fprintf(page, "<script>%s%s</script>\n", script[0], script[1]);
    fputs("</body>\n</html>\n", page);
}

static void put_top(FILE *page, const vdib__report_content *content) {
    fputs("<p class=\"under\">", page);
    vdib__html_number(page, vdib_evaluation_get(&content->evaluation, "examples"));
    fprintf(page, " test %s \xC2\xB7 seed %llu \xC2\xB7 beta %g",
            content->task == VDIB_REPORT_UNITS ? "sequences" : "examples",
            (unsigned long long)vdib_evaluation_seed(&content->evaluation), content->beta);
    if (content->sends_spikes)
        fprintf(page, " \xC2\xB7 prior rate %g", content->prior_rate);
    fputs("</p>\n", page);
    vdib__html_tiles(page, content);
    fputs("</header>\n<main>\n", page);
}

void vdib__html_section(FILE *page, const char *id, const char *title) {
    fprintf(page, "<section id=\"%s\" aria-labelledby=\"%s-title\">\n<h2 id=\"%s-title\">%s</h2>\n", id, id, id, title);
}

static void close_section(FILE *page) {
    fputs("</section>\n", page);
}

/* What to look at before the figures are believed. */
static void put_warnings(FILE *page, const vdib__report_content *content) {
    size_t count = vdib_evaluation_warning_count(&content->evaluation);
    if (count == 0)
        return;
    vdib__html_section(page, "warnings", "Warnings");
    fputs("<ul>\n", page);
    for (size_t i = 0; i < count; i++) {
        fputs("<li>", page);
        vdib__html_text(page, vdib_evaluation_warning(&content->evaluation, i, NULL));
        fputs("</li>\n", page);
    }
    fputs("</ul>\n", page);
    close_section(page);
}

static vdib_status put_results(FILE *page, const vdib__report_content *content) {
    if (content->example_count > 0) {
        vdib__html_section(page, "examples",
                           content->task == VDIB_REPORT_CLASSES ? "Decoded classes" : "Reconstructions");
        VDIB_TRY(vdib__html_examples(page, content));
        close_section(page);
    }
    if (content->strip.count > 0) {
        vdib__html_section(page, "strip", "Decoded units");
        vdib__html_strip(page, content);
        close_section(page);
    }
    vdib__html_section(page, "figures", "Figures");
    vdib__html_figures(page, content);
    close_section(page);
    return VDIB_OK;
}

/* Where there is a rate. */
static void put_rate_distortion(FILE *page, const vdib__report_content *content) {
    if (!isfinite(vdib_evaluation_get(&content->evaluation, "rate_bits")))
        return;
    vdib__html_section(page, "rate-distortion", "Rate and distortion");
    fprintf(page,
            "<p>Down is better decoding, left is fewer bits; beta = %g says what a bit is worth in training, in the "
            "configured reduction.</p>\n",
            content->beta);
    vdib__html_rate_distortion(page, content);
    close_section(page);
}

static vdib_status put_behaviour(FILE *page, const vdib__report_content *content) {
    vdib__html_section(page, "curves", "Learning curves");
    vdib__html_curves(page, content);
    close_section(page);
    fputs("<div class=\"columns\">\n", page);
    put_rate_distortion(page, content);
    if (vdib_evaluation_classes(&content->evaluation) > 0) {
        vdib__html_section(page, "confusion", "Confusion matrix");
        VDIB_TRY(vdib__html_confusion(page, content));
        close_section(page);
    }
    fputs("</div>\n", page);
    if (vdib__html_has_spikes(content)) {
        vdib__html_section(page, "spikes", "What the spikes say");
        vdib__html_spikes(page, content);
        close_section(page);
    }
    if (content->trial_count > 0) {
        vdib__html_section(page, "rasters", "Spikes");
        VDIB_TRY(vdib__html_rasters(page, content));
        close_section(page);
    }
    return VDIB_OK;
}

static void put_provenance(FILE *page, const vdib__report_content *content) {
    vdib__html_section(page, "provenance", "Data and machine");
    fputs("<dl class=\"facts\">\n", page);
    for (size_t i = 0; i < content->fact_count; i++) {
        fprintf(page, "<div><dt>%s</dt><dd>", content->facts[i].name);
        vdib__html_text(page, content->facts[i].text);
        fputs("</dd></div>\n", page);
    }
    fputs("</dl>\n", page);
    close_section(page);
    if (content->configuration == NULL)
        return;
    vdib__html_section(page, "configuration", "Configuration");
    fputs("<p>Complete, as in config.yaml of the run: training with it on the same data, for as many examples, repeats "
          "the run.</p>\n<pre>",
          page);
    vdib__html_text(page, content->configuration);
    fputs("</pre>\n", page);
    close_section(page);
}

static vdib_status put_page(const vdib__report_content *content, FILE *page) {
    const char *const script[2] = {VDIB__REPORT_SCRIPT, VDIB__FILM_SCRIPT};
    vdib__html_head(page, content->title, "report", VDIB__FILM_STYLE, script);
    put_top(page, content);
    put_warnings(page, content);
    VDIB_TRY(put_results(page, content));
    VDIB_TRY(put_behaviour(page, content));
    put_provenance(page, content);
    vdib__html_end(page, script);
    return VDIB_OK;
}

/* Every number of the page has a decimal point, whatever the host program's locale. */
vdib_status vdib__report_render(const vdib__report_content *content, FILE *page) {
    vdib__plain_locale entered = vdib__plain_locale_enter();
    vdib_status status = put_page(content, page);
    vdib__plain_locale_leave(entered);
    return status;
}
