/* The losses over images, and label smoothing, against their definitions in PyTorch:
 * tests/golden/losses.safetensors.
 *
 * Bounds are in units of 2^-24 times the size of an element's terms, which has the span of the logits in it:
 * exp errs by 3 ulp and half of what its argument is, sums over pixels and classes by the root of their
 * number. */
#include <criterion/criterion.h>
#include <string.h>

#include "device_case.h"
#include "golden.h"
#include "one_op.h"
#include "ops/ops.h"

static golden g;
static one_op o;

static void open_all(void)
{
    session_open();
    golden_open(&g, "losses");
}

static void close_all(void)
{
    golden_close(&g);
    session_close();
}

TestSuite(golden_losses, .init = open_all, .fini = close_all);

static sw_loss_attrs case_attrs(sw_loss_kind kind)
{
    sw_loss_attrs attrs = {.ignore_index = golden_int(&g, "ignore_index")};
    const struct {
        sw_loss_kind kind;
        const char *key;
        float *to;
    } options[] = {
        {SW_LOSS_CROSS_ENTROPY, "label_smoothing", &attrs.label_smoothing},
        {SW_LOSS_DICE, "smooth", &attrs.smooth},
        {SW_LOSS_TVERSKY, "alpha", &attrs.alpha},
        {SW_LOSS_TVERSKY, "beta", &attrs.beta},
        {SW_LOSS_TVERSKY, "smooth", &attrs.smooth},
        {SW_LOSS_BOUNDARY, "w0", &attrs.w0},
        {SW_LOSS_BOUNDARY, "sigma", &attrs.sigma},
        {SW_LOSS_OHEM, "share", &attrs.share},
        {SW_LOSS_OHEM, "threshold", &attrs.threshold},
    };
    for (size_t i = 0; i < sizeof options / sizeof *options; i++)
        if (options[i].kind == kind) *options[i].to = (float)golden_number(&g, options[i].key);
    if (golden_has(&g, "class_weights")) {
        size_t classes;
        const float *weights = golden_floats(&g, "class_weights", &classes);
        memcpy(attrs.class_weights, weights, classes * sizeof *weights);
        attrs.class_weight_count = (int)classes;
    }
    return attrs;
}

static void check(sw_loss_kind kind)
{
    while (golden_next(&g, sw_loss_kinds[kind])) {
        const sw_loss_attrs attrs = case_attrs(kind);
        one_op_input inputs[2] = {{.dtype = SW_F32}, {.dtype = SW_U8}};
        inputs[0].data = golden_activation(&g, "x", &inputs[0].shape);
        inputs[1].shape = inputs[0].shape;
        inputs[1].shape.c = 1;
        inputs[1].data = golden_bytes(&g, "labels", NULL);
        one_op_open(&o, session, sw_losses[kind], &attrs, 2, inputs, true);
        one_op_forward(&o);
        golden_expect(&g, "y", one_op_output(&o, 0), 8);
        one_op_backward(&o, NULL);
        golden_expect_activation(&g, "dx", one_op_dx(&o), 16);
        one_op_close(&o);
    }
}

Test(golden_losses, cross_entropy_with_label_smoothing)
{
    check(SW_LOSS_CROSS_ENTROPY);
}

Test(golden_losses, dice)
{
    check(SW_LOSS_DICE);
}

Test(golden_losses, tversky)
{
    check(SW_LOSS_TVERSKY);
}

Test(golden_losses, lovasz)
{
    check(SW_LOSS_LOVASZ);
}

Test(golden_losses, boundary)
{
    check(SW_LOSS_BOUNDARY);
}

Test(golden_losses, ohem)
{
    check(SW_LOSS_OHEM);
}
