/* What the tests of memory plans share. */
#ifndef PLAN_CASE_H
#define PLAN_CASE_H

#include <criterion/criterion.h>

#include "graph/graph.h"
#include "graph/plan.h"
#include "plan_replay.h"

/* The plan of a graph that has one. */
static inline sw_plan *planned(const sw_graph *graph, const sw_plan_options *options)
{
    sw_plan *plan = NULL;
    cr_assert_eq(sw_plan_create(&plan, graph, options), SW_OK, "%s", sw_error_message());
    return plan;
}

/* Every step finds what it reads; `name` says of what graph. */
static inline void expect_sound(const char *name, const sw_graph *graph, const sw_plan *plan,
                                const sw_plan_options *options)
{
    const char *fault = plan_replay_fault(graph, plan, options);
    cr_assert_str_empty(fault, "%s: %s", name, fault);
}

/* A node's step of a kind; NULL: it has none. */
static inline const sw_step *step_of(const sw_plan *plan, int node, sw_step_kind kind)
{
    for (int s = 0; s < plan->step_count; s++)
        if (plan->steps[s].node == node && plan->steps[s].kind == kind) return &plan->steps[s];
    return NULL;
}

#endif
