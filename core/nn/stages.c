/* Encoder and decoder stages, written out as layers. The only place that knows what a SegNet is. */
#include <stdio.h>
#include <string.h>

#include "nn/config.h"

/* What the decoder needs of an encoder stage. */
typedef struct stage_link {
    const char *before; /* what it pools */
    const char *pool;
    int channels;
} stage_link;

typedef struct writer {
    sw_arena *arena;
    const sw_model_config *config;
    sw_layer_list *out;
    const char *value; /* the last one made */
    int channels;      /* of it */
    stage_link links[SW_MAX_STAGES];
} writer;

/* Everything about the convolutions of a stage. */
typedef struct stage {
    const char *name;
    int convs, kernel;
    sw_conv_kind conv;
    bool residual;
    bool bare; /* the last convolution has no norm, but a bias */
} stage;

/* "dc1.seq.0", in the arena; NULL when memory is out. */
#define NAMED(w, ...) sw_arena_printf((w)->arena, __VA_ARGS__)

/* Appends a layer that reads `from` (from_count of them) and makes it the last value. */
static sw_status add(writer *w, const char *name, const sw_op *op, const void *attrs, int from_count,
                     const char *const *from, const char *like)
{
    void *copy = op->attr_bytes ? sw_arena_alloc(w->arena, op->attr_bytes) : NULL;
    if (!name || (op->attr_bytes && !copy)) return SW_E_MEMORY;
    if (w->out->count == SW_MAX_LAYERS)
        return sw_fail(SW_E_CONFIG, "the network has more than %d layers", SW_MAX_LAYERS);
    if (copy && attrs) memcpy(copy, attrs, op->attr_bytes);
    sw_layer layer = {.name = name, .op = op, .attrs = copy, .from_count = from_count, .like = like};
    for (int i = 0; i < from_count; i++) layer.from[i] = from[i];
    w->out->list[w->out->count++] = layer;
    w->value = name;
    return SW_OK;
}

/* A layer that reads the last value. */
static sw_status add_next(writer *w, const char *name, const sw_op *op, const void *attrs)
{
    return add(w, name, op, attrs, 1, &w->value, NULL);
}

static sw_status add_norm(writer *w, const char *name, bool relu)
{
    return add_next(w, name, &sw_op_batchnorm, &(const sw_batchnorm_attrs){.relu = relu});
}

static sw_status add_dense(writer *w, const char *name, int width, int kernel, bool bias)
{
    const sw_conv2d_attrs attrs = {.out_channels = width, .kernel = kernel, .bias = bias};
    w->channels = width;
    return add_next(w, name, &sw_op_conv2d, &attrs);
}

static sw_status add_conv(writer *w, const char *name, sw_conv_kind kind, int width, int kernel, bool bias)
{
    if (kind == SW_CONV_DENSE) return add_dense(w, name, width, kernel, bias);
    SW_ENSURE(add_next(w, NAMED(w, "%s.depthwise", name), &sw_op_depthwise_conv2d,
                       &(const sw_depthwise_conv2d_attrs){.kernel = kernel}));
    return add_dense(w, NAMED(w, "%s.pointwise", name), width, 1, bias);
}

/* Adds what came into the stage to what its convolutions made of it. */
static sw_status add_shortcut(writer *w, const char *name, const char *input, int input_channels)
{
    const char *sum[] = {w->value, input};
    if (input_channels != w->channels) {
        w->value = input;
        SW_ENSURE(add_dense(w, NAMED(w, "%s.shortcut.0", name), w->channels, 1, w->config->bias));
        SW_ENSURE(add_norm(w, NAMED(w, "%s.shortcut.1", name), false));
        sum[1] = w->value;
    }
    return add(w, NAMED(w, "%s.sum", name), &sw_op_add, &(const sw_add_attrs){.relu = true}, 2, sum, NULL);
}

/* The stage's convolutions with their norms and ReLUs: `width` channels come out, `inner` before that. In
 * PyTorch's Sequential the three take places 3i, 3i+1 and 3i+2. */
static sw_status add_convs(writer *w, const stage *s, int inner, int width)
{
    const char *input = w->value;
    const int input_channels = w->channels;
    for (int i = 0; i < s->convs; i++) {
        const bool last = i == s->convs - 1, bare = last && s->bare;
        const char *name = NAMED(w, "%s.seq.%d", s->name, 3 * i);
        if (!name) return SW_E_MEMORY;
        SW_ENSURE(add_conv(w, name, s->conv, last ? width : inner, s->kernel, bare || w->config->bias));
        if (!bare) SW_ENSURE(add_norm(w, NAMED(w, "%s.seq.%d", s->name, 3 * i + 1), !(last && s->residual)));
    }
    return s->residual ? add_shortcut(w, s->name, input, input_channels) : SW_OK;
}

static sw_status add_dropout(writer *w, const char *stage_name, float rate)
{
    if (!(rate > 0)) return SW_OK;
    return add_next(w, NAMED(w, "%s.drop", stage_name), &sw_op_dropout,
                    &(const sw_dropout_attrs){.rate = rate});
}

static sw_status add_encoder_stage(writer *w, int number)
{
    const sw_encoder_stage *e = &w->config->encoder[number - 1];
    stage_link *link = &w->links[number - 1];
    const stage s = {.name = NAMED(w, "dc%d", number),
                     .convs = e->convs,
                     .kernel = e->kernel,
                     .conv = e->conv,
                     .residual = e->block == SW_BLOCK_RESIDUAL};
    if (!s.name) return SW_E_MEMORY;
    SW_ENSURE(add_convs(w, &s, e->width, e->width));
    *link = (stage_link){.before = w->value, .pool = NAMED(w, "%s.mp", s.name), .channels = w->channels};
    SW_ENSURE(add_next(w, link->pool, e->pool == SW_POOL_MAX ? &sw_op_max_pool : &sw_op_average_pool, NULL));
    return add_dropout(w, s.name, e->dropout);
}

/* Doubles the size, to that of `link`. */
static sw_status add_upsampling(writer *w, const char *name, const sw_decoder_stage *d,
                                const stage_link *link)
{
    const sw_encoder_stage *source = &w->config->encoder[d->unpool_from - 1];
    switch (d->up) {
    case SW_UP_NEAREST:
        return add(w, name, &sw_op_upsample, NULL, 1, &w->value, link->before);
    case SW_UP_BILINEAR:
        return add(w, name, &sw_op_bilinear, NULL, 1, &w->value, link->before);
    case SW_UP_TRANSPOSED:
        w->channels = link->channels;
        return add(w, name, &sw_op_conv_transpose2d,
                   &(const sw_conv_transpose2d_attrs){
                       .out_channels = link->channels, .kernel = 2, .stride = 2, .bias = true},
                   1, &w->value, link->before);
    default:
        break;
    }
    if (source->pool != SW_POOL_MAX)
        return sw_fail(SW_E_CONFIG,
                       "decoder stage %s: encoder stage %d pools by average and keeps no offsets; use pool: "
                       "max there or up: nearest here",
                       name, d->unpool_from);
    const char *inputs[] = {w->value, NAMED(w, "%s.offsets", link->pool)};
    return inputs[1] ? add(w, name, &sw_op_max_unpool, NULL, 2, inputs, link->before) : SW_E_MEMORY;
}

static sw_status add_skip(writer *w, const char *stage_name, sw_skip_kind skip, const stage_link *link)
{
    const char *inputs[] = {w->value, link->before};
    if (skip == SW_SKIP_NONE) return SW_OK;
    if (skip == SW_SKIP_ADD)
        return add(w, NAMED(w, "%s.skip", stage_name), &sw_op_add, NULL, 2, inputs, NULL);
    w->channels += link->channels;
    return add(w, NAMED(w, "%s.skip", stage_name), &sw_op_concat, NULL, 2, inputs, NULL);
}

static sw_status add_decoder_stage(writer *w, int position)
{
    const sw_decoder_stage *d = &w->config->decoder[position];
    const bool last_stage = position == w->config->decoder_count - 1;
    if (d->unpool_from < 1 || d->unpool_from > w->config->encoder_count)
        return sw_fail(SW_E_CONFIG, "decoder stage %d: unpool_from is %d, but there are %d encoder stages",
                       position + 1, d->unpool_from, w->config->encoder_count);
    const stage_link *link = &w->links[d->unpool_from - 1];
    const stage s = {.name = NAMED(w, "uc%d", d->unpool_from),
                     .convs = d->convs,
                     .kernel = d->kernel,
                     .conv = d->conv,
                     .residual = d->block == SW_BLOCK_RESIDUAL,
                     .bare = last_stage && w->config->head == SW_HEAD_PLAIN};
    if (!s.name) return SW_E_MEMORY;
    SW_ENSURE(add_upsampling(w, NAMED(w, "%s.mup", s.name), d, link));
    SW_ENSURE(add_skip(w, s.name, d->skip, link));
    const int inner = d->skip == SW_SKIP_CONCAT ? link->channels : w->channels;
    SW_ENSURE(add_convs(w, &s, inner, d->width ? d->width : w->config->classes));
    return add_dropout(w, s.name, d->dropout);
}

sw_status sw_stages_write(sw_layer_list *out, sw_arena *arena, const sw_model_config *config)
{
    writer w = {.arena = arena, .config = config, .out = out, .value = SW_LAYER_IMAGES, .channels = 3};
    *out = (sw_layer_list){.list = sw_arena_alloc(arena, SW_MAX_LAYERS * sizeof *out->list)};
    if (!out->list) return SW_E_MEMORY;
    for (int i = 1; i <= config->encoder_count; i++) SW_ENSURE(add_encoder_stage(&w, i));
    for (int i = 0; i < config->decoder_count; i++) SW_ENSURE(add_decoder_stage(&w, i));
    return SW_OK;
}
