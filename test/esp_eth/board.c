/* eth0 is esp_eth's MAC. */
#include "board.h"
#include "fake.h"

#include <pktsock/esp_eth.h>
#include <stdlib.h>
#include <unistd.h>

struct esp_eth_config eth0_config = {.handle = &fake, .task_priority = 15};
static struct esp_eth_state state;
static struct pkt_mac eth0 = {
    .ops = &esp_eth_ops, .config = &eth0_config, .state = &state, .hwaddr = {2, 0, 0, 0, 0, 1}};

/* What orders the bytes of a frame is the ring's index. The engine reads it, which ThreadSanitizer does not watch. Counters are
 * words that a driver writes at any time, and pkt_tx_pending() is a hint. */
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void) {
  return "race:^receive$\nrace:^esp_eth_transmit$\nrace:^pktsock_counters$\nrace:^pkt_tx_pending$\n";
}

void board_init(void) {}

struct pkt_mac *board_mac(unsigned index) {
  return index == 0 ? &eth0 : NULL;
}

void board_console_write(const char *bytes, unsigned len) { (void)!write(STDOUT_FILENO, bytes, len); }

int board_console_read(void) { return -1; }

void board_exit(int status) { exit(status); }
