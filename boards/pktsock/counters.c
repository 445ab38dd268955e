/* The counters of an interface and of a socket. */
#include "component.h"

#include <string.h>

int pktsock_counters(unsigned ifindex, struct pktsock_counters *counters) {
  if (counters == NULL)
    return pkt_fail(-PKT_EFAULT);
  pkt_os_lock();
  /* After the last trap, too, when no driver runs any more. */
  const struct pkt_mac *mac = ifindex - 1 < PKTSOCK_INTERFACES ? pkt_component.macs[ifindex - 1] : NULL;
  const struct pkt_iface *iface = mac != NULL ? mac->iface : NULL;
  if (iface != NULL)
    *counters = (struct pktsock_counters){
        .rx_frames = iface->rx_frames,
        .tx_frames = iface->tx_frames,
        .rx_no_frame = iface->rx_no_frame,
        .rx_pool_empty = iface->rx_pool_empty,
        .rx_too_short = iface->rx_too_short,
        .rx_too_long = iface->rx_too_long,
        .rx_errors = iface->rx_errors,
        .rx_iface_down = iface->rx_iface_down,
        .tx_errors = iface->tx_errors,
        .mac_restarts = mac->restarts,
        .ring_faults = iface->ring_faults,
        .traps = pkt_component.engine.traps,
        .recoveries = pkt_component.recoveries,
        .lost_frames = pkt_component.lost_frames,
        .lost_sockets = pkt_component.lost_sockets,
    };
  pkt_os_unlock();
  return iface != NULL ? 0 : pkt_fail(-PKT_ENODEV);
}

int pktsock_socket_counters(int fd, struct pktsock_socket_counters *counters) {
  static_assert(sizeof(*counters) == 7 * sizeof(uint32_t), "the words that socketCounters() writes");
  if (counters == NULL)
    return pkt_fail(-PKT_EFAULT);
  pkt_os_lock();
  uint32_t socket = pkt_socket_of(fd);
  int32_t result = socket != 0 ? pkt_call(&pkt_export_socketCounters, socket, 0, 0, 0) : pkt_no_socket(fd);
  if (result >= 0)
    memcpy(counters, pkt_exchange(), sizeof(*counters));
  pkt_os_unlock();
  return result < 0 ? pkt_fail(result) : 0;
}
