/* group_norm: batchnorm's sisters, mean and variance being those of one image's groups of channels. It keeps
 * only these for backward; its output is recomputed from its input. */
#include <stdio.h>
#include <stdlib.h>

#include "base/field_macros.h"
#include "ops/call.h"
#include "ops/ops.h"
#include "ops/setting.h"
#include "storage_options.h"

/* Pixels of one partial reduction at least: 16 channels of 512 pixels are 32 KiB, which a CPU core reads
 * twice from its cache; a GPU wants more work-items. An image has MOST_CHUNKS at most, which one work-item
 * combines. */
enum { CHUNK_PIXELS = 512, GPU_CHUNK_PIXELS = 64, MOST_CHUNKS = 256, MAX_COLUMNS = 4 };

typedef struct group_norm_kernels {
    const sw_kernel *stats_partial, *stats_channel, *stats_group, *apply;
    const sw_kernel *bwd_partial, *bwd_channel, *bwd_params, *bwd_group, *bwd_apply;
    size_t columns; /* channel vectors of a work-item of the partial reductions */
} group_norm_kernels;

/* The batch as (images, pixels, channels), each image cut into chunks; and where things lie in the workspace,
 * in floats: chunks, then sums by channel, then backward's means. */
typedef struct extent {
    size_t images, pixels, channels, cv, groups, group_channels;
    size_t chunk_pixels, chunks;
    size_t sums_at, means_at, end;
} extent;

static extent extent_of(const sw_call *call)
{
    const sw_group_norm_attrs *attrs = call->node->attrs;
    const sw_shape x = sw_call_in_shape(call, 0);
    const bool cpu = sw_cl_device(call->cl)->type == CL_DEVICE_TYPE_CPU;
    extent e = {.images = (size_t)x.n,
                .pixels = (size_t)x.h * (size_t)x.w,
                .channels = (size_t)x.c,
                .cv = (size_t)(x.c / sw_call_vec(call, x.c)),
                .groups = (size_t)attrs->groups,
                .group_channels = (size_t)(x.c / attrs->groups)};
    e.chunk_pixels = sw_divide_up(e.pixels, MOST_CHUNKS);
    const size_t least = cpu ? CHUNK_PIXELS : GPU_CHUNK_PIXELS;
    if (e.chunk_pixels < least) e.chunk_pixels = least;
    e.chunks = sw_divide_up(e.pixels, e.chunk_pixels);
    const size_t sums = e.images * 2 * e.channels;
    e.sums_at = e.chunks * sums;
    e.means_at = e.sums_at + sums;
    e.end = e.means_at + sums;
    return e;
}

/* "1, 2, 3, 6": as many divisors as there is room for. */
static void print_divisors(char *text, size_t bytes, int n)
{
    size_t length = 0;
    text[0] = '\0';
    for (int d = 1; d <= n && length + 1 < bytes; d++)
        if (n % d == 0)
            length += (size_t)snprintf(text + length, bytes - length, "%s%d", length ? ", " : "", d);
}

static sw_status group_norm_infer(sw_graph *graph, sw_node *node)
{
    const sw_group_norm_attrs *attrs = node->attrs;
    const sw_value *input = sw_node_input(graph, node, 0);
    const sw_shape x = input->shape;
    if (input->dtype != SW_F32) return sw_node_fail(node, "'%s' does not hold floats", input->name);
    if (!(attrs->eps > 0)) return sw_node_fail(node, "eps is %g; it must be above 0", (double)attrs->eps);
    if (attrs->groups < 1 || x.c % attrs->groups) {
        char divisors[160];
        print_divisors(divisors, sizeof divisors, x.c);
        return sw_node_fail(node,
                            "the %d channels of '%s' cannot be cut into %d equal groups; groups can be %s",
                            x.c, input->name, attrs->groups, divisors);
    }
    SW_ENSURE(sw_node_add_param(graph, node, "weight", SW_LAYOUT_PLAIN, 1, &x.c, SW_INIT_ONES, 0));
    SW_ENSURE(sw_node_add_param(graph, node, "bias", SW_LAYOUT_PLAIN, 1, &x.c, SW_INIT_ZEROS, 0));
    SW_ENSURE(sw_node_add_output(graph, node, NULL, SW_F32, x));
    node->window = SW_WINDOW_ALL;
    const size_t image_bytes = 2 * (size_t)x.c * sizeof(float), images = (size_t)x.n;
    sw_node_add_saved(graph, node, images * image_bytes); /* mean, 1/std */
    const size_t chunks = sw_divide_up((size_t)x.h * (size_t)x.w, CHUNK_PIXELS);
    node->workspace_bytes = (chunks + 2) * images * image_bytes;
    return SW_OK;
}

static void group_norm_label(char *text, size_t text_bytes, const sw_node *node)
{
    const sw_group_norm_attrs *attrs = node->attrs;
    snprintf(text, text_bytes, "group_norm %d%s", attrs->groups, attrs->relu ? "+relu" : "");
}

static sw_status group_norm_prepare(sw_call *call)
{
    const sw_group_norm_attrs *attrs = call->node->attrs;
    group_norm_kernels *k = calloc(1, sizeof *k);
    if (!k) return sw_fail_alloc("a group norm", sizeof *k);
    call->prepared = k;
    const extent e = extent_of(call);
    call->workspace_bytes = e.end * sizeof(float);
    k->columns = sw_cl_device(call->cl)->type == CL_DEVICE_TYPE_CPU ? MAX_COLUMNS : 1;
    while (e.cv % k->columns) k->columns--;
    char options[80], storage[SW_STORAGE_BYTES];
    sw_storage_of(storage, call, false);
    snprintf(options, sizeof options, "-DRELU=%d -DVEC=%d -DCOLUMNS=%zu%s", attrs->relu,
             (int)(e.channels / e.cv), k->columns, storage);
    const struct {
        const sw_kernel **kernel;
        const char *name;
    } wanted[] = {
        {&k->stats_partial, "group_norm_stats_partial"}, {&k->stats_channel, "group_norm_stats_channel"},
        {&k->stats_group, "group_norm_stats_group"},     {&k->apply, "group_norm_apply"},
        {&k->bwd_partial, "group_norm_bwd_partial"},     {&k->bwd_channel, "group_norm_bwd_channel"},
        {&k->bwd_params, "group_norm_bwd_params"},       {&k->bwd_group, "group_norm_bwd_group"},
        {&k->bwd_apply, "group_norm_bwd_apply"}};
    for (size_t i = 0; i < sizeof wanted / sizeof *wanted; i++)
        SW_ENSURE(sw_kernel_get(wanted[i].kernel, call->cl, "group_norm", wanted[i].name, options));
    return SW_OK;
}

static sw_status statistics(sw_call *call)
{
    const sw_group_norm_attrs *attrs = call->node->attrs;
    const group_norm_kernels *k = call->prepared;
    const extent e = extent_of(call);
    SW_ENSURE(SW_CALL_LAUNCH(call, k->stats_partial,
                             sw_call_ndrange(call, e.cv / k->columns, e.images * e.chunks, true),
                             SW_ARG(call->in[0]), SW_ARG(call->workspace), SW_ARG(e.pixels),
                             SW_ARG(e.chunk_pixels), SW_ARG(e.chunks)));
    SW_ENSURE(SW_CALL_LAUNCH(call, k->stats_channel, sw_call_ndrange(call, e.channels, e.images, true),
                             SW_ARG(call->workspace), SW_ARG(e.sums_at), SW_ARG(e.pixels),
                             SW_ARG(e.chunk_pixels), SW_ARG(e.chunks)));
    return SW_CALL_LAUNCH(call, k->stats_group, sw_call_ndrange(call, e.groups, e.images, true),
                          SW_ARG(call->workspace), SW_ARG(e.sums_at), SW_ARG(call->saved[0]),
                          SW_ARG(e.pixels), SW_ARG(e.group_channels), SW_ARG(attrs->eps));
}

/* Computes out[0] from in[0] and the saved mean and 1/std: the end of forward, and all of recompute. */
static sw_status apply(sw_call *call)
{
    const group_norm_kernels *k = call->prepared;
    const extent e = extent_of(call);
    const bool stream =
        call->out[0] != call->in[0] && sw_call_streams(call, e.images * e.pixels * e.channels);
    return SW_CALL_LAUNCH(call, k->apply, sw_call_ndrange(call, e.cv, e.images * e.pixels, false),
                          SW_ARG(call->in[0]), SW_ARG(call->out[0]), SW_ARG(call->saved[0]),
                          SW_ARG(call->param[0]), SW_ARG(call->param[1]), SW_ARG(e.pixels), SW_ARG(stream));
}

static sw_status group_norm_forward(sw_call *call)
{
    SW_ENSURE(statistics(call));
    return apply(call);
}

/* The sums of each image's channels, behind the chunks' in the workspace; and from them dgamma and dbeta. */
static sw_status backward_sums(sw_call *call)
{
    const group_norm_kernels *k = call->prepared;
    const extent e = extent_of(call);
    SW_ENSURE(SW_CALL_LAUNCH(call, k->bwd_partial,
                             sw_call_ndrange(call, e.cv / k->columns, e.images * e.chunks, true),
                             SW_ARG(call->in[0]), SW_ARG(call->dout[0]), SW_ARG(call->saved[0]),
                             SW_ARG(call->param[0]), SW_ARG(call->param[1]), SW_ARG(call->workspace),
                             SW_ARG(e.pixels), SW_ARG(e.chunk_pixels), SW_ARG(e.chunks)));
    SW_ENSURE(SW_CALL_LAUNCH(call, k->bwd_channel, sw_call_ndrange(call, e.channels, e.images, true),
                             SW_ARG(call->workspace), SW_ARG(e.sums_at), SW_ARG(e.chunks)));
    return SW_CALL_LAUNCH(call, k->bwd_params, sw_call_ndrange(call, e.channels, 1, true),
                          SW_ARG(call->workspace), SW_ARG(e.sums_at), SW_ARG(call->dparam[0]),
                          SW_ARG(call->dparam[1]), SW_ARG(e.images));
}

static sw_status backward_data(sw_call *call)
{
    const group_norm_kernels *k = call->prepared;
    const extent e = extent_of(call);
    SW_ENSURE(SW_CALL_LAUNCH(call, k->bwd_group, sw_call_ndrange(call, e.groups, e.images, true),
                             SW_ARG(call->workspace), SW_ARG(e.sums_at), SW_ARG(e.means_at),
                             SW_ARG(call->param[0]), SW_ARG(e.pixels), SW_ARG(e.group_channels)));
    return SW_CALL_LAUNCH(call, k->bwd_apply, sw_call_ndrange(call, e.cv, e.images * e.pixels, false),
                          SW_ARG(call->in[0]), SW_ARG(call->dout[0]), SW_ARG(call->din[0]),
                          SW_ARG(call->saved[0]), SW_ARG(call->param[0]), SW_ARG(call->param[1]),
                          SW_ARG(call->workspace), SW_ARG(e.means_at), SW_ARG(e.pixels),
                          SW_ARG(call->accumulate[0]));
}

static sw_status group_norm_backward(sw_call *call)
{
    SW_ENSURE(backward_sums(call));
    return call->din[0] ? backward_data(call) : SW_OK;
}

static void group_norm_adopt(void *attrs, const char *node, const sw_op_setting *setting)
{
    sw_group_norm_attrs *a = attrs;
    (void)node;
    if (!(a->eps > 0)) a->eps = setting->norm_eps;
}

#define HERE sw_group_norm_attrs
static const sw_field group_norm_fields[] = {
    INT(groups, "32", 1, 4096, "Groups of neighbouring channels; must divide the channels"),
    BOOL(relu, "false", "Applies ReLU to the result, in the same pass over memory"),
    REAL(eps, "0", 1, "Added to the variance; 0: model.norm_eps"),
};
static const sw_field_table group_norm_table = TABLE(group_norm_fields);
#undef HERE

const sw_op sw_op_group_norm = {
    .name = "group_norm",
    .help = "normalisation of an image's groups of channels, with ReLU if asked",
    .family = SW_FAMILY_NORM,
    .label = group_norm_label,
    .attr_bytes = sizeof(sw_group_norm_attrs),
    .fields = &group_norm_table,
    .adopt = group_norm_adopt,
    .input_count = 1,
    .output_count = 1,
    .infer = group_norm_infer,
    .backward_reads_inputs = SW_BIT(0),
    .gives_gradient = SW_BIT(0),
    .recomputes = SW_BIT(0),
    .gradient_in_place = true,
    .takes_bfloat16 = true,
    .forward_in_place = true,
    .prepare = group_norm_prepare,
    .forward = group_norm_forward,
    .recompute = apply,
    .backward = group_norm_backward,
    .release = sw_call_free_prepared,
};
