#include "print.h"

#include <stdio.h>

sw_status print_text(sw_str *text)
{
    sw_status status = sw_str_status(text);
    if (status == SW_OK && text->text) fputs(text->text, stdout);
    sw_str_deinit(text);
    return status;
}
