/* Activations kept as bfloat16: an op computes what it does in float32 on the same values, and only what it
 * keeps is rounded. So results are not near those of float32 but those, rounded once. */
#include <criterion/criterion.h>
#include <math.h>

#include "device_case.h"
#include "ops/ops.h"
#include "ops/storage.h"
#include "storage_case.h"

static void must(sw_status status)
{
    cr_assert_eq(status, SW_OK, "%s", sw_error_message());
}

TestSuite(storage, .init = session_open, .fini = session_close);

/* --- ops ------------------------------------------------------------------------------------- */

Test(storage, norms)
{
    for (int relu = 0; relu < 2; relu++) {
        const sw_batchnorm_attrs attrs = {.eps = 1e-5f, .momentum = 0.1f, .relu = relu};
        storage_case c = {
            .name = "norm", .op = &sw_op_batchnorm, .attrs = &attrs, .side = 20, .channels = 48};
        expect_rounding_alone(&c);
        c.channels = 17;
        expect_rounding_alone(&c);
        c.name = "norm and pool", c.next = &sw_op_max_pool;
        expect_rounding_alone(&c);
        c.channels = 48, c.side = 13;
        expect_rounding_alone(&c);
    }
}

/* With channels that vectors of all widths divide. */
static void expect_all(const storage_case *cases, size_t count, int side)
{
    static const int channels[] = {16, 20, 17, 64};
    for (size_t i = 0; i < count; i++)
        for (size_t k = 0; k < sizeof channels / sizeof *channels; k++) {
            storage_case c = cases[i];
            c.side = side, c.channels = channels[k];
            expect_rounding_alone(&c);
        }
}

Test(storage, windows)
{
    static const sw_max_pool_attrs wide = {.kernel = 3, .stride = 2, .padding = 1}, ceil = {.ceil = true};
    static const sw_average_pool_attrs ceil_average = {.ceil = true};
    static const sw_bilinear_attrs twice = {.scale = 2},
                                   sized = {.height = 14, .width = 5, .align_corners = true};
    const storage_case cases[] = {
        {.name = "max_pool", .op = &sw_op_max_pool, .moves = true},
        {.name = "max_pool 3x3", .op = &sw_op_max_pool, .attrs = &wide, .moves = true},
        {.name = "max_pool ceil", .op = &sw_op_max_pool, .attrs = &ceil, .moves = true},
        {.name = "max_unpool", .op = &sw_op_max_unpool, .second = STORAGE_OFFSETS, .moves = true},
        {.name = "average_pool", .op = &sw_op_average_pool},
        {.name = "average_pool ceil", .op = &sw_op_average_pool, .attrs = &ceil_average},
        {.name = "upsample", .op = &sw_op_upsample},
        {.name = "bilinear twice", .op = &sw_op_bilinear, .attrs = &twice},
        {.name = "bilinear", .op = &sw_op_bilinear, .attrs = &sized},
    };
    expect_all(cases, sizeof cases / sizeof *cases, 9);
}

/* Halfway, just beside it, at the ends, and no numbers. */
Test(storage, values_at_the_edges)
{
    const float values[] = {0.0f,        -0.0f,           1.0f,        0x1.01p0f,     0x1.03p0f,
                            -0x1.01p0f,  0x1.02p0f,       0x1.0102p0f, 0x1.00fffep0f, 0x1.fffffep127f,
                            0x1.fep127f, 0x1.fefffep127f, 0x1p-126f,   0x1p-149f,     0x1.018p-127f,
                            INFINITY,    -INFINITY,       NAN,         -NAN,          1e30f,
                            3.14159f};
    storage_case c = {.name = "upsample", .op = &sw_op_upsample, .side = 6};
    for (c.channels = 16; c.channels < 20; c.channels++)
        expect_rounding_of(&c, values, sizeof values / sizeof *values);
}

Test(storage, pointwise)
{
    static const sw_leaky_relu_attrs leaky = {.slope = 0.1f};
    static const sw_dropout_attrs elements = {.rate = 0.3f},
                                  whole = {.rate = 0.3f, .kind = SW_DROPOUT_CHANNELS};
    const storage_case cases[] = {
        {.name = "relu", .op = &sw_op_relu, .moves = true},
        {.name = "leaky_relu", .op = &sw_op_leaky_relu, .attrs = &leaky},
        {.name = "sigmoid", .op = &sw_op_sigmoid, .reads_y = true},
        {.name = "silu", .op = &sw_op_silu},
        {.name = "dropout", .op = &sw_op_dropout, .attrs = &elements, .draws = true},
        {.name = "dropout of channels", .op = &sw_op_dropout, .attrs = &whole, .draws = true},
    };
    expect_all(cases, sizeof cases / sizeof *cases, 5);
}

Test(storage, joins)
{
    static const sw_add_attrs with_relu = {.relu = true};
    const storage_case cases[] = {
        {.name = "add", .op = &sw_op_add, .second = STORAGE_ALIKE},
        {.name = "add and relu", .op = &sw_op_add, .attrs = &with_relu, .second = STORAGE_ALIKE},
        {.name = "concat", .op = &sw_op_concat, .second = STORAGE_ALIKE, .moves = true},
        {.name = "scale", .op = &sw_op_scale, .second = STORAGE_FACTOR},
    };
    expect_all(cases, sizeof cases / sizeof *cases, 5);
}

Test(storage, images)
{
    static const sw_broadcast_attrs large = {.height = 7, .width = 5};
    const storage_case pools[] = {
        {.name = "global_average_pool", .op = &sw_op_global_average_pool, .y_stays = true}};
    const storage_case spreads[] = {
        {.name = "broadcast", .op = &sw_op_broadcast, .attrs = &large, .x_stays = true}};
    expect_all(pools, 1, 9);
    expect_all(spreads, 1, 1);
}

Test(storage, depthwise_convolutions)
{
    static const sw_depthwise_conv2d_attrs plain = {.kernel = 3}, strided = {.kernel = 5, .stride = 2},
                                           dilated = {.kernel = 3, .dilation = 2};
    const storage_case cases[] = {
        {.name = "depthwise", .op = &sw_op_depthwise_conv2d, .attrs = &plain},
        {.name = "depthwise, strided", .op = &sw_op_depthwise_conv2d, .attrs = &strided},
        {.name = "depthwise, dilated", .op = &sw_op_depthwise_conv2d, .attrs = &dilated},
    };
    expect_all(cases, sizeof cases / sizeof *cases, 9);
}

Test(storage, group_norms)
{
    const sw_group_norm_attrs attrs = {.groups = 4, .eps = 1e-5f, .relu = true};
    storage_case c = {
        .name = "group_norm", .op = &sw_op_group_norm, .attrs = &attrs, .side = 25, .channels = 48};
    expect_rounding_alone(&c);
    c.channels = 20;
    expect_rounding_alone(&c);
}

Test(storage, is_chosen_by_who_makes_and_reads_a_value)
{
    sw_graph graph;
    int images, labels, thin, wide, joined, sum, logits, loss;
    const sw_conv2d_attrs to_thin = {.out_channels = 8, .kernel = 1},
                          to_wide = {.out_channels = 32, .kernel = 3},
                          to_classes = {.out_channels = 3, .kernel = 1};
    sw_graph_init(&graph);
    must(sw_graph_input(&images, &graph, "images", SW_F32, (sw_shape){1, 8, 8, 3}));
    must(sw_graph_input(&labels, &graph, "labels", SW_U8, (sw_shape){1, 8, 8, 1}));
    must(sw_graph_add(&wide, &graph, &sw_op_conv2d, "wide", &to_wide, 1, &images));
    must(sw_graph_add(&thin, &graph, &sw_op_conv2d, "thin", &to_thin, 1, &wide));
    must(sw_graph_add(&sum, &graph, &sw_op_add, "sum", NULL, 2, (int[]){wide, wide}));
    must(sw_graph_add(&joined, &graph, &sw_op_concat, "joined", NULL, 2, (int[]){sum, thin}));
    must(sw_graph_add(&logits, &graph, &sw_op_conv2d, "logits", &to_classes, 1, &joined));
    must(sw_graph_add(&loss, &graph, &sw_op_cross_entropy, "loss", NULL, 2, (int[]){logits, labels}));
    must(sw_storage_narrow(&graph, NULL, 0, sw_cl_device(session)));
    cr_expect_eq(graph.values[images].dtype, SW_F32, "an input");
    cr_expect_eq(graph.values[wide].dtype, SW_BF16);
    cr_expect_eq(graph.values[wide].bytes, 2 * 8 * 8 * 32);
    cr_expect_eq(graph.values[thin].dtype, SW_F32, "8 channels");
    cr_expect_eq(graph.values[sum].dtype, SW_F32, "joined with what stays");
    cr_expect_eq(graph.values[joined].dtype, SW_BF16);
    cr_expect_eq(graph.values[logits].dtype, SW_F32, "a loss reads it");
    sw_graph_deinit(&graph);
}
