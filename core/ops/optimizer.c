/* Adam, AdamW and SGD as torch.optim defines them: one launch over the slab of parameters. */
#include "ops/optimizer.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

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

sw_status sw_optimizer_init(sw_optimizer *optimizer, sw_store *store, const sw_optimizer_config *config)
{
    sw_status status = SW_OK;
    *optimizer =
        (sw_optimizer){.config = *config, .store = store, .moment_count = sw_optimizer_count_moments(config)};
    const sw_kernel *kernel;
    char options[32];
    assert(store->grads && store->param_elems % SW_PARAM_ALIGN_ELEMS == 0);
    snprintf(options, sizeof options, "-DVEC=%d", sw_cl_vector_width(store->cl));
    SW_TRY(sw_kernel_get(&kernel, store->cl, "optimizer", kernel_name(config), options));
    optimizer->kernel = kernel;
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

void sw_optimizer_deinit(sw_optimizer *optimizer)
{
    for (int i = 0; i < SW_MAX_MOMENTS; i++) sw_buffer_release(&optimizer->moments[i]);
    sw_buffer_release(&optimizer->halted);
    *optimizer = (sw_optimizer){0};
}

static sw_status step_adam(const sw_optimizer *o, sw_ndrange grid, double lr)
{
    const sw_optimizer_config *c = &o->config;
    const double beta1 = sw_float_as_written(c->beta1), beta2 = sw_float_as_written(c->beta2),
                 decay = sw_float_as_written(c->weight_decay);
    const double t = (double)o->steps + 1.0;
    const double correction1 = 1.0 - pow(beta1, t), correction2 = 1.0 - pow(beta2, t);
    const bool decoupled = c->kind == SW_OPT_ADAMW;
    return SW_LAUNCH(o->store->cl, o->kernel, NULL, grid, sw_arg_buffer(o->store->params),
                     sw_arg_buffer(o->store->grads), sw_arg_buffer(o->moments[0]),
                     sw_arg_buffer(o->moments[1]), sw_arg_f32((float)beta1), sw_arg_f32((float)(1.0 - beta1)),
                     sw_arg_f32((float)beta2), sw_arg_f32((float)(1.0 - beta2)),
                     sw_arg_f32((float)(lr / correction1)), sw_arg_f32((float)(1.0 / sqrt(correction2))),
                     sw_arg_f32(c->eps), sw_arg_f32(decoupled ? 0.0f : c->weight_decay),
                     sw_arg_f32(decoupled ? (float)(1.0 - lr * decay) : 1.0f), sw_arg_buffer(o->halted));
}

static sw_status step_sgd(const sw_optimizer *o, sw_ndrange grid, double lr)
{
    const sw_optimizer_config *c = &o->config;
    if (o->moment_count == 0)
        return SW_LAUNCH(o->store->cl, o->kernel, NULL, grid, sw_arg_buffer(o->store->params),
                         sw_arg_buffer(o->store->grads), sw_arg_f32((float)lr), sw_arg_f32(c->weight_decay),
                         sw_arg_buffer(o->halted));
    return SW_LAUNCH(o->store->cl, o->kernel, NULL, grid, sw_arg_buffer(o->store->params),
                     sw_arg_buffer(o->store->grads), sw_arg_buffer(o->moments[0]), sw_arg_f32((float)lr),
                     sw_arg_f32(c->weight_decay), sw_arg_f32(c->momentum), sw_arg_i32(c->nesterov),
                     sw_arg_buffer(o->halted));
}

sw_status sw_optimizer_step(sw_optimizer *optimizer, double lr)
{
    sw_cl *cl = optimizer->store->cl;
    const sw_call call = {.cl = cl}; /* a grid depends on the device alone */
    const size_t vectors = optimizer->store->param_elems / (size_t)sw_cl_vector_width(cl);
    const sw_ndrange grid = sw_call_ndrange(&call, vectors, 1, false);
    const sw_status status =
        optimizer->config.kind == SW_OPT_SGD ? step_sgd(optimizer, grid, lr) : step_adam(optimizer, grid, lr);
    if (status == SW_OK) optimizer->steps++;
    return sw_fail_in(status, "optimizer");
}

const char *sw_optimizer_moment_name(const sw_optimizer *optimizer, int i)
{
    static const char *const adam[] = {"exp_avg", "exp_avg_sq"};
    assert(i >= 0 && i < optimizer->moment_count);
    return optimizer->config.kind == SW_OPT_SGD ? "momentum_buffer" : adam[i];
}
