/* The interface as the program sees it: its own name and index, and an IPv4 address that is reported for it. */
#include "server.h"

#include <pktsock/pktsock.h>

#include <arpa/inet.h>
#include <errno.h>
#include <limits.h>
#include <linux/if_packet.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

#define COMPONENT_NAME "eth0"

static char ifname[IFNAMSIZ];
static int ifindex, component_index;
static struct in_addr address, netmask;
static bool has_address;

static bool parse_address(const char *text) {
  char dotted[INET_ADDRSTRLEN];
  unsigned prefix;
  char rest;
  if (sscanf(text, "%15[0-9.]/%u%c", dotted, &prefix, &rest) != 2 || prefix > 32)
    return false;
  netmask.s_addr = prefix == 0 ? 0 : htonl(UINT32_MAX << (32 - prefix));
  return inet_pton(AF_INET, dotted, &address) == 1;
}

bool view_set(const char *name, unsigned index, const char *text) {
  snprintf(ifname, sizeof(ifname), "%s", name);
  ifindex = (int)index;
  component_index = (int)pktsock_if_nametoindex(COMPONENT_NAME);
  has_address = text != NULL;
  return text == NULL || parse_address(text);
}

int view_to_component(int index) { return index == 0 ? 0 : index == ifindex ? component_index : INT_MAX; }

int view_to_program(int index) { return index == component_index ? ifindex : index; }

static void replace_index(uint8_t *bytes, size_t len, int (*replace)(int)) {
  const size_t at = offsetof(struct sockaddr_ll, sll_ifindex);
  int index;
  if (len < at + sizeof(index))
    return;
  memcpy(&index, bytes + at, sizeof(index));
  index = replace(index);
  memcpy(bytes + at, &index, sizeof(index));
}

void view_address_to_component(uint8_t *bytes, size_t len) { replace_index(bytes, len, view_to_component); }

void view_address_to_program(uint8_t *bytes, size_t len) { replace_index(bytes, len, view_to_program); }

void view_name_to_component(char *name) {
  if (strncmp(name, ifname, IFNAMSIZ) == 0)
    strncpy(name, COMPONENT_NAME, IFNAMSIZ);
  else if (name[0] != '\0')
    memset(name, '?', IFNAMSIZ - 1); /* the component's own name is not the program's */
}

/* SIOCGIFADDR and related requests: the component has no network layer to answer them. */
static bool get_address(unsigned long request, struct ifreq *argument) {
  struct sockaddr_in in = {.sin_family = AF_INET};
  if (!has_address || strncmp(argument->ifr_name, ifname, IFNAMSIZ) != 0)
    return false;
  switch (request) {
  case SIOCGIFADDR: in.sin_addr = address; break;
  case SIOCGIFNETMASK: in.sin_addr = netmask; break;
  case SIOCGIFBRDADDR: in.sin_addr.s_addr = address.s_addr | ~netmask.s_addr; break;
  default: return false;
  }
  memcpy(&argument->ifr_addr, &in, sizeof(in));
  return true;
}

int view_ioctl(int socket, unsigned long request, struct ifreq *argument) {
  char name[IFNAMSIZ];
  memcpy(name, argument->ifr_name, sizeof(name));
  if (get_address(request, argument))
    return 0;
  if (request == SIOCGIFNAME)
    argument->ifr_ifindex = view_to_component(argument->ifr_ifindex);
  else
    view_name_to_component(argument->ifr_name);
  int result = pktsock_ioctl(socket, request, argument);
  memcpy(argument->ifr_name, request == SIOCGIFNAME && result == 0 ? ifname : name, sizeof(name));
  if (result == 0 && request == SIOCGIFINDEX)
    argument->ifr_ifindex = ifindex;
  return result;
}
