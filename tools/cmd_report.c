/* segwork report: runs as one page for a browser. */
#include <stdio.h>

#include "options.h"
#include "run/out_file.h"
#include "study/report.h"

static char *out;

static sw_status run(int argc, const char *const *argv)
{
    static const char *const endings[] = {".html", ".htm", NULL};
    const char *path = out ? out : "report.html";
    if (argc < 1)
        return sw_fail(SW_E_USAGE, "needs the folder of at least one run (see 'segwork report --help')");
    sw_status status = sw_out_file_check(path, endings, NULL);
    if (status == SW_OK) status = sw_report(argv, argc, path);
    if (status == SW_OK) printf("written  %s\n", path);
    return status;
}

static const struct poptOption options[] = {
    OPTION_TEXT("out", 'o', out, "FILE.html", "The page (default: report.html)"), POPT_TABLEEND};

const sw_command sw_cmd_report = {
    .name = "report",
    .arguments = "RUN...",
    .summary = "Show runs as one self-contained page for a browser",
    .details = "Reads only the folders of the runs, finished or not, also copied from another\n"
               "machine, and writes one file that needs neither network nor other files:\n"
               "learning curves of all runs (up to 8), confusion matrix and metrics by class,\n"
               "the grid images of each epoch, the worst and least certain validation images and\n"
               "those whose truth is doubtful, the differences between the configurations, and\n"
               "device, versions and data of each run.\n\n"
               "Examples:\n"
               "  segwork report runs/segnet_small/001\n"
               "  segwork report runs/segnet_small/001 runs/border/001 --out compare.html",
    .options = options,
    .run = run,
};
