#include "report_overview.h"

#include <math.h>
#include <stdlib.h>

#include "compare_sheets.h"
#include "page/html.h"
#include "page/sheet.h"
#include "report_summary.h"
#include "run/judge.h"

/* ---- the state of the runs ---- */

enum { RUN, STATE, EPOCHS, BEST, SCORES };

/* Whether the overview has the column: scores without a class and the border's, and the loss. */
static bool in_overview(const sw_columns *columns, int at)
{
    const sw_column *of = &columns->list[at];
    return of->metric->group == SW_METRIC_VAL && report_shows(columns, at) &&
           (of->c < 0 || of->c == columns->classes.border);
}

static const char *scores_remark(const sw_columns *columns)
{
    return columns->classes.background < 0
               ? "Figures of the best epoch, clean validation"
               : "Figures of the best epoch, clean validation. Micro IoU leaves out the class background";
}

static void put_run(sw_sheet *s, sw_sheet_table *table, const report_data *data, int r)
{
    const sw_run_reader *run = &data->runs.runs[r];
    const sw_epoch_record *best = report_best(run);
    sw_sheet_put(s, table, r, RUN, data->names[r]);
    sw_sheet_put(s, table, r, STATE, sw_run_state_name(run->state));
    sw_sheet_printf(s, table, r, EPOCHS, "%d of %d", sw_run_reader_epochs_done(run),
                    run->experiment->train.epochs);
    sw_sheet_put(s, table, r, BEST, "\xE2\x80\x93");
    if (best) sw_sheet_printf(s, table, r, BEST, "%d", best->epoch);
}

/* A row a run: what became of it, and of a single one its figures. */
static void append_states(sw_str *out, const report_data *data)
{
    static const char *const heads[SCORES] = {"run", "state", "epochs", "best"};
    const run_list *runs = &data->runs;
    const sw_columns *columns = report_columns(runs);
    const sw_epoch_record *best = report_best(&runs->runs[0]);
    const bool several = runs->count > 1;
    int count = 0, at = SCORES;
    for (int i = 0; i < columns->count && !several; i++) count += in_overview(columns, i);
    sw_sheet s = {0};
    sw_sheet_table *table = sw_sheet_add(&s, "Overview", SCORES + count, runs->count);
    table->remark = several ? NULL : scores_remark(columns);
    table->figures = true;
    if (several) table->keys = SW_SHEET_ROW_KEYS;
    for (int c = 0; c < SCORES; c++) sw_sheet_head(&s, table, c, heads[c]);
    for (int r = 0; r < runs->count; r++) put_run(&s, table, data, r);
    for (int i = 0; i < columns->count && !several; i++) {
        if (!in_overview(columns, i)) continue;
        sw_sheet_head(&s, table, at, columns->list[i].label);
        sw_sheet_put(&s, table, 0, at++, report_number(best ? best->values[i] : (double)NAN).text);
    }
    sw_str_append(out, "<div class=\"states\">");
    sw_sheet_elements(out, &s);
    sw_str_append(out, "</div>\n");
}

/* ---- the figures of several runs, as compare has them ---- */

/* Of classes the IoU belongs to the headlines, however many there are. */
typedef enum rows { HEADLINES, CLASSES, OTHERS } rows;

static bool belongs(const sw_columns *columns, int at, rows which)
{
    const sw_column *of = &columns->list[at];
    const bool of_class = of->metric->per_class, shown = of->metric->shown & SW_METRIC_IN_REPORT;
    if (of->metric->group != SW_METRIC_VAL || of->metric->border_only || of->metric->per_loss) return false;
    if (which == HEADLINES) return !of_class && report_shows(columns, at);
    return of_class && shown == (which == CLASSES);
}

/* Appends the numbers of the figures that some run has. */
static int list_rows(int *list, int count, const sw_comparison *c, rows which)
{
    for (int f = 0; f < c->layout.count; f++)
        if (belongs(&c->layout, f, which) && comparison_has(c, ROW_BEST, f)) list[count++] = f;
    return count;
}

static void put_heads(sw_sheet *s, sw_sheet_table *table, const report_data *data)
{
    const sw_comparison *c = data->compared;
    table->figures = true;
    if (c->column_count == c->count) table->keys = SW_SHEET_COLUMN_KEYS; /* colours are those of runs */
    for (size_t k = 0; k < c->column_count; k++) {
        const run_column *col = &c->columns[k];
        sw_str head = {0};
        sw_str_printf(&head, "%s  %s", col->label, data->runs.labels[col->members[0]]);
        if (col->count > 1)
            sw_str_printf(&head, " and %zu more seed%s", col->count - 1, col->count == 2 ? "" : "s");
        sw_sheet_head(s, table, (int)k + 1, sw_str_text(&head));
        s->failed |= head.failed;
        sw_str_deinit(&head);
    }
}

/* Adds a table of these figures, and of the costs that say most. */
static void append_rows(sw_str *out, const report_data *data, const char *title, const char *remark,
                        const int *list, int count, bool with_costs)
{
    static const int costs[] = {PARAMETERS, MACS, EPOCH_SECONDS};
    enum { COST_ROWS = sizeof costs / sizeof *costs };
    const sw_comparison *c = data->compared;
    sw_sheet s = {0};
    sw_sheet_table *table =
        sw_sheet_add(&s, title, (int)c->column_count + 1, count + (with_costs ? COST_ROWS : 0));
    table->remark = remark;
    put_heads(&s, table, data);
    for (int i = 0; i < count; i++) {
        comparison_put_row(&s, table, i, c, ROW_BEST, list[i]);
        sw_sheet_put(&s, table, i, 0, c->layout.list[list[i]].label);
    }
    for (int i = 0; with_costs && i < COST_ROWS; i++)
        comparison_put_row(&s, table, count + i, c, ROW_COST, costs[i]);
    sw_sheet_elements(out, &s);
}

static void append_figures(sw_str *out, const report_data *data)
{
    const sw_comparison *c = data->compared;
    const int most = c->layout.count;
    int *list = malloc(((size_t)most + 1) * sizeof *list);
    sw_str remark = {0};
    out->failed |= !list;
    sw_str_printf(&remark, "Best epoch by %s. Bold: the best; small: against A",
                  c->layout.list[c->rank].label);
    if (c->column_count < c->count) sw_str_append(&remark, "; \xC2\xB1: standard deviation over seeds");
    if (c->layout.classes.background >= 0)
        sw_str_append(&remark, ". Micro IoU leaves out the class background");
    if (list) {
        const int headlines = list_rows(list, 0, c, HEADLINES);
        const int shown = list_rows(list, headlines, c, CLASSES);
        if (shown > 0) {
            sw_str_append(out, "<div class=\"versus\">");
            append_rows(out, data, "Figures", sw_str_part(out, &remark), list, shown, true);
            sw_str_append(out, "</div>\n");
        }
        const int others = list_rows(list, 0, c, OTHERS);
        if (others > 0) {
            sw_str_append(out,
                          "<details><summary>Other figures of each class</summary><div class=\"versus\">");
            append_rows(out, data, "Other figures of each class", NULL, list, others, false);
            sw_str_append(out, "</div></details>\n");
        }
    }
    sw_str_deinit(&remark);
    free(list);
}

/* ---- what can't be compared ---- */

/* Appends the labels of the runs that a note is about, and what it says. */
static void append_note(sw_str *out, const run_list *runs, const unsigned *odd, const note *n)
{
    const char *between = "<p><strong>";
    for (int r = 1; r < runs->count; r++) {
        if (!(odd[r] & n->flag)) continue;
        sw_html_between(out, between, runs->labels[r], "");
        between = ", ";
    }
    sw_str_printf(out, "</strong>: %s", n->before);
    sw_html_between(out, "", runs->labels[0], n->after);
    sw_str_append(out, "</p>\n");
}

/* Appends why figures do not compare with the first run's, as compare judges it. */
static void append_notes(sw_str *out, const report_data *data)
{
    unsigned odd[SW_CHART_RUNS] = {0};
    for (int r = 0; r < data->runs.count; r++) odd[r] = data->compared->items[r].odd;
    for (int n = 0; n < JUDGE_NOTES; n++)
        if (data->compared->odd & judge_notes[n].flag) append_note(out, &data->runs, odd, &judge_notes[n]);
}

void report_overview(sw_str *out, const report_data *data, const report_seeds *seeds)
{
    const run_list *runs = &data->runs;
    report_open_section(out, "overview", "Overview");
    if (runs->count > 1) report_summary(out, data, seeds);
    append_states(out, data);
    for (int r = 0; r < runs->count; r++) {
        if (!*runs->runs[r].failure) continue;
        sw_html_between(out, "<p><strong>", runs->labels[r], "</strong> failed: ");
        sw_html_between(out, "", runs->runs[r].failure, "</p>\n");
    }
    append_notes(out, data);
    if (runs->count > 1) append_figures(out, data);
    sw_str_append(out, "</section>\n");
}
