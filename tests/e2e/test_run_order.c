/* In which order a run's files get to the disk, as the system is asked for it: what a power cut leaves behind
 * follows from that alone. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "scratch.h"

TestSuite(run_order, .init = scratch_create, .fini = scratch_remove);

enum { EPOCHS = 3, MAX_CALLS = 200 };

typedef struct call {
    char what; /* 'f'sync, 'r'ename, 'u'nlink */
    long long bytes;
    char *path, *to; /* to: of a rename, else NULL */
} call;

static call calls[MAX_CALLS];
static int count;
static char *text;

/* Reads what tests/support/io_log.c has noted of the run. No name there has a space. */
static void read_calls(void)
{
    text = file_text("calls", NULL);
    for (char *line = strtok(text, "\n"); line; line = strtok(NULL, "\n")) {
        if (!strstr(line, "/run/") && !strstr(line, " run/")) continue;
        cr_assert_lt(count, MAX_CALLS);
        call *c = &calls[count++];
        *c = (call){.what = line[0]};
        char *word = strchr(line, ' ') + 1;
        if (c->what != 'u') c->bytes = strtoll(word, &word, 10), word++;
        c->path = word;
        if (c->what != 'r') continue;
        c->to = strchr(word, ' ');
        *c->to++ = '\0';
    }
}

/* The first call from `at` on of that kind and file; -1: none. */
static int find(int at, char what, const char *name)
{
    for (int i = at; i < count; i++)
        if (calls[i].what == what && strstr(calls[i].to ? calls[i].to : calls[i].path, name)) return i;
    return -1;
}

/* Whether the file that a rename publishes was flushed before, with all that it has now. */
static bool is_flushed(int renamed)
{
    const call *r = &calls[renamed];
    for (int i = renamed - 1; i >= 0 && !(calls[i].what == 'r' && strcmp(calls[i].path, r->path) == 0); i--)
        if (calls[i].what == 'f' && strcmp(calls[i].path, r->path) == 0) return calls[i].bytes == r->bytes;
    return false;
}

static void expect_order(int from, int before, const char *end, char what, const char *name)
{
    const int at = find(from, what, name);
    cr_expect(at >= 0 && at < before, "before %s no '%c' of %s", end, what, name);
}

static void expect_order_of_epoch(int from, int saved, int epoch)
{
    static const char *const renamed[] = {"checkpoints/last.safetensors", "grids/epoch_%02d.png",
                                          "masks/epoch_%02d.png", "masks/epoch_%02d_confidence.png"};
    char name[48], labels[48];
    for (int i = 0; i < 4; i++) {
        snprintf(name, sizeof name, renamed[i], epoch);
        expect_order(from, saved, "the state", 'r', name);
    }
    /* an epoch is known by its labels */
    snprintf(labels, sizeof labels, renamed[2], epoch);
    expect_order(from, find(from, 'r', labels), labels, 'r', name);
    expect_order(from, saved, "the state", 'f', "metrics.jsonl");
    expect_order(from, saved, "the state", 'f', "steps.jsonl");
    expect_order(from, saved, "the state", 'f', "events.out");
}

Test(run_order, a_file_is_published_only_once_it_is_flushed_and_the_state_only_after_all_it_speaks_of)
{
    const char *library = getenv("SEGWORK_IO_LOG");
    cr_assert_not_null(library, "run the tests through ctest");
    program_draw_pets(8, 4);
    program_expect(0, NULL,
                   "export IO_LOG=$PWD/calls LD_PRELOAD='%s'; segwork run $SRC/tests/support/tiny.yaml "
                   "--set train.epochs=3 --out run",
                   library);
    read_calls();
    for (int i = 0; i < count; i++)
        if (calls[i].what == 'r') cr_expect(is_flushed(i), "%s was renamed before its flush", calls[i].to);
    for (int epoch = 1, from = 0; epoch <= EPOCHS; epoch++) {
        const int saved = find(from, 'r', "checkpoints/resume.safetensors");
        cr_assert_geq(saved, 0, "the state after epoch %d is not saved", epoch);
        expect_order_of_epoch(from, saved, epoch);
        if (epoch == 1) { /* the best so far by any metric */
            expect_order(0, saved, "the state", 'r', "checkpoints/best.safetensors");
            expect_order(0, saved, "the state", 'r', "gallery/epoch_01.json");
        }
        from = saved + 1;
    }
    free(text);
}
