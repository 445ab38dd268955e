/* See bounds.h. */
#include "component.h"

#include <string.h>

struct pkt_bounds pkt_bounds;

bool pkt_bounds_begin(const struct pkt_engine *engine) {
  pkt_bounds_break();
  pkt_bounds.memory = engine->memory;
  pkt_bounds.size = engine->memory_size;
  pkt_bounds.generation += 0x10000; /* more than any offset */
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

static bool is_broken(uint32_t index) { return (pkt_bounds.broken[index / 8] >> index % 8 & 1) != 0; }

static void set_broken(uint32_t index, bool broken) {
  uint8_t *bits = &pkt_bounds.broken[index / 8], bit = (uint8_t)(1u << index % 8);
  *bits = (uint8_t)(broken ? *bits | bit : *bits & ~bit);
}

/* The lowest descriptor that is not open, or table_length. */
static uint32_t lowest_free(void) {
  uint32_t index = 0;
  while (index < pkt_bounds.table_length && (pkt_bounds.sockets[index] != 0 || is_broken(index)))
    index++;
  return index;
}

/* Is this where a socket can be, and where no other one is? */
static bool is_new_socket(uint32_t socket) {
  const struct pkt_bounds *b = &pkt_bounds;
  for (uint32_t index = 0; index < PKT_MAX_DESCRIPTORS; index++)
    if (b->sockets[index] == socket)
      return false;
  return socket % sizeof(uint32_t) == 0 && socket >= b->floor && socket <= b->frame_table - sizeof(struct pkt_socket);
}

bool pkt_bounds_full(void) {
  return lowest_free() == pkt_bounds.table_length && pkt_bounds_sockets() < pkt_bounds.table_length;
}

int32_t pkt_bounds_open(int32_t opened, int fd) {
  struct pkt_bounds *b = &pkt_bounds;
  if (opened < 0)
    return opened;
  if ((uint32_t)opened >= b->table_length)
    return pkt_distrust();
  uint32_t socket = pkt_word_at(b->table + (uint32_t)opened * sizeof(uint32_t));
  if (!is_new_socket(socket))
    return pkt_distrust();
  uint32_t index = fd < 0 ? lowest_free() : (uint32_t)fd - PKTSOCK_FIRST_DESCRIPTOR;
  if (index == b->table_length)
    return pkt_distrust();
  b->sockets[index] = (uint16_t)socket;
  set_broken(index, false);
  return (int32_t)index + PKTSOCK_FIRST_DESCRIPTOR;
}

void pkt_bounds_close(int fd) {
  uint32_t index = (uint32_t)fd - PKTSOCK_FIRST_DESCRIPTOR;
  pkt_bounds.sockets[index] = 0;
  set_broken(index, false);
}

void pkt_bounds_lose(int fd) {
  uint32_t index = (uint32_t)fd - PKTSOCK_FIRST_DESCRIPTOR;
  pkt_bounds.sockets[index] = 0;
  set_broken(index, true);
}

void pkt_bounds_break(void) {
  for (int index = 0; index < (int)PKT_MAX_DESCRIPTORS; index++)
    if (pkt_bounds.sockets[index] != 0)
      pkt_bounds_lose(index + PKTSOCK_FIRST_DESCRIPTOR);
}

unsigned pkt_bounds_sockets(void) {
  unsigned count = 0;
  for (uint32_t index = 0; index < PKT_MAX_DESCRIPTORS; index++)
    count += pkt_bounds.sockets[index] != 0;
  return count;
}

int32_t pkt_no_socket(int fd) {
  uint32_t index = (uint32_t)fd - PKTSOCK_FIRST_DESCRIPTOR;
  return index < PKT_MAX_DESCRIPTORS && is_broken(index) ? -EIO : -PKT_EBADF;
}

const struct pkt_frame *pkt_bounds_frame(uint32_t handle) {
  const struct pkt_bounds *b = &pkt_bounds;
  if (pkt_frame_index_(handle - b->frame_table) >= b->frame_count)
    return NULL;
  return (const void *)(b->memory + handle);
}

uint8_t *pkt_bounds_buffer(const struct pkt_frame *frame) {
  const struct pkt_bounds *b = &pkt_bounds;
  uint32_t offset = (uint32_t)((const uint8_t *)frame - b->memory);
  return b->memory + b->umem + pkt_frame_index_(offset - b->frame_table) * b->frame_stride;
}
