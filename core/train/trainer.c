#include "train/trainer.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/str.h"
#include "nn/losses.h"
#include "nn/schedule.h"
#include "page/shell.h"
#include "ranks.h"
#include "run_session.h"
#include "setup/open_data.h"
#include "trainer_steps.h"

static bool stop_requested(const sw_run_session *s)
{
    return s->options->stop && *s->options->stop;
}

static bool time_is_up(const sw_run_session *s)
{
    return sw_clock_s() >= s->deadline_s;
}

static bool leads(const sw_run_session *s)
{
    return sw_comm_leads(s->comm);
}

/* Whether to stop after the step or epoch just done, decided for all processes. */
static sw_status must_stop(bool *stop, sw_run_session *s)
{
    *stop = stop_requested(s) || time_is_up(s);
    return ranks_any(stop, s);
}

/* Flushes the records first: rows lost in a power cut after the state was saved could not be made again. */
static sw_status save_state(sw_run_session *s)
{
    if (!leads(s)) return SW_OK;
    SW_ENSURE(sw_records_flush(s->records));
    if (s->events) SW_ENSURE(sw_events_flush(s->events));
    return sw_trainer_state_save(s);
}

/* --- training -------------------------------------------------------------------------------- */

/* Enqueues a step and, every runtime.loss_every steps, waits for the losses. */
static sw_status train_step(sw_run_session *s, int epoch)
{
    const sw_experiment *x = s->experiment;
    const int step = s->state.steps_in_epoch, images = s->unread.images;
    const double position = epoch - 1 + (double)step / sw_run_session_steps_per_epoch(s);
    const float lr = sw_schedule_lr(&x->schedule, x->optimizer.lr, position, x->train.epochs);
    SW_ENSURE(sw_run_profile_step_begin(s->profile, SW_STEPS_TRAIN));
    SW_ENSURE(sw_fail_in(sw_trainer_enqueue_step(s, (double)lr), "epoch %d, step %d", epoch, step + 1));
    const int step_images = s->unread.images - images;
    if (s->unread.count == s->unread.capacity) SW_ENSURE(sw_trainer_losses_read(s, epoch));
    return sw_run_profile_step_end(s->profile, SW_STEPS_TRAIN, step_images);
}

/* Trains the rest of an epoch. The time limit is checked only after a step, so that every process gets
 * further. */
static sw_status train_epoch(sw_run_session *s, int epoch)
{
    const int steps_per_epoch = sw_run_session_steps_per_epoch(s);
    bool stop = stop_requested(s);
    SW_ENSURE(ranks_any(&stop, s));
    sw_loader_start(s->train_loader, (uint32_t)epoch,
                    s->state.steps_in_epoch * s->experiment->train.accumulate);
    while (s->state.steps_in_epoch < steps_per_epoch && !stop) {
        SW_ENSURE(train_step(s, epoch));
        SW_ENSURE(must_stop(&stop, s));
    }
    SW_ENSURE(sw_trainer_losses_read(s, epoch));
    return stop ? sw_fail(SW_E_INTERRUPTED, "interrupted") : SW_OK;
}

/* --- validation ------------------------------------------------------------------------------ */

/* Collects what is known of an epoch: NULL, or NaN, for what has not been done yet. */
static sw_measures measures_of(const sw_run_session *s, int epoch, const sw_evaluation *clean,
                               const sw_evaluation *article)
{
    const sw_experiment *x = s->experiment;
    sw_measures measures = {
        .classes = sw_dataset_classes(s->val),
        .clean = clean,
        .article = article,
        .lr = (double)sw_schedule_lr(&x->schedule, x->optimizer.lr, epoch - 1, x->train.epochs),
        .images_per_second = (double)NAN,
        .seconds = (double)NAN};
    for (int i = 0; i < s->loss.count; i++)
        measures.train_losses[i] =
            s->state.loss_weights[i] > 0 ? s->state.loss_sums[i] / s->state.loss_weights[i] : (double)NAN;
    measures.train_loss = sw_losses_total(&s->loss, measures.train_losses);
    return measures;
}

/* Whether this epoch is also validated as the article does. Whether it is the last one follows from its other
 * figures. */
static bool is_article_epoch(const sw_run_session *s, const sw_epoch_record *r)
{
    const sw_train_config *train = &s->experiment->train;
    sw_early_stop early = s->state.early_stop;
    sw_early_stop_take(&early, &train->early_stop, r, sw_records_columns(s->records));
    const bool ends = sw_early_stop_is_due(&early, &train->early_stop);
    return sw_every_epochs(r->epoch, sw_article_every(s->experiment), ends ? r->epoch : train->epochs);
}

static sw_status evaluate_as_article(sw_evaluation *article, sw_run_session *s, sw_evaluate_options options)
{
    options.boundary = false;
    options.slot_of_image = NULL;
    options.on_image = NULL;
    options.confidence = false;
    options.progress_done = sw_loader_batch_count(s->val_loader);
    return sw_evaluate(article, &s->network, s->article_loader, &options);
}

static void measure(sw_epoch_record *record, const sw_run_session *s, const sw_evaluation *clean,
                    const sw_evaluation *article)
{
    const sw_measures measures = measures_of(s, record->epoch, clean, article);
    sw_columns_measure(record->values, sw_records_columns(s->records), &measures);
}

/* Makes *clean and, in the rank that leads, *record; the caller frees both, also where it fails. A validation
 * that several processes share goes on to its end when it is asked to stop. */
static sw_status evaluate(sw_run_session *s, int epoch, sw_evaluation *clean, sw_epoch_record *record)
{
    const sw_evaluate_options options = {.classes = sw_dataset_classes(s->val),
                                         .epoch = epoch,
                                         .boundary = true,
                                         .slot_of_image = s->grid.slot_of_image,
                                         .captured = s->grid.captured,
                                         .captured_confidence = s->grid.captured_confidence,
                                         .on_image = sw_gallery_take,
                                         .on_image_user = &s->gallery,
                                         .confidence = true,
                                         .progress = s->progress,
                                         .profile = s->profile,
                                         .comm = s->comm,
                                         .stop = s->comm ? NULL : s->options->stop};
    double validating = sw_run_profile_begin(s->profile);
    sw_gallery_begin(&s->gallery, s->comm);
    sw_epoch_grid_begin(&s->grid, s->comm);
    SW_ENSURE(sw_evaluate(clean, &s->network, s->val_loader, &options));
    SW_ENSURE(sw_gallery_unite(&s->gallery, s->comm));
    SW_ENSURE(sw_epoch_grid_unite(&s->grid, s->comm));
    bool as_article = false;
    if (leads(s)) {
        SW_ENSURE(sw_epoch_record_init(record, epoch, sw_records_columns(s->records)));
        measure(record, s, clean, NULL);
        as_article = is_article_epoch(s, record);
    }
    SW_ENSURE(ranks_follow(&as_article, s));
    if (as_article) {
        sw_evaluation article;
        SW_ENSURE(evaluate_as_article(&article, s, options));
        if (leads(s)) measure(record, s, clean, &article);
        sw_evaluation_deinit(&article);
    }
    SW_ENSURE(sw_run_profile_steps_done(s->profile, SW_STEPS_VALIDATE));
    sw_run_profile_end(s->profile, SW_SPAN_VALIDATION, validating);
    return SW_OK;
}

/* Validates the averaged weights where averages are kept. */
static sw_status validate(sw_run_session *s, int epoch, sw_evaluation *clean, sw_epoch_record *record)
{
    SW_ENSURE(ranks_share_statistics(s));
    SW_ENSURE(sw_network_swap_averages(&s->network));
    const sw_status status = evaluate(s, epoch, clean, record);
    if (status != SW_OK && status != SW_E_INTERRUPTED) return status;
    const sw_status back = sw_network_swap_averages(&s->network);
    return back == SW_OK ? status : back;
}

/* "accuracy 0.8768 (article's 0.8701)": a figure as the metric's row says, after the name of its class. */
static void append_figure(sw_str *line, const sw_columns *columns, const sw_epoch_record *r, int at)
{
    const sw_column *column = &columns->list[at];
    const int article = column->article;
    if (line->length) sw_str_append(line, "  ");
    if (column->metric->per_class) sw_str_append(line, columns->classes.list[column->c].name);
    sw_str_printf(line, column->metric->line, r->values[at]);
    if (article < 0 || !columns->list[article].metric->line || isnan(r->values[article])) return;
    sw_str_append(line, " ");
    sw_str_printf(line, columns->list[article].metric->line, r->values[article]);
}

/* The figures of a group that are in the trainer's line. */
static void append_figures(sw_str *line, const sw_columns *columns, const sw_epoch_record *r,
                           sw_metric_group group)
{
    for (int i = 0; i < columns->count; i++) {
        const sw_column *column = &columns->list[i];
        if (column->metric->group == group && column->metric->line &&
            (!column->metric->per_class || column->c == columns->classes.border))
            append_figure(line, columns, r, i);
    }
}

static void announce(sw_run_session *s, const sw_epoch_record *r, bool best)
{
    const sw_columns *columns = sw_records_columns(s->records);
    sw_str line = {0};
    append_figures(&line, columns, r, SW_METRIC_TRAIN);
    append_figures(&line, columns, r, SW_METRIC_VAL);
    append_figures(&line, columns, r, SW_METRIC_TIME);
    if (best) sw_str_append(&line, "  best");
    const char *summary = line.failed ? "" : line.text;
    sw_progress_epoch(s->progress, r->epoch, summary);
    sw_log(SW_LOG_DEBUG, "epoch %d/%d  %s", r->epoch, s->experiment->train.epochs, summary);
    sw_str_deinit(&line);
}

static sw_status write_events(sw_run_session *s, const sw_epoch_record *record)
{
    if (!s->events) return SW_OK;
    SW_ENSURE(sw_events_epoch(s->events, sw_records_columns(s->records), record));
    char *grid = sw_strf("%s/epoch_%02d.png", s->folder->grids, record->epoch);
    sw_status status = grid ? sw_events_grid(s->events, record->epoch, grid) : SW_E_MEMORY;
    free(grid);
    return status;
}

static sw_status save_weights(sw_run_session *s, bool best)
{
    SW_ENSURE(sw_network_swap_averages(&s->network));
    SW_ENSURE(sw_trainer_save_weights(s, "last"));
    if (best) SW_ENSURE(sw_trainer_save_weights(s, "best"));
    return sw_network_swap_averages(&s->network);
}

/* Writes records, pictures and weights of a finished epoch. The resume file comes last: only then is the
 * epoch done. If the process dies before, all of it is written again, with the same content. */
static sw_status finish_epoch(sw_run_session *s, const sw_epoch_record *record, const sw_evaluation *clean)
{
    const int epoch = record->epoch;
    const sw_columns *columns = sw_records_columns(s->records);
    SW_ENSURE(sw_records_append_epoch(s->records, record));
    double drawing = sw_run_profile_begin(s->profile);
    SW_ENSURE(sw_epoch_grid_draw(&s->grid, s->folder->grids, epoch, columns, record));
    SW_ENSURE(sw_epoch_grid_store(&s->grid, s->folder->path, epoch));
    SW_ENSURE(write_events(s, record));
    sw_run_profile_end(s->profile, SW_SPAN_PICTURES, drawing);
    const sw_train_config *train = &s->experiment->train;
    const int chosen = sw_columns_find(columns, train->save_best);
    double value = record->values[chosen];
    bool best = sw_figure_improves(columns->list[chosen].metric->better, value, s->state.best, 0.0);
    if (best) {
        s->state.best = value;
        s->state.best_epoch = epoch;
    }
    sw_early_stop_take(&s->state.early_stop, &train->early_stop, record, columns);
    s->state.epochs_done = epoch;
    s->state.steps_in_epoch = 0;
    s->state.seconds = s->state.train_seconds = 0.0;
    memset(s->state.loss_sums, 0, sizeof s->state.loss_sums);
    memset(s->state.loss_weights, 0, sizeof s->state.loss_weights);
    double saving = sw_run_profile_begin(s->profile);
    /* weights without the row of their epoch would look like a run that has lost its records */
    SW_ENSURE(sw_records_flush(s->records));
    SW_ENSURE(save_weights(s, best));
    if (best) SW_ENSURE(sw_gallery_write(&s->gallery, s->folder->path, epoch, clean));
    SW_ENSURE(save_state(s));
    sw_run_profile_end(s->profile, SW_SPAN_CHECKPOINT, saving);
    SW_ENSURE(sw_run_profile_epoch_done(s->profile));
    /* not before: until then the epoch may have to be made again, and the earlier one is the best */
    if (best) SW_ENSURE(sw_gallery_keep_only(s->folder->path, epoch));
    announce(s, record, best);
    return SW_OK;
}

/* The message of a run that was saved before its end. A device named for this process is in no file. */
static sw_status stopped(sw_run_session *s)
{
    char where[64];
    s->together = true;
    if (!leads(s)) return ranks_fail_elsewhere(s, SW_E_INTERRUPTED, 0);
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

/* Adds the times, which are known only after everything else was measured. */
static void take_times(sw_epoch_record *record, const sw_run_session *s)
{
    const sw_columns *columns = sw_records_columns(s->records);
    const sw_measures times = {.seconds = s->state.seconds,
                               .images_per_second =
                                   sw_loader_image_count(s->train_loader) / s->state.train_seconds};
    for (int i = 0; i < columns->count; i++)
        if (columns->list[i].metric->group == SW_METRIC_TIME)
            record->values[i] = sw_metric_value(columns->list[i].metric, &times, -1);
}

static sw_status run_epoch(sw_run_session *s, int epoch)
{
    sw_evaluation clean = {0};
    sw_epoch_record record = {0};
    double start = sw_clock_s();
    sw_status status = train_epoch(s, epoch);
    if (status == SW_OK) status = sw_run_profile_steps_done(s->profile, SW_STEPS_TRAIN);
    double trained = sw_clock_s();
    s->state.train_seconds += trained - start;
    if (status == SW_OK) status = validate(s, epoch, &clean, &record);
    s->state.seconds += sw_clock_s() - start;
    if (status == SW_OK) {
        if (leads(s)) take_times(&record, s);
        if (leads(s)) status = finish_epoch(s, &record, &clean);
        if (status == SW_OK) status = ranks_share_state(s, false);
    } else if (status == SW_E_INTERRUPTED) {
        status = save_state(s);
        if (status == SW_OK) status = stopped(s);
    }
    sw_evaluation_deinit(&clean);
    sw_epoch_record_deinit(&record);
    return status;
}

static sw_status draw_untrained(sw_run_session *s)
{
    sw_status status = SW_OK;
    sw_epoch_record nothing;
    double drawing = sw_run_profile_begin(s->profile);
    SW_ENSURE(sw_epoch_record_init(&nothing, 0, sw_records_columns(s->records)));
    SW_TRY(sw_epoch_grid_predict(&s->grid, &s->network));
    SW_TRY(sw_epoch_grid_draw(&s->grid, s->folder->grids, 0, NULL, NULL));
    SW_TRY(sw_epoch_grid_store(&s->grid, s->folder->path, 0));
    SW_TRY(write_events(s, &nothing));
    sw_run_profile_end(s->profile, SW_SPAN_PICTURES, drawing);
done:
    sw_epoch_record_deinit(&nothing);
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
               s->state.epochs_done, early->metric, s->state.early_stop.best, (double)early->min_delta,
               s->state.early_stop.waited);
    else if (found_over)
        sw_log(SW_LOG_INFO, "all %d epochs are done already", train->epochs);
}

static sw_status run_epochs(sw_run_session *s)
{
    const float minutes = s->experiment->train.max_minutes;
    const bool found_over = sw_run_session_is_over(s);
    s->deadline_s = minutes > 0.0f ? sw_clock_s() + 60.0 * (double)minutes : (double)INFINITY;
    if (!found_over && s->state.steps == 0 && leads(s)) SW_ENSURE(draw_untrained(s));
    while (!sw_run_session_is_over(s)) {
        SW_ENSURE(run_epoch(s, s->state.epochs_done + 1));
        /* checked only after an epoch, so that every process gets further */
        bool late = time_is_up(s);
        SW_ENSURE(ranks_any(&late, s));
        if (!sw_run_session_is_over(s) && late) return stopped(s);
    }
    log_end(s, found_over);
    return SW_OK;
}

/* Fills the result from the session, before that is closed. */
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

/* Writes the profile into the folder and returns its tables. Keeps the status and message of an interruption.
 */
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
    /* closing may fail too: the first failure is reported */
    if (status == SW_OK || status == SW_E_INTERRUPTED) status = write_profile(result, &s, status);
    char *message = status == SW_OK ? NULL : sw_strf("%s", sw_error_message());
    report(result, &s);
    result->together = status == SW_OK || s.together;
    result->silent = s.silent;

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
