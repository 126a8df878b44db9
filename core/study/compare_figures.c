/* The figures of a comparison: of epochs, means over seeds, costs, and which is the best. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "comparison.h"
#include "measure/describe.h"

/* ---- what is better ---- */

int cost_sense(int cost)
{
    return cost == RATE ? 1 : -1;
}

const char *cost_key(int cost)
{
    static const char *const keys[COSTS] = {"parameters",    "macs",    "device_memory_bytes",
                                            "epoch_seconds", "seconds", "images_per_second"};
    return keys[cost];
}

bool column_metric_comparable(const sw_comparison *c, size_t col, int metric)
{
    const sw_metric *of = c->layout->list[metric].metric;
    unsigned odd = c->items[c->columns[col].members[0]].odd;
    if (of->group == SW_METRIC_TIME) return !(odd & ODD_DEVICE);
    return !(odd & NOT_COMPARABLE) && !(of->is_loss && (odd & ODD_LOSS));
}

/* Epochs of another length, by images or by their size, still cost what they cost. */
bool column_cost_comparable(const sw_comparison *c, size_t col, int cost)
{
    unsigned odd = c->items[c->columns[col].members[0]].odd;
    if (cost == SECONDS && (odd & ODD_LENGTH)) return false;
    return cost < EPOCH_SECONDS || !(odd & ODD_DEVICE);
}

/* ---- one run ---- */

double contender_figure(const sw_comparison *c, const contender *of, int row, int metric)
{
    int epoch = row == ROW_FINAL ? of->epochs : row == ROW_BEST ? of->best + 1 : row;
    if (epoch < 1 || epoch > of->epochs) return (double)NAN;
    return of->figures[(epoch - 1) * c->layout->count + metric];
}

/* The first of the best. */
static int best_row(const sw_comparison *c, const contender *of)
{
    int sense = c->layout->list[c->rank].metric->better, best = -1;
    double most = (double)NAN;
    for (int e = 0; e < of->epochs; e++) {
        double value = contender_figure(c, of, e + 1, c->rank);
        if (isnan(value) || (best >= 0 && sense * value <= sense * most)) continue;
        best = e;
        most = value;
    }
    return best;
}

/* What the manifest does not say follows from the experiment, without a device. What has been run, or asks
 * for more memory than a device has, stays unknown. */
static sw_status describe_costs(contender *of)
{
    sw_description d;
    sw_status status = sw_description_init(&d, of->x);
    if (status == SW_E_CONFIG && !of->is_run) return sw_fail_in(status, "%s", of->path);
    if (status != SW_OK) return SW_OK;
    if (isnan(of->costs[PARAMETERS])) of->costs[PARAMETERS] = (double)d.parameters;
    if (isnan(of->costs[MACS])) of->costs[MACS] = (double)d.macs;
    if (isnan(of->costs[MEMORY])) of->costs[MEMORY] = (double)d.memory.total_bytes;
    sw_description_deinit(&d);
    return SW_OK;
}

static double known_or_nan(bool known, double value)
{
    return known && value >= 0.0 ? value : (double)NAN;
}

/* Every epoch has the same number of images, so their rate in all is the harmonic mean. */
static void time_costs(const sw_comparison *c, contender *of)
{
    int seconds_at = comparison_metric(c, "seconds"), rate_at = comparison_metric(c, "images_per_second");
    double seconds = 0.0, pace = 0.0;
    for (int e = 1; e <= of->epochs; e++) {
        seconds += contender_figure(c, of, e, seconds_at);
        pace += 1.0 / contender_figure(c, of, e, rate_at);
    }
    of->costs[SECONDS] = known_or_nan(of->epochs > 0, seconds);
    of->costs[EPOCH_SECONDS] = of->costs[SECONDS] / of->epochs;
    of->costs[RATE] = known_or_nan(of->epochs > 0 && pace > 0.0 && isfinite(pace), of->epochs / pace);
}

static sw_status take_costs(const sw_comparison *c, contender *of)
{
    const sw_run_facts *facts = &of->run.facts;
    of->costs[PARAMETERS] = known_or_nan(of->is_run, facts->parameters);
    of->costs[MACS] = known_or_nan(of->is_run, facts->macs);
    of->costs[MEMORY] = known_or_nan(of->is_run, facts->device_memory_bytes);
    time_costs(c, of);
    bool known = !isnan(of->costs[PARAMETERS]) && !isnan(of->costs[MACS]) && !isnan(of->costs[MEMORY]);
    return known ? SW_OK : describe_costs(of);
}

sw_status comparison_measure(sw_comparison *c)
{
    for (size_t i = 0; i < c->count; i++) {
        contender *of = &c->items[i];
        of->best = best_row(c, of);
        sw_status status = take_costs(c, of);
        if (status != SW_OK) return status;
    }
    return SW_OK;
}

/* ---- columns ---- */

/* Of the values that are there. */
static figure summary(const double *values, size_t count)
{
    figure f = {.mean = (double)NAN, .sd = (double)NAN, .of = (int)count};
    double sum = 0.0, squares = 0.0;
    for (size_t i = 0; i < count; i++) {
        if (isnan(values[i])) continue;
        sum += values[i];
        f.count++;
    }
    if (f.count == 0) return f;
    f.mean = sum / f.count;
    for (size_t i = 0; i < count; i++)
        if (!isnan(values[i])) squares += (values[i] - f.mean) * (values[i] - f.mean);
    if (f.count > 1) f.sd = sqrt(squares / (f.count - 1));
    return f;
}

figure column_figure(const sw_comparison *c, size_t col, int row, int metric)
{
    double values[MAX_CONTENDERS];
    const column *of = &c->columns[col];
    for (size_t i = 0; i < of->count; i++)
        values[i] = contender_figure(c, &c->items[of->members[i]], row, metric);
    return summary(values, of->count);
}

figure column_cost(const sw_comparison *c, size_t col, int cost)
{
    double values[MAX_CONTENDERS];
    const column *of = &c->columns[col];
    for (size_t i = 0; i < of->count; i++) values[i] = c->items[of->members[i]].costs[cost];
    return summary(values, of->count);
}

void mark_best(bool *marks, const figure *figures, const bool *allowed, size_t count, int sense)
{
    double best = (double)NAN;
    size_t candidates = 0, winners = 0;
    for (size_t i = 0; i < count; i++) {
        marks[i] = false;
        if (!allowed[i] || isnan(figures[i].mean) || sense == 0) continue;
        candidates++;
        if (isnan(best) || sense * figures[i].mean > sense * best) best = figures[i].mean;
    }
    for (size_t i = 0; i < count; i++) {
        marks[i] = allowed[i] && figures[i].mean == best;
        winners += marks[i];
    }
    for (size_t i = 0; i < count && winners == candidates; i++) marks[i] = false;
}

/* ---- ranking ---- */

typedef struct placed {
    size_t column;
    double merit; /* more is better; NaN: without a rank */
} placed;

static int by_merit(const void *a, const void *b)
{
    const placed *x = a, *y = b;
    if (isnan(x->merit) != isnan(y->merit)) return isnan(x->merit) ? 1 : -1;
    if (!isnan(x->merit) && x->merit != y->merit) return x->merit > y->merit ? -1 : 1;
    return x->column < y->column ? -1 : x->column > y->column;
}

size_t comparison_ranking(size_t *order, const sw_comparison *c)
{
    placed places[MAX_CONTENDERS] = {{0}};
    int sense = c->layout->list[c->rank].metric->better;
    size_t ranked = 0;
    for (size_t k = 0; k < c->column_count; k++) {
        bool comparable = column_metric_comparable(c, k, c->rank);
        double merit = sense * column_figure(c, k, ROW_BEST, c->rank).mean;
        places[k] = (placed){k, comparable ? merit : (double)NAN};
        if (!isnan(places[k].merit)) ranked++;
    }
    qsort(places, c->column_count, sizeof *places, by_merit);
    for (size_t k = 0; k < c->column_count; k++) order[k] = places[k].column;
    return ranked;
}
