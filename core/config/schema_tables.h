/* What the files of the schema share. */
#ifndef CONFIG_SCHEMA_TABLES_H
#define CONFIG_SCHEMA_TABLES_H

#include "base/field_macros.h"

extern const sw_field_table schema_data_table;      /* sw_data_config */
extern const sw_field_table schema_augment_table;   /* sw_augment_config */
extern const sw_field_table schema_init_table;      /* sw_init_config */
extern const sw_field_table schema_loss_table;      /* sw_loss_item */
extern const sw_field_table schema_optimizer_table; /* sw_optimizer_config */
extern const sw_field_custom schema_blocks;         /* model.blocks and model.layers of sw_model_config */
extern const sw_field_custom schema_layers;

extern const sw_field_synonym schema_synonyms[];

/* A list of records, its members `member` and member_count. */
/* clang-format off */
#define STAGES(member, table, help) \
    {FIELD(member, SW_FIELD_RECORD_LIST, "[]", help), .max = SW_MAX_STAGES, .record = table, \
     .count_offset = offsetof(HERE, member##_count)}
/* clang-format on */

#endif
