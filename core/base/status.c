#include "base/status.h"

#include <stdarg.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

enum { MESSAGE_BYTES = 4096 };

static _Thread_local char message[MESSAGE_BYTES];

/* Keys, values and file names come from anywhere: none of them may steer the terminal that shows the message.
 */
static void make_printable(char *text)
{
    for (unsigned char *c = (unsigned char *)text; *c; c++) {
        bool control = (*c < 0x20 && *c != '\n' && *c != '\t') || *c == 0x7f;
        bool high_control = c[0] == 0xc2 && c[1] >= 0x80 && c[1] <= 0x9f; /* of Latin-1, in UTF-8 */
        if (control || high_control) *c = '?';
        if (high_control) *++c = '?';
    }
}

sw_status sw_fail(sw_status kind, const char *fmt, ...)
{
    va_list args;
    va_start(args, fmt);
    vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    make_printable(message);
    return kind;
}

sw_status sw_fail_in(sw_status status, const char *fmt, ...)
{
    if (status == SW_OK) return status;
    char cause[MESSAGE_BYTES];
    memcpy(cause, message, sizeof cause);
    va_list args;
    va_start(args, fmt);
    int used = vsnprintf(message, sizeof message, fmt, args);
    va_end(args);
    if (used >= 0 && (size_t)used < sizeof message)
        snprintf(message + used, sizeof message - (size_t)used, ": %s", cause);
    make_printable(message);
    return status;
}

sw_status sw_fail_alloc(const char *what, size_t bytes)
{
    return sw_fail(SW_E_MEMORY, "out of host memory: %zu bytes for %s", bytes, what);
}

const char *sw_error_message(void)
{
    return message;
}

void sw_error_clear(void)
{
    message[0] = '\0';
}

int sw_exit_code(sw_status status)
{
    if (status == SW_E_USAGE || status == SW_E_CONFIG) return 2;
    if (status == SW_E_INTERRUPTED) return 130;
    return status == SW_OK ? 0 : 1;
}
