/* What the schema can't say of one key alone: values that must fit each other. */
#ifndef CONFIG_RULES_H
#define CONFIG_RULES_H

#include "base/fields.h"
#include "config/experiment.h"

/* Adds a problem, at the place of the offending value, for everything that doesn't fit. */
void check_rules(const sw_experiment *experiment, sw_problems *problems);

#endif
