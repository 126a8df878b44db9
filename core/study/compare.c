#include "study/compare.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/array.h"
#include "base/fs.h"
#include "base/log.h"
#include "base/terminal.h"
#include "compare_data.h"
#include "compare_sheets.h"
#include "comparison.h"
#include "data/dataset.h"
#include "entries.h"

static const char *const format_names[] = {"text", "md", "html", "json", "csv"};

bool sw_compare_format_by_name(sw_compare_format *out, const char *name)
{
    for (size_t i = 0; i < sizeof format_names / sizeof *format_names; i++)
        if (strcmp(name, format_names[i]) == 0) {
            *out = (sw_compare_format)i;
            return true;
        }
    return false;
}

/* ---- the paths ---- */

static void contender_deinit(contender *of)
{
    if (!of->borrowed) sw_run_reader_close(&of->run);
    sw_config_values_deinit(&of->plan);
    sw_experiment_destroy(of->planned);
}

static sw_status refuse_twice(const sw_comparison *c, const char *path)
{
    for (size_t i = 0; i < c->count; i++)
        if (sw_fs_same(path, c->items[i].path)) return sw_fail(SW_E_USAGE, "%s is given twice", path);
    return SW_OK;
}

static sw_status open_contender(contender *of, sw_arena *arena, const char *path)
{
    *of = (contender){.judged.is_run = sw_fs_is_dir(path)};
    if (of->judged.is_run) {
        SW_ENSURE(sw_run_reader_open(&of->run, path));
    } else {
        SW_ENSURE(sw_experiment_load(&of->planned, path, NULL));
        SW_ENSURE(sw_config_values_read(&of->plan, of->planned));
    }
    of->path = sw_arena_strdup(arena, of->judged.is_run ? of->run.path : path);
    return of->path ? SW_OK : SW_E_MEMORY;
}

static sw_status add_contender(sw_comparison *c, const char *path)
{
    SW_ENSURE(refuse_twice(c, path));
    if (c->count == MAX_CONTENDERS)
        return sw_fail(SW_E_USAGE, "more than %d runs can't be compared at a time", MAX_CONTENDERS);
    SW_ENSURE(SW_ARRAY_GROW(c->items, c->count, "runs to compare"));
    return open_contender(&c->items[c->count++], &c->arena,
                          path); /* counted even when half open, to be closed */
}

static bool has_part_of_run(const char *folder)
{
    bool has = false;
    for (const char *const *name =
             (const char *const[]){"config.yaml", "manifest.json", "metrics.jsonl", NULL};
         *name; name++) {
        char *path = sw_fs_join(folder, *name);
        has |= path && sw_fs_exists(path);
        free(path);
    }
    return has;
}

static sw_status add_if_run(void *comparison, const char *path)
{
    sw_comparison *c = comparison;
    if (sw_run_is_folder(path)) return add_contender(c, path);
    if (has_part_of_run(path))
        sw_log(SW_LOG_WARNING,
               "%s is left out: it lacks config.yaml or manifest.json (a run that did not begin, or a "
               "folder that was not copied whole)",
               path);
    return SW_OK;
}

/* Adds a run, an experiment or all runs of a folder. */
static sw_status add_path(sw_comparison *c, const char *given)
{
    sw_status status = SW_OK;
    if (!sw_fs_is_dir(given)) {
        if (strchr(given, '.') || sw_fs_exists(given)) return add_contender(c, given);
        return sw_fail(SW_E_USAGE, "%s: there is no such run folder or experiment", given);
    }
    const size_t before = c->count;
    char *path = sw_fs_without_last_slash(given), *config = path ? sw_fs_join(path, "config.yaml") : NULL;
    if (!config) {
        status = SW_E_MEMORY;
        goto done;
    }
    if (!sw_fs_exists(config)) SW_TRY(entries_visit(path, add_if_run, c));
    if (c->count == before) status = add_contender(c, path); /* fails, and the message says what is missing */
done:
    free(config);
    free(path);
    return status;
}

/* ---- figures ---- */

static sw_status refuse_metric(const sw_columns *columns, const char *key)
{
    const char *nearest = sw_columns_nearest(columns, key);
    if (nearest) return sw_fail(SW_E_USAGE, "there is no metric '%s'; did you mean %s?", key, nearest);
    sw_str known = {0};
    for (int m = 0; m < columns->count; m++)
        if (sw_column_is_headline(columns, &columns->list[m]))
            sw_str_printf(&known, "%s, ", columns->list[m].key);
    sw_status status = sw_fail(
        SW_E_USAGE, "there is no metric '%s'; they are the columns of metrics.csv, such as %sval_loss", key,
        known.text ? known.text : "");
    sw_str_deinit(&known);
    return status;
}

static sw_status require_metric(const sw_columns *columns, const char *key, bool ranks)
{
    const int at = sw_columns_find(columns, key);
    if (at < 0) return refuse_metric(columns, key);
    if (ranks && columns->list[at].metric->better == SW_BETTER_NEITHER)
        return sw_fail(SW_E_USAGE, "%s can't rank runs: neither more nor less of it is better", key);
    return SW_OK;
}

static void add_losses(sw_loss_names *all, const sw_loss_names *more)
{
    for (int m = 0; m < more->count && all->count < SW_MAX_LOSSES; m++) {
        int at = 0;
        while (at < all->count && strcmp(all->list[at], more->list[m]) != 0) at++;
        if (at < all->count) continue;
        memcpy(all->list[all->count++], more->list[m], SW_LOSS_NAME_BYTES);
    }
}

/* Takes the metrics of the first run that has epochs, and the losses of all. */
static sw_status take_layout(sw_comparison *c)
{
    const sw_classes *classes = sw_data_classes(&c->items[0].judged.x->data);
    for (size_t i = c->count; i-- > 0;)
        if (c->items[i].run.epochs.count > 0) classes = &c->items[i].run.epochs.columns.classes;
    sw_loss_names losses = {0};
    for (size_t i = 0; i < c->count; i++) add_losses(&losses, &c->items[i].run.epochs.columns.losses);
    return sw_columns_init(&c->layout, classes, &losses);
}

/* train.save_best of the first run; or, where the metrics have no such column (the first has no epochs, and
 * the others other classes), of the first one that they have. */
static const char *default_rank(const sw_comparison *c)
{
    for (size_t i = 0; i < c->count; i++) {
        const char *key = c->items[i].judged.x->train.save_best;
        if (sw_columns_find(&c->layout, key) >= 0) return key;
    }
    return c->items[0].judged.x->train.save_best;
}

static sw_status take_options(sw_comparison *c, const sw_compare_options *options)
{
    c->each_epoch = options->each_epoch;
    const char *rank = options->rank ? options->rank : default_rank(c);
    SW_ENSURE(require_metric(&c->layout, rank, true));
    c->rank = sw_columns_find(&c->layout, rank);
    for (const char *const *key = options->each_epoch; key && *key; key++)
        if (strcmp(*key, "all") != 0) SW_ENSURE(require_metric(&c->layout, *key, false));
    return SW_OK;
}

sw_status sw_compare_check_rank(const char *metric, const sw_classes *classes, const sw_loss_names *losses)
{
    sw_columns columns;
    SW_ENSURE(sw_columns_init(&columns, classes, losses));
    const sw_status status = require_metric(&columns, metric, true);
    sw_columns_deinit(&columns);
    return status;
}

/* Sets what points into the contender itself, once the array no longer moves. Epoch 0 is before training and
 * left out. */
static void settle(contender *of)
{
    const sw_epoch_table *table = &of->run.epochs;
    const int skipped = table->count && table->rows[0].epoch == 0;
    of->rows = skipped ? table->rows + 1 : table->rows; /* NULL where there are none */
    of->judged = (judged){.is_run = of->judged.is_run,
                          .facts = &of->run.facts,
                          .values = of->judged.is_run ? &of->run.values : &of->plan,
                          .x = of->judged.is_run ? of->run.experiment : of->planned,
                          .epochs = (int)table->count - skipped};
}

/* ---- columns ---- */

/* Writes "A" ... "Z", "AA", "AB" ... */
static void letters(char out[8], size_t number)
{
    char reversed[8];
    int length = 0;
    for (size_t n = number + 1; n > 0 && length < 7; n = (n - 1) / 26)
        reversed[length++] = (char)('A' + (n - 1) % 26);
    for (int i = 0; i < length; i++) out[i] = reversed[length - 1 - i];
    out[length] = '\0';
}

static bool fits_column(const sw_comparison *c, const run_column *col, const contender *of)
{
    for (size_t i = 0; i < col->count; i++)
        if (!judge_same_but_seed(&c->items[col->members[i]].judged, &of->judged)) return false;
    return true;
}

static sw_status make_columns(sw_comparison *c)
{
    c->columns = sw_arena_alloc(&c->arena, c->count * sizeof *c->columns);
    if (!c->columns) return SW_E_MEMORY;
    for (size_t i = 0; i < c->count; i++) {
        size_t at = 0;
        while (at < c->column_count && !fits_column(c, &c->columns[at], &c->items[i])) at++;
        run_column *col = &c->columns[at];
        if (at == c->column_count) {
            letters(col->label, c->column_count++);
            col->members = sw_arena_alloc(&c->arena, (c->count - i) * sizeof *col->members);
            if (!col->members) return SW_E_MEMORY;
        }
        col->members[col->count++] = i;
        c->items[i].column = at;
    }
    for (size_t k = 0; k < c->column_count; k++) {
        const run_column *col = &c->columns[k];
        for (size_t i = 0; i < col->count; i++) {
            contender *of = &c->items[col->members[i]];
            snprintf(of->label, sizeof of->label, "%s", col->label);
            if (col->count > 1) snprintf(of->label, sizeof of->label, "%s%zu", col->label, i + 1);
        }
    }
    return SW_OK;
}

static sw_status find_differences(sw_comparison *c)
{
    const sw_config_values **sets = sw_arena_alloc(&c->arena, c->count * sizeof *sets);
    if (!sets) return SW_E_MEMORY;
    for (size_t i = 0; i < c->count; i++) sets[i] = c->items[i].judged.values;
    return sw_config_differing(&c->differing, sets, c->count);
}

static sw_status measure_all(sw_comparison *c)
{
    const size_t metrics = (size_t)c->layout.count;
    for (size_t i = 0; i < c->count; i++) {
        contender *of = &c->items[i];
        of->places = sw_arena_alloc(&c->arena, metrics * sizeof *of->places);
        if (!of->places) return SW_E_MEMORY;
        for (int m = 0; m < c->layout.count; m++)
            of->places[m] = sw_columns_find(&of->run.epochs.columns, c->layout.list[m].key);
        of->odd = judge_oddities(&c->items[0].judged, &of->judged);
        c->odd |= of->odd;
        if (of->judged.epochs > c->most_epochs) c->most_epochs = of->judged.epochs;
        SW_ENSURE(contender_measure(of, c));
    }
    return SW_OK;
}

/* ---- all of it ---- */

/* Everything but opening: the runs are there, and their array no longer moves. */
static sw_status work_out(sw_comparison *c, const sw_compare_options *options)
{
    for (size_t i = 0; i < c->count; i++) settle(&c->items[i]);
    SW_ENSURE(take_layout(c));
    SW_ENSURE(take_options(c, options));
    SW_ENSURE(make_columns(c));
    SW_ENSURE(find_differences(c));
    return measure_all(c);
}

sw_status sw_comparison_open(sw_comparison **out, const char *const *paths, size_t count,
                             const sw_compare_options *options)
{
    sw_status status = SW_OK;
    *out = NULL;
    sw_comparison *c = calloc(1, sizeof *c);
    if (!c) return sw_fail_alloc("a comparison", sizeof *c);
    if (count == 0) status = sw_fail(SW_E_USAGE, "there is nothing to compare");
    for (size_t i = 0; i < count && status == SW_OK; i++) status = add_path(c, paths[i]);
    if (status == SW_OK) SW_TRY(work_out(c, options));
    if (status != SW_OK) goto done;
    *out = c;
    c = NULL;
done:
    sw_comparison_close(c);
    return status;
}

sw_status comparison_of_runs(sw_comparison **out, const sw_run_reader *const *runs, size_t count)
{
    sw_status status = SW_OK;
    *out = NULL;
    sw_comparison *c = calloc(1, sizeof *c);
    if (!c) return sw_fail_alloc("a comparison", sizeof *c);
    c->items = calloc(count, sizeof *c->items);
    if (!c->items) SW_TRY(sw_fail_alloc("runs to compare", count * sizeof *c->items));
    for (; c->count < count; c->count++)
        c->items[c->count] = (contender){
            .path = runs[c->count]->path, .run = *runs[c->count], .borrowed = true, .judged.is_run = true};
    SW_TRY(work_out(c, &(sw_compare_options){0}));
    *out = c;
    c = NULL;
done:
    sw_comparison_close(c);
    return status;
}

void sw_comparison_close(sw_comparison *c)
{
    if (!c) return;
    for (size_t i = 0; i < c->count; i++) contender_deinit(&c->items[i]);
    free(c->items);
    sw_columns_deinit(&c->layout);
    sw_arena_deinit(&c->arena);
    free(c->differing.items);
    free(c);
}

sw_status sw_comparison_write(sw_str *out, const sw_comparison *c, sw_compare_format format)
{
    if (format == SW_COMPARE_JSON) return comparison_json(out, c);
    if (format == SW_COMPARE_CSV) {
        comparison_csv(out, c);
        return sw_str_status(out);
    }
    sw_sheet s;
    sw_status status = comparison_sheet(&s, c);
    if (status == SW_OK) {
        if (format == SW_COMPARE_MARKDOWN)
            sw_sheet_markdown(out, &s);
        else if (format == SW_COMPARE_HTML)
            sw_sheet_html(out, &s);
        else
            sw_sheet_text(out, &s, SW_TERMINAL_DEFAULT_COLUMNS);
        status = sw_str_status(out);
    }
    sw_sheet_deinit(&s);
    return status;
}
