/* Reports options that the component does not have once on standard error, because programs often hide the failure. */
#include "server.h"

#include <errno.h>
#include <linux/if_packet.h>
#include <stdio.h>
#include <string.h>

#define MAX_SAID 64

struct option {
  int level, name;
  const char *text;
};

#define OPTION(level, name)                                                                                            \
  { level, name, #level ", " #name }

/* Options that layer-2 programs use on Linux; an unknown one is reported by its number. */
static const struct option known[] = {
    OPTION(SOL_SOCKET, SO_BUSY_POLL),       OPTION(SOL_SOCKET, SO_KEEPALIVE),  OPTION(SOL_SOCKET, SO_MARK),
    OPTION(SOL_SOCKET, SO_REUSEPORT),       OPTION(SOL_SOCKET, SO_TXTIME),     OPTION(SOL_SOCKET, SO_ATTACH_BPF),
    OPTION(SOL_PACKET, PACKET_COPY_THRESH), OPTION(SOL_PACKET, PACKET_FANOUT), OPTION(SOL_PACKET, PACKET_VNET_HDR),
};

void missing_option(const char *call, int level, int name) {
  static struct option said[MAX_SAID];
  static int count;
  for (int i = 0; i < count; i++)
    if (said[i].level == level && said[i].name == name)
      return;
  if (count == MAX_SAID)
    return; /* a program that tries so many looks for nothing in particular */
  said[count++] = (struct option){level, name, NULL};
  char numbers[32];
  const char *text = numbers;
  snprintf(numbers, sizeof(numbers), "%d, %d", level, name);
  for (size_t i = 0; i < sizeof(known) / sizeof(*known); i++)
    if (known[i].level == level && known[i].name == name)
      text = known[i].text;
  fprintf(stderr, "pktsock run: %s(%s): ENOPROTOOPT, the component has no such option\n", call, text);
}
