/* segwork plot: learning curves of runs as a picture. */
#include <stdio.h>

#include "options.h"
#include "study/plot.h"

static char *out, *metrics, *size, **limits;
static int logarithmic;

static sw_status run(int argc, const char *const *argv)
{
    if (argc < 1)
        return sw_fail(SW_E_USAGE, "needs the folder of at least one run (see 'segwork plot --help')");
    if (!out) return sw_fail(SW_E_USAGE, "needs --out FILE.svg or FILE.png");
    const sw_plot_options options = {.out = out,
                                     .metrics = metrics,
                                     .size = size,
                                     .log = logarithmic,
                                     .limits = (const char *const *)limits};
    sw_status status = sw_plot(argv, argc, &options);
    if (status == SW_OK) printf("written  %s\n", out);
    return status;
}

static const struct poptOption options[] = {
    OPTION_TEXT("out", 'o', out, "FILE.svg|FILE.png", "The picture to write; its ending decides the format"),
    OPTION_TEXT("metrics", 'm', metrics, "NAMES",
                "Metrics, separated by commas, a panel each (default: loss and what training prints)"),
    OPTION_TEXT("size", '\0', size, "WxH",
                "Width and height in pixels (default: depends on the number of panels)"),
    OPTION_FLAG("log", '\0', logarithmic, "Logarithmic axes for losses and the learning rate"),
    {"ylim", '\0', POPT_ARG_ARGV, &limits, 0,
     "Range of the y axis, of all panels or of one (loss=0,2); what lies beyond is cut off; may be repeated",
     "[METRIC=]LOW,HIGH"},
    POPT_TABLEEND};

const sw_command sw_cmd_plot = {
    .name = "plot",
    .arguments = "RUN...",
    .summary = "Draw learning curves of runs as SVG or PNG",
    .details = "Draws the metrics of all given runs (up to 8) over the epochs. Only the folders\n"
               "of the runs are read, finished or not. Metrics are 'loss' (training dashed,\n"
               "validation solid, single steps pale), 'lr', and every column of metrics.csv,\n"
               "such as miou and iou_<class>. Where the article's validation was measured too,\n"
               "it is dashed. The same runs give the same bytes. Letters grow with the panels.\n\n"
               "Examples:\n"
               "  segwork plot runs/segnet_small/001 --out curves.svg\n"
               "  segwork plot runs/segnet_small/001 runs/border/001 --out border.png \\\n"
               "      --metrics loss,iou_border,border_recall,boundary_f1 --size 2000x1300\n"
               "  segwork plot runs/border/001 --out loss.svg --metrics loss --ylim 0,2",
    .options = options,
    .run = run,
};
