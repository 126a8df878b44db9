#include "exec/averages.h"

#include <assert.h>
#include <math.h>
#include <stdio.h>

#include "base/fields.h"
#include "ops/call.h"

static sw_status create_slab(cl_mem *out, const sw_averages *a, size_t elems, const char *label)
{
    SW_ENSURE(sw_buffer_create(out, a->store->cl, elems * sizeof(float), label));
    return sw_buffer_fill(a->store->cl, *out, 0, elems * sizeof(float), 0);
}

sw_status sw_averages_init(sw_averages *averages, sw_store *store, float decay)
{
    sw_status status = SW_OK;
    const sw_kernel *update, *swap;
    char options[32];
    *averages = (sw_averages){.store = store, .decay = decay};
    assert(decay > 0.0f && decay < 1.0f);
    assert(store->param_elems % SW_PARAM_ALIGN_ELEMS == 0 && store->state_elems % SW_PARAM_ALIGN_ELEMS == 0);
    snprintf(options, sizeof options, "-DVEC=%d", sw_cl_vector_width(store->cl));
    SW_TRY(sw_kernel_get(&update, store->cl, "averages", "averages_update", options));
    SW_TRY(sw_kernel_get(&swap, store->cl, "averages", "averages_swap", options));
    averages->update = update;
    averages->swap = swap;
    SW_TRY(create_slab(&averages->params, averages, store->param_elems, "averaged parameters"));
    if (store->state_elems)
        SW_TRY(create_slab(&averages->states, averages, store->state_elems, "averaged statistics"));
done:
    if (status != SW_OK) sw_averages_deinit(averages);
    return sw_fail_in(status, "averages");
}

void sw_averages_deinit(sw_averages *averages)
{
    sw_buffer_release(&averages->params);
    sw_buffer_release(&averages->states);
    *averages = (sw_averages){0};
}

double sw_averages_decay(float decay, uint64_t updates)
{
    if (updates <= 1) return 0.0;
    const double n = (double)updates - 1.0;
    return fmin((1.0 + n) / (10.0 + n), sw_float_as_written(decay));
}

static sw_ndrange sweep_grid(const sw_averages *a, size_t elems)
{
    const sw_call call = {.cl = a->store->cl}; /* a grid depends on the device alone */
    return sw_call_ndrange(&call, elems / (size_t)sw_cl_vector_width(a->store->cl), 1, false);
}

static sw_status update_slab(const sw_averages *a, cl_mem average, cl_mem current, size_t elems, float share,
                             cl_mem halted)
{
    if (elems == 0) return SW_OK;
    return SW_LAUNCH(a->store->cl, a->update, NULL, sweep_grid(a, elems), sw_arg_buffer(average),
                     sw_arg_buffer(current), sw_arg_f32(share), sw_arg_buffer(halted));
}

sw_status sw_averages_update(sw_averages *a, const sw_optimizer *optimizer)
{
    sw_status status = SW_OK;
    const float share = (float)(1.0 - sw_averages_decay(a->decay, optimizer->steps));
    const cl_mem halted = optimizer->halted;
    SW_TRY(update_slab(a, a->params, a->store->params, a->store->param_elems, share, halted));
    SW_TRY(update_slab(a, a->states, a->store->states, a->store->state_elems, share, halted));
done:
    return sw_fail_in(status, "averages");
}

static sw_status swap_slab(const sw_averages *a, cl_mem average, cl_mem current, size_t elems)
{
    if (elems == 0) return SW_OK;
    return SW_LAUNCH(a->store->cl, a->swap, NULL, sweep_grid(a, elems), sw_arg_buffer(average),
                     sw_arg_buffer(current));
}

sw_status sw_averages_swap(sw_averages *a)
{
    sw_status status = SW_OK;
    a->store->changes++;
    SW_TRY(swap_slab(a, a->params, a->store->params, a->store->param_elems));
    SW_TRY(swap_slab(a, a->states, a->store->states, a->store->state_elems));
done:
    return sw_fail_in(status, "averages");
}
