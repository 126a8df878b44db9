/* Memory for libraries that go on without what they could not allocate: cJSON drops a member of a document,
 * and takes a whole text for a torn one. Whoever asks afterwards learns of it. */
#ifndef BASE_MEMORY_H
#define BASE_MEMORY_H

#include <stddef.h>

#include "base/status.h"

/* malloc; that it returned NULL is remembered, for each thread. */
void *sw_memory_alloc(size_t bytes);
/* Remembers the same of memory that was asked for elsewhere. */
void sw_memory_note_lack(void);
/* Returns SW_E_MEMORY where that happened in this thread since the last call. `what` was being made. */
sw_status sw_memory_status(const char *what) SW_NODISCARD;

#endif
