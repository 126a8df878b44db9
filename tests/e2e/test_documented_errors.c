/* docs/errors.md quotes what the program prints: every message in it comes from one of the commands below. */
#include <criterion/criterion.h>
#include <ctype.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mask_files.h"
#include "program.h"
#include "scratch.h"

TestSuite(documented_errors, .init = scratch_create, .fini = scratch_remove);

#define TINY  "segwork run $SRC/tests/support/tiny.yaml "
#define CHECK "segwork check $SRC/tests/support/tiny.yaml "

enum { MAX_MESSAGES = 64, WIDTH = 40, HEIGHT = 30 };

typedef struct message {
    char *text;
    bool seen;
} message;

static message messages[MAX_MESSAGES];
static int message_count;

/* Makes each stretch of blanks and line breaks one blank. */
static void squeeze(char *text)
{
    char *to = text;
    for (const char *from = text; *from; from++)
        if (!isspace((unsigned char)*from))
            *to++ = *from;
        else if (to > text && to[-1] != ' ')
            *to++ = ' ';
    if (to > text && to[-1] == ' ') to--;
    *to = '\0';
}

/* The blocks of the document that are fenced as text. */
static void read_messages(void)
{
    static const char begin[] = "```text\n", end[] = "```";
    program_expect(0, NULL, "cp $SRC/docs/errors.md errors.md");
    char *text = file_text("errors.md", NULL), *at = text;
    message_count = 0;
    while ((at = strstr(at, begin))) {
        char *stop = strstr(at += strlen(begin), end);
        cr_assert(stop && message_count < MAX_MESSAGES);
        messages[message_count] = (message){.text = strndup(at, (size_t)(stop - at))};
        squeeze(messages[message_count++].text);
        at = stop + strlen(end);
    }
    free(text);
    cr_assert_gt(message_count, 20);
}

/* Whether the pieces between "..." stand in the output in this order. */
static bool is_in(const char *output, const char *text)
{
    static const char gap[] = "...";
    while (*text) {
        const char *stop = strstr(text, gap);
        const size_t length = stop ? (size_t)(stop - text) : strlen(text);
        char piece[512];
        cr_assert_lt(length, sizeof piece);
        snprintf(piece, sizeof piece, "%.*s", (int)length, text);
        output = strstr(output, piece);
        if (!output) return false;
        output += length;
        text += length + (stop ? strlen(gap) : 0);
    }
    return true;
}

/* Expects a message of the document of this command. */
static void shows(int code, const char *command)
{
    bool found = false;
    program_expect(code, NULL, "%s", command);
    squeeze(program_output);
    for (int i = 0; i < message_count; i++)
        if (is_in(program_output, messages[i].text)) found = messages[i].seen = true;
    cr_expect(found, "docs/errors.md has no message of '%s', which prints\n%s", command, program_output);
}

/* Four pictures, each with a fault of its own in its mask. */
static void make_photos(void)
{
    static uint8_t mask[WIDTH * HEIGHT];
    memset(mask, 1, sizeof mask);
    for (unsigned i = 1; i <= 4; i++) {
        char name[32];
        snprintf(name, sizeof name, "photos/images/a%u.png", i);
        write_picture(name, WIDTH, HEIGHT, i);
    }
    write_gray_mask("photos/masks/a2.png", HEIGHT, WIDTH, mask);
    mask[0] = 7;
    write_gray_mask("photos/masks/a1.png", WIDTH, HEIGHT, mask);
    /* a PNG's signature and header: 40 x 30 pixels, 16 bits, gray */
    program_expect(0, NULL,
                   "printf '\\211PNG\\r\\n\\032\\n\\0\\0\\0\\rIHDR\\0\\0\\0(\\0\\0\\0\\036\\020\\0\\0\\0\\0"
                   "\\053\\046\\337\\102' > photos/masks/a3.png && tail -c +34 photos/masks/a1.png >> "
                   "photos/masks/a3.png");
    scratch_write("photos.yaml", "data:\n  layout: folders\n  root: photos\n  size: 32\n"
                                 "  train: {images: images, masks: masks}\n"
                                 "  val: {images: images, masks: masks}\n"
                                 "  classes: [{name: cat, value: 1}, {name: dog, value: 2}]\n");
}

static void without_a_device(void)
{
    shows(1, "OCL_ICD_VENDORS=/nowhere segwork devices");
    shows(2, "printf 'seed: 1\\noptimizer:\\n  learning_rate: 0.1\\n' > typo.yaml; segwork check typo.yaml");
    shows(2, "printf 'seed: 1\\ntrain: {epochs: many}\\n' > typo.yaml; segwork check typo.yaml");
    shows(2, "printf 'include: configs/loss/focall.yaml\\n' > typo.yaml; segwork check typo.yaml");
    shows(2, "printf 'include: a.yaml\\n\\tseed: 1\\n' > typo.yaml; segwork check typo.yaml");
    shows(2, CHECK "--set loss.gamma=1");
    shows(2, "segwork check $SRC/experiments/quickstart.yaml --set data.size=4");
    shows(2, CHECK "--set train.save_best=mIoU");
    shows(2, "segwork data stats $SRC/experiments/quickstart.yaml");
    shows(2, "segwork sweep $SRC/tests/support/tiny.yaml --set seed=1");
    shows(2, "segwork compare nowhere");
    shows(2, "segwork run --resume nothere");
}

static void data_of_your_own(void)
{
    make_photos();
    shows(2, "segwork data stats photos.yaml --set data.train.masks=nothere");
    shows(1, "segwork data stats photos.yaml");
    shows(1, "printf \"include: [$SRC/tests/support/tiny.yaml, photos.yaml]\\n\" > mine.yaml; segwork run "
             "mine.yaml");
    shows(2, "segwork data init photos --out photos.yaml");
    shows(1, "segwork data synth s --train 2 --val 1 --size 32 --seed 1 && mkdir -p q/images q/masks && "
             "cp s/images/*.jpg q/images && cp s/images/*.jpg q/masks && segwork data init q");
}

static void runs(void)
{
    shows(2, TINY "--device nvidia");
    program_draw_pets(8, 4);
    shows(2, TINY "--set train.batch_size=2000 --set data.size=512");
    shows(1,
          TINY "--out nan --set optimizer.kind=sgd --set optimizer.lr=100 --set optimizer.weight_decay=100 "
               "--set train.epochs=40");
    program_expect(0, NULL, TINY "--out runs/mine --set train.epochs=1");
    shows(2, TINY "--out runs/mine");
    shows(0, "segwork run --resume runs/mine");
    shows(2, "segwork run --resume runs/mine --set optimizer.lr=1");
    shows(1, "cp runs/mine/checkpoints/best.safetensors other.safetensors; " TINY
             "--set init.from=other.safetensors --set model.head=plain");
    shows(2, "segwork predict --checkpoint other.safetensors pets/images --out masks");
    shows(2, "segwork predict pets/images/pet_000001.jpg");
    shows(2, "mkdir nopics; segwork predict --checkpoint runs/mine nopics --out masks");
    shows(2, "sed -i 's/^  lr: .*/  lr: 0.5/' runs/mine/config.yaml; segwork run --resume runs/mine");
}

Test(documented_errors, every_message_in_the_document_is_one_that_the_program_prints)
{
    read_messages();
    without_a_device();
    data_of_your_own();
    runs();
    for (int i = 0; i < message_count; i++) {
        cr_expect(messages[i].seen, "no command here prints '%s' of docs/errors.md", messages[i].text);
        free(messages[i].text);
    }
}
