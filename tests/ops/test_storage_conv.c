/* Convolutions with activations kept as bfloat16, each engine by name: see test_storage.c. */
#include <criterion/criterion.h>
#include <stdio.h>

#include "device_case.h"
#include "exec/executor.h"
#include "ops/ops.h"
#include "storage_case.h"

TestSuite(storage_conv, .init = session_open, .fini = session_close);

/* A convolution; 0 of stride and dilation is 1. */
typedef struct layer {
    int kernel, stride, dilation, in, out, side;
} layer;

static void check_passes(const layer *l, const sw_conv_choice pass[SW_CONV_PASSES])
{
    char name[100];
    sw_conv2d_attrs attrs = {.out_channels = l->out,
                             .kernel = l->kernel,
                             .stride = l->stride,
                             .dilation = l->dilation,
                             .workspace_cap_bytes = 1 << 20};
    for (int p = 0; p < SW_CONV_PASSES; p++) attrs.pass[p] = pass[p];
    snprintf(name, sizeof name, "engine %d: %d -> %d, %dx%d / %d, dilated %d", pass[0], l->in, l->out,
             l->kernel, l->kernel, l->stride, l->dilation);
    expect_rounding_alone(&(storage_case){.name = name,
                                          .op = &sw_op_conv2d,
                                          .attrs = &attrs,
                                          .side = l->side,
                                          .channels = l->in,
                                          .x_stays = l->in < 16,
                                          .y_stays = l->out < 16});
}

static void check(sw_conv_choice engine, const layer *layers, size_t count)
{
    const sw_conv_choice all[SW_CONV_PASSES] = {engine, engine, engine};
    for (size_t i = 0; i < count; i++) check_passes(&layers[i], all);
}

#define CHECK(engine, layers) check(engine, layers, sizeof(layers) / sizeof *(layers))

static bool on_cpu(void)
{
    return sw_cl_device(session)->type == CL_DEVICE_TYPE_CPU;
}

/* --- engines --------------------------------------------------------------------------------- */

Test(storage_conv, winograd)
{
    /* in one kernel, and in three */
    static const layer layers[] = {{.kernel = 3, .in = 32, .out = 48, .side = 18},
                                   {.kernel = 3, .in = 288, .out = 272, .side = 7}};
    if (!on_cpu()) cr_skip_test("an engine of CPUs");
    CHECK(SW_CONV_WINOGRAD, layers);
}

Test(storage_conv, winograd_2x2)
{
    static const layer l = {.kernel = 3, .in = 32, .out = 16, .side = 9};
    /* which has no gradient of weights */
    static const sw_conv_choice pass[] = {SW_CONV_WINOGRAD_2X2, SW_CONV_WINOGRAD_2X2, SW_CONV_WINOGRAD};
    if (!on_cpu()) cr_skip_test("an engine of CPUs");
    check_passes(&l, pass);
}

Test(storage_conv, amx)
{
    static const layer layers[] = {{.kernel = 3, .in = 32, .out = 48, .side = 18},
                                   {.kernel = 1, .in = 80, .out = 16, .side = 9}};
    if (!on_cpu()) cr_skip_test("an engine of CPUs");
    CHECK(SW_CONV_AMX, layers);
}

Test(storage_conv, winograd_tile)
{
    static const layer layers[] = {{.kernel = 3, .in = 32, .out = 48, .side = 18}};
    CHECK(SW_CONV_WINOGRAD_TILE, layers);
}

Test(storage_conv, direct)
{
    static const layer layers[] = {{.kernel = 3, .in = 3, .out = 32, .side = 11},
                                   {.kernel = 3, .in = 32, .out = 3, .side = 11}};
    if (!on_cpu()) cr_skip_test("an engine of CPUs");
    CHECK(SW_CONV_DIRECT, layers);
}

/* Vectors that the channels fill, and not; weights' gradients with vectors of either side. */
static const layer pointwise[] = {{.kernel = 1, .in = 32, .out = 48, .side = 9},
                                  {.kernel = 1, .in = 80, .out = 20, .side = 9},
                                  {.kernel = 1, .stride = 2, .in = 17, .out = 20, .side = 9}};
static const layer wide[] = {{.kernel = 3, .in = 20, .out = 17, .side = 9},
                             {.kernel = 3, .stride = 2, .in = 32, .out = 20, .side = 11},
                             {.kernel = 5, .dilation = 2, .in = 17, .out = 32, .side = 9}};
static const layer thin[] = {{.kernel = 3, .stride = 2, .in = 3, .out = 32, .side = 11},
                             {.kernel = 1, .in = 32, .out = 3, .side = 11}};

Test(storage_conv, gemm)
{
    if (!on_cpu()) cr_skip_test("an engine of CPUs");
    CHECK(SW_CONV_GEMM, pointwise);
    CHECK(SW_CONV_GEMM, wide);
    CHECK(SW_CONV_GEMM, thin);
}

Test(storage_conv, tile)
{
    CHECK(SW_CONV_TILE, pointwise);
    CHECK(SW_CONV_TILE, wide);
    CHECK(SW_CONV_TILE, thin);
}

static void check_transposed(sw_conv_choice engine)
{
    static const layer layers[] = {{.kernel = 2, .stride = 2, .in = 32, .out = 48, .side = 7},
                                   {.kernel = 3, .stride = 2, .in = 20, .out = 17, .side = 6},
                                   {.kernel = 4, .stride = 2, .in = 48, .out = 20, .side = 5}};
    for (size_t i = 0; i < sizeof layers / sizeof *layers; i++) {
        const layer *l = &layers[i];
        const sw_conv_transpose2d_attrs attrs = {.out_channels = l->out,
                                                 .kernel = l->kernel,
                                                 .stride = l->stride,
                                                 .bias = true,
                                                 .engine = engine,
                                                 .workspace_cap_bytes = 1 << 20};
        char name[100];
        snprintf(name, sizeof name, "transposed, engine %d: %d -> %d, %dx%d", engine, l->in, l->out,
                 l->kernel, l->kernel);
        expect_rounding_alone(&(storage_case){.name = name,
                                              .op = &sw_op_conv_transpose2d,
                                              .attrs = &attrs,
                                              .side = l->side,
                                              .channels = l->in});
    }
}

Test(storage_conv, transposed_gemm)
{
    check_transposed(SW_CONV_GEMM);
}

Test(storage_conv, transposed_tile)
{
    check_transposed(SW_CONV_TILE);
}

/* --- which engine ----------------------------------------------------------------------------- */

static void must(sw_status status)
{
    cr_assert_eq(status, SW_OK, "%s", sw_error_message());
}

/* If another engine took over, the comparisons above could hold none the less. */
static void expect_engine(sw_conv_choice engine, const char *name, int channels, int kernel)
{
    static const sw_way ways[] = {SW_WAY_FORWARD, SW_WAY_BACKWARD_DATA, SW_WAY_BACKWARD_WEIGHTS};
    const sw_conv2d_attrs attrs = {
        .out_channels = channels, .kernel = kernel, .engine = engine, .workspace_cap_bytes = 1 << 20};
    sw_graph graph;
    sw_store store;
    sw_slabs slabs;
    sw_executor *executor;
    int x, y;
    sw_graph_init(&graph);
    must(sw_graph_input(&x, &graph, "x", SW_F32, (sw_shape){1, 5, 5, channels}));
    must(sw_graph_add(&y, &graph, &sw_op_conv2d, "conv", &attrs, 1, &x));
    sw_graph_narrow(&graph, x);
    sw_graph_narrow(&graph, y);
    const sw_executor_options options = {
        .training = true, .seeds = &y, .seed_count = 1, .wants = &x, .want_count = 1};
    sw_slabs_init(&slabs, session);
    must(sw_store_init(&store, session, &graph, true));
    must(sw_executor_create(&executor, session, &graph, &store, &slabs, &options));
    for (size_t i = 0; i < sizeof ways / sizeof *ways; i++)
        cr_expect_str_eq(sw_executor_algorithm(executor, 0, ways[i]), name);
    sw_executor_destroy(executor);
    sw_slabs_deinit(&slabs);
    sw_store_deinit(&store);
    sw_graph_deinit(&graph);
}

Test(storage_conv, engines)
{
    expect_engine(SW_CONV_TILE, "tile", 20, 1);
    expect_engine(SW_CONV_WINOGRAD_TILE, "winograd_tile", 32, 3);
    if (!on_cpu()) return;
    expect_engine(SW_CONV_GEMM, "gemm", 20, 1);
    expect_engine(SW_CONV_WINOGRAD, "winograd", 32, 3);
    expect_engine(SW_CONV_CLBLAST, "gemm", 20, 1); /* which takes none */
}
