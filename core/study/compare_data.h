/* A comparison for programs. */
#ifndef STUDY_COMPARE_DATA_H
#define STUDY_COMPARE_DATA_H

#include "comparison.h"

/* Appends JSON, whose keys stay as docs/compare.md says. */
sw_status comparison_json(sw_str *out, const sw_comparison *c) SW_NODISCARD;

/* Appends CSV: a row for each epoch of each run. */
void comparison_csv(sw_str *out, const sw_comparison *c);

#endif
