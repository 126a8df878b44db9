/* Learning rates of every epoch against torch.optim.lr_scheduler. */
#include <criterion/criterion.h>

#include "golden.h"
#include "nn/schedule.h"

static sw_schedule_config read_config(const golden *g)
{
    sw_schedule_config config = {.kind = (sw_schedule_kind)golden_number(g, "kind")};
    if (config.kind == SW_SCHED_STEP) {
        config.step_epochs = (int)golden_number(g, "step_epochs");
        config.gamma = (float)golden_number(g, "gamma");
    } else {
        config.min_lr = (float)golden_number(g, "min_lr");
        if (config.kind == SW_SCHED_POLY) config.power = (float)golden_number(g, "power");
    }
    return config;
}

/* One rounding of lr, gamma, min_lr and the result each, and of gamma as often as it is multiplied: 8. */
Test(golden_schedule, every_epochs_rate_is_pytorchs_at_all_of_its_steps)
{
    golden g;
    golden_open(&g, "training");
    while (golden_next(&g, "schedule")) {
        const sw_schedule_config config = read_config(&g);
        const float lr = (float)golden_number(&g, "lr");
        const int epochs = (int)golden_number(&g, "epochs");
        const double within_epoch[] = {0, 1.0 / 58, 57.0 / 58}; /* first, second and last of 58 steps */
        for (size_t w = 0; w < sizeof within_epoch / sizeof *within_epoch; w++) {
            float rates[64];
            cr_assert_leq(epochs, 64);
            for (int e = 0; e < epochs; e++)
                rates[e] = sw_schedule_lr(&config, lr, e + within_epoch[w], epochs);
            golden_expect(&g, "x", rates, 8);
        }
    }
    golden_close(&g);
}
