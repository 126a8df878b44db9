#include "compare_sheets.h"

#include <math.h>
#include <stdio.h>
#include <string.h>

#include "base/fs.h"

static const char *rank_key(const sw_comparison *c)
{
    return c->layout.list[c->rank].key;
}

/* ---- the runs ---- */

static void add_runs(sw_sheet *s, const sw_comparison *c)
{
    static const char *const heads[] = {"", "state", "epochs", "seed", "path"};
    sw_sheet_table *table = sw_sheet_add(s, "Runs", 5, (int)c->count);
    sw_sheet_heads(s, table, heads);
    int row = 0;
    for (size_t k = 0; k < c->column_count; k++) {
        for (size_t i = 0; i < c->columns[k].count; i++, row++) {
            const contender *of = &c->items[c->columns[k].members[i]];
            sw_str path = {0};
            sw_sheet_put(s, table, row, 0, of->label);
            sw_sheet_put(s, table, row, 1, contender_state(of));
            sw_sheet_printf(s, table, row, 2, "%d/%d", of->judged.epochs, of->judged.x->train.epochs);
            sw_sheet_printf(s, table, row, 3, "%.0f", (double)of->judged.x->seed);
            sw_str_append(&path, of->path);
            if (of->judged.is_run && *of->run.failure) sw_str_printf(&path, " (%s)", of->run.failure);
            sw_sheet_take(s, table, row, 4, &path);
        }
    }
}

/* Runs of an earlier version lack the metrics that came after it. */
static void warn_without_rank(sw_sheet *s, const sw_comparison *c)
{
    char text[SW_CLASS_NAME_BYTES + 96];
    bool any = c->most_epochs == 0;
    for (size_t i = 0; i < c->count; i++) any |= c->items[i].best > 0;
    snprintf(text, sizeof text, "no run has recorded %s: nothing is ranked, and no epoch is the best",
             rank_key(c));
    if (!any) sw_sheet_warn(s, text);
}

static void add_warnings(sw_sheet *s, const sw_comparison *c)
{
    for (const note *n = judge_notes; n < judge_notes + JUDGE_NOTES; n++) {
        bool chosen[MAX_CONTENDERS];
        sw_str text = {0};
        if (!(c->odd & n->flag)) continue;
        for (size_t i = 0; i < c->count; i++) chosen[i] = (c->items[i].odd & n->flag) != 0;
        comparison_labels(&text, c, chosen);
        sw_str_printf(&text, ": %s%s%s", n->before, c->columns[0].label, n->after);
        s->failed |= text.failed;
        if (!text.failed) sw_sheet_warn(s, text.text);
        sw_str_deinit(&text);
    }
    warn_without_rank(s, c);
}

/* ---- configuration ---- */

/* Appends the places a value came from in the chosen ones, each place once. */
static void append_origins(sw_str *out, const sw_comparison *c, const char *key, const bool *chosen)
{
    const char *origins[MAX_CONTENDERS];
    int count = 0;
    for (size_t i = 0; i < c->count; i++) {
        const char *origin = chosen[i] ? contender_origin(&c->items[i], key) : NULL;
        int at = 0;
        while (origin && at < count && strcmp(origins[at], origin) != 0) at++;
        if (!origin || at < count) continue;
        sw_str_printf(out, "%s%s", count ? ", " : "", origin);
        origins[count++] = origin;
    }
}

static void put_value(sw_sheet *s, sw_sheet_table *table, int row, const sw_comparison *c, const char *key,
                      size_t at)
{
    bool chosen[MAX_CONTENDERS];
    const char *value = comparison_value(c, at, key);
    sw_str labels = {0}, origins = {0};
    for (size_t i = 0; i < c->count; i++) chosen[i] = strcmp(comparison_value(c, i, key), value) == 0;
    comparison_labels(&labels, c, chosen);
    append_origins(&origins, c, key, chosen);
    sw_sheet_put(s, table, row, 1, value);
    sw_sheet_take(s, table, row, 2, &labels);
    sw_sheet_take(s, table, row, 3, &origins);
}

static void add_configuration(sw_sheet *s, const sw_comparison *c)
{
    static const char *const heads[] = {"key", "value", "runs", "from"};
    char title[96];
    int rows = 0, row = 0;
    for (size_t k = 0; k < c->differing.count; k++)
        for (size_t i = 0; i < c->count; i++) rows += !comparison_value_seen(c, i, c->differing.items[k]);
    snprintf(title, sizeof title, "Configuration: %zu of %zu keys differ", c->differing.count,
             c->items[0].judged.values->count);
    sw_sheet_table *table = sw_sheet_add(s, title, 4, rows);
    sw_sheet_heads(s, table, heads);
    for (size_t k = 0; k < c->differing.count; k++) {
        const char *key = c->differing.items[k];
        sw_sheet_put(s, table, row, 0, key);
        for (size_t i = 0; i < c->count; i++)
            if (!comparison_value_seen(c, i, key)) put_value(s, table, row++, c, key, i);
    }
}

/* ---- figures ---- */

/* How a figure is written, and how its difference from the first column's. */
typedef struct style {
    double scale;
    int digits;
    bool grouped;  /* 15,274,892 */
    bool relative; /* differences in % */
    bool of_model; /* the same for all seeds: no deviation */
    const char *name;
} style;

static style style_of(const sw_comparison *c, int row, int figure)
{
    static const style costs[COSTS] = {
        [PARAMETERS] = {1.0, 0, true, true, true, "parameters"},
        [MACS] = {1e-9, 3, false, true, true, "GMAC an image"},
        [MEMORY] = {1.0 / 1048576, 1, false, true, true, "device MiB"},
        [EPOCH_SECONDS] = {1.0, 2, false, true, false, "s an epoch"},
        [SECONDS] = {1.0, 2, false, true, false, "s in all"},
        [RATE] = {1.0, 2, false, true, false, "images/s"},
    };
    if (row == ROW_COST) return costs[figure];
    return (style){.scale = 1.0, .digits = 4, .name = comparison_key(c, row, figure)};
}

static void append_value(sw_str *out, double value, const style *st)
{
    char digits[64];
    value *= st->scale;
    const bool large = fabs(value) >= 1e9 && !st->grouped;
    snprintf(digits, sizeof digits, large ? "%.*g" : "%.*f", large ? 4 : st->digits, value);
    const size_t length = strlen(digits);
    for (size_t i = 0; i < length; i++) {
        const bool comma = st->grouped && i > 0 && (length - i) % 3 == 0 && digits[i - 1] != '-';
        sw_str_printf(out, comma ? ",%c" : "%c", digits[i]);
    }
}

/* Puts "0.3000 ±0.1000", and "(2 of 3)" behind it where only some seeds have the figure. */
static sw_sheet_cell *put_figure(sw_sheet *s, sw_sheet_table *table, int row, int col, const mean_figure *f,
                                 const style *st)
{
    sw_str text = {0};
    if (isnan(f->mean))
        sw_str_append(&text, "-");
    else
        append_value(&text, f->mean, st);
    if (!isnan(f->sd) && !st->of_model) {
        sw_str_append(&text, " ±");
        append_value(&text, f->sd, st);
    }
    if (f->count > 0 && f->count < f->of) sw_str_printf(&text, " (%d of %d)", f->count, f->of);
    return sw_sheet_take(s, table, row, col, &text);
}

/* Writes "+0.0021", "+12.5 %" or "x12", and nothing where one of the two is missing or a ratio would mean
 * nothing. What rounds to 0 has no sign. */
static void write_difference(char *text, size_t bytes, double value, double first, const style *st)
{
    text[0] = '\0';
    if (isnan(value) || isnan(first)) return;
    if (st->relative) {
        const double ratio = value / first;
        if (value == first || !(first > 0.0)) return;
        snprintf(text, bytes, ratio < 10.0 ? "%+.1f %%" : "x%.0f",
                 ratio < 10.0 ? 100.0 * (ratio - 1.0) : ratio);
        return;
    }
    snprintf(text, bytes, "%+.*f", st->digits, value - first);
    if (strspn(text + 1, "0.") == strlen(text + 1)) snprintf(text, bytes, "%.*f", st->digits, 0.0);
}

void comparison_put_row(sw_sheet *s, sw_sheet_table *table, int at, const sw_comparison *c, int row,
                        int figure)
{
    mean_figure figures[MAX_CONTENDERS];
    const style st = style_of(c, row, figure);
    comparison_row(figures, c, row, figure);
    sw_sheet_put(s, table, at, 0, st.name);
    for (size_t k = 0; k < c->column_count; k++) {
        const int col = (int)k + 1;
        char difference[64];
        put_figure(s, table, at, col, &figures[k], &st)->best = figures[k].best;
        write_difference(difference, sizeof difference, figures[k].mean, figures[0].mean, &st);
        if (k > 0 && figures[k].comparable && *difference) sw_sheet_put_delta(s, table, at, col, difference);
    }
}

void comparison_difference(char *text, size_t bytes, const sw_comparison *c, int row, int figure,
                           double value, double first)
{
    const style st = style_of(c, row, figure);
    write_difference(text, bytes, value, first, &st);
}

static sw_sheet_table *add_figures(sw_sheet *s, const sw_comparison *c, const char *title, const char *corner,
                                   int rows)
{
    sw_sheet_table *table = sw_sheet_add(s, title, (int)c->column_count + 1, rows);
    sw_sheet_head(s, table, 0, corner);
    for (size_t k = 0; k < c->column_count; k++) sw_sheet_head(s, table, (int)k + 1, c->columns[k].label);
    table->figures = true;
    return table;
}

/* With more classes than this, a row is for each one's IoU alone. */
enum { FEW_CLASSES = 12 };

/* Whether the table of metrics without a class has the column, or that of the classes. */
static bool is_listed(const sw_columns *columns, int at, bool of_classes)
{
    const sw_column *of = &columns->list[at];
    const sw_metric *metric = of->metric;
    const bool shown =
        !of_classes || columns->classes.count <= FEW_CLASSES || (metric->shown & SW_METRIC_IN_REPORT);
    return metric->better != SW_BETTER_NEITHER && metric->group != SW_METRIC_TIME && !metric->border_only &&
           of_classes == (of->c >= 0) && shown;
}

/* Adds a table with the known figures of a row: all costs, or metrics. */
static sw_sheet_table *add_row(sw_sheet *s, const sw_comparison *c, const char *title, int row,
                               bool of_classes)
{
    const int most = comparison_figures(c, row);
    int *figures = sw_arena_alloc(&s->arena, (size_t)most * sizeof *figures), rows = 0;
    s->failed |= !figures;
    for (int f = 0; figures && f < most; f++)
        if ((row == ROW_COST || is_listed(&c->layout, f, of_classes)) && comparison_has(c, row, f))
            figures[rows++] = f;
    if (rows == 0 && row != ROW_COST) return NULL;
    sw_sheet_table *table = add_figures(s, c, title, "", rows);
    for (int r = 0; r < rows; r++) comparison_put_row(s, table, r, c, row, figures[r]);
    return table;
}

static void add_epochs(sw_sheet *s, const sw_comparison *c, int metric)
{
    char title[192];
    snprintf(title, sizeof title, "%s, epoch by epoch", c->layout.list[metric].key);
    sw_sheet_table *table = add_figures(s, c, title, "epoch", c->most_epochs);
    for (int e = 1; e <= c->most_epochs; e++) {
        comparison_put_row(s, table, e - 1, c, e, metric);
        sw_sheet_printf(s, table, e - 1, 0, "%d", e);
    }
}

static void add_all_epochs(sw_sheet *s, const sw_comparison *c)
{
    const char *const just_rank[] = {rank_key(c), NULL};
    for (const char *const *keys = c->each_epoch ? c->each_epoch : just_rank; *keys; keys++)
        for (int m = 0; m < c->layout.count; m++)
            if (strcmp(*keys, "all") == 0 || strcmp(*keys, c->layout.list[m].key) == 0) add_epochs(s, c, m);
}

/* ---- ranking ---- */

/* Appends "7", or "5, -, 8" where the column has several runs and one has no best epoch. */
static void append_best_epochs(sw_str *out, const sw_comparison *c, const run_column *col)
{
    for (size_t i = 0; i < col->count; i++) {
        const int best = c->items[col->members[i]].best;
        sw_str_append(out, i ? ", " : "");
        if (best)
            sw_str_printf(out, "%d", best);
        else
            sw_str_append(out, "-");
    }
}

/* Appends the path of the first of those that differ in their seed, without the folders all paths share. */
static void append_name(sw_str *out, const sw_comparison *c, const run_column *col)
{
    const char *path = c->items[col->members[0]].path;
    size_t shared = strlen(path);
    for (size_t i = 0; i < c->count; i++) {
        const size_t here = i == col->members[0] ? shared : sw_fs_shared_folder(path, c->items[i].path);
        if (here < shared) shared = here;
    }
    sw_str_append(out, path + shared);
    if (col->count > 1)
        sw_str_printf(out, " and %zu more seed%s", col->count - 1, col->count == 2 ? "" : "s");
}

static void add_ranking(sw_sheet *s, const sw_comparison *c)
{
    const char *const heads[] = {"rank", "", rank_key(c), "against A", "epoch", "run"};
    const style st = style_of(c, ROW_BEST, c->rank);
    size_t order[MAX_CONTENDERS];
    mean_figure figures[MAX_CONTENDERS];
    const int ranked = (int)comparison_ranking(order, c);
    char title[192];
    comparison_row(figures, c, ROW_BEST, c->rank);
    snprintf(title, sizeof title, "Ranking by %s at its best epoch", rank_key(c));
    sw_sheet_table *table = sw_sheet_add(s, title, 6, (int)c->column_count);
    sw_sheet_heads(s, table, heads);
    for (int row = 0; row < (int)c->column_count; row++) {
        const run_column *col = &c->columns[order[row]];
        const mean_figure *f = &figures[order[row]];
        sw_str epochs = {0}, name = {0};
        char difference[64];
        sw_sheet_put(s, table, row, 1, col->label);
        put_figure(s, table, row, 2, f, &st);
        if (row < ranked) sw_sheet_printf(s, table, row, 0, "%d", row + 1);
        write_difference(difference, sizeof difference, f->mean, figures[0].mean, &st);
        if (row < ranked && order[row] != 0) sw_sheet_put(s, table, row, 3, difference);
        if (!isnan(f->mean)) append_best_epochs(&epochs, c, col);
        sw_sheet_take(s, table, row, 4, &epochs);
        append_name(&name, c, col);
        sw_sheet_take(s, table, row, 5, &name);
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
    if (c->most_epochs > 0) {
        if (c->column_count > 1) add_ranking(s, c);
        add_row(s, c, "Last epoch", ROW_FINAL, false);
        snprintf(text, sizeof text, "Best epoch by %s", rank_key(c));
        add_row(s, c, text, ROW_BEST, false);
        snprintf(text, sizeof text, "Classes at the best epoch by %s", rank_key(c));
        add_row(s, c, text, ROW_BEST, true);
        add_all_epochs(s, c);
    }
    sw_sheet_table *costs = add_row(s, c, "Cost", ROW_COST, false);
    costs->remark = "Memory is what was planned on the device; times include validation.";
    if (c->column_count > 1)
        s->closing = "* the best; +/- against A; ± standard deviation over seeds (n - 1)";
    return sw_sheet_status(s);
}
