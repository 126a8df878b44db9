/* The validation images in which the runs differ most, in a report's page. */
#ifndef STUDY_REPORT_DIFFER_H
#define STUDY_REPORT_DIFFER_H

#include "report_masks.h"

/* Appends them, with the pictures that galleries or grids keep of them; nothing unless two runs or more can
 * be compared image by image. SW_E_IO, SW_E_DATA: the figures of a run's images can't be read. */
sw_status report_differ(sw_str *out, const report_data *data, const report_grids *grids) SW_NODISCARD;

#endif
