/* What a board gives to the port and to the applications: implemented by boards/targets/<BOARD>/board.c (data: which
 * MACs, where) on top of its family (code: clocks, console). */
#ifndef PKT_BOARD_H
#define PKT_BOARD_H

#include <pktsock/mac.h>

/* Clocks, console, interrupt controller. Called once, before everything else of this file. */
void board_init(void);

/* The board's MACs: index 0 becomes "eth0". NULL behind the last one. The driver is set, not started. */
struct pkt_mac *board_mac(unsigned index);

/* Write to the console; waits for room with a limit, then drops the rest. Task context. */
void board_console_write(const char *bytes, unsigned len);

/* The next character that came in from the console, or -1. Task context. */
int board_console_read(void);

/* End the program: an emulator or a process exits with `status`, a board halts. */
void board_exit(int status) __attribute__((noreturn));

/* Start the component with all of the board's MACs, the module that is linked into the image and the configured
 * capacities (boards/family/common/start_board.c). Prints what is wrong to the console. 0, or -1 and errno. */
int pktsock_start_board(void);

#endif
