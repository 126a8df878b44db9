/* Warnings about many files that say the same: some are logged, the others are counted. */
#ifndef DATA_REPEATS_H
#define DATA_REPEATS_H

#include "base/status.h"

typedef struct repeat_counts {
    struct repeat_group *groups;
    int count;
} repeat_counts;

/* Returns what messages of one kind have in common, on the heap; NULL: memory is out. They differ only in the
 * path before the first ": " and in numbers and colours. */
char *repeats_kind(const char *message);

/* Logs "MESSAGE; OUTCOME", unless as many of its kind were logged before. SW_E_MEMORY. */
sw_status repeats_log(repeat_counts *repeats, const char *outcome, const char *fmt, ...) SW_PRINTF(3, 4);

/* Logs the number of those that were not logged, a line a kind. */
void repeats_log_counts(const repeat_counts *repeats);
void repeats_deinit(repeat_counts *repeats); /* accepts a zeroed one */

#endif
