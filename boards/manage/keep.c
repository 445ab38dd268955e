/* A module that was brought survives a restart: its file goes to a slot when it is proven, and takes over again at the start. */
#include "message.h"

#include <pktsock/pktsock.h>
#include <pktsock/slots.h>

int pktsock_manage_keep(struct pktsock_manage *manage, const struct pktsock_flash *flash) {
  struct pktsock_logic logic;
  if (pktsock_logic(&logic) < 0 || logic.state != PKTSOCK_LOGIC_PROVEN || logic.swaps == manage->kept)
    return 0;
  manage_tidy_up(manage);
  manage->kept = logic.swaps;        /* a flash that fails is not tried for ever */
  if (manage->running.bytes == NULL) /* it came from a slot */
    return 0;
  int result = pktsock_slots_keep(flash, manage->running.bytes, manage->running.size);
  return result == 0 ? 1 : result;
}

int pktsock_slots_swap_in(const struct pktsock_flash *flash) {
  uint32_t size;
  const uint8_t *file = pktsock_slots_find(flash, &size);
  if (file == NULL)
    return 0;
  return pktsock_swap(file, size, PKTSOCK_SWAP_RESTART) < 0 ? -1 : 1;
}
