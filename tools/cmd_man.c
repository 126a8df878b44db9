/* segwork man: the manual page, in the language of man(7). What commands and options there are comes from
 * their own tables; only what no table knows is written here. */
#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "base/fs.h"
#include "base/str.h"
#include "commands.h"
#include "details.h"
#include "options.h"
#include "print.h"

#ifndef SEGWORK_MAN_DATE
#error "SEGWORK_MAN_DATE comes from CMake"
#endif

/* A command's text stands 7 columns in, and its examples lose the 2 blanks they begin with. */
enum { SOURCE_COLUMNS = 78, TEXT_INDENT = 7, EXAMPLE_INDENT = 2 };

/* ---- text for troff ---- */

/* What troff would take for something else. A hyphen is a hyphen only between letters of prose; a dot may
 * come to stand at the beginning of a line. */
static void append_char(sw_str *out, char before, char c, bool is_hyphen)
{
    static const char *const instead[256] = {
        ['\\'] = "\\e",  ['-'] = "\\-",   ['\''] = "\\(aq", ['`'] = "\\(ga",
        ['^'] = "\\(ha", ['~'] = "\\(ti", ['.'] = "\\&."};
    const char *escape = instead[(unsigned char)c];
    bool plain = (c == '-' && is_hyphen) || (c == '.' && before && !isspace((unsigned char)before));
    if (escape && !plain)
        sw_str_append(out, escape);
    else
        sw_str_append_bytes(out, &c, 1);
}

/* `length` bytes as they are: words that a reader may copy. */
static void append_literal(sw_str *out, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) append_char(out, i ? text[i - 1] : '\0', text[i], false);
}

/* Whether a word is a name, a path or the like, which no hyphen may break. */
static bool is_name(const char *word)
{
    size_t length = strcspn(word, " ");
    size_t letters = 0;
    while (letters < length && (isalpha((unsigned char)word[letters]) || strchr("-(),;:'", word[letters])))
        letters++;
    bool ends_sentence = letters + 1 == length && word[letters] == '.';
    return (letters < length && !ends_sentence) || strncmp(word, "segwork", strlen("segwork")) == 0;
}

/* Each sentence begins a line, as troff wants it. */
static void append_prose(sw_str *out, const char *text)
{
    while (*text) {
        sw_str sentence = {0};
        char before = '\0';
        for (; *text; before = *text++) {
            bool hyphen = isalpha((unsigned char)before) && isalpha((unsigned char)text[1]);
            if (before == '.' && *text == ' ' && isupper((unsigned char)text[1])) break;
            if ((before == '\0' || before == ' ') && is_name(text)) sw_str_append(&sentence, "\\%");
            append_char(&sentence, before, *text, hyphen);
        }
        if (sentence.text) sw_str_wrap(out, sentence.text, 0, 0, SOURCE_COLUMNS);
        sw_str_append(out, "\n");
        sw_str_deinit(&sentence);
        text += strspn(text, " ");
    }
}

static void append_example(sw_str *out, const char *line, int length)
{
    sw_str laid = {0};
    details_append_line(&laid, line, length, HELP_COLUMNS - TEXT_INDENT + EXAMPLE_INDENT);
    for (const char *rest = laid.failed ? "" : laid.text; *rest;) {
        size_t indent = strspn(rest, " "), bytes = strcspn(rest, "\n") + 1;
        if (indent > EXAMPLE_INDENT) indent = EXAMPLE_INDENT;
        append_literal(out, rest + indent, bytes - indent);
        rest += bytes;
    }
    sw_str_deinit(&laid);
}

/* `macros` begin a paragraph with the name as its tag. */
static void append_tagged(sw_str *out, const char *macros, const char *name, const char *text)
{
    sw_str_append(out, macros);
    append_literal(out, name, strlen(name));
    sw_str_append(out, "\n");
    append_prose(out, text);
}

/* ---- a command ---- */

static void append_block(void *user, const details_block *block)
{
    sw_str *out = user;
    if (block->kind != DETAILS_TAGGED && block->after_gap) sw_str_append(out, ".PP\n");
    if (block->kind == DETAILS_TEXT) {
        append_prose(out, block->text);
    } else if (block->kind == DETAILS_TAGGED) {
        append_tagged(out, ".TP 8\n.B ", block->tag, block->text);
    } else {
        sw_str_append(out, ".EX\n");
        for (const char *line = block->text; *line;) {
            int length = (int)strcspn(line, "\n");
            append_example(out, line, length);
            line += length + 1;
        }
        sw_str_append(out, ".EE\n");
    }
}

static void append_default(sw_str *out, const struct poptOption *option)
{
    if (!(option->argInfo & POPT_ARGFLAG_SHOW_DEFAULT)) return;
    unsigned int kind = option->argInfo & POPT_ARG_MASK;
    const char *text = kind == POPT_ARG_STRING ? *(char *const *)option->arg : NULL;
    if (text) sw_str_printf(out, " (default: %s)", text);
    if (kind == POPT_ARG_INT) sw_str_printf(out, " (default: %d)", *(const int *)option->arg);
}

typedef struct option_list {
    sw_str *out;
    const char *group; /* the title over the options so far */
    int count;
} option_list;

static bool append_option(void *user, const struct poptOption *option, const char *group)
{
    option_list *list = user;
    sw_str *out = list->out, text = {0};
    if (option == options_help) return true; /* said once for all commands */
    if (list->count++ == 0 || group != list->group) {
        sw_str_append(out, ".PP\n");
        append_prose(out, group ? group : "Options:");
    }
    list->group = group;
    sw_str_append(out, ".TP\n");
    if (option->shortName) sw_str_printf(out, "\\fB\\-%c\\fR, ", option->shortName);
    sw_str_append(out, "\\fB\\-\\-");
    append_literal(out, option->longName, strlen(option->longName));
    sw_str_append(out, "\\fR");
    if (option_takes_value(option) && option->argDescrip) {
        sw_str_append(out, " \\fI");
        append_literal(out, option->argDescrip, strlen(option->argDescrip));
        sw_str_append(out, "\\fR");
    }
    sw_str_append(out, "\n");
    sw_str_append(&text, option->descrip ? option->descrip : "");
    append_default(&text, option);
    sw_str_append(&text, ".");
    if (!text.failed) append_prose(out, text.text);
    sw_str_deinit(&text);
    return true;
}

static void append_command(sw_str *out, const sw_command *command)
{
    option_list list = {.out = out};
    sw_str_append(out, ".SS \"segwork ");
    append_literal(out, command->name, strlen(command->name));
    if (command->arguments[0]) sw_str_append(out, " ");
    append_literal(out, command->arguments, strlen(command->arguments));
    sw_str_append(out, " [OPTIONS]\"\n");
    sw_str summary = {0};
    sw_str_printf(&summary, "%s.", command->summary);
    if (!summary.failed) append_prose(out, summary.text);
    sw_str_deinit(&summary);
    if (command->details) sw_str_append(out, ".PP\n");
    if (command->details) details_visit(command->details, append_block, out);
    options_visit(command, append_option, &list);
}

/* ---- the rest of the page ---- */

static const char name_and_synopsis[] =
    ".SH NAME\n"
    "segwork \\- train and examine networks for image segmentation on OpenCL devices\n"
    ".SH SYNOPSIS\n"
    ".B segwork\n"
    ".I COMMAND\n"
    ".RI [ OPTIONS ]\n"
    ".RI [ ARGUMENTS ]\n"
    ".br\n"
    ".B segwork help\n"
    ".RI [ COMMAND ]\n"
    ".br\n"
    ".B segwork \\-\\-version\n";

static const char description[] =
    "segwork is a research workbench: an experiment is a few lines of YAML, and a run turns it into figures, "
    "pictures and weights in a folder of its own. Networks of the SegNet family learn to segment photographs "
    "of pets, on any OpenCL device; the same experiment, seed and device give the same bits.\n\n"
    "Results go to standard output, messages and progress to standard error. Options and arguments may come "
    "in any order; what follows -- is no option. Every command explains itself with -h, --help.";

static const char experiments[] =
    "An experiment file includes fragments and changes keys:\n\n"
    "  include: [experiments/segnet_small.yaml, configs/loss/focal.yaml]\n"
    "  loss: {gamma: 1.5}\n"
    "  train: {epochs: 5}\n\n"
    "What stands later wins, and --set KEY=VALUE on the command line wins over the file. The value is YAML. "
    "An item of a list is addressed by its number from 0, as in model.encoder.0.convs=1. Anything unknown, "
    "of "
    "a wrong type or out of range is an error with its place.\n\n"
    "segwork check --keys lists every key with its range and default; segwork check EXPERIMENT.yaml "
    "--resolve "
    "shows every value with the line it comes from.";

static const struct {
    const char *name, *text;
} environment[] = {
    {"SEGWORK_DEVICE",
     "The OpenCL device that is taken when neither --device nor runtime.device names one: platform:device "
     "numbers, as 0:0, or a part of its name."},
    {"SEGWORK_CONFIG_DIR",
     "A folder with configs/ and experiments/, in which experiments and fragments are looked "
     "for that are not where their path says."},
    {"SEGWORK_GEMM_PARAMS",
     "A file with parameters of the matrix product for the device, as tools/tune_gemm writes it."},
    {"SEGWORK_KERNEL_DIR",
     "A folder with the sources of the OpenCL kernels, which are then taken instead of those "
     "built in."},
    {"SEGWORK_CACHE_DIR",
     "Where the timed choice of convolution engines is kept (segwork tune); by default segwork/ in the "
     "folder that XDG_CACHE_HOME names, else ~/.cache/segwork."},
    {"XDG_CACHE_HOME", "See SEGWORK_CACHE_DIR."},
    {"HOME", "See SEGWORK_CACHE_DIR."},
    {"POCL_CACHE_DIR",
     "Where PoCL, the OpenCL driver for CPUs, keeps compiled kernels; by default ~/.cache/pocl. "
     "The first use of a kernel takes some seconds, the next ones do not."},
    {"NO_COLOR", "Set to anything but an empty text: no colours and no other escape sequences on a terminal. "
                 "Where standard error is no terminal there are none anyway."},
    {"TERM", "dumb: no progress bar."},
};

static const struct {
    const char *name, *text;
} files[] = {
    {"runs/NAME/NUMBER/",
     "The folder of a run, numbered from 001; --out names another one. It has config.yaml (the "
     "whole experiment), manifest.json (device, versions, seed, fingerprints of the data), "
     "log.txt, steps.jsonl, metrics.jsonl, metrics.csv, events.out.tfevents.* (for TensorBoard), "
     "grids/epoch_NN.png, masks/ (the predictions behind those pictures), gallery/ (the best epoch's images "
     "worth a look) and checkpoints/{last,best,resume}.safetensors; with --profile, profile.txt, "
     "profile.json and trace.json as well."},
    {"data/oxford-iiit-pet/", "Where experiments look for the pictures, unless data.root says otherwise."},
    {"PREFIX/share/segwork/",
     "The experiments and configs that come with segwork. An experiment's path that is not "
     "there from the current folder is looked for here."},
    {"PREFIX/share/segwork/configs/README.md", "Every key of an experiment, and how files are composed."},
};

static const char exit_status[] =
    ".SH EXIT STATUS\n"
    ".TP\n.B 0\nDone.\n"
    ".TP\n.B 1\nFailed: a file, the device, the memory, a loss that is no number.\n"
    "The message says which and what helps.\n"
    ".TP\n.B 2\nWrong usage or configuration, or the data folder is missing.\n"
    "Nothing was started.\n"
    ".TP\n.B 130\nInterrupted, or out of train.max_minutes. What had begun is saved.\n";

static const char examples[] =
    "Draw some pets, train on them for two epochs, and look at what was learnt:\n\n"
    "  segwork data synth data/synthetic-pets --train 800 --val 105 --size 96\n"
    "  segwork run experiments/quickstart.yaml --set train.epochs=2\n"
    "  segwork eval --checkpoint runs/quickstart/001\n\n"
    "Download the real ones, and ask whether focal loss finds the border better:\n\n"
    "  segwork data fetch data/oxford-iiit-pet\n"
    "  segwork run experiments/segnet_small.yaml\n"
    "  segwork run experiments/segnet_small.yaml --set loss.kind=focal --out runs/focal\n\n"
    "Use what was learnt:\n\n"
    "  segwork predict --checkpoint runs/focal photos/ --out masks --overlay\n"
    "  segwork export runs/focal --out focal.onnx --fold";

static const char see_also[] = ".SH SEE ALSO\n"
                               ".BR clinfo (1),\n"
                               ".BR dot (1)\n"
                               ".PP\n"
                               "README.md, docs/data.md, docs/runs.md, docs/compare.md, docs/report.md,\n"
                               "docs/devices.md and docs/performance.md in\n"
                               ".IR PREFIX/share/doc/segwork/ .\n";

static void append_section(sw_str *out, const char *heading, const char *text)
{
    sw_str_printf(out, "%s\n", heading);
    details_visit(text, append_block, out);
}

static void append_page(sw_str *out)
{
    sw_str_append(out, ".\\\" written by 'segwork man'\n");
    sw_str_printf(out, ".TH SEGWORK 1 %s \"segwork %s\" \"User Commands\"\n", SEGWORK_MAN_DATE,
                  SEGWORK_VERSION);
    sw_str_append(out, ".ad l\n");
    sw_str_append(out, name_and_synopsis);
    append_section(out, ".SH DESCRIPTION", description);
    append_section(out, ".SS Experiments", experiments);
    sw_str_append(out, ".SH COMMANDS\n");
    for (size_t i = 0; sw_commands[i]; i++) append_command(out, sw_commands[i]);
    sw_str_append(out, exit_status);
    sw_str_append(out, ".SH ENVIRONMENT\n");
    for (size_t i = 0; i < sizeof environment / sizeof environment[0]; i++)
        append_tagged(out, ".TP\n.B ", environment[i].name, environment[i].text);
    sw_str_append(out, ".SH FILES\n");
    for (size_t i = 0; i < sizeof files / sizeof files[0]; i++)
        append_tagged(out, ".TP\n.I ", files[i].name, files[i].text);
    append_section(out, ".SH EXAMPLES", examples);
    sw_str_append(out, see_also);
}

static char *out_file;

static sw_status run(int argc, const char *const *argv)
{
    sw_str page = {0};
    if (argc > 0) return sw_fail(SW_E_USAGE, "takes no arguments, it was given '%s'", argv[0]);
    append_page(&page);
    if (!out_file) return print_text(&page);
    sw_status status = sw_str_status(&page);
    if (status == SW_OK) status = sw_fs_write(out_file, page.text, page.length);
    sw_str_deinit(&page);
    return status;
}

static const struct poptOption options[] = {
    {"out", 'o', POPT_ARG_STRING, &out_file, 0, "Write it here instead of to standard output", "FILE"},
    POPT_TABLEEND};

const sw_command sw_cmd_man = {
    .name = "man",
    .arguments = "",
    .summary = "Print the manual page",
    .details = "'cmake --install' puts it where man looks. Without an installation:\n\n"
               "  segwork man --out segwork.1\n"
               "  man ./segwork.1",
    .options = options,
    .run = run,
};
