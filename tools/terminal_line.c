#include "terminal_line.h"

#include "base/terminal.h"

void terminal_clear_line(void)
{
    if (!sw_terminal_rewrites(stderr)) return;
    sw_str erase = {0};
    sw_terminal_erase(&erase, sw_terminal_escapes(stderr), sw_terminal_columns(stderr));
    if (!erase.failed) fputs(erase.text, stderr);
    sw_str_deinit(&erase);
}
