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
    OPTION_TEXT("out", 'o', out, "FILE.html", "The page (default: report.html)"),
    OPTION_FLAG("embed", '\0', embed, "Put every picture into the page (default up to 20 MiB of them)"),
    OPTION_FLAG("link", '\0', link_images,
                "Link photographs, confidences and galleries in the runs' folders (default beyond that)"),
    POPT_TABLEEND};

const sw_command sw_cmd_report = {
    .name = "report",
    .arguments = "RUN...",
    .summary = "Show runs as one self-contained page for a browser",
    .details = "Reads only the folders of the runs, finished or not, also copied from another\n"
               "machine, and writes one file that needs neither network nor other files. Of\n"
               "several runs (up to 8) it says first in what they differ, what that did, and\n"
               "whether other seeds would do as much. Then: figures side by side, learning\n"
               "curves, the grid images of all runs under one slider, the images in which the\n"
               "runs differ most, confusion matrix and metrics by class, the worst and least\n"
               "certain validation images and those whose truth is doubtful, configurations,\n"
               "device, versions and data.\n\n"
               "With --link, page and runs keep their places to each other.\n\n"
               "Examples:\n"
               "  segwork report runs/segnet_small/001\n"
               "  segwork report runs/segnet_small/001 runs/border/001 --out compare.html",
    .options = options,
    .run = run,
};
