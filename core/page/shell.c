#include "page/shell.h"

#include <string.h>

void sw_shell_append_word(sw_str *out, const char *word)
{
    static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789._/=,:@%+-";
    if (*word && strspn(word, plain) == strlen(word)) {
        sw_str_append(out, word);
        return;
    }
    sw_str_append(out, "'");
    for (const char *c = word; *c; c++)
        if (*c == '\'')
            sw_str_append(out, "'\\''");
        else
            sw_str_append_bytes(out, c, 1);
    sw_str_append(out, "'");
}

void sw_shell_append_option(sw_str *out, const char *option, const char *word)
{
    sw_str_printf(out, " %s ", option);
    sw_shell_append_word(out, word);
}

void sw_shell_append_resume(sw_str *out, const char *program, const char *run, const char *device)
{
    sw_shell_append_word(out, program);
    sw_shell_append_option(out, "run --resume", run);
    if (device) sw_shell_append_option(out, "--device", device);
}
