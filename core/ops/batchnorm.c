/* batchnorm: per-channel normalisation, with ReLU in the same pass over memory. It keeps only mean and 1/std
 * per channel for backward. Its output is recomputed from its input, so that of convolution, norm and ReLU
 * only one activation is stored.
 *
 * In training it also computes a plain 2x2 max-pooling that follows it: the pool's kernel normalises its
 * input as it reads it, and the norm's backward kernels spread the pool's gradient over the windows as they
 * read it. The results have the same bits as those of two separate ops. */
#include <stdio.h>
#include <stdlib.h>

#include "base/field_macros.h"
#include "batchnorm_sync.h"
#include "ops/call.h"
#include "ops/ops.h"
#include "ops/setting.h"
#include "storage_options.h"
#include "window.h"

/* Pixels of one partial reduction. 16 channels of 512 pixels are 32 KiB: a CPU core reads them twice from its
 * cache. A GPU wants more work-items; chunks are merged there before they are combined, where there are many.
 */
enum { CHUNK_PIXELS = 512, GPU_CHUNK_PIXELS = 64, MAX_COLUMNS = 4, MANY_CHUNKS = 64 };

/* What every kernel that normalises reads: stat, gamma, beta. */
#define NORM_ARGS(call) SW_ARG((call)->saved[0]), SW_ARG((call)->param[0]), SW_ARG((call)->param[1])

typedef struct norm_kernels {
    const sw_kernel *stats_partial, *stats_merge, *stats_combine, *stats_running, *apply;
    const sw_kernel *bwd_partial, *bwd_merge, *bwd_combine, *bwd_apply;
    const sw_kernel *pool_fwd, *pool_bwd_partial,
        *pool_bwd_apply; /* where call->next is a max_pool, else NULL */
    size_t columns;      /* channel vectors of a work-item of the partial reductions */
} norm_kernels;

static bool is_cpu(const sw_call *call)
{
    return sw_cl_device(call->cl)->type == CL_DEVICE_TYPE_CPU;
}

static sw_status batchnorm_infer(sw_graph *graph, sw_node *node)
{
    sw_shape x = sw_node_input(graph, node, 0)->shape;
    const sw_batchnorm_attrs *attrs = node->attrs;
    if (!(attrs->eps > 0)) return sw_node_fail(node, "eps is %g; it must be above 0", (double)attrs->eps);
    SW_ENSURE(sw_node_add_param(graph, node, "weight", SW_LAYOUT_PLAIN, 1, &x.c, SW_INIT_ONES, 0));
    SW_ENSURE(sw_node_add_param(graph, node, "bias", SW_LAYOUT_PLAIN, 1, &x.c, SW_INIT_ZEROS, 0));
    SW_ENSURE(sw_node_add_state(graph, node, "running_mean", x.c, SW_INIT_ZEROS));
    SW_ENSURE(sw_node_add_state(graph, node, "running_var", x.c, SW_INIT_ONES));
    SW_ENSURE(sw_node_add_output(graph, node, NULL, SW_F32, x));
    size_t channel_bytes = (size_t)x.c * sizeof(float);
    sw_node_add_saved(graph, node, 2 * channel_bytes); /* mean, 1/std */
    sw_node_add_saved(graph, node, 2 * channel_bytes); /* backward's two means */
    node->workspace_bytes = sw_divide_up(sw_shape_pixels(x), CHUNK_PIXELS) * 2 * channel_bytes;
    return SW_OK;
}

static void batchnorm_label(char *text, size_t text_bytes, const sw_node *node)
{
    const sw_batchnorm_attrs *attrs = node->attrs;
    snprintf(text, text_bytes, attrs->relu ? "norm+relu" : "norm");
}

/* The batch as (pixels, channels), cut into chunks. Before the chunks are combined, every `neighbours` of
 * them are merged into one, which makes `merged`; 0: they are combined as they are. */
typedef struct extent {
    size_t pixels, channels, cv;
    size_t chunk_pixels, chunks, neighbours, merged;
} extent;

static extent extent_of(const sw_call *call)
{
    sw_shape x = sw_call_in_shape(call, 0);
    extent e = {.pixels = sw_shape_pixels(x), .channels = (size_t)x.c};
    e.cv = e.channels / (size_t)sw_call_vec(call, x.c);
    e.chunk_pixels = is_cpu(call) ? CHUNK_PIXELS : GPU_CHUNK_PIXELS;
    e.chunks = sw_divide_up(e.pixels, e.chunk_pixels);
    if (is_cpu(call) || e.chunks <= MANY_CHUNKS) return e;
    e.neighbours = 1;
    while (e.neighbours * e.neighbours < e.chunks) e.neighbours++; /* as many as there will be merged ones */
    e.merged = sw_divide_up(e.chunks, e.neighbours);
    return e;
}

/* Where the chunks that are combined begin in the workspace, in floats. */
static uint32_t combined_offset(extent e)
{
    return e.neighbours ? (uint32_t)(e.chunks * 2 * e.channels) : 0;
}

static sw_status batchnorm_prepare(sw_call *call)
{
    const sw_batchnorm_attrs *attrs = call->node->attrs;
    norm_kernels *k = calloc(1, sizeof *k);
    if (!k) return sw_fail_alloc("a batch norm", sizeof *k);
    call->prepared = k;
    const extent e = extent_of(call);
    call->workspace_bytes = (e.chunks + e.merged) * 2 * e.channels * sizeof(float);
    char options[80], storage[SW_STORAGE_BYTES];
    int channels = call->graph->values[call->node->inputs[0]].shape.c;
    int vec = sw_call_vec(call, channels);
    k->columns = is_cpu(call) ? MAX_COLUMNS : 1;
    while ((size_t)(channels / vec) % k->columns) k->columns--;
    sw_storage_of(storage, call, false);
    snprintf(options, sizeof options, "-DRELU=%d -DVEC=%d -DCOLUMNS=%zu%s", attrs->relu, vec, k->columns,
             storage);
    const struct {
        const sw_kernel **kernel;
        const char *name;
    } wanted[] = {{&k->stats_partial, "batchnorm_stats_partial"},
                  {&k->stats_merge, "batchnorm_stats_merge"},
                  {&k->stats_combine, "batchnorm_stats_combine"},
                  {&k->stats_running, "batchnorm_stats_running"},
                  {&k->apply, "batchnorm_apply"},
                  {&k->bwd_partial, "batchnorm_bwd_partial"},
                  {&k->bwd_merge, "batchnorm_bwd_merge"},
                  {&k->bwd_combine, "batchnorm_bwd_combine"},
                  {&k->bwd_apply, "batchnorm_bwd_apply"}};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        SW_ENSURE(sw_kernel_get(wanted[i].kernel, call->cl, "batchnorm", wanted[i].name, options));
    if (!call->next) return SW_OK;
    SW_ENSURE(
        sw_kernel_get(&k->pool_bwd_partial, call->cl, "max_pool_norm", "max_pool_norm_bwd_partial", options));
    SW_ENSURE(
        sw_kernel_get(&k->pool_bwd_apply, call->cl, "max_pool_norm", "max_pool_norm_bwd_apply", options));
    const bool between = call->graph->values[call->node->outputs[0]].dtype == SW_BF16;
    snprintf(options, sizeof options, "-DVEC=%d%s%s", vec, storage, between ? " -DBETWEEN16" : "");
    return sw_kernel_get(&k->pool_fwd, call->cl, "max_pool", "max_pool_fwd", options);
}

/* Computes out[0] from in[0] and the saved mean and 1/std: the end of forward, and all of recompute. */
static sw_status apply(sw_call *call)
{
    const norm_kernels *k = call->prepared;
    extent e = extent_of(call);
    bool stream = call->out[0] != call->in[0] && sw_call_streams(call, e.pixels * e.channels);
    return SW_CALL_LAUNCH(call, k->apply, sw_call_ndrange(call, e.cv, e.pixels, false), SW_ARG(call->in[0]),
                          SW_ARG(call->out[0]), NORM_ARGS(call), SW_ARG(stream));
}

/* Combines chunks of the workspace into the saved mean and 1/std, and updates the running statistics. */
static sw_status combine(sw_call *call, uint32_t offset, size_t pixels, size_t chunk_pixels, float eps,
                         float momentum)
{
    const norm_kernels *k = call->prepared;
    return SW_CALL_LAUNCH(call, k->stats_combine, sw_call_ndrange(call, extent_of(call).channels, 1, true),
                          SW_ARG(call->workspace), SW_ARG(offset), SW_ARG(call->saved[0]),
                          SW_ARG(call->state[0]), SW_ARG(call->state[1]), SW_ARG(pixels),
                          SW_ARG(chunk_pixels), SW_ARG(eps), SW_ARG(momentum));
}

static sw_status batch_statistics(sw_call *call)
{
    const norm_kernels *k = call->prepared;
    const sw_batchnorm_attrs *attrs = call->node->attrs;
    extent e = extent_of(call);
    SW_ENSURE(SW_CALL_LAUNCH(call, k->stats_partial, sw_call_ndrange(call, e.cv / k->columns, e.chunks, true),
                             SW_ARG(call->in[0]), SW_ARG(call->workspace), SW_ARG(e.pixels),
                             SW_ARG(e.chunk_pixels)));
    size_t combined_pixels = e.chunk_pixels;
    if (e.neighbours) {
        SW_ENSURE(SW_CALL_LAUNCH(call, k->stats_merge, sw_call_ndrange(call, e.channels, e.merged, true),
                                 SW_ARG(call->workspace), SW_ARG(e.pixels), SW_ARG(e.chunk_pixels),
                                 SW_ARG(e.neighbours)));
        combined_pixels *= e.neighbours;
    }
    if (!call->comm)
        return combine(call, combined_offset(e), e.pixels, combined_pixels, attrs->eps, attrs->momentum);
    /* this process's part as it is; then that of all, as if it were a single chunk */
    SW_ENSURE(combine(call, combined_offset(e), e.pixels, combined_pixels, 0.0f, 0.0f));
    size_t all_pixels;
    SW_ENSURE(batchnorm_sync_moments(&all_pixels, call, e.pixels, e.channels));
    return combine(call, 0, all_pixels, all_pixels, attrs->eps, attrs->momentum);
}

/* Saves mean and 1/std of the running statistics, unless they are kept there. */
static sw_status running_statistics(sw_call *call)
{
    if (call->keeps && call->kept_valid) return SW_OK;
    call->kept_valid = call->keeps;
    const norm_kernels *k = call->prepared;
    const sw_batchnorm_attrs *attrs = call->node->attrs;
    return SW_CALL_LAUNCH(call, k->stats_running, sw_call_ndrange(call, extent_of(call).channels, 1, true),
                          SW_ARG(call->state[0]), SW_ARG(call->state[1]), SW_ARG(call->saved[0]),
                          SW_ARG(attrs->eps));
}

/* What apply does to a value, for another op's kernel. The statistics may still have to be computed. */
static sw_epilogue as_epilogue(const sw_call *call)
{
    const sw_batchnorm_attrs *attrs = call->node->attrs;
    return (sw_epilogue){.kind = attrs->relu ? SW_EPILOGUE_NORM_RELU : SW_EPILOGUE_NORM,
                         .stat = call->saved[0],
                         .gamma = call->param[0],
                         .beta = call->param[1]};
}

/* As apply, but writes the outputs of the pool that follows. */
static sw_status apply_and_pool(sw_call *call)
{
    const norm_kernels *k = call->prepared;
    const sw_shape x = sw_call_in_shape(call, 0), y = sw_call_next_shape(call, 0);
    return SW_CALL_LAUNCH(call, k->pool_fwd, sw_window_ndrange(call, y, sw_window_words(y.c)),
                          SW_ARG(call->in[0]), SW_ARG(call->out[0]), SW_ARG(call->out[1]), SW_SIZE_ARGS(x),
                          SW_SIZE_ARGS(y), SW_ARG((int)extent_of(call).cv),
                          SW_EPILOGUE_ARGS(as_epilogue(call)));
}

static sw_status batchnorm_forward(sw_call *call)
{
    SW_ENSURE(call->training ? batch_statistics(call) : running_statistics(call));
    return call->next ? apply_and_pool(call) : apply(call);
}

static sw_status batchnorm_as_epilogue(sw_call *call, sw_epilogue *epilogue)
{
    *epilogue = as_epilogue(call);
    return running_statistics(call);
}

/* Computes each chunk's part of the gradients of gamma and beta, into the workspace. */
static sw_status backward_sums(sw_call *call)
{
    const norm_kernels *k = call->prepared;
    const extent e = extent_of(call);
    const sw_ndrange range = sw_call_ndrange(call, e.cv / k->columns, e.chunks, true);
    if (!call->next)
        return SW_CALL_LAUNCH(call, k->bwd_partial, range, SW_ARG(call->in[0]), SW_ARG(call->dout[0]),
                              NORM_ARGS(call), SW_ARG(call->workspace), SW_ARG(e.pixels),
                              SW_ARG(e.chunk_pixels));
    const sw_shape x = sw_call_in_shape(call, 0), y = sw_call_next_shape(call, 0);
    return SW_CALL_LAUNCH(call, k->pool_bwd_partial, range, SW_ARG(call->in[0]), SW_ARG(call->dout[0]),
                          SW_ARG(call->out[1]), NORM_ARGS(call), SW_ARG(call->workspace), SW_ARG(e.pixels),
                          SW_ARG(e.chunk_pixels), SW_SIZE_ARGS(x), SW_SIZE_ARGS(y));
}

static sw_status backward_data(sw_call *call)
{
    const norm_kernels *k = call->prepared;
    const extent e = extent_of(call);
    if (!call->next)
        return SW_CALL_LAUNCH(call, k->bwd_apply, sw_call_ndrange(call, e.cv, e.pixels, false),
                              SW_ARG(call->in[0]), SW_ARG(call->dout[0]), SW_ARG(call->din[0]),
                              NORM_ARGS(call), SW_ARG(call->saved[1]), SW_ARG(call->accumulate[0]));
    const sw_shape x = sw_call_in_shape(call, 0), y = sw_call_next_shape(call, 0);
    const size_t columns = (size_t)(x.w + 1) / 2, rows = (size_t)(x.h + 1) / 2;
    const sw_put put = sw_call_put(call, e.pixels * e.channels, 2 * x.c, call->accumulate[0]);
    return SW_CALL_LAUNCH(call, k->pool_bwd_apply,
                          sw_call_ndrange(call, columns * e.cv, (size_t)x.n * rows, false),
                          SW_ARG(call->in[0]), SW_ARG(call->dout[0]), SW_ARG(call->out[1]),
                          SW_ARG(call->din[0]), NORM_ARGS(call), SW_ARG(call->saved[1]), SW_SIZE_ARGS(x),
                          SW_SIZE_ARGS(y), SW_ARG((int)e.cv), SW_ARG((int)put));
}

static sw_status batchnorm_backward(sw_call *call)
{
    const norm_kernels *k = call->prepared;
    const extent e = extent_of(call);
    SW_ENSURE(backward_sums(call));
    if (e.neighbours)
        SW_ENSURE(SW_CALL_LAUNCH(call, k->bwd_merge, sw_call_ndrange(call, e.channels, e.merged, true),
                                 SW_ARG(call->workspace), SW_ARG(e.chunks), SW_ARG(e.neighbours)));
    SW_ENSURE(SW_CALL_LAUNCH(call, k->bwd_combine, sw_call_ndrange(call, e.channels, 1, true),
                             SW_ARG(call->workspace), SW_ARG(combined_offset(e)), SW_ARG(call->dparam[0]),
                             SW_ARG(call->dparam[1]), SW_ARG(call->saved[1]), SW_ARG(e.pixels),
                             SW_ARG(e.neighbours ? e.merged : e.chunks)));
    /* running statistics do not depend on x: the gradient that goes through those of a batch is left out */
    if (!call->training)
        SW_ENSURE(sw_buffer_fill(call->cl, call->saved[1], 0, 2 * e.channels * sizeof(float), 0));
    if (call->training && call->comm) SW_ENSURE(batchnorm_sync_means(call, e.pixels, e.channels));
    if (call->din[0]) SW_ENSURE(backward_data(call));
    return SW_OK;
}

static void batchnorm_adopt(void *attrs, const char *node, const sw_op_setting *setting)
{
    sw_batchnorm_attrs *a = attrs;
    (void)node;
    if (!(a->eps > 0)) a->eps = setting->norm_eps;
    if (!(a->momentum > 0)) a->momentum = setting->norm_momentum;
}

#define HERE sw_batchnorm_attrs
static const sw_field batchnorm_fields[] = {
    BOOL(relu, "false", "Applies ReLU to the result, in the same pass over memory"),
    REAL(eps, "0", 1, "Added to the variance; 0: model.norm_eps"),
    REAL(momentum, "0", 1, "Of the running mean and variance, as in PyTorch; 0: model.norm_momentum"),
};
static const sw_field_table batchnorm_table = TABLE(batchnorm_fields);
#undef HERE

const sw_op sw_op_batchnorm = {
    .name = "batchnorm",
    .help = "batch normalisation per channel, with ReLU if asked",
    .family = SW_FAMILY_NORM,
    .label = batchnorm_label,
    .attr_bytes = sizeof(sw_batchnorm_attrs),
    .fields = &batchnorm_table,
    .adopt = batchnorm_adopt,
    .input_count = 1,
    .output_count = 1,
    .infer = batchnorm_infer,
    .backward_reads_inputs = SW_BIT(0),
    .gives_gradient = SW_BIT(0),
    .recomputes = SW_BIT(0),
    .gradient_in_place = true,
    .takes_bfloat16 = true,
    .forward_in_place = true,
    .absorbs = &sw_op_max_pool,
    .absorbable = sw_max_pool_is_plain,
    .prepare = batchnorm_prepare,
    .forward = batchnorm_forward,
    .recompute = apply,
    .backward = batchnorm_backward,
    .as_epilogue = batchnorm_as_epilogue,
    .release = sw_call_free_prepared,
};
