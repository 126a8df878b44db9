/* What inference keeps from batch to batch, transformed weights and statistics of norms: the same bits as
 * anew, and anew when what it follows from changes. */
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
    expect_kept(SW_CONV_WINOGRAD_2X2, 32, MAX_SIDE, cpu);
    expect_kept(SW_CONV_AMX, 48, MAX_SIDE, cpu);
    expect_kept(SW_CONV_WINOGRAD_TILE, 32, MAX_SIDE, true);
    expect_kept(SW_CONV_GEMM, 32, MAX_SIDE, false);
}

Test(kept_weights, statistics_of_a_norm_are_those_of_now)
{
    enum { CHANNELS = 48 };
    const sw_batchnorm_attrs attrs = {.eps = 1e-5f, .momentum = 0.1f};
    const one_op_input input = {SW_F32, {1, 4, 4, CHANNELS}, x};
    const size_t bytes = 16 * CHANNELS * sizeof(float);
    float statistics[2][CHANNELS], first[16 * CHANNELS];
    one_op changed, fresh;
    fill(x, 16 * CHANNELS, 0);
    for (int c = 0; c < CHANNELS; c++) statistics[0][c] = 1.0f + (float)c, statistics[1][c] = 0.5f;
    one_op_open(&changed, session, &sw_op_batchnorm, &attrs, 1, &input, false);
    one_op_open(&fresh, session, &sw_op_batchnorm, &attrs, 1, &input, false);
    for (int parameter = 0; parameter < 2; parameter++) {
        one_op_set_param(&changed, parameter, statistics[0]);
        one_op_set_param(&fresh, parameter, statistics[0]);
        one_op_set_state(&changed, parameter, statistics[0]);
        one_op_set_state(&fresh, parameter, statistics[1]);
    }
    one_op_forward(&changed);
    memcpy(first, one_op_output(&changed, 0), bytes);
    for (int state = 0; state < 2; state++) one_op_set_state(&changed, state, statistics[1]);
    expect_same(&changed, &fresh, "statistics that changed");
    cr_expect_neq(memcmp(one_op_output(&changed, 0), first, bytes), 0);
    one_op_close(&changed);
    one_op_close(&fresh);
}
