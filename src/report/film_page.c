/* SPDX-License-Identifier: MIT */
/* The player of a trial: what has come in, what is decoded from it, and a slider over time. */
#include "core/error.h"
#include "core/text.h"
#include "data/blobs.h"
#include "report/film.h"
#include "report/html.h"

const char VDIB__FILM_STYLE[] =
    "[hidden] { display: none !important; }\n"
    ".film { display: grid; gap: 3px; grid-template-columns: repeat(3, 1fr); }\n"
    ".film.with-bars { grid-template-columns: 2fr 3fr; gap: 0.75rem; align-items: end; }\n"
    ".film figcaption { font-size: 0.78rem; color: var(--soft); }\n"
    ".film .bars title { display: none; }\n"
    "section .now { margin: 0; min-height: 3em; font-size: 0.85rem; color: var(--ink); }\n"
    ".past { position: relative; }\n"
    ".playing .past { cursor: ew-resize; touch-action: pan-y; }\n"
    ".playing .past::after { content: ''; position: absolute; inset: 0 0 0 calc(100% * var(--now)); opacity: 0.75;\n"
    "  background: var(--paper); }\n"
    ".playing .past::before { content: ''; position: absolute; inset: 0 auto 0 calc(100% * var(--now) - 1px); z-index: "
    "1;\n"
    "  width: 2px; background: var(--orange); }\n"
    ".past img { user-select: none; -webkit-user-drag: none; }\n"
    "@media (max-width: 34rem) { .trials { grid-template-columns: minmax(0, 1fr); } }\n"
    "@media print { .controls, .film, .now { display: none !important; } .playing .past::before,\n"
    "  .playing .past::after { display: none; } }\n";

/* data-ends, data-now (a line a frame) and data-odds (a line a frame) of a trial; see film_page.c. A film
 * takes 3 to 8 seconds. */
const char VDIB__FILM_SCRIPT[] =
    "for (const trial of document.querySelectorAll('.trial[data-ends]')) {\n"
    "  const ends = trial.dataset.ends.split(',').map(Number), lines = trial.dataset.now.split('\\n');\n"
    "  const odds = (trial.dataset.odds || '').split('\\n').map(line => line.split(',').map(Number));\n"
    "  const last = ends.length - 1, slider = trial.querySelector('input'), button = trial.querySelector('button');\n"
    "  const sheets = Array.from(trial.querySelectorAll('canvas'), canvas => {\n"
    "    const sheet = { canvas, image: new Image() };\n"
    "    sheet.image.onload = () => draw(sheet);\n"
    "    sheet.image.src = canvas.dataset.sheet;\n"
    "    return sheet;\n"
    "  });\n"
    "  let shown = last, timer = null;\n"
    "  function draw({ canvas, image }) {\n"
    "    if (!image.complete || !image.naturalWidth) return;\n"
    "    const { width, height } = canvas, columns = image.naturalWidth / width;\n"
    "    canvas.getContext('2d').drawImage(image, shown % columns * width, Math.floor(shown / columns) * height,\n"
    "      width, height, 0, 0, width, height);\n"
    "  }\n"
    "  function show(n) {\n"
    "    shown = Math.min(Math.max(n, 0), last);\n"
    "    slider.value = shown;\n"
    "    slider.setAttribute('aria-valuetext', lines[shown]);\n"
    "    trial.querySelector('.now').textContent = lines[shown];\n"
    "    trial.style.setProperty('--now', ends[shown] / ends[last]);\n"
    "    sheets.forEach(draw);\n"
    "    trial.querySelectorAll('.film .bars rect').forEach((bar, c) => {\n"
    "      bar.setAttribute('y', 62 - 56 * odds[shown][c] - 0.8);\n"
    "      bar.setAttribute('height', 56 * odds[shown][c] + 0.8);\n"
    "    });\n"
    "  }\n"
    "  function stop() { clearInterval(timer); timer = null; button.textContent = 'Play'; }\n"
    "  function play() {\n"
    "    if (shown === last) show(0);\n"
    "    const pause = Math.min(Math.max(80, 3000 / ends.length), 8000 / ends.length);\n"
    "    timer = setInterval(() => shown < last ? show(shown + 1) : stop(), pause);\n"
    "    button.textContent = 'Pause';\n"
    "  }\n"
    "  const seek = event => {\n"
    "    const box = event.currentTarget.getBoundingClientRect();\n"
    "    const at = (event.clientX - box.left) / box.width * ends[last];\n"
    "    stop();\n"
    "    show(ends.findIndex(end => end >= Math.min(at, ends[last])));\n"
    "  };\n"
    "  button.addEventListener('click', () => timer === null ? play() : stop());\n"
    "  slider.addEventListener('input', () => { stop(); show(Number(slider.value)); });\n"
    "  for (const raster of trial.querySelectorAll('.past')) {\n"
    "    raster.addEventListener('pointerdown', event => {\n"
    "      event.preventDefault();\n"
    "      raster.setPointerCapture(event.pointerId);\n"
    "      seek(event);\n"
    "    });\n"
    "    raster.addEventListener('pointermove', event => { if (event.buttons) seek(event); });\n"
    "  }\n"
    "  trial.classList.add('playing');\n"
    "  trial.querySelectorAll('[hidden]').forEach(part => { part.hidden = false; });\n"
    "  show(last);\n"
    "}\n";

/* ---- what is true of every frame ---- */

static void put_time(FILE *page, const vdib__report_content *content, const vdib__report_trial *trial, size_t frame) {
    const vdib__report_film *film = &trial->film;
    double unit = content->step_ms > 0 ? content->step_ms : 1;
    fputs(content->step_ms > 0 ? "" : content->task == VDIB_REPORT_UNITS ? "step " : "steps ", page);
    vdib__html_number(page, unit * (double)(trial->first + film->ends[frame]));
    fputs(" of ", page);
    vdib__html_number(page, unit * (double)(trial->first + film->ends[film->frames - 1]));
    fputs(content->step_ms > 0 ? " ms" : "", page);
}

static void put_units(FILE *page, uint32_t class_number) {
    uint32_t units[2];
    vdib__blobs_pair(class_number, &units[0], &units[1]);
    if (units[0] == units[1])
        fprintf(page, "%u", (unsigned)units[0]);
    else
        fprintf(page, "%u and %u", (unsigned)units[0], (unsigned)units[1]);
}

/* "120 of 800 ms, 48 readout spikes, judged 3 (right)" */
static void put_line(FILE *page, const vdib__report_content *content, const vdib__report_trial *trial, size_t frame) {
    const vdib__report_film *film = &trial->film;
    put_time(page, content, trial, frame);
    if (content->sends_spikes)
        fprintf(page, " \xC2\xB7 %zu readout spike%s", film->spikes[frame], vdib__s(film->spikes[frame]));
    if (film->truth != NULL) {
        fputs(" \xC2\xB7 true ", page);
        put_units(page, film->truth[frame]);
        fputs(", decoded ", page);
        put_units(page, film->said[frame]);
    } else if (film->named && content->labelled) {
        fputs(content->task == VDIB_REPORT_CLASSES ? " \xC2\xB7 decoded " : " \xC2\xB7 judged ", page);
        vdib__html_class(page, &content->evaluation, film->said[frame]);
        fputs(film->said[frame] == trial->label ? "\xC2\xA0\xE2\x9C\x93" : "\xC2\xA0\xE2\x9C\x97", page);
    }
}

void vdib__film_attributes(FILE *page, const vdib__report_content *content, const vdib__report_trial *trial) {
    const vdib__report_film *film = &trial->film;
    if (film->frames == 0)
        return;
    fputs(" data-ends=\"", page);
    for (size_t f = 0; f < film->frames; f++)
        fprintf(page, "%s%zu", f > 0 ? "," : "", film->ends[f]);
    fputs("\"\n data-now=\"", page);
    for (size_t f = 0; f < film->frames; f++) {
        fputs(f > 0 ? "\n" : "", page);
        put_line(page, content, trial, f);
    }
    if (content->task == VDIB_REPORT_CLASSES && film->outputs > 0) {
        fputs("\"\n data-odds=\"", page);
        for (size_t i = 0; i < film->frames * film->outputs; i++)
            fprintf(page, "%s%.3f", i == 0 ? "" : i % film->outputs == 0 ? "\n" : ",", (double)film->values[i]);
    }
    fputs("\"", page);
}

/* ---- pictures ---- */

static const vdib__report_example *example_of(const vdib__report_content *content, const vdib__report_trial *trial) {
    for (size_t i = 0; i < content->example_count; i++)
        if (content->examples[i].index == trial->index)
            return &content->examples[i];
    return NULL;
}

static vdib_status put_images(FILE *page, const vdib__report_content *content, const vdib__report_trial *trial) {
    const vdib__report_example *example = example_of(content, trial);
    fputs("<figure>", page);
    VDIB_TRY(vdib__html_sheet(page, &trial->film.output, "What is decoded so far"));
    fputs("<figcaption>decoded so far</figcaption></figure>", page);
    if (example == NULL)
        return VDIB_OK;
    const vdib__html_image image = {.kind = example->target.colour ? VDIB_PNG_RGB : VDIB_PNG_GRAY,
                                    .class = "pixels",
                                    .alt = "What is to be decoded"};
    fputs("<figure>", page);
    VDIB_TRY(vdib__html_picture(page, &example->target, &image));
    fputs("<figcaption>target</figcaption></figure>", page);
    return VDIB_OK;
}

static void put_odds(FILE *page, const vdib__report_content *content, const vdib__report_trial *trial) {
    const vdib__report_film *film = &trial->film;
    const vdib__html_bars bars = {.probabilities = film->values + (film->frames - 1) * film->outputs,
                                  .classes = film->outputs,
                                  .truth = trial->label,
                                  .label = "probabilities of the classes so far"};
    fputs("<figure>", page);
    vdib__html_put_bars(page, &content->evaluation, &bars);
    fputs("<figcaption>class probabilities so far</figcaption></figure>", page);
}

static vdib_status put_film(FILE *page, const vdib__report_content *content, const vdib__report_trial *trial) {
    const vdib__report_film *film = &trial->film;
    bool bars = content->task == VDIB_REPORT_CLASSES;
    fprintf(page, "<div class=\"film%s\" hidden>", bars ? " with-bars" : "");
    if (film->input.picture.pixels != NULL) {
        fputs("<figure>", page);
        VDIB_TRY(vdib__html_sheet(page, &film->input, "What the sensor sees"));
        fputs("<figcaption>input now</figcaption></figure>", page);
    }
    if (bars && film->outputs > 0)
        put_odds(page, content, trial);
    else if (film->output.picture.pixels != NULL)
        VDIB_TRY(put_images(page, content, trial));
    fputs("</div>\n", page);
    return VDIB_OK;
}

vdib_status vdib__film_player(FILE *page, const vdib__report_content *content, const vdib__report_trial *trial) {
    if (trial->film.frames == 0)
        return VDIB_OK;
    VDIB_TRY(put_film(page, content, trial));
    fprintf(page,
            "<div class=\"controls\" hidden><button type=\"button\">Play</button><input type=\"range\" min=\"0\" "
            "max=\"%zu\" value=\"%zu\" aria-label=\"time of test example %zu\"/></div>\n<p class=\"now\" hidden></p>\n",
            trial->film.frames - 1, trial->film.frames - 1, trial->index);
    return VDIB_OK;
}
