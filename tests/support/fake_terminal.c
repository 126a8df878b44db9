#include "fake_terminal.h"

#include <criterion/criterion.h>
#include <string.h>

fake_terminal fake;

static void write_text(void *user, const char *text, size_t length)
{
    (void)user;
    cr_assert(fake.length + length < sizeof fake.text);
    memcpy(fake.text + fake.length, text, length);
    fake.length += length;
    fake.text[fake.length] = '\0';
    fake.writes++;
}

static int columns(void *user)
{
    (void)user;
    return fake.columns;
}

static double now_s(void *user)
{
    (void)user;
    return fake.now_s;
}

void fake_clear(void)
{
    fake.length = 0;
    fake.writes = 0;
    fake.text[0] = '\0';
}

sw_progress_output fake_output(bool bar, bool colour)
{
    fake_clear();
    fake.columns = 80;
    fake.now_s = 1000;
    return (sw_progress_output){
        .write = write_text, .columns = columns, .now_s = now_s, .bar = bar, .colour = colour};
}
