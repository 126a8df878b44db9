/* Pictures of a report's page. Sheets of many images are put into it as they are, and each image is a window
 * onto its tile: the page holds a picture once, however often it is shown. */
#ifndef STUDY_REPORT_IMAGES_H
#define STUDY_REPORT_IMAGES_H

#include "report_data.h"

/* Appends the grid images of run number `run` with a slider over its epochs. SW_E_IO, SW_E_DATA: one of its
 * masks is damaged or missing. */
sw_status report_grid(sw_str *out, const report_data *data, int run) SW_NODISCARD;

/* Appends the gallery of run number `run`; nothing where it has none. */
void report_gallery(sw_str *out, const report_data *data, int run);

#endif
