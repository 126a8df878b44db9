#include "conv_bench.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/log.h"
#include "base/rng.h"

enum {
    MAX_IMAGES = 16,
    MAX_TENSOR_BYTES = 128 << 20,
    CHECK_IMAGES = 2,     /* two, so that the seam between images is seen */
    CAP_BYTES = 64 << 20, /* of clblast's band; the same for all experiments, as the choice holds for all */
    NAN_PATTERN = 0x7fc00000
};

static const double MAX_FLOP =
    20e9; /* of a timed pass: enough to fill a large device, little for a small one */

/* --- setting up ------------------------------------------------------------------------------ */

static int choose_images(const sw_conv_layer *l)
{
    int channels = l->in_channels > l->out_channels ? l->in_channels : l->out_channels;
    double flop = 2 * sw_conv_layer_macs(l);
    double image_bytes = 4.0 * l->height * l->width * channels;
    double images = fmin(MAX_FLOP / flop, MAX_TENSOR_BYTES / image_bytes);
    return images < 1 ? 1 : images > MAX_IMAGES ? MAX_IMAGES : (int)images;
}

/* clblast is always one of them. */
static void list_candidates(sw_conv_bench *b, const sw_conv_engine *const *engines)
{
    b->reference = -1;
    for (; *engines && b->count < SW_CONV_MAX_TRIALS; engines++) {
        sw_conv_candidate c = {.engine = *engines};
        for (int p = 0; p < SW_CONV_PASSES; p++)
            if (sw_conv_engine_suits(c.engine, b->cl, SW_CONV_AUTO, b->shape, (sw_conv_pass)p))
                c.passes |= SW_BIT(p);
        if (c.engine->choice == SW_CONV_CLBLAST) b->reference = b->count;
        if (c.passes) b->candidates[b->count++] = c;
    }
}

void sw_conv_bench_init(sw_conv_bench *b, sw_cl *cl, const sw_conv_layer *layer,
                        const sw_conv_engine *const *engines)
{
    *b = (sw_conv_bench){.cl = cl, .layer = *layer};
    b->shape = sw_conv_shape_of(layer, choose_images(layer));
    b->check_n = b->shape.n < CHECK_IMAGES ? b->shape.n : CHECK_IMAGES;
    sw_graph_init(&b->graph);
    list_candidates(b, engines);
}

static sw_status make_graph(sw_conv_bench *b)
{
    sw_conv_shape s = b->shape;
    int x, y;
    sw_conv2d_attrs attrs = {.out_channels = s.out_channels,
                             .kernel = s.kernel,
                             .stride = s.stride,
                             .dilation = s.dilation,
                             .workspace_cap_bytes = CAP_BYTES};
    SW_ENSURE(sw_graph_input(&x, &b->graph, "x", SW_F32, (sw_shape){s.n, s.h, s.w, s.in_channels}));
    SW_ENSURE(sw_graph_add(&y, &b->graph, &sw_op_conv2d, "timing", &attrs, 1, &x));
    b->call = (sw_call){.cl = b->cl,
                        .graph = &b->graph,
                        .node = &b->graph.nodes[0],
                        .training = true,
                        .gradients = true,
                        .n = s.n};
    return SW_OK;
}

static void log_refusal(const sw_conv_bench *b, const sw_conv_candidate *c, const char *what, const char *why)
{
    char layer[SW_CONV_LAYER_BYTES];
    sw_conv_layer_print(layer, &b->layer);
    sw_log(SW_LOG_WARNING, "engine %s is not used for %s of a convolution %s: %s", c->engine->name, what,
           layer, why);
}

static sw_status prepare_candidates(sw_conv_bench *b)
{
    size_t most = 0, bytes;
    for (int i = 0; i < b->count; i++) {
        sw_conv_candidate *c = &b->candidates[i];
        sw_status status =
            sw_conv_plan_create(&c->plan, &bytes, c->engine, &b->call, b->shape, CAP_BYTES, c->passes);
        if (status != SW_OK && i == b->reference) return status;
        c->failed = status != SW_OK;
        if (c->failed)
            log_refusal(b, c, "any pass", sw_error_message());
        else
            most = larger(most, bytes);
    }
    b->call.workspace_bytes = sw_divide_up(most, sizeof(float)) * sizeof(float);
    return SW_OK;
}

/* The most taps that a pixel of dx meets along a side: one in so many, where the stride steps over the rest.
 */
static size_t taps_met(sw_conv_shape s)
{
    int apart = 1;
    while (apart * s.dilation % s.stride) apart++;
    return (size_t)sw_divide_up_int(s.kernel, apart);
}

static void describe_pairs(sw_conv_bench *b)
{
    sw_call *call = &b->call;
    sw_conv_shape s = b->shape;
    int n = b->check_n;
    size_t in = (size_t)s.in_channels, out = (size_t)s.out_channels, taps = taps_of(s), met = taps_met(s),
           in_image = (size_t)s.h * (size_t)s.w, out_image = (size_t)s.out_h * (size_t)s.out_w;
    cl_mem *const results[] = {&call->out[0], &call->din[0], &call->dparam[0]};
    cl_mem *const operands[] = {&call->dout[0], &call->in[0], &call->param[0]};
    const size_t image_elems[] = {out_image * out, in_image * in, taps * in * out};
    const size_t terms[] = {taps * in, met * met * out,
                            (size_t)n * out_image + 1 /* what is there is added */};
    for (int p = 0; p < SW_CONV_PASSES; p++) {
        const bool weights = p == SW_CONV_BACKWARD_WEIGHTS;
        b->pairs[p] = (sw_conv_pair){.result = results[p],
                                     .operand = operands[p],
                                     .image_elems = image_elems[p],
                                     .checked = weights ? 1 : n,
                                     .batch = weights ? 1 : s.n,
                                     .terms = terms[p]};
    }
}

static sw_status make_pair(sw_conv_bench *b, int pass)
{
    static const char *const labels[SW_CONV_PASSES][2] = {
        {"timing: y", "timing: dy"}, {"timing: dx", "timing: x"}, {"timing: gradient", "timing: weights"}};
    sw_conv_pair *pair = &b->pairs[pass];
    size_t batch_bytes = (size_t)pair->batch * pair->image_elems * sizeof(float);
    pair->elems = (size_t)pair->checked * pair->image_elems;
    SW_ENSURE(sw_buffer_create(pair->result, b->cl, batch_bytes, labels[pass][0]));
    SW_ENSURE(sw_buffer_create(pair->operand, b->cl, batch_bytes, labels[pass][1]));
    float **const arrays[] = {&pair->values, &pair->want, &pair->magnitude};
    for (size_t i = 0; i < sizeof arrays / sizeof *arrays; i++) {
        *arrays[i] = sw_arena_alloc(&b->arena, pair->elems * sizeof(float));
        if (!*arrays[i]) return SW_E_MEMORY;
    }
    sw_rng rng = sw_rng_at(0, SW_RNG_TEST, (uint64_t)pass);
    for (size_t i = 0; i < pair->elems; i++) pair->values[i] = sw_rng_uniform(&rng, -1.0f, 1.0f);
    return SW_OK;
}

static sw_status make_data(sw_conv_bench *b)
{
    sw_status status = SW_OK;
    size_t most = 0;
    describe_pairs(b);
    for (int p = 0; p < SW_CONV_PASSES; p++) {
        SW_TRY(make_pair(b, p));
        most = larger(most, b->pairs[p].elems);
    }
    if (b->call.workspace_bytes)
        SW_TRY(sw_buffer_create(&b->call.workspace, b->cl, b->call.workspace_bytes, "timing: workspace"));
    b->scratch = sw_arena_alloc(&b->arena, most * sizeof(float));
    if (!b->scratch) status = SW_E_MEMORY;
done:
    return status;
}

void sw_conv_bench_close(sw_conv_bench *b)
{
    for (int i = 0; i < b->count; i++) free(b->candidates[i].plan);
    for (int p = 0; p < SW_CONV_PASSES; p++) {
        if (!b->pairs[p].result) continue; /* it was not opened */
        sw_buffer_release(b->pairs[p].result);
        sw_buffer_release(b->pairs[p].operand);
    }
    sw_buffer_release(&b->call.workspace);
    sw_arena_deinit(&b->arena);
    sw_graph_deinit(&b->graph);
}

/* --- computing ------------------------------------------------------------------------------- */

/* Uploads an operand, or its absolute values, and repeats it over the batch. */
static sw_status upload(sw_conv_bench *b, const sw_conv_pair *pair, bool absolute)
{
    cl_mem operand = *pair->operand;
    size_t image_bytes = pair->image_elems * sizeof(float);
    for (size_t i = 0; i < pair->elems && absolute; i++) b->scratch[i] = fabsf(pair->values[i]);
    SW_ENSURE(sw_buffer_write(b->cl, operand, 0, absolute ? b->scratch : pair->values,
                              pair->elems * sizeof(float)));
    for (int n = pair->checked; n < pair->batch && !absolute; n++)
        SW_ENSURE(sw_buffer_copy(b->cl, operand, (size_t)n * image_bytes, operand, 0, image_bytes));
    return SW_OK;
}

/* One pass over check_n images, the result read back. What is to be written begins as NaN, and so does the
 * workspace; what is added to begins as the weights. */
static sw_status compute(float *out, sw_conv_bench *b, const sw_conv_candidate *c, sw_conv_pass pass)
{
    sw_status status = SW_OK;
    cl_mem result = *b->pairs[pass].result;
    size_t bytes = b->pairs[pass].elems * sizeof(float);
    b->call.n = b->check_n;
    if (b->call.workspace_bytes)
        SW_TRY(sw_buffer_fill(b->cl, b->call.workspace, 0, b->call.workspace_bytes, NAN_PATTERN));
    if (pass == SW_CONV_BACKWARD_WEIGHTS)
        SW_TRY(sw_buffer_copy(b->cl, result, 0, b->call.param[0], 0, bytes));
    else
        SW_TRY(sw_buffer_fill(b->cl, result, 0, bytes, NAN_PATTERN));
    SW_TRY(sw_conv_run(c->engine, c->plan, &b->call, pass));
    SW_TRY(sw_buffer_read(b->cl, result, 0, out, bytes));
done:
    b->call.n = b->shape.n;
    return status;
}

/* clblast's results, and with all signs dropped the sums of |a||b| that bound their errors. */
static sw_status compute_reference(sw_conv_bench *b, unsigned passes)
{
    const sw_conv_candidate *reference = &b->candidates[b->reference];
    for (int absolute = 1; absolute >= 0; absolute--) {
        for (int p = 0; p < SW_CONV_PASSES; p++) SW_ENSURE(upload(b, &b->pairs[p], absolute));
        for (int p = 0; p < SW_CONV_PASSES; p++)
            if (passes & SW_BIT(p))
                SW_ENSURE(compute(absolute ? b->pairs[p].magnitude : b->pairs[p].want, b, reference,
                                  (sw_conv_pass)p));
    }
    return SW_OK;
}

sw_status sw_conv_bench_open(sw_conv_bench *b, unsigned passes)
{
    SW_ENSURE(make_graph(b));
    SW_ENSURE(prepare_candidates(b));
    SW_ENSURE(make_data(b));
    return compute_reference(b, passes);
}

/* --- checking -------------------------------------------------------------------------------- */

/* How far two right results of a sum of `terms` products may lie apart, in units of eps sum |a||b|: what
 * core/check grants each of them. Sums in any order lose at most sqrt(terms) (check/bound.h). Winograd's
 * F(4x4,3x3), for inputs of random sign as these, loses at most 28 sqrt(1 + 24/n), where n products make a
 * place of its sum (check/bound_winograd.h: 2 s_i s_j over the mean |a||b| of 9 terms), and a place has 9 or
 * 16 terms. */
static double tolerance(size_t terms)
{
    double sum = sqrt((double)terms), winograd = 28 * sqrt(1 + 24 * 16 / (double)terms);
    return sum + fmax(sum, winograd);
}

void sw_conv_bench_check(sw_conv_bench *b, sw_conv_candidate *c, sw_conv_pass pass)
{
    const sw_conv_pair *r = &b->pairs[pass];
    double allowed = tolerance(r->terms) * FLT_EPSILON;
    if (compute(b->scratch, b, c, pass) != SW_OK) {
        c->refused = true;
        log_refusal(b, c, sw_conv_pass_name(pass), sw_error_message());
    }
    for (size_t i = 0; i < r->elems && !c->refused; i++) {
        char why[200];
        double found = (double)b->scratch[i], want = (double)r->want[i];
        double bound = allowed * (double)r->magnitude[i];
        if (fabs(found - want) <= bound) continue; /* false for a NaN */
        c->refused = true;
        snprintf(why, sizeof why,
                 "element %zu is %.7g where %s has %.7g +- %.2g; 'segwork selftest --op conv2d' says more", i,
                 found, b->candidates[b->reference].engine->name, want, bound);
        log_refusal(b, c, sw_conv_pass_name(pass), why);
    }
}
