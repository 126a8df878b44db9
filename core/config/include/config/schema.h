/* The description of every key of an experiment, and the documents made from it. */
#ifndef CONFIG_SCHEMA_H
#define CONFIG_SCHEMA_H

#include "base/fields.h"

/* Describes struct sw_experiment (config/experiment.h). */
extern const sw_field_table sw_experiment_schema;

/* Append a document: configs/README.md; configs/experiment.schema.json (draft-07, for editors); a line a key,
 * for the terminal. */
void sw_schema_markdown(sw_str *out);
sw_status sw_schema_json(sw_str *out) SW_NODISCARD;
void sw_schema_keys(sw_str *out);

#endif
