/* Fragments, the experiment's own keys and --set, merged into one tree. */
#ifndef CONFIG_COMPOSE_H
#define CONFIG_COMPOSE_H

#include "base/arena.h"
#include "base/status.h"
#include "base/yaml.h"

/* Reads `path` and the files it includes. *out is a mapping without `include` keys; every node and key has
 * the place where it was last given. Later files win key by key; lists are replaced as a whole. */
sw_status compose_file(const sw_yaml_node **out, sw_arena *arena, const char *path) SW_NODISCARD;

/* Applies one "key.path=value" to `tree`; list items are addressed by number from 0. */
sw_status compose_set(const sw_yaml_node **out, sw_arena *arena, const sw_yaml_node *tree,
                      const char *assignment) SW_NODISCARD;

#endif
