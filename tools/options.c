#include "options.h"

#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "base/fields.h"

int options_help_wanted;
int options_quiet;
unsigned options_given_groups;

const struct poptOption options_help[] = {
    OPTION_FLAG("help", 'h', options_help_wanted, "Explain this command"), POPT_TABLEEND};

static unsigned int kind_of(const struct poptOption *option)
{
    return option->argInfo & POPT_ARG_MASK;
}

bool option_takes_value(const struct poptOption *option)
{
    return kind_of(option) != POPT_ARG_NONE && kind_of(option) != POPT_ARG_VAL;
}

static bool visit_table(const struct poptOption *table, const char *group, options_visitor visit, void *user)
{
    for (const struct poptOption *o = table; o->longName || o->shortName || o->arg; o++) {
        if (kind_of(o) == POPT_ARG_INCLUDE_TABLE) {
            if (!visit_table(o->arg, o->descrip, visit, user)) return false;
        } else if (o->longName && !(o->argInfo & POPT_ARGFLAG_DOC_HIDDEN)) {
            if (!visit(user, o, group)) return false;
        }
    }
    return true;
}

void options_visit(const sw_command *command, options_visitor visit, void *user)
{
    if (!command->options || visit_table(command->options, NULL, visit, user))
        (void)visit_table(options_help, NULL, visit, user);
}

/* ---- looking for one ---- */

typedef struct search {
    const char *word; /* without dashes */
    size_t length;    /* of it, up to '=' */
    bool is_short;
    const struct poptOption *found;
    const char *nearest;
    int distance;
} search;

static search search_for(const char *word)
{
    search s = {.is_short = word[0] == '-' && word[1] != '-', .distance = INT_MAX};
    s.word = word + strspn(word, "-");
    s.length = strcspn(s.word, "=");
    return s;
}

static bool is_it(void *user, const struct poptOption *option, const char *group)
{
    search *s = user;
    (void)group;
    bool same = s->is_short ? s->length == 1 && option->shortName == s->word[0]
                            : strlen(option->longName) == s->length &&
                                  memcmp(option->longName, s->word, s->length) == 0;
    if (same) s->found = option;
    return !same;
}

const struct poptOption *options_find(const sw_command *command, const char *word)
{
    search s = search_for(word);
    options_visit(command, is_it, &s);
    return s.found;
}

/* Keeps `name` if it is nearer than the one before. */
static void consider(search *s, const char *name)
{
    char word[64];
    snprintf(word, sizeof word, "%.*s", (int)s->length, s->word);
    bool begins = s->length >= 2 && strncmp(name, word, s->length) == 0; /* cut off, as --conf for --config */
    int distance = begins ? 1 : sw_edit_distance(word, name);
    /* half of it typed differently is another word */
    if (distance >= s->distance || 2 * distance > (int)strlen(name)) return;
    s->distance = distance;
    s->nearest = name;
}

static bool consider_option(void *user, const struct poptOption *option, const char *group)
{
    (void)group;
    consider(user, option->longName);
    return true;
}

const char *options_nearest(const sw_command *command, const char *word)
{
    search s = search_for(word);
    options_visit(command, consider_option, &s);
    return s.nearest;
}

const sw_command *commands_find(const sw_command *const *commands, const char *name)
{
    while (*commands && strcmp(name, (*commands)->name) != 0) commands++;
    return *commands;
}

const char *commands_nearest(const sw_command *const *commands, const char *word)
{
    search s = search_for(word);
    for (; *commands; commands++) consider(&s, (*commands)->name);
    return s.nearest;
}

sw_status options_read_tta(bool *flip, const char *how)
{
    *flip = how != NULL;
    return !how || strcmp(how, "flip") == 0 ? SW_OK : sw_fail(SW_E_USAGE, "--tta %s: there is flip", how);
}
