#include "base/memory.h"

#include <stdbool.h>
#include <stdlib.h>

static _Thread_local bool lacked;

void *sw_memory_alloc(size_t bytes)
{
    void *memory = malloc(bytes);
    if (!memory) sw_memory_note_lack();
    return memory;
}

void sw_memory_note_lack(void)
{
    lacked = true;
}

sw_status sw_memory_status(const char *what)
{
    const bool failed = lacked;
    lacked = false;
    return failed ? sw_fail_alloc(what, 0) : SW_OK;
}
