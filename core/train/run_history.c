#include "run_history.h"

#include <cjson/cJSON.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/str.h"
#include "run/masks.h"
#include "run/records.h"
#include "run/run_json.h"
#include "run_session.h"

enum { MAX_EPOCH_DIGITS = 9 };

static char *checkpoint_path(const sw_run_session *s, const char *name)
{
    return sw_strf("%s/%s.safetensors", s->folder->checkpoints, name);
}

static sw_status find_checkpoint(bool *there, const sw_run_session *s, const char *name)
{
    char *path = checkpoint_path(s, name);
    sw_status status = path ? sw_fs_find(there, path) : SW_E_MEMORY;
    free(path);
    return status;
}

/* ---- whether there is a state ---- */

/* Every process that ended like this had saved. */
static bool has_saved_outcome(const cJSON *manifest)
{
    const cJSON *session;
    cJSON_ArrayForEach(session, sw_json_member(manifest, "sessions"))
    {
        const char *outcome = sw_json_text_of(session, "outcome");
        if (strcmp(outcome, "done") == 0 || strcmp(outcome, "interrupted") == 0) return true;
    }
    return false;
}

/* What shows that the run was saved once; NULL: nothing. A process that is killed in its first epoch leaves
 * steps, and perhaps the row and then the weights of that epoch, which it would have saved next. */
static sw_status find_evidence(const char **evidence, const sw_run_session *s)
{
    sw_records_extent extent;
    bool best = false, last = false;
    *evidence = NULL;
    SW_ENSURE(sw_records_measure(&extent, s->folder->path));
    SW_ENSURE(find_checkpoint(&best, s, "best"));
    SW_ENSURE(find_checkpoint(&last, s, "last"));
    if (extent.epochs > 1)
        *evidence = "metrics.jsonl has the rows of several epochs";
    else if (extent.step_epoch > 1)
        *evidence = "steps.jsonl goes beyond the first epoch";
    else if (has_saved_outcome(s->manifest))
        *evidence = "the manifest says that the run was saved";
    else if (extent.epochs == 0 && (best || last))
        *evidence = "there are weights of a finished epoch";
    return SW_OK;
}

sw_status run_history_find_state(sw_run_session *s)
{
    const char *evidence;
    SW_ENSURE(find_checkpoint(&s->saved, s, "resume"));
    if (s->saved) return SW_OK;
    SW_ENSURE(find_evidence(&evidence, s));
    if (!evidence) return SW_OK;
    return sw_fail(
        SW_E_DATA,
        "%s/resume.safetensors is missing, without which the run cannot go on, though %s. Put the file "
        "back; nothing was changed. Or begin a new run from the weights: segwork run EXPERIMENT.yaml "
        "--set init.from=%s/last.safetensors",
        s->folder->checkpoints, evidence, s->folder->checkpoints);
}

/* ---- whether the rest goes as far ---- */

static sw_status check_records(const sw_run_session *s)
{
    sw_records_extent extent;
    SW_ENSURE(sw_records_measure(&extent, s->folder->path));
    const bool metrics = extent.epochs < s->state.epochs_done;
    if (!metrics && extent.steps >= s->state.steps) return SW_OK;
    return sw_fail(
        SW_E_DATA,
        "%s/%s ends with %s %" PRId64 ", but the run was saved after %s %" PRId64
        ". Put the whole file back; nothing was changed. Or begin a new run from the weights: segwork "
        "run EXPERIMENT.yaml --set init.from=%s/last.safetensors",
        s->folder->path, metrics ? "metrics.jsonl" : "steps.jsonl", metrics ? "epoch" : "step",
        metrics ? (int64_t)extent.epochs : extent.steps, metrics ? "epoch" : "step",
        metrics ? (int64_t)s->state.epochs_done : s->state.steps, s->folder->checkpoints);
}

/* The weights must be whole and of that epoch, or of the one after the state: its process was killed before
 * it saved. */
static sw_status check_weights_file(const sw_run_session *s, const char *path, int epoch)
{
    sw_status status = SW_OK;
    sw_safetensors_reader *reader = NULL;
    SW_TRY(sw_safetensors_reader_open(&reader, path));
    SW_TRY(sw_safetensors_reader_verify(reader));
    const char *text = sw_safetensors_reader_metadata(reader, "epoch"); /* NULL: of an older program */
    const long found = text && strlen(text) <= MAX_EPOCH_DIGITS ? strtol(text, NULL, 10) : epoch;
    if (found != epoch && found != s->state.epochs_done + 1)
        status = sw_fail(SW_E_DATA, "%s has the weights of epoch %ld, not of epoch %d", path, found, epoch);
done:
    sw_safetensors_reader_destroy(reader);
    return status;
}

/* Sets *lost where the state, which is that of the epoch's end, has the same weights. */
static sw_status check_weights(bool *lost, const sw_run_session *s, const char *name, int epoch)
{
    *lost = false;
    if (epoch == 0) return SW_OK;
    char *path = checkpoint_path(s, name);
    if (!path) return SW_E_MEMORY;
    sw_status status = check_weights_file(s, path, epoch);
    free(path);
    if (status == SW_OK || status == SW_E_MEMORY) return status;
    *lost = epoch == s->state.epochs_done && s->state.steps_in_epoch == 0;
    if (*lost) return SW_OK;
    return sw_fail_in(status, "the weights of epoch %d are lost (put the file back; nothing was changed)",
                      epoch);
}

sw_status run_history_check(sw_run_session *s)
{
    if (!s->saved) return SW_OK;
    SW_ENSURE(check_records(s));
    SW_ENSURE(sw_masks_check_places(s->folder->path));
    SW_ENSURE(check_weights(&s->best_lost, s, "best", s->state.best_epoch));
    /* in the middle of an epoch they are written again at its end */
    return s->state.steps_in_epoch > 0 ? SW_OK
                                       : check_weights(&s->last_lost, s, "last", s->state.epochs_done);
}

static sw_status write_again(sw_run_session *s, const char *name)
{
    sw_log(SW_LOG_WARNING,
           "%s/%s.safetensors was missing or damaged, and is written again from the saved state",
           s->folder->checkpoints, name);
    return sw_trainer_save_weights(s, name);
}

sw_status run_history_mend(sw_run_session *s)
{
    if (!s->best_lost && !s->last_lost) return SW_OK;
    SW_ENSURE(sw_network_swap_averages(&s->network));
    if (s->best_lost) SW_ENSURE(write_again(s, "best"));
    if (s->last_lost) SW_ENSURE(write_again(s, "last"));
    return sw_network_swap_averages(&s->network);
}
