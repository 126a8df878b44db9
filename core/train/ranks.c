#include "ranks.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/crc32c.h"
#include "base/fs.h"
#include "base/str.h"
#include "cl/buffer.h"
#include "run/folder.h"

enum { NAME_BYTES = 64, MAX_PROGRAM_BYTES = 1 << 30 };

/* What must be the same in all ranks. */
typedef struct identity {
    char program[NAME_BYTES], experiment[NAME_BYTES], train_data[NAME_BYTES], val_data[NAME_BYTES];
} identity;

/* The version, and the checksum of the file that runs, where the system tells which that is. */
static sw_status name_program(char out[NAME_BYTES])
{
    char *bytes = NULL;
    size_t length = 0;
    if (sw_fs_read(&bytes, &length, "/proc/self/exe", MAX_PROGRAM_BYTES) != SW_OK) sw_error_clear();
    snprintf(out, NAME_BYTES, "%s, %08x", sw_build_version(), bytes ? sw_crc32c(bytes, length) : 0);
    free(bytes);
    return SW_OK;
}

static sw_status name_experiment(char out[NAME_BYTES], const sw_experiment *x)
{
    sw_str text = {0};
    sw_experiment_dump_yaml(&text, x, false);
    const sw_status status = sw_str_status(&text);
    if (status == SW_OK) snprintf(out, NAME_BYTES, "%08x", sw_crc32c(text.text, text.length));
    sw_str_deinit(&text);
    return status;
}

static sw_status compare(const identity *all, int ranks)
{
    for (int r = 1; r < ranks; r++) {
        const identity *first = &all[0], *other = &all[r];
        const struct {
            const char *what, *first, *other;
        } facts[] = {{"another segwork (version, checksum)", first->program, other->program},
                     {"another experiment (checksum)", first->experiment, other->experiment},
                     {"other training data (fingerprint)", first->train_data, other->train_data},
                     {"other validation data (fingerprint)", first->val_data, other->val_data}};
        for (size_t i = 0; i < sizeof facts / sizeof *facts; i++)
            if (strcmp(facts[i].first, facts[i].other) != 0)
                return sw_fail(
                    SW_E_CONFIG,
                    "rank %d has %s than rank 0: %s instead of %s. All processes must run the same "
                    "program on the same files",
                    r, facts[i].what, facts[i].other, facts[i].first);
    }
    return SW_OK;
}

sw_status ranks_check(sw_run_session *s)
{
    sw_status status = SW_OK;
    const int ranks = sw_comm_size(s->comm), batch = s->experiment->train.batch_size;
    if (ranks == 1) return SW_OK;
    if (batch < ranks)
        return sw_fail(
            SW_E_CONFIG,
            "train.batch_size %d: each of the %d processes needs an image of a batch. Start fewer, "
            "or raise it",
            batch, ranks);
    identity own = {0}, *all = malloc((size_t)ranks * sizeof *all);
    if (!all) return sw_fail_alloc("what the processes run", (size_t)ranks * sizeof *all);
    SW_TRY(name_program(own.program));
    SW_TRY(name_experiment(own.experiment, s->experiment));
    snprintf(own.train_data, NAME_BYTES, "%s", sw_dataset_fingerprint(s->train));
    snprintf(own.val_data, NAME_BYTES, "%s", sw_dataset_fingerprint(s->val));
    SW_TRY(sw_comm_gather(s->comm, &own, sizeof own, all));
    status = compare(all, ranks);
done:
    free(all);
    return status;
}

sw_status ranks_share_engines(sw_run_session *s)
{
    sw_conv_pins *pins = &s->engines.pins;
    sw_conv_choice choices[SW_MAX_CONVOLUTIONS][SW_CONV_PASSES] = {0};
    if (!s->comm) return SW_OK;
    for (int i = 0; i < pins->count; i++) memcpy(choices[i], pins->pins[i].pass, sizeof choices[i]);
    SW_ENSURE(sw_comm_broadcast(s->comm, choices, sizeof choices));
    for (int i = 0; i < pins->count; i++) memcpy(pins->pins[i].pass, choices[i], sizeof choices[i]);
    return SW_OK;
}

/* --- state ----------------------------------------------------------------------------------- */

/* Gives all ranks rank 0's content of a buffer on the device; NULL: there is none. */
static sw_status share_buffer(const sw_run_session *s, cl_mem buffer, size_t elems)
{
    sw_status status = SW_OK;
    if (!buffer || elems == 0) return SW_OK;
    float *host = malloc(elems * sizeof *host);
    if (!host) return sw_fail_alloc("weights for the other processes", elems * sizeof *host);
    if (sw_comm_leads(s->comm)) SW_TRY(sw_buffer_read(s->cl, buffer, 0, host, elems * sizeof *host));
    SW_TRY(sw_comm_broadcast(s->comm, host, elems * sizeof *host));
    if (!sw_comm_leads(s->comm)) SW_TRY(sw_buffer_write(s->cl, buffer, 0, host, elems * sizeof *host));
done:
    free(host);
    return status;
}

sw_status ranks_share_statistics(sw_run_session *s)
{
    sw_store *store = &s->network.store;
    if (!s->comm) return SW_OK;
    SW_ENSURE(share_buffer(s, store->states, store->state_elems));
    store->changes++;
    return share_buffer(s, s->network.averages.states, store->state_elems);
}

static sw_status share_weights(sw_run_session *s)
{
    sw_network *network = &s->network;
    const size_t elems = network->store.param_elems;
    SW_ENSURE(share_buffer(s, network->store.params, elems));
    for (int i = 0; i < SW_MAX_MOMENTS; i++) SW_ENSURE(share_buffer(s, network->optimizer.moments[i], elems));
    SW_ENSURE(share_buffer(s, network->averages.params, elems));
    return ranks_share_statistics(s);
}

sw_status ranks_share_state(sw_run_session *s, bool weights)
{
    if (!s->comm) return SW_OK;
    SW_ENSURE(sw_comm_broadcast(s->comm, &s->state, sizeof s->state));
    SW_ENSURE(sw_comm_broadcast(s->comm, &s->network.optimizer.steps, sizeof s->network.optimizer.steps));
    return weights ? share_weights(s) : SW_OK;
}

/* --- decisions ------------------------------------------------------------------------------- */

sw_status ranks_any(bool *flag, sw_run_session *s)
{
    uint64_t count = *flag;
    SW_ENSURE(sw_comm_sum_counts(s->comm, &count, 1));
    *flag = count > 0;
    return SW_OK;
}

sw_status ranks_follow(bool *flag, sw_run_session *s)
{
    return sw_comm_broadcast(s->comm, flag, sizeof *flag);
}

sw_status ranks_fail_elsewhere(sw_run_session *s, sw_status kind, int rank)
{
    s->silent = true;
    return sw_fail(kind, "rank %d failed", rank);
}
