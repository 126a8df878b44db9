/* Times engines against each other, one layer at a time, and decides. */
#include "ops/conv_tune.h"

#include <math.h>

#include "base/clock.h"
#include "conv_bench.h"

enum { MIN_ROUNDS = 3, MAX_ROUNDS = 7, MAX_REPEATS = 64 };

static const double MIN_SAMPLE_MS = 2; /* a pass is repeated until a sample takes that long */
/* An engine that is so many times slower than the fastest is not timed again: after a few images, after a
 * round, after several rounds. Few images tell little of engines that transform the weights once a batch. */
static const double HOPELESS = 4, MUCH_SLOWER = 2.5, SLOWER = 1.5;
static const double NEARLY_AS_FAST = 1.05;

static sw_status sample(double *ms, sw_conv_bench *b, const sw_conv_candidate *c, sw_conv_pass pass, int n,
                        int repeats)
{
    sw_status status = SW_OK;
    b->call.n = n;
    SW_TRY(sw_cl_finish(b->cl));
    double start = sw_clock_ms();
    for (int i = 0; i < repeats; i++) SW_TRY(sw_conv_run(c->engine, c->plan, &b->call, pass));
    SW_TRY(sw_cl_finish(b->cl));
    *ms = (sw_clock_ms() - start) / repeats / n;
done:
    b->call.n = b->shape.n;
    return status;
}

static bool is_timed(const sw_conv_candidate *c, sw_conv_pass pass)
{
    return (c->passes & SW_BIT(pass)) && !c->failed && !c->refused && !c->behind;
}

/* Its best time so far, so that no engine is dropped for one disturbed sample. */
static double best_ms(const sw_conv_candidate *c)
{
    return c->rounds ? fmin(c->few_ms, c->ms) : c->few_ms;
}

static void drop_slower(sw_conv_bench *b, sw_conv_pass pass, double times)
{
    double best = INFINITY;
    for (int i = 0; i < b->count; i++)
        if (is_timed(&b->candidates[i], pass)) best = fmin(best, best_ms(&b->candidates[i]));
    for (int i = 0; i < b->count; i++)
        if (is_timed(&b->candidates[i], pass))
            b->candidates[i].behind = best_ms(&b->candidates[i]) > times * best;
}

/* Times two samples of a few images: the better one drops engines that are far too slow, and says how long a
 * sample of the whole batch takes. */
static sw_status sample_roughly(double *round_ms, sw_conv_bench *b, sw_conv_pass pass)
{
    for (int i = 0; i < b->count; i++) {
        sw_conv_candidate *c = &b->candidates[i];
        if (!is_timed(c, pass)) continue;
        double first, second;
        SW_ENSURE(sample(&first, b, c, pass, b->check_n, 1));
        SW_ENSURE(sample(&second, b, c, pass, b->check_n, 1));
        c->few_ms = fmin(first, second);
    }
    drop_slower(b, pass, HOPELESS);
    *round_ms = 0;
    for (int i = 0; i < b->count; i++) {
        sw_conv_candidate *c = &b->candidates[i];
        if (!is_timed(c, pass)) continue;
        double full = c->few_ms * b->shape.n;
        c->repeats = full * MAX_REPEATS < MIN_SAMPLE_MS ? MAX_REPEATS : (int)ceil(MIN_SAMPLE_MS / full);
        *round_ms += full * c->repeats;
    }
    return SW_OK;
}

/* Times the engines in turns, so that whatever else the machine does slows all of them. */
static sw_status sample_in_rounds(sw_conv_bench *b, sw_conv_pass pass, int rounds)
{
    for (int r = 0; r < rounds; r++) {
        for (int i = 0; i < b->count; i++) {
            sw_conv_candidate *c = &b->candidates[i];
            if (!is_timed(c, pass)) continue;
            double ms;
            SW_ENSURE(sample(&ms, b, c, pass, b->shape.n, c->repeats));
            c->ms = c->rounds++ ? fmin(c->ms, ms) : ms;
        }
        drop_slower(b, pass, r == 0 ? MUCH_SLOWER : SLOWER);
    }
    return SW_OK;
}

static void decide(sw_conv_verdict *verdict, sw_conv_bench *b, sw_conv_pass pass)
{
    double best = INFINITY;
    *verdict = (sw_conv_verdict){0};
    for (int i = 0; i < b->count; i++) {
        const sw_conv_candidate *c = &b->candidates[i];
        if (!(c->passes & SW_BIT(pass))) continue;
        sw_conv_trial *trial = &verdict->trials[verdict->trial_count++];
        *trial = (sw_conv_trial){c->engine->choice, c->failed || c->refused ? -1
                                                    : c->rounds             ? c->ms
                                                                            : c->few_ms};
        if (c->rounds) best = fmin(best, trial->ms);
    }
    for (int i = 0; i < b->count && verdict->choice == SW_CONV_AUTO; i++) {
        const sw_conv_candidate *c = &b->candidates[i];
        if (c->rounds && c->ms <= NEARLY_AS_FAST * best) verdict->choice = c->engine->choice;
    }
}

static sw_status tune_pass(sw_conv_verdict *verdict, sw_conv_bench *b, sw_conv_pass pass, double seconds)
{
    double round_ms;
    for (int i = 0; i < b->count; i++) {
        sw_conv_candidate *c = &b->candidates[i];
        c->refused = c->behind = false;
        c->rounds = 0;
        if (i != b->reference && is_timed(c, pass)) sw_conv_bench_check(b, c, pass);
    }
    SW_ENSURE(sample_roughly(&round_ms, b, pass));
    int rounds = seconds * 1e3 < MAX_ROUNDS * round_ms ? (int)(seconds * 1e3 / round_ms) : MAX_ROUNDS;
    SW_ENSURE(sample_in_rounds(b, pass, rounds < MIN_ROUNDS ? MIN_ROUNDS : rounds));
    decide(verdict, b, pass);
    return SW_OK;
}

/* --- the whole ------------------------------------------------------------------------------- */

/* Returns the undecided passes that several engines could compute; gives those to it that only one can. */
static unsigned contested(sw_conv_row *row, const sw_conv_bench *b)
{
    unsigned passes = 0;
    for (int p = 0; p < SW_CONV_PASSES; p++) {
        int able = 0;
        sw_conv_choice only = SW_CONV_AUTO;
        if (row->pass[p].choice != SW_CONV_AUTO) continue;
        for (int i = 0; i < b->count; i++) {
            if (!(b->candidates[i].passes & SW_BIT(p))) continue;
            only = b->candidates[i].engine->choice;
            able++;
        }
        if (able > 1)
            passes |= SW_BIT(p);
        else
            row->pass[p] = (sw_conv_verdict){.choice = only};
    }
    return passes;
}

static sw_status tune_row(sw_conv_row *row, sw_cl *cl, const sw_conv_engine *const *engines, double seconds,
                          sw_tally *tally)
{
    sw_status status = SW_OK;
    sw_conv_bench b;
    sw_conv_bench_init(&b, cl, &row->layer, engines);
    unsigned passes = contested(row, &b);
    if (passes) SW_TRY(sw_conv_bench_open(&b, passes));
    for (int p = 0; p < SW_CONV_PASSES; p++) {
        if (passes & SW_BIT(p))
            SW_TRY(tune_pass(&row->pass[p], &b, (sw_conv_pass)p, seconds / SW_CONV_PASSES));
        sw_tally_add(tally, 1);
    }
done:
    sw_conv_bench_close(&b);
    return status;
}

sw_status sw_conv_tune(sw_conv_table *table, sw_cl *cl, const sw_conv_tune_options *options)
{
    const sw_conv_engine *const *engines = options->engines ? options->engines : sw_conv_engines;
    double until = sw_clock_ms() + options->seconds * 1e3;
    int left = 0;
    for (int i = 0; i < table->count; i++) left += !sw_conv_row_decided(&table->rows[i]);
    for (int i = 0; i < table->count; i++) {
        sw_conv_row *row = &table->rows[i];
        char layer[SW_CONV_LAYER_BYTES];
        if (sw_conv_row_decided(row)) continue;
        if (options->stop && *options->stop)
            return sw_fail(SW_E_INTERRUPTED,
                           "interrupted while timing convolutions: nothing was begun, and nothing is kept");
        sw_status status =
            tune_row(row, cl, engines, (until - sw_clock_ms()) * 1e-3 / left--, options->tally);
        sw_conv_layer_print(layer, &row->layer);
        if (status != SW_OK) return sw_fail_in(status, "timing a convolution %s", layer);
    }
    return SW_OK;
}
