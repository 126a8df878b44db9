#include "manual.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "details.h"
#include "options.h"

#ifndef SEGWORK_MAN_DATE
#error "SEGWORK_MAN_DATE comes from CMake"
#endif

/* Examples lose the 2 blanks they begin with. */
enum { SOURCE_COLUMNS = 78, EXAMPLE_INDENT = 2 };

/* ---- text for troff ---- */

/* Appends a character, escaped where troff gives it a meaning. A hyphen stays one only between letters of
 * prose, and a dot may end up at the beginning of a line. */
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

/* Appends `length` bytes unchanged, since a reader may copy them. */
static void append_literal(sw_str *out, const char *text, size_t length)
{
    for (size_t i = 0; i < length; i++) append_char(out, i ? text[i - 1] : '\0', text[i], false);
}

/* Tells whether a word is a name or a path, which must not be hyphenated. */
static bool is_name(const char *word)
{
    size_t length = strcspn(word, " ");
    size_t letters = 0;
    while (letters < length && (isalpha((unsigned char)word[letters]) || strchr("-(),;:'", word[letters])))
        letters++;
    bool ends_sentence = letters + 1 == length && word[letters] == '.';
    return (letters < length && !ends_sentence) || strncmp(word, "segwork", strlen("segwork")) == 0;
}

/* Begins a line with each sentence, as troff expects. */
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
        sw_str_wrap(out, sw_str_part(out, &sentence), 0, 0, SOURCE_COLUMNS);
        sw_str_append(out, "\n");
        sw_str_deinit(&sentence);
        text += strspn(text, " ");
    }
}

/* Appends a paragraph with the name as its tag; `macros` begin it. */
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
    const char *text = sw_str_part(out, block->text);
    if (block->kind != DETAILS_TAGGED && block->after_gap) sw_str_append(out, ".PP\n");
    if (block->kind == DETAILS_TEXT) {
        append_prose(out, text);
    } else if (block->kind == DETAILS_TAGGED) {
        append_tagged(out, ".TP 8\n.B ", block->tag, text);
    } else {
        sw_str_append(out, ".EX\n");
        for (const char *line = text; *line;) {
            size_t indent = strspn(line, " "), end = strcspn(line, "\n") + 1;
            if (indent > EXAMPLE_INDENT) indent = EXAMPLE_INDENT;
            append_literal(out, line + indent, end - indent);
            line += end;
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
    const char *group; /* title of the options so far */
    int count;
} option_list;

static bool append_option(void *user, const struct poptOption *option, const char *group)
{
    option_list *list = user;
    sw_str *out = list->out, text = {0};
    if (option == options_help) return true; /* described once for all commands */
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
    append_prose(out, sw_str_part(out, &text));
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
    append_prose(out, sw_str_part(out, &summary));
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
    ".B segwork\n.I COMMAND\n.RI [ OPTIONS ]\n.RI [ ARGUMENTS ]\n.br\n"
    ".B segwork help\n.RI [ COMMAND ]\n.br\n"
    ".B segwork \\-\\-version\n";

static const char description[] =
    "segwork is a research workbench. An experiment is a few lines of YAML; a run turns it into metrics, "
    "pictures and weights in a folder of its own. Networks of the SegNet family learn to segment photographs "
    "of pets on any OpenCL device. The same experiment, seed and device give the same bits.\n\n"
    "Results go to standard output, messages and progress to standard error. Options and arguments may come "
    "in any order; everything after -- is an argument. Every command explains itself with -h, --help.";

static const char experiments[] =
    "An experiment file includes fragments and changes keys:\n\n"
    "  include: [experiments/segnet_small.yaml, configs/loss/focal.yaml]\n"
    "  loss: {gamma: 1.5}\n"
    "  train: {epochs: 5}\n\n"
    "Later values override earlier ones, and --set KEY=VALUE on the command line overrides the file. The "
    "value is YAML. Items of a list are numbered from 0, as in model.encoder.0.convs=1. An unknown key, a "
    "value of the wrong type or out of range is an error that names its place.\n\n"
    "segwork check --keys lists every key with its range and default; segwork check EXPERIMENT.yaml "
    "--resolve shows every value with the line it comes from.";

typedef struct entry {
    const char *name, *text;
} entry;

static const entry environment[] = {
    {"SEGWORK_DEVICE", "The OpenCL device to use when neither --device nor runtime.device names one: "
                       "platform:device numbers, as 0:0, or a part of its name."},
    {"SEGWORK_CONFIG_DIR", "A folder with configs/ and experiments/, searched for experiments and fragments "
                           "that do not exist at their path, and for the model that comes with segwork."},
    {"SEGWORK_GEMM_PARAMS", "A file with parameters of the matrix product for the device, as tools/tune_gemm "
                            "writes it."},
    {"SEGWORK_KERNEL_DIR", "A folder with the sources of the OpenCL kernels, to use instead of the built-in "
                           "ones."},
    {"SEGWORK_CACHE_DIR", "Where the timed choice of convolution engines is kept (segwork tune); by default "
                          "segwork/ in the folder that XDG_CACHE_HOME names, else ~/.cache/segwork."},
    {"XDG_CACHE_HOME", "See SEGWORK_CACHE_DIR."},
    {"HOME", "See SEGWORK_CACHE_DIR."},
    {"POCL_CACHE_DIR", "Where PoCL, the OpenCL driver for CPUs, keeps compiled kernels; by default "
                       "~/.cache/pocl. Only the first use of a kernel takes some seconds. Where the folder "
                       "cannot be written, a temporary one is used for the time of the command."},
    {"TMPDIR", "Where that temporary folder is made; by default /tmp."},
    {"NO_COLOR", "If set and not empty: no colours and no other escape sequences on a terminal. Without a "
                 "terminal on standard error there are none anyway."},
    {"TERM", "dumb: no progress bar."},
};

static const entry files[] = {
    {"runs/NAME/NUMBER/",
     "The folder of a run, numbered from 001; --out names another one. It has config.yaml (the whole "
     "experiment), manifest.json (device, versions, seed, fingerprints of the data), log.txt, steps.jsonl, "
     "metrics.jsonl, metrics.csv, events.out.tfevents.* (for TensorBoard), grids/epoch_NN.png, masks/ (the "
     "predictions behind those pictures), gallery/ (the most telling images of the best epoch) and "
     "checkpoints/{last,best,resume}.safetensors; with --profile also profile.txt, profile.json and "
     "trace.json."},
    {"data/oxford-iiit-pet/", "Where experiments look for the pictures, unless data.root says otherwise."},
    {"PREFIX/share/segwork/", "The experiments and configs that come with segwork, searched for experiments "
                              "that do not exist at their path."},
    {"PREFIX/share/segwork/models/",
     "The model that predict uses when no weights are named: pets.safetensors, "
     "its experiment and its card."},
    {"PREFIX/share/segwork/configs/README.md", "Every key of an experiment, and how files are composed."},
};

static const entry exit_status[] = {
    {"0", "Done."},
    {"1",
     "Failed: a file, the device, the memory, a loss that is NaN. The message says which and what to do."},
    {"2", "Wrong usage or configuration, or the data folder is missing. Nothing was started."},
    {"130", "Interrupted, or out of train.max_minutes. What had begun is saved."},
};

static const char examples[] =
    "Draw some pets, train on them for two epochs, and evaluate:\n\n"
    "  segwork data synth data/synthetic-pets --train 800 --val 105 --size 96\n"
    "  segwork run experiments/quickstart.yaml --set train.epochs=2\n"
    "  segwork eval --checkpoint runs/quickstart/001\n\n"
    "Download the real ones, and test whether focal loss finds the border better:\n\n"
    "  segwork data fetch data/oxford-iiit-pet\n"
    "  segwork run experiments/segnet_small.yaml\n"
    "  segwork run experiments/segnet_small.yaml --set loss.kind=focal\n\n"
    "Use the weights:\n\n"
    "  segwork predict --checkpoint runs/segnet_small/002 photos/ --out masks\n"
    "  segwork export runs/segnet_small/002 --out focal.onnx --fold";

static const char see_also[] =
    ".SH SEE ALSO\n"
    ".BR clinfo (1),\n"
    ".BR dot (1)\n"
    ".PP\n"
    "README.md, docs/install.md, docs/data.md, docs/augmentation.md, docs/models.md, docs/losses.md,\n"
    "docs/runs.md, docs/metrics.md, docs/errors.md, docs/weights.md, docs/predict.md, docs/inspect.md,\n"
    "docs/export.md, docs/compare.md, docs/report.md, "
    "docs/reliability.md,\n"
    "docs/scale.md, docs/devices.md and docs/performance.md in\n"
    ".IR PREFIX/share/doc/segwork/ .\n";

static void append_section(sw_str *out, const char *heading, const char *text)
{
    sw_str_printf(out, "%s\n", heading);
    details_visit(text, append_block, out);
}

static void append_entries(sw_str *out, const char *heading, const char *macros, const entry *entries,
                           size_t count)
{
    sw_str_append(out, heading);
    for (size_t i = 0; i < count; i++) append_tagged(out, macros, entries[i].name, entries[i].text);
}

void manual_append(sw_str *out, const sw_command *const *commands)
{
    sw_str_append(out, ".\\\" written by 'segwork man'\n");
    sw_str_printf(out, ".TH SEGWORK 1 %s \"segwork %s\" \"User Commands\"\n", SEGWORK_MAN_DATE,
                  SEGWORK_VERSION);
    sw_str_append(out, ".ad l\n");
    sw_str_append(out, name_and_synopsis);
    append_section(out, ".SH DESCRIPTION", description);
    append_section(out, ".SS Experiments", experiments);
    sw_str_append(out, ".SH COMMANDS\n");
    for (; *commands; commands++) append_command(out, *commands);
    append_entries(out, ".SH EXIT STATUS\n", ".TP\n.B ", exit_status,
                   sizeof exit_status / sizeof exit_status[0]);
    append_entries(out, ".SH ENVIRONMENT\n", ".TP\n.B ", environment,
                   sizeof environment / sizeof environment[0]);
    append_entries(out, ".SH FILES\n", ".TP\n.I ", files, sizeof files / sizeof files[0]);
    append_section(out, ".SH EXAMPLES", examples);
    sw_str_append(out, see_also);
}
