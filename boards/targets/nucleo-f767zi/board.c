/* NUCLEO-F767ZI: 216 MHz. */
#include "nucleo144.h"

const struct stm32_board stm32_board = {
    NUCLEO144,           .clocks.pll_m = 4, /* 8 MHz / 4 * 216 / 2 */
    .clocks.pll_n = 216, .clocks.pll_p = 2, .clocks.flash_wait_states = 7,
};
