#include "trainer_steps.h"

#include <math.h>
#include <stdlib.h>

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
    return s->loss.count > 1 && s->experiment->train.accumulate > 1;
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

/* Loads all batches of the step, and tells the network what they weigh. */
static sw_status load_step(sw_run_session *s, int batches)
{
    double totals[SW_MAX_LOSSES] = {0};
    for (int i = 0; i < batches; i++) {
        double weights[SW_MAX_LOSSES];
        SW_ENSURE(load_batch(s, &s->ahead[i]));
        sw_network_weigh(weights, &s->network, s->ahead[i].labels, s->ahead[i].count);
        for (int l = 0; l < s->loss.count; l++) totals[l] += weights[l];
    }
    sw_network_begin_step(&s->network, totals);
    return SW_OK;
}

static sw_status enqueue_batch(sw_run_session *s, const sw_batch *batch, bool last, double lr)
{
    double begun = sw_run_profile_begin(s->profile);
    SW_ENSURE(sw_network_upload(&s->network, batch->images, batch->labels, batch->count));
    begun = sw_run_profile_end(s->profile, SW_SPAN_UPLOAD, begun);
    SW_ENSURE(sw_network_enqueue_batch(&s->network, batch->labels, batch->count, last, lr));
    sw_run_profile_end(s->profile, SW_SPAN_ENQUEUE, begun);
    s->unread.images += batch->count;
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
        SW_ENSURE(sw_network_explain_loss(&s->network, batch.images, batch.labels, batch.count,
                                          i == batches - 1, loss));
    }
    return SW_OK;
}

static sw_status record(sw_run_session *s, int epoch, const sw_loss_values *loss, int at)
{
    s->state.steps++;
    for (int l = 0; l < s->loss.count; l++) {
        s->state.loss_sums[l] += loss->of[l] * s->unread.weights[at][l];
        s->state.loss_weights[l] += s->unread.weights[at][l];
    }
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
    for (int i = 0; i < count; i++) {
        if (!isfinite(losses[i].total)) {
            sw_status status = sw_trainer_explain_loss(s, epoch, first + i, losses[i].total);
            return sw_fail_in(status, "epoch %d, step %d", epoch, first + i);
        }
        SW_ENSURE(record(s, epoch, &losses[i], i));
        s->state.batches += batches_of_step(s, first + i - 1);
    }
    sw_progress_steps(s->progress, epoch, SW_PROGRESS_TRAIN, s->state.steps_in_epoch, count, s->unread.images,
                      losses[count - 1].total);
    sw_run_profile_end(s->profile, SW_SPAN_RECORD, begun);
    s->unread.count = s->unread.images = 0;
    return SW_OK;
}
