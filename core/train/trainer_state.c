#include "trainer_state.h"

#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
#include "base/log.h"
#include "base/str.h"
#include "run_session.h"
#include "weights/checkpoint.h"

enum { MAX_NOTES = 20 + 2 * SW_MAX_LOSSES, NOTE_BYTES = 96 };

/* Of each loss; the first has the keys of the time when there was one. */
static const char *const loss_sum_keys[SW_MAX_LOSSES] = {"loss_sum",   "loss_sum_2", "loss_sum_3",
                                                         "loss_sum_4", "loss_sum_5", "loss_sum_6",
                                                         "loss_sum_7", "loss_sum_8"};
static const char *const loss_weight_keys[SW_MAX_LOSSES] = {"loss_weight",   "loss_weight_2", "loss_weight_3",
                                                            "loss_weight_4", "loss_weight_5", "loss_weight_6",
                                                            "loss_weight_7", "loss_weight_8"};

/* The metadata of a file while it is put together. */
typedef struct notes {
    sw_checkpoint_note items[MAX_NOTES];
    char texts[MAX_NOTES][NOTE_BYTES];
    size_t count;
} notes;

static void note(notes *n, const char *key, const char *fmt, ...) SW_PRINTF(3, 4);

static void note(notes *n, const char *key, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(n->texts[n->count], NOTE_BYTES, fmt, args);
    va_end(args);
    n->items[n->count] = (sw_checkpoint_note){key, n->texts[n->count]};
    n->count++;
}

/* Of the names of the classes in their order. */
static uint32_t classes_checksum(const sw_run_session *s)
{
    const sw_classes *classes = sw_dataset_classes(s->train);
    char names[SW_MAX_CLASSES * SW_CLASS_NAME_BYTES] = "";
    size_t length = 0;
    for (int c = 0; c < classes->count; c++)
        length += (size_t)snprintf(names + length, sizeof names - length, "%s,", classes->list[c].name);
    return sw_crc32c(names, length);
}

sw_trainer_state sw_trainer_state_fresh(void)
{
    return (sw_trainer_state){.best = NAN, .early_stop.best = NAN};
}

/* `whole`: with everything that a run needs to continue. */
static sw_checkpoint checkpoint_of(sw_run_session *s, bool whole)
{
    sw_network *network = &s->network;
    return (sw_checkpoint){.graph = sw_network_graph(network),
                           .store = &network->store,
                           .optimizer = whole ? &network->optimizer : NULL,
                           .averages = whole && network->averages.params ? &network->averages : NULL,
                           .batches_tracked = (uint64_t)s->state.batches};
}

static sw_status save(sw_run_session *s, bool whole, const char *name, const notes *n)
{
    const sw_checkpoint checkpoint = checkpoint_of(s, whole);
    char *path = sw_strf("%s/%s.safetensors", s->folder->checkpoints, name);
    if (!path) return SW_E_MEMORY;
    sw_status status = sw_checkpoint_save(&checkpoint, path, n->items, n->count);
    free(path);
    return status;
}

sw_status sw_trainer_save_weights(sw_run_session *s, const char *name)
{
    notes n = {0};
    note(&n, "format", "pt");
    note(&n, "epoch", "%d", s->state.epochs_done);
    return save(s, false, name, &n);
}

sw_status sw_trainer_state_save(sw_run_session *s)
{
    const sw_trainer_state *state = &s->state;
    notes n = {0};
    note(&n, "epochs_done", "%d", state->epochs_done);
    note(&n, "steps_in_epoch", "%d", state->steps_in_epoch);
    note(&n, "steps", "%" PRId64, state->steps);
    note(&n, "batches", "%" PRId64, state->batches);
    for (int i = 0; i < s->loss.count; i++) { /* 17 digits: the double comes back bit for bit */
        note(&n, loss_sum_keys[i], "%.17g", state->loss_sums[i]);
        note(&n, loss_weight_keys[i], "%.17g", state->loss_weights[i]);
    }
    note(&n, "seconds", "%.17g", state->seconds);
    note(&n, "train_seconds", "%.17g", state->train_seconds);
    note(&n, "best", "%.17g", state->best);
    note(&n, "best_epoch", "%d", state->best_epoch);
    note(&n, "early_stop_best", "%.17g", state->early_stop.best);
    note(&n, "early_stop_waited", "%d", state->early_stop.waited);
    note(&n, "optimizer_steps", "%" PRIu64, s->network.optimizer.steps);
    note(&n, "device", "%s", s->device.name);
    note(&n, "processes", "%d", sw_comm_size(s->comm));
    note(&n, "train_data", "%s", sw_dataset_fingerprint(s->train));
    note(&n, "val_data", "%s", sw_dataset_fingerprint(s->val));
    note(&n, "classes", "%08x", classes_checksum(s));
    return save(s, true, "resume", &n);
}

/* --- loading --------------------------------------------------------------------------------- */

static sw_status read_text(const char **out, const sw_safetensors_reader *reader, const char *key)
{
    *out = sw_safetensors_reader_metadata(reader, key);
    return *out ? SW_OK
                : sw_fail(SW_E_DATA, "the resume checkpoint has no '%s': it was not written by segwork run",
                          key);
}

static sw_status read_int(int64_t *out, const sw_safetensors_reader *reader, const char *key)
{
    const char *text;
    SW_ENSURE(read_text(&text, reader, key));
    char *end;
    long long value = strtoll(text, &end, 10);
    if (end == text || *end || value < 0 || value > INT32_MAX)
        return sw_fail(SW_E_DATA, "the resume checkpoint's '%s' is '%s', not a count", key, text);
    *out = value;
    return SW_OK;
}

static sw_status read_double(double *out, const sw_safetensors_reader *reader, const char *key)
{
    const char *text;
    SW_ENSURE(read_text(&text, reader, key));
    char *end;
    *out = strtod(text, &end);
    if (end == text || *end)
        return sw_fail(SW_E_DATA, "the resume checkpoint's '%s' is '%s', not a number", key, text);
    return SW_OK;
}

/* Reads what files of earlier versions lack: their runs had one batch a step and no early stopping. */
static sw_status read_newer_state(sw_trainer_state *state, const sw_safetensors_reader *reader)
{
    int64_t waited = 0;
    state->batches = state->steps;
    if (sw_safetensors_reader_metadata(reader, "batches"))
        SW_ENSURE(read_int(&state->batches, reader, "batches"));
    if (!sw_safetensors_reader_metadata(reader, "early_stop_best")) return SW_OK;
    SW_ENSURE(read_double(&state->early_stop.best, reader, "early_stop_best"));
    SW_ENSURE(read_int(&waited, reader, "early_stop_waited"));
    state->early_stop.waited = (int)waited;
    return SW_OK;
}

/* Earlier versions summed the losses of steps as if these had equal weights. */
static sw_status read_losses(sw_run_session *s, const sw_safetensors_reader *reader)
{
    const sw_train_config *train = &s->experiment->train;
    const double images = (double)train->batch_size * train->accumulate;
    for (int i = 0; i < s->loss.count; i++) {
        SW_ENSURE(read_double(&s->state.loss_sums[i], reader, loss_sum_keys[i]));
        if (i == 0 && !sw_safetensors_reader_metadata(reader, loss_weight_keys[0])) {
            s->state.loss_sums[0] *= images;
            s->state.loss_weights[0] = images * s->state.steps_in_epoch;
        } else {
            SW_ENSURE(read_double(&s->state.loss_weights[i], reader, loss_weight_keys[i]));
        }
    }
    return SW_OK;
}

static sw_status read_state(sw_trainer_state *state, const sw_safetensors_reader *reader)
{
    int64_t epochs_done = 0, steps_in_epoch = 0, best_epoch = 0;
    SW_ENSURE(read_int(&epochs_done, reader, "epochs_done"));
    SW_ENSURE(read_int(&steps_in_epoch, reader, "steps_in_epoch"));
    SW_ENSURE(read_int(&state->steps, reader, "steps"));
    SW_ENSURE(read_double(&state->seconds, reader, "seconds"));
    SW_ENSURE(read_double(&state->train_seconds, reader, "train_seconds"));
    SW_ENSURE(read_double(&state->best, reader, "best"));
    SW_ENSURE(read_int(&best_epoch, reader, "best_epoch"));
    SW_ENSURE(read_newer_state(state, reader));
    state->epochs_done = (int)epochs_done;
    state->steps_in_epoch = (int)steps_in_epoch;
    state->best_epoch = (int)best_epoch;
    return SW_OK;
}

static sw_status check_identity(const sw_safetensors_reader *reader, const sw_run_session *s)
{
    const char *device, *train, *val;
    const char *train_now = sw_dataset_fingerprint(s->train), *val_now = sw_dataset_fingerprint(s->val);
    SW_ENSURE(read_text(&device, reader, "device"));
    SW_ENSURE(read_text(&train, reader, "train_data"));
    SW_ENSURE(read_text(&val, reader, "val_data"));
    const bool other_train = strcmp(train, train_now) != 0;
    if (other_train || strcmp(val, val_now) != 0)
        return sw_fail(SW_E_CONFIG,
                       "the %s data have changed since this run began (fingerprint %s, now %s): put the old "
                       "ones back, or begin a new run",
                       other_train ? "training" : "validation", other_train ? train : val,
                       other_train ? train_now : val_now);
    const char *classes = sw_safetensors_reader_metadata(reader, "classes"); /* NULL: of an older program */
    char classes_now[16];
    snprintf(classes_now, sizeof classes_now, "%08x", classes_checksum(s));
    if (classes && strcmp(classes, classes_now) != 0)
        return sw_fail(SW_E_CONFIG,
                       "the names of the classes, or their order, have changed since this run began: "
                       "put the old ones back (data.classes), or begin a new run");
    const char *processes = sw_safetensors_reader_metadata(reader, "processes"); /* NULL: likewise */
    const int before = processes ? atoi(processes) : 1, now = sw_comm_size(s->comm);
    if (before != now)
        sw_log(
            SW_LOG_WARNING,
            "this run was trained by %d process%s until now and continues with %d: it will not end with the "
            "same bits",
            before, before == 1 ? "" : "es", now);
    if (strncmp(device, s->device.name, NOTE_BYTES - 1) != 0)
        sw_log(SW_LOG_WARNING,
               "this run began on '%s' and continues on '%s': it will not end with the same bits", device,
               s->device.name);
    return SW_OK;
}

sw_status sw_trainer_state_load(sw_run_session *s)
{
    sw_status status = SW_OK;
    sw_safetensors_reader *reader = NULL;
    int64_t optimizer_steps = 0;
    if (!s->saved) {
        sw_log(SW_LOG_INFO, "nothing was saved yet: starting from the first epoch");
        return SW_OK;
    }
    char *path = sw_strf("%s/resume.safetensors", s->folder->checkpoints);
    if (!path) return SW_E_MEMORY;
    SW_TRY(sw_safetensors_reader_open(&reader, path));
    SW_TRY(check_identity(reader, s));
    SW_TRY(read_state(&s->state, reader));
    SW_TRY(read_losses(s, reader));
    SW_TRY(read_int(&optimizer_steps, reader, "optimizer_steps"));
    const sw_checkpoint checkpoint = checkpoint_of(s, true);
    SW_TRY(sw_checkpoint_load(&checkpoint, reader, path));
    s->network.optimizer.steps = (uint64_t)optimizer_steps;
done:
    sw_safetensors_reader_destroy(reader);
    free(path);
    return status;
}
