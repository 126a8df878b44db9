#include "run_list.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/str.h"

/* ---- names ---- */

/* Finds where the last two parts of a path begin. */
static size_t last_two(const char *path)
{
    size_t slashes = 0, at = strlen(path);
    while (at > 0 && !(path[at - 1] == '/' && ++slashes == 2)) at--;
    return at;
}

static sw_status name_runs(run_list *list)
{
    size_t shared = list->count > 1 ? SIZE_MAX : last_two(list->runs[0].path);
    for (int r = 1; r < list->count; r++) {
        const size_t with_first = sw_fs_shared_folder(list->runs[0].path, list->runs[r].path);
        if (with_first < shared) shared = with_first;
    }
    for (int r = 0; r < list->count; r++) {
        list->labels[r] = sw_strf("%s", list->runs[r].path + shared);
        if (!list->labels[r]) return SW_E_MEMORY;
    }
    return SW_OK;
}

/* ---- opening ---- */

/* Refuses a folder that is there already, also under another name. */
static sw_status check_new(const run_list *list, const char *path)
{
    for (int r = 0; r < list->count; r++)
        if (sw_fs_same(path, list->runs[r].path)) return sw_fail(SW_E_USAGE, "%s is given twice", path);
    return SW_OK;
}

sw_status run_list_open(run_list *list, const char *const *paths, int count)
{
    sw_status status = SW_OK;
    *list = (run_list){0};
    if (count < 1) return sw_fail(SW_E_USAGE, "needs the folder of at least one run");
    if (count > SW_CHART_RUNS)
        return sw_fail(SW_E_USAGE, "%d runs: more than %d can't be told apart by their colours", count,
                       SW_CHART_RUNS);
    for (int r = 0; r < count; r++) {
        SW_TRY(check_new(list, paths[r]));
        SW_TRY(sw_run_reader_open(&list->runs[r], paths[r]));
        list->count++;
        SW_TRY(sw_run_reader_steps(&list->steps[r], &list->runs[r]));
    }
    SW_TRY(name_runs(list));
done:
    if (status != SW_OK) run_list_close(list);
    return status;
}

void run_list_close(run_list *list)
{
    for (int r = 0; r < list->count; r++) {
        free(list->labels[r]);
        sw_step_table_deinit(&list->steps[r]);
        sw_run_reader_close(&list->runs[r]);
    }
    *list = (run_list){0};
}

/* Computes the steps an epoch from the configuration and the manifest; 0: the number of images is not known.
 */
static int planned_steps(const sw_run_reader *run)
{
    const sw_train_config *train = &run->experiment->train;
    int batches = (run->facts.train.images - 1) / train->batch_size + 1;
    if (run->facts.train.images < 1) return 0;
    if (train->overfit_batches > 0 && train->overfit_batches < batches) batches = train->overfit_batches;
    return (batches - 1) / train->accumulate + 1; /* a step is an update */
}

int run_list_steps_per_epoch(const run_list *list, int run)
{
    const sw_step_table *steps = &list->steps[run];
    size_t first =
        0; /* steps of the first epoch, which is complete once it is recorded or another has begun */
    while (first < steps->count && steps->rows[first].epoch == steps->rows[0].epoch) first++;
    if (first < steps->count || (first > 0 && sw_run_reader_epochs_done(&list->runs[run]) > 0))
        return (int)first;
    int planned = planned_steps(&list->runs[run]);
    return planned > 0 ? planned : (int)first;
}
