/* Completion of --set: keys out of the experiments' schema, and the values of those that have a choice. */
#ifndef TOOLS_COMPLETE_KEYS_H
#define TOOLS_COMPLETE_KEYS_H

#include <stdbool.h>

#include "completion.h"

/* A key of the experiment, or with `values` "key=value". */
void complete_key(completion *c, bool values);

#endif
