/* configs/README.md, and the list of keys for the terminal. */
#include <stdio.h>
#include <string.h>

#include "config/schema.h"

enum { PATH_BYTES = 128, TERMINAL_COLUMN = 34, TERMINAL_COLUMNS = 80 };

static const char introduction[] =
    "<!-- Written by 'segwork check --schema-markdown > configs/README.md'; change core/config/schema.c "
    "instead. -->\n"
    "# Experiments and their fragments\n"
    "\n"
    "An experiment is a YAML file. Everything that matters for a run stands in it, or in the fragments it\n"
    "includes, or on the command line; what is said nowhere has the default given below.\n"
    "\n"
    "```yaml\n"
    "# my_pets.yaml: the baseline with a narrower network and focal loss\n"
    "include:\n"
    "  - experiments/segnet_baseline.yaml\n"
    "  - configs/model/segnet_small.yaml\n"
    "  - configs/loss/focal.yaml\n"
    "\n"
    "train: {epochs: 5}\n"
    "loss: {gamma: 3}     # focal.yaml says 2; what stands here wins\n"
    "```\n"
    "\n"
    "```sh\n"
    "segwork check my_pets.yaml --resolve --set train.batch_size=32   # every value and where it comes from\n"
    "segwork run my_pets.yaml --set train.batch_size=32\n"
    "```\n"
    "\n"
    "## How the parts come together\n"
    "\n"
    "1. The fragments under `include`, from the first to the last. A fragment may include others.\n"
    "2. The file's own keys.\n"
    "3. Each `--set key=value`, in the order given. The value is YAML (`--set loss.class_weights='[1, 1, "
    "2]'`);\n"
    "   an item of a list is addressed by its number from 0 (`--set model.encoder.0.convs=1`).\n"
    "\n"
    "What comes later wins, key by key: a fragment that sets `loss.kind` leaves `loss.gamma` as it was. A "
    "list is\n"
    "replaced as a whole. The path of a fragment is relative to the file that includes it; what is not there "
    "is\n"
    "looked for, without leading `../`, under the folder `SEGWORK_CONFIG_DIR` and then in the installed\n"
    "`share/segwork`, both of which hold `configs/` and `experiments/`. `data.root` is relative to the "
    "folder in\n"
    "which segwork is started.\n"
    "\n"
    "Nothing is ever ignored: an unknown key, a wrong type, a value out of range, a key given twice, a "
    "missing\n"
    "fragment, fragments that include each other in a circle, an alias without its anchor, or values that "
    "don't\n"
    "fit each other end the program with exit code 2 and say file, line and column, what was expected, what "
    "was\n"
    "found, and which known key is nearest. YAML anchors and aliases work within a file. `true` and `false` "
    "are\n"
    "the only truth values; numbers are decimal.\n"
    "\n"
    "| folder | what its fragments decide |\n"
    "|---|---|\n"
    "| `data/` | which images, and how big the network sees them |\n"
    "| `augment/` | how training images are varied |\n"
    "| `model/` | the network |\n"
    "| `loss/` | what training makes small |\n"
    "| `schedule/` | how the learning rate changes over the run |\n"
    "| `runtime/` | the device and how it is used |\n"
    "\n"
    "Editors with a YAML language server complete and check keys by `experiment.schema.json`: see the first "
    "line\n"
    "of each file here.\n";

/* A cell of a table: '|' would end it. */
static void append_cell(sw_str *out, const char *text)
{
    for (const char *c = text; *c; c++) {
        if (*c == '|') sw_str_append(out, "\\");
        sw_str_append_bytes(out, c, 1);
    }
}

static void append_row(sw_str *out, const sw_field *field, const char *prefix)
{
    sw_str accepted = {0};
    sw_field_describe(&accepted, field);
    sw_str_printf(out, "| `%s%s` | ", prefix, field->key);
    append_cell(out, accepted.text ? accepted.text : "");
    if (field->fallback)
        sw_str_printf(out, " | `%s` | ", field->fallback);
    else
        sw_str_append(out, " | *must be given* | ");
    append_cell(out, field->help);
    sw_str_append(out, " |\n");
    sw_str_deinit(&accepted);
}

/* The table's own keys as a table, then a section for each table below. */
static void append_section(sw_str *out, const sw_field_table *table, const char *prefix)
{
    sw_str_append(out, "\n| key | value | default | what it does |\n|---|---|---|---|\n");
    for (size_t i = 0; i < table->count; i++)
        if (table->fields[i].type != SW_FIELD_RECORD) append_row(out, &table->fields[i], prefix);
    for (size_t i = 0; i < table->count; i++) {
        const sw_field *field = &table->fields[i];
        if (!field->record) continue;
        char path[PATH_BYTES], below[PATH_BYTES + 1];
        bool list = field->type == SW_FIELD_RECORD_LIST;
        snprintf(path, sizeof path, "%s%s%s", prefix, field->key, list ? "[]" : "");
        snprintf(below, sizeof below, "%s.", path);
        sw_str_printf(out, "\n### %s%s\n\n%s.\n", path, list ? ": each item" : "", field->help);
        append_section(out, field->record, below);
    }
}

void sw_schema_markdown(sw_str *out)
{
    sw_str_append(out, introduction);
    sw_str_append(out,
                  "\n## Every key\n\n`include` (one path or a list of them) stands at the top of a file. The "
                  "rest:\n");
    append_section(out, &sw_experiment_schema, "");
}

static bool append_key_line(void *user, const sw_field *field, const char *path)
{
    sw_str *out = user, accepted = {0};
    if (field->type == SW_FIELD_RECORD) {
        sw_str_printf(out, "\n%s: ", path);
        sw_str_wrap(out, field->help, (int)strlen(path) + 2, 2, TERMINAL_COLUMNS);
        sw_str_append(out, "\n");
        return true;
    }
    int pad = TERMINAL_COLUMN - 2 - (int)strlen(path);
    sw_str_printf(out, "  %s%*s", path, pad > 1 ? pad : 1, "");
    sw_field_describe(&accepted, field);
    if (field->fallback)
        sw_str_printf(&accepted, " (default %s)", field->fallback);
    else
        sw_str_append(&accepted, " (must be given)");
    if (accepted.text) sw_str_wrap(out, accepted.text, TERMINAL_COLUMN, TERMINAL_COLUMN, TERMINAL_COLUMNS);
    sw_str_printf(out, "\n%*s", TERMINAL_COLUMN, "");
    sw_str_wrap(out, field->help, TERMINAL_COLUMN, TERMINAL_COLUMN, TERMINAL_COLUMNS);
    sw_str_append(out, "\n");
    sw_str_deinit(&accepted);
    return true;
}

void sw_schema_keys(sw_str *out)
{
    sw_fields_visit(&sw_experiment_schema, append_key_line, out);
}
