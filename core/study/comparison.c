#include "comparison.h"

#include <math.h>
#include <string.h>

#include "measure/describe.h"
#include "run/judge.h"

/* ---- runs ---- */

const char *contender_state(const contender *of)
{
    return of->judged.is_run ? sw_run_state_name(of->run.state) : "not run";
}

const char *contender_origin(const contender *of, const char *key)
{
    const sw_config_value *found = sw_config_values_find(of->judged.values, key);
    return !found ? NULL : found->origin ? found->origin : "default";
}

void comparison_labels(sw_str *out, const sw_comparison *c, const bool *chosen)
{
    const char *between = "";
    for (size_t k = 0; k < c->column_count; k++) {
        const run_column *col = &c->columns[k];
        size_t hits = 0;
        for (size_t i = 0; i < col->count; i++) hits += chosen[col->members[i]];
        for (size_t i = 0; i < col->count; i++) {
            if (!chosen[col->members[i]] || (hits == col->count && i > 0)) continue;
            const char *label = hits == col->count ? col->label : c->items[col->members[i]].label;
            sw_str_printf(out, "%s%s", between, label);
            between = ", ";
        }
    }
}

const char *comparison_value(const sw_comparison *c, size_t run, const char *key)
{
    const sw_config_value *found = sw_config_values_find(c->items[run].judged.values, key);
    return found ? found->value : "(absent)";
}

bool comparison_value_seen(const sw_comparison *c, size_t run, const char *key)
{
    for (size_t i = 0; i < run; i++)
        if (strcmp(comparison_value(c, i, key), comparison_value(c, run, key)) == 0) return true;
    return false;
}

void comparison_label_value(sw_str *out, const sw_comparison *c, size_t run, const char *key)
{
    bool chosen[MAX_CONTENDERS];
    const char *value = comparison_value(c, run, key);
    for (size_t i = 0; i < c->count; i++) chosen[i] = strcmp(comparison_value(c, i, key), value) == 0;
    comparison_labels(out, c, chosen);
}

/* ---- figures of a run ---- */

int comparison_figures(const sw_comparison *c, int row)
{
    return row == ROW_COST ? COSTS : c->layout.count;
}

const char *comparison_key(const sw_comparison *c, int row, int figure)
{
    static const char *const costs[COSTS] = {"parameters",    "macs",    "device_memory_bytes",
                                             "epoch_seconds", "seconds", "images_per_second"};
    return row == ROW_COST ? costs[figure] : c->layout.list[figure].key;
}

int contender_epoch(const contender *of, int row)
{
    const int epoch = row == ROW_FINAL ? of->judged.epochs : row == ROW_BEST ? of->best : row;
    return epoch >= 1 && epoch <= of->judged.epochs ? epoch : 0;
}

double contender_figure(const contender *of, int row, int figure)
{
    if (row == ROW_COST) return of->costs[figure];
    const int epoch = contender_epoch(of, row), at = of->places[figure];
    return epoch && at >= 0 ? of->rows[epoch - 1].values[at] : (double)NAN;
}

/* Computes from the experiment what the manifest does not say, without a device. For a run that can't be
 * computed any more, and where no device has the memory, costs stay unknown. */
static sw_status describe_costs(contender *of)
{
    sw_description d;
    sw_status status = sw_description_init(&d, of->judged.x);
    if (status == SW_E_CONFIG && !of->judged.is_run) return sw_fail_in(status, "%s", of->path);
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

/* Every epoch has the same number of images, so the rate over all of them is the harmonic mean. */
static void time_costs(const sw_comparison *c, contender *of)
{
    const int seconds_at = sw_columns_find(&c->layout, "seconds");
    const int rate_at = sw_columns_find(&c->layout, "images_per_second");
    double seconds = 0.0, pace = 0.0;
    for (int e = 1; e <= of->judged.epochs; e++) {
        seconds += contender_figure(of, e, seconds_at);
        pace += 1.0 / contender_figure(of, e, rate_at);
    }
    of->costs[SECONDS] = known_or_nan(of->judged.epochs > 0, seconds);
    of->costs[EPOCH_SECONDS] = of->costs[SECONDS] / of->judged.epochs;
    of->costs[RATE] =
        known_or_nan(of->judged.epochs > 0 && pace > 0.0 && isfinite(pace), of->judged.epochs / pace);
}

sw_status contender_measure(contender *of, const sw_comparison *c)
{
    const sw_run_facts *facts = &of->run.facts;
    const sw_epoch_record *best = sw_best_epoch(&of->run.epochs, c->layout.list[c->rank].key);
    of->best = best ? (int)(best - of->rows) + 1 : 0;
    of->costs[PARAMETERS] = known_or_nan(of->judged.is_run, facts->parameters);
    of->costs[MACS] = known_or_nan(of->judged.is_run, facts->macs);
    of->costs[MEMORY] = known_or_nan(of->judged.is_run, facts->device_memory_bytes);
    time_costs(c, of);
    const bool known = !isnan(of->costs[PARAMETERS]) && !isnan(of->costs[MACS]) && !isnan(of->costs[MEMORY]);
    return known ? SW_OK : describe_costs(of);
}

/* ---- figures of a column ---- */

static mean_figure mean_of(const sw_comparison *c, const run_column *col, int row, int figure)
{
    mean_figure f = {.mean = (double)NAN, .sd = (double)NAN, .of = (int)col->count};
    double sum = 0.0, squares = 0.0;
    for (size_t i = 0; i < col->count; i++) {
        const double value = contender_figure(&c->items[col->members[i]], row, figure);
        if (isnan(value)) continue;
        sum += value;
        f.count++;
    }
    if (f.count == 0) return f;
    f.mean = sum / f.count;
    for (size_t i = 0; i < col->count; i++) {
        const double value = contender_figure(&c->items[col->members[i]], row, figure);
        if (!isnan(value)) squares += (value - f.mean) * (value - f.mean);
    }
    if (f.count > 1) f.sd = sqrt(squares / (f.count - 1));
    return f;
}

/* Whether a column's figure may be compared with the first one's. The cost of an epoch may, even where the
 * epochs have other images. */
static bool is_comparable(const sw_comparison *c, const run_column *col, int row, int figure)
{
    const unsigned odd = c->items[col->members[0]].odd;
    if (row == ROW_COST) {
        if (figure == SECONDS && (odd & ODD_LENGTH)) return false;
        return figure < EPOCH_SECONDS || !(odd & ODD_DEVICE);
    }
    const sw_metric *of = c->layout.list[figure].metric;
    if (of->group == SW_METRIC_TIME) return !(odd & ODD_DEVICE);
    return !(odd & NOT_COMPARABLE) && !(of->is_loss && (odd & ODD_LOSS));
}

static sw_better better_of(const sw_comparison *c, int row, int figure)
{
    if (row != ROW_COST) return c->layout.list[figure].metric->better;
    return figure == RATE ? SW_BETTER_HIGHER : SW_BETTER_LOWER;
}

static void mark_best(mean_figure *figures, size_t count, sw_better better)
{
    double best = (double)NAN;
    size_t candidates = 0, winners = 0;
    for (size_t i = 0; i < count; i++) {
        if (!figures[i].comparable || isnan(figures[i].mean) || better == SW_BETTER_NEITHER) continue;
        candidates++;
        if (isnan(best) || (int)better * figures[i].mean > (int)better * best) best = figures[i].mean;
    }
    for (size_t i = 0; i < count; i++) {
        figures[i].best = figures[i].comparable && figures[i].mean == best;
        winners += figures[i].best;
    }
    for (size_t i = 0; i < count && winners == candidates; i++) figures[i].best = false;
}

void comparison_row(mean_figure *out, const sw_comparison *c, int row, int figure)
{
    for (size_t k = 0; k < c->column_count; k++) {
        out[k] = mean_of(c, &c->columns[k], row, figure);
        out[k].comparable = is_comparable(c, &c->columns[k], row, figure);
    }
    mark_best(out, c->column_count, better_of(c, row, figure));
}

bool comparison_has(const sw_comparison *c, int row, int figure)
{
    for (size_t i = 0; i < c->count; i++)
        if (!isnan(contender_figure(&c->items[i], row, figure))) return true;
    return false;
}

size_t comparison_ranking(size_t *order, const sw_comparison *c)
{
    mean_figure figures[MAX_CONTENDERS];
    const int sense = c->layout.list[c->rank].metric->better;
    size_t ranked = 0, others = 0, rest[MAX_CONTENDERS];
    comparison_row(figures, c, ROW_BEST, c->rank);
    for (size_t k = 0; k < c->column_count; k++) {
        if (!figures[k].comparable || isnan(figures[k].mean)) {
            rest[others++] = k;
            continue;
        }
        size_t at = ranked++;
        for (; at > 0 && sense * figures[k].mean > sense * figures[order[at - 1]].mean; at--)
            order[at] = order[at - 1];
        order[at] = k;
    }
    for (size_t i = 0; i < others; i++) order[ranked + i] = rest[i];
    return ranked;
}
