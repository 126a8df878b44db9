/* A comparison as tables for people. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "comparison.h"

static const char *rank_key(const sw_comparison *c)
{
    return c->layout->list[c->rank].key;
}

/* Appends nothing when memory is out, which the sheet then knows. */
static void put_str(sw_sheet *s, sw_sheet_table *table, int row, int col, sw_str *text)
{
    if (text->failed) s->failed = true;
    sw_sheet_put(s, table, row, col, text->text && !text->failed ? text->text : "");
    sw_str_deinit(text);
}

static void put_number(sw_sheet *s, sw_sheet_table *table, int row, int col, const char *fmt, double value)
{
    char text[64];
    snprintf(text, sizeof text, fmt, value);
    sw_sheet_put(s, table, row, col, text);
}

/* ---- the runs ---- */

/* Bytes that all paths begin with, up to a slash. */
static size_t common_folder(const sw_comparison *c)
{
    const char *first = c->items[0].path;
    const char *slash = strrchr(first, '/');
    size_t length = slash ? (size_t)(slash - first) + 1 : 0;
    for (size_t i = 1; i < c->count; i++) {
        while (length > 0 && strncmp(first, c->items[i].path, length) != 0) {
            do length--;
            while (length > 0 && first[length - 1] != '/');
        }
    }
    return length;
}

static void add_runs(sw_sheet *s, const sw_comparison *c)
{
    static const char *const heads[] = {"", "state", "epochs", "seed", "path"};
    sw_sheet_table *table = sw_sheet_add(s, "Runs", 5, (int)c->count);
    for (int i = 0; i < 5; i++) sw_sheet_head(s, table, i, heads[i]);
    int row = 0;
    for (size_t k = 0; k < c->column_count; k++) {
        for (size_t i = 0; i < c->columns[k].count; i++, row++) {
            const contender *of = &c->items[c->columns[k].members[i]];
            sw_str path = {0};
            sw_sheet_put(s, table, row, 0, of->label);
            sw_sheet_put(s, table, row, 1, of->is_run ? sw_run_state_name(of->run.state) : "not run");
            char epochs[32];
            snprintf(epochs, sizeof epochs, "%d/%d", of->epochs, of->x->train.epochs);
            sw_sheet_put(s, table, row, 2, epochs);
            put_number(s, table, row, 3, "%.0f", (double)of->x->seed);
            sw_str_append(&path, of->path);
            if (of->is_run && *of->run.failure) sw_str_printf(&path, " (%s)", of->run.failure);
            put_str(s, table, row, 4, &path);
        }
    }
}

static void add_warnings(sw_sheet *s, const sw_comparison *c)
{
    note notes[COMPARISON_NOTES];
    int count = comparison_notes(notes, comparison_odd(c));
    for (int n = 0; n < count; n++) {
        bool chosen[MAX_CONTENDERS];
        sw_str text = {0};
        for (size_t i = 0; i < c->count; i++) chosen[i] = (c->items[i].odd & notes[n].flag) != 0;
        comparison_labels(&text, c, chosen);
        sw_str_printf(&text, ": %s%s%s", notes[n].before, c->columns[0].label, notes[n].after);
        if (text.failed) s->failed = true;
        if (!text.failed) sw_sheet_warn(s, text.text);
        sw_str_deinit(&text);
    }
}

/* ---- configuration ---- */

static const char *value_of(const contender *of, const char *key)
{
    const sw_config_value *found = sw_config_values_find(of->v, key);
    return found ? found->value : "(absent)";
}

static const char *origin_of(const contender *of, const char *key)
{
    const sw_config_value *found = sw_config_values_find(of->v, key);
    return !found ? "" : found->origin ? found->origin : "default";
}

/* Whether an earlier one has the same value. */
static bool seen_before(const sw_comparison *c, size_t at, const char *key)
{
    for (size_t i = 0; i < at; i++)
        if (strcmp(value_of(&c->items[i], key), value_of(&c->items[at], key)) == 0) return true;
    return false;
}

static int count_values(const sw_comparison *c, const char *key)
{
    int count = 0;
    for (size_t i = 0; i < c->count; i++) count += !seen_before(c, i, key);
    return count;
}

/* The places a value came from in those that have it, each once. */
static void append_origins(sw_str *out, const sw_comparison *c, const char *key, const bool *chosen)
{
    for (size_t i = 0; i < c->count; i++) {
        bool seen = !chosen[i];
        for (size_t j = 0; j < i && !seen; j++)
            seen = chosen[j] && strcmp(origin_of(&c->items[j], key), origin_of(&c->items[i], key)) == 0;
        if (!seen) sw_str_printf(out, "%s%s", out->length ? ", " : "", origin_of(&c->items[i], key));
    }
}

static void put_value(sw_sheet *s, sw_sheet_table *table, int row, const sw_comparison *c, const char *key,
                      size_t at)
{
    bool chosen[MAX_CONTENDERS];
    const char *value = value_of(&c->items[at], key);
    sw_str labels = {0}, origins = {0};
    for (size_t i = 0; i < c->count; i++) chosen[i] = strcmp(value_of(&c->items[i], key), value) == 0;
    comparison_labels(&labels, c, chosen);
    append_origins(&origins, c, key, chosen);
    sw_sheet_put(s, table, row, 1, value);
    put_str(s, table, row, 2, &labels);
    put_str(s, table, row, 3, &origins);
}

static void add_configuration(sw_sheet *s, const sw_comparison *c)
{
    static const char *const heads[] = {"key", "value", "runs", "from"};
    char title[96];
    int rows = 0, row = 0;
    for (size_t k = 0; k < c->differing.count; k++) rows += count_values(c, c->differing.items[k]);
    snprintf(title, sizeof title, "Configuration: %zu of %zu keys differ", c->differing.count,
             c->items[0].v->count);
    sw_sheet_table *table = sw_sheet_add(s, title, 4, rows);
    for (int i = 0; i < 4; i++) sw_sheet_head(s, table, i, heads[i]);
    for (size_t k = 0; k < c->differing.count; k++) {
        const char *key = c->differing.items[k];
        sw_sheet_put(s, table, row, 0, key);
        for (size_t i = 0; i < c->count; i++)
            if (!seen_before(c, i, key)) put_value(s, table, row++, c, key, i);
    }
}

/* ---- figures ---- */

/* How a row of figures is written, and how far it is from the first column's. */
typedef struct style {
    double scale;
    int digits;
    bool grouped;  /* 15,274,892 */
    bool relative; /* differences in % */
} style;

static const style metric_style = {.scale = 1.0, .digits = 4};
static const style cost_styles[COSTS] = {
    [PARAMETERS] = {1.0, 0, true, true},        [MACS] = {1e-9, 3, false, true},
    [MEMORY] = {1.0 / 1048576, 1, false, true}, [EPOCH_SECONDS] = {1.0, 2, false, true},
    [SECONDS] = {1.0, 2, false, true},          [RATE] = {1.0, 2, false, true},
};

static void append_value(char *text, size_t bytes, double value, const style *st)
{
    char digits[64];
    value *= st->scale;
    snprintf(digits, sizeof digits, "%.*f", st->digits, value);
    if (fabs(value) >= 1e9 && !st->grouped) snprintf(digits, sizeof digits, "%.4g", value);
    size_t length = strlen(digits), at = 0;
    for (size_t i = 0; i < length && at + 2 < bytes; i++) {
        bool comma = st->grouped && i > 0 && (length - i) % 3 == 0 && digits[i - 1] != '-';
        if (comma) text[at++] = ',';
        text[at++] = digits[i];
    }
    text[at] = '\0';
}

/* "0.3000 ±0.1000", and "(2 of 3)" where that is of some seeds only. */
static void put_figure(sw_sheet *s, sw_sheet_table *table, int row, int col, figure f, const style *st)
{
    char mean[80] = "-", sd[80], some[32] = "", text[208];
    if (!isnan(f.mean)) append_value(mean, sizeof mean, f.mean, st);
    if (f.count > 0 && f.count < f.of) snprintf(some, sizeof some, " (%d of %d)", f.count, f.of);
    snprintf(text, sizeof text, "%s%s", mean, some);
    if (!isnan(f.sd)) {
        append_value(sd, sizeof sd, f.sd, st);
        snprintf(text, sizeof text, "%s ±%s%s", mean, sd, some);
    }
    sw_sheet_put(s, table, row, col, text);
}

/* "+0.0021"; what rounds to nothing has no sign. */
static void append_difference(char *text, size_t bytes, double difference, int digits)
{
    snprintf(text, bytes, "%+.*f", digits, difference);
    if (strspn(text + 1, "0.") == strlen(text + 1)) snprintf(text, bytes, "%.*f", digits, 0.0);
}

static void put_difference(sw_sheet *s, sw_sheet_table *table, int row, int col, double value, double first,
                           const style *st)
{
    char text[64];
    if (isnan(value) || isnan(first)) return;
    if (!st->relative) {
        append_difference(text, sizeof text, value - first, st->digits);
    } else {
        if (value == first || !(first > 0.0)) return;
        double ratio = value / first;
        snprintf(text, sizeof text, ratio < 10.0 ? "%+.1f %%" : "x%.0f",
                 ratio < 10.0 ? 100.0 * (ratio - 1.0) : ratio);
    }
    sw_sheet_put_delta(s, table, row, col, text);
}

/* One row: a figure a column, the best marked, differences against the first. */
static void put_row(sw_sheet *s, sw_sheet_table *table, int row, const char *name, const figure *figures,
                    const bool *allowed, size_t count, int sense, const style *st)
{
    bool best[MAX_CONTENDERS];
    mark_best(best, figures, allowed, count, sense);
    sw_sheet_put(s, table, row, 0, name);
    for (size_t k = 0; k < count; k++) {
        int col = (int)k + 1;
        put_figure(s, table, row, col, figures[k], st);
        if (k > 0 && allowed[k]) put_difference(s, table, row, col, figures[k].mean, figures[0].mean, st);
        if (table) table->cells[row * table->columns + col].best = best[k];
    }
}

static sw_sheet_table *add_figures(sw_sheet *s, const sw_comparison *c, const char *title, const char *corner,
                                   int rows)
{
    sw_sheet_table *table = sw_sheet_add(s, title, (int)c->column_count + 1, rows);
    sw_sheet_head(s, table, 0, corner);
    for (size_t k = 0; k < c->column_count; k++) sw_sheet_head(s, table, (int)k + 1, c->columns[k].label);
    if (table) table->figures = true;
    return table;
}

static void put_metric(sw_sheet *s, sw_sheet_table *table, int table_row, const char *name,
                       const sw_comparison *c, int row, int metric)
{
    figure figures[MAX_CONTENDERS];
    bool allowed[MAX_CONTENDERS];
    for (size_t k = 0; k < c->column_count; k++) {
        figures[k] = column_figure(c, k, row, metric);
        allowed[k] = column_metric_comparable(c, k, metric);
    }
    put_row(s, table, table_row, name, figures, allowed, c->column_count,
            c->layout->list[metric].metric->better, &metric_style);
}

/* Whether any column has the metric there. */
static bool is_known(const sw_comparison *c, int row, int metric)
{
    for (size_t k = 0; k < c->column_count; k++)
        if (!isnan(column_figure(c, k, row, metric).mean)) return true;
    return false;
}

typedef enum metric_group { OF_ALL, OF_CLASSES, ELSEWHERE } metric_group;

static metric_group group_of(const sw_comparison *c, int metric)
{
    const sw_column *of = &c->layout->list[metric];
    const bool listed = of->metric->better != SW_BETTER_NEITHER && of->metric->group != SW_METRIC_TIME &&
                        !of->metric->border_only;
    return !listed ? ELSEWHERE : of->c >= 0 ? OF_CLASSES : OF_ALL;
}

static void add_metrics(sw_sheet *s, const sw_comparison *c, const char *title, int row, metric_group group)
{
    int rows = 0, at = 0;
    for (int m = 0; m < c->layout->count; m++) rows += group_of(c, m) == group && is_known(c, row, m);
    if (rows == 0) return;
    sw_sheet_table *table = add_figures(s, c, title, "", rows);
    for (int m = 0; m < c->layout->count; m++)
        if (group_of(c, m) == group && is_known(c, row, m))
            put_metric(s, table, at++, c->layout->list[m].key, c, row, m);
}

static int most_epochs(const sw_comparison *c)
{
    int most = 0;
    for (size_t i = 0; i < c->count; i++)
        if (c->items[i].epochs > most) most = c->items[i].epochs;
    return most;
}

static void add_epochs(sw_sheet *s, const sw_comparison *c, int metric)
{
    char title[192], number[16];
    int epochs = most_epochs(c);
    snprintf(title, sizeof title, "%s, epoch by epoch", c->layout->list[metric].key);
    sw_sheet_table *table = add_figures(s, c, title, "epoch", epochs);
    for (int e = 1; e <= epochs; e++) {
        snprintf(number, sizeof number, "%d", e);
        put_metric(s, table, e - 1, number, c, e, metric);
    }
}

static void add_all_epochs(sw_sheet *s, const sw_comparison *c)
{
    const char *const just_rank[] = {rank_key(c), NULL};
    const char *const *keys = c->options.each_epoch ? c->options.each_epoch : just_rank;
    for (; *keys; keys++) {
        bool all = strcmp(*keys, "all") == 0;
        for (int m = 0; m < c->layout->count; m++)
            if (all || strcmp(*keys, c->layout->list[m].key) == 0) add_epochs(s, c, m);
    }
}

static bool cost_is_known(const sw_comparison *c, int cost)
{
    for (size_t k = 0; k < c->column_count; k++)
        if (!isnan(column_cost(c, k, cost).mean)) return true;
    return false;
}

static void put_cost(sw_sheet *s, sw_sheet_table *table, int row, const sw_comparison *c, int cost)
{
    static const char *const names[COSTS] = {"parameters", "GMAC an image", "device MiB",
                                             "s an epoch", "s in all",      "images/s"};
    figure figures[MAX_CONTENDERS];
    bool allowed[MAX_CONTENDERS];
    for (size_t k = 0; k < c->column_count; k++) {
        figures[k] = column_cost(c, k, cost);
        if (cost <= MEMORY) figures[k].sd = (double)NAN; /* the same for all seeds */
        allowed[k] = column_cost_comparable(c, k, cost);
    }
    put_row(s, table, row, names[cost], figures, allowed, c->column_count, cost_sense(cost),
            &cost_styles[cost]);
}

static void add_costs(sw_sheet *s, const sw_comparison *c)
{
    int rows = 0, at = 0;
    for (int i = 0; i < COSTS; i++) rows += cost_is_known(c, i);
    sw_sheet_table *table = add_figures(s, c, "Cost", "", rows);
    if (table) table->remark = "Memory is what was planned on the device; times include validation.";
    for (int i = 0; i < COSTS; i++)
        if (cost_is_known(c, i)) put_cost(s, table, at++, c, i);
}

/* ---- ranking ---- */

/* "7", or "5, -, 8" where seeds have their best at different epochs, and one has none. */
static void append_best_epochs(sw_str *out, const sw_comparison *c, const column *col)
{
    for (size_t i = 0; i < col->count; i++) {
        int best = c->items[col->members[i]].best;
        sw_str_append(out, i ? ", " : "");
        if (best < 0)
            sw_str_append(out, "-");
        else
            sw_str_printf(out, "%d", best + 1);
    }
}

/* The first stands for those that differ in their seed. */
static void append_name(sw_str *out, const sw_comparison *c, const column *col)
{
    sw_str_append(out, c->items[col->members[0]].path + common_folder(c));
    if (col->count > 1)
        sw_str_printf(out, " and %zu more seed%s", col->count - 1, col->count == 2 ? "" : "s");
}

static void add_ranking(sw_sheet *s, const sw_comparison *c)
{
    static const char *const heads[] = {"rank", "", NULL, "against A", "epoch", "run"};
    size_t order[MAX_CONTENDERS], ranked = comparison_ranking(order, c);
    char title[192];
    snprintf(title, sizeof title, "Ranking by %s at its best epoch", rank_key(c));
    sw_sheet_table *table = sw_sheet_add(s, title, 6, (int)c->column_count);
    for (int i = 0; i < 6; i++) sw_sheet_head(s, table, i, heads[i] ? heads[i] : rank_key(c));
    for (size_t r = 0; r < c->column_count; r++) {
        const int row = (int)r;
        const column *col = &c->columns[order[r]];
        const figure f = column_figure(c, order[r], ROW_BEST, c->rank);
        const double first = column_figure(c, 0, ROW_BEST, c->rank).mean;
        sw_str epochs = {0}, name = {0};
        if (r < ranked) put_number(s, table, row, 0, "%.0f", (double)(r + 1));
        sw_sheet_put(s, table, row, 1, col->label);
        put_figure(s, table, row, 2, f, &metric_style);
        if (r < ranked && order[r] != 0 && !isnan(first)) {
            char text[64];
            append_difference(text, sizeof text, f.mean - first, metric_style.digits);
            sw_sheet_put(s, table, row, 3, text);
        }
        if (!isnan(f.mean)) append_best_epochs(&epochs, c, col);
        put_str(s, table, row, 4, &epochs);
        append_name(&name, c, col);
        put_str(s, table, row, 5, &name);
    }
}

/* ---- all of it ---- */

sw_status comparison_sheet(sw_sheet *s, const sw_comparison *c)
{
    char text[224];
    *s = (sw_sheet){0};
    snprintf(text, sizeof text, "%zu run%s compared", c->count, c->count == 1 ? "" : "s");
    if (c->column_count < c->count)
        snprintf(text, sizeof text, "%zu runs compared, %zu but for seeds", c->count, c->column_count);
    s->title = sw_arena_strdup(&s->arena, text);
    if (!s->title) return SW_E_MEMORY;
    add_warnings(s, c);
    add_runs(s, c);
    add_configuration(s, c);
    if (most_epochs(c) > 0) {
        if (c->column_count > 1) add_ranking(s, c);
        add_metrics(s, c, "Last epoch", ROW_FINAL, OF_ALL);
        snprintf(text, sizeof text, "Best epoch by %s", rank_key(c));
        add_metrics(s, c, text, ROW_BEST, OF_ALL);
        snprintf(text, sizeof text, "Classes at the best epoch by %s", rank_key(c));
        add_metrics(s, c, text, ROW_BEST, OF_CLASSES);
        add_all_epochs(s, c);
    }
    add_costs(s, c);
    if (c->column_count > 1)
        s->closing = "* the best; +/- against A; ± standard deviation over seeds (n - 1)";
    return sw_sheet_status(s);
}
