/* In inference a norm is done by the convolution before it, as it writes. To the same bits as by itself. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/rng.h"
#include "cl/buffer.h"
#include "device_case.h"
#include "exec/executor.h"
#include "ops/ops.h"

enum { IMAGES = 3, MAX_CHANNELS = 288 };

typedef struct pair {
    const char *what;
    sw_conv_choice engine;
    int in, out, kernel, side;
    bool bias, relu, read_before; /* another convolution reads the value between the two first */
    bool merged;                  /* wanted */
    int stride, dilation;         /* 0: 1 */
} pair;

/* On a device that is no CPU, engines of CPUs are replaced by others, which do not merge. */
static const pair pairs[] = {
    {"one kernel", SW_CONV_WINOGRAD, 16, 32, 3, 8, .relu = true, .merged = true},
    {"tiles cut at the edge", SW_CONV_WINOGRAD, 32, 16, 3, 10, .relu = true, .merged = true},
    {"three kernels", SW_CONV_WINOGRAD, MAX_CHANNELS, MAX_CHANNELS, 3, 6, .relu = true, .merged = true},
    {"no ReLU", SW_CONV_WINOGRAD, 16, 16, 3, 8, .merged = true},
    {"tiles of 2x2", SW_CONV_WINOGRAD_2X2, 16, 32, 3, 7, .relu = true, .merged = true},
    {"tiles of GPUs", SW_CONV_WINOGRAD_TILE, 16, 32, 3, 10, .relu = true, .merged = true},
    {"matrix unit", SW_CONV_AMX, 16, 48, 3, 7, .relu = true, .merged = true},
    {"3x3", SW_CONV_GEMM, 16, 48, 3, 7, .relu = true, .merged = true},
    {"1x1", SW_CONV_GEMM, 32, 64, 1, 9, .relu = true, .merged = true},
    {"stride", SW_CONV_GEMM, 16, 48, 3, 7, .relu = true, .merged = true, .stride = 2},
    {"1x1 with a stride", SW_CONV_GEMM, 16, 32, 1, 9, .relu = true, .merged = true, .stride = 2},
    {"dilation", SW_CONV_GEMM, 16, 32, 3, 7, .relu = true, .merged = true, .dilation = 3},
    {"thin input", SW_CONV_DIRECT, 3, 64, 3, 9, .relu = true, .merged = true},
    {"thin input, one vector", SW_CONV_DIRECT, 3, 16, 3, 13, .relu = true, .merged = true},
    {"thin output", SW_CONV_DIRECT, 32, 3, 3, 8, .relu = true},
    {"lanes to spare", SW_CONV_GEMM, 16, 24, 3, 8, .relu = true},
    {"bias", SW_CONV_WINOGRAD, 16, 16, 3, 8, .bias = true, .relu = true},
    {"read before", SW_CONV_WINOGRAD, 16, 16, 3, 8, .relu = true, .read_before = true},
    {"reference engine", SW_CONV_CLBLAST, 16, 16, 3, 8, .relu = true},
};

static void must(sw_status status)
{
    cr_assert_eq(status, SW_OK, "%s", sw_error_message());
}

typedef struct built {
    sw_graph graph;
    sw_store store;
    sw_slabs slabs;
    sw_executor *executor;
    int x, y, other; /* values; other -1: none */
    int norm;        /* node */
} built;

static void add_graph(built *b, const pair *p)
{
    const sw_conv2d_attrs conv = {.out_channels = p->out,
                                  .kernel = p->kernel,
                                  .stride = p->stride,
                                  .dilation = p->dilation,
                                  .bias = p->bias,
                                  .engine = p->engine,
                                  .workspace_cap_bytes = 1 << 20};
    const sw_batchnorm_attrs norm = {.eps = 1e-5f, .momentum = 0.1f, .relu = p->relu};
    int between;
    sw_graph_init(&b->graph);
    must(sw_graph_input(&b->x, &b->graph, "x", SW_F32, (sw_shape){IMAGES, p->side, p->side, p->in}));
    must(sw_graph_add(&between, &b->graph, &sw_op_conv2d, "conv", &conv, 1, &b->x));
    b->other = -1;
    if (p->read_before) must(sw_graph_add(&b->other, &b->graph, &sw_op_conv2d, "other", &conv, 1, &between));
    b->norm = b->graph.node_count;
    must(sw_graph_add(&b->y, &b->graph, &sw_op_batchnorm, "norm", &norm, 1, &between));
}

static void fill(sw_cl *cl, cl_mem buffer, size_t elems, uint64_t index, float from, float to)
{
    float *values = malloc(elems * sizeof *values);
    cr_assert(values);
    sw_rng rng = sw_rng_at(7, SW_RNG_TEST, index);
    for (size_t i = 0; i < elems; i++) values[i] = (float)sw_rng_uniform(&rng, from, to);
    must(sw_buffer_write(cl, buffer, 0, values, elems * sizeof *values));
    free(values);
}

static void build(built *b, sw_cl *cl, const pair *p, bool debug_buffers)
{
    add_graph(b, p);
    const int keep[] = {b->y, b->other};
    const sw_executor_options options = {
        .debug_buffers = debug_buffers, .keep = keep, .keep_count = b->other < 0 ? 1 : 2};
    sw_slabs_init(&b->slabs, cl);
    must(sw_store_init(&b->store, cl, &b->graph, false));
    must(sw_executor_create(&b->executor, cl, &b->graph, &b->store, &b->slabs, &options));
    must(sw_executor_bind(b->executor));
    fill(cl, b->store.params, b->store.param_elems, 1, -1.0f, 1.0f);
    fill(cl, b->store.states, b->store.state_elems, 2, 0.25f, 4.0f);
    fill(cl, sw_executor_value(b->executor, b->x), sw_shape_elems(b->graph.values[b->x].shape), 3, -1.0f,
         1.0f);
    must(sw_executor_forward(b->executor, IMAGES));
}

static void tear_down(built *b)
{
    sw_executor_destroy(b->executor);
    sw_slabs_deinit(&b->slabs);
    sw_store_deinit(&b->store);
    sw_graph_deinit(&b->graph);
}

static float *read_value(sw_cl *cl, const built *b, int value)
{
    size_t bytes = b->graph.values[value].bytes;
    float *values = malloc(bytes);
    cr_assert(values);
    must(sw_buffer_read(cl, sw_executor_value(b->executor, value), 0, values, bytes));
    return values;
}

static void expect_same(sw_cl *cl, const pair *p, const built *a, const built *b, int value)
{
    float *merged = read_value(cl, a, value), *apart = read_value(cl, b, value);
    cr_expect_eq(memcmp(merged, apart, a->graph.values[value].bytes), 0, "%s: other bits", p->what);
    free(merged);
    free(apart);
}

/* In kernels for registers of so many floats, whatever the device's have. */
static void expect_merged(uint32_t register_floats)
{
    sw_device_info device;
    sw_cl *cl;
    choose_device(&device);
    device.float_vector = register_floats;
    must(sw_cl_create(&cl, &device, NULL));
    bool cpu = device.type == CL_DEVICE_TYPE_CPU;
    for (size_t i = 0; i < sizeof pairs / sizeof *pairs; i++) {
        const pair *p = &pairs[i];
        built merged, apart;
        build(&merged, cl, p, false);
        build(&apart, cl, p, true);
        cr_expect_eq(sw_executor_is_merged(merged.executor, merged.norm), cpu && p->merged, "%s", p->what);
        cr_expect_not(sw_executor_is_merged(apart.executor, apart.norm), "%s", p->what);
        expect_same(cl, p, &merged, &apart, merged.y);
        if (merged.other >= 0) expect_same(cl, p, &merged, &apart, merged.other);
        tear_down(&merged);
        tear_down(&apart);
    }
    sw_cl_destroy(cl);
}

Test(merged_norms, give_the_same_bits_with_registers_of_8_floats)
{
    expect_merged(8);
}

Test(merged_norms, give_the_same_bits_with_registers_of_16_floats)
{
    expect_merged(16);
}

/* A NaN is looked for node by node, and is not put down to the convolution. */
Test(merged_norms, a_nan_of_the_norm_is_found_there)
{
    const float nan_value = NAN;
    char where[256];
    sw_device_info device;
    sw_cl *cl;
    built b;
    choose_device(&device);
    must(sw_cl_create(&cl, &device, NULL));
    build(&b, cl, &pairs[0], false);
    const sw_param *beta = &b.graph.params[b.graph.nodes[b.norm].params[1]];
    must(sw_buffer_write(cl, b.store.params, beta->offset_elems * sizeof(float), &nan_value,
                         sizeof nan_value));
    must(sw_executor_find_nan(b.executor, IMAGES, where, sizeof where));
    cr_expect_str_eq(where, "parameter 'norm.bias'");
    tear_down(&b);
    sw_cl_destroy(cl);
}
