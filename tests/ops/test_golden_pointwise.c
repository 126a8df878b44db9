/* Activations, group norm and local response norm against what PyTorch computes: the cases of
 * tests/golden/pointwise.safetensors. Bounds are in units of 2^-24 times the size of an element's terms, as
 * in test_golden_ops.c. */
#include <criterion/criterion.h>

#include "device_case.h"
#include "golden.h"
#include "golden_input.h"
#include "one_op.h"
#include "ops/ops.h"

static golden g;
static one_op o;

static void open_all(void)
{
    session_open();
    golden_open(&g, "pointwise");
}

static void close_all(void)
{
    golden_close(&g);
    session_close();
}

TestSuite(golden_pointwise, .init = open_all, .fini = close_all);

/* Forward and backward of the case, whose results may be off by so many units. */
static void check(const sw_op *op, const void *attrs, double y_units, double dx_units)
{
    const one_op_input x = golden_input(&g, "x");
    one_op_open(&o, session, op, attrs, 1, &x, true);
    one_op_forward(&o);
    golden_expect_activation(&g, "y", one_op_output(&o, 0), y_units);
    one_op_backward(&o, golden_activation(&g, "dy", NULL));
    golden_expect_activation(&g, "dx", one_op_dx(&o), dx_units);
    one_op_close(&o);
}

Test(golden_pointwise, rectifiers_are_exact_but_for_the_slope)
{
    while (golden_next(&g, "relu")) check(&sw_op_relu, NULL, 0, 0);
    while (golden_next(&g, "leaky_relu")) {
        const sw_leaky_relu_attrs attrs = {(float)golden_number(&g, "slope")};
        /* the product's rounding, the file's, and that of the slope itself, 0.01 */
        check(&sw_op_leaky_relu, &attrs, 3, 3);
    }
}

/* exp to 3 ulp (6 units), the sum, a division to 2.5 ulp, the file: 13; the slopes have it twice or so. */
Test(golden_pointwise, sigmoid_and_silu_agree)
{
    while (golden_next(&g, "sigmoid")) check(&sw_op_sigmoid, NULL, 13, 28);
    while (golden_next(&g, "silu")) check(&sw_op_silu, NULL, 13, 28);
}

/* As batch norm's in test_golden_ops.c: sums of at most 60 terms and about ten roundings. */
Test(golden_pointwise, group_norm_normalises_each_images_groups)
{
    while (golden_next(&g, "group_norm")) {
        const sw_group_norm_attrs attrs = {.groups = golden_int(&g, "groups"),
                                           .eps = (float)golden_number(&g, "eps"),
                                           .relu = golden_number(&g, "relu") != 0};
        const one_op_input x = golden_input(&g, "x");
        one_op_open(&o, session, &sw_op_group_norm, &attrs, 1, &x, true);
        one_op_set_param(&o, 0, golden_floats(&g, "weight", NULL));
        one_op_set_param(&o, 1, golden_floats(&g, "bias", NULL));
        one_op_forward(&o);
        golden_expect_activation(&g, "y", one_op_output(&o, 0), 16);
        one_op_backward(&o, golden_activation(&g, "dy", NULL));
        golden_expect_activation(&g, "dx", one_op_dx(&o), 24);
        golden_expect(&g, "dweight", one_op_dparam(&o, 0), 16);
        golden_expect(&g, "dbias", one_op_dparam(&o, 1), 16);
        one_op_close(&o);
    }
}

/* A power to 16 ulp (32 units) of a sum of up to 9 squares; in the gradient a quotient, a sum and a few
 * products more. */
Test(golden_pointwise, local_response_norm_looks_at_the_same_window_of_channels)
{
    while (golden_next(&g, "local_response_norm")) {
        const sw_local_response_norm_attrs attrs = {.size = golden_int(&g, "size"),
                                                    .alpha = (float)golden_number(&g, "alpha"),
                                                    .beta = (float)golden_number(&g, "beta"),
                                                    .k = (float)golden_number(&g, "k")};
        check(&sw_op_local_response_norm, &attrs, 40, 60);
    }
}
