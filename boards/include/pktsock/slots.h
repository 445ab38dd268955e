/* Two slots in flash for signed modules: the last one that has proven itself survives a power cut, also one in the
 * middle of writing. At each time one slot is whole; a new file goes to the other one, and its header last.
 *
 * At start a firmware lets the module take over with pktsock_slots_swap_in(). When pktsock_logic() says that a module
 * is proven, it keeps the file with pktsock_slots_keep(), or pktsock_manage_keep() of manage.h does. A file in a slot
 * is not trusted: config.verify checks it again.
 *
 * Context: one task.
 * Source: this component's own. */
#ifndef PKTSOCK_SLOTS_H
#define PKTSOCK_SLOTS_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The bytes of a slot's header, and the largest unit of a write. */
#define PKTSOCK_SLOT_HEADER 32

/* The flash, which the firmware gives. The slots are mapped in memory, where they are read; an erased byte is 0xff. */
struct pktsock_flash {
  const uint8_t *slots[2];
  uint32_t size; /* bytes of each slot: whole sectors */
  uint32_t unit; /* bytes of a write: a power of two, at most PKTSOCK_SLOT_HEADER */

  /* Erase a slot, and write `size` bytes, a multiple of `unit`, at an offset that is one, too; each place is written
   * once after it was erased. They return 0 or a negative number, which pktsock_slots_keep() hands on. What is read is
   * what is in the flash: with a data cache, they invalidate it. */
  int (*erase)(void *context, unsigned slot);
  int (*write)(void *context, unsigned slot, uint32_t offset, const uint8_t *bytes, uint32_t size);
  void *context;
};

/* Find the file that was kept last. It stays valid until pktsock_slots_keep() is called for the second time.
 *
 * Returns: the file, or NULL if there is none; `*size` is its length in bytes.
 * Errors: none. */
const uint8_t *pktsock_slots_find(const struct pktsock_flash *flash, uint32_t *size);

/* Let the module that was kept last take over: pktsock_swap() with PKTSOCK_SWAP_RESTART. To be called behind
 * pktsock_start(). The module is on trial, and runs from the file in the slot.
 *
 * Returns: 1; 0 if there is none; or -1 and errno, and the firmware's own module runs.
 * Errors: those of pktsock_swap(), which pktsock_error() describes. */
int pktsock_slots_swap_in(const struct pktsock_flash *flash);

/* Keep a file of `size` bytes. Erases and writes the slot whose file pktsock_slots_find() does not return. If it
 * fails, or the power is cut, the file before is found. If pktsock_slots_find() returns these bytes already,
 * nothing is done.
 *
 * Returns: 0, or a negative number.
 * Errors: those of erase() and write(); PKTSOCK_SLOTS_TOO_LARGE; PKTSOCK_SLOTS_FAULTY, if the flash has not kept what
 * was written, or the file lies in a slot. */
int pktsock_slots_keep(const struct pktsock_flash *flash, const uint8_t *file, uint32_t size);

#define PKTSOCK_SLOTS_TOO_LARGE (-1000)
#define PKTSOCK_SLOTS_FAULTY (-1001)

#ifdef __cplusplus
}
#endif

#endif
