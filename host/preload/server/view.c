/* The interfaces as the program sees them: with names and indices of its own, and IPv4 addresses that are reported for them. */
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

static struct view {
  char name[IFNAMSIZ], component_name[IFNAMSIZ];
  int index, component_index;
  bool has_address;
  struct in_addr address, netmask;
} views[PRELOAD_INTERFACES];
static unsigned count;

static bool parse_address(struct view *view, const char *text) {
  char dotted[INET_ADDRSTRLEN];
  unsigned prefix;
  char rest;
  if (sscanf(text, "%15[0-9.]/%u%c", dotted, &prefix, &rest) != 2 || prefix > 32)
    return false;
  view->netmask.s_addr = prefix == 0 ? 0 : htonl(UINT32_MAX << (32 - prefix));
  view->has_address = true;
  return inet_pton(AF_INET, dotted, &view->address) == 1;
}

bool view_set(unsigned which, const char *name, unsigned index, const char *text) {
  if (which >= PRELOAD_INTERFACES)
    return false;
  struct view *view = &views[which];
  *view = (struct view){.index = (int)index};
  count = which + 1;
  snprintf(view->name, sizeof(view->name), "%s", name);
  snprintf(view->component_name, sizeof(view->component_name), "eth%u", which);
  view->component_index = (int)pktsock_if_nametoindex(view->component_name);
  return view->component_index != 0 && (text == NULL || parse_address(view, text));
}

/* The interface of that name or index, as the program knows it, or NULL. */
static const struct view *named(const char *name) {
  for (unsigned i = 0; i < count; i++)
    if (strncmp(name, views[i].name, IFNAMSIZ) == 0)
      return &views[i];
  return NULL;
}

static const struct view *numbered(int index) {
  for (unsigned i = 0; i < count; i++)
    if (views[i].index == index)
      return &views[i];
  return NULL;
}

int view_to_component(int index) {
  const struct view *view = numbered(index);
  return index == 0 ? 0 : view != NULL ? view->component_index : INT_MAX;
}

int view_to_program(int index) {
  for (unsigned i = 0; i < count; i++)
    if (views[i].component_index == index)
      return views[i].index;
  return index;
}

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
  const struct view *view = named(name);
  if (view != NULL)
    memcpy(name, view->component_name, IFNAMSIZ);
  else if (name[0] != '\0')
    memset(name, '?', IFNAMSIZ - 1); /* the component's own name is not the program's */
}

/* SIOCGIFADDR and related requests: the component has no network layer to answer them. */
static bool get_address(unsigned long request, struct ifreq *argument) {
  const struct view *view = named(argument->ifr_name);
  struct sockaddr_in in = {.sin_family = AF_INET};
  if (view == NULL || !view->has_address)
    return false;
  switch (request) {
  case SIOCGIFADDR: in.sin_addr = view->address; break;
  case SIOCGIFNETMASK: in.sin_addr = view->netmask; break;
  case SIOCGIFBRDADDR: in.sin_addr.s_addr = view->address.s_addr | ~view->netmask.s_addr; break;
  default: return false;
  }
  memcpy(&argument->ifr_addr, &in, sizeof(in));
  return true;
}

int view_ioctl(int socket, unsigned long request, struct ifreq *argument) {
  if (get_address(request, argument))
    return 0;
  const bool by_index = request == SIOCGIFNAME;
  const struct view *view = by_index ? numbered(argument->ifr_ifindex) : named(argument->ifr_name);
  char name[IFNAMSIZ];
  memcpy(name, argument->ifr_name, sizeof(name));
  if (by_index)
    argument->ifr_ifindex = view_to_component(argument->ifr_ifindex);
  else
    view_name_to_component(argument->ifr_name);
  int result = pktsock_ioctl(socket, request, argument);
  memcpy(argument->ifr_name, by_index && result == 0 && view != NULL ? view->name : name, sizeof(name));
  if (result == 0 && request == SIOCGIFINDEX && view != NULL)
    argument->ifr_ifindex = view->index;
  return result;
}
