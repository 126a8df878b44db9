/* Rows of a field table (base/fields.h) in a line each. Define HERE as the struct that a table describes:
 *
 *   #define HERE sw_dropout_attrs
 *   static const sw_field dropout_fields[] = {
 *       REAL(rate, "0.5", 0.99, "Share of the values that are dropped"),
 *   };
 *   static const sw_field_table dropout_table = TABLE(dropout_fields);
 *   #undef HERE
 *
 * For .c files alone: the names are short. */
#ifndef BASE_FIELD_MACROS_H
#define BASE_FIELD_MACROS_H

#include "base/fields.h"

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
#define CUSTOM(name, how, yaml, sentence) \
    {.key = #name, .type = SW_FIELD_CUSTOM, .fallback = yaml, .custom = &how, .help = sentence}
#define TABLE(rows) {.struct_bytes = sizeof(HERE), .fields = rows, .count = sizeof(rows) / sizeof *(rows)}
/* clang-format on */

#endif
