/* Layers, connected by name, become a graph. */
#include "nn/model.h"

#include "nn/losses.h"
#include "ops/setting.h"
#include <stdlib.h>
#include <string.h>

typedef struct builder {
    sw_graph *graph;
    const sw_model_config *config;
    sw_op_setting setting;
    int images; /* value that SW_LAYER_IMAGES names */
    sw_yaml_place culprit;
} builder;

static sw_op_setting setting_of(const sw_model_config *config, const sw_model_options *options)
{
    return (sw_op_setting){.conv_engine = options->conv_engine,
                           .conv_pins = options->conv_pins,
                           .exact_places = options->exact_places,
                           .workspace_cap_bytes = options->workspace_cap_bytes,
                           .norm_eps = config->norm_eps,
                           .norm_momentum = config->norm_momentum,
                           .classes = config->classes};
}

/* The value that a layer names; -1: there is none. */
static int find_value(const builder *b, const char *name)
{
    if (strcmp(name, SW_LAYER_IMAGES) == 0) return b->images;
    for (int i = 0; i < b->graph->value_count; i++)
        if (strcmp(b->graph->values[i].name, name) == 0) return i;
    return -1;
}

static sw_status resolve(int *out, const builder *b, const sw_layer *layer, const char *name)
{
    *out = find_value(b, name);
    if (*out >= 0) return SW_OK;
    return sw_fail(SW_E_CONFIG, "%s '%s' reads '%s', which no layer before it makes", layer->op->name,
                   layer->name, name);
}

/* The layer's attributes, completed by what comes from the network and from `like`. */
static sw_status complete_attrs(void *attrs, const builder *b, const sw_layer *layer)
{
    const sw_op *op = layer->op;
    if (layer->attrs) memcpy(attrs, layer->attrs, op->attr_bytes);
    if (op->adopt) op->adopt(attrs, layer->name, &b->setting);
    if (!layer->like) return SW_OK;
    if (!op->resize)
        return sw_fail(SW_E_CONFIG,
                       "%s '%s': its size follows from its input; `like` is for layers that enlarge",
                       op->name, layer->name);
    int value;
    SW_ENSURE(resolve(&value, b, layer, layer->like));
    op->resize(attrs, b->graph->values[value].shape.h, b->graph->values[value].shape.w);
    return SW_OK;
}

static sw_status add_layer(builder *b, const sw_layer *layer)
{
    int inputs[SW_MAX_INPUTS];
    void *attrs = layer->op->attr_bytes ? sw_arena_alloc(&b->graph->arena, layer->op->attr_bytes) : NULL;
    if (layer->op->attr_bytes && !attrs) return SW_E_MEMORY;
    for (int i = 0; i < layer->from_count; i++) SW_ENSURE(resolve(&inputs[i], b, layer, layer->from[i]));
    SW_ENSURE(complete_attrs(attrs, b, layer));
    return sw_graph_add(NULL, b->graph, layer->op, layer->name, attrs, layer->from_count, inputs);
}

static sw_status add_layers(builder *b, const sw_layer_list *layers)
{
    sw_status status = SW_OK;
    for (int i = 0; status == SW_OK && i < layers->count; i++) {
        b->culprit = layers->list[i].place;
        status = add_layer(b, &layers->list[i]);
    }
    return status;
}

static sw_status add_input_norm(builder *b)
{
    const sw_batchnorm_attrs attrs = {.eps = b->config->norm_eps, .momentum = b->config->norm_momentum};
    return sw_graph_add(&b->images, b->graph, &sw_op_batchnorm, "bn_input", &attrs, 1, &b->images);
}

/* The last node's first output, which must have a channel a class for each pixel of the images. */
static sw_status find_logits(int *out, const builder *b, sw_size size)
{
    const sw_graph *graph = b->graph;
    *out = graph->node_count ? graph->nodes[graph->node_count - 1].outputs[0] : b->images;
    const sw_shape logits = graph->values[*out].shape;
    if (logits.h == size.height && logits.w == size.width && logits.c == b->config->classes) return SW_OK;
    return sw_fail(
        SW_E_CONFIG,
        "the network ends in %dx%d with %d channels, not %dx%d with %d classes: it must undo every "
        "halving and end in width 0, which means as many channels as there are classes",
        logits.w, logits.h, logits.c, size.width, size.height, b->config->classes);
}

sw_status sw_model_build(sw_model *model, const sw_model_config *config, const sw_loss_config *loss,
                         const sw_model_options *options, sw_yaml_place *culprit)
{
    sw_status status = SW_OK;
    const int n = options->batch, h = options->size.height, w = options->size.width;
    *model = (sw_model){0};
    sw_graph_init(&model->graph);
    builder b = {.graph = &model->graph, .config = config, .setting = setting_of(config, options)};
    sw_layer_list stages = {0};
    const sw_layer_list *layers = &config->layers;
    if (layers->count == 0) {
        SW_TRY(sw_stages_write(&stages, &model->graph.arena, config));
        layers = &stages;
    }
    SW_TRY(sw_graph_input(&model->images, &model->graph, "images", SW_F32, (sw_shape){n, h, w, 3}));
    SW_TRY(sw_graph_input(&model->labels, &model->graph, "labels", SW_U8, (sw_shape){n, h, w, 1}));
    b.images = model->images;
    if (config->input_norm) SW_TRY(add_input_norm(&b));
    SW_TRY(add_layers(&b, layers));
    SW_TRY(find_logits(&model->logits, &b, options->size));
    if (loss) SW_TRY(sw_model_add_losses(model, loss));
done:
    if (culprit) *culprit = b.culprit;
    if (status != SW_OK) sw_model_deinit(model);
    return status;
}

/* px of the images that a pixel of the node's output stands for, given those of its input. */
static int step_after(const sw_node *node, int step)
{
    step *= node->stride;
    return step > node->upscale ? step / node->upscale : 1;
}

sw_status sw_model_look(sw_model_view *view, const sw_model *model)
{
    const sw_graph *graph = &model->graph;
    int *steps = malloc((size_t)graph->value_count * sizeof *steps);
    if (!steps) return sw_fail_alloc("a view of the network", (size_t)graph->value_count * sizeof *steps);
    *view = (sw_model_view){.stride = 1};
    for (int v = 0; v < graph->value_count; v++) steps[v] = 1;
    for (int n = 0; n < graph->node_count; n++) {
        const sw_node *node = &graph->nodes[n];
        const int step = step_after(node, steps[node->inputs[0]]);
        for (int i = 0; i < node->output_count; i++) steps[node->outputs[i]] = step;
        if (step > view->stride) view->stride = step;
        if (node->window == SW_WINDOW_ALL) view->whole_image = true;
    }
    free(steps);
    return SW_OK;
}

void sw_model_deinit(sw_model *model)
{
    sw_graph_deinit(&model->graph);
    *model = (sw_model){0};
}
