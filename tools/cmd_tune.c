/* segwork tune: times the engines for an experiment's convolutions before a run has to. */
#include "base/str.h"
#include "config/experiment.h"
#include "options.h"
#include "print.h"
#include "setup/engines.h"
#include "stop.h"

static const char **sets;
static char *device;
static int force, json;

static sw_status run(int argc, const char *const *argv)
{
    sw_status status = SW_OK;
    sw_experiment *experiment = NULL;
    sw_tuning tuning = {0};
    sw_str text = {0};
    if (argc != 1)
        return sw_fail(SW_E_USAGE, "takes one experiment file, got %d (see 'segwork tune --help')", argc);
    SW_TRY(sw_experiment_load(&experiment, argv[0], sets));
    const sw_progress_output progress = print_progress();
    const sw_tuning_options tuning_options = {
        .device = device, .force = force, .stop = sw_stop_on_interrupt(), .progress = &progress};
    SW_TRY(sw_tuning_run(&tuning, experiment, &tuning_options));
    if (json)
        SW_TRY(sw_tuning_json(&text, &tuning));
    else
        sw_tuning_print(&text, &tuning);
    status = print_text(&text);
done:
    sw_str_deinit(&text);
    sw_tuning_deinit(&tuning);
    sw_experiment_destroy(experiment);
    return status;
}

static const struct poptOption options[] = {
    OPTION_SET(sets),
    OPTION_DEVICE(device),
    OPTION_FLAG("force", 'f', force, "Time everything again (leave the machine idle)"),
    OPTION_JSON(json),
    OPTION_QUIET,
    POPT_TABLEEND};

const sw_command sw_cmd_tune = {
    .name = "tune",
    .arguments = "EXPERIMENT.yaml",
    .summary = "Time the convolution engines for an experiment on this device",
    .details = "There are several ways to compute a convolution, called engines. Which one is\n"
               "fastest depends on the layer, the pass and the device. With\n"
               "runtime.conv_engine: auto, the first run on a device times the engines for each\n"
               "new layer and keeps the choice. This command does the same beforehand, and\n"
               "shows the times. An engine whose results differ from those of clblast by more\n"
               "than rounding is never used.\n\n"
               "The choice is kept per device, driver and program version, in ~/.cache/segwork\n"
               "or in the folder that SEGWORK_CACHE_DIR names. It applies to new runs. A run\n"
               "that is resumed, or repeated from its config.yaml, keeps its own engines.\n"
               "'segwork run --no-tune' ignores all this.\n\n"
               "Examples:\n"
               "  segwork tune experiments/segnet_baseline.yaml\n"
               "  segwork tune experiments/segnet_small.yaml --set data.size=256 --force",
    .options = options,
    .run = run,
};
