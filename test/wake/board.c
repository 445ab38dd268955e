#include "board.h"
#include "nic.h"
#include <fcntl.h>
#include <pktsock/os.h>
#include <pktsock/ring.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define MAX_HELD 32

/* Guards the variables below: the test's interrupts come from another thread than the calls. */
static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
static struct pkt_frame *held[MAX_HELD];
static unsigned held_count;
static bool holds;

static int start(struct pkt_mac *mac) {
  (void)mac;
  holds = false;
  held_count = 0;
  return 0;
}

static void stop(struct pkt_mac *mac) { (void)mac; }

static void transmit(struct pkt_mac *mac) {
  struct pkt_frame *frame;
  struct pkt_bytes bytes;
  pthread_mutex_lock(&gate);
  while ((frame = pkt_tx_take(mac, &bytes)) != NULL)
    if (holds)
      held[held_count++] = frame;
    else
      pkt_completion_give(mac, frame);
  pthread_mutex_unlock(&gate);
}

static void set_filter(struct pkt_mac *mac, const struct pkt_mac_filter *filter) { (void)mac, (void)filter; }

static const struct pkt_mac_ops ops = {
    .name = "test", .start = start, .stop = stop, .transmit = transmit, .set_filter = set_filter};
static struct pkt_mac eth0 = {.ops = &ops, .hwaddr = {2, 0, 0, 0, 0, 1}};

void nic_arrive(const void *bytes, size_t len) {
  pthread_mutex_lock(&gate);
  struct pkt_frame *frame = pkt_fill_take(&eth0);
  if (frame != NULL) {
    memcpy(pkt_frame_buffer(&eth0, frame), bytes, len);
    frame->flags = 0;
    pkt_rx_give(&eth0, frame, 0, (uint32_t)len);
  }
  pthread_mutex_unlock(&gate);
  pkt_os_wake();
}

void nic_hold(bool hold) {
  pthread_mutex_lock(&gate);
  holds = hold;
  pthread_mutex_unlock(&gate);
}

void nic_complete(void) {
  pthread_mutex_lock(&gate);
  while (held_count > 0)
    pkt_completion_give(&eth0, held[--held_count]);
  pthread_mutex_unlock(&gate);
  pkt_os_wake();
}

void board_init(void) {}

struct pkt_mac *board_mac(unsigned index) {
  return index == 0 ? &eth0 : NULL;
}

void board_console_write(const char *bytes, unsigned len) { (void)!write(STDOUT_FILENO, bytes, len); }

int board_console_read(void) { return -1; }

void board_exit(int status) { exit(status); }
