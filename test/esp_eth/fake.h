/* The MAC behind the stand-in for esp_eth, which the test controls. */
#ifndef FAKE_H
#define FAKE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum { FAKE_FRAME_BYTES = 1536, FAKE_ADDRESSES = 3 };

/* Written under mask() of system.h. */
struct fake {
  bool started, promiscuous, all_multicast;
  bool has_all_multicast; /* false: the MAC refuses ETH_CMD_S_ALL_MULTICAST */
  uint8_t hwaddr[6];
  uint8_t addresses[FAKE_ADDRESSES][6]; /* it filters no more, one by one */
  unsigned address_count;
  unsigned full; /* so many frames to send are refused with ESP_ERR_NO_MEM */
  unsigned sent;
  uint8_t last[FAKE_FRAME_BYTES]; /* the last frame that was sent, */
  size_t last_len;                /* and its length in bytes */
  unsigned lent, freed;           /* buffers of received frames */
};
extern struct fake fake;

/* A frame arrives, in the calling task. */
void fake_arrive(const void *bytes, size_t len);
void fake_link(bool up);

#endif
