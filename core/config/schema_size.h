/* data.size: the side of a square, or [height, width]. */
#ifndef CONFIG_SCHEMA_SIZE_H
#define CONFIG_SCHEMA_SIZE_H

#include "base/fields.h"

/* Of sw_data_config. */
extern const sw_field_custom schema_size;

#endif
