/* The tables of `segwork data stats`. */
#ifndef TOOLS_DATA_STATS_H
#define TOOLS_DATA_STATS_H

#include <stdbool.h>

#include "base/status.h"

/* Counts classes at size_px x size_px and prints the tables; lists every odd file, or the first of each kind.
 */
sw_status data_stats_print(const char *dir, int size_px, bool all) SW_NODISCARD;

#endif
