/* See bounds.h. */
#include "component.h"

#include <string.h>

struct pkt_bounds pkt_bounds;

bool pkt_bounds_begin(const struct pkt_engine *engine) {
  pkt_bounds = (struct pkt_bounds){.memory = engine->memory, .size = engine->memory_size};
  return engine->memory_size >= PKT_CONTROL + PKT_CONTROL_BYTES && engine->memory_size <= 0x10000;
}

/* The next part of the layout: `count` times `bytes` at `offset`, behind all the parts before it. */
static bool take(uint32_t offset, uint32_t count, uint32_t bytes) {
  struct pkt_bounds *b = &pkt_bounds;
  if (offset % sizeof(uint32_t) != 0 || offset < b->floor || offset > b->size ||
      (uint64_t)count * bytes > b->size - offset)
    return false;
  b->floor = offset + count * bytes;
  return true;
}

bool pkt_bounds_take(const struct pktsock_config *config) {
  struct pkt_bounds *b = &pkt_bounds;
  const struct pkt_control *control = pkt_component.control;
  uint32_t align = config->frame_align, base = (uint32_t)(uintptr_t)b->memory;
  b->table = control->table;
  b->table_length = control->table_length;
  b->frame_table = control->frame_table;
  b->frame_count = (uint32_t)config->mac_count * config->frames;
  b->umem = control->umem;
  b->frame_stride = control->frame_stride;
  b->frame_size = config->frame_size;
  if (b->frame_stride < b->frame_size || b->frame_stride - b->frame_size >= align ||
      (b->frame_stride & (align - 1)) != 0)
    return false;
  if (b->table_length > PKT_MAX_DESCRIPTORS || control->frame_count != b->frame_count ||
      ((base + b->umem) & (align - 1)) != 0)
    return false;
  /* A FIFO is filled in words, which may reach 3 bytes behind the last frame. */
  b->floor = PKT_CONTROL + PKT_CONTROL_BYTES;
  if (!take(b->frame_table, b->frame_count, PKT_FRAME_BYTES) || !take(b->umem, b->frame_count, b->frame_stride) ||
      !take(b->floor, 1, sizeof(uint32_t)))
    return false;
  b->floor = PKT_CONTROL + PKT_CONTROL_BYTES;
  return take(b->table, b->table_length, sizeof(uint32_t)) && b->floor <= b->frame_table;
}

static bool take_ring(struct pkt_ring *ring, uint32_t offset, uint32_t length) {
  *ring = (struct pkt_ring){.slots = (void *)(pkt_bounds.memory + offset), .length = (uint16_t)length};
  return take(offset, length, PKT_SLOT_BYTES);
}

bool pkt_bounds_take_iface(struct pkt_mac *mac, uint32_t frames) {
  struct pkt_bounds *b = &pkt_bounds;
  uint32_t offset = pkt_component.control->first_iface;
  if (!take(offset, 1, PKT_IFACE_BYTES))
    return false;
  struct pkt_iface *iface = (void *)(b->memory + offset);
  if (iface->ring_length != frames || !take_ring(&mac->fill, iface->fill_ring, frames) ||
      !take_ring(&mac->rx, iface->rx_ring, frames) || !take_ring(&mac->tx, iface->tx_ring, frames) ||
      !take_ring(&mac->completion, iface->completion_ring, frames) || b->floor > b->frame_table)
    return false;
  mac->iface = iface;
  mac->memory = b->memory;
  mac->frames = (void *)(b->memory + b->frame_table);
  mac->frame_table = b->frame_table;
  mac->frame_count = b->frame_count;
  mac->umem = b->umem;
  mac->umem_end = b->umem + b->frame_count * b->frame_stride;
  mac->frame_stride = b->frame_stride;
  mac->frame_size = b->frame_size;
  return true;
}

int32_t pkt_bounds_open(int32_t descriptor) {
  struct pkt_bounds *b = &pkt_bounds;
  if (descriptor < 0)
    return descriptor;
  if ((uint32_t)descriptor >= b->table_length || b->sockets[descriptor] != 0)
    return pkt_distrust();
  uint32_t socket = pkt_word_at(b->table + (uint32_t)descriptor * sizeof(uint32_t));
  if (socket % sizeof(uint32_t) != 0 || socket < b->floor || socket > b->frame_table - sizeof(struct pkt_socket))
    return pkt_distrust();
  b->sockets[descriptor] = (uint16_t)socket;
  return descriptor + PKTSOCK_FIRST_DESCRIPTOR;
}

void pkt_bounds_close(int fd) {
  uint32_t index = (uint32_t)fd - PKTSOCK_FIRST_DESCRIPTOR;
  pkt_bounds.sockets[index] = 0;
  pkt_bounds.broken[index / 8] &= (uint8_t) ~(1u << index % 8);
}

void pkt_bounds_break(void) {
  struct pkt_bounds *b = &pkt_bounds;
  for (uint32_t index = 0; index < PKT_MAX_DESCRIPTORS; index++)
    if (b->sockets[index] != 0) {
      b->sockets[index] = 0;
      b->broken[index / 8] |= (uint8_t)(1u << index % 8);
    }
}

int32_t pkt_no_socket(int fd) {
  uint32_t index = (uint32_t)fd - PKTSOCK_FIRST_DESCRIPTOR;
  bool broken = index < PKT_MAX_DESCRIPTORS && (pkt_bounds.broken[index / 8] >> index % 8 & 1) != 0;
  return broken ? -EIO : -PKT_EBADF;
}

const struct pkt_frame *pkt_bounds_frame(uint32_t handle) {
  const struct pkt_bounds *b = &pkt_bounds;
  uint32_t index = (handle - b->frame_table) / PKT_FRAME_BYTES;
  if (index >= b->frame_count || handle != b->frame_table + index * PKT_FRAME_BYTES)
    return NULL;
  return (const void *)(b->memory + handle);
}

uint8_t *pkt_bounds_buffer(const struct pkt_frame *frame) {
  const struct pkt_bounds *b = &pkt_bounds;
  uint32_t offset = (uint32_t)((const uint8_t *)frame - b->memory);
  return b->memory + b->umem + (offset - b->frame_table) / PKT_FRAME_BYTES * b->frame_stride;
}
