/* Runs as one page for a browser. */
#ifndef STUDY_REPORT_H
#define STUDY_REPORT_H

#include <stdbool.h>
#include <stddef.h>

#include "base/status.h"

/* Where the page's pictures are. */
typedef enum sw_report_images {
    SW_REPORT_BY_SIZE, /* inside the page; as links where they would make it larger than mail takes */
    SW_REPORT_EMBED,   /* inside the page */
    SW_REPORT_LINK,    /* photographs, confidences and galleries stay in the runs' folders, which the page
                          refers to by the way from its own folder; class maps, which are small, are inside */
} sw_report_images;

typedef struct sw_report_page {
    size_t bytes;
    bool linked; /* it refers to the runs' folders */
} sw_report_page;

/* Writes a page about the runs (folders of runs, finished or not) that needs nothing but itself (and the
 * linked pictures, if any): styles and scripts are inside. What it shows: docs/report.md. SW_E_USAGE: none or
 * too many runs, one given twice, a folder that is no run. SW_E_DATA, SW_E_IO: a damaged run, or the page
 * can't be written. */
sw_status sw_report(sw_report_page *written, const char *const *runs, int count, const char *out,
                    sw_report_images images) SW_NODISCARD;

#endif
