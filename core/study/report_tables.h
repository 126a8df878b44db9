/* The tables at the end of a report's page. */
#ifndef STUDY_REPORT_TABLES_H
#define STUDY_REPORT_TABLES_H

#include "report_data.h"

/* Appends the section with the keys that differ and every value of each run. */
void report_configs(sw_str *out, const report_data *data);

/* Appends the section with what each run was made by and of. */
void report_environment(sw_str *out, const report_data *data);

#endif
