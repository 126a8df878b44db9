/* segwork plot: learning curves of runs as a picture. */
#include <stdio.h>

#include "options.h"
#include "study/plot.h"

static char *out, *metrics, *size;

static sw_status run(int argc, const char *const *argv)
{
    if (argc < 1)
        return sw_fail(SW_E_USAGE, "needs the folder of at least one run (see 'segwork plot --help')");
    if (!out) return sw_fail(SW_E_USAGE, "needs --out FILE.svg or FILE.png");
    const sw_plot_options options = {.out = out, .metrics = metrics, .size = size};
    sw_status status = sw_plot(argv, argc, &options);
    if (status == SW_OK) printf("written  %s\n", out);
    return status;
}

static const struct poptOption options[] = {
    OPTION_TEXT("out", 'o', out, "FILE.svg|FILE.png", "The picture; its ending selects the format"),
    OPTION_TEXT("metrics", 'm', metrics, "NAMES",
                "One panel each, separated by commas (default: loss and the scores that training prints)"),
    OPTION_TEXT("size", '\0', size, "WxH", "Pixels (default: by the number of panels)"), POPT_TABLEEND};

const sw_command sw_cmd_plot = {
    .name = "plot",
    .arguments = "RUN...",
    .summary = "Draw learning curves of runs as SVG or PNG",
    .details = "Reads only the folders of the runs, finished or not, and draws the curves of all\n"
               "of them (up to 8) over the epochs. Metrics are 'loss' (training dashed,\n"
               "validation solid, single steps pale), 'lr', and every column of metrics.csv,\n"
               "such as iou and iou_<class>. The article's validation is dashed where it was\n"
               "measured too. The same runs give the same bytes. Type grows with the panels.\n\n"
               "Examples:\n"
               "  segwork plot runs/segnet_small/001 --out curves.svg\n"
               "  segwork plot runs/segnet_small/001 runs/border/001 --out border.png \\\n"
               "      --metrics loss,iou_border,border_recall,boundary_f1 --size 2000x1300",
    .options = options,
    .run = run,
};
