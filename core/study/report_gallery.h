/* The validation images of a run that are worth a look, in a report's page. */
#ifndef STUDY_REPORT_GALLERY_H
#define STUDY_REPORT_GALLERY_H

#include "report_tiles.h"

/* Appends the style rules of the sheets of all galleries. After that any section may show windows onto them:
 * the sheet of run 1 is report_gallery_sheet(1), and the kind of all its windows is "all". */
sw_status report_gallery_rules(sw_str *out, const report_data *data) SW_NODISCARD;

report_sheet_name report_gallery_sheet(int run);

/* Returns the window onto a picture of the sheet of run number `run`: in row `row`, `part` 0 is the input, 1
 * the truth, 2 the prediction, 3 the confidence. The name of the sheet must outlive the window. */
report_tile report_gallery_tile(const report_data *data, int run, const report_sheet_name *sheet, int row,
                                int part);

/* Appends the gallery of run number `run`; nothing where it has none. */
void report_gallery(sw_str *out, const report_data *data, int run);

#endif
