/* Activations kept as bfloat16: an op computes what it does in float32 on the same values, and only what it
 * keeps is rounded. So results are not near those of float32 but those, rounded once. */
#include <criterion/criterion.h>

#include "device_case.h"
#include "ops/ops.h"
#include "storage_case.h"

TestSuite(storage, .init = session_open, .fini = session_close);

/* --- ops ------------------------------------------------------------------------------------- */

static void check_convolution(const char *name, sw_conv_choice engine, int in, int out, int side)
{
    sw_conv2d_attrs attrs = {
        .out_channels = out, .kernel = 3, .engine = engine, .workspace_cap_bytes = 1 << 20};
    /* which has no gradient of weights: in both cases by the same engine */
    if (engine == SW_CONV_WINOGRAD_2X2) attrs.pass[SW_CONV_BACKWARD_WEIGHTS] = SW_CONV_WINOGRAD;
    expect_rounding_alone(&(storage_case){.name = name,
                                          .op = &sw_op_conv2d,
                                          .attrs = &attrs,
                                          .side = side,
                                          .channels = in,
                                          .x_stays = in < 16,
                                          .y_stays = out < 16});
}

Test(storage, convolutions)
{
    if (sw_cl_device(session)->type != CL_DEVICE_TYPE_CPU) cr_skip_test("engines of CPUs");
    check_convolution("winograd in one kernel", SW_CONV_WINOGRAD, 32, 48, 18);
    check_convolution("winograd in three", SW_CONV_WINOGRAD, 288, 272, 7);
    check_convolution("winograd_2x2", SW_CONV_WINOGRAD_2X2, 32, 16, 9);
    check_convolution("direct, thin input", SW_CONV_DIRECT, 3, 32, 11);
    check_convolution("direct, thin output", SW_CONV_DIRECT, 32, 3, 11);
}

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

Test(storage, windows)
{
    static const sw_max_pool_attrs wide = {.kernel = 3, .stride = 2, .padding = 1}, ceil = {.ceil = true};
    const storage_case cases[] = {
        {.name = "max_pool", .op = &sw_op_max_pool},
        {.name = "max_pool 3x3", .op = &sw_op_max_pool, .attrs = &wide},
        {.name = "max_pool ceil", .op = &sw_op_max_pool, .attrs = &ceil},
        {.name = "max_unpool", .op = &sw_op_max_unpool},
        {.name = "average_pool", .op = &sw_op_average_pool},
        {.name = "upsample", .op = &sw_op_upsample},
    };
    static const int channels[] = {16, 20, 17, 64};
    for (size_t i = 0; i < sizeof cases / sizeof *cases; i++)
        for (size_t k = 0; k < sizeof channels / sizeof *channels; k++) {
            storage_case c = cases[i];
            c.side = 9, c.channels = channels[k];
            expect_rounding_alone(&c);
        }
}
