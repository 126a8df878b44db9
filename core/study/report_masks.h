/* The grid images of all runs under one slider over the epochs, in a report's page. */
#ifndef STUDY_REPORT_MASKS_H
#define STUDY_REPORT_MASKS_H

#include "report_tiles.h"
#include "run/masks.h"

/* What a run keeps of its grid images. */
typedef struct report_grid {
    bool has_masks; /* else only whole pictures of its epochs, or nothing yet */
    sw_masks store;
    int *epochs, epoch_count; /* that have pictures, ascending; owned if the run has no masks */
    int *sheets, sheet_count; /* the epochs of these that the slider shows, ascending; owned */
    int first;                /* the first run that shows the same images */
} report_grid;

typedef struct report_grids {
    report_grid runs[SW_CHART_RUNS];
    int count;
    int *stops, stop_count; /* epochs that the slider stops at, ascending; owned */
    int epoch_count;        /* of all runs; the stops are some of them */
} report_grids;

/* Reads the grid images of the runs, and each picture that the page will show, so that a damaged file is
 * refused by name (SW_E_IO, SW_E_DATA) instead of being put into the page. */
sw_status report_grids_open(report_grids *out, const run_list *runs) SW_NODISCARD;
void report_grids_close(report_grids *grids); /* accepts a zeroed one */

/* Returns which of a run's sheets is shown at a stop of the slider: an index of `sheets`. */
int report_grid_sheet(const report_grid *grid, int stop);

/* Return "m1", the name of the sheets that run 1 and the runs with the same images share, and "run1", the
 * kind of the windows whose picture the slider exchanges for run 1. */
report_sheet_name report_grid_sheet_name(int first);
report_sheet_name report_grid_kind(int run);

/* Returns the window onto the photograph of a grid image. `sheet`, the sheet's name, must outlive the window.
 */
report_tile report_grid_tile(const report_grids *grids, int run, const char *sheet, int image);

/* Appends the slider, the choice of views, and the images; runs with the same images stand side by side. */
sw_status report_masks(sw_str *out, const report_data *data, const report_grids *grids) SW_NODISCARD;

#endif
