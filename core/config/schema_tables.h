/* What the files of the schema share. */
#ifndef CONFIG_SCHEMA_TABLES_H
#define CONFIG_SCHEMA_TABLES_H

#include "base/field_macros.h"

extern const sw_field_table schema_data_table;    /* sw_data_config */
extern const sw_field_table schema_augment_table; /* sw_augment_config */
extern const sw_field_table schema_loss_table;    /* sw_loss_item */

/* A list of records, its members `member` and member_count. */
/* clang-format off */
#define STAGES(member, table, help) \
    {FIELD(member, SW_FIELD_RECORD_LIST, NULL, help), .min = 1, .max = SW_MAX_STAGES, .record = table, \
     .count_offset = offsetof(HERE, member##_count)}
/* clang-format on */

#endif
