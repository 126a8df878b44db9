/* What is said of a key that no table has. */
#ifndef BASE_UNKNOWN_KEY_H
#define BASE_UNKNOWN_KEY_H

#include "base/fields.h"

/* Adds the problem of `entry`, which the record at `prefix` ("model.encoder.0.") does not have: with the key
 * that was probably meant, else with the keys there are; a dotted key with the YAML to write instead. Where
 * `problems` lists unknown keys, one of a file goes there and is no problem. */
void unknown_key_report(sw_problems *problems, const sw_field_table *root, const sw_yaml_entry *entry,
                        const char *prefix);

#endif
