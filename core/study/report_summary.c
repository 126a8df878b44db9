#include "report_summary.h"

#include <math.h>
#include <string.h>

#include "compare_sheets.h"
#include "page/html.h"

enum {
    FEW_KEYS = 3,     /* of a section of the configuration, named one by one; of more the first one */
    VALUE_BYTES = 48, /* of a value that is written out */
    MOST_FIGURES = SW_MAX_CAPTIONS + 2
};

/* ---- what differs ---- */

static size_t section_length(const char *key)
{
    return strcspn(key, ".");
}

static bool same_section(const char *a, const char *b)
{
    const size_t length = section_length(a);
    return length == section_length(b) && strncmp(a, b, length) == 0;
}

static int keys_of_section(const sw_comparison *c, const char *key)
{
    int count = 0;
    for (size_t i = 0; i < c->differing.count; i++)
        count += !judge_is_label(c->differing.items[i]) && same_section(c->differing.items[i], key);
    return count;
}

static bool is_short(const sw_comparison *c, const char *key)
{
    for (size_t i = 0; i < c->count; i++)
        if (strlen(comparison_value(c, i, key)) > VALUE_BYTES) return false;
    return true;
}

/* "optimizer.lr 0.01 (A), 0.003 (B)" */
static void append_key(sw_str *out, const sw_comparison *c, const char *key)
{
    const char *between = " ";
    sw_html_between(out, "<code>", key, "</code>");
    if (!is_short(c, key)) return;
    for (size_t i = 0; i < c->count; i++) {
        sw_str labels = {0};
        if (comparison_value_seen(c, i, key)) continue;
        comparison_label_value(&labels, c, i, key);
        sw_html_between(out, between, comparison_value(c, i, key), " (");
        sw_html_between(out, "", sw_str_part(out, &labels), ")");
        sw_str_deinit(&labels);
        between = ", ";
    }
}

static void append_differences(sw_str *out, const sw_comparison *c)
{
    const char *between = "<p><strong>What differs:</strong> ", *last = NULL;
    for (size_t i = 0; i < c->differing.count; i++) {
        const char *key = c->differing.items[i];
        if (judge_is_label(key)) continue;
        const int count = keys_of_section(c, key);
        const bool goes_on = last && same_section(last, key);
        if (goes_on && count > FEW_KEYS) continue;
        sw_str_append(out, between);
        append_key(out, c, key);
        if (count > FEW_KEYS)
            sw_str_printf(out, ", and %d more keys of <code>%.*s</code>", count - 1, (int)section_length(key),
                          key);
        between = "; ";
        last = key;
    }
    sw_str_append(out, last ? ".</p>\n" : "<p>The runs have the same configuration, seed included.</p>\n");
}

/* ---- what it did ---- */

/* The figures that the text is about: the deciding one, those of an epoch's captions, and the border's IoU.
 */
static int choose_figures(int list[MOST_FIGURES], const sw_comparison *c)
{
    const sw_columns *columns = &c->layout;
    const sw_metric *metrics[SW_MAX_CAPTIONS];
    const int captions = sw_metrics_captioned(metrics, NULL, &columns->classes);
    int count = 0;
    list[count++] = c->rank;
    for (int f = 0; f < columns->count && count < MOST_FIGURES; f++) {
        const sw_column *of = &columns->list[f];
        bool chosen = of->c >= 0 && of->c == columns->classes.border && strcmp(of->metric->key, "iou") == 0;
        for (int m = 0; m < captions; m++) chosen |= of->metric == metrics[m];
        if (chosen && f != c->rank) list[count++] = f;
    }
    return count;
}

/* Says of the deciding figure what it was and became, of the others the difference:
 * "mean IoU +0.0123, from 0.8433 to 0.8556: beyond the spread of seeds (±0.0079). Also border IoU +0.0021
 * (within)". */
static void append_difference(sw_str *out, const sw_comparison *c, double margin, int figure, double from,
                              double to)
{
    const char *where = fabs(to - from) > margin ? "beyond" : "within";
    char difference[64];
    comparison_difference(difference, sizeof difference, c, ROW_BEST, figure, to, from);
    sw_html_between(out, "", c->layout.list[figure].label, "");
    sw_str_printf(out, " %s", difference);
    if (figure == c->rank)
        sw_str_printf(out, ", from %s to %s", report_number(from).text, report_number(to).text);
    if (isnan(margin)) return;
    if (figure == c->rank)
        sw_str_printf(out, ": <strong>%s the spread of seeds</strong> (\xC2\xB1%s)", where,
                      report_number(margin).text);
    else
        sw_str_printf(out, " (%s)", where);
}

/* What could be said of a column: no figures that both have, differences of one run each, or differences
 * judged by the spread of seeds. */
typedef enum verdict { NO_FIGURES, ONE_RUN_EACH, JUDGED } verdict;

/* Appends what a column has over the first one. */
static verdict append_column(sw_str *out, const report_data *data, const report_seeds *seeds, size_t k)
{
    const sw_comparison *c = data->compared;
    int list[MOST_FIGURES], told = 0;
    const int count = choose_figures(list, c);
    bool known = false;
    sw_str_printf(out, "<li><strong>%s against %s</strong>: ", c->columns[k].label, c->columns[0].label);
    for (int i = 0; i < count; i++) {
        mean_figure figures[SW_CHART_RUNS];
        comparison_row(figures, c, ROW_BEST, list[i]);
        if (!figures[k].comparable || isnan(figures[k].mean) || isnan(figures[0].mean)) continue;
        const double margin = report_seeds_spread(seeds, c, 0, k, list[i]);
        if (told > 0) sw_str_append(out, told == 1 ? ". Also " : ", ");
        append_difference(out, c, margin, list[i], figures[0].mean, figures[k].mean);
        told++;
        known |= !isnan(margin);
    }
    const unsigned odd = c->items[c->columns[k].members[0]].odd;
    if (told == 0)
        sw_str_append(out, odd & NOT_COMPARABLE ? "metrics are not comparable, see below"
                                                : "no figures of both yet");
    sw_str_append(out, ".</li>\n");
    return told == 0 ? NO_FIGURES : known ? JUDGED : ONE_RUN_EACH;
}

/* ---- seeds ---- */

static void append_same_but_seeds(sw_str *out, const report_data *data)
{
    const sw_comparison *c = data->compared;
    int list[MOST_FIGURES];
    const int count = choose_figures(list, c);
    const char *between = ":</strong> ";
    sw_str_append(out, "<p><strong>The runs differ in their seed only");
    for (int i = 0; i < count; i++) {
        mean_figure f;
        comparison_row(&f, c, ROW_BEST, list[i]);
        if (isnan(f.mean)) continue;
        sw_html_between(out, between, c->layout.list[list[i]].label, " ");
        sw_str_printf(out, "%s \xC2\xB1%s", report_number(f.mean).text, report_number(f.sd).text);
        between = ", ";
    }
    sw_str_printf(out,
                  *between == ':' ? ".</strong></p>\n" : " (mean and standard deviation of %zu runs).</p>\n",
                  c->count);
}

static void append_verdict(sw_str *out, const report_data *data, const report_seeds *seeds,
                           const verdict *verdicts)
{
    const sw_comparison *c = data->compared;
    bool any = false, lone = false;
    for (size_t k = 1; k < c->column_count; k++) {
        any |= verdicts[k] == JUDGED;
        if (verdicts[k] != ONE_RUN_EACH) continue;
        if (!lone) sw_str_printf(out, "<p>%s", c->columns[0].label);
        sw_str_printf(out, ", %s", c->columns[k].label);
        lone = true;
    }
    if (lone)
        sw_str_append(out, ": one run each, which cannot tell whether the configuration or the seed made the "
                           "difference. Repeat them with other seeds (<code>segwork sweep EXPERIMENT.yaml "
                           "--set seed=0..2</code>).</p>\n");
    if (any)
        sw_str_append(out,
                      "<p class=\"note\">\xC2\xB1 is what seeds alone may do: of 100 differences between "
                      "configurations that are equally good, 95 are smaller (Student's t with the standard "
                      "deviation over the seeds of both).");
    if (any && seeds->count > 0)
        sw_str_printf(out, " For it %zu more run%s with other seeds in the same folders %s read.",
                      seeds->count, seeds->count == 1 ? "" : "s", seeds->count == 1 ? "was" : "were");
    if (any) sw_str_append(out, "</p>\n");
}

void report_summary(sw_str *out, const report_data *data, const report_seeds *seeds)
{
    const sw_comparison *c = data->compared;
    verdict verdicts[SW_CHART_RUNS] = {NO_FIGURES};
    sw_str_append(out, "<div class=\"answer\">\n");
    if (c->column_count == 1) {
        append_same_but_seeds(out, data);
    } else {
        append_differences(out, c);
        sw_str_append(out, "<ul>\n");
        for (size_t k = 1; k < c->column_count; k++) verdicts[k] = append_column(out, data, seeds, k);
        sw_str_append(out, "</ul>\n");
        append_verdict(out, data, seeds, verdicts);
    }
    sw_str_append(out, "</div>\n");
}
