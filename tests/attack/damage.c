/* Damages a file: flipped bits, missing and repeated pieces, numbers out of range, sizes that contradict each
 * other, or another kind of thing under the file's name. Prints what it did.
 *
 *   attack_damage FILE SEED | gone | empty | pipe | folder | link */
#include "damage.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/fs.h"

size_t damage_pick(damaged *d, size_t n)
{
    return n == 0 ? 0 : sw_rng_below(&d->rng, (uint32_t)n);
}

void damage_splice(damaged *d, size_t at, size_t old_count, const void *bytes, size_t count)
{
    char *whole = malloc(d->length - old_count + count + 1);
    if (!whole) abort();
    memcpy(whole, d->bytes, at);
    memcpy(whole + at, bytes, count);
    memcpy(whole + at + count, d->bytes + at + old_count, d->length - at - old_count);
    free(d->bytes);
    d->bytes = whole;
    d->length += count - old_count;
    d->bytes[d->length] = '\0';
}

/* ---- any file ---- */

static void flip_bits(damaged *d)
{
    const size_t count = 1 + damage_pick(d, 2) * damage_pick(d, 30);
    for (size_t i = 0; i < count; i++) {
        const size_t at = damage_pick(d, d->length);
        d->bytes[at] = (char)(d->bytes[at] ^ (1 << damage_pick(d, 8)));
        if (i == 0) sw_str_printf(&d->did, "%zu bits flipped, the first in byte %zu", count, at);
    }
}

static void clear_block(damaged *d)
{
    const size_t at = damage_pick(d, d->length), most = d->length - at < 4096 ? d->length - at : 4096;
    const size_t count = 1 + damage_pick(d, most);
    memset(d->bytes + at, 0, count);
    sw_str_printf(&d->did, "%zu zeros from byte %zu", count, at);
}

static void move_block(damaged *d)
{
    const size_t from = damage_pick(d, d->length), to = damage_pick(d, d->length);
    const size_t later = from > to ? from : to, count = 1 + damage_pick(d, d->length - later);
    memmove(d->bytes + to, d->bytes + from, count);
    sw_str_printf(&d->did, "%zu bytes from byte %zu again at byte %zu", count, from, to);
}

bool damage_bytes(damaged *d)
{
    static const char garbage[] = "\n\0\xff{[\"garbage\":";
    if (d->length == 0) return false;
    const size_t at = damage_pick(d, d->length);
    switch (damage_pick(d, 6)) {
    case 0:
        sw_str_printf(&d->did, "cut at byte %zu of %zu", at, d->length);
        d->length = at;
        break;
    case 1:
        sw_str_printf(&d->did, "%zu bytes left out from byte %zu", (d->length - at) / 2, at);
        damage_splice(d, at, (d->length - at) / 2, "", 0);
        break;
    case 2:
        sw_str_printf(&d->did, "garbage after the end");
        damage_splice(d, d->length, 0, garbage, sizeof garbage);
        break;
    case 3:
        clear_block(d);
        break;
    case 4:
        move_block(d);
        break;
    default:
        flip_bits(d);
    }
    return true;
}

/* ---- another thing under the name ---- */

typedef struct replacement {
    const char *name;
    int (*make)(const char *path);
} replacement;

static int make_nothing(const char *path)
{
    (void)path;
    return 0;
}

static int make_empty(const char *path)
{
    FILE *stream = fopen(path, "wb");
    return stream ? fclose(stream) : -1;
}

static int make_pipe(const char *path)
{
    return mkfifo(path, 0666);
}

static int make_folder(const char *path)
{
    return mkdir(path, 0777);
}

static int make_link(const char *path)
{
    return symlink(path, path);
}

/* Of that name; NULL: any. */
static int replace(damaged *d, const char *path, const char *name)
{
    static const replacement all[] = {{"gone", make_nothing},
                                      {"empty", make_empty},
                                      {"pipe", make_pipe},
                                      {"folder", make_folder},
                                      {"link", make_link}};
    const size_t count = sizeof all / sizeof *all;
    size_t chosen = name ? 0 : damage_pick(d, count);
    while (name && chosen < count && strcmp(all[chosen].name, name) != 0) chosen++;
    if (chosen == count) return -1;
    sw_str_printf(&d->did, "now %s", all[chosen].name);
    return unlink(path) != 0 || all[chosen].make(path) != 0 ? -1 : 0;
}

/* ---- the program ---- */

static bool ends_in(const char *text, const char *end)
{
    const size_t length = strlen(text), count = strlen(end);
    return length >= count && strcmp(text + length - count, end) == 0;
}

static bool damage_by_form(damaged *d, const char *path)
{
    if (ends_in(path, ".safetensors")) return damage_safetensors(d);
    if (ends_in(path, ".png")) return damage_png(d);
    return damage_pick(d, 2) ? damage_lines(d) : damage_numbers(d);
}

int main(int argc, char **argv)
{
    if (argc != 3) {
        fprintf(stderr, "usage: %s FILE SEED|gone|empty|pipe|folder|link\n", argv[0]);
        return 2;
    }
    char *end;
    damaged d = {.rng = sw_rng_at(strtoull(argv[2], &end, 10), SW_RNG_TEST, 0)};
    int failed = 0;
    if (sw_fs_read(&d.bytes, &d.length, argv[1], 1 << 28) != SW_OK) {
        fprintf(stderr, "%s\n", sw_error_message());
        return 1;
    }
    const size_t way = damage_pick(&d, 10);
    if (way == 0 || *end) {
        failed = replace(&d, argv[1], *end ? argv[2] : NULL);
    } else {
        if (way < 4 || !damage_by_form(&d, argv[1])) damage_bytes(&d);
        failed = sw_fs_write(argv[1], d.bytes, d.length) != SW_OK;
    }
    if (failed) fprintf(stderr, "%s: %s\n", argv[1], strerror(errno));
    printf("%s: %s\n", argv[1], sw_str_text(&d.did));
    sw_str_deinit(&d.did);
    free(d.bytes);
    return failed ? 1 : 0;
}
