/* boards/apps/app.c, with labels before and after the driver is asked to send. The module itself can have no labels
 * (test/bench/application.ts). */
#include "board.h"

#define main app_main
#include "../../boards/apps/app.c"
#undef main

#define MARK(name) __asm__ volatile(".global mark_" #name "\nmark_" #name ":" ::: "memory")

static const struct pkt_mac_ops *driver;

__attribute__((noinline, noclone)) static void transmit(struct pkt_mac *mac) {
  MARK(app_received);
  MARK(app_send);
  driver->transmit(mac);
  MARK(app_sent);
}

int main(void) {
  static struct pkt_mac_ops marked;
  struct pkt_mac *mac = board_mac(0);
  driver = mac->ops;
  marked = *driver;
  marked.transmit = transmit;
  mac->ops = &marked;
  return app_main();
}
