/* eth0 and eth1 are loopback plugs; eth1's MAC is absent at first. */
#include "board.h"
#include "../../../boards/mac/template.h"
#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

struct template_config eth0_config = {.present = true, .connected = true};
struct template_config eth1_config = {.present = false, .connected = true};
struct template_state eth0_state, eth1_state;

static struct pkt_mac eth0 = {
    .ops = &template_ops, .config = &eth0_config, .state = &eth0_state, .hwaddr = {2, 0, 0, 0, 0, 1}};
static struct pkt_mac eth1 = {
    .ops = &template_ops, .config = &eth1_config, .state = &eth1_state, .hwaddr = {2, 0, 0, 0, 0, 2}};

void board_init(void) {}

struct pkt_mac *board_mac(unsigned index) {
  return index == 0 ? &eth0 : index == 1 ? &eth1 : NULL;
}

void board_console_write(const char *bytes, unsigned len) { (void)!write(STDOUT_FILENO, bytes, len); }

int board_console_read(void) { return -1; }

void board_exit(int status) { exit(status); }
