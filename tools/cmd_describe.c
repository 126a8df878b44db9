/* segwork describe: what an experiment's network is, without a device. */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fs.h"
#include "base/log.h"
#include "base/str.h"
#include "config/experiment.h"
#include "measure/architecture.h"
#include "measure/describe.h"
#include "measure/scaling.h"
#include "options.h"
#include "print.h"
#include "run/out_file.h"

static const char **sets;
static char *dot, *svg;
static int json, ranks;
static double rate, bandwidth = 10, latency = 50;

static sw_status check_scaling(const sw_experiment *experiment)
{
    if (!ranks) return rate > 0 ? sw_fail(SW_E_USAGE, "--rate is for --ranks: give both, or neither") : SW_OK;
    if (ranks < 1 || ranks > experiment->train.batch_size)
        return sw_fail(SW_E_USAGE,
                       "--ranks %d: 1 to train.batch_size, %d: each process takes an image of a batch", ranks,
                       experiment->train.batch_size);
    if (!(rate > 0 && rate <= 1e9))
        return sw_fail(SW_E_USAGE,
                       "--ranks needs --rate, the images/s of one process in training: 'segwork bench "
                       "EXPERIMENT --only train' measures it");
    if (!(bandwidth > 0 && bandwidth <= 1e6) || !(latency >= 0 && latency <= 1e9))
        return sw_fail(SW_E_USAGE, "--bandwidth %g, --latency %g: above 0 Gbit/s, and 0 us or more",
                       bandwidth, latency);
    return SW_OK;
}

static sw_status write_dot(const sw_description *description)
{
    static const char *const endings[] = {".dot", ".gv", ".txt", "", NULL};
    char *text = NULL;
    sw_status status = sw_graph_dot(&text, &description->train_model.graph);
    if (status == SW_OK) status = sw_out_file_check(dot, endings, NULL);
    if (status == SW_OK) status = sw_fs_write(dot, text, strlen(text));
    if (status == SW_OK)
        sw_log(SW_LOG_INFO, "graph written to %s; a picture: dot -Tsvg %s -o graph.svg", dot, dot);
    free(text);
    return status;
}

static sw_status write_svg(const sw_experiment *experiment)
{
    static const char *const endings[] = {".svg", "", NULL};
    sw_str text = {0};
    sw_status status = sw_architecture_svg(&text, experiment, true);
    if (status == SW_OK) status = sw_out_file_check(svg, endings, NULL);
    if (status == SW_OK) status = sw_fs_write(svg, text.text, text.length);
    if (status == SW_OK) sw_log(SW_LOG_INFO, "drawing written to %s", svg);
    sw_str_deinit(&text);
    return status;
}

static sw_status run(int argc, const char *const *argv)
{
    sw_status status = SW_OK;
    sw_experiment *experiment = NULL;
    sw_description description = {0};
    sw_str text = {0};
    if (argc != 1)
        return sw_fail(SW_E_USAGE, "takes one experiment file, got %d (see 'segwork describe --help')", argc);
    SW_TRY(sw_experiment_load(&experiment, argv[0], sets));
    SW_TRY(check_scaling(experiment));
    SW_TRY(sw_description_init(&description, experiment));
    if (dot) SW_TRY(write_dot(&description));
    if (svg) SW_TRY(write_svg(experiment));
    const sw_scaling_link link = {rate, bandwidth, latency};
    if (json) {
        cJSON *rows = ranks ? sw_scaling_json(&description, &link, ranks) : NULL;
        SW_TRY(sw_description_json(&text, &description, "ranks", rows));
    } else {
        sw_description_print(&text, &description);
        if (ranks) sw_str_append(&text, "\n");
        if (ranks) sw_scaling_print(&text, &description, &link, ranks);
    }
    SW_TRY(print_text(&text));
done:
    sw_str_deinit(&text);
    sw_description_deinit(&description);
    sw_experiment_destroy(experiment);
    return status;
}

static const struct poptOption options[] = {
    OPTION_SET(sets),
    OPTION_TEXT("dot", '\0', dot, "FILE", "Also write the graph for Graphviz (dot -Tsvg FILE -o graph.svg)"),
    OPTION_TEXT("svg", '\0', svg, "FILE", "Also draw the network, as papers do, as an SVG"),
    {"ranks", '\0', POPT_ARG_INT, &ranks, 0, "Also tell what to expect of so many processes (mpirun)", "N"},
    {"rate", '\0', POPT_ARG_DOUBLE, &rate, 0, "With --ranks: images/s that one process trains, as measured",
     "R"},
    {"bandwidth", '\0', POPT_ARG_DOUBLE | POPT_ARGFLAG_SHOW_DEFAULT, &bandwidth, 0,
     "With --ranks: of the network, in Gbit/s", "B"},
    {"latency", '\0', POPT_ARG_DOUBLE | POPT_ARGFLAG_SHOW_DEFAULT, &latency, 0,
     "With --ranks: of a message, in us", "L"},
    OPTION_JSON(json),
    POPT_TABLEEND};

const sw_command sw_cmd_describe = {
    .name = "describe",
    .arguments = "EXPERIMENT.yaml",
    .summary = "Show the network of an experiment: layers, parameters, cost, memory",
    .details = "Needs no device and no data. For each layer it shows the op, the size of the\n"
               "output (height x width x channels), the parameters, the multiply-adds per\n"
               "image, and the receptive field in pixels of the input. Below are the totals,\n"
               "and the memory that training and evaluation need at the batch sizes of the\n"
               "experiment.\n\n"
               "--ranks adds what a training step of several processes takes, from the rate of\n"
               "one process ('segwork bench') and from the network between them (docs/scale.md).\n\n"
               "Examples:\n"
               "  segwork describe experiments/segnet_baseline.yaml\n"
               "  segwork describe experiments/segnet_small.yaml --svg segnet_small.svg\n"
               "  segwork describe experiments/segnet_small.yaml --dot graph.dot\n"
               "  segwork describe experiments/segnet_baseline.yaml --ranks 8 --rate 7 \\\n"
               "      --bandwidth 10 --latency 50",
    .options = options,
    .run = run,
};
