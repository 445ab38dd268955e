/* pkt_say() of mac.h for applications without the component (APP_BARE): it prints to the console. */
#include "board.h"
#include <string.h>

static void put(const char *text) { board_console_write(text, (unsigned)strlen(text)); }

void pkt_say(const struct pkt_mac *mac, const char *sentence) {
  put(mac->iface->name);
  put(": ");
  put(sentence);
  put("\n");
}
