/* segwork bench: how fast an experiment's network runs here, as a whole and layer by layer. */
#include <stdio.h>
#include <string.h>

#include "base/str.h"
#include "commands.h"
#include "exp/bench.h"
#include "exp/experiment.h"

static const char **sets;
static char *device, *only;
static int batch, steps = 4, json, no_layers;

static sw_status read_options(sw_bench_options *o)
{
    *o = (sw_bench_options){
        .device = device, .batch = batch, .steps = steps, .train = true, .infer = true, .layers = !no_layers};
    if (batch < 0) return sw_fail(SW_E_USAGE, "--batch %d: at least one image", batch);
    if (steps < 1) return sw_fail(SW_E_USAGE, "--steps %d: at least one step", steps);
    if (!only) return SW_OK;
    o->train = strcmp(only, "train") == 0;
    o->infer = strcmp(only, "infer") == 0;
    return o->train || o->infer ? SW_OK : sw_fail(SW_E_USAGE, "--only %s: expected train or infer", only);
}

static sw_status run(int argc, const char *const *argv)
{
    sw_status status = SW_OK;
    sw_experiment *experiment = NULL;
    sw_bench_options bench_options;
    sw_bench bench = {0};
    sw_str text = {0};
    if (argc != 1)
        return sw_fail(SW_E_USAGE, "takes one experiment file, got %d (see 'segwork bench --help')", argc);
    SW_TRY(read_options(&bench_options));
    SW_TRY(sw_experiment_load(&experiment, argv[0], sets));
    SW_TRY(sw_bench_run(&bench, experiment, &bench_options));
    if (json)
        SW_TRY(sw_bench_json(&text, &bench));
    else
        sw_bench_print(&text, &bench);
    SW_TRY(sw_str_status(&text));
    fputs(text.text, stdout);
done:
    sw_str_deinit(&text);
    sw_bench_deinit(&bench);
    sw_experiment_destroy(experiment);
    return status;
}

static const struct poptOption options[] = {
    {"set", 's', POPT_ARG_ARGV, &sets, 0, "Give a key another value, as YAML (may be repeated)", "KEY=VALUE"},
    {"batch", 'b', POPT_ARG_INT, &batch, 0,
     "Images a step, in training and inference (default: train.batch_size)", "N"},
    {"steps", 'n', POPT_ARG_INT | POPT_ARGFLAG_SHOW_DEFAULT, &steps, 0,
     "Whole steps to time, after one that is not", "K"},
    {"only", '\0', POPT_ARG_STRING, &only, 0, "Measure one of the two", "train|infer"},
    {"no-layers", '\0', POPT_ARG_NONE, &no_layers, 0, "Whole steps only", NULL},
    {"device", 'd', POPT_ARG_STRING, &device, 0,
     "OpenCL device: platform:device numbers or a part of its name (see 'segwork devices')", "DEVICE"},
    {"json", '\0', POPT_ARG_NONE, &json, 0, "Print one JSON document instead of tables", NULL},
    POPT_TABLEEND};

const sw_command sw_cmd_bench = {
    .name = "bench",
    .arguments = "EXPERIMENT.yaml",
    .summary = "Measure training and inference speed, layer by layer",
    .details = "Needs no data: the input is random. Measures the device's peak, then whole steps as a run "
               "takes them\n"
               "(images/s), then every layer and pass alone: ms, share of the time, effective GFLOP/s, share "
               "of the\n"
               "peak, GB/s. Progress goes to stderr, the figures to stdout.\n\n"
               "Examples:\n"
               "  segwork bench experiments/segnet_baseline.yaml\n"
               "  segwork bench experiments/segnet_small.yaml --batch 8 --steps 10 --only infer --json",
    .options = options,
    .run = run,
};
