/* if_nametoindex(3) and its family. */
#include "component.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

unsigned int pktsock_if_nametoindex(const char *name) {
  int32_t index = -PKT_ENODEV;
  if (name == NULL)
    return pkt_fail(-PKT_EFAULT), 0;
  pkt_os_lock();
  if (pkt_component.control != NULL && pkt_put_name(name))
    index = pkt_call(&pkt_export_ifaceIndex, 0, 0, 0, 0);
  pkt_os_unlock();
  if (index >= 0)
    return (unsigned)index;
  pkt_fail(index);
  return 0;
}

char *pktsock_if_indextoname(unsigned int index, char *name) {
  pkt_os_lock();
  bool known = pkt_iface_of(index) != NULL, ended = pkt_has_ended();
  pkt_os_unlock();
  if (known) {
    pkt_get_name(index, name);
    return name;
  }
  errno = ended ? EIO : ENXIO; /* if_indextoname(3) fails with ENXIO where the others fail with ENODEV */
  return NULL;
}

struct pktsock_if_nameindex *pktsock_if_nameindex(void) {
  const unsigned room = PKTSOCK_INTERFACES;
  unsigned count = 0;
  size_t entries = (room + 1) * sizeof(struct pktsock_if_nameindex);
  struct pktsock_if_nameindex *list = malloc(entries + room * PKT_IFNAMSIZ);
  if (list == NULL) {
    errno = ENOBUFS;
    return NULL;
  }
  char *names = (char *)list + entries;
  pkt_os_lock();
  bool ended = pkt_has_ended();
  for (; count < pkt_component.mac_count; count++) {
    list[count].if_index = count + 1;
    list[count].if_name = names + count * PKT_IFNAMSIZ;
    pkt_get_name(count + 1, list[count].if_name);
  }
  pkt_os_unlock();
  if (ended) {
    free(list);
    errno = EIO;
    return NULL;
  }
  list[count] = (struct pktsock_if_nameindex){0, NULL};
  return list;
}

void pktsock_if_freenameindex(struct pktsock_if_nameindex *list) { free(list); }
