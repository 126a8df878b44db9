/* Which grid images the runs have, and at which epochs a slider over all of them stops. */
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/fs.h"
#include "report_masks.h"
#include "run/epoch_files.h"

/* Epochs a slider stops at, at most: more are thinned out evenly, so that the page stays of a size to send.
 */
enum { MAX_STOPS = 25 };

static const sw_epoch_files pictures = {"grids", (const char *const[]){".png", NULL}};

/* ---- what there is ---- */

static sw_status open_grid(report_grid *g, const char *run)
{
    char *index = sw_masks_file(run, "images.json");
    if (!index) return SW_E_MEMORY;
    g->has_masks = sw_fs_exists(index);
    free(index);
    if (!g->has_masks) return sw_epoch_files_list(&g->epochs, &g->epoch_count, run, &pictures);
    SW_ENSURE(sw_masks_open(&g->store, run));
    g->epochs = g->store.epochs;
    g->epoch_count = g->store.epoch_count;
    return SW_OK;
}

/* Finds the first run that shows the same images, which may be the run itself. */
static int first_of_same(const report_grids *grids, int r)
{
    const report_grid *g = &grids->runs[r];
    for (int other = 0; other < r; other++) {
        const report_grid *o = &grids->runs[other];
        if (g->has_masks && o->has_masks && o->first == other &&
            sw_masks_check_same(&o->store, &g->store) == SW_OK)
            return other;
    }
    return r;
}

/* ---- stops ---- */

static int by_number(const void *a, const void *b)
{
    const int x = *(const int *)a, y = *(const int *)b;
    return (x > y) - (x < y);
}

/* Leaves so many of an ascending list, evenly chosen; the first and the last stay. */
static int thin_out(int *list, int count, int most)
{
    if (count <= most) return count;
    for (int i = 0; i < most; i++) list[i] = list[(int64_t)i * (count - 1) / (most - 1)];
    return most;
}

/* Takes every epoch that any run has a picture of, thinned out. */
static sw_status take_stops(report_grids *grids)
{
    size_t all = 0;
    int count = 0;
    for (int r = 0; r < grids->count; r++) all += (size_t)grids->runs[r].epoch_count;
    grids->stops = malloc((all + 1) * sizeof *grids->stops);
    if (!grids->stops) return sw_fail_alloc("epochs of the grid images", all * sizeof *grids->stops);
    for (int r = 0; r < grids->count; r++)
        for (int i = 0; i < grids->runs[r].epoch_count; i++) grids->stops[count++] = grids->runs[r].epochs[i];
    qsort(grids->stops, (size_t)count, sizeof *grids->stops, by_number);
    int distinct = 0;
    for (int i = 0; i < count; i++)
        if (distinct == 0 || grids->stops[distinct - 1] != grids->stops[i])
            grids->stops[distinct++] = grids->stops[i];
    grids->epoch_count = distinct;
    grids->stop_count = thin_out(grids->stops, distinct, MAX_STOPS);
    return SW_OK;
}

/* The newest epoch up to that one; before the first the first. */
static int epoch_at(const report_grid *g, int stop)
{
    int at = 0;
    while (at + 1 < g->epoch_count && g->epochs[at + 1] <= stop) at++;
    return g->epochs[at];
}

/* Takes the epochs of a run that are shown at some stop. */
static sw_status take_sheets(report_grid *g, const report_grids *grids)
{
    if (g->epoch_count == 0) return SW_OK;
    for (int i = 0; i < grids->stop_count; i++) {
        const int epoch = epoch_at(g, grids->stops[i]);
        if (g->sheet_count > 0 && g->sheets[g->sheet_count - 1] == epoch) continue;
        SW_ENSURE(SW_ARRAY_GROW(g->sheets, g->sheet_count, "epochs of the grid images"));
        g->sheets[g->sheet_count++] = epoch;
    }
    return SW_OK;
}

int report_grid_sheet(const report_grid *g, int stop)
{
    const int epoch = epoch_at(g, stop);
    int at = 0;
    while (g->sheets[at] != epoch) at++;
    return at;
}

/* ---- all of it ---- */

static sw_status check_sheets(const report_grid *g)
{
    sw_status status = SW_OK;
    const sw_mask_images *images = &g->store.images;
    const size_t bytes = (size_t)images->count * sw_size_pixels(images->size);
    uint8_t *scratch = malloc(bytes);
    if (!scratch) return sw_fail_alloc("an epoch's masks", bytes);
    for (int i = 0; i < g->sheet_count && status == SW_OK; i++)
        status = sw_masks_read(&g->store, g->sheets[i], scratch, scratch);
    free(scratch);
    return status;
}

sw_status report_grids_open(report_grids *grids, const run_list *runs)
{
    *grids = (report_grids){0};
    for (; grids->count < runs->count; grids->count++) {
        const int r = grids->count;
        grids->runs[r].first = r;
        SW_ENSURE(open_grid(&grids->runs[r], runs->runs[r].path));
        grids->runs[r].first = first_of_same(grids, r);
    }
    SW_ENSURE(take_stops(grids));
    for (int r = 0; r < grids->count; r++) {
        SW_ENSURE(take_sheets(&grids->runs[r], grids));
        if (grids->runs[r].has_masks) SW_ENSURE(check_sheets(&grids->runs[r]));
    }
    return SW_OK;
}

void report_grids_close(report_grids *grids)
{
    for (int r = 0; r < SW_CHART_RUNS; r++) {
        report_grid *g = &grids->runs[r];
        if (!g->has_masks) free(g->epochs);
        sw_masks_deinit(&g->store);
        free(g->sheets);
    }
    free(grids->stops);
    *grids = (report_grids){0};
}
