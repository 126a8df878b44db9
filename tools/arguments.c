#include "arguments.h"

#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

static const struct {
    const char
        *word; /* the whole description, or its beginning before a character that is no letter (RUN_A) */
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

/* ---- usages ---- */

/* Word `number` of a usage that ends at `end`, or its last one where that may be repeated; returns its bytes.
 */
static size_t word_at(const char **word, const char *usage, const char *end, int number)
{
    for (*word = usage;; number--) {
        size_t length = 0;
        while (*word + length < end && (*word)[length] != ' ') length++;
        bool repeats = length > 3 && strncmp(*word + length - 3, "...", 3) == 0;
        if (number == 0 || length == 0 || repeats) return length;
        *word += length;
        while (*word < end && **word == ' ') ++*word;
    }
}

/* Whether a choice ("synth|fetch") has the word among its alternatives. */
static bool has_alternative(const char *choice, size_t length, const char *word)
{
    for (const char *end = choice + length; choice < end;) {
        size_t here = strcspn(choice, "| ,");
        if (strlen(word) == here && strncmp(choice, word, here) == 0) return true;
        choice += here + 1;
    }
    return false;
}

void arguments_at(char *out, size_t bytes, const sw_command *command, int number, const char *first)
{
    static const char between[] = ", or ";
    const char *usage = command->arguments, *next = strstr(usage, between), *word;
    bool several = next != NULL;
    size_t used = 0;
    out[0] = '\0';
    for (;; usage = next + strlen(between), next = strstr(usage, between)) {
        const char *end = next ? next : usage + strlen(usage);
        size_t length = word_at(&word, usage, end, 0);
        bool chosen = number == 0 || !several || (first && has_alternative(word, length, first));
        if (number > 0) length = word_at(&word, usage, end, number);
        if (chosen && used < bytes)
            used += (size_t)snprintf(out + used, bytes - used, "%s%.*s", used ? "|" : "", (int)length, word);
        if (!next) return;
    }
}
