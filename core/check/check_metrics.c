/* Predictions and confusion counts must be equal, a confidence the next step of 1/255 at most away, and that
 * only where rounding may go either way; the soft overlaps are sums over classes and pixels of softmax
 * values, each relatively off by at most 12 + max |d| eps (expect_loss.c), 2 more for g + p - g p. */
#include "ops/metrics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bound.h"
#include "cl/buffer.h"
#include "problem.h"

typedef struct metrics_problem {
    const sw_metrics_case *c;
    sw_problem problem; /* memory and random numbers */
    size_t pixels;      /* of one image */
    double *logits;
    uint8_t *labels;
    sw_tensor confusion, soft, predictions, confidence;
} metrics_problem;

static sw_status init_metrics(metrics_problem *m)
{
    sw_shape s = m->c->logits;
    m->pixels = (size_t)s.h * (size_t)s.w;
    const int confusion[] = {s.n, s.c, s.c}, soft[] = {s.n, 2}, predictions[] = {s.n, s.h, s.w};
    SW_ENSURE(sw_tensor_init(&m->confusion, &m->problem, "confusion", SW_U32, 3, confusion, 0));
    SW_ENSURE(sw_tensor_init(&m->soft, &m->problem, "soft", SW_F32, 2, soft, 0));
    SW_ENSURE(sw_tensor_init(&m->predictions, &m->problem, "predictions", SW_U8, 3, predictions, 0));
    SW_ENSURE(sw_tensor_init(&m->confidence, &m->problem, "confidence", SW_U8, 3, predictions, 0));
    m->logits = sw_problem_doubles(&m->problem, sw_shape_elems(s));
    m->labels = sw_arena_alloc(&m->problem.arena, (size_t)s.n * m->pixels);
    if (!m->logits || !m->labels) return SW_E_MEMORY;
    sw_fill_run(m->logits, sw_shape_elems(s), m->c->fill, &m->problem.rng);
    for (size_t i = 0; i < (size_t)s.n * m->pixels; i++)
        m->labels[i] =
            sw_rng_below(&m->problem.rng, 16) ? (uint8_t)sw_rng_below(&m->problem.rng, (uint32_t)s.c) : 255;
    return SW_OK;
}

/* Relative error of a softmax value, at most. */
static double share_error(const metrics_problem *m)
{
    double widest = 0;
    for (size_t i = 0; i < sw_shape_elems(m->c->logits); i++) widest = fmax(widest, fabs(m->logits[i]));
    return bound_eps * (14 + 2 * widest);
}

static sw_status expect_metrics(metrics_problem *m)
{
    sw_shape s = m->c->logits;
    size_t classes = (size_t)s.c, cells = classes * classes;
    uint32_t *counts = sw_arena_alloc(&m->problem.arena, cells * sizeof *counts);
    uint8_t *predictions = sw_arena_alloc(&m->problem.arena, m->pixels);
    if (!counts || !predictions) return SW_E_MEMORY;
    for (size_t n = 0; n < (size_t)s.n; n++) {
        double *soft = m->soft.want + 2 * n;
        sw_reference_metrics(counts, soft, predictions, m->logits + n * m->pixels * classes,
                             m->labels + n * m->pixels, m->pixels, s.c, m->c->ignore_index);
        for (size_t i = 0; i < cells; i++) m->confusion.want[n * cells + i] = counts[i];
        for (size_t i = 0; i < m->pixels; i++) m->predictions.want[n * m->pixels + i] = predictions[i];
        for (size_t i = 0; i < 2; i++)
            m->soft.bound[2 * n + i] =
                share_error(m) * soft[i] + sw_bound_of_sum(m->pixels * classes, soft[i]) + FLT_MIN;
    }
    return SW_OK;
}

static void expect_confidence(metrics_problem *m)
{
    int classes = m->c->logits.c;
    for (size_t i = 0; i < m->confidence.elems; i++) {
        double steps = 255 * sw_reference_confidence(m->logits + i * (size_t)classes, classes);
        double error = share_error(m) * steps, above = steps - floor(steps);
        m->confidence.want[i] = rint(steps);
        m->confidence.bound[i] = fabs(above - 0.5) <= error ? 1 : 0;
    }
}

static sw_status read_results(metrics_problem *m, sw_metrics *metrics)
{
    uint32_t *counts = sw_arena_alloc(&m->problem.arena, m->confusion.elems * sizeof *counts);
    float *soft = sw_arena_alloc(&m->problem.arena, m->soft.elems * sizeof *soft);
    uint8_t *predictions = sw_arena_alloc(&m->problem.arena, m->predictions.elems);
    uint8_t *confidence = sw_arena_alloc(&m->problem.arena, m->confidence.elems);
    if (!counts || !soft || !predictions || !confidence) return SW_E_MEMORY;
    SW_ENSURE(sw_metrics_read(metrics, counts, soft, predictions, confidence));
    for (size_t i = 0; i < m->confusion.elems; i++) m->confusion.found[i] = counts[i];
    for (size_t i = 0; i < m->soft.elems; i++) m->soft.found[i] = soft[i];
    for (size_t i = 0; i < m->predictions.elems; i++) m->predictions.found[i] = predictions[i];
    for (size_t i = 0; i < m->confidence.elems; i++) m->confidence.found[i] = confidence[i];
    return SW_OK;
}

static sw_status run_metrics(sw_check_result *out, metrics_problem *m, sw_cl *cl)
{
    sw_status status = SW_OK;
    sw_shape s = m->c->logits;
    sw_metrics *metrics = NULL;
    cl_mem logits = NULL, labels = NULL;
    SW_TRY(sw_buffer_create(&logits, cl, sw_shape_elems(s) * sizeof(float), "logits of the self-test"));
    SW_TRY(sw_buffer_create(&labels, cl, (size_t)s.n * m->pixels, "labels of the self-test"));
    SW_TRY(sw_write_floats(cl, logits, m->logits, sw_shape_elems(s)));
    SW_TRY(sw_buffer_write(cl, labels, 0, m->labels, (size_t)s.n * m->pixels));
    SW_TRY(sw_metrics_create(&metrics, cl, s.n + 1, s.h, s.w, s.c, m->c->ignore_index));
    for (int run = 0; run < 2; run++) { /* the second must not add to the first */
        double start = sw_clock_ms();
        SW_TRY(sw_metrics_run(metrics, logits, labels, s.n));
        SW_TRY(sw_cl_finish(cl));
        out->ms = sw_clock_ms() - start;
    }
    SW_TRY(read_results(m, metrics));
    sw_result_compare(out, &m->predictions);
    sw_result_compare(out, &m->confusion);
    sw_result_compare(out, &m->soft);
    sw_result_compare(out, &m->confidence);
done:
    sw_metrics_destroy(metrics);
    sw_buffer_release(&logits);
    sw_buffer_release(&labels);
    return status;
}

sw_status sw_check_metrics(sw_check_result *out, sw_cl *cl, const sw_metrics_case *c)
{
    sw_status status = SW_OK;
    sw_shape s = c->logits;
    metrics_problem m = {.c = c, .problem = {.rng = sw_rng_at(0, SW_RNG_TEST, sw_shape_elems(s))}};
    if (c->ignore_index >= 0)
        sw_result_begin(out, "%dx%dx%dx%d ignore %d %s", s.n, s.h, s.w, s.c, c->ignore_index,
                        sw_fill_name(c->fill));
    else
        sw_result_begin(out, "%dx%dx%dx%d %s", s.n, s.h, s.w, s.c, sw_fill_name(c->fill));
    SW_TRY(init_metrics(&m));
    SW_TRY(expect_metrics(&m));
    expect_confidence(&m);
    SW_TRY(run_metrics(out, &m, cl));
done:
    sw_problem_deinit(&m.problem);
    return status;
}
