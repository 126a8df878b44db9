/* segwork check: is the experiment valid, what exactly does it say, and what could it say. */
#include <cjson/cJSON.h>
#include <stdio.h>

#include "base/log.h"
#include "base/str.h"
#include "config/experiment.h"
#include "config/schema.h"
#include "options.h"
#include "page/json_text.h"
#include "print.h"

static const char **sets;
static int resolve, keys, markdown, schema, json;

static const struct poptOption options[] = {
    OPTION_SET(sets),
    OPTION_FLAG("resolve", '\0', resolve,
                "Print the whole experiment, each value with the file and line it comes from"),
    OPTION_FLAG("keys", '\0', keys, "List every key an experiment may have (give no experiment)"),
    OPTION_FLAG("schema-markdown", '\0', markdown, "List the keys as Markdown, as in configs/README.md"),
    OPTION_FLAG("schema-json", '\0', schema, "List the keys as a JSON schema, for editors"),
    OPTION_JSON(json),
    POPT_TABLEEND};

static int count_convolutions(const sw_model_config *m)
{
    int convs = 0;
    for (int i = 0; i < m->encoder_count; i++) convs += m->encoder[i].convs;
    for (int i = 0; i < m->decoder_count; i++) convs += m->decoder[i].convs;
    for (int i = 0; i < m->layers.count; i++) convs += m->layers.list[i].op == &sw_op_conv2d;
    return convs;
}

static sw_status print_summary_json(const sw_experiment *e)
{
    cJSON *root = cJSON_CreateObject();
    sw_json_add_text(root, "path", e->path);
    sw_json_add_text(root, "name", e->name);
    sw_json_add_text(root, "model", e->model.name);
    sw_json_add_text(root, "data", e->data.root);
    SW_JSON_ADD_NUMBERS(root, {"convolutions", count_convolutions(&e->model)}, {"classes", e->model.classes},
                        {"height", e->data.size.height}, {"width", e->data.size.width},
                        {"epochs", e->train.epochs}, {"batch_size", e->train.batch_size},
                        {"seed", (double)e->seed});
    return print_json(root);
}

static void print_summary(const sw_experiment *e)
{
    const sw_model_config *m = &e->model;
    printf(
        "%s: valid. Experiment '%s': %s with %d convolutions, %d classes, on %s at %d x %d px; %d epoch%s of "
        "batches of %d, seed %llu\n",
        e->path, e->name, m->name, count_convolutions(m), m->classes, e->data.root, e->data.size.width,
        e->data.size.height, e->train.epochs, e->train.epochs == 1 ? "" : "s", e->train.batch_size,
        (unsigned long long)e->seed);
}

static sw_status print_schema(void)
{
    sw_status status = SW_OK;
    sw_str text = {0};
    if (keys) sw_schema_keys(&text);
    if (markdown) sw_schema_markdown(&text);
    if (schema) status = sw_schema_json(&text);
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
    } else if (json) {
        status = print_summary_json(experiment);
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
    if (keys + markdown + schema > 1)
        return sw_fail(SW_E_USAGE, "--keys, --schema-markdown and --schema-json exclude each other");
    if (keys || markdown || schema) {
        if (argc > 0 || resolve || sets || json)
            return sw_fail(SW_E_USAGE,
                           "--keys and --schema-... are for all experiments: give none with them");
        return print_schema();
    }
    if (resolve && json) return sw_fail(SW_E_USAGE, "--resolve prints YAML: not with --json");
    if (argc != 1)
        return sw_fail(SW_E_USAGE, "expected one experiment, found %d (see 'segwork check --help')", argc);
    return check(argv[0]);
}

const sw_command sw_cmd_check = {
    .name = "check",
    .arguments = "EXPERIMENT.yaml",
    .summary = "Check an experiment, or list the keys it may have",
    .details = "Reads the experiment and its fragments, checks every value, and prints a\n"
               "summary of one line. Mistakes are listed with file:line:column, and the exit\n"
               "code is 2.\n\n"
               "Examples:\n"
               "  segwork check experiments/segnet_baseline.yaml\n"
               "  segwork check experiments/segnet_focal.yaml --set loss.gamma=3 --resolve\n"
               "  segwork check --keys",
    .options = options,
    .run = run,
};
