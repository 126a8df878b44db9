/* `$key` in the layers of a block: what the layer that uses the block says for `key`. */
#ifndef CONFIG_BLOCK_VALUES_H
#define CONFIG_BLOCK_VALUES_H

#include "base/fields.h"

/* Returns the node with the values of the mapping in place of `$key`; NULL when memory is out. `values` NULL:
 * the node is in no block, and stays as it is; so does a key without a value. */
const sw_yaml_node *block_fill_in(sw_arena *arena, const sw_yaml_node *values, const sw_yaml_node *node);

/* Complains of values that nothing in the block's `body` uses, and of one that it needs and does not get.
 * Returns false if there are such. */
bool block_check_values(sw_problems *problems, const char *block, const sw_yaml_node *body,
                        const sw_yaml_node *values);

#endif
