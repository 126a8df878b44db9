#include "completion.h"

#include <string.h>

void completion_offer(completion *c, const char *word, const char *description)
{
    if (strncmp(word, c->typed, strlen(c->typed)) != 0) return;
    sw_str_printf(c->out, "%s%s\t%s\n", c->prefix, word, description);
    c->offered++;
}

void completion_files(completion *c, const char *endings)
{
    sw_str_printf(c->out, ":files\t%s\t%s\n", c->prefix, endings);
}
