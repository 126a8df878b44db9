/* Learning-rate schedules against PyTorch's. */
#include <criterion/criterion.h>
#include <math.h>

#include "nn/schedule.h"

enum { EPOCHS = 12 };

/* torch 1.13.1, one optimiser SGD(lr=0.01), lr read before each epoch's scheduler.step(), 12 epochs:
 *   StepLR(o, 3, 0.7)   CosineAnnealingLR(o, 12, 0.001)   PolynomialLR(o, 12, 0.9) */
static const struct {
    sw_schedule_config config;
    double lr[EPOCHS];
} torch_tables[] = {
    {{.kind = SW_SCHED_CONSTANT}, {.01, .01, .01, .01, .01, .01, .01, .01, .01, .01, .01, .01}},
    {{.kind = SW_SCHED_STEP, .step_epochs = 3, .gamma = 0.7f},
     {0.01, 0.01, 0.01, 0.007, 0.007, 0.007, 0.0049, 0.0049, 0.0049, 0.00343, 0.00343, 0.00343}},
    {{.kind = SW_SCHED_COSINE, .min_lr = 0.001f},
     {0.01, 0.00984666622, 0.00939711432, 0.00868198052, 0.00775, 0.0066646857, 0.0055, 0.0043353143, 0.00325,
      0.00231801948, 0.00160288568, 0.00115333378}},
    {{.kind = SW_SCHED_POLY, .power = 0.9f},
     {0.01, 0.00924677511, 0.00848666147, 0.00771889507, 0.00694253163, 0.00615637569, 0.00535886731,
      0.00454788927, 0.00372041058, 0.00287174589, 0.00199371866, 0.00106840738}},
};
enum { TABLES = sizeof torch_tables / sizeof torch_tables[0] };

Test(schedule, every_kind_gives_the_rates_of_pytorch)
{
    for (int t = 0; t < TABLES; t++)
        for (int e = 0; e < EPOCHS; e++) {
            double got = (double)sw_schedule_lr(&torch_tables[t].config, 0.01f, e, EPOCHS);
            double want = torch_tables[t].lr[e];
            cr_assert(fabs(got - want) <= 2e-7 * want, "table %d epoch %d: %.9g, torch %.9g", t, e, got,
                      want);
        }
}

Test(schedule, the_rate_stays_the_same_within_an_epoch)
{
    for (int t = 0; t < TABLES; t++)
        for (int e = 0; e < EPOCHS; e++)
            for (int step = 0; step < 58; step++)
                cr_assert_eq(sw_schedule_lr(&torch_tables[t].config, 0.01f, e + step / 58.0, EPOCHS),
                             sw_schedule_lr(&torch_tables[t].config, 0.01f, e, EPOCHS));
}

Test(schedule, the_baseline_runs_at_1e_3_then_7e_4_then_4_9e_4)
{
    const sw_schedule_config config = {.kind = SW_SCHED_STEP, .step_epochs = 7, .gamma = 0.7f};
    const double want[20] = {1e-3, 1e-3, 1e-3, 1e-3, 1e-3,   1e-3,   1e-3,   7e-4,   7e-4,   7e-4,
                             7e-4, 7e-4, 7e-4, 7e-4, 4.9e-4, 4.9e-4, 4.9e-4, 4.9e-4, 4.9e-4, 4.9e-4};
    for (int e = 0; e < 20; e++)
        cr_assert_float_eq((double)sw_schedule_lr(&config, 1e-3f, e, 20), want[e], 1e-10, "epoch %d", e);
}

Test(schedule, warm_up_grows_linearly_step_by_step_and_then_ends)
{
    const sw_schedule_config config = {
        .kind = SW_SCHED_CONSTANT, .warmup_epochs = 1.5f, .warmup_start = 0.1f};
    const int steps = 10;
    cr_assert_float_eq((double)sw_schedule_lr(&config, 2.0f, 0, 4), 0.2, 1e-6);
    for (int i = 0; i < 40; i++) {
        double position = (double)i / steps;
        double want = position < 1.5 ? 2.0 * (0.1 + 0.9 * position / 1.5) : 2.0;
        cr_assert_float_eq((double)sw_schedule_lr(&config, 2.0f, position, 4), want, 1e-6, "step %d", i);
    }
}

Test(schedule, warm_up_scales_the_scheduled_rate_so_that_it_ends_without_a_jump)
{
    const sw_schedule_config config = {
        .kind = SW_SCHED_STEP, .step_epochs = 1, .gamma = 0.5f, .warmup_epochs = 3};
    cr_assert_float_eq((double)sw_schedule_lr(&config, 1.0f, 2.5, 10), 0.25 * 2.5 / 3, 1e-7);
    cr_assert_float_eq((double)sw_schedule_lr(&config, 1.0f, 3.0, 10), 0.125, 1e-7);
}

Test(schedule, cosine_and_poly_stay_at_their_floor_past_the_end)
{
    const sw_schedule_config cosine = {.kind = SW_SCHED_COSINE, .min_lr = 0.25f};
    const sw_schedule_config poly = {.kind = SW_SCHED_POLY, .min_lr = 0.25f, .power = 0.9f};
    for (int e = 5; e < 9; e++) {
        cr_assert_eq(sw_schedule_lr(&cosine, 1.0f, e, 5), 0.25f);
        cr_assert_eq(sw_schedule_lr(&poly, 1.0f, e, 5), 0.25f);
    }
}
