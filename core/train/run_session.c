#include "run_session.h"

#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>

#include "base/log.h"
#include "base/str.h"
#include "config/shipped.h"
#include "nn/losses.h"
#include "ranks.h"
#include "run/masks.h"
#include "run_config.h"
#include "run_history.h"
#include "setup/engines.h"
#include "setup/open.h"
#include "setup/open_data.h"
#include "setup/ranks_devices.h"
#include "trainer_steps.h"
#include "weights/checkpoint.h"

static const char runs_root[] = "runs";

/* Before a new run has its folder, its log lines are kept here and then put into log.txt. */
static void keep_line(void *user, sw_log_level level, const char *line)
{
    sw_str *kept = user;
    sw_str_printf(kept, "%c%s\n", (char)('0' + level), line);
}

static void move_kept_lines(sw_run_session *s)
{
    sw_log_remove_sink(keep_line, &s->early_log);
    for (char *line = s->early_log.text; line && *line;) {
        char *end = strchr(line, '\n');
        *end = '\0';
        sw_run_folder_log(s->folder, (sw_log_level)(*line - '0'), line + 1);
        line = end + 1;
    }
    if (s->early_log.failed)
        sw_run_folder_log(s->folder, SW_LOG_WARNING, "lines are missing here, for lack of memory");
    sw_str_deinit(&s->early_log);
}

static void log_lines(const char *text)
{
    while (*text) {
        size_t length = strcspn(text, "\n");
        sw_log(SW_LOG_INFO, "%.*s", (int)length, text);
        text += length + (text[length] == '\n');
    }
}

static bool leads(const sw_run_session *s)
{
    return sw_comm_leads(s->comm);
}

static sw_status open_device(sw_run_session *s)
{
    const sw_experiment *x = s->experiment;
    sw_comm_set_time_limit(s->comm, x->runtime.ranks_timeout);
    SW_ENSURE(sw_open_device_of_rank(&s->cl, &s->device, x, s->options->device, s->comm));
    sw_log(SW_LOG_INFO, "device %d:%d %s (%s), %s; %s", s->device.platform_index, s->device.device_index,
           s->device.name, s->device.type_name, s->device.version, s->device.chosen_by);
    return SW_OK;
}

static sw_status open_data(sw_run_session *s)
{
    const sw_experiment *x = s->experiment;
    sw_experiment shared = *x;
    shared.data.sharers = sw_comm_local_size(s->comm);
    SW_ENSURE(sw_open_train_data(&s->train, &shared));
    SW_ENSURE(sw_open_data(&s->val, &shared.data, SW_SPLIT_VAL));
    SW_ENSURE(sw_warn_of_shared_images(s->train, s->val));
    sw_warn_of_absent_classes(s->train);
    s->loss = sw_resolve_loss(&x->loss, s->train);

    sw_loader_options options = sw_train_loading(x);
    options.part = sw_comm_rank(s->comm);
    options.parts = sw_comm_size(s->comm);
    options.hold = 2; /* one on its way to the device, one before it */
    if (sw_trainer_steps_look_ahead(s)) options.hold = x->train.accumulate + 1;
    SW_ENSURE(sw_loader_create(&s->train_loader, s->train, &options));
    if (x->train.overfit_batches > 0)
        sw_log(SW_LOG_INFO, "train.overfit_batches: training on the first %d images alone",
               sw_loader_image_count(s->train_loader));
    options.batch_size = x->train.val_batch_size;
    options.image_limit = 0;
    options.hold = SW_EVALUATE_HOLD;
    options.shuffle = false;
    options.whole_batches = true; /* the article's figures are means over batches */
    options.augment = &x->augment;
    options.stream = SW_RNG_AUGMENT_VAL;
    if (sw_article_every(x) > 0) SW_ENSURE(sw_loader_create(&s->article_loader, s->val, &options));
    options.augment = NULL;
    SW_ENSURE(sw_loader_create(&s->val_loader, s->val, &options));
    SW_ENSURE(sw_epoch_grid_init(&s->grid, s->val, &x->grid, x->seed));
    return sw_gallery_init(&s->gallery, s->val);
}

/* "winograd 18, gemm 2": how many convolutions each engine computes. */
static void describe_engines(sw_str *out, const sw_executor *executor, const sw_graph *graph)
{
    for (int i = 0; i < graph->node_count; i++) {
        const char *name = sw_executor_algorithm(executor, i, SW_WAY_ALL);
        int first = i, count = 0;
        for (int j = graph->node_count - 1; name && j >= 0; j--) {
            const char *other = sw_executor_algorithm(executor, j, SW_WAY_ALL);
            if (!other || strcmp(other, name) != 0) continue;
            first = j;
            count++;
        }
        if (count > 0 && first == i) sw_str_printf(out, "%s%s %d", out->length ? ", " : "", name, count);
    }
}

/* A resumed run computes as it began, whatever was timed since; its configuration names every layer's engine.
 */
static sw_status decide_engines(sw_run_session *s)
{
    const sw_trainer_options *o = s->options;
    if (!o->resume) {
        sw_experiment x = *s->experiment;
        if (!leads(s)) x.runtime.tune = false; /* rank 0's times decide */
        SW_ENSURE(sw_engines_decide(&s->engines, &x, s->cl, o->stop, &o->progress));
    } else {
        s->engines.pins = s->experiment->runtime.conv_layers;
        s->engines.source = "as the run began";
    }
    return ranks_share_engines(s);
}

static sw_status plan_network(sw_run_session *s)
{
    sw_status status = SW_OK;
    const sw_experiment *x = s->experiment;
    sw_network_options options = sw_open_network_options(x, sw_cl_device(s->cl));
    options.loss = &s->loss;
    options.conv_pins = &s->engines.pins;
    if (s->comm) options.train_batch = sw_loader_batch_size(s->train_loader);
    options.comm = s->comm;
    sw_str text = {0}, engines = {0};
    status = sw_network_plan(&s->network, s->cl, &options);
    if (status != SW_OK) /* shapes in the message begin with one of these numbers */
        SW_TRY(sw_fail_in(status, "train.batch_size %d, train.val_batch_size %d, data.size %d x %d",
                          x->train.batch_size, x->train.val_batch_size, x->data.size.width,
                          x->data.size.height));
    sw_memory_table table;
    sw_network_memory(&s->network, &table);
    sw_memory_table_print(&text, &table);
    describe_engines(&engines, s->network.trainer, sw_network_graph(&s->network));
    SW_TRY(sw_str_status(&text));
    SW_TRY(sw_str_status(&engines));
    sw_log(SW_LOG_INFO, "model %s: %zu parameters, %.2f GMAC an image; convolutions: %s", x->model.name,
           sw_graph_trained_elems(sw_network_graph(&s->network)),
           (double)sw_graph_macs(sw_network_graph(&s->network)) * 1e-9, engines.text ? engines.text : "none");
    sw_log(SW_LOG_INFO, "engines of the convolutions: %s", s->engines.source);
    log_lines(text.text);
done:
    sw_str_deinit(&text);
    sw_str_deinit(&engines);
    return status;
}

/* --- run folder --------------------------------------------------------------------------------------- */

static sw_status create_folder(sw_run_session *s)
{
    SW_ENSURE(sw_run_folder_create(&s->folder, runs_root, s->experiment->name, s->options->out));
    move_kept_lines(s);
    sw_log(SW_LOG_INFO, "run folder %s", s->folder->path);
    s->manifest = cJSON_CreateObject();
    return SW_OK;
}

static sw_status reopen_folder(sw_run_session *s)
{
    SW_ENSURE(sw_run_folder_open(&s->folder, s->options->resume));
    SW_ENSURE(sw_run_folder_read_manifest(&s->manifest, s->folder));
    sw_log(SW_LOG_INFO, "continuing run %s", s->folder->path);
    SW_ENSURE(run_config_check(s));
    return run_history_find_state(s);
}

/* The given weights' file is opened before the data are read, so that a wrong path shows at once. */
static sw_status open_initial_weights(sw_run_session *s)
{
    const char *from = s->experiment->init.from;
    if (!*from || s->saved) return SW_OK;
    char *path;
    sw_status status = sw_shipped_weights_path(&path, from);
    if (status == SW_OK) status = sw_safetensors_reader_open(&s->initial_weights, path);
    free(path);
    return sw_fail_in(status, "init.from");
}

static sw_status load_initial_weights(sw_run_session *s)
{
    if (!s->initial_weights) return SW_OK;
    const char *from = s->experiment->init.from;
    sw_status status = sw_initial_load(&s->initial, sw_network_graph(&s->network), &s->network.store,
                                       &s->experiment->init, s->initial_weights, from);
    if (status != SW_OK) return sw_fail_in(status, "init.from");
    SW_ENSURE(sw_initial_report_log(&s->initial, from));
    sw_safetensors_reader_destroy(s->initial_weights);
    s->initial_weights = NULL;
    return SW_OK;
}

/* Brings the run's files to where it was saved, or to its beginning. */
static sw_status restore(sw_run_session *s)
{
    const sw_loss_names names = sw_losses_name(&s->loss);
    if (s->options->resume) {
        SW_ENSURE(sw_records_rewind(s->folder->path, sw_dataset_classes(s->val), &names, s->state.epochs_done,
                                    s->state.steps));
        SW_ENSURE(sw_masks_rewind(s->folder->path, s->state.epochs_done));
        SW_ENSURE(sw_gallery_keep_only(s->folder->path, s->state.best_epoch));
        /* a run that starts over draws epoch 0 again */
        const int last_epoch = s->state.steps > 0 ? s->state.epochs_done : -1;
        SW_ENSURE(sw_events_rewind(s->folder->path, last_epoch, s->state.steps));
    }
    SW_ENSURE(sw_epoch_grid_begin_store(&s->grid, s->folder->path));
    if (s->experiment->train.tensorboard) SW_ENSURE(sw_events_open(&s->events, s->folder->path));
    SW_ENSURE(sw_records_open(&s->records, s->folder->path, sw_dataset_classes(s->val), &names));
    const sw_progress_plan plan = {.first_epoch = s->state.epochs_done + 1,
                                   .last_epoch = s->experiment->train.epochs,
                                   .train_steps = sw_run_session_steps_per_epoch(s),
                                   .val_steps = sw_loader_batch_count(s->val_loader),
                                   .extra_every = sw_article_every(s->experiment),
                                   .extra_val_steps = sw_loader_batch_count(s->val_loader)};
    SW_ENSURE(sw_progress_create(&s->progress, &s->options->progress, &plan));
    if (s->options->profile_steps > 0)
        SW_ENSURE(sw_run_profile_create(&s->profile, s->folder->path, s->cl, &s->network,
                                        s->options->profile_steps));
    return SW_OK;
}

bool sw_run_session_is_over(const sw_run_session *s)
{
    const sw_train_config *train = &s->experiment->train;
    return s->state.epochs_done >= train->epochs ||
           sw_early_stop_is_due(&s->state.early_stop, &train->early_stop);
}

int sw_run_session_steps_per_epoch(const sw_run_session *s)
{
    return (sw_loader_batch_count(s->train_loader) - 1) / s->experiment->train.accumulate + 1;
}

static sw_status prepare(sw_run_session *s)
{
    SW_ENSURE(open_initial_weights(s));
    SW_ENSURE(open_device(s));
    SW_ENSURE(open_data(s));
    SW_ENSURE(ranks_check(s));
    SW_ENSURE(decide_engines(s));
    SW_ENSURE(plan_network(s));
    SW_ENSURE(sw_network_allocate(&s->network, s->experiment->seed));
    SW_ENSURE(sw_trainer_steps_init(s));
    return load_initial_weights(s);
}

sw_status sw_run_session_prepare(sw_run_session *s, const sw_experiment *experiment,
                                 const sw_trainer_options *options)
{
    *s = (sw_run_session){.experiment = experiment, .options = options, .comm = options->comm};
    if (leads(s)) SW_ENSURE(sw_run_folder_check(runs_root, experiment->name, options->out));
    return prepare(s);
}

static sw_status write_manifest_and_config(sw_run_session *s)
{
    if (s->options->resume && !s->reconfigured) return write_run_manifest(s);
    sw_status status = SW_OK;
    sw_str config = {0};
    SW_TRY(run_config_text(&config, s));
    SW_TRY(run_config_note(s, config.text));
    SW_TRY(write_run_manifest(s));
    SW_TRY(sw_run_folder_write_config(s->folder, config.text));
done:
    sw_str_deinit(&config);
    return status;
}

/* The log of a resumed run should hold what follows, so its folder comes first; a new one is made only
 * once the run can start, and its configuration, which makes a folder a run, is the last to be written. */
static sw_status find_folder(sw_run_session *s)
{
    if (s->options->resume) return reopen_folder(s);
    sw_log_add_sink(keep_line, &s->early_log);
    return sw_run_folder_check(runs_root, s->experiment->name, s->options->out);
}

/* Loads what is saved in the folder and continues its files, or makes it. */
static sw_status begin_folder(sw_run_session *s)
{
    const bool resume = s->options->resume != NULL;
    if (resume) SW_ENSURE(sw_trainer_state_load(s));
    if (resume) SW_ENSURE(run_config_check_epochs(s));
    SW_ENSURE(run_history_check(s));
    SW_ENSURE(run_history_mend(s));
    if (sw_run_session_is_over(s) && sw_manifest_is_done(s->manifest)) return SW_OK;
    if (!resume) SW_ENSURE(create_folder(s));
    SW_ENSURE(write_manifest_and_config(s));
    return restore(s);
}

sw_status sw_run_session_open(sw_run_session *s, const sw_experiment *experiment,
                              const sw_trainer_options *options)
{
    *s = (sw_run_session){.experiment = experiment, .options = options, .comm = options->comm};
    if (leads(s)) SW_ENSURE(find_folder(s));
    SW_ENSURE(ranks_follow(&s->saved, s));
    SW_ENSURE(prepare(s));
    s->state = sw_trainer_state_fresh();
    if (leads(s)) SW_ENSURE(begin_folder(s));
    return options->resume ? ranks_share_state(s, s->saved) : SW_OK;
}

/* The outcome is this process's: one that did not get as far as the manifest leaves it to the earlier ones.
 */
static void close_manifest(sw_run_session *s, const char *outcome)
{
    if (!s->begun) return;
    sw_status status = sw_manifest_end(s->manifest, outcome);
    if (status == SW_OK) status = sw_run_folder_write_manifest(s->folder, s->manifest);
    if (status != SW_OK)
        sw_log(SW_LOG_WARNING, "the manifest could not be completed: %s", sw_error_message());
}

void sw_run_session_close(sw_run_session *s, const char *outcome)
{
    sw_run_profile_destroy(s->profile);
    close_manifest(s, outcome);
    sw_log_remove_sink(keep_line, &s->early_log);
    sw_str_deinit(&s->early_log);
    cJSON_Delete(s->manifest);
    sw_progress_destroy(s->progress);
    sw_records_close(s->records);
    sw_events_close(s->events);
    sw_trainer_steps_deinit(s);
    sw_run_folder_destroy(s->folder);
    sw_epoch_grid_deinit(&s->grid);
    sw_gallery_deinit(&s->gallery);
    sw_network_deinit(&s->network);
    sw_engines_deinit(&s->engines);
    sw_safetensors_reader_destroy(s->initial_weights);
    sw_initial_report_deinit(&s->initial);
    sw_loader_destroy(s->train_loader);
    sw_loader_destroy(s->val_loader);
    sw_loader_destroy(s->article_loader);
    sw_dataset_destroy(s->train);
    sw_dataset_destroy(s->val);
    sw_cl_destroy(s->cl);
    *s = (sw_run_session){0};
}
