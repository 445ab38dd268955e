/* How a module arrives: in pieces, in any order of repeats, and again from where it stopped. Nothing but config.verify decides
 * whether it is genuine; the CRC only says early that it is not the file that was sent. */
#include "message.h"

#include <pktsock/pktsock.h>

#include <errno.h>
#include <string.h>

static void forget(struct pktsock_manage *manage, struct pktsock_manage_file *file) {
  if (file->bytes != NULL)
    manage->release(file->bytes);
  memset(file, 0, sizeof(*file));
}

enum manage_status manage_tidy_up(struct pktsock_manage *manage) {
  struct pktsock_logic logic;
  if (pktsock_logic(&logic) < 0)
    return MANAGE_UNKNOWN;
  if (logic.state == PKTSOCK_LOGIC_TRIAL)
    return MANAGE_BUSY;
  if (logic.fallbacks != manage->fallbacks) { /* the one before runs again */
    struct pktsock_manage_file failed = manage->running;
    manage->running = manage->before;
    manage->before = failed;
    manage->fallbacks = logic.fallbacks;
  }
  forget(manage, &manage->before);
  if (logic.state == PKTSOCK_LOGIC_BUILT_IN)
    forget(manage, &manage->running);
  return MANAGE_OK;
}

enum manage_status manage_begin(struct pktsock_manage *manage, struct manage_body *body, struct manage_answer *answer) {
  uint32_t size = manage_read32(body);
  if (body->short_of || body->left != sizeof(manage->hash) || size == 0)
    return MANAGE_INVALID;
  if ((manage->allowed & PKTSOCK_MANAGE_SWAP) == 0)
    return MANAGE_NOT_ALLOWED;
  const uint8_t *hash = body->at;
  struct pktsock_manage_file *file = &manage->arriving;
  if (file->bytes == NULL || file->size != size || memcmp(manage->hash, hash, sizeof(manage->hash)) != 0) {
    enum manage_status status = manage_tidy_up(manage);
    if (status != MANAGE_OK)
      return status;
    forget(manage, file);
    manage->have = 0;
    file->bytes = manage->allocate(size);
    if (file->bytes == NULL)
      return MANAGE_NO_ROOM;
    file->size = size;
    memcpy(manage->hash, hash, sizeof(manage->hash));
  }
  manage_write32(answer, manage->have);
  return MANAGE_OK;
}

enum manage_status manage_data(struct pktsock_manage *manage, struct manage_body *body, struct manage_answer *answer) {
  struct pktsock_manage_file *file = &manage->arriving;
  uint32_t offset = manage_read32(body);
  if (file->bytes == NULL)
    return MANAGE_NOT_THERE;
  if (body->short_of || offset > file->size || body->left > file->size - offset)
    return MANAGE_INVALID;
  if (offset == manage->have && body->left != 0) {
    memcpy(file->bytes + offset, body->at, body->left);
    manage->have += body->left;
  }
  manage_write32(answer, manage->have);
  return MANAGE_OK;
}

static enum manage_status refused(struct manage_answer *answer) {
  manage_write_text(answer, pktsock_error());
  return errno == EBUSY ? MANAGE_BUSY : MANAGE_REFUSED;
}

static enum manage_status swap(struct pktsock_manage *manage, int flags, struct manage_answer *answer) {
  struct pktsock_logic logic;
  struct pktsock_manage_file *file = &manage->arriving;
  if (pktsock_swap(file->bytes, file->size, flags) < 0)
    return refused(answer);
  pktsock_logic(&logic);
  manage->before = manage->running;
  manage->running = *file;
  memset(file, 0, sizeof(*file));
  manage->have = 0;
  manage_write32(answer, logic.version);
  return MANAGE_OK;
}

enum manage_status manage_swap(struct pktsock_manage *manage, struct manage_body *body, struct manage_answer *answer) {
  uint32_t flags = manage_read32(body), crc = manage_read32(body);
  unsigned needed = PKTSOCK_MANAGE_SWAP;
  if (body->short_of || (flags & ~(uint32_t)(PKTSOCK_SWAP_RESTART | PKTSOCK_SWAP_OLDER)) != 0)
    return MANAGE_INVALID;
  if ((flags & PKTSOCK_SWAP_RESTART) != 0)
    needed |= PKTSOCK_MANAGE_RESTART;
  if ((flags & PKTSOCK_SWAP_OLDER) != 0)
    needed |= PKTSOCK_MANAGE_OLDER;
  if ((manage->allowed & needed) != needed)
    return MANAGE_NOT_ALLOWED;
  struct pktsock_manage_file *file = &manage->arriving;
  if (file->bytes == NULL || manage->have < file->size)
    return MANAGE_NOT_THERE;
  if (manage_crc(file->bytes, file->size) != crc) {
    manage->have = 0;
    return MANAGE_DAMAGED;
  }
  enum manage_status status = manage_tidy_up(manage);
  return status != MANAGE_OK ? status : swap(manage, (int)flags, answer);
}

enum manage_status manage_fallback(const struct pktsock_manage *manage, struct manage_answer *answer) {
  if ((manage->allowed & PKTSOCK_MANAGE_FALLBACK) == 0)
    return MANAGE_NOT_ALLOWED;
  if (pktsock_fallback() == 0)
    return MANAGE_OK;
  return errno == ENOENT ? MANAGE_NOT_THERE : refused(answer);
}

enum manage_status manage_confirm(const struct pktsock_manage *manage, struct manage_answer *answer) {
  if ((manage->allowed & PKTSOCK_MANAGE_FALLBACK) == 0)
    return MANAGE_NOT_ALLOWED;
  return pktsock_confirm() == 0 ? MANAGE_OK : refused(answer);
}
