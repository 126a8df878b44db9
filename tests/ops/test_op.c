/* One op against the reference, at every size of the self-test's table but the real ones. SUBJECT is its name
 * there. */
#include <criterion/criterion.h>
#include <string.h>

#include "check/check.h"
#include "device_case.h"

TestSuite(op, .init = session_open, .fini = session_close);

Test(op, agrees_with_the_reference_in_every_case)
{
    int count = 0;
    const sw_check_case *c;
    for (size_t i = 0; (c = sw_check_case_at(i)) != NULL; i++) {
        if (strcmp(c->subject, SUBJECT) != 0 || c->size > SW_CHECK_QUICK) continue;
        sw_check_result result;
        sw_status status = sw_check_run(&result, session, c);
        cr_expect_eq(status, SW_OK, "%s %s: %s", c->subject, result.text, sw_error_message());
        cr_expect(status != SW_OK || result.passed, "%s %s: %s (%.3g of its bound)", c->subject, result.text,
                  result.where, result.worst);
        count++;
    }
    cr_assert_gt(count, 0, "the table has no case of %s", SUBJECT);
}
