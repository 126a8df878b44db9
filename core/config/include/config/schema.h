/* The one description of every key an experiment may have, and the documents made from it. */
#ifndef CONFIG_SCHEMA_H
#define CONFIG_SCHEMA_H

#include "base/fields.h"

/* Describes struct sw_experiment (config/experiment.h). */
extern const sw_field_table sw_experiment_schema;

void sw_schema_markdown(sw_str *out); /* configs/README.md */
sw_status
sw_schema_json(sw_str *out) SW_NODISCARD; /* configs/experiment.schema.json, draft-07, for editors */
void sw_schema_keys(sw_str *out);         /* a line a key, for the terminal */

#endif
