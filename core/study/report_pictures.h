/* How pictures come into a report's page: inside it, or as links to the files of the runs' folders. */
#ifndef STUDY_REPORT_PICTURES_H
#define STUDY_REPORT_PICTURES_H

#include <stdbool.h>

#include "run_list.h"

typedef struct report_pictures {
    bool linked;
    size_t limit, inside;         /* bytes of the page that pictures may take, and take so far */
    char *folders[SW_CHART_RUNS]; /* links to the runs' folders */
} report_pictures;

/* Finds the links from the folder of the page, which must be there, to those of the runs. SW_E_IO: a folder
 * can't be found. */
sw_status report_pictures_open(report_pictures *out, const run_list *runs, const char *page) SW_NODISCARD;
void report_pictures_close(report_pictures *pictures); /* accepts a zeroed one */

/* Appends the address of a PNG below the folder of run number `run`: a link, or the picture itself as data
 * once the limit allows it. Beyond the limit nothing is appended: see report_pictures_too_many. `path` is on
 * the heap and freed; NULL is memory that ran out. */
sw_status report_picture(sw_str *out, report_pictures *pictures, const run_list *runs, int run,
                         char *path) SW_NODISCARD;

/* Appends a picture as data, whatever the limit: class maps, which the page's script reads the pixels of (a
 * browser lets no page read those of a linked file) and which are small. */
sw_status report_picture_inside(sw_str *out, report_pictures *pictures, char *path) SW_NODISCARD;

/* Whether pictures had to be left out. */
bool report_pictures_too_many(const report_pictures *pictures);

#endif
