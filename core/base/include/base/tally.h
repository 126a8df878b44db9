/* Shows the progress of work that is counted (images, files, bytes): a bar on a terminal, elsewhere a line
 * every half minute.
 *
 *   predict [=====>         ] 34/58  2.31 img/s  ETA 0:11
 *   images.tar.gz [=====>         ] 120.4/791.9 MB  11.2 MB/s  ETA 1:00
 *
 * Any thread may count. */
#ifndef BASE_TALLY_H
#define BASE_TALLY_H

#include <stdint.h>

#include "base/progress.h"

typedef struct sw_tally sw_tally;

typedef struct sw_tally_plan {
    const char *what; /* name of the work, shown before the bar: "predict"; copied */
    const char *unit; /* what is counted, borrowed: "img" makes img/s. NULL: bytes, shown as MB */
    uint64_t total;
    uint64_t done; /* already done at the start (a resumed download); left out of the rate */
} sw_tally_plan;

/* Begins. `output` NULL shows nothing: *out is then NULL, which all functions below accept. */
sw_status sw_tally_create(sw_tally **out, const sw_progress_output *output,
                          const sw_tally_plan *plan) SW_NODISCARD;

/* Counts `more`, or sets how much is done. Draws at most ten times a second, and always the end. */
void sw_tally_add(sw_tally *tally, uint64_t more);
void sw_tally_set(sw_tally *tally, uint64_t done);

void sw_tally_destroy(sw_tally *tally); /* removes the bar */

#endif
