/* Drives boards/mac/template.c through its contract: what it sends comes back. Ends with 0 if all is as mac.h says. */
#include "../../boards/mac/template.h"
#include <errno.h>
#include <pktsock/os.h>
#include <pktsock/ring.h>
#include <stdio.h>
#include <string.h>

#define FRAMES 4
#define FRAME_SIZE 256

static struct {
  uint32_t nothing;
  struct pkt_slot fill[FRAMES], rx[FRAMES], tx[FRAMES], completion[FRAMES];
  struct pkt_frame frames[FRAMES];
  uint8_t umem[FRAMES][FRAME_SIZE];
} memory;

#define OFFSET(part) ((uint32_t)((uint8_t *)(part) - (uint8_t *)&memory))
#define CHECK(condition) ((condition) ? (void)0 : fail(#condition, __LINE__))

static unsigned wakes, failures;

void pkt_os_wake(void) { wakes++; }

void pkt_os_time(uint32_t *sec, uint32_t *nsec) { *sec = *nsec = 0; }

static void fail(const char *condition, int line) {
  printf("line %d: not %s\n", line, condition);
  failures++;
}

static struct pkt_frame *frame_in(struct pkt_slot *slot) {
  return slot->frame == 0 ? NULL : (struct pkt_frame *)((uint8_t *)&memory + slot->frame);
}

int main(void) {
  static struct pkt_iface iface;
  struct template_config config = {.present = false};
  struct template_state state = {0};
  struct pkt_mac mac = {
      .ops = &template_ops,
      .config = &config,
      .state = &state,
      .iface = &iface,
      .fill = {memory.fill, FRAMES, 0},
      .rx = {memory.rx, FRAMES, 0},
      .tx = {memory.tx, FRAMES, 0},
      .completion = {memory.completion, FRAMES, 0},
      .memory = (uint8_t *)&memory,
      .frames = memory.frames,
      .frame_table = OFFSET(memory.frames),
      .frame_count = FRAMES,
      .umem = OFFSET(memory.umem),
      .umem_end = OFFSET(memory.umem) + sizeof(memory.umem),
      .frame_stride = FRAME_SIZE,
      .frame_size = FRAME_SIZE,
  };
  CHECK(mac.ops->start(&mac) == -EIO);
  config.present = true;
  CHECK(mac.ops->start(&mac) == 0 && !mac.ops->link(&mac));
  mac.ops->stop(&mac);
  config.connected = true;
  CHECK(mac.ops->start(&mac) == 0 && mac.ops->link(&mac));
  mac.ops->set_filter(&mac, &(struct pkt_mac_filter){0});

  /* Frame 0 is for reception; 1 and 2 are sent: one comes back, for the other there is no empty frame. */
  memory.fill[0].frame = OFFSET(&memory.frames[0]);
  for (unsigned i = 1; i <= 2; i++) {
    memory.frames[i].mac = OFFSET(memory.umem[i]);
    memory.frames[i].len = 20 * i;
    memset(memory.umem[i], (int)i, 20 * i);
    memory.tx[i - 1].frame = OFFSET(&memory.frames[i]);
  }
  memory.tx[2].frame = OFFSET(&memory.frames[2]) + 4; /* no frame begins there */
  mac.ops->transmit(&mac);
  struct pkt_frame *received = frame_in(&memory.rx[0]);
  CHECK(received == &memory.frames[0] && frame_in(&memory.rx[1]) == NULL);
  CHECK(received->len == PKT_ETH_ZLEN && received->flags == 0);
  CHECK(memcmp((uint8_t *)&memory + received->mac, memory.umem[1], PKT_ETH_ZLEN) == 0);
  CHECK(frame_in(&memory.completion[0]) == &memory.frames[1] && frame_in(&memory.completion[1]) == &memory.frames[2]);
  CHECK(iface.tx_frames == 2 && iface.rx_frames == 1 && iface.rx_no_frame == 1 && iface.ring_faults == 1);
  CHECK(wakes == 1);

  mac.ops->stop(&mac);
  memory.tx[3].frame = OFFSET(&memory.frames[2]);
  mac.ops->transmit(&mac);
  CHECK(iface.tx_frames == 2);
  return failures != 0;
}
