#include "commands.h"

#include <stddef.h>

const sw_command *const sw_commands[] = {
    NULL,
};
