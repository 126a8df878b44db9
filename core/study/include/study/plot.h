/* The learning curves of runs as a picture for a paper. */
#ifndef STUDY_PLOT_H
#define STUDY_PLOT_H

#include <stdbool.h>

#include "base/status.h"

enum { SW_PLOT_MIN_PX = 200, SW_PLOT_MAX_PX = 10000, SW_PLOT_METRICS = 24 };

typedef struct sw_plot_options {
    const char *out;     /* FILE.svg or FILE.png */
    const char *metrics; /* "loss,iou"; NULL: the loss, and the scores of the trainer's line */
    const char *size;    /* "1000x640" in px; NULL: what suits the number of panels */
    bool log;            /* logarithmic axes where values are no shares of 1: losses, the learning rate */
    /* "0,2", of every panel, or "loss=0,2"; ends in NULL; NULL: none. What lies beyond is cut off; the axis
     * ends at the next ticks. */
    const char *const *limits;
} sw_plot_options;

/* Draws one panel a metric, each with the curves of all runs (folders of runs, finished or not). SW_E_USAGE:
 * the file's name ends in neither .svg nor .png, an unknown metric, a size out of bounds, limits that are
 * none, a folder that is no run. SW_E_DATA: a damaged run, or runs that have no value of any of the metrics
 * yet. */
sw_status sw_plot(const char *const *runs, int count, const sw_plot_options *options) SW_NODISCARD;

#endif
