/* An optimiser put together again from its moments and its step count goes on with the same bits. */
#include <criterion/criterion.h>
#include <math.h>
#include <string.h>

#include "cl/buffer.h"
#include "exec/optimizer.h"

enum { ELEMS = 2 * SW_PARAM_ALIGN_ELEMS, STEPS = 9, BREAK = 4 };

static void must(sw_status status)
{
    cr_assert_eq(status, SW_OK, "%s", sw_error_message());
}

static void take_steps(sw_optimizer *optimizer, int first, int last)
{
    const size_t bytes = ELEMS * sizeof(float);
    for (int step = first; step < last; step++) {
        float gradients[ELEMS];
        for (int i = 0; i < ELEMS; i++) gradients[i] = sinf((float)(i * (step + 1)));
        must(sw_buffer_write(optimizer->store->cl, optimizer->store->grads, 0, gradients, bytes));
        must(sw_optimizer_step(optimizer, 0.01 / (step + 1)));
    }
}

static void start_parameters(sw_store *store, sw_cl *cl)
{
    float params[ELEMS];
    *store = (sw_store){.cl = cl, .param_elems = ELEMS};
    for (int i = 0; i < ELEMS; i++) params[i] = cosf((float)i);
    must(sw_buffer_create(&store->params, cl, sizeof params, "parameters"));
    must(sw_buffer_create(&store->grads, cl, sizeof params, "gradients"));
    must(sw_buffer_write(cl, store->params, 0, params, sizeof params));
}

/* Moves moments and step count through the host into a fresh optimiser, as a checkpoint does. */
static void rebuild(sw_optimizer *optimizer)
{
    float moments[SW_MAX_MOMENTS][ELEMS];
    const sw_optimizer_config config = optimizer->config;
    const uint64_t steps = optimizer->steps;
    const int count = optimizer->moment_count;
    sw_store *store = optimizer->store;
    for (int i = 0; i < count; i++)
        must(sw_buffer_read(store->cl, optimizer->moments[i], 0, moments[i], sizeof moments[i]));
    sw_optimizer_deinit(optimizer);
    must(sw_optimizer_init(optimizer, store, &config));
    for (int i = 0; i < count; i++)
        must(sw_buffer_write(store->cl, optimizer->moments[i], 0, moments[i], sizeof moments[i]));
    optimizer->steps = steps;
}

static void run(float *params, sw_cl *cl, const sw_optimizer_config *config, bool broken)
{
    sw_store store;
    sw_optimizer optimizer;
    start_parameters(&store, cl);
    must(sw_optimizer_init(&optimizer, &store, config));
    take_steps(&optimizer, 0, BREAK);
    if (broken) rebuild(&optimizer);
    take_steps(&optimizer, BREAK, STEPS);
    cr_assert_eq(optimizer.steps, (uint64_t)STEPS);
    must(sw_buffer_read(cl, store.params, 0, params, ELEMS * sizeof *params));
    sw_optimizer_deinit(&optimizer);
    sw_store_deinit(&store);
}

Test(optimizer_resume, resumed_equals_uninterrupted_to_the_bit)
{
    const sw_optimizer_config configs[] = {
        {.kind = SW_OPT_ADAM, .beta1 = 0.9f, .beta2 = 0.999f, .eps = 1e-8f, .weight_decay = 0.01f},
        {.kind = SW_OPT_ADAMW, .beta1 = 0.9f, .beta2 = 0.999f, .eps = 1e-8f, .weight_decay = 0.01f},
        {.kind = SW_OPT_SGD, .momentum = 0.9f, .nesterov = true},
        {.kind = SW_OPT_SGD, .weight_decay = 5e-4f},
    };
    sw_device_info device;
    sw_cl *cl;
    must(sw_device_choose(&device, NULL));
    must(sw_cl_create(&cl, &device, &(sw_cl_options){.check = true}));
    for (size_t i = 0; i < sizeof configs / sizeof *configs; i++) {
        float whole[ELEMS], resumed[ELEMS];
        run(whole, cl, &configs[i], false);
        run(resumed, cl, &configs[i], true);
        cr_assert(memcmp(whole, resumed, sizeof whole) == 0, "configuration %zu", i);
        cr_assert(fabsf(whole[1] - cosf(1.0f)) > 1e-4f, "configuration %zu moves nothing", i);
    }
    sw_cl_destroy(cl);
}
