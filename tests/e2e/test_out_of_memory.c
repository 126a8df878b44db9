/* A failed allocation: what is printed is whole, or the exit code says that it is not. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "program.h"
#include "scratch.h"

TestSuite(out_of_memory, .init = scratch_create, .fini = scratch_remove);

enum { TRIES = 60 };

/* Runs `segwork WORDS` with its Nth allocation failing, of an even N also all later ones. The result, which
 * it writes to `file`, becomes the file out. */
static int run_failing(long at, const char *words, const char *file)
{
    return program_run("rm -f out; env LD_PRELOAD=\"$SEGWORK_FAILING_MALLOC\" FAILING_MALLOC_AT=%ld %s "
                       "FAILING_MALLOC_COUNT=calls \"$SEGWORK_BINARY\" %s > shown 2> err; code=$?; "
                       "mv -f %s out 2> /dev/null; exit $code",
                       at, at > 0 && at % 2 == 0 ? "FAILING_MALLOC_LASTS=1" : "", words, file);
}

static long calls(void)
{
    size_t length;
    char *text = file_text("calls", &length);
    const long count = strtol(text, NULL, 10);
    free(text);
    return count;
}

static bool is_whole(const char *whole, size_t whole_length)
{
    size_t length;
    char *text = file_text("out", &length);
    const bool same = length == whole_length && memcmp(text, whole, length) == 0;
    free(text);
    return same;
}

static void expect_message(const char *words, long at)
{
    size_t length;
    char *text = file_text("err", &length);
    cr_expect(strstr(text, "emory"), "segwork %s, allocation %ld: no word of memory but:\n%s", words, at,
              text);
    free(text);
}

/* The first allocations one by one, then a sample of the others. At least one try must end in an error. */
static void expect_whole_or_refused(const char *words, const char *file)
{
    size_t length;
    int refused = 0;
    cr_assert_eq(run_failing(0, words, file), 0, "%s", words);
    char *whole = file_text("out", &length);
    const long count = calls(), step = count / TRIES + 1;
    for (long at = 1; at <= count; at += at < TRIES / 2 ? 1 : step) {
        const int code = run_failing(at, words, file);
        cr_expect(code < 128, "segwork %s, allocation %ld of %ld: exit code %d", words, at, count, code);
        cr_expect(code || is_whole(whole, length),
                  "segwork %s, allocation %ld of %ld: shortened, exit code 0", words, at, count);
        if (code == 1) expect_message(words, at); /* 2: popt lost an argument */
        refused += code != 0;
    }
    cr_expect_gt(refused, 0, "%s: no allocation mattered", words);
    free(whole);
}

Test(out_of_memory, what_needs_no_experiment_is_printed_whole_or_not_at_all)
{
    static const char *const commands[] = {"check --keys", "check --schema-json", "check --schema-markdown",
                                           "man", "__complete run --set optimizer."};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++)
        expect_whole_or_refused(commands[i], "shown");
}

Test(out_of_memory, an_experiment_is_described_whole_or_not_at_all)
{
    static const char *const commands[] = {"describe", "describe --json"};
    for (size_t i = 0; i < sizeof commands / sizeof *commands; i++) {
        char words[200];
        snprintf(words, sizeof words, "%s \"$SEGWORK_SOURCE_DIR\"/tests/support/tiny.yaml", commands[i]);
        expect_whole_or_refused(words, "shown");
    }
    expect_whole_or_refused("describe \"$SEGWORK_SOURCE_DIR\"/tests/support/tiny.yaml --svg net.svg",
                            "net.svg");
}

/* No device: what opens one is PoCL's and LLVM's business too. */
Test(out_of_memory, the_folder_of_a_run_is_read_whole_or_not_at_all)
{
    program_draw_pets(8, 4);
    program_expect(0, NULL, "segwork run $SRC/tests/support/tiny.yaml --set train.epochs=2 --out run");
    expect_whole_or_refused("compare run", "shown");
    expect_whole_or_refused("compare run --format json", "shown");
    expect_whole_or_refused("export run --out run.onnx",
                            "run.onnx"); /* libarchive, for .npz, crashes itself */
    expect_whole_or_refused("report run --out report.html", "report.html");
}
