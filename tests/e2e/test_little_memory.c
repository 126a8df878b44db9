/* The program under a limit of its address space. Not built with sanitizers, which take terabytes of it. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "program.h"
#include "scratch.h"

TestSuite(little_memory, .init = scratch_create, .fini = scratch_remove);

Test(little_memory, below_what_the_driver_takes_the_message_names_the_limit)
{
    program_expect(1, "PoCL takes up to", "ulimit -v 200000; segwork devices");
    program_expect(1, "leaves", "ulimit -v 600000; segwork devices");
    unsigned long takes, leaves, more_kib;
    const char *message = strstr(program_output, "takes up to ");
    cr_assert_not_null(message, "%s", program_output);
    cr_assert_eq(sscanf(message,
                        "takes up to %lu MiB and the limit of the address space leaves %lu MiB: raise it "
                        "('ulimit -v' in the shell) by %lu KiB",
                        &takes, &leaves, &more_kib),
                 3, "%s", message);
    cr_expect(leaves < takes && more_kib <= (takes - leaves) * 1024 &&
                  more_kib + 1024 > (takes - leaves) * 1024,
              "%s", message);
    cr_expect_null(strstr(program_output, "install"), "%s", program_output);
}

Test(little_memory, no_limit_makes_the_driver_end_the_process)
{
    int refused = 0, done = 0;
    program_draw_pets(8, 4);
    for (int limit_kib = 500000; limit_kib <= 1100000; limit_kib += 150000) {
        /* a cache of its own, so that every kernel is compiled */
        const int code = program_run("rm -rf cache; ulimit -v %d; POCL_CACHE_DIR=cache segwork run "
                                     "$SRC/tests/support/tiny.yaml --dry-run",
                                     limit_kib);
        cr_expect(code == 0 || code == 1, "ulimit -v %d: exit code %d\n%s", limit_kib, code, program_output);
        refused += code == 1 && strstr(program_output, "limit of the address space leaves");
        done += code == 0;
    }
    cr_expect(refused > 0 && done > 0, "%d refused, %d done", refused, done);
}

Test(little_memory, a_run_that_does_not_fit_the_limit_is_refused_with_what_it_needs)
{
    program_draw_pets(8, 4);
    program_expect(1, "a smaller",
                   "ulimit -v 1200000; segwork run $SRC/tests/support/tiny.yaml --dry-run --set "
                   "data.size=1024 --set train.batch_size=8");
}
