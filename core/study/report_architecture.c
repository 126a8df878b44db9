#include "report_architecture.h"

#include <string.h>

#include "measure/architecture.h"
#include "page/html.h"

/* The drawing of each run, empty where there is none. */
typedef struct drawings {
    sw_str of[SW_CHART_RUNS];
    int run_count;
} drawings;

/* Whether the network was read without keys that another version knows, which may have changed it. */
static bool is_known(const sw_experiment *experiment)
{
    return !experiment->unknown || !strstr(experiment->unknown, "model.");
}

/* The layers may have come to mean something else since, so that they no longer fit. */
static sw_status draw(sw_str *out, const sw_experiment *experiment)
{
    if (!is_known(experiment)) return SW_OK;
    const sw_status status = sw_architecture_svg(out, experiment, false);
    if (status == SW_OK || status == SW_E_MEMORY) return status;
    sw_str_deinit(out);
    return SW_OK;
}

static bool is_drawn(const drawings *d, int run)
{
    return d->of[run].length > 0;
}

static bool same(const drawings *d, int a, int b)
{
    return strcmp(sw_str_text(&d->of[a]), sw_str_text(&d->of[b])) == 0;
}

static bool is_first_of_its_kind(const drawings *d, int run)
{
    for (int r = 0; r < run; r++)
        if (same(d, r, run)) return false;
    return true;
}

/* "first, third": the runs that have this drawing, or all that have none. */
static void append_runs_like(sw_str *out, const drawings *d, const run_list *runs, int run)
{
    for (int r = run; r < d->run_count; r++)
        if (same(d, r, run)) sw_html_between(out, r > run ? ", " : "", runs->labels[r], "");
}

static void append_drawing(sw_str *out, const drawings *d, const run_list *runs, int run)
{
    if (d->run_count > 1) {
        sw_str_append(out, "<h3>");
        append_runs_like(out, d, runs, run);
        sw_str_append(out, "</h3>\n");
    }
    sw_str_append(out, "<div class=\"scroll\">");
    sw_str_append(out, sw_str_part(out, &d->of[run]));
    sw_str_append(out, "</div>\n");
}

static void append_absence(sw_str *out, const drawings *d, const run_list *runs, int run)
{
    sw_str_append(out, "<p>The network of ");
    append_runs_like(out, d, runs, run);
    sw_str_append(
        out, " is not drawn: another version of segwork made it, with what this one does not know.</p>\n");
}

static void append_section(sw_str *out, const drawings *d, const run_list *runs)
{
    bool any = false;
    report_open_section(out, "architecture", "Architecture");
    for (int r = 0; r < d->run_count; r++) {
        any |= is_drawn(d, r);
        if (!is_first_of_its_kind(d, r)) continue;
        if (is_drawn(d, r))
            append_drawing(out, d, runs, r);
        else
            append_absence(out, d, runs, r);
    }
    if (any)
        sw_str_append(out,
                      "<p class=\"note\">Height: size of the image, thickness: channels, by the square root. "
                      "The layers of a block and their parameters under the pointer.</p>\n");
    sw_str_append(out, "</section>\n");
}

sw_status report_architecture(sw_str *out, const report_data *data)
{
    sw_status status = SW_OK;
    drawings d = {.run_count = data->runs.count};
    for (int r = 0; r < d.run_count; r++) SW_TRY(draw(&d.of[r], data->runs.runs[r].experiment));
    append_section(out, &d, &data->runs);
done:
    for (int r = 0; r < d.run_count; r++) sw_str_deinit(&d.of[r]);
    return status;
}
