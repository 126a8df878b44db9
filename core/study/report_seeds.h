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

/* Looks for them. What can't be read there is none. */
sw_status report_seeds_open(report_seeds *out, const run_list *runs) SW_NODISCARD;
void report_seeds_close(report_seeds *seeds); /* accepts a zeroed one */

/* How far apart two figures may be by the seeds alone. */
typedef struct report_spread {
    double margin; /* of 100 differences of the same configuration 95 are smaller; NaN: nobody knows */
    int freedom;   /* degrees of freedom of the deviation: runs less configurations; 0: nobody knows */
} report_spread;

/* Computes it for the difference of a figure at the best epoch between two columns of a comparison of the
 * report's runs: Student's t with the deviation that the seeds of both configurations have together, which
 * takes them to spread alike. */
report_spread report_seeds_spread(const report_seeds *seeds, const sw_comparison *shown, size_t a, size_t b,
                                  int figure);

#endif
