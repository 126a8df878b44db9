#include "setup/trained.h"

#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/str.h"
#include "config/shipped.h"
#include "run/other_version.h"
#include "run/reader.h"
#include "setup/open.h"
#include "weights/checkpoint.h"

/* Each finished epoch saves its weights as last, but there is no best where the metric of train.save_best is
 * undefined (NaN) in all epochs. */
static sw_status fail_missing(const sw_trained *s, const char *run)
{
    char *last = sw_strf("%s/checkpoints/last.safetensors", run);
    sw_status status;
    if (!last) return SW_E_MEMORY;
    if (sw_fs_exists(last))
        status = sw_fail(SW_E_USAGE,
                         "%s is missing: the metric that train.save_best names was undefined in every epoch, "
                         "so that none is the best; %s has the weights of the last one",
                         s->weights_path, last);
    else
        status = sw_fail(SW_E_USAGE, "%s is missing: the run has not finished an epoch yet", s->weights_path);
    free(last);
    return status;
}

/* Finds the checkpoint in a run's folder. */
static sw_status locate_in_run(sw_trained *s, const sw_trained_options *o)
{
    s->config_path = sw_fs_join(o->from, "config.yaml");
    if (!s->config_path) return SW_E_MEMORY;
    bool there;
    SW_ENSURE(sw_fs_find(&there, s->config_path));
    if (!there) return sw_fail(SW_E_USAGE, "%s is not the folder of a run: it has no config.yaml", o->from);
    s->weights_path = sw_strf("%s/checkpoints/%s.safetensors", o->from, o->which ? o->which : "best");
    if (!s->weights_path) return SW_E_MEMORY;
    SW_ENSURE(sw_fs_find(&there, s->weights_path));
    return there ? SW_OK : fail_missing(s, o->from);
}

/* NAME.yaml beside NAME.safetensors, as models come with segwork. */
static sw_status locate_beside(sw_trained *s)
{
    const char *ending = strrchr(s->weights_path, '.');
    if (!ending || strcmp(ending, ".safetensors") != 0) return SW_OK;
    char *path = sw_strf("%.*s.yaml", (int)(ending - s->weights_path), s->weights_path);
    if (!path) return SW_E_MEMORY;
    if (sw_fs_exists(path))
        s->config_path = path;
    else
        free(path);
    return SW_OK;
}

/* RUN/checkpoints/x.safetensors belongs to RUN/config.yaml; a config.yaml beside another folder may be
 * anything. */
static sw_status locate_around_file(sw_trained *s, const sw_trained_options *o)
{
    if (o->which)
        return sw_fail(SW_E_USAGE, "%s is a file: best or last is a choice for the folder of a run", o->from);
    s->weights_path = sw_strf("%s", o->from);
    char *folder = sw_fs_dirname(o->from), *run = folder ? sw_fs_join(folder, "..") : NULL;
    const bool in_run = run && sw_run_is_folder(run);
    if (in_run) s->config_path = sw_fs_join(run, "config.yaml");
    const bool failed = !s->weights_path || !run || (in_run && !s->config_path);
    free(folder);
    free(run);
    if (failed) return SW_E_MEMORY;
    return in_run ? SW_OK : locate_beside(s);
}

static sw_status locate(sw_trained *s, const sw_trained_options *o)
{
    SW_ENSURE(sw_fs_is_dir(o->from) ? locate_in_run(s, o) : locate_around_file(s, o));
    if (!o->config) return SW_OK;
    free(s->config_path);
    s->config_path = sw_strf("%s", o->config);
    return s->config_path ? SW_OK : SW_E_MEMORY;
}

static int epoch_of(const sw_safetensors_reader *weights)
{
    const char *text = sw_safetensors_reader_metadata(weights, "epoch");
    if (!text) text = sw_safetensors_reader_metadata(weights, "epochs_done");
    long epoch = text ? strtol(text, NULL, 10) : 0;
    return epoch > 0 && epoch < 1000000000 ? (int)epoch : 0;
}

/* A run's own configuration may be another version's. */
static sw_status load_experiment(sw_trained *saved, const sw_trained_options *o)
{
    static const char own[] = "/config.yaml";
    const size_t length = strlen(saved->config_path), end = strlen(own);
    const bool of_run = !o->config && length > end && strcmp(saved->config_path + length - end, own) == 0;
    if (!of_run) return sw_experiment_load(&saved->experiment, saved->config_path, o->sets);
    char *run = sw_fs_dirname(saved->config_path);
    if (!run) return SW_E_MEMORY;
    sw_status status = sw_run_config_load(&saved->experiment, run, o->sets, NULL);
    if (status == SW_OK) sw_run_warn_of_version(run, NULL, saved->experiment->unknown, "");
    free(run);
    return status;
}

static sw_status find_shipped(char **path)
{
    sw_str looked_at = {0};
    sw_status status = sw_shipped_model_find(path, SW_SHIPPED_MODEL, &looked_at);
    if (status == SW_OK && !*path)
        status =
            sw_fail(SW_E_USAGE,
                    "without weights the model '%s' is used, and it is not installed: looked at %s. Name "
                    "weights (--checkpoint RUN, or a safetensors file), or the folder of segwork's "
                    "sources or of its share/segwork in SEGWORK_CONFIG_DIR",
                    SW_SHIPPED_MODEL, sw_str_text(&looked_at));
    sw_str_deinit(&looked_at);
    return status;
}

/* *path: the run or the file that is meant. Says so where it was not named. */
static sw_status resolve(char **path, const char *from)
{
    SW_ENSURE(from ? sw_shipped_weights_path(path, from) : find_shipped(path));
    const char *name = from ? from : SW_SHIPPED_MODEL;
    if (strcmp(*path, name) != 0) sw_log(SW_LOG_INFO, "model %s: %s", name, *path);
    return SW_OK;
}

sw_status sw_trained_open(sw_trained *saved, const sw_trained_options *options)
{
    sw_status status = SW_OK;
    const char *which = options->which;
    char *from = NULL;
    sw_trained_options resolved = *options;
    *saved = (sw_trained){0};
    if (which && strcmp(which, "best") != 0 && strcmp(which, "last") != 0)
        return sw_fail(SW_E_USAGE, "--which %s: expected best or last", which);
    if (options->config && !options->from)
        return sw_fail(SW_E_USAGE, "--config is the experiment of weights: name them too (--checkpoint)");
    SW_TRY(resolve(&from, options->from));
    resolved.from = from;
    SW_TRY(locate(saved, &resolved));
    SW_TRY(sw_safetensors_reader_open(&saved->weights, saved->weights_path));
    saved->epoch = epoch_of(saved->weights);
    if (saved->config_path) SW_TRY(load_experiment(saved, options));
done:
    free(from);
    if (status != SW_OK) sw_trained_close(saved);
    return status;
}

sw_status sw_trained_need_experiment(const sw_trained *saved)
{
    if (saved->experiment) return SW_OK;
    return sw_fail(SW_E_USAGE,
                   "%s does not lie in the folder of a run, whose config.yaml would say what its network is, "
                   "and has no .yaml of its name beside it: give its experiment with --config",
                   saved->weights_path);
}

sw_status sw_trained_start(sw_trained *saved, const sw_trained_use *use)
{
    const sw_experiment *x = saved->experiment;
    saved->loss = *use->loss;
    SW_ENSURE(sw_open_device(&saved->cl, &saved->device, x, use->device, x->runtime.check));
    sw_log(SW_LOG_INFO, "device %d:%d %s", saved->device.platform_index, saved->device.device_index,
           saved->device.name);
    sw_network_options options = sw_open_network_options(x, sw_cl_device(saved->cl));
    options.loss = &saved->loss;
    options.optimizer = NULL;
    options.eval_batch = use->batch;
    if (use->size.height) options.size = use->size;
    SW_ENSURE(sw_network_plan(&saved->network, saved->cl, &options));
    /* a misfit shows before memory is taken */
    SW_ENSURE(sw_checkpoint_check(sw_network_graph(&saved->network), saved->weights, saved->weights_path));
    SW_ENSURE(sw_network_allocate(&saved->network, x->seed));
    sw_checkpoint checkpoint = {.graph = sw_network_graph(&saved->network), .store = &saved->network.store};
    return sw_checkpoint_load(&checkpoint, saved->weights, saved->weights_path);
}

void sw_trained_close(sw_trained *saved)
{
    sw_network_deinit(&saved->network);
    sw_cl_destroy(saved->cl);
    sw_experiment_destroy(saved->experiment);
    sw_safetensors_reader_destroy(saved->weights);
    free(saved->weights_path);
    free(saved->config_path);
    *saved = (sw_trained){0};
}
