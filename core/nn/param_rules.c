#include "nn/param_rules.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/fields.h"
#include "base/pattern.h"

enum { NEAREST = 3, NAME_BYTES = 128 };

static bool is_meant(const char *pattern, const sw_param *param)
{
    if (strcmp(pattern, "1d") == 0) return param->rank == 1;
    return sw_pattern_matches(pattern, param->name);
}

/* Compares what is written before the first '*' with as much of the name's beginning, and what is written
 * after the last one with as much of its end. */
static int distance(const char *pattern, const char *name)
{
    const char *star = strchr(pattern, '*'), *last = strrchr(pattern, '*');
    if (!star) return sw_edit_distance(pattern, name);
    char before[NAME_BYTES], begin[NAME_BYTES];
    const size_t length = strlen(name), after = strlen(last + 1);
    snprintf(before, sizeof before, "%.*s", (int)(star - pattern), pattern);
    snprintf(begin, sizeof begin, "%.*s", (int)(star - pattern), name);
    return sw_edit_distance(before, begin) +
           sw_edit_distance(last + 1, name + (after < length ? length - after : 0));
}

static sw_status fail_no_match(const sw_graph *graph, const char *key, const char *pattern)
{
    const sw_param *nearest[NEAREST] = {0};
    int distances[NEAREST] = {INT_MAX, INT_MAX, INT_MAX};
    char names[NEAREST * (NAME_BYTES + 2)] = "";
    size_t used = 0;
    for (int i = 0; i < graph->param_count; i++) {
        const int d = distance(pattern, graph->params[i].name);
        int at = NEAREST;
        while (at > 0 && d < distances[at - 1]) at--;
        if (at == NEAREST) continue;
        for (int k = NEAREST - 1; k > at; k--) {
            distances[k] = distances[k - 1];
            nearest[k] = nearest[k - 1];
        }
        distances[at] = d;
        nearest[at] = &graph->params[i];
    }
    for (int i = 0; i < NEAREST && nearest[i]; i++)
        used += (size_t)snprintf(names + used, sizeof names - used, "%s%.*s", i ? ", " : "", NAME_BYTES - 1,
                                 nearest[i]->name);
    return sw_fail(SW_E_CONFIG, "%s: '%.60s' is the name of no parameter of the network; the nearest are %s",
                   key, pattern, names);
}

/* Marks every parameter that the pattern means. */
static sw_status choose(bool *chosen, const sw_graph *graph, const char *key, const char *pattern)
{
    bool any = false;
    for (int i = 0; i < graph->param_count; i++) {
        const bool meant = is_meant(pattern, &graph->params[i]);
        chosen[i] |= meant;
        any |= meant;
    }
    return any ? SW_OK : fail_no_match(graph, key, pattern);
}

static sw_status apply_group(sw_param_rules *rules, const sw_graph *graph, const sw_param_group *group,
                             int number, bool *chosen)
{
    char key[64];
    snprintf(key, sizeof key, "optimizer.groups.%d.match", number);
    memset(chosen, 0, (size_t)graph->param_count * sizeof *chosen);
    for (int m = 0; m < group->match_count; m++) SW_ENSURE(choose(chosen, graph, key, group->match[m]));
    for (int i = 0; i < graph->param_count; i++) {
        if (!chosen[i]) continue;
        rules->factors[i].lr *= group->lr;
        rules->factors[i].decay *= group->decay;
    }
    return SW_OK;
}

static sw_status apply_all(sw_param_rules *rules, const sw_graph *graph, const sw_optimizer_config *config,
                           const char *const *freeze, int freeze_count, bool *chosen)
{
    bool any = false;
    for (int i = 0; i < graph->param_count; i++) rules->factors[i] = (sw_param_factor){1.0f, 1.0f};
    for (int g = 0; g < config->group_count; g++)
        SW_ENSURE(apply_group(rules, graph, &config->groups[g], g, chosen));
    for (int f = 0; f < freeze_count; f++) SW_ENSURE(choose(rules->frozen, graph, "init.freeze", freeze[f]));
    for (int i = 0; i < graph->param_count; i++) {
        if (rules->frozen[i]) rules->factors[i] = (sw_param_factor){0.0f, 0.0f};
        any |= rules->factors[i].lr > 0.0f;
    }
    if (any) return SW_OK;
    return sw_fail(SW_E_CONFIG, "%s: nothing is left to be trained",
                   freeze_count ? "init.freeze" : "optimizer.groups");
}

sw_status sw_param_rules_init(sw_param_rules *rules, const sw_graph *graph, const sw_optimizer_config *config,
                              const char *const *freeze, int freeze_count)
{
    const size_t count = (size_t)graph->param_count;
    sw_status status = SW_OK;
    bool *chosen = NULL;
    *rules = (sw_param_rules){0};
    if (count == 0 || (config->group_count == 0 && freeze_count == 0)) return SW_OK;
    rules->frozen = calloc(count, sizeof *rules->frozen);
    rules->factors = calloc(count, sizeof *rules->factors);
    chosen = calloc(count, sizeof *chosen);
    if (!rules->frozen || !rules->factors || !chosen)
        SW_TRY(sw_fail_alloc("rules of the parameters", count * sizeof *rules->factors));
    SW_TRY(apply_all(rules, graph, config, freeze, freeze_count, chosen));
done:
    free(chosen);
    if (status != SW_OK) sw_param_rules_deinit(rules);
    return status;
}

void sw_param_rules_deinit(sw_param_rules *rules)
{
    free(rules->frozen);
    free(rules->factors);
    *rules = (sw_param_rules){0};
}
