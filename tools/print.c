#include "print.h"

#include <stdio.h>

#include "base/terminal.h"

sw_status print_text(sw_str *text)
{
    sw_status status = sw_str_status(text);
    if (status == SW_OK && text->text) fputs(text->text, stdout);
    sw_str_deinit(text);
    return status;
}

void print_clear_line(void)
{
    if (!sw_terminal_rewrites(stderr)) return;
    sw_str erase = {0};
    sw_terminal_erase(&erase, sw_terminal_escapes(stderr), sw_terminal_columns(stderr));
    if (!erase.failed) fputs(erase.text, stderr);
    sw_str_deinit(&erase);
}
