/* The interface of a board to the port and to the applications. boards/targets/<BOARD>/board.c has its data (which
 * MACs, at which addresses), its family has the code (clocks, console). */
#ifndef PKT_BOARD_H
#define PKT_BOARD_H

#include <pktsock/mac.h>

/* Start clocks, console and interrupt controller. Called once, before every other function of this file. */
void board_init(void);

/* The board's MACs: index 0 becomes "eth0". NULL after the last one. ops, config, state and hwaddr are set. */
struct pkt_mac *board_mac(unsigned index);

/* Write to the console. Waits for room, with a limit; then drops the rest. Task context. */
void board_console_write(const char *bytes, unsigned len);

/* The next character received from the console, or -1 when there is none. Task context. */
int board_console_read(void);

/* With SWAP_SLOTS=1 (docs/swap.md): the flash of the two slots for signed modules, and what a negative number of its
 * functions or of pktsock_slots_keep() means, a sentence. */
struct pktsock_flash;
const struct pktsock_flash *board_flash(void);
const char *board_flash_trouble(int error);

/* End the program: an emulator or a process exits with `status`, a board halts. */
void board_exit(int status) __attribute__((noreturn));

/* Start the component with all of the board's MACs, the module that is linked into the image and the configured
 * capacities (boards/family/common/start_board.c). Prints errors to the console. 0, or -1 and errno. */
int pktsock_start_board(void);

#endif
