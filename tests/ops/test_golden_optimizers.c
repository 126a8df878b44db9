/* Adam, AdamW and SGD against torch.optim: ten steps at a falling rate, every step's parameters.
 *
 * The file's size of a parameter is |p| plus the sum of all moves so far with nothing cancelled. A step
 * rounds the parameter twice and its move about 12 times (two sums, a square root and a division of up to 3
 * ulp each), and SGD's buffer carries a step's rounding on to the next: 16 in units of 2^-24 of that size. */
#include <criterion/criterion.h>

#include "cl/buffer.h"
#include "device_case.h"
#include "exec/optimizer.h"
#include "golden.h"

static golden g;

static void open_all(void)
{
    session_open();
    golden_open(&g, "training");
}

static void close_all(void)
{
    golden_close(&g);
    session_close();
}

TestSuite(golden_optimizers, .init = open_all, .fini = close_all);

static void must(sw_status status)
{
    cr_assert_eq(status, SW_OK, "%s", sw_error_message());
}

static sw_optimizer_config read_config(void)
{
    sw_optimizer_config config = {.kind = (sw_optimizer_kind)golden_number(&g, "kind"),
                                  .weight_decay = (float)golden_number(&g, "weight_decay")};
    if (config.kind == SW_OPT_SGD) {
        config.momentum = (float)golden_number(&g, "momentum");
        config.nesterov = golden_number(&g, "nesterov") != 0;
    } else {
        config.beta1 = (float)golden_number(&g, "beta1");
        config.beta2 = (float)golden_number(&g, "beta2");
        config.eps = (float)golden_number(&g, "eps");
    }
    return config;
}

/* The parameters after each step, (steps, elems) as in the file. */
static float *take_steps(const sw_optimizer_config *config)
{
    size_t elems, steps;
    const float *start = golden_floats(&g, "x", &elems), *gradients = golden_floats(&g, "gradients", NULL);
    const float *rates = golden_floats(&g, "rates", &steps);
    float *after = sw_arena_alloc(&g.arena, steps * elems * sizeof *after);
    cr_assert(after);
    sw_store store = {.cl = session, .param_elems = SW_PARAM_ALIGN_ELEMS};
    sw_optimizer optimizer;
    cr_assert_leq(elems, (size_t)SW_PARAM_ALIGN_ELEMS);
    must(sw_buffer_create(&store.params, session, SW_PARAM_ALIGN_ELEMS * sizeof(float), "parameters"));
    must(sw_buffer_create(&store.grads, session, SW_PARAM_ALIGN_ELEMS * sizeof(float), "gradients"));
    must(sw_buffer_fill(session, store.params, 0, SW_PARAM_ALIGN_ELEMS * sizeof(float), 0));
    must(sw_store_zero_gradients(&store));
    must(sw_buffer_write(session, store.params, 0, start, elems * sizeof *start));
    must(sw_optimizer_init(&optimizer, &store, config));
    for (size_t k = 0; k < steps; k++) {
        must(sw_buffer_write(session, store.grads, 0, gradients + k * elems, elems * sizeof *gradients));
        must(sw_optimizer_step(&optimizer, (double)rates[k]));
        must(sw_buffer_read(session, store.params, 0, after + k * elems, elems * sizeof *after));
    }
    sw_optimizer_deinit(&optimizer);
    sw_store_deinit(&store);
    return after;
}

Test(golden_optimizers, ten_steps_leave_the_same_parameters)
{
    while (golden_next(&g, "optimizer")) {
        const sw_optimizer_config config = read_config();
        golden_expect(&g, "params", take_steps(&config), 16);
    }
}
