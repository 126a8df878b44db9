#include "exec/gradients.h"

#include <assert.h>
#include <stdio.h>

#include "ops/call.h"
#include "ops/chunks.h"

enum {
    SUM_ITEMS = 64,   /* as in gradients.cl */
    MIN_ROUNDS = 16,  /* vectors summed by one work-item */
    MAX_ITEMS = 4096, /* partial sums */
};

static sw_status get_kernel(const void **out, const sw_gradients *g, const char *name)
{
    const sw_kernel *kernel;
    char options[32];
    snprintf(options, sizeof options, "-DVEC=%d", sw_cl_vector_width(g->store->cl));
    sw_status status = sw_kernel_get(&kernel, g->store->cl, "gradients", name, options);
    *out = status == SW_OK ? kernel : NULL;
    return status;
}

sw_status sw_gradients_init(sw_gradients *gradients, sw_store *store, float clip_norm)
{
    sw_status status = SW_OK;
    *gradients = (sw_gradients){.store = store, .clip_norm = clip_norm};
    assert(store->grads && store->param_elems % SW_PARAM_ALIGN_ELEMS == 0);
    SW_TRY(get_kernel(&gradients->scale, gradients, "gradients_scale"));
    if (!(clip_norm > 0.0f)) goto done;
    SW_TRY(get_kernel(&gradients->squares, gradients, "gradients_squares"));
    SW_TRY(get_kernel(&gradients->norm, gradients, "gradients_norm"));
    SW_TRY(get_kernel(&gradients->clip, gradients, "gradients_clip"));
    SW_TRY(sw_buffer_create(&gradients->partial, store->cl, MAX_ITEMS * sizeof(float), "sums of squares"));
    SW_TRY(sw_buffer_create(&gradients->norms, store->cl, 2 * sizeof(float), "norm of the gradients"));
done:
    if (status != SW_OK) sw_gradients_deinit(gradients);
    return sw_fail_in(status, "gradients");
}

void sw_gradients_deinit(sw_gradients *gradients)
{
    sw_buffer_release(&gradients->partial);
    sw_buffer_release(&gradients->norms);
    *gradients = (sw_gradients){0};
}

static size_t vector_count(const sw_gradients *g)
{
    return g->store->param_elems / (size_t)sw_cl_vector_width(g->store->cl);
}

static sw_ndrange sweep_grid(const sw_gradients *g)
{
    const sw_call call = {.cl = g->store->cl}; /* a grid depends on the device alone */
    return sw_call_ndrange(&call, vector_count(g), 1, false);
}

sw_status sw_gradients_scale(sw_gradients *g, double factor)
{
    if (factor == 1.0) return SW_OK;
    sw_status status = SW_LAUNCH(g->store->cl, g->scale, NULL, sweep_grid(g), sw_arg_buffer(g->store->grads),
                                 sw_arg_f32((float)factor));
    return sw_fail_in(status, "gradients");
}

sw_status sw_gradients_clip(sw_gradients *g)
{
    sw_status status = SW_OK;
    sw_cl *cl = g->store->cl;
    if (!g->clip) return SW_OK;
    const sw_chunks chunks = sw_chunks_deal(cl, (int)vector_count(g), MIN_ROUNDS, MAX_ITEMS);
    const sw_call call = {.cl = cl};
    SW_TRY(SW_LAUNCH(cl, g->squares, NULL, sw_call_ndrange(&call, (size_t)chunks.items, 1, true),
                     sw_arg_buffer(g->store->grads), sw_arg_buffer(g->partial), sw_arg_i32(chunks.vectors),
                     sw_arg_i32(chunks.rounds), sw_arg_i32(chunks.item_stride),
                     sw_arg_i32(chunks.round_stride)));
    SW_TRY(SW_LAUNCH(cl, g->norm, NULL, ((sw_ndrange){.global = {SUM_ITEMS}, .local = {SUM_ITEMS}}),
                     sw_arg_buffer(g->partial), sw_arg_i32(chunks.items), sw_arg_f32(g->clip_norm),
                     sw_arg_buffer(g->norms)));
    SW_TRY(
        SW_LAUNCH(cl, g->clip, NULL, sweep_grid(g), sw_arg_buffer(g->store->grads), sw_arg_buffer(g->norms)));
done:
    return sw_fail_in(status, "clipping gradients");
}
