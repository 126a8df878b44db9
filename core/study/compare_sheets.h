/* A comparison as tables for people. */
#ifndef STUDY_COMPARE_SHEETS_H
#define STUDY_COMPARE_SHEETS_H

#include "comparison.h"
#include "page/sheet.h"

/* Fills the page; the caller frees it, also on an error. */
sw_status comparison_sheet(sw_sheet *out, const sw_comparison *c) SW_NODISCARD;

#endif
