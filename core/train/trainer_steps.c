#include "trainer_steps.h"

#include <math.h>
#include <stdlib.h>

sw_status sw_trainer_steps_init(sw_run_session *s)
{
    s->unread = (sw_unread_steps){.capacity = sw_network_loss_every(&s->network)};
    const size_t count = (size_t)s->unread.capacity, bytes = 2 * count * sizeof *s->unread.lr;
    s->unread.lr = malloc(bytes);
    if (!s->unread.lr) return sw_fail_alloc("the steps between two looks at the loss", bytes);
    s->unread.weight = s->unread.lr + count;
    return SW_OK;
}

void sw_trainer_steps_deinit(sw_run_session *s)
{
    free(s->unread.lr);
    s->unread = (sw_unread_steps){0};
}

/* Returns the number of batches in a step of the epoch, counted from 0. */
static int batches_of_step(const sw_run_session *s, int step)
{
    const int accumulate = s->experiment->train.accumulate;
    const int left = sw_loader_batch_count(s->train_loader) - step * accumulate;
    return left < accumulate ? left : accumulate;
}

static sw_status enqueue_batch(sw_run_session *s, bool last, double lr)
{
    sw_batch batch;
    double begun = sw_run_profile_begin(s->profile);
    SW_ENSURE(sw_loader_next(s->train_loader, &batch));
    begun = sw_run_profile_end(s->profile, SW_SPAN_LOAD, begun);
    SW_ENSURE(sw_network_upload(&s->network, batch.images, batch.labels, batch.count));
    begun = sw_run_profile_end(s->profile, SW_SPAN_UPLOAD, begun);
    SW_ENSURE(sw_network_enqueue_batch(&s->network, batch.labels, batch.count, last, lr));
    sw_run_profile_end(s->profile, SW_SPAN_ENQUEUE, begun);
    s->unread.images += batch.count;
    return SW_OK;
}

sw_status sw_trainer_enqueue_step(sw_run_session *s, double lr)
{
    const int batches = batches_of_step(s, s->state.steps_in_epoch);
    for (int i = 0; i < batches; i++) SW_ENSURE(enqueue_batch(s, i == batches - 1, lr));
    s->unread.lr[s->unread.count] = lr;
    s->unread.weight[s->unread.count++] = s->network.step.weight / (double)sw_network_pixels(&s->network, 1);
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

static sw_status record(sw_run_session *s, int epoch, double loss, double weight, double lr)
{
    s->state.steps++;
    s->state.loss_sum += loss * weight;
    s->state.loss_weight += weight;
    const sw_step_record record = {.step = s->state.steps, .epoch = epoch, .loss = loss, .lr = lr};
    SW_ENSURE(sw_records_append_step(s->records, &record));
    return s->events ? sw_events_step(s->events, &record) : SW_OK;
}

sw_status sw_trainer_losses_read(sw_run_session *s, int epoch)
{
    const float *losses;
    int count, first = s->state.steps_in_epoch - s->unread.count + 1; /* of the epoch, from 1 */
    if (s->unread.count == 0) return SW_OK;
    double begun = sw_run_profile_begin(s->profile);
    SW_ENSURE(sw_network_losses(&s->network, &losses, &count));
    begun = sw_run_profile_end(s->profile, SW_SPAN_WAIT, begun);
    for (int i = 0; i < count; i++) {
        if (!isfinite(losses[i])) {
            sw_status status = sw_trainer_explain_loss(s, epoch, first + i, (double)losses[i]);
            return sw_fail_in(status, "epoch %d, step %d", epoch, first + i);
        }
        SW_ENSURE(record(s, epoch, (double)losses[i], s->unread.weight[i], s->unread.lr[i]));
        s->state.batches += batches_of_step(s, first + i - 1);
    }
    sw_progress_steps(s->progress, epoch, SW_PROGRESS_TRAIN, s->state.steps_in_epoch, count, s->unread.images,
                      (double)losses[count - 1]);
    sw_run_profile_end(s->profile, SW_SPAN_RECORD, begun);
    s->unread.count = s->unread.images = 0;
    return SW_OK;
}
