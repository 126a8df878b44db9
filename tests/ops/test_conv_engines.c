/* Which convolution engine is taken where, and those of GPUs as on devices that are not at hand. */
#include <criterion/criterion.h>
#include <string.h>

#include "check/check.h"
#include "one_op.h"
#include "ops/ops.h"

static sw_device_info first_device(void)
{
    sw_device_info device;
    cr_assert_eq(sw_device_choose(&device, NULL), SW_OK, "%s", sw_error_message());
    return device;
}

/* The device is believed to be what `device` says. */
static sw_cl *open_device(const sw_device_info *device)
{
    sw_cl *cl;
    cr_assert_eq(sw_cl_create(&cl, device, &(sw_cl_options){.check = true}), SW_OK, "%s", sw_error_message());
    return cl;
}

/* The first device, said to be of that type and to allow work-groups of that many items (0: as it is). */
static sw_cl *open_as(cl_device_type type, size_t max_work_group)
{
    sw_device_info device = first_device();
    device.type = type;
    if (max_work_group) device.max_work_group = max_work_group;
    return open_device(&device);
}

static void expect_engines_of(sw_cl *cl, const sw_conv2d_attrs *attrs, int in, const char *engines)
{
    static const float x[4 * 4 * 64];
    const one_op_input input = {.dtype = SW_F32, .shape = {1, 4, 4, in}, .data = x};
    char label[32];
    one_op o;
    one_op_open(&o, cl, &sw_op_conv2d, attrs, 1, &input, true);
    const char *found = sw_executor_algorithm(o.executor, 0, SW_WAY_ALL);
    sw_node_label(label, sizeof label, o.node);
    cr_expect_str_eq(found, engines, "%s, %d to %d: %s instead of %s", label, in, attrs->out_channels, found,
                     engines);
    one_op_close(&o);
}

static void expect_engines(sw_cl *cl, sw_conv_choice asked, int in, int out, int kernel, const char *engines)
{
    const sw_conv2d_attrs attrs = {
        .out_channels = out, .kernel = kernel, .engine = asked, .workspace_cap_bytes = 1 << 20};
    expect_engines_of(cl, &attrs, in, engines);
}

/* Of a layer with stride 2, and of one with dilation 2. */
static void expect_stepped_engines(sw_cl *cl, sw_conv_choice asked, int in, int out, int kernel,
                                   const char *engines)
{
    sw_conv2d_attrs attrs = {
        .out_channels = out, .kernel = kernel, .stride = 2, .engine = asked, .workspace_cap_bytes = 1 << 20};
    expect_engines_of(cl, &attrs, in, engines);
    attrs.stride = 1;
    attrs.dilation = 2;
    expect_engines_of(cl, &attrs, in, engines);
}

Test(conv_engines, on_a_cpu_the_passes_of_a_layer_go_to_the_engines_that_suit_them)
{
    sw_cl *cl = open_as(CL_DEVICE_TYPE_CPU, 0);
    expect_engines(cl, SW_CONV_AUTO, 3, 64, 3, "direct");
    expect_engines(cl, SW_CONV_AUTO, 64, 3, 3, "direct");
    expect_engines(cl, SW_CONV_AUTO, 64, 3, 1, "direct/direct/gemm");
    expect_engines(cl, SW_CONV_AUTO, 3, 32, 7, "direct/direct/gemm");
    expect_engines(cl, SW_CONV_AUTO, 64, 64, 1, "gemm");
    expect_engines(cl, SW_CONV_AUTO, 17, 17, 3, "gemm"); /* not tile, which would take it */
    expect_engines(cl, SW_CONV_CLBLAST, 17, 17, 3, "clblast");
    expect_engines(cl, SW_CONV_GEMM, 3, 64, 3, "gemm");
    expect_engines(cl, SW_CONV_DIRECT, 64, 64, 3, "gemm");
    expect_engines(cl, SW_CONV_TILE, 17, 17, 3, "tile");
    expect_engines(cl, SW_CONV_TILE, 64, 64, 3, "tile");
    expect_engines(cl, SW_CONV_WINOGRAD_TILE, 64, 64, 3, "winograd_tile");
    expect_engines(cl, SW_CONV_WINOGRAD_2X2, 64, 64, 3, "winograd_2x2/winograd_2x2/gemm");
    expect_engines(cl, SW_CONV_WINOGRAD_2X2, 3, 64, 3, "direct");
    sw_cl_destroy(cl);
}

/* Two convolutions with a pool and its unpooling between them; the engines of an inference. */
static void expect_inference_engines(sw_cl *cl, sw_conv_choice asked, bool exact_places, const char *before,
                                     const char *behind)
{
    const sw_conv2d_attrs conv = {.out_channels = 64,
                                  .kernel = 3,
                                  .engine = asked,
                                  .exact_places = exact_places,
                                  .workspace_cap_bytes = 1 << 20};
    sw_graph graph;
    sw_store store = {0};
    sw_slabs slabs = {0};
    sw_executor *executor;
    int x, first, pooled[2], spread, last;
    sw_graph_init(&graph);
    cr_assert_eq(sw_graph_input(&x, &graph, "x", SW_F32, (sw_shape){1, 8, 8, 64}), SW_OK);
    cr_assert_eq(sw_graph_add(&first, &graph, &sw_op_conv2d, "first", &conv, 1, &x), SW_OK);
    cr_assert_eq(sw_graph_add(pooled, &graph, &sw_op_max_pool, "pool", NULL, 1, &first), SW_OK, "%s",
                 sw_error_message());
    cr_assert_eq(sw_graph_add(&spread, &graph, &sw_op_max_unpool, "unpool", NULL, 2, pooled), SW_OK, "%s",
                 sw_error_message());
    cr_assert_eq(sw_graph_add(&last, &graph, &sw_op_conv2d, "last", &conv, 1, &spread), SW_OK);
    const sw_executor_options options = {.keep = &last, .keep_count = 1};
    cr_assert_eq(sw_executor_create(&executor, cl, &graph, &store, &slabs, &options), SW_OK, "%s",
                 sw_error_message());
    cr_expect_str_eq(sw_executor_algorithm(executor, 0, SW_WAY_ALL), before);
    cr_expect_str_eq(sw_executor_algorithm(executor, 3, SW_WAY_ALL), behind);
    sw_executor_destroy(executor);
    sw_slabs_deinit(&slabs);
    sw_store_deinit(&store);
    sw_graph_deinit(&graph);
}

Test(conv_engines, where_places_must_be_exact_no_engine_that_rounds_more_than_a_sum_decides_them)
{
    sw_cl *cpu = open_as(CL_DEVICE_TYPE_CPU, 0), *gpu = open_as(CL_DEVICE_TYPE_GPU, 0);
    expect_inference_engines(cpu, SW_CONV_AUTO, true, "winograd_2x2", "winograd");
    expect_inference_engines(cpu, SW_CONV_AUTO, false, "winograd", "winograd");
    expect_inference_engines(cpu, SW_CONV_WINOGRAD, true, "winograd_2x2", "winograd");
    expect_inference_engines(cpu, SW_CONV_GEMM, true, "gemm", "gemm");
    expect_inference_engines(gpu, SW_CONV_AUTO, true, "tile", "winograd_tile");
    sw_cl_destroy(cpu);
    sw_cl_destroy(gpu);
}

Test(conv_engines, layers_with_a_stride_or_a_dilation_are_left_to_matrix_products)
{
    sw_cl *cpu = open_as(CL_DEVICE_TYPE_CPU, 0), *gpu = open_as(CL_DEVICE_TYPE_GPU, 0);
    expect_stepped_engines(cpu, SW_CONV_AUTO, 3, 64, 7, "gemm");
    expect_stepped_engines(cpu, SW_CONV_AUTO, 64, 64, 3, "gemm");
    expect_stepped_engines(cpu, SW_CONV_WINOGRAD, 64, 64, 3, "gemm");
    expect_stepped_engines(cpu, SW_CONV_DIRECT, 3, 64, 3, "gemm");
    expect_stepped_engines(cpu, SW_CONV_TILE, 64, 64, 3, "tile");
    expect_stepped_engines(cpu, SW_CONV_CLBLAST, 64, 64, 3, "clblast");
    expect_stepped_engines(gpu, SW_CONV_AUTO, 64, 64, 3, "tile");
    expect_stepped_engines(gpu, SW_CONV_WINOGRAD, 64, 64, 3, "tile");
    expect_stepped_engines(gpu, SW_CONV_WINOGRAD_TILE, 64, 64, 3, "tile");
    expect_stepped_engines(gpu, SW_CONV_CLBLAST, 64, 64, 3, "clblast");
    sw_cl_destroy(cpu);
    sw_cl_destroy(gpu);
}

Test(conv_engines, the_dilation_of_one_pixel_is_none)
{
    sw_cl *cl = open_as(CL_DEVICE_TYPE_CPU, 0);
    const sw_conv2d_attrs attrs = {
        .out_channels = 3, .kernel = 1, .dilation = 6, .workspace_cap_bytes = 1 << 20};
    expect_engines_of(cl, &attrs, 64, "direct/direct/gemm");
    sw_cl_destroy(cl);
}

Test(conv_engines, a_gpu_takes_tiles_unless_clblast_is_asked_for_or_groups_are_too_small)
{
    sw_cl *gpu = open_as(CL_DEVICE_TYPE_GPU, 0), *tiny = open_as(CL_DEVICE_TYPE_GPU, 32);
    expect_engines(gpu, SW_CONV_AUTO, 3, 64, 3, "tile");
    expect_engines(gpu, SW_CONV_AUTO, 17, 17, 5, "tile");
    expect_engines(gpu, SW_CONV_AUTO, 64, 64, 1, "tile");
    expect_engines(gpu, SW_CONV_AUTO, 64, 64, 3, "winograd_tile");
    expect_engines(gpu, SW_CONV_WINOGRAD, 64, 64, 3, "winograd_tile");
    expect_engines(gpu, SW_CONV_WINOGRAD, 64, 24, 3, "tile");
    expect_engines(gpu, SW_CONV_TILE, 64, 64, 3, "tile");
    expect_engines(gpu, SW_CONV_CLBLAST, 64, 64, 3, "clblast");
    expect_engines(tiny, SW_CONV_AUTO, 64, 64, 3, "clblast");
    sw_cl_destroy(gpu);
    sw_cl_destroy(tiny);
}

/* The first device with a matrix unit that is emulated, whatever it has. */
static sw_cl *open_emulated(void)
{
    sw_device_info device = first_device();
    device.type = CL_DEVICE_TYPE_CPU;
    device.matrix_unit = SW_MATRIX_EMULATED;
    return open_device(&device);
}

Test(conv_engines, a_matrix_unit_is_used_where_it_is_asked_for_unless_places_must_be_exact)
{
    sw_cl *with = open_emulated();
    sw_device_info none = first_device();
    none.type = CL_DEVICE_TYPE_CPU;
    none.matrix_unit = SW_MATRIX_NONE;
    sw_cl *without = open_device(&none);
    none.matrix_unit = SW_MATRIX_EMULATED;
    none.local_bytes = 1024; /* no room for the pixels that the windows of a tile reach */
    sw_cl *small = open_device(&none);
    expect_engines(with, SW_CONV_AMX, 64, 64, 3, "amx");
    expect_engines(with, SW_CONV_AMX, 16, 48, 1, "amx");
    expect_engines(with, SW_CONV_AMX, 3, 64, 3, "direct");
    expect_engines(with, SW_CONV_AMX, 17, 64, 3, "gemm");
    expect_engines(with, SW_CONV_AUTO, 64, 64, 3, "winograd");
    expect_engines(without, SW_CONV_AMX, 64, 64, 3, "winograd");
    expect_engines(small, SW_CONV_AMX, 64, 64, 3, "winograd/winograd/amx");
    const sw_conv2d_attrs strided = {
        .out_channels = 64, .kernel = 3, .stride = 2, .engine = SW_CONV_AMX, .workspace_cap_bytes = 1 << 20};
    expect_engines_of(with, &strided, 64, "gemm");
    expect_inference_engines(with, SW_CONV_AMX, true, "winograd_2x2", "winograd");
    expect_inference_engines(with, SW_CONV_AMX, false, "amx", "amx");
    sw_cl_destroy(with);
    sw_cl_destroy(without);
    sw_cl_destroy(small);
}

/* The engine that a case of the self-test names; SW_CONV_AUTO where it is no convolution's. */
static sw_conv_choice engine_named(const sw_check_case *c)
{
    if (strcmp(c->subject, "conv2d") == 0) return ((const sw_conv2d_attrs *)c->op->attrs)->engine;
    if (strcmp(c->subject, "conv_transpose2d") == 0)
        return ((const sw_conv_transpose2d_attrs *)c->op->attrs)->engine;
    return SW_CONV_AUTO;
}

/* All cases of the self-test that name the engine. */
static void check_engine(sw_cl *cl, sw_conv_choice engine)
{
    int count = 0;
    const sw_check_case *c;
    for (size_t i = 0; (c = sw_check_case_at(i)) != NULL; i++) {
        if (c->size > SW_CHECK_QUICK || engine_named(c) != engine) continue;
        sw_check_result result;
        sw_status status = sw_check_run(&result, cl, c);
        cr_expect_eq(status, SW_OK, "%s: %s", result.text, sw_error_message());
        cr_expect(status != SW_OK || result.passed, "%s: %s", result.text, result.where);
        count++;
    }
    cr_assert_gt(count, 0);
}

static void expect_transposed_engine(sw_cl *cl, sw_conv_choice asked, const char *engine)
{
    static const float x[4 * 4 * 8];
    const sw_conv_transpose2d_attrs attrs = {
        .out_channels = 8, .kernel = 2, .stride = 2, .engine = asked, .workspace_cap_bytes = 1 << 20};
    const one_op_input input = {.dtype = SW_F32, .shape = {1, 4, 4, 8}, .data = x};
    one_op o;
    one_op_open(&o, cl, &sw_op_conv_transpose2d, &attrs, 1, &input, true);
    const char *found = sw_executor_algorithm(o.executor, 0, SW_WAY_ALL);
    cr_expect_str_eq(found, engine);
    one_op_close(&o);
}

Test(conv_engines, a_transposed_convolution_is_computed_in_register_tiles_on_cpus_and_in_local_memory_on_gpus)
{
    sw_cl *cpu = open_as(CL_DEVICE_TYPE_CPU, 0), *gpu = open_as(CL_DEVICE_TYPE_GPU, 0),
          *tiny = open_as(CL_DEVICE_TYPE_GPU, 32);
    expect_transposed_engine(cpu, SW_CONV_AUTO, "gemm");
    expect_transposed_engine(cpu, SW_CONV_WINOGRAD, "gemm");
    expect_transposed_engine(cpu, SW_CONV_TILE, "tile");
    expect_transposed_engine(gpu, SW_CONV_AUTO, "tile");
    expect_transposed_engine(gpu, SW_CONV_GEMM, "gemm");
    expect_transposed_engine(tiny, SW_CONV_TILE, "gemm");
    sw_cl_destroy(cpu);
    sw_cl_destroy(gpu);
    sw_cl_destroy(tiny);
}

Test(conv_engines, those_of_gpus_are_right_in_work_groups_of_64_items_too)
{
    sw_cl *cl = open_as(CL_DEVICE_TYPE_GPU, 64);
    check_engine(cl, SW_CONV_TILE);
    check_engine(cl, SW_CONV_WINOGRAD_TILE);
    sw_cl_destroy(cl);
}

Test(conv_engines, those_of_gpus_are_right_with_the_vectors_of_a_gpu)
{
    sw_cl *cl = open_as(CL_DEVICE_TYPE_GPU, 256);
    check_engine(cl, SW_CONV_TILE);
    check_engine(cl, SW_CONV_WINOGRAD_TILE);
    sw_cl_destroy(cl);
}

Test(conv_engines, those_of_gpus_are_right_in_the_small_tiles_of_many_compute_units)
{
    sw_device_info device = first_device();
    device.type = CL_DEVICE_TYPE_GPU;
    device.compute_units = 132;
    sw_cl *cl = open_device(&device);
    check_engine(cl, SW_CONV_TILE);
    check_engine(cl, SW_CONV_WINOGRAD_TILE);
    sw_cl_destroy(cl);
}

/* In the kernels for registers of the other width, 8 or 16 floats: op_conv2d checks those of the device's. */
Test(conv_engines, those_of_cpus_are_right_with_registers_of_the_other_width)
{
    sw_device_info device = first_device();
    sw_cl *own = open_device(&device);
    device.float_vector = sw_cl_register_width(own) == 16 ? 8 : 16;
    sw_cl_destroy(own);
    sw_cl *cl = open_device(&device);
    check_engine(cl, SW_CONV_WINOGRAD);
    check_engine(cl, SW_CONV_WINOGRAD_2X2);
    check_engine(cl, SW_CONV_GEMM);
    check_engine(cl, SW_CONV_DIRECT);
    sw_cl_destroy(cl);
}

Test(conv_engines, that_of_the_matrix_unit_is_right_where_it_is_emulated)
{
    sw_cl *cl = open_emulated();
    check_engine(cl, SW_CONV_AMX);
    sw_cl_destroy(cl);
}

static void check_small_local_memory(uint32_t register_floats)
{
    sw_device_info device = first_device();
    device.local_bytes = 16 * 1024;
    device.float_vector = register_floats;
    sw_cl *cl = open_device(&device);
    check_engine(cl, SW_CONV_WINOGRAD);
    check_engine(cl, SW_CONV_WINOGRAD_2X2);
    if (register_floats == 8) check_engine(cl, SW_CONV_GEMM); /* 1x1 gradients have no room for copies */
    sw_cl_destroy(cl);
}

Test(conv_engines, those_of_cpus_are_right_where_local_memory_is_small)
{
    check_small_local_memory(8);
    check_small_local_memory(16);
}
