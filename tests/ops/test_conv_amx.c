/* Engine amx: of small integers, whose products and sums are exact, the bits of engine gemm; and of any
 * numbers on the processor's matrix unit those of the loops that stand in for it in tests elsewhere. */
#include <criterion/criterion.h>
#include <string.h>

#include "device_case.h"
#include "one_op.h"
#include "ops/ops.h"

enum { SIDE = 13, CHANNELS = 48, IMAGES = 2, ELEMS = IMAGES * SIDE * SIDE * CHANNELS };

typedef struct results {
    float y[ELEMS], dx[ELEMS], dw[9 * CHANNELS * CHANNELS];
} results;

/* Numbers of both signs, whose mantissas have more bits than a bfloat16; or integers from -4 to 3. */
static void fill(float *values, size_t count, uint32_t seed, bool integers)
{
    for (size_t i = 0; i < count; i++) {
        seed = seed * 1664525u + 1013904223u;
        values[i] = integers ? (float)(seed >> 29) - 4 : (float)(int32_t)seed * 0x1p-31f;
    }
}

static void compute(results *out, const sw_device_info *device, const sw_conv2d_attrs *attrs,
                    const char *engine, bool integers)
{
    static float x[ELEMS], dy[ELEMS], w[9 * CHANNELS * CHANNELS];
    const one_op_input input = {.dtype = SW_F32, .shape = {IMAGES, SIDE, SIDE, CHANNELS}, .data = x};
    const size_t weights = (size_t)(attrs->kernel * attrs->kernel) * CHANNELS * CHANNELS;
    sw_cl *cl;
    one_op o;
    fill(x, ELEMS, 1, integers), fill(dy, ELEMS, 2, integers), fill(w, weights, 3, integers);
    cr_assert_eq(sw_cl_create(&cl, device, &(sw_cl_options){.check = true}), SW_OK, "%s", sw_error_message());
    one_op_open(&o, cl, &sw_op_conv2d, attrs, 1, &input, true);
    one_op_set_param(&o, 0, w);
    cr_assert_str_eq(sw_executor_algorithm(o.executor, 0, SW_WAY_ALL), engine);
    one_op_forward(&o);
    one_op_backward(&o, dy);
    memcpy(out->y, one_op_output(&o, 0), sizeof out->y);
    memcpy(out->dx, one_op_dx(&o), sizeof out->dx);
    memcpy(out->dw, one_op_dparam(&o, 0), weights * sizeof(float));
    one_op_close(&o);
    sw_cl_destroy(cl);
}

static void expect_the_same(const results *found, const results *wanted, const sw_conv2d_attrs *attrs,
                            const char *as)
{
    const int k = attrs->kernel;
    cr_expect_arr_eq(found->y, wanted->y, sizeof found->y, "y, %dx%d: not as %s", k, k, as);
    cr_expect_arr_eq(found->dx, wanted->dx, sizeof found->dx, "dx, %dx%d: not as %s", k, k, as);
    cr_expect_arr_eq(found->dw, wanted->dw, sizeof found->dw, "dw, %dx%d: not as %s", k, k, as);
}

static void check(int kernel, int dilation)
{
    static results found, wanted;
    sw_conv2d_attrs attrs = {.out_channels = CHANNELS,
                             .kernel = kernel,
                             .dilation = dilation,
                             .engine = SW_CONV_AMX,
                             .workspace_cap_bytes = 1 << 20};
    sw_device_info device;
    choose_device(&device);
    if (device.type != CL_DEVICE_TYPE_CPU) cr_skip_test("an engine of CPUs");
    compute(&found, &device, &attrs, "amx", true);
    attrs.engine = SW_CONV_GEMM;
    compute(&wanted, &device, &attrs, "gemm", true);
    expect_the_same(&found, &wanted, &attrs, "gemm");
    if (device.matrix_unit == SW_MATRIX_EMULATED) return;
    attrs.engine = SW_CONV_AMX;
    compute(&found, &device, &attrs, "amx", false);
    device.matrix_unit = SW_MATRIX_EMULATED;
    compute(&wanted, &device, &attrs, "amx", false);
    expect_the_same(&found, &wanted, &attrs, "the loops");
}

Test(conv_amx, a_window_of_three)
{
    check(3, 1);
}

Test(conv_amx, a_dilated_window)
{
    check(3, 4);
}

Test(conv_amx, one_pixel)
{
    check(1, 1);
}
