/* Timing engines against each other. One layer at a time stands on the device with random data (the bench);
 * each engine computes its passes there, is compared with clblast, and timed. */
#include "ops/conv_tune.h"

#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "base/log.h"
#include "base/rng.h"
#include "conv_engine.h"

enum {
    MAX_IMAGES = 16,
    MAX_TENSOR_BYTES = 128 << 20,
    CHECK_IMAGES = 2, /* two, so that the seam between images is seen */
    MIN_ROUNDS = 3,
    MAX_ROUNDS = 7,
    MAX_REPEATS = 64,
    CAP_BYTES = 64 << 20, /* of clblast's band; the same for all experiments, as the choice holds for all */
    NAN_PATTERN = 0x7fc00000
};

static const double MAX_FLOP =
    20e9; /* of a timed pass: enough to fill a large device, little for a small one */
static const double MIN_SAMPLE_MS = 2; /* a pass is repeated until a sample takes that long */
/* Times the fastest's: not worth another look after a few images, a round, several rounds. Few images tell
 * little of engines that transform the weights once a batch. */
static const double HOPELESS = 4, MUCH_SLOWER = 2.5, SLOWER = 1.5;
static const double NEARLY_AS_FAST = 1.05;

typedef struct candidate {
    const sw_conv_engine *engine;
    void *plan;
    unsigned passes; /* that it supports */
    bool failed;     /* it could not be prepared */
    /* of the pass at hand */
    bool refused, behind;
    double few_ms,
        ms; /* an image, the best sample of a few images and of the whole batch: other work only slows */
    int rounds, repeats;
} candidate;

/* The operands and the result of a pass. */
typedef struct pass_io {
    cl_mem result;
    size_t elems; /* of the result of CHECK_IMAGES or fewer images */
    size_t terms; /* of a sum */
    float *want, *magnitude;
} pass_io;

typedef struct bench {
    sw_cl *cl;
    const sw_conv_layer *layer;
    sw_conv_shape shape;
    sw_graph graph;
    sw_call call;
    int check_n;
    size_t x_image, y_image, weights; /* elements */
    float *x, *dy, *w, *scratch;      /* on the host; x and dy of check_n images */
    pass_io io[SW_CONV_PASSES];
    candidate candidates[SW_CONV_MAX_TRIALS];
    int count, reference; /* which candidate is clblast */
    size_t workspace_bytes;
} bench;

/* --- setting up ------------------------------------------------------------------------------ */

static double image_flop(const sw_conv_layer *l)
{
    return 2.0 * l->kernel * l->kernel * l->in_channels * l->out_channels * l->height * l->width;
}

static int choose_images(const sw_conv_layer *l)
{
    int channels = l->in_channels > l->out_channels ? l->in_channels : l->out_channels;
    double image_bytes = 4.0 * l->height * l->width * channels;
    double images = fmin(MAX_FLOP / image_flop(l), MAX_TENSOR_BYTES / image_bytes);
    return images < 1 ? 1 : images > MAX_IMAGES ? MAX_IMAGES : (int)images;
}

static sw_status make_graph(bench *b)
{
    sw_status status = SW_OK;
    const sw_conv_layer *l = b->layer;
    int x, y;
    sw_conv2d_attrs attrs = {
        .out_channels = l->out_channels, .kernel = l->kernel, .workspace_cap_bytes = CAP_BYTES};
    SW_TRY(sw_graph_input(&x, &b->graph, "x", SW_F32,
                          (sw_shape){b->shape.n, l->height, l->width, l->in_channels}));
    SW_TRY(sw_graph_add(&y, &b->graph, &sw_op_conv2d, "timing", &attrs, 1, &x));
    b->call = (sw_call){
        .cl = b->cl, .graph = &b->graph, .node = &b->graph.nodes[0], .training = true, .n = b->shape.n};
done:
    return status;
}

static void log_refusal(const bench *b, const candidate *c, const char *what, const char *why)
{
    char layer[SW_CONV_LAYER_BYTES];
    sw_conv_layer_print(layer, b->layer);
    sw_log(SW_LOG_WARNING, "engine %s is not used for %s of a convolution %s: %s", c->engine->name, what,
           layer, why);
}

/* An engine that cannot be prepared is out, unless it is the reference. */
static sw_status prepare_candidates(bench *b)
{
    for (int i = 0; i < b->count; i++) {
        candidate *c = &b->candidates[i];
        size_t bytes = 0;
        sw_status status = c->engine->prepare(&c->plan, &bytes, &b->call, b->shape, CAP_BYTES, c->passes);
        if (status != SW_OK && i == b->reference) return status;
        c->failed = status != SW_OK;
        if (c->failed)
            log_refusal(b, c, "any pass", sw_error_message());
        else if (bytes > b->workspace_bytes)
            b->workspace_bytes = bytes;
    }
    return SW_OK;
}

static sw_status make_buffers(bench *b)
{
    sw_status status = SW_OK;
    sw_call *call = &b->call;
    size_t n = (size_t)b->shape.n, f = sizeof(float);
    SW_TRY(sw_buffer_create(&call->in[0], b->cl, n * b->x_image * f, "timing: x"));
    SW_TRY(sw_buffer_create(&call->din[0], b->cl, n * b->x_image * f, "timing: dx"));
    SW_TRY(sw_buffer_create(&call->out[0], b->cl, n * b->y_image * f, "timing: y"));
    SW_TRY(sw_buffer_create(&call->dout[0], b->cl, n * b->y_image * f, "timing: dy"));
    SW_TRY(sw_buffer_create(&call->param[0], b->cl, b->weights * f, "timing: weights"));
    SW_TRY(sw_buffer_create(&call->dparam[0], b->cl, b->weights * f, "timing: gradient"));
    call->workspace_bytes = sw_divide_up(b->workspace_bytes, f) * f;
    if (call->workspace_bytes)
        SW_TRY(sw_buffer_create(&call->workspace, b->cl, call->workspace_bytes, "timing: workspace"));
done:
    return status;
}

static void fill_random(float *values, size_t count, uint64_t index)
{
    sw_rng rng = sw_rng_at(0, SW_RNG_TEST, index);
    for (size_t i = 0; i < count; i++) values[i] = sw_rng_uniform(&rng, -1.0f, 1.0f);
}

static sw_status make_values(bench *b)
{
    size_t n = (size_t)b->check_n, x = n * b->x_image, y = n * b->y_image, most = x > y ? x : y;
    const size_t elems[] = {y, x, b->weights};
    if (b->weights > most) most = b->weights;
    b->x = malloc(x * sizeof(float));
    b->dy = malloc(y * sizeof(float));
    b->w = malloc(b->weights * sizeof(float));
    b->scratch = malloc(most * sizeof(float));
    bool made = b->x && b->dy && b->w && b->scratch;
    for (int p = 0; p < SW_CONV_PASSES; p++) {
        b->io[p].elems = elems[p];
        b->io[p].want = malloc(elems[p] * sizeof(float));
        b->io[p].magnitude = malloc(elems[p] * sizeof(float));
        made &= b->io[p].want && b->io[p].magnitude;
    }
    if (!made) return sw_fail_alloc("the timing of a convolution", 4 * most * sizeof(float));
    fill_random(b->x, x, 0);
    fill_random(b->dy, y, 1);
    fill_random(b->w, b->weights, 2);
    return SW_OK;
}

static void set_io(bench *b)
{
    size_t taps = (size_t)b->layer->kernel * (size_t)b->layer->kernel;
    size_t pixels = (size_t)b->check_n * (size_t)b->layer->height * (size_t)b->layer->width;
    b->io[SW_CONV_FORWARD].result = b->call.out[0];
    b->io[SW_CONV_FORWARD].terms = taps * (size_t)b->layer->in_channels;
    b->io[SW_CONV_BACKWARD_DATA].result = b->call.din[0];
    b->io[SW_CONV_BACKWARD_DATA].terms = taps * (size_t)b->layer->out_channels;
    b->io[SW_CONV_BACKWARD_WEIGHTS].result = b->call.dparam[0];
    b->io[SW_CONV_BACKWARD_WEIGHTS].terms = pixels + 1; /* it is added to what is there */
}

/* Which engines there are for the layer. clblast is always one. */
static void list_candidates(bench *b, const sw_conv_engine *const *engines)
{
    b->reference = -1;
    for (; *engines && b->count < SW_CONV_MAX_TRIALS; engines++) {
        candidate c = {.engine = *engines};
        for (int p = 0; p < SW_CONV_PASSES; p++)
            if (sw_conv_engine_suits(c.engine, b->cl, SW_CONV_AUTO, b->shape, (sw_conv_pass)p))
                c.passes |= SW_BIT(p);
        if (c.engine->choice == SW_CONV_CLBLAST) b->reference = b->count;
        if (c.passes) b->candidates[b->count++] = c;
    }
}

static sw_status bench_open(bench *b)
{
    sw_status status = SW_OK;
    const sw_conv_layer *l = b->layer;
    b->check_n = b->shape.n < CHECK_IMAGES ? b->shape.n : CHECK_IMAGES;
    b->x_image = (size_t)l->height * (size_t)l->width * (size_t)l->in_channels;
    b->y_image = (size_t)l->height * (size_t)l->width * (size_t)l->out_channels;
    b->weights = (size_t)l->kernel * (size_t)l->kernel * (size_t)l->in_channels * (size_t)l->out_channels;
    SW_TRY(make_graph(b));
    SW_TRY(prepare_candidates(b));
    SW_TRY(make_buffers(b));
    SW_TRY(make_values(b));
    set_io(b);
done:
    return status;
}

static void bench_close(bench *b)
{
    sw_call *call = &b->call;
    for (int i = 0; i < b->count; i++)
        if (b->candidates[i].plan) b->candidates[i].engine->release(b->candidates[i].plan);
    cl_mem *const buffers[] = {&call->in[0],    &call->din[0],    &call->out[0],   &call->dout[0],
                               &call->param[0], &call->dparam[0], &call->workspace};
    for (size_t i = 0; i < sizeof buffers / sizeof *buffers; i++) sw_buffer_release(buffers[i]);
    for (int p = 0; p < SW_CONV_PASSES; p++) {
        free(b->io[p].want);
        free(b->io[p].magnitude);
    }
    free(b->x);
    free(b->dy);
    free(b->w);
    free(b->scratch);
    sw_graph_deinit(&b->graph);
}

/* --- computing ------------------------------------------------------------------------------- */

static sw_status compute(bench *b, const candidate *c, sw_conv_pass pass)
{
    switch (pass) {
    case SW_CONV_FORWARD:
        return c->engine->forward(c->plan, &b->call);
    case SW_CONV_BACKWARD_DATA:
        return c->engine->backward_data(c->plan, &b->call);
    default:
        return c->engine->backward_weights(c->plan, &b->call);
    }
}

/* Uploads an operand of check_n images, or its absolute values, and repeats it over the batch. */
static sw_status upload(bench *b, cl_mem buffer, const float *values, size_t image, bool absolute)
{
    sw_status status = SW_OK;
    size_t elems = (size_t)b->check_n * image, bytes = elems * sizeof(float);
    if (absolute)
        for (size_t i = 0; i < elems; i++) b->scratch[i] = fabsf(values[i]);
    SW_TRY(sw_buffer_write(b->cl, buffer, 0, absolute ? b->scratch : values, bytes));
    for (int n = b->check_n; n < b->shape.n && !absolute; n++)
        SW_TRY(sw_buffer_copy(b->cl, buffer, (size_t)n * image * sizeof(float), buffer, 0,
                              image * sizeof(float)));
done:
    return status;
}

static sw_status upload_all(bench *b, bool absolute)
{
    sw_status status = SW_OK;
    SW_TRY(upload(b, b->call.in[0], b->x, b->x_image, absolute));
    SW_TRY(upload(b, b->call.dout[0], b->dy, b->y_image, absolute));
    if (absolute)
        for (size_t i = 0; i < b->weights; i++) b->scratch[i] = fabsf(b->w[i]);
    SW_TRY(sw_buffer_write(b->cl, b->call.param[0], 0, absolute ? b->scratch : b->w,
                           b->weights * sizeof(float)));
done:
    return status;
}

/* One pass over check_n images, the result read back. What is to be written begins as NaN, and so does the
 * workspace; what is added to begins as the weights. */
static sw_status compute_checked(float *result, bench *b, const candidate *c, sw_conv_pass pass)
{
    sw_status status = SW_OK;
    const pass_io *io = &b->io[pass];
    b->call.n = b->check_n;
    if (b->call.workspace_bytes)
        SW_TRY(sw_buffer_fill(b->cl, b->call.workspace, 0, b->call.workspace_bytes, NAN_PATTERN));
    if (pass == SW_CONV_BACKWARD_WEIGHTS)
        SW_TRY(sw_buffer_copy(b->cl, io->result, 0, b->call.param[0], 0, io->elems * sizeof(float)));
    else
        SW_TRY(sw_buffer_fill(b->cl, io->result, 0, io->elems * sizeof(float), NAN_PATTERN));
    SW_TRY(compute(b, c, pass));
    SW_TRY(sw_buffer_read(b->cl, io->result, 0, result, io->elems * sizeof(float)));
done:
    b->call.n = b->shape.n;
    return status;
}

/* clblast's results, and with all signs dropped the sums of |a||b| that bound their errors. */
static sw_status compute_reference(bench *b, unsigned passes)
{
    sw_status status = SW_OK;
    const candidate *reference = &b->candidates[b->reference];
    for (int absolute = 1; absolute >= 0; absolute--) {
        SW_TRY(upload_all(b, absolute));
        for (int p = 0; p < SW_CONV_PASSES; p++)
            if (passes & SW_BIT(p))
                SW_TRY(compute_checked(absolute ? b->io[p].magnitude : b->io[p].want, b, reference,
                                       (sw_conv_pass)p));
    }
done:
    return status;
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

/* Whether the engine computes the pass rightly; else it is refused, with a line in the log that says why. */
static void check(bench *b, candidate *c, sw_conv_pass pass)
{
    const pass_io *io = &b->io[pass];
    double allowed = tolerance(io->terms) * FLT_EPSILON;
    if (compute_checked(b->scratch, b, c, pass) != SW_OK) {
        c->refused = true;
        log_refusal(b, c, sw_conv_pass_name(pass), sw_error_message());
    }
    for (size_t i = 0; i < io->elems && !c->refused; i++) {
        char why[200];
        double found = (double)b->scratch[i], want = (double)io->want[i];
        double bound = allowed * (double)io->magnitude[i];
        if (fabs(found - want) <= bound) continue; /* which a NaN is not */
        c->refused = true;
        snprintf(why, sizeof why,
                 "element %zu is %.7g where %s has %.7g +- %.2g; 'segwork selftest --op conv2d' says more", i,
                 found, b->candidates[b->reference].engine->name, want, bound);
        log_refusal(b, c, sw_conv_pass_name(pass), why);
    }
}

/* --- timing ---------------------------------------------------------------------------------- */

static sw_status sample(double *ms, bench *b, const candidate *c, sw_conv_pass pass, int n, int repeats)
{
    sw_status status = SW_OK;
    b->call.n = n;
    SW_TRY(sw_cl_finish(b->cl));
    double start = sw_clock_ms();
    for (int i = 0; i < repeats; i++) SW_TRY(compute(b, c, pass));
    SW_TRY(sw_cl_finish(b->cl));
    *ms = (sw_clock_ms() - start) / repeats / n;
done:
    b->call.n = b->shape.n;
    return status;
}

static bool in_the_race(const candidate *c, sw_conv_pass pass)
{
    return (c->passes & SW_BIT(pass)) && !c->failed && !c->refused && !c->behind;
}

/* The best of all its samples, so that one that was disturbed drops nobody. */
static double hope(const candidate *c)
{
    return c->rounds ? fmin(c->few_ms, c->ms) : c->few_ms;
}

static void drop_slower(bench *b, sw_conv_pass pass, double times)
{
    double best = INFINITY;
    for (int i = 0; i < b->count; i++)
        if (in_the_race(&b->candidates[i], pass)) best = fmin(best, hope(&b->candidates[i]));
    for (int i = 0; i < b->count; i++)
        if (in_the_race(&b->candidates[i], pass))
            b->candidates[i].behind = hope(&b->candidates[i]) > times * best;
}

/* The better of two samples of a few images tells who has no chance, and how long a whole one takes. */
static sw_status sample_roughly(double *round_ms, bench *b, sw_conv_pass pass)
{
    sw_status status = SW_OK;
    for (int i = 0; i < b->count; i++) {
        candidate *c = &b->candidates[i];
        if (!in_the_race(c, pass)) continue;
        double first, second;
        SW_TRY(sample(&first, b, c, pass, b->check_n, 1));
        SW_TRY(sample(&second, b, c, pass, b->check_n, 1));
        c->few_ms = fmin(first, second);
    }
    drop_slower(b, pass, HOPELESS);
    *round_ms = 0;
    for (int i = 0; i < b->count; i++) {
        candidate *c = &b->candidates[i];
        if (!in_the_race(c, pass)) continue;
        double full = c->few_ms * b->shape.n;
        c->repeats = full * MAX_REPEATS < MIN_SAMPLE_MS ? MAX_REPEATS : (int)ceil(MIN_SAMPLE_MS / full);
        *round_ms += full * c->repeats;
    }
done:
    return status;
}

/* In turns, so that what disturbs the machine disturbs all of them. */
static sw_status sample_in_rounds(bench *b, sw_conv_pass pass, int rounds)
{
    sw_status status = SW_OK;
    for (int r = 0; r < rounds; r++) {
        for (int i = 0; i < b->count; i++) {
            candidate *c = &b->candidates[i];
            if (!in_the_race(c, pass)) continue;
            double ms;
            SW_TRY(sample(&ms, b, c, pass, b->shape.n, c->repeats));
            c->ms = c->rounds++ ? fmin(c->ms, ms) : ms;
        }
        drop_slower(b, pass, r == 0 ? MUCH_SLOWER : SLOWER);
    }
done:
    return status;
}

static void decide(sw_conv_verdict *verdict, bench *b, sw_conv_pass pass)
{
    double best = INFINITY;
    *verdict = (sw_conv_verdict){0};
    for (int i = 0; i < b->count; i++) {
        const candidate *c = &b->candidates[i];
        if (!(c->passes & SW_BIT(pass))) continue;
        sw_conv_trial *trial = &verdict->trials[verdict->trial_count++];
        *trial = (sw_conv_trial){c->engine->choice, c->failed || c->refused ? -1
                                                    : c->rounds             ? c->ms
                                                                            : c->few_ms};
        if (c->rounds) best = fmin(best, trial->ms);
    }
    for (int i = 0; i < b->count && verdict->choice == SW_CONV_AUTO; i++) {
        const candidate *c = &b->candidates[i];
        if (c->rounds && c->ms <= NEARLY_AS_FAST * best) verdict->choice = c->engine->choice;
    }
}

static sw_status tune_pass(sw_conv_verdict *verdict, bench *b, sw_conv_pass pass, double seconds)
{
    sw_status status = SW_OK;
    double round_ms;
    for (int i = 0; i < b->count; i++) {
        candidate *c = &b->candidates[i];
        c->refused = c->behind = false;
        c->rounds = 0;
        if (i != b->reference && in_the_race(c, pass)) check(b, c, pass);
    }
    SW_TRY(sample_roughly(&round_ms, b, pass));
    int rounds = seconds * 1e3 < MAX_ROUNDS * round_ms ? (int)(seconds * 1e3 / round_ms) : MAX_ROUNDS;
    SW_TRY(sample_in_rounds(b, pass, rounds < MIN_ROUNDS ? MIN_ROUNDS : rounds));
    decide(verdict, b, pass);
done:
    return status;
}

/* --- the whole ------------------------------------------------------------------------------- */

/* Passes of the row that are undecided and that several engines could compute; where one only can, it is
 * taken. */
static unsigned contested(sw_conv_row *row, const bench *b)
{
    unsigned passes = 0;
    for (int p = 0; p < SW_CONV_PASSES; p++) {
        int able = 0;
        sw_conv_choice only = SW_CONV_AUTO;
        if (row->pass[p].choice != SW_CONV_AUTO) continue;
        for (int i = 0; i < b->count; i++) {
            if (!(b->candidates[i].passes & SW_BIT(p))) continue;
            only = b->candidates[i].engine->choice;
            able++;
        }
        if (able > 1)
            passes |= SW_BIT(p);
        else
            row->pass[p] = (sw_conv_verdict){.choice = only};
    }
    return passes;
}

static sw_status tune_row(sw_conv_row *row, sw_cl *cl, const sw_conv_engine *const *engines, double seconds)
{
    sw_status status = SW_OK;
    const sw_conv_layer layer = row->layer;
    bench b = {.cl = cl, .layer = &layer};
    b.shape = (sw_conv_shape){.n = choose_images(&layer),
                              .h = layer.height,
                              .w = layer.width,
                              .in_channels = layer.in_channels,
                              .out_channels = layer.out_channels,
                              .kernel = layer.kernel};
    sw_graph_init(&b.graph);
    list_candidates(&b, engines);
    unsigned passes = contested(row, &b);
    if (passes) {
        SW_TRY(bench_open(&b));
        SW_TRY(compute_reference(&b, passes));
    }
    for (int p = 0; p < SW_CONV_PASSES; p++)
        if (passes & SW_BIT(p))
            SW_TRY(tune_pass(&row->pass[p], &b, (sw_conv_pass)p, seconds / SW_CONV_PASSES));
done:
    bench_close(&b);
    return status;
}

sw_status sw_conv_tune(sw_conv_table *table, sw_cl *cl, const sw_conv_tune_options *options)
{
    const sw_conv_engine *const *engines = options->engines ? options->engines : sw_conv_engines;
    double until = sw_clock_ms() + options->seconds * 1e3;
    int left = 0;
    for (int i = 0; i < table->count; i++) left += !sw_conv_row_decided(&table->rows[i]);
    for (int i = 0; i < table->count; i++) {
        sw_conv_row *row = &table->rows[i];
        char layer[SW_CONV_LAYER_BYTES];
        if (sw_conv_row_decided(row)) continue;
        if (options->stop && *options->stop)
            return sw_fail(SW_E_INTERRUPTED,
                           "interrupted while timing convolutions: nothing was begun, and nothing is kept");
        sw_status status = tune_row(row, cl, engines, (until - sw_clock_ms()) * 1e-3 / left--);
        sw_conv_layer_print(layer, &row->layer);
        if (status != SW_OK) return sw_fail_in(status, "timing a convolution %s", layer);
    }
    return SW_OK;
}
