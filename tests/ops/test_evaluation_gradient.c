/* The gradient of an evaluation by the image: through norms with running statistics, dropout that passes all,
 * pools and unpools; against differences of the network's own outputs. */
#include <criterion/criterion.h>
#include <math.h>
#include <stdlib.h>

#include "base/rng.h"
#include "cl/buffer.h"
#include "device_case.h"
#include "exec/executor.h"
#include "ops/ops.h"

TestSuite(evaluation_gradient, .init = session_open, .fini = session_close);

enum { SIDE = 8, CHANNELS = 16, CLASSES = 3, VALUES = SIDE * SIDE * 3, LOGITS = SIDE * SIDE * CLASSES };

typedef struct network {
    sw_graph graph;
    sw_store store;
    sw_slabs slabs;
    sw_executor *executor;
    int images, logits;
} network;

static void must(sw_status status)
{
    cr_assert_eq(status, SW_OK, "%s", sw_error_message());
}

static int add(network *n, const sw_op *op, const char *name, const void *attrs, int input)
{
    int out[SW_MAX_OUTPUTS];
    must(sw_graph_add(out, &n->graph, op, name, attrs, 1, &input));
    return out[0];
}

/* What nothing trained lies before is on the way, too: the dropout that reads the images. */
static void add_layers(network *n)
{
    const sw_conv2d_attrs conv = {.out_channels = CHANNELS, .kernel = 3, .workspace_cap_bytes = 1 << 20},
                          head = {.out_channels = CLASSES, .kernel = 1, .workspace_cap_bytes = 1 << 20};
    const sw_conv_transpose2d_attrs transposed = {
        .out_channels = CHANNELS, .kernel = 2, .stride = 2, .workspace_cap_bytes = 1 << 20};
    const sw_batchnorm_attrs norm = {.eps = 1e-5f, .momentum = 0.1f},
                             rectified = {.eps = 1e-5f, .momentum = 0.1f, .relu = true};
    const sw_dropout_attrs dropout = {.rate = 0.5f};
    int pooled[2], value = add(n, &sw_op_dropout, "drop", &dropout, n->images);
    value = add(n, &sw_op_conv2d, "conv", &conv, value);
    value = add(n, &sw_op_batchnorm, "norm", &norm, value);
    must(sw_graph_add(pooled, &n->graph, &sw_op_max_pool, "pool", NULL, 1, &value));
    value = add(n, &sw_op_conv2d, "between", &conv, pooled[0]);
    const int unpooled[2] = {add(n, &sw_op_batchnorm, "rectified", &rectified, value), pooled[1]};
    must(sw_graph_add(&value, &n->graph, &sw_op_max_unpool, "unpool", NULL, 2, unpooled));
    must(sw_graph_add(pooled, &n->graph, &sw_op_max_pool, "again", NULL, 1, &value));
    value = add(n, &sw_op_conv_transpose2d, "up", &transposed, pooled[0]);
    n->logits = add(n, &sw_op_conv2d, "head", &head, value);
}

static void fill(cl_mem buffer, size_t elems, uint64_t index, float from, float to)
{
    float *values = malloc(elems * sizeof *values);
    cr_assert(values);
    sw_rng rng = sw_rng_at(11, SW_RNG_TEST, index);
    for (size_t i = 0; i < elems; i++) values[i] = sw_rng_uniform(&rng, from, to);
    must(sw_buffer_write(session, buffer, 0, values, elems * sizeof *values));
    free(values);
}

static void open_network(network *n)
{
    *n = (network){0};
    sw_graph_init(&n->graph);
    must(sw_graph_input(&n->images, &n->graph, "images", SW_F32, (sw_shape){1, SIDE, SIDE, 3}));
    add_layers(n);
    const sw_executor_options options = {.training = true,
                                         .evaluates = true,
                                         .keep = &n->logits,
                                         .keep_count = 1,
                                         .seeds = &n->logits,
                                         .seed_count = 1,
                                         .wants = &n->images,
                                         .want_count = 1};
    sw_slabs_init(&n->slabs, session);
    must(sw_store_init(&n->store, session, &n->graph, true));
    must(sw_executor_create(&n->executor, session, &n->graph, &n->store, &n->slabs, &options));
    must(sw_executor_bind(n->executor));
    fill(n->store.params, n->store.param_elems, 1, -0.5f, 0.5f);
    fill(n->store.states, n->store.state_elems, 2, 0.5f, 2.0f);
}

static void close_network(network *n)
{
    sw_executor_destroy(n->executor);
    sw_slabs_deinit(&n->slabs);
    sw_store_deinit(&n->store);
    sw_graph_deinit(&n->graph);
}

/* The sum of the logits by `weights`, in double precision. */
static double score(network *n, const float *images, const float *weights)
{
    static float logits[LOGITS];
    double sum = 0;
    must(sw_buffer_write(session, sw_executor_value(n->executor, n->images), 0, images,
                         VALUES * sizeof *images));
    must(sw_executor_forward(n->executor, 1));
    must(sw_buffer_read(session, sw_executor_value(n->executor, n->logits), 0, logits, sizeof logits));
    for (int i = 0; i < LOGITS; i++) sum += (double)logits[i] * (double)weights[i];
    return sum;
}

static void draw(float *values, int count, uint64_t index)
{
    sw_rng rng = sw_rng_at(12, SW_RNG_TEST, index);
    for (int i = 0; i < count; i++) values[i] = sw_rng_uniform(&rng, -1.0f, 1.0f);
}

/* Between kinks the network is linear in the image, so that a difference is the slope but for rounding. Where
 * the slopes to both sides differ, there is a kink between them and nothing to compare. */
Test(evaluation_gradient, is_the_slope_of_the_network_s_outputs)
{
    static float images[VALUES], weights[LOGITS], gradient[VALUES];
    const float h = 0x1p-8f;
    int compared = 0;
    network n;
    open_network(&n);
    draw(images, VALUES, 1);
    draw(weights, LOGITS, 2);
    const double middle = score(&n, images, weights);
    must(sw_buffer_write(session, sw_executor_gradient(n.executor, n.logits), 0, weights, sizeof weights));
    must(sw_executor_backward(n.executor, 1));
    must(sw_buffer_read(session, sw_executor_gradient(n.executor, n.images), 0, gradient, sizeof gradient));
    for (int i = 0; i < VALUES; i++) {
        const float at = images[i];
        images[i] = at + h;
        const double up = (score(&n, images, weights) - middle) / (double)h;
        images[i] = at - h;
        const double down = (middle - score(&n, images, weights)) / (double)h;
        images[i] = at;
        if (fabs(up - down) > 0.02) continue;
        cr_expect_float_eq((up + down) / 2, (double)gradient[i], 0.02,
                           "value %d: slope %g and %g, gradient %g", i, up, down, (double)gradient[i]);
        compared++;
    }
    cr_expect_gt(compared, VALUES / 2, "only %d of %d values have a slope", compared, VALUES);
    cr_expect_float_eq(score(&n, images, weights), middle, 0.0, "running statistics stay as they are");
    close_network(&n);
}
