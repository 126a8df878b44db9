/* What is done to whole slabs beside the update: scaling and clipping gradients, and moving averages.
 *
 * The norm's squares are positive, so a chain of r additions is off by r u of the sum at most (u = eps / 2):
 * a lane adds one square a round, a vector's lanes are added pairwise, the rest is compensated. Half of that
 * remains in the root; the root itself and the division are good to 3 and 2.5 ulp, and each product rounds
 * once. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bound.h"
#include "cl/buffer.h"
#include "exec/averages.h"
#include "exec/gradients.h"
#include "problem.h"

enum { SLAB_MAX = 4, NORM_ITEMS = 4096, NORM_ROUNDS = 16 }; /* as in core/exec/gradients.c */

typedef struct sweep {
    sw_store store;
    sw_problem problem; /* memory and random numbers */
    sw_tensor tensors[SLAB_MAX];
    cl_mem buffers[SLAB_MAX]; /* borrowed */
    int count;
} sweep;

static sw_status create_store(sweep *s, sw_cl *cl, int blocks, bool with_states)
{
    const size_t elems = (size_t)blocks * SW_PARAM_ALIGN_ELEMS, bytes = elems * sizeof(float);
    s->store = (sw_store){.cl = cl, .param_elems = elems, .state_elems = with_states ? elems : 0};
    SW_ENSURE(sw_buffer_create(&s->store.params, cl, bytes, "parameters"));
    SW_ENSURE(sw_buffer_create(&s->store.grads, cl, bytes, "gradients"));
    if (with_states) SW_ENSURE(sw_buffer_create(&s->store.states, cl, bytes, "statistics"));
    return SW_OK;
}

/* A slab of random numbers; `scale` makes their size. */
static sw_status add_slab(sweep *s, const char *name, cl_mem buffer, double scale)
{
    const size_t elems = s->store.param_elems;
    const int dims[] = {(int)elems};
    sw_tensor *t = &s->tensors[s->count];
    SW_ENSURE(sw_tensor_init(t, &s->problem, name, SW_F32, 1, dims, elems));
    for (size_t i = 0; i < elems; i++)
        t->given[i] = t->want[i] = (double)(float)(scale * (double)sw_rng_uniform(&s->problem.rng, -1, 1));
    SW_ENSURE(sw_write_floats(s->store.cl, buffer, t->given, elems));
    s->buffers[s->count++] = buffer;
    return SW_OK;
}

static sw_status compare_slabs(sw_check_result *out, sweep *s)
{
    for (int i = 0; i < s->count; i++) {
        SW_ENSURE(sw_read_floats(s->tensors[i].found, s->store.cl, s->buffers[i], s->store.param_elems));
        sw_result_compare(out, &s->tensors[i]);
    }
    return SW_OK;
}

static void deinit(sweep *s)
{
    sw_store_deinit(&s->store);
    sw_problem_deinit(&s->problem);
}

/* --- gradients ------------------------------------------------------------------------------- */

/* Relative error of what is multiplied with the factor. */
static double clip_error(const sweep *s)
{
    const size_t vectors = s->store.param_elems / (size_t)sw_cl_vector_width(s->store.cl);
    const double rounds = fmax(NORM_ROUNDS, ceil((double)vectors / NORM_ITEMS));
    return bound_eps * ((rounds + 8) / 4 + 3 + 2.5 + 2);
}

static void expect_gradients(sweep *s, const sw_gradients_case *c)
{
    sw_tensor *g = &s->tensors[0];
    for (size_t i = 0; i < g->elems; i++) g->want[i] *= c->factor;
    const double factor = c->clip_norm > 0 ? sw_reference_clip_factor(g->want, g->elems, c->clip_norm) : 1.0;
    const double relative = bound_eps * (c->factor == 1 ? 0 : 1) + (factor < 1 ? clip_error(s) : 0);
    for (size_t i = 0; i < g->elems; i++) {
        g->want[i] *= factor;
        g->bound[i] = relative * fabs(g->want[i]) + (relative > 0 ? (double)FLT_MIN : 0);
    }
}

sw_status sw_check_gradients(sw_check_result *out, sw_cl *cl, const sw_gradients_case *c)
{
    sw_status status = SW_OK;
    sweep s = {.problem = {.rng = sw_rng_at(0, SW_RNG_TEST, (uint64_t)c->blocks)}};
    sw_gradients gradients = {0};
    sw_result_begin(out, "times %g, norm at most %g, %d values", c->factor, c->clip_norm,
                    c->blocks * SW_PARAM_ALIGN_ELEMS);
    SW_TRY(create_store(&s, cl, c->blocks, false));
    SW_TRY(add_slab(&s, "gradients", s.store.grads, 1.0));
    SW_TRY(sw_gradients_init(&gradients, &s.store, (float)c->clip_norm));
    const double start = sw_clock_ms();
    SW_TRY(sw_gradients_scale(&gradients, c->factor));
    SW_TRY(sw_gradients_clip(&gradients));
    SW_TRY(sw_cl_finish(cl));
    out->ms = sw_clock_ms() - start;
    expect_gradients(&s, c);
    SW_TRY(compare_slabs(out, &s));
done:
    sw_gradients_deinit(&gradients);
    deinit(&s);
    return status;
}

/* --- averages -------------------------------------------------------------------------------- */

/* a + share (c - a): three roundings, of the difference, the product and the sum; `share` itself is one more.
 */
static void expect_average(sw_tensor *average, const sw_tensor *current, double decay)
{
    sw_reference_average(average->want, current->given, average->elems, decay);
    for (size_t i = 0; i < average->elems; i++)
        average->bound[i] =
            bound_eps *
            (fabs(average->given[i]) + 3 * (1 - decay) * (fabs(average->given[i]) + fabs(current->given[i])));
}

static void swap_tensors(sw_tensor *a, sw_tensor *b)
{
    for (size_t i = 0; i < a->elems; i++) {
        const double want = a->want[i], bound = a->bound[i];
        a->want[i] = b->want[i];
        a->bound[i] = b->bound[i];
        b->want[i] = want;
        b->bound[i] = bound;
    }
}

/* The update, and one more that must change nothing: the optimiser is halted then. */
static sw_status update_averages(sw_averages *averages, sw_cl *cl, int updates)
{
    sw_status status = SW_OK;
    sw_optimizer optimizer = {.steps = (uint64_t)updates};
    SW_TRY(sw_buffer_create(&optimizer.halted, cl, sizeof(cl_int), "the optimiser's state"));
    SW_TRY(sw_buffer_fill(cl, optimizer.halted, 0, sizeof(cl_int), 0));
    SW_TRY(sw_averages_update(averages, &optimizer));
    SW_TRY(sw_buffer_fill(cl, optimizer.halted, 0, sizeof(cl_int), 1));
    optimizer.steps++;
    SW_TRY(sw_averages_update(averages, &optimizer));
    SW_TRY(sw_cl_finish(cl));
done:
    sw_buffer_release(&optimizer.halted);
    return status;
}

sw_status sw_check_averages(sw_check_result *out, sw_cl *cl, const sw_averages_case *c)
{
    sw_status status = SW_OK;
    sweep s = {.problem = {.rng = sw_rng_at(0, SW_RNG_TEST, (uint64_t)c->blocks)}};
    sw_averages averages = {0};
    sw_result_begin(out, "decay %g, update %d, %d values", c->decay, c->updates,
                    c->blocks * SW_PARAM_ALIGN_ELEMS);
    SW_TRY(create_store(&s, cl, c->blocks, true));
    SW_TRY(sw_averages_init(&averages, &s.store, (float)c->decay));
    SW_TRY(add_slab(&s, "averaged parameters", averages.params, 1.0));
    SW_TRY(add_slab(&s, "averaged statistics", averages.states, 10.0));
    SW_TRY(add_slab(&s, "parameters", s.store.params, 1.0));
    SW_TRY(add_slab(&s, "statistics", s.store.states, 10.0));
    const double start = sw_clock_ms();
    SW_TRY(update_averages(&averages, cl, c->updates));
    SW_TRY(sw_averages_swap(&averages));
    SW_TRY(sw_cl_finish(cl));
    out->ms = sw_clock_ms() - start;
    for (int i = 0; i < 2; i++) {
        expect_average(&s.tensors[i], &s.tensors[i + 2],
                       sw_reference_average_decay(c->decay, (uint64_t)c->updates));
        swap_tensors(&s.tensors[i], &s.tensors[i + 2]);
    }
    SW_TRY(compare_slabs(out, &s)); /* the store's own values, now among the averages, within 0 */
done:
    sw_averages_deinit(&averages);
    deinit(&s);
    return status;
}
