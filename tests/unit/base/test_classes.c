/* Lists of classes. */
#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

#include "base/classes.h"

Test(classes, a_name_is_added_once_and_only_if_it_can_name_a_column)
{
    static const char *const bad[] = {"", "a,b", "two words", "\xC3\xA4"};
    sw_classes classes = sw_classes_none();
    char longest[SW_CLASS_NAME_BYTES + 1];
    memset(longest, 'x', sizeof longest);
    longest[SW_CLASS_NAME_BYTES] = '\0';
    for (size_t i = 0; i < sizeof bad / sizeof *bad; i++) cr_expect_not(sw_classes_add(&classes, bad[i]));
    cr_expect_not(sw_classes_add(&classes, longest));
    cr_expect(sw_classes_add(&classes, longest + 1));
    cr_expect(sw_classes_add(&classes, "lane-mark_2"));
    cr_expect_not(sw_classes_add(&classes, "lane-mark_2"));
    cr_expect_eq(classes.count, 2);
    cr_expect_eq(sw_classes_find(&classes, "lane-mark_2"), 1);
    cr_expect_eq(sw_classes_find(&classes, "road"), -1);
    cr_expect_eq(classes.background, -1);
    cr_expect_eq(classes.border, -1);
}

Test(classes, the_list_is_full_at_its_limit_and_no_two_colours_are_the_same)
{
    sw_classes classes = sw_classes_none();
    char name[32];
    for (int c = 0; c < SW_MAX_CLASSES; c++) {
        snprintf(name, sizeof name, "class_%d", c);
        cr_assert(sw_classes_add(&classes, name));
        for (int b = 0; b < c; b++) cr_expect_neq(classes.list[b].rgb, classes.list[c].rgb, "%d %d", b, c);
    }
    cr_expect_not(sw_classes_add(&classes, "one_more"));
    cr_expect_eq(sw_class_rgb(&classes, 3), classes.list[3].rgb);
    classes.count = 4;
    cr_expect_eq(sw_class_rgb(&classes, 7), sw_class_default_rgb(7));
    cr_expect_eq(sw_class_rgb(&classes, SW_NO_CLASS), 0xB4B4B4, "ignored");
}

Test(classes, lists_with_the_same_names_in_the_same_order_are_the_same)
{
    sw_classes a = sw_classes_none(), b = sw_classes_none();
    cr_expect(sw_classes_add(&a, "x") && sw_classes_add(&a, "y"));
    cr_expect(sw_classes_add(&b, "y"));
    cr_expect_not(sw_classes_same(&a, &b));
    cr_expect(sw_classes_add(&b, "x"));
    cr_expect_not(sw_classes_same(&a, &b), "another order");
    cr_expect(sw_classes_same(&a, &a));
}

Test(classes, a_class_called_background_has_that_role)
{
    sw_classes classes = sw_classes_none();
    cr_expect(sw_classes_add(&classes, "road") && classes.background == -1);
    cr_expect(sw_classes_add(&classes, "background") && classes.background == 1);
}
