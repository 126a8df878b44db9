#include "train/dry_run.h"

#include <math.h>

#include "base/clock.h"
#include "nn/schedule.h"
#include "run_session.h"
#include "trainer_steps.h"

static sw_status make_step(sw_dry_run *out, sw_run_session *s)
{
    const sw_experiment *x = s->experiment;
    const float lr = sw_schedule_lr(&x->schedule, x->optimizer.lr, 0.0, x->train.epochs);
    const double start = sw_clock_s();
    sw_status status = SW_OK;
    const sw_loss_values *losses;
    int count;
    sw_loader_start(s->train_loader, 1, 0);
    SW_TRY(sw_trainer_enqueue_step(s, (double)lr));
    SW_TRY(sw_network_losses(&s->network, &losses, &count));
    out->step_loss = losses[0].total;
    out->step_images = s->unread.images;
    out->step_s = sw_clock_s() - start;
    if (!isfinite(losses[0].total)) status = sw_trainer_explain_loss(s, 1, 1, out->step_loss);
done:
    return sw_fail_in(status, "the first step");
}

static sw_status validate_batch(sw_dry_run *out, sw_run_session *s)
{
    sw_status status = SW_OK;
    sw_batch batch;
    sw_loss_values loss;
    const double start = sw_clock_s();
    sw_loader_start(s->val_loader, 1, 0);
    SW_TRY(sw_loader_next(s->val_loader, &batch));
    SW_TRY(sw_network_swap_averages(&s->network));
    SW_TRY(sw_network_evaluate(&s->network, batch.images, batch.labels, batch.count,
                               &(sw_batch_results){.loss = &loss}));
    out->batch_loss = loss.total;
    SW_TRY(sw_network_swap_averages(&s->network));
    out->batch_images = batch.count;
    out->batch_s = sw_clock_s() - start;
done:
    return sw_fail_in(status, "the first validation batch");
}

sw_status sw_dry_run_do(sw_dry_run *out, const sw_experiment *experiment, const sw_trainer_options *options)
{
    sw_run_session s;
    *out = (sw_dry_run){.epochs = experiment->train.epochs};
    sw_status status = sw_run_session_prepare(&s, experiment, options);
    if (status != SW_OK) goto done;
    out->train_images = sw_loader_image_count(s.train_loader);
    out->val_images = sw_loader_image_count(s.val_loader);
    out->steps_per_epoch = sw_run_session_steps_per_epoch(&s);
    SW_TRY(make_step(out, &s));
    SW_TRY(validate_batch(out, &s));
done:
    sw_run_session_close(&s, "");
    return status;
}
