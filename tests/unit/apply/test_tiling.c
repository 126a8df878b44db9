/* Windows that cover a picture. */
#include <criterion/criterion.h>

#include "apply/tiling.h"

static void check(int length, int window, int overlap, int stride)
{
    const sw_tiling tiling = sw_tiling_make(length, window, overlap, stride);
    const int margin = overlap / 2; /* from the ends of a window, where another one has the point too */
    int at = 0, end = 0;
    for (int i = 0; i < tiling.count; i++) {
        const sw_tile tile = sw_tiling_at(&tiling, i);
        cr_assert(tile.at % stride == 0 && tile.at < length);
        cr_assert_eq(tile.from, end, "each point is taken once");
        cr_assert(tile.to > tile.from && tile.from >= tile.at && tile.to <= tile.at + window);
        if (i > 0) cr_assert(tile.at > at && at + window - tile.at >= overlap, "%d after %d", tile.at, at);
        if (i > 0) cr_assert_geq(tile.from - tile.at, margin);
        if (i + 1 < tiling.count) cr_assert_geq(tile.at + window - tile.to, margin);
        at = tile.at;
        end = tile.to;
    }
    cr_assert_eq(end, length);
    cr_assert(length <= window ? tiling.count == 1 : at + window >= length && at + window < length + stride);
}

Test(tiling, windows_cover_all_once_and_overlap_enough_whatever_the_sizes)
{
    for (int length = 1; length < 90; length++)
        for (int window = 1; window < 40; window++)
            for (int stride = 1; stride <= window && stride <= 8; stride *= 2)
                for (int overlap = 0; overlap <= window - stride; overlap += 3)
                    check(length, window, overlap, stride);
    check(20000, 512, 128, 32);
    check(20000, 16, 15, 1);
}

Test(tiling, no_more_windows_are_made_than_are_needed)
{
    cr_expect_eq(sw_tiling_make(64, 64, 16, 4).count, 1);
    cr_expect_eq(sw_tiling_make(65, 64, 16, 4).count, 2);
    cr_expect_eq(sw_tiling_make(112, 64, 16, 4).count, 2); /* 64 + 48 */
    cr_expect_eq(sw_tiling_make(113, 64, 16, 4).count, 3);
    cr_expect_eq(sw_tiling_make(100, 10, 0, 1).count, 10);
}

Test(tiling, what_two_windows_share_is_cut_in_its_middle)
{
    const sw_tiling tiling = sw_tiling_make(100, 60, 20, 4);
    cr_assert_eq(tiling.count, 2);
    const sw_tile first = sw_tiling_at(&tiling, 0), second = sw_tiling_at(&tiling, 1);
    cr_expect(first.at == 0 && first.from == 0 && first.to == 50);
    cr_expect(second.at == 40 && second.from == 50 && second.to == 100);
}
