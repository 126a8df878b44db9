/* segwork man: the manual page. */
#include "base/fs.h"
#include "manual.h"
#include "options.h"
#include "print.h"

static char *out_file;

static sw_status run(const sw_command *const *commands, int argc, const char *const *argv)
{
    sw_str page = {0};
    if (argc > 0) return sw_fail(SW_E_USAGE, "takes no arguments, it was given '%s'", argv[0]);
    manual_append(&page, commands);
    if (!out_file) return print_text(&page);
    sw_status status = sw_str_status(&page);
    if (status == SW_OK) status = sw_fs_write(out_file, page.text, page.length);
    sw_str_deinit(&page);
    return status;
}

static const struct poptOption options[] = {
    OPTION_TEXT("out", 'o', out_file, "FILE", "Write to this file instead of standard output"),
    POPT_TABLEEND};

const sw_command sw_cmd_man = {
    .name = "man",
    .arguments = "",
    .summary = "Print the manual page",
    .details = "'cmake --install' puts it where man looks. Without an installation:\n\n"
               "Examples:\n"
               "  segwork man --out segwork.1\n"
               "  man ./segwork.1",
    .options = options,
    .run_on_all = run,
};
