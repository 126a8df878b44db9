#include "complete.h"

#include <glob.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "check/check.h"
#include "completion.h"
#include "config/experiment.h"
#include "options.h"

/* ---- candidates ---- */

static void offer_commands(completion *c)
{
    for (size_t i = 0; c->commands[i]; i++)
        completion_offer(c, c->commands[i]->name, c->commands[i]->summary);
}

static void offer_ops(completion *c)
{
    const char *subject;
    for (size_t i = 0; (subject = sw_check_subject_at(i)) != NULL; i++) completion_offer(c, subject, "");
}

/* Offers paths that match folder/pattern, without the folder and without `cut` at their end. */
static void offer_found(completion *c, const char *folder, const char *pattern, const char *cut)
{
    char whole[PATH_MAX];
    glob_t found;
    if (snprintf(whole, sizeof whole, "%s%s", folder, pattern) >= (int)sizeof whole) return;
    if (glob(whole, 0, NULL, &found) != 0) return;
    for (size_t i = 0; i < found.gl_pathc; i++) {
        char *path = found.gl_pathv[i] + strlen(folder);
        path[strlen(path) - strlen(cut)] = '\0';
        completion_offer(c, path, "");
    }
    globfree(&found);
}

static void offer_runs(completion *c)
{
    offer_found(c, "", "runs/*/config.yaml", "/config.yaml");
    offer_found(c, "", "runs/*/*/config.yaml", "/config.yaml");
    offer_found(c, "", "runs/*/*/*/config.yaml", "/config.yaml");
}

/* Offers the experiments here, or those of the folders that names are looked up in. */
static void offer_experiments(completion *c)
{
    char share[PATH_MAX];
    int before = c->offered;
    offer_found(c, "", "*.yaml", "");
    offer_found(c, "", "experiments/*.yaml", "");
    if (c->offered > before) return;
    const char *given = getenv("SEGWORK_CONFIG_DIR");
    const char *const folders[] = {given && *given ? given : NULL,
                                   sw_experiment_share_folder(share, sizeof share)};
    for (size_t i = 0; i < 2 && c->offered == before; i++) {
        char folder[PATH_MAX];
        if (folders[i] && snprintf(folder, sizeof folder, "%s/", folders[i]) < (int)sizeof folder)
            offer_found(c, folder, "experiments/*.yaml", "");
    }
}

/* ---- values of options, and arguments ---- */

typedef struct wanted {
    completion *completion;
    int paths; /* of the words offered */
    bool files, folders;
    char endings[128];
} wanted;

static void add_alternative(void *user, const argument *a)
{
    wanted *w = user;
    completion *c = w->completion;
    if (a->kind == ARGUMENT_CHOICE) completion_offer(c, a->word, "");
    if (a->kind == ARGUMENT_COMMAND) offer_commands(c);
    if (a->kind == ARGUMENT_OP) offer_ops(c);
    if (a->kind == ARGUMENT_KEY) completion_keys(c, strchr(a->word, '=') != NULL);
    int before = c->offered;
    if (a->kind == ARGUMENT_EXPERIMENT) offer_experiments(c);
    if (a->kind == ARGUMENT_RUN) offer_runs(c);
    w->paths += c->offered - before;
    w->folders |= a->kind == ARGUMENT_RUN || a->kind == ARGUMENT_FOLDER;
    if (a->kind != ARGUMENT_FILE && a->kind != ARGUMENT_EXPERIMENT) return;
    w->files = true;
    size_t used = strlen(w->endings);
    if (!a->endings[0]) snprintf(w->endings, sizeof w->endings, "*");
    if (a->endings[0] && w->endings[0] != '*')
        snprintf(w->endings + used, sizeof w->endings - used, "%s%s", used ? " " : "", a->endings);
}

static void complete_value(completion *c, const char *description)
{
    wanted w = {.completion = c};
    arguments_visit(description, add_alternative, &w);
    /* offer other paths only where no run or experiment matches */
    if (w.paths > 0)
        sw_str_append(c->out, ":paths\n");
    else if (w.files)
        completion_files(c, w.endings[0] == '*' ? "" : w.endings);
    else if (w.folders)
        sw_str_printf(c->out, ":folders\t%s\t\n", c->prefix);
}

/* ---- options ---- */

typedef struct option_offer {
    completion *completion;
    const sw_command *command;
    const char *action; /* "synth" of `segwork data synth`; or NULL */
    int count;
    const char *const *given; /* the words before the cursor */
} option_offer;

static bool is_given(const option_offer *o, const struct poptOption *option)
{
    if ((option->argInfo & POPT_ARG_MASK) == POPT_ARG_ARGV) return false; /* may be repeated */
    for (int i = 0; i < o->count; i++)
        if (o->given[i][0] == '-' && options_find(o->command, o->given[i]) == option) return true;
    return false;
}

static bool offer_option(void *user, const struct poptOption *option, const char *group)
{
    option_offer *o = user;
    char word[64];
    if (is_given(o, option)) return true;
    if (group && o->action && !strstr(group, o->action)) return true; /* "Options of fetch:" */
    snprintf(word, sizeof word, "--%s", option->longName);
    completion_offer(o->completion, word, option->descrip ? option->descrip : "");
    return true;
}

/* ---- the command line ---- */

static void complete_arguments(completion *c, const sw_command *command, int count, const char *const *words)
{
    const struct poptOption *awaits = NULL; /* its value is the next word */
    const char *action = NULL;
    int arguments = 0;
    bool only_arguments = false;
    for (int i = 0; i < count; i++) {
        const char *word = words[i];
        if (awaits) {
            awaits = NULL;
        } else if (!only_arguments && strcmp(word, "--") == 0) {
            only_arguments = true;
        } else if (!only_arguments && word[0] == '-' && word[1]) {
            const struct poptOption *option = options_find(command, word);
            awaits = option && option_takes_value(option) && !strchr(word, '=') ? option : NULL;
        } else {
            if (arguments++ == 0) action = word;
        }
    }
    char description[128];
    arguments_at(description, sizeof description, command, arguments, action);
    const char *equals = strchr(c->typed, '=');
    option_offer offer = {c, command, action, count, words};
    if (awaits) {
        complete_value(c, awaits->argDescrip ? awaits->argDescrip : "");
    } else if (!only_arguments && strncmp(c->typed, "--", 2) == 0 && equals) {
        const struct poptOption *option = options_find(command, c->typed);
        snprintf(c->prefix, sizeof c->prefix, "%.*s", (int)(equals + 1 - c->typed), c->typed);
        c->typed = equals + 1;
        if (option && option->argDescrip) complete_value(c, option->argDescrip);
    } else if (!only_arguments && (c->typed[0] == '-' || !description[0])) {
        options_visit(command, offer_option, &offer);
    } else {
        complete_value(c, description);
    }
}

void complete(sw_str *out, const sw_command *const *commands, int count, const char *const *words)
{
    completion c = {.out = out, .commands = commands, .typed = count > 0 ? words[count - 1] : ""};
    if (count <= 1) {
        offer_commands(&c);
        if (c.typed[0] == '-') {
            completion_offer(&c, "--help", "List the commands");
            completion_offer(&c, "--version", "Print the version");
        }
        return;
    }
    if (strcmp(words[0], "help") == 0) {
        if (count == 2) offer_commands(&c);
        return;
    }
    const sw_command *command = commands_find(commands, words[0]);
    if (command) complete_arguments(&c, command, count - 2, words + 1);
}
