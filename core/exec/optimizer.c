/* Adam, AdamW and SGD as torch.optim defines them: one launch over the slab of parameters. */
#include "exec/optimizer.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "base/fields.h"
#include "ops/call.h"

static const char *kernel_name(const sw_optimizer_config *config)
{
    if (config->kind != SW_OPT_SGD) return "optimizer_adam";
    return config->momentum != 0.0f ? "optimizer_sgd_momentum" : "optimizer_sgd";
}

int sw_optimizer_count_moments(const sw_optimizer_config *config)
{
    if (config->kind != SW_OPT_SGD) return 2;
    return config->momentum != 0.0f ? 1 : 0;
}

static sw_status get_kernel(sw_optimizer *optimizer)
{
    const sw_kernel *kernel;
    char options[48];
    sw_cl *cl = optimizer->store->cl;
    snprintf(options, sizeof options, "-DVEC=%d -DFACTORS=%d", sw_cl_vector_width(cl),
             optimizer->factors != NULL);
    SW_ENSURE(sw_kernel_get(&kernel, cl, "optimizer", kernel_name(&optimizer->config), options));
    optimizer->kernel = kernel;
    return SW_OK;
}

sw_status sw_optimizer_init(sw_optimizer *optimizer, sw_store *store, const sw_optimizer_config *config)
{
    sw_status status = SW_OK;
    *optimizer =
        (sw_optimizer){.config = *config, .store = store, .moment_count = sw_optimizer_count_moments(config)};
    assert(store->grads && store->param_elems % SW_PARAM_ALIGN_ELEMS == 0);
    SW_TRY(get_kernel(optimizer));
    SW_TRY(sw_buffer_create(&optimizer->halted, store->cl, sizeof(cl_int), "the optimiser's state"));
    SW_TRY(sw_buffer_fill(store->cl, optimizer->halted, 0, sizeof(cl_int), 0));
    for (int i = 0; i < optimizer->moment_count; i++) {
        const size_t bytes = store->param_elems * sizeof(float);
        const char *name = sw_optimizer_moment_name(optimizer, i);
        SW_TRY(sw_buffer_create(&optimizer->moments[i], store->cl, bytes, name));
        SW_TRY(sw_buffer_fill(store->cl, optimizer->moments[i], 0, bytes, 0));
    }
done:
    if (status != SW_OK) sw_optimizer_deinit(optimizer);
    return sw_fail_in(status, "optimizer");
}

/* The factors of a slab's every 128 elements; 1 where no parameter is. */
static void spread_factors(float *blocks, size_t count, const sw_graph *graph, const sw_param_factor *factors)
{
    for (size_t b = 0; b < 2 * count; b++) blocks[b] = 1.0f;
    for (int i = 0; i < graph->param_count; i++) {
        const sw_param *param = &graph->params[i];
        const size_t first = param->offset_elems / SW_PARAM_ALIGN_ELEMS;
        const size_t end = (param->offset_elems + param->elems - 1) / SW_PARAM_ALIGN_ELEMS + 1;
        for (size_t b = first; b < end; b++) {
            blocks[2 * b] = factors[i].lr;
            blocks[2 * b + 1] = factors[i].decay;
        }
    }
}

sw_status sw_optimizer_set_factors(sw_optimizer *optimizer, const sw_graph *graph,
                                   const sw_param_factor *factors)
{
    sw_status status = SW_OK;
    sw_cl *cl = optimizer->store->cl;
    const size_t count = optimizer->store->param_elems / SW_PARAM_ALIGN_ELEMS;
    const size_t bytes = 2 * count * sizeof(float);
    float *blocks = malloc(bytes);
    if (!blocks) return sw_fail_alloc("factors of the optimiser", bytes);
    spread_factors(blocks, count, graph, factors);
    if (!optimizer->factors)
        SW_TRY(sw_buffer_create(&optimizer->factors, cl, bytes, "factors of the optimiser"));
    SW_TRY(sw_buffer_write(cl, optimizer->factors, 0, blocks, bytes));
    SW_TRY(get_kernel(optimizer));
done:
    free(blocks);
    return sw_fail_in(status, "optimizer");
}

void sw_optimizer_deinit(sw_optimizer *optimizer)
{
    sw_buffer_release(&optimizer->factors);
    for (int i = 0; i < SW_MAX_MOMENTS; i++) sw_buffer_release(&optimizer->moments[i]);
    sw_buffer_release(&optimizer->halted);
    *optimizer = (sw_optimizer){0};
}

/* `args` end with the factors, which a kernel takes only where there are any. */
static sw_status launch(const sw_optimizer *o, sw_ndrange grid, const sw_arg *args, size_t count)
{
    return sw_launch(o->store->cl, o->kernel, NULL, grid, o->factors ? count : count - 1, args);
}

static sw_status step_adam(const sw_optimizer *o, sw_ndrange grid, double lr)
{
    const sw_optimizer_config *c = &o->config;
    const double beta1 = sw_float_as_written(c->beta1), beta2 = sw_float_as_written(c->beta2),
                 decay = sw_float_as_written(c->weight_decay);
    const double t = (double)o->steps + 1.0;
    const double correction1 = 1.0 - pow(beta1, t), correction2 = 1.0 - pow(beta2, t);
    const bool decoupled = c->kind == SW_OPT_ADAMW;
    const sw_arg args[] = {sw_arg_buffer(o->store->params),
                           sw_arg_buffer(o->store->grads),
                           sw_arg_buffer(o->moments[0]),
                           sw_arg_buffer(o->moments[1]),
                           sw_arg_f32((float)beta1),
                           sw_arg_f32((float)(1.0 - beta1)),
                           sw_arg_f32((float)beta2),
                           sw_arg_f32((float)(1.0 - beta2)),
                           sw_arg_f32((float)(lr / correction1)),
                           sw_arg_f32((float)(1.0 / sqrt(correction2))),
                           sw_arg_f32(c->eps),
                           sw_arg_f32(decoupled ? 0.0f : c->weight_decay),
                           sw_arg_f32(decoupled ? (float)(1.0 - lr * decay) : 1.0f),
                           sw_arg_f32(decoupled ? (float)(lr * decay) : 0.0f),
                           sw_arg_buffer(o->halted),
                           sw_arg_buffer(o->factors)};
    return launch(o, grid, args, sizeof args / sizeof *args);
}

static sw_status step_sgd(const sw_optimizer *o, sw_ndrange grid, double lr)
{
    const sw_optimizer_config *c = &o->config;
    const sw_arg rate = sw_arg_f32((float)lr), decay = sw_arg_f32(c->weight_decay);
    const sw_arg params = sw_arg_buffer(o->store->params), grads = sw_arg_buffer(o->store->grads);
    const sw_arg halted = sw_arg_buffer(o->halted), factors = sw_arg_buffer(o->factors);
    const sw_arg plain[] = {params, grads, rate, decay, halted, factors};
    if (o->moment_count == 0) return launch(o, grid, plain, sizeof plain / sizeof *plain);
    const sw_arg args[] = {params,
                           grads,
                           sw_arg_buffer(o->moments[0]),
                           rate,
                           decay,
                           sw_arg_f32(c->momentum),
                           sw_arg_i32(c->nesterov),
                           halted,
                           factors};
    return launch(o, grid, args, sizeof args / sizeof *args);
}

sw_status sw_optimizer_step(sw_optimizer *optimizer, double lr)
{
    sw_cl *cl = optimizer->store->cl;
    const sw_call call = {.cl = cl}; /* a grid depends on the device alone */
    const size_t vectors = optimizer->store->param_elems / (size_t)sw_cl_vector_width(cl);
    const sw_ndrange grid = sw_call_ndrange(&call, vectors, 1, false);
    const sw_status status =
        optimizer->config.kind == SW_OPT_SGD ? step_sgd(optimizer, grid, lr) : step_adam(optimizer, grid, lr);
    optimizer->store->changes++;
    if (status == SW_OK) optimizer->steps++;
    return sw_fail_in(status, "optimizer");
}

const char *sw_optimizer_moment_name(const sw_optimizer *optimizer, int i)
{
    static const char *const adam[] = {"exp_avg", "exp_avg_sq"};
    assert(i >= 0 && i < optimizer->moment_count);
    return optimizer->config.kind == SW_OPT_SGD ? "momentum_buffer" : adam[i];
}
