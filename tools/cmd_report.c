/* segwork report: runs as one page for a browser. */
#include <stdbool.h>
#include <stdio.h>

#include "options.h"
#include "run/out_file.h"
#include "study/report.h"

static char *out;
static int embed, link_images;

/* Says how large the page is, and what it needs beside itself. */
static void print_written(const char *path, const sw_report_page *page)
{
    const bool large = page->bytes >= 1000000;
    printf("written  %s (%.1f %s%s)\n", path, (double)page->bytes / (large ? 1e6 : 1e3), large ? "MB" : "kB",
           page->linked ? "; its photographs are links to the folders of the runs" : "");
}

static sw_status run(int argc, const char *const *argv)
{
    static const char *const endings[] = {".html", ".htm", NULL};
    const char *path = out ? out : "report.html";
    if (argc < 1)
        return sw_fail(SW_E_USAGE, "needs the folder of at least one run (see 'segwork report --help')");
    if (embed && link_images) return sw_fail(SW_E_USAGE, "--embed and --link exclude each other");
    const sw_report_images images = embed         ? SW_REPORT_EMBED
                                    : link_images ? SW_REPORT_LINK
                                                  : SW_REPORT_BY_SIZE;
    sw_report_page page;
    sw_status status = sw_out_file_check(path, endings, NULL);
    if (status == SW_OK) status = sw_report(&page, argv, argc, path, images);
    if (status == SW_OK) print_written(path, &page);
    return status;
}

static const struct poptOption options[] = {
    OPTION_TEXT("out", 'o', out, "FILE.html", "The page to write (default: report.html)"),
    OPTION_FLAG("embed", '\0', embed, "Put every picture into the page (default: if they take up to 20 MiB)"),
    OPTION_FLAG("link", '\0', link_images,
                "Link to photographs, confidences and galleries in the folders of the runs (default: if they "
                "take more)"),
    POPT_TABLEEND};

const sw_command sw_cmd_report = {
    .name = "report",
    .arguments = "RUN...",
    .summary = "Show runs as one self-contained page for a browser",
    .details = "Writes one HTML file that needs no network. Only the folders of the runs are\n"
               "read; they may be unfinished, or copied from another machine.\n\n"
               "For several runs (up to 8) the page begins with how they differ, what that\n"
               "changed, and whether another seed would change as much. Then come the metrics\n"
               "side by side, learning curves, the grid of predictions after each epoch, the\n"
               "images on which the runs differ most, the confusion matrix and the metrics per\n"
               "class, the worst and the least certain validation images, those whose truth is\n"
               "doubtful, the configurations, and the device, versions and data of each run.\n\n"
               "A page with linked pictures must keep its place relative to the runs.\n\n"
               "Examples:\n"
               "  segwork report runs/segnet_small/001\n"
               "  segwork report runs/segnet_small/001 runs/border/001 --out compare.html",
    .options = options,
    .run = run,
};
