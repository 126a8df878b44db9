/* The tables of `segwork data stats`, or the same for programs. */
#ifndef TOOLS_DATA_STATS_H
#define TOOLS_DATA_STATS_H

#include <stdbool.h>

#include "data/stats.h"

typedef struct data_stats_options {
    const char *path;        /* a data folder, or an experiment or fragment with a data section */
    const char *const *sets; /* of the latter; NULL: none */
    int size_px; /* side of the square at which classes are counted; OPTION_NOT_GIVEN: data.size */
    bool all;    /* list every odd file, not the first of each reason */
    bool json;   /* one document instead of tables; it lists every odd file */
} data_stats_options;

/* Prints counts, sizes, shares of classes and odd files. SW_E_DATA, after printing, when nothing of a split
 * is usable; SW_E_CONFIG when a list that a file names is missing. */
sw_status data_stats_print(const data_stats_options *options) SW_NODISCARD;

/* Prints the document. */
sw_status data_stats_print_json(const sw_stats *stats, const sw_data_config *data) SW_NODISCARD;

#endif
