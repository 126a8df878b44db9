/* The grid images of all runs under one slider over the epochs, in a report's page. */
#ifndef STUDY_REPORT_MASKS_H
#define STUDY_REPORT_MASKS_H

#include "report_tiles.h"
#include "run/masks.h"

/* What a run keeps of its grid images. */
typedef struct report_grid {
    bool has_masks; /* else only whole pictures of its epochs, or nothing yet */
    sw_masks store;
    int *epochs, epoch_count; /* that have pictures, ascending; of a run without masks owned */
    int *sheets, sheet_count; /* those of them that the slider shows, ascending; owned */
    int first;                /* the first run that shows the same images */
} report_grid;

typedef struct report_grids {
    report_grid runs[SW_CHART_RUNS];
    int count;
    int *stops, stop_count; /* epochs that the slider stops at, ascending; owned */
    int epoch_count;        /* from which they were chosen */
} report_grids;

/* Reads the grid images of the runs, and each picture that the page will show, so that a damaged file is
 * refused by name (SW_E_IO, SW_E_DATA) instead of being put into the page. */
sw_status report_grids_open(report_grids *out, const run_list *runs) SW_NODISCARD;
void report_grids_close(report_grids *grids); /* accepts a zeroed one */

/* The number among a run's sheets of the one that is shown at a stop. */
int report_grid_sheet(const report_grid *grid, int stop);

/* "m1": the sheets of the runs whose first is 1; and "run1", the kind of what the slider exchanges for a run.
 */
report_sheet_name report_grid_sheet_name(int first);
report_sheet_name report_grid_kind(int run);

/* Returns the window onto the photograph of a grid image of a run. `sheet`, its name, must outlive it. */
report_tile report_grid_tile(const report_grids *grids, int run, const char *sheet, int image);

/* Appends slider, views and images: those that show the same images side by side. */
sw_status report_masks(sw_str *out, const report_data *data, const report_grids *grids) SW_NODISCARD;

#endif
