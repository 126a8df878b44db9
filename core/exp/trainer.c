#include "exp/trainer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/str.h"
#include "nn/schedule.h"
#include "session.h"
#include "trainer_losses.h"

static double now_s(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec + (double)t.tv_nsec * 1e-9;
}

static bool stop_requested(const sw_session *s)
{
    return s->options->stop && *s->options->stop;
}

static sw_status save_state(sw_session *s)
{
    sw_trainer_identity identity = sw_session_identity(s);
    return sw_trainer_state_save(&s->state, s->folder, &s->network, &identity);
}

/* --- training -------------------------------------------------------------------------------- */

/* Enqueues a step and, every runtime.loss_every steps, waits for the losses. */
static sw_status train_batch(sw_session *s, const sw_batch *batch, int epoch, int steps_per_epoch)
{
    sw_status status = SW_OK;
    const sw_experiment *x = s->experiment;
    double position = epoch - 1 + (double)s->state.steps_in_epoch / steps_per_epoch;
    float lr = sw_schedule_lr(&x->schedule, x->optimizer.lr, position, x->train.epochs);
    double uploading = sw_run_profile_begin(s->profile);
    SW_TRY(sw_network_upload(&s->network, batch->images, batch->labels, batch->count));
    sw_run_profile_end(s->profile, SW_SPAN_UPLOAD, uploading);
    double enqueuing = sw_run_profile_begin(s->profile);
    SW_TRY(sw_network_enqueue_step(&s->network, batch->count, (double)lr));
    sw_run_profile_end(s->profile, SW_SPAN_ENQUEUE, enqueuing);
done:
    if (status != SW_OK) return sw_fail_in(status, "epoch %d, step %d", epoch, s->state.steps_in_epoch + 1);
    s->state.steps_in_epoch++;
    if (sw_trainer_losses_note(s, (double)lr, batch->count)) return sw_trainer_losses_read(s, epoch);
    return SW_OK;
}

static void next_batch(sw_session *s, sw_loader *loader, sw_batch *batch)
{
    double loading = sw_run_profile_begin(s->profile);
    sw_loader_next(loader, batch);
    sw_run_profile_end(s->profile, SW_SPAN_LOAD, loading);
}

/* The rest of an epoch's steps. *images counts those trained on here. */
static sw_status train_epoch(sw_session *s, int epoch, int64_t *images)
{
    sw_status status = SW_OK;
    int steps_per_epoch = sw_loader_batch_count(s->train_loader);
    sw_loader_start(s->train_loader, (uint32_t)epoch, s->state.steps_in_epoch);
    while (s->state.steps_in_epoch < steps_per_epoch && !stop_requested(s)) {
        sw_batch batch;
        SW_TRY(sw_run_profile_step_begin(s->profile, SW_STEPS_TRAIN));
        next_batch(s, s->train_loader, &batch);
        SW_TRY(train_batch(s, &batch, epoch, steps_per_epoch));
        SW_TRY(sw_run_profile_step_end(s->profile, SW_STEPS_TRAIN, batch.count));
        *images += batch.count;
    }
    SW_TRY(sw_trainer_losses_read(s, epoch));
    if (stop_requested(s)) status = sw_fail(SW_E_INTERRUPTED, "interrupted");
done:
    return status;
}

/* --- validation ------------------------------------------------------------------------------ */

static sw_status validate(sw_session *s, int epoch, sw_evaluation *clean, sw_evaluation *article)
{
    sw_status status = SW_OK;
    sw_evaluate_options options = {.epoch = epoch,
                                   .boundary = true,
                                   .slot_of_image = s->grid.slot_of_image,
                                   .captured = s->grid.captured,
                                   .captured_confidence = s->grid.captured_confidence,
                                   .on_image = sw_gallery_take,
                                   .on_image_user = &s->gallery,
                                   .confidence = true,
                                   .progress = s->progress,
                                   .profile = s->profile,
                                   .stop = s->options->stop};
    double validating = sw_run_profile_begin(s->profile);
    sw_gallery_begin(&s->gallery);
    SW_TRY(sw_evaluate(clean, &s->network, s->val_loader, &options));
    if (s->article_loader) {
        options.boundary = false;
        options.slot_of_image = NULL;
        options.on_image = NULL;
        options.confidence = false;
        options.progress_done = sw_loader_batch_count(s->val_loader);
        SW_TRY(sw_evaluate(article, &s->network, s->article_loader, &options));
    }
    SW_TRY(sw_run_profile_steps_done(s->profile, SW_STEPS_VALIDATE));
    sw_run_profile_end(s->profile, SW_SPAN_VALIDATION, validating);
done:
    return status;
}

static sw_epoch_record make_record(const sw_session *s, int epoch, const sw_evaluation *clean,
                                   const sw_evaluation *article)
{
    const sw_experiment *x = s->experiment;
    const sw_confusion *m = &clean->confusion;
    sw_epoch_record r = sw_epoch_record_empty(epoch);
    r.lr = (double)sw_schedule_lr(&x->schedule, x->optimizer.lr, epoch - 1, x->train.epochs);
    r.train_loss = s->state.loss_sum / s->state.steps_in_epoch;
    r.val_loss = clean->loss;
    r.pixel_accuracy = sw_confusion_pixel_accuracy(m);
    r.iou = sw_confusion_micro_iou(m, SW_CLASS_BACKGROUND);
    r.custom_iou = clean->custom_iou;
    r.miou = sw_confusion_mean_iou(m);
    r.boundary_f1 = sw_boundary_mean_f1(&clean->boundary);
    for (int c = 0; c < SW_DATA_CLASSES; c++) {
        r.class_iou[c] = sw_confusion_iou(m, c);
        r.class_precision[c] = sw_confusion_precision(m, c);
        r.class_recall[c] = sw_confusion_recall(m, c);
        r.class_dice[c] = sw_confusion_dice(m, c);
        r.class_boundary_f1[c] = sw_boundary_f1(&clean->boundary, c);
    }
    if (s->article_loader) {
        r.article_pixel_accuracy = article->batch_pixel_accuracy;
        r.article_iou = article->batch_iou;
        r.article_custom_iou = article->batch_custom_iou;
    }
    r.seconds = s->state.seconds;
    r.images_per_second = sw_dataset_count(s->train) / s->state.train_seconds;
    return r;
}

static double best_value(const sw_epoch_record *r, sw_best_metric metric)
{
    switch (metric) {
    case SW_BEST_PIXEL_ACCURACY:
        return r->pixel_accuracy;
    case SW_BEST_IOU:
        return r->iou;
    case SW_BEST_CUSTOM_IOU:
        return r->custom_iou;
    case SW_BEST_MIOU:
        return r->miou;
    case SW_BEST_IOU_BORDER:
        return r->class_iou[SW_CLASS_BORDER];
    case SW_BEST_VAL_LOSS:
        return r->val_loss;
    }
    return NAN;
}

static bool improves(const sw_session *s, double value)
{
    if (isnan(value)) return false;
    if (isnan(s->state.best)) return true;
    return s->experiment->train.save_best == SW_BEST_VAL_LOSS ? value < s->state.best : value > s->state.best;
}

static void announce(sw_session *s, const sw_epoch_record *r, bool best)
{
    char summary[256], article[48] = "";
    if (s->article_loader) snprintf(article, sizeof article, " (article's %.4f)", r->article_pixel_accuracy);
    snprintf(summary, sizeof summary,
             "loss %.4f  val %.4f  accuracy %.4f%s  IoU %.4f  border %.4f  %.2f img/s  %.0f s%s",
             r->train_loss, r->val_loss, r->pixel_accuracy, article, r->iou, r->class_iou[SW_CLASS_BORDER],
             r->images_per_second, r->seconds, best ? "  best" : "");
    sw_progress_epoch(s->progress, r->epoch, summary);
    sw_log(SW_LOG_DEBUG, "epoch %d/%d  %s", r->epoch, s->experiment->train.epochs, summary);
}

/* Records, pictures and weights of a finished epoch. The resume file comes last: it is what makes the epoch
 * count, and whatever was written before it is written again, the same, if the process dies here. */
static sw_status finish_epoch(sw_session *s, int epoch, const sw_evaluation *clean,
                              const sw_evaluation *article)
{
    sw_status status = SW_OK;
    sw_epoch_record record = make_record(s, epoch, clean, article);
    SW_TRY(sw_records_append_epoch(s->records, &record));
    double drawing = sw_run_profile_begin(s->profile);
    SW_TRY(sw_epoch_grid_draw(&s->grid, s->folder->grids, epoch, clean));
    SW_TRY(sw_epoch_grid_store(&s->grid, s->folder->path, epoch));
    sw_run_profile_end(s->profile, SW_SPAN_PICTURES, drawing);
    double value = best_value(&record, s->experiment->train.save_best);
    bool best = improves(s, value);
    if (best) {
        s->state.best = value;
        s->state.best_epoch = epoch;
    }
    s->state.epochs_done = epoch;
    s->state.steps_in_epoch = 0;
    s->state.loss_sum = s->state.seconds = s->state.train_seconds = 0.0;
    double saving = sw_run_profile_begin(s->profile);
    SW_TRY(sw_trainer_save_weights(&s->state, s->folder, &s->network, "last"));
    if (best) SW_TRY(sw_trainer_save_weights(&s->state, s->folder, &s->network, "best"));
    if (best) SW_TRY(sw_gallery_write(&s->gallery, s->folder->path, epoch, clean));
    SW_TRY(save_state(s));
    sw_run_profile_end(s->profile, SW_SPAN_CHECKPOINT, saving);
    SW_TRY(sw_run_profile_epoch_done(s->profile));
    /* not before: until then the epoch may have to be made again, and the earlier one is the best */
    if (best) SW_TRY(sw_gallery_keep_only(s->folder->path, epoch));
    announce(s, &record, best);
done:
    return status;
}

static sw_status run_epoch(sw_session *s, int epoch)
{
    sw_status status = SW_OK;
    sw_evaluation clean, article;
    int64_t images = 0;
    double start = now_s();
    status = train_epoch(s, epoch, &images);
    if (status == SW_OK) status = sw_run_profile_steps_done(s->profile, SW_STEPS_TRAIN);
    double trained = now_s();
    s->state.train_seconds += trained - start;
    if (status == SW_OK) status = validate(s, epoch, &clean, &article);
    s->state.seconds += now_s() - start;
    if (status == SW_OK) return finish_epoch(s, epoch, &clean, &article);
    if (status == SW_E_INTERRUPTED) {
        SW_TRY(save_state(s));
        status = sw_fail(
            SW_E_INTERRUPTED,
            "stopped in epoch %d after step %d; everything is saved. Continue with: segwork run --resume %s",
            epoch, s->state.steps_in_epoch, s->folder->path);
    }
done:
    return status;
}

static sw_status run_epochs(sw_session *s)
{
    sw_status status = SW_OK;
    int epochs = s->experiment->train.epochs;
    if (s->state.epochs_done >= epochs)
        sw_log(SW_LOG_INFO, "all %d epochs are done already", epochs);
    else if (s->state.epochs_done == 0 && s->state.steps_in_epoch == 0) {
        double drawing = sw_run_profile_begin(s->profile);
        SW_TRY(sw_epoch_grid_predict(&s->grid, &s->network));
        SW_TRY(sw_epoch_grid_draw(&s->grid, s->folder->grids, 0, NULL));
        SW_TRY(sw_epoch_grid_store(&s->grid, s->folder->path, 0));
        sw_run_profile_end(s->profile, SW_SPAN_PICTURES, drawing);
    }
    while (s->state.epochs_done < epochs) SW_TRY(run_epoch(s, s->state.epochs_done + 1));
done:
    return status;
}

/* What the caller is told about the run, read before the session is closed. */
static void report(sw_train_result *result, const sw_session *s)
{
    if (!s->folder) return;
    result->folder = sw_strf("%s", s->folder->path);
    result->grid = sw_strf("%s/epoch_%02d.png", s->folder->grids, s->state.epochs_done);
    if (result->grid && !sw_fs_exists(result->grid)) {
        free(result->grid);
        result->grid = NULL;
    }
}

/* The profile's tables, into the folder and for the caller. An interruption stays what it was. */
static sw_status write_profile(sw_train_result *result, sw_session *s, sw_status so_far)
{
    if (!s->profile) return so_far;
    char *message = so_far == SW_OK ? NULL : sw_strf("%s", sw_error_message());
    sw_status status = sw_run_profile_write(s->profile, &result->profile);
    if (status == SW_OK && so_far != SW_OK) status = sw_fail(so_far, "%s", message ? message : "interrupted");
    free(message);
    return status;
}

sw_status sw_train(sw_train_result *result, const sw_experiment *experiment,
                   const sw_trainer_options *options)
{
    *result = (sw_train_result){0};
    sw_session s;
    sw_status status = sw_session_open(&s, experiment, options);
    if (status == SW_OK) status = run_epochs(&s);
    /* closing may fail at something of its own: the first cause is what counts */
    if (status == SW_OK || status == SW_E_INTERRUPTED) status = write_profile(result, &s, status);
    char *message = status == SW_OK ? NULL : sw_strf("%s", sw_error_message());
    report(result, &s);

    char outcome[512] = "done";
    if (status == SW_E_INTERRUPTED)
        snprintf(outcome, sizeof outcome, "interrupted");
    else if (status != SW_OK)
        snprintf(outcome, sizeof outcome, "failed: %.480s", message ? message : "");
    if (message) sw_log(SW_LOG_DEBUG, "%s", message);
    sw_session_close(&s, outcome);
    if (message) status = sw_fail(status, "%s", message);
    free(message);
    return status;
}

void sw_train_result_deinit(sw_train_result *result)
{
    free(result->folder);
    free(result->grid);
    free(result->profile);
    *result = (sw_train_result){0};
}
