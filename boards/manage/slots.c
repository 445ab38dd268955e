/* Two slots in flash. A slot is a header and a file; the header is written last, and has the CRCs of both. */
#include "message.h"

#include <pktsock/slots.h>

#include <stdbool.h>
#include <string.h>

#define SLOT_MAGIC 0x736c7431u /* "slt1" */

struct slot_header {
  uint32_t magic;
  uint32_t sequence; /* one more than that of the file before */
  uint32_t size;     /* bytes of the file */
  uint32_t file_crc;
  uint32_t header_crc; /* of the words above */
};

static const uint8_t *file_of(const struct pktsock_flash *flash, unsigned slot) {
  return flash->slots[slot] + PKTSOCK_SLOT_HEADER;
}

static uint32_t crc_of(const struct slot_header *header) {
  return manage_crc((const uint8_t *)header, offsetof(struct slot_header, header_crc));
}

/* Returns true if the slot has a whole file. A write or an erasure that was cut off left anything. */
static bool read_slot(const struct pktsock_flash *flash, unsigned slot, struct slot_header *header) {
  memcpy(header, flash->slots[slot], sizeof(*header));
  return header->magic == SLOT_MAGIC && header->header_crc == crc_of(header) &&
         header->size <= flash->size - PKTSOCK_SLOT_HEADER &&
         manage_crc(file_of(flash, slot), header->size) == header->file_crc;
}

/* The slot with the newest file, and its header; -1: none. */
static int newest_slot(const struct pktsock_flash *flash, struct slot_header *header) {
  struct slot_header headers[2];
  bool whole[2];
  for (unsigned slot = 0; slot < 2; slot++)
    whole[slot] = read_slot(flash, slot, &headers[slot]);
  if (!whole[0] && !whole[1])
    return -1;
  int newest = !whole[0] || (whole[1] && (int32_t)(headers[1].sequence - headers[0].sequence) > 0);
  *header = headers[newest];
  return newest;
}

const uint8_t *pktsock_slots_find(const struct pktsock_flash *flash, uint32_t *size) {
  struct slot_header header;
  int slot = newest_slot(flash, &header);
  *size = slot < 0 ? 0 : header.size;
  return slot < 0 ? NULL : file_of(flash, (unsigned)slot);
}

static bool lies_in_slot(const struct pktsock_flash *flash, unsigned slot, const uint8_t *file) {
  return (uintptr_t)file - (uintptr_t)flash->slots[slot] < flash->size;
}

/* Write the file behind the place of the header; the last unit is filled up as erased bytes are. */
static int write_file(const struct pktsock_flash *flash, unsigned slot, const uint8_t *file, uint32_t size) {
  uint8_t last[PKTSOCK_SLOT_HEADER];
  uint32_t whole = size / flash->unit * flash->unit;
  int result = whole != 0 ? flash->write(flash->context, slot, PKTSOCK_SLOT_HEADER, file, whole) : 0;
  if (result != 0 || whole == size)
    return result;
  memset(last, 0xff, sizeof(last));
  memcpy(last, file + whole, size - whole);
  return flash->write(flash->context, slot, PKTSOCK_SLOT_HEADER + whole, last, flash->unit);
}

int pktsock_slots_keep(const struct pktsock_flash *flash, const uint8_t *file, uint32_t size) {
  struct slot_header before = {.sequence = 0}, header, written;
  uint8_t bytes[PKTSOCK_SLOT_HEADER];
  int newest = newest_slot(flash, &before);
  unsigned slot = newest == 0 ? 1 : 0;
  if (size > flash->size - PKTSOCK_SLOT_HEADER)
    return PKTSOCK_SLOTS_TOO_LARGE;
  if (newest >= 0 && before.size == size && memcmp(file_of(flash, (unsigned)newest), file, size) == 0)
    return 0;
  if (lies_in_slot(flash, 0, file) || lies_in_slot(flash, 1, file))
    return PKTSOCK_SLOTS_FAULTY;
  header = (struct slot_header){.magic = SLOT_MAGIC, .sequence = before.sequence + 1, .size = size};
  header.file_crc = manage_crc(file, size);
  header.header_crc = crc_of(&header);
  memset(bytes, 0xff, sizeof(bytes));
  memcpy(bytes, &header, sizeof(header));

  int result = flash->erase(flash->context, slot);
  if (result == 0)
    result = write_file(flash, slot, file, size);
  if (result == 0 && memcmp(file_of(flash, slot), file, size) != 0)
    result = PKTSOCK_SLOTS_FAULTY;
  if (result == 0)
    result = flash->write(flash->context, slot, 0, bytes, sizeof(bytes));
  if (result == 0 && !read_slot(flash, slot, &written))
    result = PKTSOCK_SLOTS_FAULTY;
  return result;
}
