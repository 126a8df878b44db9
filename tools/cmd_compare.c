/* segwork compare: runs side by side. */
#include <string.h>
#include <strings.h>

#include "base/fs.h"
#include "base/log.h"
#include "options.h"
#include "print.h"
#include "run/out_file.h"
#include "study/compare.h"

static char *format_name, *out, *rank;
static const char **each_epoch;
static int as_json;

/* Finds the format by the ending of the file to write: text where it has none. */
static sw_status format_of_file(sw_compare_format *format, const char *file)
{
    static const struct {
        const char *ending;
        sw_compare_format format;
    } endings[] = {{".txt", SW_COMPARE_TEXT},  {".text", SW_COMPARE_TEXT}, {".md", SW_COMPARE_MARKDOWN},
                   {".html", SW_COMPARE_HTML}, {".htm", SW_COMPARE_HTML},  {".json", SW_COMPARE_JSON},
                   {".csv", SW_COMPARE_CSV}};
    const char *slash = strrchr(file, '/'), *dot = strrchr(slash ? slash : file, '.');
    *format = SW_COMPARE_TEXT;
    for (size_t i = 0; dot && i < sizeof endings / sizeof *endings; i++)
        if (strcasecmp(dot, endings[i].ending) == 0) {
            *format = endings[i].format;
            return SW_OK;
        }
    if (!dot) return SW_OK;
    return sw_fail(SW_E_USAGE,
                   "%s does not end in .txt, .md, .json, .csv or .html: give the format with --format", file);
}

static const char *const *endings_of(sw_compare_format format)
{
    static const char *const text[] = {".txt", ".text", "", NULL}, *const md[] = {".md", NULL},
                             *const json[] = {".json", NULL}, *const csv[] = {".csv", NULL},
                             *const html[] = {".html", ".htm", NULL};
    switch (format) {
    case SW_COMPARE_MARKDOWN:
        return md;
    case SW_COMPARE_JSON:
        return json;
    case SW_COMPARE_CSV:
        return csv;
    case SW_COMPARE_HTML:
        return html;
    case SW_COMPARE_TEXT:
        break;
    }
    return text;
}

/* Takes --json or --format, else the ending of --out, else text. */
static sw_status choose_format(sw_compare_format *format)
{
    *format = as_json ? SW_COMPARE_JSON : SW_COMPARE_TEXT;
    if (as_json && format_name) return sw_fail(SW_E_USAGE, "--json is --format json: give one of them");
    if (as_json) return SW_OK;
    if (!format_name) return out ? format_of_file(format, out) : SW_OK;
    if (sw_compare_format_by_name(format, format_name)) return SW_OK;
    return sw_fail(SW_E_USAGE, "--format %s: expected text, md, json, csv or html", format_name);
}

static sw_status run(int argc, const char *const *argv)
{
    sw_status status = SW_OK;
    sw_comparison *comparison = NULL;
    sw_compare_format format;
    sw_str text = {0};
    const sw_compare_options options = {.rank = rank, .each_epoch = each_epoch};
    if (argc == 0)
        return sw_fail(SW_E_USAGE, "needs run folders or experiments (see 'segwork compare --help')");
    SW_TRY(choose_format(&format));
    if (out) SW_TRY(sw_out_file_check(out, endings_of(format), NULL));
    SW_TRY(sw_comparison_open(&comparison, argv, (size_t)argc, &options));
    SW_TRY(sw_comparison_write(&text, comparison, format));
    if (out) {
        SW_TRY(sw_fs_write(out, text.text, text.length));
        sw_log(SW_LOG_INFO, "written to %s", out);
    } else {
        status = print_text(&text);
    }
done:
    sw_str_deinit(&text);
    sw_comparison_close(comparison);
    return status;
}

static const struct poptOption options[] = {
    OPTION_TEXT(
        "rank", 'r', rank, "METRIC",
        "Metric that ranks the runs and decides the best epoch (default: train.save_best of the first)"),
    {"each-epoch", 'e', POPT_ARG_ARGV, &each_epoch, 0,
     "Metric to show for each epoch, or all (may be repeated; default: that of --rank)", "METRIC"},
    OPTION_TEXT("format", 'f', format_name, "text|md|json|csv|html",
                "Format (default: by the ending of --out, else text)"),
    OPTION_TEXT("out", 'o', out, "FILE", "Write to this file instead of standard output"),
    OPTION_FLAG("json", '\0', as_json, "The same as --format json"),
    POPT_TABLEEND};

const sw_command sw_cmd_compare = {
    .name = "compare",
    .arguments = "RUN|EXPERIMENT.yaml...",
    .summary = "Compare runs side by side: configuration, metrics, cost",
    .details = "Takes folders of runs (finished or not, from this machine or another), folders\n"
               "that contain such folders, and experiments that have not been run. Shows which\n"
               "keys differ and where their values come from, a ranking, the metrics of the\n"
               "last and of the best epoch, per class and per epoch, and the cost. Runs that\n"
               "differ only in their seed share one column: mean and standard deviation.\n"
               "Differences are relative to the first column, A. A warning at the top names the\n"
               "runs that cannot be compared with A: other validation images, or another image\n"
               "size.\n\n"
               "Metrics have the names of the columns in metrics.csv: miou, iou_<class>,\n"
               "val_loss, and so on. JSON and CSV hold all of them for every epoch;\n"
               "docs/compare.md lists the keys of the JSON document.\n\n"
               "Examples:\n"
               "  segwork compare runs/segnet_small/001 runs/border/001\n"
               "  segwork compare runs/focal-sweep --rank iou_border --out focal.html\n"
               "  segwork compare experiments/segnet_baseline.yaml runs/border/001\n"
               "  segwork compare runs/border --json",
    .options = options,
    .run = run,
};
