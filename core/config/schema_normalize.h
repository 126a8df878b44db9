/* data.normalize: a mean and a standard deviation for each colour channel. */
#ifndef CONFIG_SCHEMA_NORMALIZE_H
#define CONFIG_SCHEMA_NORMALIZE_H

#include "base/fields.h"

/* Of sw_data_config. */
extern const sw_field_custom schema_normalize;

#endif
