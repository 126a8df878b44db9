/* What the files of the schema share: macros for its rows, and tables that have a file of their own. */
#ifndef CONFIG_SCHEMA_TABLES_H
#define CONFIG_SCHEMA_TABLES_H

#include "base/fields.h"

extern const sw_field_table schema_data_table;    /* sw_data_config */
extern const sw_field_table schema_augment_table; /* sw_augment_config */

/* One macro call a key: its member in HERE, its default as YAML (NULL: it must be given), its range, its
 * help. */
/* clang-format off */
#define KEY(name, member, kind, yaml, sentence) \
    .key = name, .type = kind, .offset = offsetof(HERE, member), .fallback = yaml, .help = sentence
#define FIELD(member, kind, yaml, sentence) KEY(#member, member, kind, yaml, sentence)
#define BOOL(member, yaml, help)            {FIELD(member, SW_FIELD_BOOL, yaml, help)}
#define TEXT(member, yaml, help)            {FIELD(member, SW_FIELD_TEXT, yaml, help)}
#define INT(member, yaml, low, high, help)  {FIELD(member, SW_FIELD_INT, yaml, help), .min = low, .max = high}
#define REAL(member, yaml, high, help)      {FIELD(member, SW_FIELD_FLOAT, yaml, help), .max = high}
#define POSITIVE(member, yaml, high, help)  {FIELD(member, SW_FIELD_FLOAT, yaml, help), .max = high, .above_min = true}
#define CHOICE(member, yaml, names, help)   {FIELD(member, SW_FIELD_ENUM, yaml, help), .choices = names}
#define SECTION(member, table, help)        {FIELD(member, SW_FIELD_RECORD, NULL, help), .record = table}
#define STAGES(member, table, help) \
    {FIELD(member, SW_FIELD_RECORD_LIST, NULL, help), .min = 1, .max = SW_MAX_STAGES, .record = table, \
     .count_offset = offsetof(HERE, member##_count)}
#define CUSTOM(name, how, yaml, sentence) \
    {.key = #name, .type = SW_FIELD_CUSTOM, .fallback = yaml, .custom = &how, .help = sentence}
#define TABLE(fields) {sizeof(HERE), fields, sizeof(fields) / sizeof *(fields)}
/* clang-format on */

#endif
