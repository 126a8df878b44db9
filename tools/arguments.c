#include "arguments.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char *word; /* the description is this, or begins so and goes on with other than a letter (RUN_A) */
    argument_kind kind;
    const char *endings;
} kinds[] = {
    {"EXPERIMENT", ARGUMENT_EXPERIMENT, "yaml yml"},
    {"RUN", ARGUMENT_RUN, ""},
    {"CHECKPOINT", ARGUMENT_FILE, "safetensors"},
    {"IMAGE", ARGUMENT_FILE, "jpg jpeg png"},
    {"PNG", ARGUMENT_FILE, "png"},
    {"FILE", ARGUMENT_FILE, ""},
    {"DIR", ARGUMENT_FOLDER, ""},
    {"FOLDER", ARGUMENT_FOLDER, ""},
    {"KEY", ARGUMENT_KEY, ""},
    {"OP", ARGUMENT_OP, ""},
    {"COMMAND", ARGUMENT_COMMAND, ""},
};

static bool is_choice(const char *word)
{
    for (const char *c = word; *c; c++)
        if (!islower((unsigned char)*c) && !isdigit((unsigned char)*c) && *c != '_' && *c != '-')
            return false;
    return islower((unsigned char)word[0]);
}

static void classify(argument *a)
{
    const char *dot = strrchr(a->word, '.');
    const char *ending = dot && is_choice(dot + 1) ? dot + 1 : NULL; /* REPORT.html, FILE.svg */
    a->kind = ARGUMENT_OTHER;
    a->endings = "";
    if (is_choice(a->word)) {
        a->kind = ARGUMENT_CHOICE;
        return;
    }
    for (size_t i = 0; i < sizeof kinds / sizeof kinds[0]; i++) {
        size_t length = strlen(kinds[i].word);
        if (strncmp(a->word, kinds[i].word, length) != 0 || isalpha((unsigned char)a->word[length])) continue;
        a->kind = kinds[i].kind;
        a->endings = kinds[i].endings;
        break;
    }
    if (ending && (a->kind == ARGUMENT_OTHER || a->kind == ARGUMENT_FILE)) {
        a->kind = ARGUMENT_FILE;
        a->endings = ending;
    }
}

void arguments_visit(const char *description, argument_visitor visit, void *user)
{
    while (*description) {
        size_t length = strcspn(description, "|");
        argument a;
        size_t used = 0;
        for (size_t i = 0; i < length && used + 1 < sizeof a.word; i++) {
            if (strchr("[]{}()<>", description[i])) continue;
            if (strncmp(description + i, "...", 3) == 0) break;
            a.word[used++] = description[i];
        }
        a.word[used] = '\0';
        classify(&a);
        visit(user, &a);
        description += length + (description[length] == '|');
    }
}

void arguments_at(char *out, size_t bytes, const sw_command *command, int number)
{
    const char *word = command->arguments;
    for (;; number--) {
        size_t length = strcspn(word, " ");
        snprintf(out, bytes, "%.*s", (int)length, word);
        if (number == 0 || length == 0 || strstr(out, "...")) return;
        word += length + strspn(word + length, " ");
    }
}
