/* Where experiments and fragments are looked for. */
#ifndef CONFIG_LOCATE_H
#define CONFIG_LOCATE_H

#include "base/arena.h"
#include "base/status.h"
#include "base/str.h"

/* Finds `name` as a path from `folder`, else without leading "./" and "../" under SEGWORK_CONFIG_DIR, else
 * under the installed share folder. *out is the tidied path, or NULL when it is in none of them; `looked_at`
 * then lists the places, separated by commas. */
sw_status locate_config(const char **out, sw_arena *arena, const char *folder, const char *name,
                        sw_str *looked_at) SW_NODISCARD;

#endif
