/* Rules that involve several keys, which the schema cannot express. */
#ifndef CONFIG_RULES_H
#define CONFIG_RULES_H

#include "base/fields.h"
#include "config/experiment.h"

/* Adds a problem for each broken rule, at the place of the offending value. */
void check_rules(const sw_experiment *experiment, sw_problems *problems);

/* Does so for the rules of the data section alone. */
void check_data_rules(const sw_experiment *experiment, sw_problems *problems);

#endif
