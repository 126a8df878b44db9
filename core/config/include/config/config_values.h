/* The values of an experiment one by one, to compare experiments key by key. */
#ifndef CONFIG_CONFIG_VALUES_H
#define CONFIG_CONFIG_VALUES_H

#include "base/arena.h"
#include "config/experiment.h"

typedef struct sw_config_value {
    const char *key;    /* "model.encoder.0.width" */
    const char *value;  /* as YAML on one line, written in one way only: equal values have equal texts */
    const char *origin; /* "experiments/a.yaml:3", "--set optimizer.lr=0.01"; NULL: it is the default */
} sw_config_value;

/* In the order of the schema. */
typedef struct sw_config_values {
    sw_config_value *items;
    size_t count;
    sw_arena arena; /* owns every text */
} sw_config_values;

/* Reads every value of the experiment and the place where it was last given. */
sw_status sw_config_values_read(sw_config_values *out, const sw_experiment *experiment) SW_NODISCARD;
void sw_config_values_deinit(sw_config_values *values); /* accepts a zeroed one */

/* Finds a key; NULL: there is none, as for a stage that this network does not have. */
const sw_config_value *sw_config_values_find(const sw_config_values *values, const char *key);

/* Keys, borrowed from the values they were found in. */
typedef struct sw_config_keys {
    const char **items;
    size_t count;
} sw_config_keys;

/* Finds the keys in which the sets differ, in the order of the schema, including keys that only some have
 * (one more stage). Convolution engines (runtime.conv_layers), which a run decides, do not count where a set
 * leaves them open. The caller frees keys->items. */
sw_status sw_config_differing(sw_config_keys *keys, const sw_config_values *const *sets,
                              size_t count) SW_NODISCARD;

#endif
