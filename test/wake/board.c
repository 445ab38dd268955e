#include "board.h"
#include "../support/test_nic.h"

#include <pthread.h>
#include <stdlib.h>
#include <unistd.h>

/* The test's interrupts come from another thread than the calls. */
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

uint32_t nic_mask(void) {
  pthread_mutex_lock(&gate);
  return 0;
}

void nic_unmask(uint32_t state) {
  (void)state;
  pthread_mutex_unlock(&gate);
}

void board_init(void) {}

struct pkt_mac *board_mac(unsigned index) {
  return index == 0 ? &test_nic : NULL;
}

void board_console_write(const char *bytes, unsigned len) { (void)!write(STDOUT_FILENO, bytes, len); }

int board_console_read(void) { return -1; }

void board_exit(int status) { exit(status); }
