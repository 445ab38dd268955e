#include "../../wake/board.c"
#include "../port.h"

#include <time.h>

/* What orders the bytes of a frame is the ring's index. The engine reads it, which ThreadSanitizer does not watch. */
const char *__tsan_default_suppressions(void);
const char *__tsan_default_suppressions(void) { return "race:nic_arrive\n"; }

/* ---- port.h: the same for all systems on POSIX threads -------------------------------------------------------------- */

void port_sleep(uint32_t us) {
  struct timespec time = {.tv_sec = us / 1000000, .tv_nsec = (long)(us % 1000000) * 1000};
  nanosleep(&time, NULL);
}

static void *run_handler(void *argument) {
  (*(void (**)(void))argument)();
  return NULL;
}

void port_interrupt(void (*handler)(void)) {
  pthread_t thread;
  if (pthread_create(&thread, NULL, run_handler, &handler) != 0)
    abort();
  pthread_join(thread, NULL);
}
