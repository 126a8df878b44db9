/* What the sections of a report's page share: the runs, how a figure is written, pieces of markup. */
#ifndef STUDY_REPORT_DATA_H
#define STUDY_REPORT_DATA_H

#include <stdbool.h>

#include "comparison.h"
#include "report_pictures.h"
#include "run/gallery_format.h"
#include "run_list.h"

typedef struct report_data {
    run_list runs;
    char *names[SW_CHART_RUNS]; /* "A  segnet_small/001"; of a single run without the letter */
    sw_gallery_view galleries[SW_CHART_RUNS];
    sw_comparison *compared;   /* the runs, in their order; of a single one too */
    report_pictures *pictures; /* borrowed */
} report_data;

/* Opens the runs, as run_list_open, their galleries, and what compare knows of them. */
sw_status report_data_open(report_data *out, const char *const *runs, int count) SW_NODISCARD;
void report_data_close(report_data *data); /* accepts a zeroed one */

/* The epoch whose weights are "best" by train.save_best: its row, or NULL before the first. */
const sw_epoch_record *report_best(const sw_run_reader *run);

/* The columns of the metrics of the first run that has an epoch, else of any. */
const sw_columns *report_columns(const run_list *runs);

/* More classes than are listed everywhere: curves and rows of epochs then show the figures of all classes
 * together only. */
enum { REPORT_FEW_CLASSES = 12 };

/* Whether curves and rows of epochs show a column of the report. */
bool report_shows(const sw_columns *columns, int at);

/* ---- figures; NaN is a dash ---- */

typedef struct report_text {
    char text[32];
} report_text;

report_text report_number(double value);            /* four digits behind the point */
report_text report_rough(double value, int digits); /* significant ones */
report_text report_percent(double share);           /* "0.0 %" .. "100.0 %" */

/* ---- markup ---- */

/* Opens a section with its title; the caller closes it. */
void report_open_section(sw_str *out, const char *id, const char *title);

/* Appends a short line in the colour of a run; and the letter by which it is known with it ("A"). */
void report_key(sw_str *out, int run);
void report_run_name(sw_str *out, const report_data *data, int run);

/* Appends a square of a class's colour. */
void report_swatch(sw_str *out, uint32_t rgb);

/* Opens a row of tabs, appends a tab for the panel of that id, and opens that panel. The caller closes row
 * and panels with </div>. `run`: whose colour a tab has; -1: none. */
void report_open_tabs(sw_str *out, const char *label);
void report_tab(sw_str *out, const char *panel, int run, const char *label);
void report_open_panel(sw_str *out, const char *id);

#endif
