/* segwork bench: how fast an experiment's network runs here, as a whole and layer by layer. */
#include <string.h>
#include <strings.h>

#include "base/fs.h"
#include "base/str.h"
#include "config/experiment.h"
#include "measure/bench.h"
#include "options.h"
#include "print.h"

static const char **sets;
static char *device, *only;
static int batch = OPTION_NOT_GIVEN, steps = 4, json, no_layers, no_tune, data;

static sw_status read_options(sw_bench_options *o)
{
    *o = (sw_bench_options){.device = device,
                            .batch = batch == OPTION_NOT_GIVEN ? 0 : batch,
                            .steps = steps,
                            .train = true,
                            .infer = true,
                            .layers = !no_layers,
                            .data = data};
    if (batch != OPTION_NOT_GIVEN && batch < 1)
        return sw_fail(SW_E_USAGE, "--batch %d: at least one image", batch);
    if (steps < 1) return sw_fail(SW_E_USAGE, "--steps %d: at least one step", steps);
    if (!only) return SW_OK;
    o->train = strcmp(only, "train") == 0;
    o->infer = strcmp(only, "infer") == 0;
    if (data && o->infer) return sw_fail(SW_E_USAGE, "--data measures training steps: not with --only infer");
    return o->train || o->infer ? SW_OK : sw_fail(SW_E_USAGE, "--only %s: expected train or infer", only);
}

static bool ends_in_json(const char *name)
{
    size_t length = strlen(name);
    return length > 5 && strcasecmp(name + length - 5, ".json") == 0;
}

/* Takes EXPERIMENT, and with --json a FILE before or after it. FILE must end in .json, so that an experiment
 * is never overwritten. */
static sw_status read_arguments(const char **file, const char **out, int argc, const char *const *argv)
{
    *out = NULL;
    if (argc == 2 && json) {
        int at = ends_in_json(argv[0]) && !ends_in_json(argv[1]) ? 0 : 1;
        if (!ends_in_json(argv[at]))
            return sw_fail(SW_E_USAGE,
                           "takes one experiment file, and neither %s nor %s is a file for --json: its name "
                           "must end in .json",
                           argv[0], argv[1]);
        *out = argv[at];
        *file = argv[1 - at];
        return SW_OK;
    }
    if (argc != 1)
        return sw_fail(SW_E_USAGE, "takes one experiment file, got %d (see 'segwork bench --help')", argc);
    *file = argv[0];
    return SW_OK;
}

static sw_status run(int argc, const char *const *argv)
{
    sw_status status = SW_OK;
    sw_experiment *experiment = NULL;
    sw_bench_options bench_options;
    sw_bench bench = {0};
    sw_str text = {0}, document = {0};
    const char *file = NULL, *to = NULL;
    SW_TRY(read_arguments(&file, &to, argc, argv));
    SW_TRY(read_options(&bench_options));
    SW_TRY(sw_experiment_load(&experiment, file, sets));
    if (no_tune) sw_experiment_fix_engines(experiment);
    const sw_progress_output progress = print_progress();
    bench_options.progress = &progress;
    SW_TRY(sw_bench_run(&bench, experiment, &bench_options));
    if (json) SW_TRY(sw_bench_json(&document, &bench));
    if (to) SW_TRY(sw_fs_write(to, document.text, document.length));
    if (!json || to) sw_bench_print(&text, &bench);
    status = print_text(json && !to ? &document : &text);
done:
    sw_str_deinit(&text);
    sw_str_deinit(&document);
    sw_bench_deinit(&bench);
    sw_experiment_destroy(experiment);
    return status;
}

static const struct poptOption options[] = {
    OPTION_SET(sets),
    {"batch", 'b', POPT_ARG_INT, &batch, 0, "Images per step (default: train.batch_size)", "N"},
    {"steps", 'n', POPT_ARG_INT | POPT_ARGFLAG_SHOW_DEFAULT, &steps, 0,
     "Steps to time, after one warm-up step", "K"},
    OPTION_TEXT("only", '\0', only, "train|infer", "Measure only training or only inference"),
    OPTION_FLAG("no-layers", '\0', no_layers, "Measure whole steps only, not layers"),
    OPTION_FLAG("no-tune", '\0', no_tune,
                "Do not time convolution engines; use their fixed order (see 'segwork tune')"),
    OPTION_DEVICE(device),
    OPTION_FLAG("data", '\0', data, "Also measure training steps that load the data of the experiment"),
    {"json", '\0', POPT_ARG_NONE, &json, 0,
     "Print JSON instead of tables; with a FILE, print tables and write JSON to it", "[FILE.json]"},
    OPTION_QUIET,
    POPT_TABLEEND};

const sw_command sw_cmd_bench = {
    .name = "bench",
    .arguments = "EXPERIMENT.yaml",
    .summary = "Measure training and inference speed, layer by layer",
    .details = "Needs no data: the input is random. Measures the peak of the device, then whole\n"
               "steps (images/s), then every pass of every layer by the device's own clock: ms,\n"
               "share of the time, GFLOP/s, share of the peak, GB/s. --data also measures\n"
               "whether loading the data keeps up with the device. Results go to standard\n"
               "output, messages to standard error.\n\n"
               "Examples:\n"
               "  segwork bench experiments/segnet_baseline.yaml\n"
               "  segwork bench experiments/segnet_small.yaml --batch 8 --only infer --json\n"
               "  segwork bench experiments/segnet_small.yaml --data --json figures.json",
    .options = options,
    .run = run,
};
