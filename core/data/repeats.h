/* Warnings about many files that say the same: some are logged, the others are counted. */
#ifndef DATA_REPEATS_H
#define DATA_REPEATS_H

#include "base/status.h"

typedef struct repeat_counts {
    struct repeat_group *groups;
    int count;
} repeat_counts;

/* Logs "MESSAGE; OUTCOME", unless as many of its kind were logged before. Messages are of one kind when they
 * differ only in the path before the first ": " and in numbers. SW_E_MEMORY. */
sw_status repeats_log(repeat_counts *repeats, const char *outcome, const char *fmt, ...) SW_PRINTF(3, 4);

/* Logs the number of those that were not logged, a line a kind. */
void repeats_log_counts(const repeat_counts *repeats);
void repeats_deinit(repeat_counts *repeats); /* accepts a zeroed one */

#endif
