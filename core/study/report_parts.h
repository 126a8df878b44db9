/* The sections of the page, a file each; report.c puts them together. */
#ifndef STUDY_REPORT_PARTS_H
#define STUDY_REPORT_PARTS_H

#include "run/gallery_format.h"
#include "run_list.h"

typedef struct report_data {
    sw_run_list runs;
    sw_gallery_view galleries[SW_CHART_RUNS];
} report_data;

/* The epoch whose weights are "best" by train.save_best: its row, or NULL before the first. */
const sw_epoch_record *report_best(const sw_run_reader *run);

/* The columns of the metrics of the first run that has an epoch, else of any. */
const sw_columns *report_columns(const sw_run_list *runs);

/* A figure with four digits behind the point, "–" where it is not defined. */
void report_number(sw_str *out, double value);

/* "0.0 %" .. "100.0 %" of a share. */
void report_percent(sw_str *out, double share);

/* report_tables.c */
void report_overview(sw_str *out, const report_data *data);
sw_status report_configs(sw_str *out, const report_data *data) SW_NODISCARD;
void report_environment(sw_str *out, const report_data *data);
void report_epochs(sw_str *out, const sw_run_reader *run);

/* report_figures.c: confusion matrix and the classes' bars */
void report_figures(sw_str *out, const report_data *data, int run);

/* report_images.c: the slider over the epochs' grid, and the gallery */
sw_status report_grid(sw_str *out, const report_data *data, int run) SW_NODISCARD;
void report_gallery(sw_str *out, const report_data *data, int run);

#endif
