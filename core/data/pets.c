#include "data/pets.h"

enum { PET, BACKGROUND, BORDER };

static sw_mask_value values[] = {{1, PET}, {2, BACKGROUND}, {3, BORDER}};

const sw_class_list sw_pets_class_list = {
    .classes = {.count = 3,
                .list = {[PET] = {.name = "pet", .rgb = 0xF0A030},
                         [BACKGROUND] = {.name = "background", .rgb = 0x1F3A5F},
                         [BORDER] = {.name = "border", .rgb = 0xBFE2F6}},
                .background = BACKGROUND,
                .border = BORDER},
    .values = values,
    .value_count = sizeof values / sizeof values[0],
};
