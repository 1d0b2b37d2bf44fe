/* SPDX-License-Identifier: MIT */
/* A page with a slider over time. */
#include <stdio.h>
#include <string.h>

#include "core/alloc.h"
#include "core/error.h"
#include "core/text.h"
#include "report/base64.h"
#include "report/html.h"
#include "report/view/picture.h"

#include "vdib/vdib.h"

static const char STYLE[] =
    ".tiles { grid-template-columns: repeat(auto-fit, minmax(8.5rem, 1fr)); }\n"
    ".view { margin: 1.5rem 0 0; max-width: 46rem; }\n"
    ".view .stage { position: relative; background: #121418; border-radius: 4px; overflow: hidden; }\n"
    ".view img { display: block; width: 100%; height: auto; max-height: 60vh; object-fit: contain;\n"
    "  image-rendering: pixelated; }\n"
    ".view .cursor { position: absolute; top: 0; bottom: 0; width: 2px; background: #e6e8ea; }\n"
    ".view .rate { display: block; width: 100%; height: 5rem; }\n"
    ".view .rate rect { fill: var(--soft); opacity: 0.55; }\n"
    ".view .rate rect.now { fill: var(--blue); opacity: 1; }\n"
    ".view .says { display: flex; justify-content: space-between; flex-wrap: wrap; gap: 0 1.5rem; color: var(--soft);\n"
    "  font-size: 0.9rem; }\n"
    ".view .says b { color: var(--ink); }\n"
    ".view .on, .view .off, .view .both { white-space: nowrap; margin-left: 1rem; }\n"
    ".view .on::before, .view .off::before, .view .both::before { content: ''; display: "
    "inline-block; width: 0.7rem; height: 0.7rem;\n"
    "  margin-right: 0.4rem; border-radius: 2px; background: #589fe0; }\n"
    ".view .off::before { background: #e08638; }\n"
    ".view .both::before { background: #a798c8; }\n";

static const char SCRIPT[] =
    "const one = id => document.getElementById(id), view = JSON.parse(one('recording').textContent);\n"
    "const flat = view.pictures.length === 1 && view.counts.length > 1;\n"
    "const bars = document.querySelectorAll('.rate rect'), slider = one('slider');\n"
    "let timer = null, shown = -1;\n"
    "function show(n) {\n"
    "  if (!flat) one('picture').src = 'data:image/png;base64,' + view.pictures[n];\n"
    "  else one('cursor').style.left = 100 * (n + 0.5) / view.counts.length + '%';\n"
    "  if (shown >= 0) bars[shown].classList.remove('now');\n"
    "  bars[n].classList.add('now');\n"
    "  one('time').textContent = (n * view.window).toFixed(view.digits) + ' ' + view.unit;\n"
    "  one('count').textContent = view.counts[n].toLocaleString('en');\n"
    "  slider.value = shown = n;\n"
    "}\n"
    "function stop() { clearInterval(timer); timer = null; one('play').textContent = 'Play'; }\n"
    "function play() {\n"
    "  timer = setInterval(() => show((shown + 1) % view.counts.length), 1000 / view.fps);\n"
    "  one('play').textContent = 'Pause';\n"
    "}\n"
    "slider.addEventListener('input', () => { stop(); show(Number(slider.value)); });\n"
    "one('play').addEventListener('click', () => timer === null ? play() : stop());\n"
    "document.querySelector('.rate').addEventListener('click', e => {\n"
    "  const box = e.currentTarget.getBoundingClientRect();\n"
    "  stop();\n"
    "  show(Math.min(view.counts.length - 1, Math.max(0, Math.floor((e.clientX - box.left) / box.width * "
    "view.counts.length))));\n"
    "});\n"
    "show(0);\n";

static void put_tile(FILE *page, const char *name, double value, const char *unit) {
    fprintf(page, "<div><dt>%s</dt><dd>", name);
    vdib__html_number(page, value);
    fprintf(page, "<span>%s</span></dd></div>\n", unit);
}

static void put_tiles(FILE *page, const vdib_view *view, size_t most) {
    const vdib_view_info *info = &view->info;
    double window = (double)info->window_us / 1e6, seconds = window * (double)info->pictures;
    fputs("<dl class=\"tiles\">\n", page);
    put_tile(page, "Events", (double)info->events, "shown");
    put_tile(page, "ON", 100 * (double)info->on_events / (double)info->events, "per cent of them");
    put_tile(page, "Length", seconds, "seconds");
    put_tile(page, "Mean rate", (double)info->events / seconds, "events a second");
    put_tile(page, "Highest rate", (double)most / window, "events a second, in one picture");
    fputs("</dl>\n", page);
}

/* What is not shown, or was left out. */
static void put_missing(FILE *page, const vdib_view_info *info) {
    if (info->beyond > 0)
        fprintf(page, "<p>%zu events come after the last picture and are not shown.</p>\n", info->beyond);
    if (info->more)
        fputs("<p>The recording goes on: no more events than these were read.</p>\n", page);
    if (info->wrong > 0)
        fprintf(page, "<p>%zu events, words or bytes of the file are wrong and were left out.</p>\n", info->wrong);
}

/* A bar for every window. */
static void put_rate(FILE *page, const vdib_view *view, size_t most) {
    enum { HEIGHT = 100 };
    fprintf(
        page,
        "<svg class=\"rate\" viewBox=\"0 0 %zu %d\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"events of "
        "every picture\">",
        view->info.pictures, HEIGHT);
    for (size_t w = 0; w < view->info.pictures; w++) {
        double height = (double)HEIGHT * (double)(view->first[w + 1] - view->first[w]) / (double)most;
        fprintf(page, "<rect x=\"%zu\" y=\"%.3g\" width=\"0.85\" height=\"%.3g\"/>", w, HEIGHT - height, height);
    }
    fputs("</svg>\n", page);
}

static void put_controls(FILE *page, const vdib_view *view, size_t most) {
    vdib__time_unit unit = vdib__view_unit(view);
    fprintf(page,
            "<div class=\"controls\"><button id=\"play\" type=\"button\">Play</button><input id=\"slider\" "
            "type=\"range\" min=\"0\" max=\"%zu\" value=\"0\" aria-label=\"time\"></div>\n",
            view->info.pictures - 1);
    put_rate(page, view, most);
    fprintf(page,
            "<p class=\"says\"><span><b id=\"time\"></b> of %.*f %s, <b id=\"count\"></b> events in %.4g ms</span>"
            "<span><span class=\"on\">ON</span><span class=\"off\">OFF</span><span class=\"both\">both</span></span>"
            "</p>\n",
            unit.digits, (double)view->info.window_us * (double)view->info.pictures / unit.us, unit.name,
            (double)view->info.window_us / 1e3);
}

/* A picture in Base64. */
static vdib_status put_picture(FILE *page, const vdib__cells *cells, size_t full) {
    uint8_t *png = NULL;
    size_t size = 0;
    char *text = NULL;
    VDIB_TRY(vdib__picture_png(cells, full, &png, &size));
    vdib_status status = vdib__base64(png, size, &text);
    if (status == VDIB_OK)
        fputs(text, page);
    vdib__free(text);
    vdib__free(png);
    return status;
}

/* The numbers and pictures that the script shows. */
static vdib_status put_data(FILE *page, const vdib_view *view, vdib__cells *cells) {
    vdib__time_unit unit = vdib__view_unit(view);
    bool flat = view->channels > 0;
    fprintf(page,
            "<script type=\"application/json\" id=\"recording\">\n{\"window\": %.9g, \"unit\": \"%s\", \"digits\": %d, "
            "\"fps\": %.9g, \"counts\": [",
            (double)view->info.window_us / unit.us, unit.name, unit.digits, view->info.fps);
    for (size_t w = 0; w < view->info.pictures; w++)
        fprintf(page, "%s%zu", w > 0 ? "," : "", view->first[w + 1] - view->first[w]);
    fputs("], \"pictures\": [\n", page);
    for (size_t w = 0; w < (flat ? 1 : view->info.pictures); w++) {
        vdib__cells_count(view, w, flat ? view->info.pictures : w + 1, view->pool, cells);
        fputs(w > 0 ? ",\n\"" : "\"", page);
        VDIB_TRY(put_picture(page, cells, view->full));
        fputs("\"", page);
    }
    fputs("\n]}\n</script>\n", page);
    return VDIB_OK;
}

static vdib_status put_stage(FILE *page, const vdib_view *view, vdib__cells *cells) {
    bool flat = view->channels > 0;
    vdib__cells_count(view, 0, flat ? view->info.pictures : 1, view->pool, cells);
    fprintf(page,
            "<div class=\"stage\"><img id=\"picture\" width=\"%zu\" height=\"%zu\" alt=\"%s\" "
            "src=\"data:image/png;base64,",
            cells->width, cells->height, flat ? "channels over time" : "events");
    VDIB_TRY(put_picture(page, cells, view->full));
    fprintf(page, "\">%s</div>\n", flat ? "<div class=\"cursor\" id=\"cursor\"></div>" : "");
    return VDIB_OK;
}

static vdib_status put_page(FILE *page, const vdib_view *view, vdib__cells *cells) {
    const char *slash = strrchr(view->path, '/'), *name = slash != NULL ? slash + 1 : view->path;
    const char *const script[2] = {SCRIPT, ""};
    size_t most = 0;
    for (size_t w = 0; w < view->info.pictures; w++) {
        size_t events = view->first[w + 1] - view->first[w];
        most = events > most ? events : most;
    }
    vdib__html_head(page, strcmp(view->path, "-") == 0 ? "standard input" : name, "view", STYLE, script);
    fprintf(page, "<p class=\"under\">format %s \xC2\xB7 ", view->info.format);
    if (view->channels > 0)
        fprintf(page, "%zu channels, channel 0 at the bottom</p>\n", view->channels);
    else
        fprintf(page, "%zu x %zu pixels</p>\n", view->info.width, view->info.height);
    put_tiles(page, view, most);
    fputs("</header>\n<main>\n<section class=\"view\" aria-label=\"recording\">\n", page);
    put_missing(page, &view->info);
    VDIB_TRY(put_stage(page, view, cells));
    put_controls(page, view, most);
    fputs("</section>\n", page);
    VDIB_TRY(put_data(page, view, cells));
    vdib__html_end(page, script);
    return VDIB_OK;
}

vdib_status vdib_view_page(const vdib_view *view, const char *path) {
    vdib__writer writer;
    vdib__cells cells = {0};
    VDIB_REQUIRE(view, path);
    VDIB_TRY(vdib__cells_new(view, view->pool, VDIB_VIEW_SIDE, &cells));
    vdib_status status = vdib__writer_open(&writer, path);
    if (status == VDIB_OK) {
        vdib__plain_locale entered = vdib__plain_locale_enter();
        status = put_page(writer.stream, view, &cells);
        vdib__plain_locale_leave(entered);
        if (status == VDIB_OK)
            status = vdib__writer_commit(&writer);
        else
            vdib__writer_abandon(&writer);
    }
    vdib__free(cells.counts);
    return status;
}
