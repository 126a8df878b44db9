#include "trainer_steps.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "nn/losses.h"
#include "ranks.h"

sw_status sw_trainer_steps_init(sw_run_session *s)
{
    s->unread = (sw_unread_steps){.capacity = sw_network_loss_every(&s->network)};
    const size_t count = (size_t)s->unread.capacity, bytes = count * sizeof *s->unread.lr;
    s->unread.lr = malloc(bytes);
    s->unread.weights = malloc(count * sizeof *s->unread.weights);
    s->ahead = malloc((size_t)s->experiment->train.accumulate * sizeof *s->ahead);
    if (!s->unread.lr || !s->unread.weights || !s->ahead)
        return sw_fail_alloc("the steps between two looks at the loss", bytes);
    return SW_OK;
}

void sw_trainer_steps_deinit(sw_run_session *s)
{
    free(s->unread.lr);
    free(s->unread.weights);
    free(s->ahead);
    s->unread = (sw_unread_steps){0};
    s->ahead = NULL;
}

bool sw_trainer_steps_look_ahead(const sw_run_session *s)
{
    const int accumulate = s->experiment->train.accumulate;
    return sw_comm_size(s->comm) > 1 || (s->loss.count > 1 && accumulate > 1);
}

/* Returns the number of batches in a step of the epoch, counted from 0. */
static int batches_of_step(const sw_run_session *s, int step)
{
    const int accumulate = s->experiment->train.accumulate;
    const int left = sw_loader_batch_count(s->train_loader) - step * accumulate;
    return left < accumulate ? left : accumulate;
}

static sw_status load_batch(sw_run_session *s, sw_batch *batch)
{
    const double begun = sw_run_profile_begin(s->profile);
    SW_ENSURE(sw_loader_next(s->train_loader, batch));
    sw_run_profile_end(s->profile, SW_SPAN_LOAD, begun);
    return SW_OK;
}

/* Sets the weights of a batch, or of this process's slice of it. */
static void weigh(double weights[SW_MAX_LOSSES], const sw_run_session *s, const sw_batch *batch)
{
    memset(weights, 0, SW_MAX_LOSSES * sizeof *weights);
    if (batch->counts) sw_network_weigh(weights, &s->network, batch->labels, batch->count);
}

/* Loads all batches of the step, and tells the network what they weigh, in all processes. */
static sw_status load_step(sw_run_session *s, int batches)
{
    double totals[SW_MAX_LOSSES] = {0};
    for (int i = 0; i < batches; i++) {
        double weights[SW_MAX_LOSSES];
        SW_ENSURE(load_batch(s, &s->ahead[i]));
        weigh(weights, s, &s->ahead[i]);
        for (int l = 0; l < s->loss.count; l++) totals[l] += weights[l];
    }
    SW_ENSURE(sw_comm_sum(s->comm, totals, SW_MAX_LOSSES));
    sw_network_begin_step(&s->network, totals);
    return SW_OK;
}

static sw_status enqueue_batch(sw_run_session *s, const sw_batch *batch, bool last, double lr)
{
    double begun = sw_run_profile_begin(s->profile);
    sw_network_set_place(&s->network, batch->first, batch->counts);
    SW_ENSURE(sw_network_upload(&s->network, batch->images, batch->labels, batch->count));
    begun = sw_run_profile_end(s->profile, SW_SPAN_UPLOAD, begun);
    SW_ENSURE(sw_network_enqueue_batch(&s->network, batch->labels, batch->count, last, lr));
    sw_run_profile_end(s->profile, SW_SPAN_ENQUEUE, begun);
    s->unread.images += batch->whole;
    return SW_OK;
}

sw_status sw_trainer_enqueue_step(sw_run_session *s, double lr)
{
    const int batches = batches_of_step(s, s->state.steps_in_epoch), at = s->unread.count;
    const bool ahead = sw_trainer_steps_look_ahead(s);
    if (ahead) SW_ENSURE(load_step(s, batches));
    for (int i = 0; i < batches; i++) {
        if (!ahead) SW_ENSURE(load_batch(s, &s->ahead[i]));
        SW_ENSURE(enqueue_batch(s, &s->ahead[i], i == batches - 1, lr));
    }
    s->unread.lr[at] = lr;
    for (int l = 0; l < s->loss.count; l++)
        s->unread.weights[at][l] = s->network.step.weights[l] / (double)sw_network_pixels(&s->network, 1);
    s->unread.count++;
    s->state.steps_in_epoch++;
    return SW_OK;
}

/* The loader makes the batches of that step once more: they follow from epoch and number. */
sw_status sw_trainer_explain_loss(sw_run_session *s, int epoch, int step, double loss)
{
    const int batches = batches_of_step(s, step - 1);
    sw_loader_start(s->train_loader, (uint32_t)epoch, (step - 1) * s->experiment->train.accumulate);
    for (int i = 0; i < batches; i++) {
        sw_batch batch;
        SW_ENSURE(sw_loader_next(s->train_loader, &batch));
        sw_network_set_place(&s->network, batch.first, batch.counts);
        SW_ENSURE(sw_network_explain_loss(&s->network, batch.images, batch.labels, batch.count,
                                          i == batches - 1, loss));
    }
    return SW_OK;
}

/* The losses of a step, of all processes. */
typedef struct step_losses {
    sw_loss_values loss;
    double weights[SW_MAX_LOSSES]; /* in images */
    int culprit;                   /* the first process whose own loss is not finite; -1: none */
} step_losses;

/* Brings the processes' losses of a step together: each is the mean by what the processes' images weigh. */
static sw_status unite_losses(step_losses *out, const sw_run_session *s, const sw_loss_values *own, int at)
{
    sw_status status = SW_OK;
    const size_t losses = (size_t)s->loss.count, ranks = (size_t)sw_comm_size(s->comm);
    const double *weights = s->unread.weights[at];
    *out = (step_losses){.loss = *own, .culprit = isfinite(own->total) ? -1 : 0};
    memcpy(out->weights, weights, losses * sizeof *weights);
    if (!s->comm) return SW_OK;
    double *sums = calloc(2 * losses + ranks, sizeof *sums), *culprits = sums ? sums + 2 * losses : NULL;
    if (!sums) return sw_fail_alloc("losses", (2 * losses + ranks) * sizeof *sums);
    bool finite = true;
    for (size_t l = 0; l < losses; l++) {
        if (!(weights[l] > 0.0)) continue; /* a loss of nothing may be anything */
        finite &= isfinite(own->of[l]) != 0;
        sums[l] = own->of[l] * weights[l];
        sums[losses + l] = weights[l];
    }
    culprits[sw_comm_rank(s->comm)] = finite ? 0.0 : 1.0;
    SW_TRY(sw_comm_sum(s->comm, sums, 2 * losses + ranks));
    for (size_t l = 0; l < losses; l++) {
        out->weights[l] = sums[losses + l];
        out->loss.of[l] = out->weights[l] > 0.0 ? sums[l] / out->weights[l] : 0.0;
    }
    out->loss.total = sw_losses_total(&s->loss, out->loss.of);
    out->culprit = isfinite(out->loss.total) ? -1 : 0;
    for (size_t r = ranks; r-- > 0;)
        if (culprits[r] > 0.0) out->culprit = (int)r;
done:
    free(sums);
    return status;
}

/* The process with the loss explains it; the others end silently. */
static sw_status fail_loss(sw_run_session *s, int epoch, int step, const step_losses *losses, double own)
{
    if (sw_comm_rank(s->comm) == losses->culprit)
        return sw_fail_in(sw_trainer_explain_loss(s, epoch, step, own), "epoch %d, step %d", epoch, step);
    return ranks_fail_elsewhere(s, SW_E_NUMERIC, losses->culprit);
}

static sw_status record(sw_run_session *s, int epoch, const step_losses *losses, int at)
{
    const sw_loss_values *loss = &losses->loss;
    s->state.steps++;
    for (int l = 0; l < s->loss.count; l++) {
        s->state.loss_sums[l] += loss->of[l] * losses->weights[l];
        s->state.loss_weights[l] += losses->weights[l];
    }
    if (!sw_comm_leads(s->comm)) return SW_OK;
    const sw_step_record record = {
        .step = s->state.steps, .epoch = epoch, .loss = loss->total, .lr = s->unread.lr[at]};
    SW_ENSURE(sw_records_append_step(s->records, &record));
    return s->events ? sw_events_step(s->events, &record) : SW_OK;
}

sw_status sw_trainer_losses_read(sw_run_session *s, int epoch)
{
    const sw_loss_values *losses;
    int count, first = s->state.steps_in_epoch - s->unread.count + 1; /* of the epoch, from 1 */
    if (s->unread.count == 0) return SW_OK;
    double begun = sw_run_profile_begin(s->profile);
    SW_ENSURE(sw_network_losses(&s->network, &losses, &count));
    begun = sw_run_profile_end(s->profile, SW_SPAN_WAIT, begun);
    step_losses all = {0};
    for (int i = 0; i < count; i++) {
        SW_ENSURE(unite_losses(&all, s, &losses[i], i));
        if (all.culprit >= 0) return fail_loss(s, epoch, first + i, &all, losses[i].total);
        SW_ENSURE(record(s, epoch, &all, i));
        s->state.batches += batches_of_step(s, first + i - 1);
    }
    if (s->progress)
        sw_progress_steps(s->progress, epoch, SW_PROGRESS_TRAIN, s->state.steps_in_epoch, count,
                          s->unread.images, all.loss.total);
    sw_run_profile_end(s->profile, SW_SPAN_RECORD, begun);
    s->unread.count = s->unread.images = 0;
    return SW_OK;
}
