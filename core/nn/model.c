/* SegNet and its relatives: an encoder of convolutions and pools that keep their offsets, a decoder that
 * unpools with them. */
#include "nn/model.h"

#include <stdio.h>
#include <string.h>

#include "nn/losses.h"

/* What the decoder needs of an encoder stage. */
typedef struct stage_link {
    int offsets;     /* value of the packed offsets; -1 with average pooling */
    sw_shape before; /* shape before the pool */
} stage_link;

typedef struct builder {
    sw_graph *graph;
    const sw_model_config *config;
    const sw_model_options *options;
    int value; /* the last one made */
    stage_link links[SW_MAX_STAGES];
} builder;

static int channels_of(const builder *b, int value)
{
    return b->graph->values[value].shape.c;
}

static sw_status add_norm(builder *b, const char *name, bool relu)
{
    sw_batchnorm_attrs attrs = {
        .eps = b->config->norm_eps, .momentum = b->config->norm_momentum, .relu = relu};
    return sw_graph_add(&b->value, b->graph, &sw_op_batchnorm, name, &attrs, 1, &b->value);
}

static sw_status add_dense(builder *b, const char *name, int width, int kernel, bool bias)
{
    sw_conv2d_attrs attrs = {.out_channels = width,
                             .kernel = kernel,
                             .bias = bias,
                             .engine = b->options->conv_engine,
                             .workspace_cap_bytes = b->options->workspace_cap_bytes};
    const sw_conv_pins *pins = b->options->conv_pins;
    const sw_conv_pin *pin = pins && attrs.engine == SW_CONV_AUTO ? sw_conv_pins_find(pins, name) : NULL;
    if (pin) memcpy(attrs.pass, pin->pass, sizeof attrs.pass);
    return sw_graph_add(&b->value, b->graph, &sw_op_conv2d, name, &attrs, 1, &b->value);
}

static sw_status add_conv(builder *b, const char *name, sw_conv_kind kind, int width, int kernel, bool bias)
{
    if (kind == SW_CONV_DENSE) return add_dense(b, name, width, kernel, bias);
    char part[80];
    sw_depthwise_conv2d_attrs attrs = {.kernel = kernel};
    snprintf(part, sizeof part, "%s.depthwise", name);
    SW_ENSURE(sw_graph_add(&b->value, b->graph, &sw_op_depthwise_conv2d, part, &attrs, 1, &b->value));
    snprintf(part, sizeof part, "%s.pointwise", name);
    return add_dense(b, part, width, 1, bias);
}

/* One convolution of a stage with its norm and ReLU, or bare where `plain` (then always with a bias). In
 * PyTorch's Sequential the three take places 3i, 3i+1 and 3i+2. */
static sw_status add_block(builder *b, const char *stage, int i, sw_conv_kind kind, int width, int kernel,
                           bool plain)
{
    char name[64];
    snprintf(name, sizeof name, "%s.seq.%d", stage, 3 * i);
    SW_ENSURE(add_conv(b, name, kind, width, kernel, plain || b->config->bias));
    if (!plain) {
        snprintf(name, sizeof name, "%s.seq.%d", stage, 3 * i + 1);
        SW_ENSURE(add_norm(b, name, true));
    }
    return SW_OK;
}

static sw_status add_encoder_stage(builder *b, int number)
{
    const sw_encoder_stage *stage = &b->config->encoder[number - 1];
    stage_link *link = &b->links[number - 1];
    char name[32], pool_name[64];
    snprintf(name, sizeof name, "dc%d", number);
    for (int i = 0; i < stage->convs; i++)
        SW_ENSURE(add_block(b, name, i, stage->conv, stage->width, stage->kernel, false));
    link->before = b->graph->values[b->value].shape;
    link->offsets = -1;
    snprintf(pool_name, sizeof pool_name, "%s.mp", name);
    if (stage->pool == SW_POOL_MAX) {
        int outputs[2];
        SW_ENSURE(sw_graph_add(outputs, b->graph, &sw_op_max_pool, pool_name, NULL, 1, &b->value));
        b->value = outputs[0];
        link->offsets = outputs[1];
    } else {
        SW_ENSURE(sw_graph_add(&b->value, b->graph, &sw_op_average_pool, pool_name, NULL, 1, &b->value));
    }
    return SW_OK;
}

static sw_status add_upsampling(builder *b, const char *stage_name, const sw_decoder_stage *stage)
{
    const stage_link *link = &b->links[stage->unpool_from - 1];
    char name[64];
    snprintf(name, sizeof name, "%s.mup", stage_name);
    const sw_doubled_attrs attrs = {.height = link->before.h, .width = link->before.w};
    if (stage->up == SW_UP_NEAREST)
        return sw_graph_add(&b->value, b->graph, &sw_op_upsample, name, &attrs, 1, &b->value);
    if (link->offsets < 0)
        return sw_fail(SW_E_CONFIG,
                       "decoder stage %s: encoder stage %d pools by average and keeps no offsets; use pool: "
                       "max there or up: nearest here",
                       stage_name, stage->unpool_from);
    const int inputs[] = {b->value, link->offsets};
    return sw_graph_add(&b->value, b->graph, &sw_op_max_unpool, name, &attrs, 2, inputs);
}

static sw_status add_decoder_stage(builder *b, int position)
{
    const sw_decoder_stage *stage = &b->config->decoder[position];
    bool last_stage = position == b->config->decoder_count - 1;
    int width = stage->width ? stage->width : b->config->classes;
    char name[32];
    if (stage->unpool_from < 1 || stage->unpool_from > b->config->encoder_count)
        return sw_fail(SW_E_CONFIG, "decoder stage %d: unpool_from is %d, but there are %d encoder stages",
                       position + 1, stage->unpool_from, b->config->encoder_count);
    snprintf(name, sizeof name, "uc%d", stage->unpool_from);
    SW_ENSURE(add_upsampling(b, name, stage));
    for (int i = 0; i < stage->convs; i++) {
        bool last = i == stage->convs - 1;
        bool plain = last && last_stage && b->config->head == SW_HEAD_PLAIN;
        int out = last ? width : channels_of(b, b->value);
        SW_ENSURE(add_block(b, name, i, stage->conv, out, stage->kernel, plain));
    }
    return SW_OK;
}

sw_status sw_model_build(sw_model *model, const sw_model_config *config, const sw_loss_config *loss,
                         const sw_model_options *options)
{
    sw_status status = SW_OK;
    const int n = options->batch, h = options->size.height, w = options->size.width;
    *model = (sw_model){0};
    sw_graph_init(&model->graph);
    builder b = {.graph = &model->graph, .config = config, .options = options};
    SW_TRY(sw_graph_input(&model->images, &model->graph, "images", SW_F32, (sw_shape){n, h, w, 3}));
    SW_TRY(sw_graph_input(&model->labels, &model->graph, "labels", SW_U8, (sw_shape){n, h, w, 1}));
    b.value = model->images;
    if (config->input_norm) SW_TRY(add_norm(&b, "bn_input", false));
    for (int i = 1; i <= config->encoder_count; i++) SW_TRY(add_encoder_stage(&b, i));
    for (int i = 0; i < config->decoder_count; i++) SW_TRY(add_decoder_stage(&b, i));
    model->logits = b.value;
    sw_shape logits = model->graph.values[model->logits].shape;
    if (logits.h != h || logits.w != w || logits.c != config->classes)
        SW_TRY(sw_fail(SW_E_CONFIG,
                       "the model ends in %dx%d with %d channels, not %dx%d with %d classes: the decoder "
                       "must undo every pool and end in width 0",
                       logits.w, logits.h, logits.c, w, h, config->classes));
    SW_TRY(sw_model_add_losses(model, loss));
done:
    if (status != SW_OK) sw_model_deinit(model);
    return status;
}

int sw_model_stride(const sw_model_config *config)
{
    return 1 << config->encoder_count;
}

void sw_model_deinit(sw_model *model)
{
    sw_graph_deinit(&model->graph);
    *model = (sw_model){0};
}
