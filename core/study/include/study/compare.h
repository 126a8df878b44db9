/* Runs side by side: which keys differ, the metrics, and the cost.
 *
 * Runs that differ in nothing but their seed share a column, whose figures are mean and standard deviation
 * (n - 1). The best epoch of a run is the one with the best value of one metric, the same for all of them.
 * Differences are against the first column. Where figures can't be compared (other validation images, another
 * size), a note says so, and neither differences nor marks are given. */
#ifndef STUDY_COMPARE_H
#define STUDY_COMPARE_H

#include <stdbool.h>
#include <stddef.h>

#include "base/classes.h"
#include "base/status.h"
#include "base/str.h"
#include "nn/metrics.h"

typedef struct sw_comparison sw_comparison;

typedef struct sw_compare_options {
    const char *rank; /* column of the metrics that decides; NULL: train.save_best of the first */
    const char *const *each_epoch; /* metrics shown epoch by epoch, NULL-terminated; "all"; NULL: `rank`'s */
} sw_compare_options;

typedef enum sw_compare_format {
    SW_COMPARE_TEXT, /* 80 columns */
    SW_COMPARE_MARKDOWN,
    SW_COMPARE_HTML, /* a page of its own */
    SW_COMPARE_JSON, /* keys: docs/compare.md */
    SW_COMPARE_CSV,  /* a row an epoch of each run */
} sw_compare_format;

/* Finds "text", "md", "html", "json" or "csv"; false: none of them. */
bool sw_compare_format_by_name(sw_compare_format *out, const char *name);

/* Checks that runs can be ranked by a metric. SW_E_USAGE: with these classes the metrics have no such column,
 * or neither more nor less of it is better. */
sw_status sw_compare_check_rank(const char *metric, const sw_classes *classes,
                                const sw_loss_names *losses) SW_NODISCARD;

/* Opens each path: the folder of a run, a folder of such folders (in the order of their names), or an
 * experiment that has not been run. Options are borrowed. SW_E_USAGE: nothing there, the same twice, or an
 * unknown metric; else as sw_run_reader_open and sw_experiment_load. */
sw_status sw_comparison_open(sw_comparison **out, const char *const *paths, size_t count,
                             const sw_compare_options *options) SW_NODISCARD;
void sw_comparison_close(sw_comparison *comparison); /* accepts NULL */

sw_status sw_comparison_write(sw_str *out, const sw_comparison *comparison,
                              sw_compare_format format) SW_NODISCARD;

#endif
