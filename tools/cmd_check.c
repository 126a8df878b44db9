/* segwork check: is the experiment valid, what exactly does it say, and what could it say. */
#include <stdio.h>

#include "base/log.h"
#include "base/str.h"
#include "config/experiment.h"
#include "config/schema.h"
#include "options.h"
#include "print.h"

static const char **sets;
static int resolve, keys, markdown, json;

static const struct poptOption options[] = {
    OPTION_SET(sets),
    OPTION_FLAG("resolve", '\0', resolve, "Print the whole experiment, each value with its file and line"),
    OPTION_FLAG("keys", '\0', keys, "List every key of an experiment; needs no experiment"),
    OPTION_FLAG("schema-markdown", '\0', markdown, "Print the same as configs/README.md"),
    OPTION_FLAG("schema-json", '\0', json, "Print the same as a JSON schema for editors"),
    POPT_TABLEEND};

static void print_summary(const sw_experiment *e)
{
    const sw_model_config *m = &e->model;
    int convs = 0;
    for (int i = 0; i < m->encoder_count; i++) convs += m->encoder[i].convs;
    for (int i = 0; i < m->decoder_count; i++) convs += m->decoder[i].convs;
    for (int i = 0; i < m->layers.count; i++) convs += m->layers.list[i].op == &sw_op_conv2d;
    printf(
        "%s: valid. Experiment '%s': %s with %d convolutions, %d classes, on %s at %d x %d px; %d epoch%s of "
        "batches of %d, seed %llu\n",
        e->path, e->name, e->model.name, convs, e->model.classes, e->data.root, e->data.size.width,
        e->data.size.height, e->train.epochs, e->train.epochs == 1 ? "" : "s", e->train.batch_size,
        (unsigned long long)e->seed);
}

static sw_status print_schema(void)
{
    sw_status status = SW_OK;
    sw_str text = {0};
    if (keys) sw_schema_keys(&text);
    if (markdown) sw_schema_markdown(&text);
    if (json) status = sw_schema_json(&text);
    sw_status printed = print_text(&text);
    return status == SW_OK ? printed : status;
}

static sw_status check(const char *path)
{
    sw_experiment *experiment = NULL;
    sw_str text = {0};
    sw_status status = sw_experiment_load(&experiment, path, sets);
    if (status != SW_OK) return status;
    if (resolve) {
        sw_experiment_dump_yaml(&text, experiment, true);
        status = print_text(&text);
    } else {
        print_summary(experiment);
    }
    if (sw_experiment_check_grid(experiment) != SW_OK)
        sw_log(SW_LOG_WARNING, "%s; no run begins unless it validates on fewer", sw_error_message());
    sw_experiment_destroy(experiment);
    return status;
}

static sw_status run(int argc, const char *const *argv)
{
    if (keys + markdown + json > 1)
        return sw_fail(SW_E_USAGE, "--keys, --schema-markdown and --schema-json exclude each other");
    if (keys || markdown || json) {
        if (argc > 0 || resolve || sets)
            return sw_fail(SW_E_USAGE,
                           "--keys and --schema-... are for all experiments: give none with them");
        return print_schema();
    }
    if (argc != 1)
        return sw_fail(SW_E_USAGE, "expected one experiment, found %d (see 'segwork check --help')", argc);
    return check(argv[0]);
}

const sw_command sw_cmd_check = {
    .name = "check",
    .arguments = "EXPERIMENT.yaml",
    .summary = "Check an experiment, or list what one may say",
    .details = "Reads the experiment with its fragments, checks every value, and prints a\n"
               "one-line summary. Lists mistakes with file:line:column; the exit code is then 2.\n\n"
               "  segwork check experiments/segnet_baseline.yaml\n"
               "  segwork check experiments/segnet_focal.yaml --set loss.gamma=3 --resolve\n"
               "  segwork check --keys",
    .options = options,
    .run = run,
};
