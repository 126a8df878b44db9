#include <stdarg.h>

#include "base/array.h"
#include "base/str.h"
#include "guess_files.h"

sw_status guess_remark(sw_guess *guess, const char *fmt, ...)
{
    sw_str text = {0};
    va_list args;
    va_start(args, fmt);
    sw_str_vprintf(&text, fmt, args);
    va_end(args);
    sw_status status = sw_str_status(&text);
    const char *copy = status == SW_OK ? sw_arena_strdup(&guess->arena, sw_str_text(&text)) : NULL;
    sw_str_deinit(&text);
    if (!copy) return SW_E_MEMORY;
    SW_ENSURE(SW_ARRAY_GROW(guess->remarks, guess->remark_count, "remarks"));
    guess->remarks[guess->remark_count++] = copy;
    return SW_OK;
}
