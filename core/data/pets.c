#include "data/pets.h"

enum { PET, BACKGROUND, BORDER };

const sw_classes sw_pets_classes = {
    .count = 3,
    .list =
        {[PET] = {.name = "pet", .rgb = 0xF0A030, .mask_values = {1}, .mask_value_count = 1},
         [BACKGROUND] = {.name = "background", .rgb = 0x1F3A5F, .mask_values = {2}, .mask_value_count = 1},
         [BORDER] = {.name = "border", .rgb = 0xBFE2F6, .mask_values = {3}, .mask_value_count = 1}},
    .background = BACKGROUND,
    .border = BORDER,
};
