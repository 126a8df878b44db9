/* What seeds alone do to the figures of the runs in a report. */
#ifndef STUDY_REPORT_SEEDS_H
#define STUDY_REPORT_SEEDS_H

#include "comparison.h"
#include "run_list.h"

/* The runs of a report, and those beside them, in the same folders, that differ from one of them in the seed
 * only: the rest of a sweep. */
typedef struct report_seeds {
    sw_run_reader *beside; /* (count) owned */
    size_t count;
    sw_comparison *all; /* of both, those of the report first */
} report_seeds;

/* Looks for them, once in each folder. A folder that can't be read has none. */
sw_status report_seeds_open(report_seeds *out, const run_list *runs) SW_NODISCARD;
void report_seeds_close(report_seeds *seeds); /* accepts a zeroed one */

/* Computes how far apart a figure at the best epoch of two columns may be by the seeds alone: of 100
 * differences between configurations that are equally good, 95 are smaller. The columns are those of a
 * comparison of the report's runs. Student's t with the deviation that the seeds of both configurations have
 * together, which takes them to spread alike. NaN where neither has several seeds. */
double report_seeds_spread(const report_seeds *seeds, const sw_comparison *shown, size_t a, size_t b,
                           int figure);

#endif
