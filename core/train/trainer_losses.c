#include "trainer_losses.h"

#include <math.h>
#include <stdlib.h>

sw_status sw_trainer_losses_init(sw_run_session *s)
{
    s->unread = (sw_unread_steps){.capacity = sw_network_loss_every(&s->network)};
    size_t bytes = (size_t)s->unread.capacity * sizeof *s->unread.lr;
    s->unread.lr = malloc(bytes);
    return s->unread.lr ? SW_OK : sw_fail_alloc("the steps between two looks at the loss", bytes);
}

void sw_trainer_losses_deinit(sw_run_session *s)
{
    free(s->unread.lr);
    s->unread = (sw_unread_steps){0};
}

bool sw_trainer_losses_note(sw_run_session *s, double lr, int images)
{
    s->unread.lr[s->unread.count++] = lr;
    s->unread.images += images;
    return s->unread.count == s->unread.capacity;
}

/* The loader makes the batch of that step once more: it follows from epoch and number. */
static sw_status explain(sw_run_session *s, int epoch, int step, double loss)
{
    sw_batch batch;
    sw_loader_start(s->train_loader, (uint32_t)epoch, step - 1);
    sw_loader_next(s->train_loader, &batch);
    sw_status status = sw_network_explain_loss(&s->network, batch.images, batch.labels, batch.count, loss);
    return sw_fail_in(status, "epoch %d, step %d", epoch, step);
}

static sw_status record(sw_run_session *s, int epoch, double loss, double lr)
{
    s->state.steps++;
    s->state.loss_sum += loss;
    const sw_step_record record = {.step = s->state.steps, .epoch = epoch, .loss = loss, .lr = lr};
    sw_status status = sw_records_append_step(s->records, &record);
    if (status == SW_OK && s->events) status = sw_events_step(s->events, &record);
    return status;
}

sw_status sw_trainer_losses_take(sw_run_session *s, int epoch, double lr, int images, double loss)
{
    sw_status status = SW_OK;
    double recording = sw_run_profile_begin(s->profile);
    SW_TRY(record(s, epoch, loss, lr));
    sw_progress_steps(s->progress, epoch, SW_PROGRESS_TRAIN, s->state.steps_in_epoch, 1, images, loss);
    sw_run_profile_end(s->profile, SW_SPAN_RECORD, recording);
done:
    return status;
}

sw_status sw_trainer_losses_read(sw_run_session *s, int epoch)
{
    sw_status status = SW_OK;
    const float *losses;
    int count, first = s->state.steps_in_epoch - s->unread.count + 1; /* of the epoch, from 1 */
    if (s->unread.count == 0) return SW_OK;
    double waiting = sw_run_profile_begin(s->profile);
    SW_TRY(sw_network_losses(&s->network, &losses, &count));
    sw_run_profile_end(s->profile, SW_SPAN_WAIT, waiting);
    double recording = sw_run_profile_begin(s->profile);
    for (int i = 0; i < count; i++) {
        if (!isfinite(losses[i])) {
            status = explain(s, epoch, first + i, (double)losses[i]);
            goto done;
        }
        SW_TRY(record(s, epoch, (double)losses[i], s->unread.lr[i]));
        s->state.batches++;
    }
    sw_progress_steps(s->progress, epoch, SW_PROGRESS_TRAIN, s->state.steps_in_epoch, count, s->unread.images,
                      (double)losses[count - 1]);
    sw_run_profile_end(s->profile, SW_SPAN_RECORD, recording);
    s->unread.count = s->unread.images = 0;
done:
    return status;
}
