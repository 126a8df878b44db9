#include "base/terminal.h"

#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

bool sw_terminal_rewrites(FILE *stream)
{
    const char *term = getenv("TERM");
    return isatty(fileno(stream)) && term && strcmp(term, "dumb") != 0;
}

bool sw_terminal_escapes(FILE *stream)
{
    const char *no_color = getenv("NO_COLOR");
    return sw_terminal_rewrites(stream) && !(no_color && no_color[0]);
}

int sw_terminal_columns(FILE *stream)
{
    struct winsize size;
    bool known = ioctl(fileno(stream), TIOCGWINSZ, &size) == 0 && size.ws_col > 0;
    return known ? size.ws_col : SW_TERMINAL_DEFAULT_COLUMNS;
}

void sw_terminal_erase(sw_str *out, bool escapes, int columns)
{
    if (escapes)
        sw_str_append(out, "\r\033[K");
    else /* the last column would make some terminals wrap */
        sw_str_printf(out, "\r%*s\r", columns > 1 ? columns - 1 : 0, "");
}
