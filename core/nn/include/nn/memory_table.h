/* The device memory that a network needs, as a table. */
#ifndef NN_MEMORY_TABLE_H
#define NN_MEMORY_TABLE_H

#include "base/str.h"
#include "graph/graph.h"
#include "graph/plan.h"

typedef struct sw_memory_row {
    const char *what;
    char note[96];
    size_t bytes;
} sw_memory_row;

enum { SW_MEMORY_ROWS = 8 };

typedef struct sw_memory_table {
    sw_memory_row rows[SW_MEMORY_ROWS];
    int count;
    size_t total_bytes;
} sw_memory_table;

/* Makes the table from the plans. `train_plan` may be NULL (evaluation only); `moments` of the optimiser a
 * parameter; `averages`: whether those of parameters and statistics are kept; workspace_bytes is the larger
 * of both plans'; kept_bytes those of sw_executor_kept_bytes. */
void sw_memory_table_make(sw_memory_table *table, const sw_graph *graph, const sw_plan *train_plan,
                          const sw_plan *eval_plan, int moments, bool averages, size_t workspace_bytes,
                          size_t kept_bytes);
void sw_memory_table_print(sw_str *out, const sw_memory_table *table);

#endif
