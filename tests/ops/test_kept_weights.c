/* Transformed weights that inference keeps from batch to batch: the same bits as anew, and anew when the
 * weights change. */
#include <criterion/criterion.h>
#include <string.h>

#include "base/rng.h"
#include "device_case.h"
#include "one_op.h"
#include "ops/ops.h"

enum { MAX_CHANNELS = 288, MAX_SIDE = 20, IMAGES = 2 };

static float x[IMAGES * MAX_SIDE * MAX_SIDE * MAX_CHANNELS], weights[2][9 * MAX_CHANNELS * MAX_CHANNELS];

TestSuite(kept_weights, .init = session_open, .fini = session_close);

static void fill(float *values, size_t elems, uint64_t index)
{
    sw_rng rng = sw_rng_at(3, SW_RNG_TEST, index);
    for (size_t i = 0; i < elems; i++) values[i] = (float)sw_rng_uniform(&rng, -1.0f, 1.0f);
}

static void expect_same(one_op *kept, one_op *anew, const char *what)
{
    const size_t bytes = kept->graph.values[kept->node->outputs[0]].bytes;
    one_op_forward(kept);
    one_op_forward(anew);
    cr_expect_eq(memcmp(one_op_output(kept, 0), one_op_output(anew, 0), bytes), 0, "%s: other bits", what);
}

/* A training's forward pass keeps nothing. */
static void expect_kept(sw_conv_choice engine, int channels, int side, bool keeps)
{
    const sw_conv2d_attrs attrs = {
        .out_channels = channels, .kernel = 3, .engine = engine, .workspace_cap_bytes = 1 << 20};
    const one_op_input input = {SW_F32, {IMAGES, side, side, channels}, x};
    one_op kept, anew;
    one_op_open(&kept, session, &sw_op_conv2d, &attrs, 1, &input, false);
    one_op_open(&anew, session, &sw_op_conv2d, &attrs, 1, &input, true);
    cr_expect_eq(sw_executor_kept_bytes(kept.executor) > 0, keeps);
    cr_expect_eq(sw_executor_kept_bytes(anew.executor), 0);
    for (int w = 0; w < 2; w++) {
        one_op_set_param(&kept, 0, weights[w]);
        one_op_set_param(&anew, 0, weights[w]);
        expect_same(&kept, &anew, "the first batch");
        expect_same(&kept, &anew, "the next");
    }
    one_op_close(&kept);
    one_op_close(&anew);
}

Test(kept_weights, are_those_that_a_batch_would_make)
{
    const bool cpu = sw_cl_device(session)->type == CL_DEVICE_TYPE_CPU;
    fill(x, sizeof x / sizeof *x, 0);
    fill(weights[0], sizeof weights[0] / sizeof *weights[0], 1);
    fill(weights[1], sizeof weights[1] / sizeof *weights[1], 2);
    expect_kept(SW_CONV_WINOGRAD, 32, MAX_SIDE, cpu);           /* in one kernel, tiles in several groups */
    expect_kept(SW_CONV_WINOGRAD, 32, 4, cpu);                  /* fewer tiles than cores */
    expect_kept(SW_CONV_WINOGRAD, MAX_CHANNELS, MAX_SIDE, cpu); /* in three */
    expect_kept(SW_CONV_GEMM, 32, MAX_SIDE, false);
}
