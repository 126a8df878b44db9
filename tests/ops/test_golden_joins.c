/* Joins of several inputs, and ops on whole images, against what PyTorch computes: the cases of
 * tests/golden/joins.safetensors.
 *
 * Bounds are in units of 2^-24 times the size of an element's terms, as in test_golden_ops.c. A mean or a sum
 * over an image goes through 40 additions at most, however many its pixels (image_sum.h), and two roundings
 * more: 8 is above the square root. A product of two floats is exact in double precision, and rounded once.
 */
#include <criterion/criterion.h>
#include <stdio.h>

#include "device_case.h"
#include "golden.h"
#include "golden_input.h"
#include "one_op.h"
#include "ops/ops.h"

static golden g;

static void open_all(void)
{
    session_open();
    golden_open(&g, "joins");
}

static void close_all(void)
{
    golden_close(&g);
    session_close();
}

TestSuite(golden_joins, .init = open_all, .fini = close_all);

/* "x", "x2", "x3", .. */
static const char *numbered(char name[8], const char *stem, int i)
{
    if (i)
        snprintf(name, 8, "%s%d", stem, i + 1);
    else
        snprintf(name, 8, "%s", stem);
    return name;
}

/* The case that `g` stands at, forward and backward. */
static void check(const sw_op *op, const void *attrs, double y_eps, double dx_eps)
{
    one_op o;
    one_op_input inputs[SW_MAX_INPUTS];
    char name[8];
    const int count = golden_int(&g, "inputs");
    for (int i = 0; i < count; i++) inputs[i] = golden_input(&g, numbered(name, "x", i));
    one_op_open(&o, session, op, attrs, count, inputs, true);
    one_op_forward(&o);
    golden_expect_activation(&g, "y", one_op_output(&o, 0), y_eps);
    one_op_backward(&o, golden_activation(&g, "dy", NULL));
    for (int i = 0; i < count; i++)
        golden_expect_activation(&g, numbered(name, "dx", i), one_op_din(&o, i), dx_eps);
    one_op_close(&o);
}

Test(golden_joins, concat_moves_every_channel_to_its_place_and_its_gradient_back)
{
    while (golden_next(&g, "concat")) check(&sw_op_concat, NULL, 0, 0);
}

Test(golden_joins, sums_of_small_integers_and_their_relu_are_exact)
{
    while (golden_next(&g, "add")) {
        const sw_add_attrs attrs = {.relu = golden_number(&g, "relu") > 0};
        check(&sw_op_add, &attrs, 0, 0);
    }
}

Test(golden_joins, global_average_pool_is_the_mean_of_each_image)
{
    while (golden_next(&g, "global_average_pool")) check(&sw_op_global_average_pool, NULL, 8, 2);
}

Test(golden_joins, broadcast_repeats_a_pixel_and_sums_its_gradients)
{
    while (golden_next(&g, "broadcast")) {
        sw_shape y;
        golden_activation(&g, "y", &y);
        const sw_broadcast_attrs attrs = {.height = y.h, .width = y.w};
        check(&sw_op_broadcast, &attrs, 0, 8);
    }
}

Test(golden_joins, scale_multiplies_each_image_by_its_own_factors)
{
    while (golden_next(&g, "scale")) check(&sw_op_scale, NULL, 0, 8);
}
