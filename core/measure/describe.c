#include "measure/describe.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>

#include "cost.h"
#include "graph/receptive_field.h"
#include "nn/losses.h"
#include "nn/param_rules.h"
#include "ops/storage.h"
#include "page/json_text.h"
#include "page/sheet.h"
#include "setup/open.h"

/* --- description ----------------------------------------------------------------------------- */

static sw_status plan(sw_plan **out, const sw_model *model, bool training, const bool *frozen)
{
    /* the same values outlive the steps as in a run */
    int keep[SW_MODEL_KEPT];
    const sw_plan_options options = {.training = training,
                                     .max_slab_bytes = (size_t)SW_DESCRIBE_MAX_SLAB_MIB << 20,
                                     .keep = keep,
                                     .keep_count = sw_model_kept(keep, model, training),
                                     .frozen = frozen};
    return sw_fail_in(sw_plan_create(out, &model->graph, &options), "%s",
                      training ? "training" : "evaluation");
}

static sw_status store(sw_model *model, const sw_experiment *experiment)
{
    int keep[SW_MODEL_KEPT];
    if (experiment->runtime.storage != SW_STORAGE_BFLOAT16) return SW_OK;
    return sw_storage_narrow(&model->graph, keep, sw_model_kept(keep, model, true), NULL);
}

static size_t largest_workspace(const sw_graph *graph, size_t at_least)
{
    for (int n = 0; n < graph->node_count; n++)
        if (graph->nodes[n].workspace_bytes > at_least) at_least = graph->nodes[n].workspace_bytes;
    return at_least;
}

static sw_status fill_layers(sw_description *d)
{
    sw_status status = SW_OK;
    const sw_graph *graph = &d->train_model.graph;
    int *fields = calloc((size_t)graph->value_count, sizeof *fields);
    d->layers = calloc((size_t)graph->node_count, sizeof *d->layers);
    if (!fields || !d->layers)
        SW_TRY(sw_fail_alloc("the table of layers", (size_t)graph->node_count * sizeof *d->layers));
    SW_TRY(sw_receptive_field_sides(fields, graph));
    for (d->layer_count = 0; d->layer_count < graph->node_count; d->layer_count++) {
        const sw_node *node = &graph->nodes[d->layer_count];
        sw_described_layer *layer = &d->layers[d->layer_count];
        *layer = (sw_described_layer){.name = node->name,
                                      .output = graph->values[node->outputs[0]].shape,
                                      .macs = node->macs,
                                      .field_px = node->op->is_loss ? 0 : fields[node->outputs[0]]};
        sw_node_label(layer->op, sizeof layer->op, node);
        for (int i = 0; i < node->param_count; i++) layer->parameters += graph->params[node->params[i]].elems;
    }
done:
    free(fields);
    return status;
}

sw_status sw_description_init(sw_description *d, const sw_experiment *experiment)
{
    sw_status status = SW_OK;
    sw_param_rules rules = {0};
    *d = (sw_description){.experiment = experiment};
    SW_TRY(sw_open_model(&d->train_model, experiment, experiment->train.batch_size));
    SW_TRY(sw_open_model(&d->eval_model, experiment, experiment->train.val_batch_size));
    SW_TRY(store(&d->train_model, experiment));
    const sw_graph *graph = &d->train_model.graph;
    SW_TRY(sw_param_rules_init(&rules, graph, &experiment->optimizer, experiment->init.freeze,
                               experiment->init.freeze_count));
    SW_TRY(plan(&d->train_plan, &d->train_model, true, rules.frozen));
    SW_TRY(plan(&d->eval_plan, &d->eval_model, false, NULL));
    sw_memory_table_make(&d->memory, graph, d->train_plan, d->eval_plan,
                         sw_optimizer_count_moments(&experiment->optimizer),
                         experiment->train.ema_decay > 0.0f,
                         largest_workspace(&d->eval_model.graph, largest_workspace(graph, 0)), 0);
    d->parameters = sw_graph_trained_elems(graph);
    d->macs = sw_graph_macs(graph);
    d->train_flop = sw_plan_flop(graph, d->train_plan);
    SW_TRY(fill_layers(d));
done:
    sw_param_rules_deinit(&rules);
    if (status != SW_OK) sw_description_deinit(d);
    return status;
}

void sw_description_deinit(sw_description *d)
{
    free(d->layers);
    sw_plan_destroy(d->train_plan);
    sw_plan_destroy(d->eval_plan);
    sw_model_deinit(&d->train_model);
    sw_model_deinit(&d->eval_model);
    *d = (sw_description){0};
}

/* --- text ------------------------------------------------------------------------------------ */

/* "15,274,892" */
static const char *grouped(char text[32], uint64_t number)
{
    char digits[24];
    int length = snprintf(digits, sizeof digits, "%llu", (unsigned long long)number), at = 0;
    for (int i = 0; i < length; i++) {
        if (i > 0 && (length - i) % 3 == 0) text[at++] = ',';
        text[at++] = digits[i];
    }
    text[at] = '\0';
    return text;
}

static void print_layer(sw_str *rows, const sw_described_layer *layer)
{
    char parameters[32] = "";
    if (layer->parameters) grouped(parameters, layer->parameters);
    sw_str_printf(rows, "%s\t%s\t%dx%dx%d\t%s\t", layer->name, layer->op, layer->output.h, layer->output.w,
                  layer->output.c, parameters);
    if (layer->macs) sw_str_printf(rows, "%.2f", (double)layer->macs * 1e-6);
    if (layer->field_px)
        sw_str_printf(rows, "\t%d px\n", layer->field_px);
    else
        sw_str_append(rows, "\tall\n");
}

static double mib(size_t bytes)
{
    return (double)bytes / 1048576.0;
}

static int batch_of(const sw_model *model)
{
    return model->graph.values[model->images].shape.n;
}

static void print_plan(sw_str *out, const char *what, const sw_model *model, const sw_plan *p)
{
    sw_str_printf(out, "%-10s  batch %d: %d steps, activations in %d slab%s of %.1f MiB in all\n", what,
                  batch_of(model), p->step_count, p->slab_count, p->slab_count == 1 ? "" : "s",
                  mib(sw_plan_slab_total_bytes(p)));
}

static void print_totals(sw_str *out, const sw_description *d)
{
    char parameters[32];
    sw_str_printf(out, "%s parameters, %.2f GMAC an image\n", grouped(parameters, d->parameters),
                  (double)d->macs * 1e-9);
    sw_str_printf(out, "%.2f GFLOP an image forward, %.1f GFLOP an image in a training step\n",
                  2.0 * (double)d->macs * 1e-9, d->train_flop * 1e-9);
}

static void print_memory(sw_str *out, const sw_description *d)
{
    print_plan(out, "training", &d->train_model, d->train_plan);
    print_plan(out, "evaluation", &d->eval_model, d->eval_plan);
    if (d->train_plan->recompute_count)
        sw_str_printf(out, "%d values are not kept from forward to backward but computed again\n",
                      d->train_plan->recompute_count);
    sw_str_append(out, "\n");
    sw_memory_table_print(out, &d->memory);
    sw_str_printf(out,
                  "with slabs of at most %d MiB; the workspace is its cap, and what the device's\n"
                  "convolution engines ask for may be more\n",
                  SW_DESCRIBE_MAX_SLAB_MIB);
}

void sw_description_print(sw_str *out, const sw_description *d)
{
    const sw_experiment *x = d->experiment;
    sw_str_printf(out, "%s: %s, %d classes, images of %dx%d\n\n", x->name, x->model.name, x->model.classes,
                  x->data.size.width, x->data.size.height);
    sw_str rows = {0};
    sw_str_append(&rows, "layer\top\toutput\tparameters\tMMAC\tsees\n");
    for (int i = 0; i < d->layer_count; i++) print_layer(&rows, &d->layers[i]);
    sw_sheet_columns(out, &rows, 2);
    sw_str_append(out, "\n");
    print_totals(out, d);
    sw_str_append(out, "\n");
    print_memory(out, d);
}

/* --- JSON ------------------------------------------------------------------------------------ */

static cJSON *layer_json(const sw_described_layer *layer)
{
    cJSON *object = cJSON_CreateObject();
    const int shape[] = {layer->output.h, layer->output.w, layer->output.c};
    cJSON_AddStringToObject(object, "name", layer->name);
    cJSON_AddStringToObject(object, "op", layer->op);
    cJSON_AddItemToObject(object, "output", cJSON_CreateIntArray(shape, 3));
    SW_JSON_ADD_NUMBERS(object, {"parameters", (double)layer->parameters}, {"macs", (double)layer->macs});
    if (layer->field_px)
        cJSON_AddNumberToObject(object, "field_px", layer->field_px);
    else
        cJSON_AddNullToObject(object, "field_px");
    return object;
}

static cJSON *plan_json(const sw_model *model, const sw_plan *p)
{
    cJSON *object = cJSON_CreateObject();
    SW_JSON_ADD_NUMBERS(object, {"batch", batch_of(model)}, {"steps", p->step_count},
                        {"recomputed", p->recompute_count}, {"slabs", p->slab_count},
                        {"activation_bytes", (double)sw_plan_slab_total_bytes(p)},
                        {"lower_bound_bytes", (double)p->lower_bound_bytes});
    return object;
}

static cJSON *memory_json(const sw_description *d)
{
    cJSON *object = cJSON_CreateObject();
    cJSON_AddItemToObject(object, "train", plan_json(&d->train_model, d->train_plan));
    cJSON_AddItemToObject(object, "eval", plan_json(&d->eval_model, d->eval_plan));
    cJSON_AddNumberToObject(object, "max_slab_bytes", (double)SW_DESCRIBE_MAX_SLAB_MIB * 1048576.0);
    cJSON *parts = cJSON_AddObjectToObject(object, "bytes");
    for (int i = 0; i < d->memory.count; i++)
        cJSON_AddNumberToObject(parts, d->memory.rows[i].what, (double)d->memory.rows[i].bytes);
    cJSON_AddNumberToObject(object, "total_bytes", (double)d->memory.total_bytes);
    return object;
}

sw_status sw_description_json(sw_str *out, const sw_description *d, const char *more_key, cJSON *more)
{
    cJSON *root = cJSON_CreateObject();
    cJSON_AddStringToObject(root, "experiment", d->experiment->name);
    cJSON_AddStringToObject(root, "model", d->experiment->model.name);
    SW_JSON_ADD_NUMBERS(root, {"parameters", (double)d->parameters}, {"macs", (double)d->macs},
                        {"forward_flop", 2.0 * (double)d->macs}, {"train_flop", d->train_flop});
    cJSON *layers = cJSON_AddArrayToObject(root, "layers");
    for (int i = 0; i < d->layer_count; i++) cJSON_AddItemToArray(layers, layer_json(&d->layers[i]));
    cJSON_AddItemToObject(root, "memory", memory_json(d));
    if (more) cJSON_AddItemToObject(root, more_key, more);
    sw_status status = sw_json_document(out, root);
    cJSON_Delete(root);
    return status;
}
