/* NUCLEO-H743ZI: 400 MHz; flash and MAC at 200 MHz. */
#include "nucleo144.h"

const struct stm32_board stm32_board = {
    NUCLEO144,           .clocks.pll_m = 1, /* 8 MHz / 1 * 100 / 2 */
    .clocks.pll_n = 100, .clocks.pll_p = 2, .clocks.flash_wait_states = 2,
};
