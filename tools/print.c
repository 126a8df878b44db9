#include "print.h"

#include <cjson/cJSON.h>
#include <stdio.h>

#include "base/terminal.h"
#include "options.h"
#include "page/json_text.h"

const char *print_program = "segwork";

sw_status print_text(sw_str *text)
{
    sw_status status = sw_str_status(text);
    if (status == SW_OK && text->text) fputs(text->text, stdout);
    sw_str_deinit(text);
    return status;
}

sw_status print_json(struct cJSON *root)
{
    sw_str text = {0};
    sw_status status = sw_json_document(&text, root);
    cJSON_Delete(root);
    if (status == SW_OK) return print_text(&text);
    sw_str_deinit(&text);
    return status;
}

static void print_nothing(void *user, const char *text, size_t length)
{
    (void)user;
    (void)text;
    (void)length;
}

sw_progress_output print_progress(void)
{
    if (options_quiet) return (sw_progress_output){.write = print_nothing};
    return sw_progress_output_to(stderr);
}

void print_clear_line(void)
{
    if (!sw_terminal_rewrites(stderr)) return;
    sw_str erase = {0};
    sw_terminal_erase(&erase, sw_terminal_escapes(stderr), sw_terminal_columns(stderr));
    if (!erase.failed) fputs(erase.text, stderr);
    sw_str_deinit(&erase);
}
