/* Fragments, the experiment's own keys and --set, merged into one tree. */
#ifndef CONFIG_COMPOSE_H
#define CONFIG_COMPOSE_H

#include "base/arena.h"
#include "base/status.h"
#include "base/yaml.h"

/* Reads `path` and what it includes. *out is a mapping without `include` keys in which every node and key has
 * the place it was last given at; later files win key by key, lists are replaced whole. */
sw_status compose_file(const sw_yaml_node **out, sw_arena *arena, const char *path) SW_NODISCARD;

/* `tree` with one "key.path=value" applied; list items are addressed by number from 0. */
sw_status compose_set(const sw_yaml_node **out, sw_arena *arena, const sw_yaml_node *tree,
                      const char *assignment) SW_NODISCARD;

#endif
