/* NUCLEO-F429ZI: 168 MHz, the highest clock without over-drive. */
#include "nucleo144.h"

const struct stm32_board stm32_board = {
    NUCLEO144,           .clocks.pll_m = 4, /* 8 MHz / 4 * 168 / 2 */
    .clocks.pll_n = 168, .clocks.pll_p = 2, .clocks.flash_wait_states = 5,
};
