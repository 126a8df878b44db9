#include "trainer_state.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/str.h"
#include "weights/checkpoint.h"

enum { MAX_NOTES = 24, NOTE_BYTES = 96 };

/* The metadata of a file while it is put together. */
typedef struct notes {
    sw_checkpoint_note items[MAX_NOTES];
    char texts[MAX_NOTES][NOTE_BYTES];
    size_t count;
} notes;

static void note_text(notes *n, const char *key, const char *value)
{
    snprintf(n->texts[n->count], NOTE_BYTES, "%s", value);
    n->items[n->count] = (sw_checkpoint_note){key, n->texts[n->count]};
    n->count++;
}

static void note_int(notes *n, const char *key, int64_t value)
{
    char text[NOTE_BYTES];
    snprintf(text, sizeof text, "%" PRId64, value);
    note_text(n, key, text);
}

/* 17 digits: the double comes back bit for bit. */
static void note_double(notes *n, const char *key, double value)
{
    char text[NOTE_BYTES];
    snprintf(text, sizeof text, "%.17g", value);
    note_text(n, key, text);
}

sw_trainer_state sw_trainer_state_fresh(void)
{
    return (sw_trainer_state){.best = NAN, .early_stop.best = NAN};
}

static char *checkpoint_path(const sw_run_folder *folder, const char *name)
{
    return sw_strf("%s/%s.safetensors", folder->checkpoints, name);
}

/* `whole`: with everything that a run needs to go on. */
static sw_checkpoint checkpoint_of(const sw_trainer_state *state, sw_network *network, bool whole)
{
    const bool averaged = whole && network->averages.params;
    return (sw_checkpoint){.graph = sw_network_graph(network),
                           .store = &network->store,
                           .optimizer = whole ? &network->optimizer : NULL,
                           .averages = averaged ? &network->averages : NULL,
                           .batches_tracked = (uint64_t)state->batches};
}

static sw_status save(const sw_checkpoint *checkpoint, const sw_run_folder *folder, const char *name,
                      const notes *n)
{
    char *path = checkpoint_path(folder, name);
    if (!path) return SW_E_MEMORY;
    sw_status status = sw_checkpoint_save(checkpoint, path, n->items, n->count);
    free(path);
    return status;
}

sw_status sw_trainer_save_weights(const sw_trainer_state *state, const sw_run_folder *folder,
                                  sw_network *network, const char *name)
{
    notes n = {0};
    note_text(&n, "format", "pt");
    note_int(&n, "epoch", state->epochs_done);
    sw_checkpoint checkpoint = checkpoint_of(state, network, false);
    return save(&checkpoint, folder, name, &n);
}

sw_status sw_trainer_state_save(const sw_trainer_state *state, const sw_run_folder *folder,
                                sw_network *network, const sw_trainer_identity *identity)
{
    notes n = {0};
    note_int(&n, "epochs_done", state->epochs_done);
    note_int(&n, "steps_in_epoch", state->steps_in_epoch);
    note_int(&n, "steps", state->steps);
    note_int(&n, "batches", state->batches);
    note_double(&n, "loss_sum", state->loss_sum);
    note_double(&n, "seconds", state->seconds);
    note_double(&n, "train_seconds", state->train_seconds);
    note_double(&n, "best", state->best);
    note_int(&n, "best_epoch", state->best_epoch);
    note_double(&n, "early_stop_best", state->early_stop.best);
    note_int(&n, "early_stop_waited", state->early_stop.waited);
    note_int(&n, "optimizer_steps", (int64_t)network->optimizer.steps);
    note_text(&n, "device", identity->device);
    note_text(&n, "train_data", identity->train_fingerprint);
    note_text(&n, "val_data", identity->val_fingerprint);
    sw_checkpoint checkpoint = checkpoint_of(state, network, true);
    return save(&checkpoint, folder, "resume", &n);
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

/* What files of earlier versions lack: they were of runs of one batch a step that never end early. */
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

static sw_status read_state(sw_trainer_state *state, const sw_safetensors_reader *reader)
{
    int64_t epochs_done = 0, steps_in_epoch = 0, best_epoch = 0;
    SW_ENSURE(read_int(&epochs_done, reader, "epochs_done"));
    SW_ENSURE(read_int(&steps_in_epoch, reader, "steps_in_epoch"));
    SW_ENSURE(read_int(&state->steps, reader, "steps"));
    SW_ENSURE(read_double(&state->loss_sum, reader, "loss_sum"));
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

static sw_status check_identity(const sw_safetensors_reader *reader, const sw_trainer_identity *identity)
{
    const char *device, *train, *val;
    SW_ENSURE(read_text(&device, reader, "device"));
    SW_ENSURE(read_text(&train, reader, "train_data"));
    SW_ENSURE(read_text(&val, reader, "val_data"));
    const bool other_train = strcmp(train, identity->train_fingerprint) != 0;
    if (other_train || strcmp(val, identity->val_fingerprint) != 0)
        return sw_fail(SW_E_CONFIG,
                       "the %s data have changed since this run began (fingerprint %s, now %s): put the old "
                       "ones back, or begin a new run",
                       other_train ? "training" : "validation", other_train ? train : val,
                       other_train ? identity->train_fingerprint : identity->val_fingerprint);
    if (strncmp(device, identity->device, NOTE_BYTES - 1) != 0)
        sw_log(SW_LOG_WARNING,
               "this run began on '%s' and continues on '%s': it will not end with the same bits", device,
               identity->device);
    return SW_OK;
}

sw_status sw_trainer_state_load(sw_trainer_state *state, const sw_run_folder *folder, sw_network *network,
                                const sw_trainer_identity *identity)
{
    sw_status status = SW_OK;
    sw_safetensors_reader *reader = NULL;
    *state = sw_trainer_state_fresh();
    char *path = checkpoint_path(folder, "resume");
    if (!path) return SW_E_MEMORY;
    if (!sw_fs_exists(path)) {
        sw_log(SW_LOG_INFO, "nothing was saved yet: starting from the first epoch");
        goto done;
    }
    SW_TRY(sw_safetensors_reader_open(&reader, path));
    SW_TRY(check_identity(reader, identity));
    SW_TRY(read_state(state, reader));
    int64_t optimizer_steps = 0;
    SW_TRY(read_int(&optimizer_steps, reader, "optimizer_steps"));
    sw_checkpoint checkpoint = checkpoint_of(state, network, true);
    SW_TRY(sw_checkpoint_load(&checkpoint, reader, path));
    network->optimizer.steps = (uint64_t)optimizer_steps;
done:
    sw_safetensors_reader_destroy(reader);
    free(path);
    return status;
}
