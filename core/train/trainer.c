#include "train/trainer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/str.h"
#include "nn/schedule.h"
#include "page/shell.h"
#include "run_session.h"
#include "trainer_steps.h"

static bool stop_requested(const sw_run_session *s)
{
    return s->options->stop && *s->options->stop;
}

static bool time_is_up(const sw_run_session *s)
{
    return sw_clock_s() >= s->deadline_s;
}

/* The lines first: rows that a power cut took from behind a saved state would be missing for good. */
static sw_status save_state(sw_run_session *s)
{
    sw_status status = SW_OK;
    sw_trainer_identity identity = sw_run_session_identity(s);
    SW_TRY(sw_records_flush(s->records));
    if (s->events) SW_TRY(sw_events_flush(s->events));
    status = sw_trainer_state_save(&s->state, s->folder, &s->network, &identity);
done:
    return status;
}

/* --- training -------------------------------------------------------------------------------- */

/* Enqueues a step and, every runtime.loss_every steps, waits for the losses. */
static sw_status train_step(sw_run_session *s, int epoch)
{
    sw_status status = SW_OK;
    const sw_experiment *x = s->experiment;
    const int step = s->state.steps_in_epoch, images = s->unread.images;
    const double position = epoch - 1 + (double)step / sw_run_session_steps_per_epoch(s);
    const float lr = sw_schedule_lr(&x->schedule, x->optimizer.lr, position, x->train.epochs);
    SW_TRY(sw_run_profile_step_begin(s->profile, SW_STEPS_TRAIN));
    SW_TRY(sw_fail_in(sw_trainer_enqueue_step(s, (double)lr), "epoch %d, step %d", epoch, step + 1));
    const int step_images = s->unread.images - images;
    if (s->unread.count == s->unread.capacity) SW_TRY(sw_trainer_losses_read(s, epoch));
    SW_TRY(sw_run_profile_step_end(s->profile, SW_STEPS_TRAIN, step_images));
done:
    return status;
}

/* The rest of an epoch's steps. Time is looked at only after one, so that every process gets further. */
static sw_status train_epoch(sw_run_session *s, int epoch)
{
    sw_status status = SW_OK;
    const int steps_per_epoch = sw_run_session_steps_per_epoch(s);
    bool stop = stop_requested(s);
    sw_loader_start(s->train_loader, (uint32_t)epoch,
                    s->state.steps_in_epoch * s->experiment->train.accumulate);
    while (s->state.steps_in_epoch < steps_per_epoch && !stop) {
        SW_TRY(train_step(s, epoch));
        stop = stop_requested(s) || time_is_up(s);
    }
    SW_TRY(sw_trainer_losses_read(s, epoch));
    if (stop) status = sw_fail(SW_E_INTERRUPTED, "interrupted");
done:
    return status;
}

/* --- validation ------------------------------------------------------------------------------ */

/* All but how long it took and what the article would measure. */
static sw_epoch_record make_record(const sw_run_session *s, int epoch, const sw_evaluation *clean)
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
    r.miou = sw_confusion_mean_iou(m, x->loss.attrs.ignore_index);
    r.boundary_f1 = sw_boundary_mean_f1(&clean->boundary);
    for (int c = 0; c < SW_DATA_CLASSES; c++) {
        r.class_iou[c] = sw_confusion_iou(m, c);
        r.class_precision[c] = sw_confusion_precision(m, c);
        r.class_recall[c] = sw_confusion_recall(m, c);
        r.class_dice[c] = sw_confusion_dice(m, c);
        r.class_boundary_f1[c] = sw_boundary_f1(&clean->boundary, c);
    }
    return r;
}

/* Whether this epoch is also validated as the article does. Whether it is the last one follows from its other
 * figures. */
static bool is_article_epoch(const sw_run_session *s, const sw_epoch_record *r)
{
    const sw_train_config *train = &s->experiment->train;
    sw_early_stop early = s->state.early_stop;
    sw_early_stop_take(&early, &train->early_stop, r);
    const bool ends = sw_early_stop_is_due(&early, &train->early_stop);
    return sw_every_epochs(r->epoch, train->article_every, ends ? r->epoch : train->epochs);
}

static sw_status evaluate_as_article(sw_epoch_record *r, sw_run_session *s, sw_evaluate_options options)
{
    sw_evaluation article;
    options.boundary = false;
    options.slot_of_image = NULL;
    options.on_image = NULL;
    options.confidence = false;
    options.progress_done = sw_loader_batch_count(s->val_loader);
    sw_status status = sw_evaluate(&article, &s->network, s->article_loader, &options);
    if (status != SW_OK) return status;
    r->article_pixel_accuracy = article.batch_pixel_accuracy;
    r->article_iou = article.batch_iou;
    r->article_custom_iou = article.batch_custom_iou;
    return SW_OK;
}

static sw_status evaluate(sw_run_session *s, int epoch, sw_evaluation *clean, sw_epoch_record *record)
{
    sw_status status = SW_OK;
    const sw_evaluate_options options = {.epoch = epoch,
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
    *record = make_record(s, epoch, clean);
    if (is_article_epoch(s, record)) SW_TRY(evaluate_as_article(record, s, options));
    SW_TRY(sw_run_profile_steps_done(s->profile, SW_STEPS_VALIDATE));
    sw_run_profile_end(s->profile, SW_SPAN_VALIDATION, validating);
done:
    return status;
}

/* Of the averaged weights, where there are such. */
static sw_status validate(sw_run_session *s, int epoch, sw_evaluation *clean, sw_epoch_record *record)
{
    sw_status status = sw_network_swap_averages(&s->network);
    if (status != SW_OK) return status;
    status = evaluate(s, epoch, clean, record);
    if (status != SW_OK && status != SW_E_INTERRUPTED) return status;
    const sw_status back = sw_network_swap_averages(&s->network);
    return back == SW_OK ? status : back;
}

static void announce(sw_run_session *s, const sw_epoch_record *r, bool best)
{
    char summary[256], article[48] = "";
    if (!isnan(r->article_pixel_accuracy))
        snprintf(article, sizeof article, " (article's %.4f)", r->article_pixel_accuracy);
    snprintf(summary, sizeof summary,
             "loss %.4f  val %.4f  accuracy %.4f%s  IoU %.4f  border %.4f  %.2f img/s  %.0f s%s",
             r->train_loss, r->val_loss, r->pixel_accuracy, article, r->iou, r->class_iou[SW_CLASS_BORDER],
             r->images_per_second, r->seconds, best ? "  best" : "");
    sw_progress_epoch(s->progress, r->epoch, summary);
    sw_log(SW_LOG_DEBUG, "epoch %d/%d  %s", r->epoch, s->experiment->train.epochs, summary);
}

static sw_status write_events(sw_run_session *s, const sw_epoch_record *record)
{
    sw_status status = SW_OK;
    char *grid = NULL;
    if (!s->events) return SW_OK;
    grid = sw_strf("%s/epoch_%02d.png", s->folder->grids, record->epoch);
    if (!grid) return SW_E_MEMORY;
    SW_TRY(sw_events_epoch(s->events, s->records, record));
    SW_TRY(sw_events_grid(s->events, record->epoch, grid));
done:
    free(grid);
    return status;
}

static sw_status save_weights(sw_run_session *s, bool best)
{
    sw_status status = SW_OK;
    SW_TRY(sw_network_swap_averages(&s->network));
    SW_TRY(sw_trainer_save_weights(&s->state, s->folder, &s->network, "last"));
    if (best) SW_TRY(sw_trainer_save_weights(&s->state, s->folder, &s->network, "best"));
    SW_TRY(sw_network_swap_averages(&s->network));
done:
    return status;
}

/* Records, pictures and weights of a finished epoch. The resume file comes last: it is what makes the epoch
 * count, and whatever was written before it is written again, the same, if the process dies here. */
static sw_status finish_epoch(sw_run_session *s, const sw_epoch_record *record, const sw_evaluation *clean)
{
    sw_status status = SW_OK;
    const int epoch = record->epoch;
    SW_TRY(sw_records_append_epoch(s->records, record));
    double drawing = sw_run_profile_begin(s->profile);
    SW_TRY(sw_epoch_grid_draw(&s->grid, s->folder->grids, epoch, clean));
    SW_TRY(sw_epoch_grid_store(&s->grid, s->folder->path, epoch));
    SW_TRY(write_events(s, record));
    sw_run_profile_end(s->profile, SW_SPAN_PICTURES, drawing);
    const sw_train_config *train = &s->experiment->train;
    double value = sw_best_value(record, train->save_best);
    bool best = sw_best_improves(train->save_best, value, s->state.best, 0.0);
    if (best) {
        s->state.best = value;
        s->state.best_epoch = epoch;
    }
    sw_early_stop_take(&s->state.early_stop, &train->early_stop, record);
    s->state.epochs_done = epoch;
    s->state.steps_in_epoch = 0;
    s->state.loss_sum = s->state.seconds = s->state.train_seconds = 0.0;
    double saving = sw_run_profile_begin(s->profile);
    SW_TRY(save_weights(s, best));
    if (best) SW_TRY(sw_gallery_write(&s->gallery, s->folder->path, epoch, clean));
    SW_TRY(save_state(s));
    sw_run_profile_end(s->profile, SW_SPAN_CHECKPOINT, saving);
    SW_TRY(sw_run_profile_epoch_done(s->profile));
    /* not before: until then the epoch may have to be made again, and the earlier one is the best */
    if (best) SW_TRY(sw_gallery_keep_only(s->folder->path, epoch));
    announce(s, record, best);
done:
    return status;
}

/* The message of a run that was saved before its end. A device named for this process is in no file. */
static sw_status stopped(const sw_run_session *s)
{
    char where[64];
    sw_str command = {0};
    if (s->state.steps_in_epoch > 0)
        snprintf(where, sizeof where, "in epoch %d after step %d", s->state.epochs_done + 1,
                 s->state.steps_in_epoch);
    else
        snprintf(where, sizeof where, "after epoch %d", s->state.epochs_done);
    sw_shell_append_resume(&command, "segwork", s->folder->path, s->options->device);
    sw_status status = sw_str_status(&command);
    if (status == SW_OK)
        status = sw_fail(SW_E_INTERRUPTED, "stopped%s %s; everything is saved. Continue with: %s",
                         stop_requested(s) ? "" : " by train.max_minutes", where, command.text);
    sw_str_deinit(&command);
    return status;
}

static sw_status run_epoch(sw_run_session *s, int epoch)
{
    sw_status status = SW_OK;
    sw_evaluation clean;
    sw_epoch_record record;
    double start = sw_clock_s();
    status = train_epoch(s, epoch);
    if (status == SW_OK) status = sw_run_profile_steps_done(s->profile, SW_STEPS_TRAIN);
    double trained = sw_clock_s();
    s->state.train_seconds += trained - start;
    if (status == SW_OK) status = validate(s, epoch, &clean, &record);
    s->state.seconds += sw_clock_s() - start;
    if (status == SW_OK) {
        record.seconds = s->state.seconds;
        record.images_per_second = sw_loader_image_count(s->train_loader) / s->state.train_seconds;
        return finish_epoch(s, &record, &clean);
    }
    if (status == SW_E_INTERRUPTED) {
        SW_TRY(save_state(s));
        status = stopped(s);
    }
done:
    return status;
}

static sw_status draw_untrained(sw_run_session *s)
{
    sw_status status = SW_OK;
    const sw_epoch_record nothing = sw_epoch_record_empty(0);
    double drawing = sw_run_profile_begin(s->profile);
    SW_TRY(sw_epoch_grid_predict(&s->grid, &s->network));
    SW_TRY(sw_epoch_grid_draw(&s->grid, s->folder->grids, 0, NULL));
    SW_TRY(sw_epoch_grid_store(&s->grid, s->folder->path, 0));
    SW_TRY(write_events(s, &nothing));
    sw_run_profile_end(s->profile, SW_SPAN_PICTURES, drawing);
done:
    return status;
}

/* The log says why a run ended before its last epoch, or why there is nothing to do. */
static void log_end(const sw_run_session *s, bool found_over)
{
    const sw_train_config *train = &s->experiment->train;
    const sw_early_stop_config *early = &train->early_stop;
    if (s->state.epochs_done < train->epochs)
        sw_log(SW_LOG_INFO,
               "stopped early after epoch %d: %s was not better than %.6g by more than %g for %d epochs "
               "(train.early_stop)",
               s->state.epochs_done, sw_best_metric_name(early->metric), s->state.early_stop.best,
               (double)early->min_delta, s->state.early_stop.waited);
    else if (found_over)
        sw_log(SW_LOG_INFO, "all %d epochs are done already", train->epochs);
}

static sw_status run_epochs(sw_run_session *s)
{
    sw_status status = SW_OK;
    const float minutes = s->experiment->train.max_minutes;
    const bool found_over = sw_run_session_is_over(s);
    s->deadline_s = minutes > 0.0f ? sw_clock_s() + 60.0 * (double)minutes : (double)INFINITY;
    if (!found_over && s->state.steps == 0) SW_TRY(draw_untrained(s));
    while (!sw_run_session_is_over(s)) {
        SW_TRY(run_epoch(s, s->state.epochs_done + 1));
        /* looked at only after something was done, so that every process gets further */
        if (!sw_run_session_is_over(s) && time_is_up(s)) return stopped(s);
    }
    log_end(s, found_over);
done:
    return status;
}

/* What the caller is told about the run, read before the session is closed. */
static void report(sw_train_result *result, const sw_run_session *s)
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
static sw_status write_profile(sw_train_result *result, sw_run_session *s, sw_status so_far)
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
    sw_run_session s;
    sw_status status = sw_run_session_open(&s, experiment, options);
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
    sw_run_session_close(&s, outcome);
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
