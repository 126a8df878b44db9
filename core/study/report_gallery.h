/* The validation images of a run that are worth a look, in a report's page. */
#ifndef STUDY_REPORT_GALLERY_H
#define STUDY_REPORT_GALLERY_H

#include "report_tiles.h"

/* Appends the rules for the sheets of all galleries, which every section may show windows of: those of run 1
 * are report_gallery_sheet(1), with the kinds in the order of the sheet's columns, all "all". */
sw_status report_gallery_rules(sw_str *out, const report_data *data) SW_NODISCARD;

report_sheet_name report_gallery_sheet(int run);

/* Returns the window onto picture `part` of a row of run number `run`'s sheet: 0 input, 1 truth, 2
 * prediction, 3 confidence. The name of the sheet must outlive it. */
report_tile report_gallery_tile(const report_data *data, int run, const report_sheet_name *sheet, int row,
                                int part);

/* Appends the gallery of run number `run`; nothing where it has none. */
void report_gallery(sw_str *out, const report_data *data, int run);

#endif
