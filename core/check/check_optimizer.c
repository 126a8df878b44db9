/* Adam, AdamW and SGD, several steps. Each step of the reference starts from the device's own values before
 * it, so that one step's rounding is compared, not the sum of all:
 *
 *   p        two roundings of itself, and 12 eps of the update
 *   moments  3 eps of |momentum m| + |g|; the second moment, made of squares, 6 eps
 *
 * Factors of learning rate and decay are powers of two and round nothing, but AdamW's product of both is a
 * float of its own then: an eps of it more. The 12 are sums, a square root and a division of up to 3 ulp
 * each. A last step whose loss is not finite must leave everything as it is. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bound.h"
#include "cl/buffer.h"
#include "exec/loss_log.h"
#include "ops/ops.h"
#include "problem.h"

enum { TENSORS = 4 }; /* p, m, v, g */

typedef struct update_problem {
    const sw_optimizer_case *c;
    sw_graph graph;
    sw_store store;
    sw_optimizer optimizer;
    sw_loss_log losses;
    cl_mem loss;                /* of a step */
    sw_problem problem;         /* memory and random numbers */
    sw_tensor tensors[TENSORS]; /* the whole slabs, gaps included; given: before the step */
    cl_mem buffers[TENSORS];    /* borrowed; NULL where the method has no such moment */
} update_problem;

/* Two norms, whose parameters leave gaps in the slab. */
static sw_status build_graph(update_problem *u)
{
    const sw_batchnorm_attrs attrs = {.eps = 1e-5f, .momentum = 0.1f};
    int value;
    sw_graph_init(&u->graph);
    SW_ENSURE(sw_graph_input(&value, &u->graph, "x", SW_F32, (sw_shape){1, 1, 1, u->c->channels}));
    SW_ENSURE(sw_graph_add(&value, &u->graph, &sw_op_batchnorm, "first", &attrs, 1, &value));
    return sw_graph_add(&value, &u->graph, &sw_op_batchnorm, "second", &attrs, 1, &value);
}

static sw_status init_update(update_problem *u, sw_cl *cl)
{
    static const char *const names[TENSORS] = {"parameters", "first moment", "second moment", "gradients"};
    const sw_optimizer_case *c = u->c;
    SW_ENSURE(build_graph(u));
    SW_ENSURE(sw_store_init(&u->store, cl, &u->graph, true));
    const sw_optimizer_config config = {.kind = c->kind,
                                        .beta1 = (float)c->beta1,
                                        .beta2 = (float)c->beta2,
                                        .eps = (float)c->eps,
                                        .weight_decay = (float)c->weight_decay,
                                        .momentum = (float)c->momentum,
                                        .nesterov = c->nesterov};
    SW_ENSURE(sw_optimizer_init(&u->optimizer, &u->store, &config));
    if (c->factors) {
        const sw_param_factor half = {0.5f, 2.0f}, factors[] = {{0, 0}, half, half, half};
        SW_ENSURE(sw_optimizer_set_factors(&u->optimizer, &u->graph, factors));
    }
    SW_ENSURE(sw_loss_log_init(&u->losses, cl, c->steps + 1, 1));
    SW_ENSURE(sw_buffer_create(&u->loss, cl, sizeof(float), "a loss"));
    const cl_mem buffers[] = {u->store.params, u->optimizer.moment_count > 0 ? u->optimizer.moments[0] : NULL,
                              u->optimizer.moment_count > 1 ? u->optimizer.moments[1] : NULL, u->store.grads};
    memcpy(u->buffers, buffers, sizeof buffers);
    const int dims[] = {(int)u->store.param_elems};
    for (int i = 0; i < TENSORS; i++)
        SW_ENSURE(
            sw_tensor_init(&u->tensors[i], &u->problem, names[i], SW_F32, 1, dims, u->store.param_elems));
    return SW_OK;
}

/* Random numbers into every tensor of a slab; zeros between them. */
static sw_status fill_slab(update_problem *u, cl_mem slab)
{
    double *values = u->tensors[0].found; /* nothing has been found yet */
    memset(values, 0, u->store.param_elems * sizeof *values);
    for (int i = 0; i < u->graph.param_count; i++) {
        const sw_param *param = &u->graph.params[i];
        for (size_t k = 0; k < param->elems; k++)
            values[param->offset_elems + k] = (double)sw_rng_uniform(&u->problem.rng, -1, 1);
    }
    return sw_write_floats(u->store.cl, slab, values, u->store.param_elems);
}

/* want and bound of p, m and v from what is given. */
static void expect_step(update_problem *u, uint64_t step, double *moved)
{
    const sw_optimizer_case *c = u->c;
    const double rate = c->factors ? c->lr / 2 : c->lr, decay = c->weight_decay * (c->factors ? 2 : 1);
    const size_t first = c->factors ? u->graph.params[1].offset_elems : 0; /* what lies before is frozen */
    const sw_reference_update config = {c->kind, c->beta1, c->beta2, c->eps, decay, c->momentum, c->nesterov};
    sw_tensor *p = &u->tensors[0], *m = &u->tensors[1], *v = &u->tensors[2], *g = &u->tensors[3];
    for (int i = 0; i < TENSORS; i++)
        memcpy(u->tensors[i].want, u->tensors[i].given, p->elems * sizeof *p->want);
    memset(moved, 0, first * sizeof *moved);
    sw_reference_update_run(p->want + first, m->want + first, v->want + first, g->given + first,
                            p->elems - first, &config, rate, step, moved + first);
    bool adam = c->kind != SW_OPT_SGD;
    double keep = adam ? c->beta1 : c->momentum, take = adam ? 1 - c->beta1 : 1;
    for (int i = 0; i < TENSORS; i++) memset(u->tensors[i].bound, 0, first * sizeof *p->bound);
    const double roundings = 2 + (c->factors ? rate * decay : 0);
    for (size_t i = first; i < p->elems; i++) {
        double size = fabs(g->given[i]) + decay * fabs(p->given[i]);
        p->bound[i] = bound_eps * (roundings * fabs(p->given[i]) + 12 * moved[i]) + FLT_MIN;
        m->bound[i] = bound_eps * 3 * (keep * fabs(m->given[i]) + take * size) + FLT_MIN;
        v->bound[i] = bound_eps * 6 * (c->beta2 * v->given[i] + (1 - c->beta2) * size * size) + FLT_MIN;
    }
}

/* A step whose loss is this, with random gradients. */
static sw_status take_step(update_problem *u, float loss)
{
    SW_ENSURE(fill_slab(u, u->store.grads));
    for (int i = 0; i < TENSORS; i++)
        if (u->buffers[i])
            SW_ENSURE(sw_read_floats(u->tensors[i].given, u->store.cl, u->buffers[i], u->store.param_elems));
    SW_ENSURE(sw_buffer_write(u->store.cl, u->loss, 0, &loss, sizeof loss));
    SW_ENSURE(sw_loss_log_add(&u->losses, &u->loss, true, (const double[]){1.0}, &u->optimizer));
    return sw_optimizer_step(&u->optimizer, u->c->lr);
}

static sw_status compare_all(sw_check_result *out, update_problem *u)
{
    for (int i = 0; i < TENSORS; i++) {
        if (!u->buffers[i]) continue;
        SW_ENSURE(sw_read_floats(u->tensors[i].found, u->store.cl, u->buffers[i], u->store.param_elems));
        sw_result_compare(out, &u->tensors[i]); /* gradients: bound 0, unchanged */
    }
    return SW_OK;
}

static sw_status run_step(sw_check_result *out, update_problem *u, uint64_t step, double *moved)
{
    double start = sw_clock_ms();
    SW_ENSURE(take_step(u, (float)step));
    SW_ENSURE(sw_cl_finish(u->store.cl));
    out->ms = sw_clock_ms() - start;
    expect_step(u, step, moved);
    return compare_all(out, u);
}

/* The last of them all, for nothing moves any more. */
static sw_status run_halted_step(sw_check_result *out, update_problem *u)
{
    SW_ENSURE(take_step(u, NAN));
    for (int i = 0; i < TENSORS; i++) {
        sw_tensor *t = &u->tensors[i];
        memcpy(t->want, t->given, u->store.param_elems * sizeof *t->want);
        memset(t->bound, 0, u->store.param_elems * sizeof *t->bound);
    }
    return compare_all(out, u);
}

static void describe(sw_check_result *out, const sw_optimizer_case *c)
{
    static const char *const names[] = {"adam", "adamw", "sgd"};
    sw_result_begin(out, "%s%s%s%s%s, %d steps of %d", names[c->kind], c->momentum > 0 ? " momentum" : "",
                    c->nesterov ? " nesterov" : "", c->weight_decay > 0 ? " decay" : "",
                    c->factors ? " groups" : "", c->steps, c->channels);
}

sw_status sw_check_optimizer(sw_check_result *out, sw_cl *cl, const sw_optimizer_case *c)
{
    sw_status status = SW_OK;
    update_problem u = {.c = c, .problem = {.rng = sw_rng_at(0, SW_RNG_TEST, (uint64_t)c->channels)}};
    describe(out, c);
    SW_TRY(init_update(&u, cl));
    SW_TRY(fill_slab(&u, u.store.params));
    double *moved = sw_problem_doubles(&u.problem, u.store.param_elems);
    if (!moved) status = SW_E_MEMORY;
    for (int step = 1; moved && step <= c->steps; step++) SW_TRY(run_step(out, &u, (uint64_t)step, moved));
    if (moved) SW_TRY(run_halted_step(out, &u));
done:
    sw_loss_log_deinit(&u.losses);
    sw_buffer_release(&u.loss);
    sw_optimizer_deinit(&u.optimizer);
    sw_store_deinit(&u.store);
    sw_graph_deinit(&u.graph);
    sw_problem_deinit(&u.problem);
    return status;
}
