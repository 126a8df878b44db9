/* segwork tune: times the engines for an experiment's convolutions before a run has to. */
#include "base/str.h"
#include "config/experiment.h"
#include "options.h"
#include "print.h"
#include "setup/engines.h"
#include "stop.h"

static const char **sets;
static char *device;
static int force;

static sw_status run(int argc, const char *const *argv)
{
    sw_status status = SW_OK;
    sw_experiment *experiment = NULL;
    sw_tuning tuning = {0};
    sw_str text = {0};
    if (argc != 1)
        return sw_fail(SW_E_USAGE, "takes one experiment file, got %d (see 'segwork tune --help')", argc);
    SW_TRY(sw_experiment_load(&experiment, argv[0], sets));
    const sw_tuning_options tuning_options = {
        .device = device, .force = force, .stop = sw_stop_on_interrupt()};
    SW_TRY(sw_tuning_run(&tuning, experiment, &tuning_options));
    sw_tuning_print(&text, &tuning);
    status = print_text(&text);
done:
    sw_tuning_deinit(&tuning);
    sw_experiment_destroy(experiment);
    return status;
}

static const struct poptOption options[] = {
    OPTION_SET(sets), OPTION_DEVICE(device),
    OPTION_FLAG("force", 'f', force, "Time again what was timed before (keep the machine idle)"),
    POPT_TABLEEND};

const sw_command sw_cmd_tune = {
    .name = "tune",
    .arguments = "EXPERIMENT.yaml",
    .summary = "Time the convolution engines for an experiment on this device",
    .details = "There are several ways (engines) to compute a convolution. Which is fastest\n"
               "depends on layer, pass and device. With runtime.conv_engine: auto, a run times\n"
               "them when it first meets a layer on a device, and keeps the choice. This command\n"
               "does so beforehand and shows the times. An engine whose results differ from\n"
               "clblast's by more than rounding explains is not used.\n\n"
               "The choice is kept by device, driver and program in ~/.cache/segwork, or in the\n"
               "folder that SEGWORK_CACHE_DIR names. It holds for runs that begin afterwards; a\n"
               "run that is resumed, or repeated from its config.yaml, keeps its engines.\n"
               "'segwork run --no-tune' skips all this.\n\n"
               "Examples:\n"
               "  segwork tune experiments/segnet_baseline.yaml\n"
               "  segwork tune experiments/segnet_small.yaml --set data.size=256 --force",
    .options = options,
    .run = run,
};
