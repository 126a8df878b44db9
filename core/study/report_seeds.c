#include "report_seeds.h"

#include <math.h>
#include <stdlib.h>

#include "base/array.h"
#include "base/fs.h"
#include "entries.h"
#include "study/compare.h"

enum { MOST = 64 }; /* runs beside those of the report */

/* ---- runs with other seeds ---- */

static bool is_known(const report_seeds *seeds, const run_list *runs, const char *path)
{
    for (int r = 0; r < runs->count; r++)
        if (sw_fs_same(path, runs->runs[r].path)) return true;
    for (size_t i = 0; i < seeds->count; i++)
        if (sw_fs_same(path, seeds->beside[i].path)) return true;
    return false;
}

static bool belongs(const run_list *runs, const sw_run_reader *other)
{
    const judged of = judge_run(other);
    for (int r = 0; r < runs->count; r++) {
        const judged shown = judge_run(&runs->runs[r]);
        if (judge_same_but_seed(&shown, &of)) return true;
    }
    return false;
}

typedef struct search {
    report_seeds *seeds;
    const run_list *runs;
} search;

/* Takes the run of a folder if it belongs to the report's. */
static sw_status look_at(void *user, const char *path)
{
    const search *s = user;
    report_seeds *seeds = s->seeds;
    sw_run_reader reader;
    if (seeds->count == MOST || !sw_run_is_folder(path) || is_known(seeds, s->runs, path)) return SW_OK;
    sw_status status = sw_run_reader_open(&reader, path);
    if (status != SW_OK) return status == SW_E_MEMORY ? status : SW_OK;
    const bool taken = belongs(s->runs, &reader);
    if (taken) status = SW_ARRAY_GROW(seeds->beside, seeds->count, "runs with other seeds");
    if (taken && status == SW_OK)
        seeds->beside[seeds->count++] = reader;
    else
        sw_run_reader_close(&reader);
    return status;
}

/* Looks through the folder that a run lies in, unless an earlier run of the report lies there as well. */
static sw_status search_beside(report_seeds *seeds, const run_list *runs, int r)
{
    sw_status status = SW_OK;
    bool seen = false;
    char *folder = sw_fs_join(runs->runs[r].path, "..");
    if (!folder) return SW_E_MEMORY;
    for (int before = 0; before < r && !seen; before++) {
        char *other = sw_fs_join(runs->runs[before].path, "..");
        seen = other && sw_fs_same(folder, other);
        free(other);
    }
    if (!seen) status = entries_visit(folder, look_at, &(search){seeds, runs});
    free(folder);
    return status;
}

sw_status report_seeds_open(report_seeds *out, const run_list *runs)
{
    sw_status status = SW_OK;
    const sw_run_reader **all = NULL;
    *out = (report_seeds){0};
    for (int r = 0; r < runs->count; r++) {
        status = search_beside(out, runs, r);
        if (status == SW_E_MEMORY) goto done;
    }
    const size_t shown = (size_t)runs->count;
    all = malloc((shown + out->count) * sizeof *all);
    if (!all) SW_TRY(sw_fail_alloc("runs with other seeds", (shown + out->count) * sizeof *all));
    for (size_t i = 0; i < shown + out->count; i++)
        all[i] = i < shown ? &runs->runs[i] : &out->beside[i - shown];
    SW_TRY(comparison_of_runs(&out->all, all, shown + out->count));
done:
    free(all);
    if (status != SW_OK) report_seeds_close(out);
    return status;
}

void report_seeds_close(report_seeds *seeds)
{
    sw_comparison_close(seeds->all);
    for (size_t i = 0; i < seeds->count; i++) sw_run_reader_close(&seeds->beside[i]);
    free(seeds->beside);
    *seeds = (report_seeds){0};
}

/* ---- spread ---- */

/* Student's t that 95 of 100 values are within, for 1, 2, ... degrees of freedom. The last one serves for
 * more as well, a little on the safe side. */
static double t95(int freedom)
{
    static const double values[] = {12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228,
                                    2.201,  2.179, 2.160, 2.145, 2.131, 2.120, 2.110, 2.101, 2.093, 2.086};
    enum { LAST = sizeof values / sizeof *values };
    return values[(freedom < LAST ? freedom : LAST) - 1];
}

double report_seeds_spread(const report_seeds *seeds, const sw_comparison *shown, size_t a, size_t b,
                           int figure)
{
    const size_t columns[] = {a, b};
    mean_figure own[SW_CHART_RUNS], with_others[SW_CHART_RUNS + MOST];
    double squares = 0.0, share = 0.0;
    int freedom = 0; /* of the deviation: runs less configurations */
    comparison_row(own, shown, ROW_BEST, figure);
    comparison_row(with_others, seeds->all, ROW_BEST, figure);
    for (int i = 0; i < 2; i++) {
        /* runs of the report come first in both, so that an index of one is an index of the other */
        const size_t member = shown->columns[columns[i]].members[0];
        const mean_figure *f = &with_others[seeds->all->items[member].column];
        share += 1.0 / own[columns[i]].count;
        if (f->count < 2) continue;
        squares += (f->count - 1) * f->sd * f->sd;
        freedom += f->count - 1;
    }
    return freedom > 0 ? t95(freedom) * sqrt(squares / freedom * share) : (double)NAN;
}
