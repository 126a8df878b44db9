/* Engine amx on the processor's matrix unit beside the loops that stand in for it in tests elsewhere: same
 * bits. */
#include <criterion/criterion.h>
#include <string.h>

#include "one_op.h"
#include "ops/ops.h"

enum { SIDE = 13, CHANNELS = 48, IMAGES = 2, ELEMS = IMAGES * SIDE * SIDE * CHANNELS };

typedef struct results {
    float y[ELEMS], dx[ELEMS], dw[9 * CHANNELS * CHANNELS];
} results;

/* Numbers of both signs, whose mantissas have more bits than a bfloat16. */
static void fill(float *values, size_t count, uint32_t seed)
{
    for (size_t i = 0; i < count; i++) {
        seed = seed * 1664525u + 1013904223u;
        values[i] = (float)(int32_t)seed * 0x1p-31f;
    }
}

static void compute(results *out, const sw_device_info *device, const sw_conv2d_attrs *attrs)
{
    static float x[ELEMS], dy[ELEMS], w[9 * CHANNELS * CHANNELS];
    const one_op_input input = {.dtype = SW_F32, .shape = {IMAGES, SIDE, SIDE, CHANNELS}, .data = x};
    const size_t weights = (size_t)(attrs->kernel * attrs->kernel) * CHANNELS * CHANNELS;
    sw_cl *cl;
    one_op o;
    fill(x, ELEMS, 1), fill(dy, ELEMS, 2), fill(w, weights, 3);
    cr_assert_eq(sw_cl_create(&cl, device, &(sw_cl_options){.check = true}), SW_OK, "%s", sw_error_message());
    one_op_open(&o, cl, &sw_op_conv2d, attrs, 1, &input, true);
    one_op_set_param(&o, 0, w);
    cr_assert_str_eq(sw_executor_algorithm(o.executor, 0, SW_WAY_ALL), "amx");
    one_op_forward(&o);
    one_op_backward(&o, dy);
    memcpy(out->y, one_op_output(&o, 0), sizeof out->y);
    memcpy(out->dx, one_op_dx(&o), sizeof out->dx);
    memcpy(out->dw, one_op_dparam(&o, 0), weights * sizeof(float));
    one_op_close(&o);
    sw_cl_destroy(cl);
}

static void expect_the_same_bits(int kernel, int dilation)
{
    static results unit, loops;
    const sw_conv2d_attrs attrs = {.out_channels = CHANNELS,
                                   .kernel = kernel,
                                   .dilation = dilation,
                                   .engine = SW_CONV_AMX,
                                   .workspace_cap_bytes = 1 << 20};
    sw_device_info device;
    cr_assert_eq(sw_device_choose(&device, NULL), SW_OK, "%s", sw_error_message());
    if (device.matrix_unit != SW_MATRIX_AMX) cr_skip_test("this processor has no matrix unit");
    compute(&unit, &device, &attrs);
    device.matrix_unit = SW_MATRIX_EMULATED;
    compute(&loops, &device, &attrs);
    cr_expect_arr_eq(unit.y, loops.y, sizeof unit.y, "y, %dx%d", kernel, kernel);
    cr_expect_arr_eq(unit.dx, loops.dx, sizeof unit.dx, "dx, %dx%d", kernel, kernel);
    cr_expect_arr_eq(unit.dw, loops.dw, sizeof unit.dw, "dw, %dx%d", kernel, kernel);
}

Test(conv_amx, a_window_of_three)
{
    expect_the_same_bits(3, 1);
}

Test(conv_amx, a_dilated_window)
{
    expect_the_same_bits(3, 4);
}

Test(conv_amx, one_pixel)
{
    expect_the_same_bits(1, 1);
}
