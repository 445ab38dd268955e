/* The clock of an interface's MAC. Errors are the platform's: the module has no part in it. */
#include "component.h"

#include <time.h>

#define NS_PER_S 1000000000
#define CLOCK_NS (NS_PER_S * ((int64_t)UINT32_MAX + 1)) /* all times of a clock */

/* Takes the lock. Returns the interface's MAC, or NULL and -errno in *result if none has a clock. */
static struct pkt_mac *begin_with_clock(unsigned ifindex, int *result) {
  pkt_os_lock();
  struct pkt_mac *mac = ifindex - 1 < pkt_component.mac_count ? pkt_component.macs[ifindex - 1] : NULL;
  if (mac != NULL && mac->ops->clock != NULL)
    return mac;
  *result = mac == NULL ? -ENODEV : -EOPNOTSUPP;
  return NULL;
}

/* Releases the lock and reports `result`. */
static int finish(int result) {
  pkt_os_unlock();
  if (result >= 0)
    return 0;
  errno = -result;
  return -1;
}

static int get_ns(struct pkt_mac *mac, int64_t *ns) {
  struct pkt_time now = {.nsec = NS_PER_S};
  int result = mac->ops->clock->get(mac, &now);
  *ns = (int64_t)now.sec * NS_PER_S + now.nsec;
  return result < 0 ? result : now.nsec < NS_PER_S ? 0 : -EIO;
}

int pktsock_clock_gettime(unsigned ifindex, struct timespec *time) {
  int result;
  int64_t ns;
  struct pkt_mac *mac = begin_with_clock(ifindex, &result);
  if (mac != NULL)
    result = time == NULL ? -EFAULT : get_ns(mac, &ns);
  if (result == 0)
    *time = (struct timespec){.tv_sec = (time_t)(ns / NS_PER_S), .tv_nsec = (long)(ns % NS_PER_S)};
  return finish(result);
}

static int set(struct pkt_mac *mac, const struct timespec *time) {
  if (time == NULL)
    return -EFAULT;
  if (time->tv_sec < 0 || (uint64_t)time->tv_sec > UINT32_MAX || time->tv_nsec < 0 || time->tv_nsec >= NS_PER_S)
    return -EINVAL;
  struct pkt_time wanted = {.sec = (uint32_t)time->tv_sec, .nsec = (uint32_t)time->tv_nsec};
  return mac->ops->clock->set(mac, &wanted);
}

int pktsock_clock_settime(unsigned ifindex, const struct timespec *time) {
  int result;
  struct pkt_mac *mac = begin_with_clock(ifindex, &result);
  if (mac != NULL)
    result = set(mac, time);
  return finish(result);
}

static int step(struct pkt_mac *mac, int64_t ns) {
  int64_t now;
  int result = get_ns(mac, &now);
  if (result < 0)
    return result;
  return ns < -now || ns >= CLOCK_NS - now ? -EINVAL : mac->ops->clock->step(mac, ns);
}

int pktsock_clock_step(unsigned ifindex, int64_t ns) {
  int result;
  struct pkt_mac *mac = begin_with_clock(ifindex, &result);
  if (mac != NULL)
    result = step(mac, ns);
  return finish(result);
}

static int adjust(struct pkt_mac *mac, int32_t ppb) {
  const struct pkt_clock_ops *clock = mac->ops->clock;
  return ppb > clock->max_ppb || ppb < -clock->max_ppb ? -ERANGE : clock->adjust(mac, ppb);
}

int pktsock_clock_adjust(unsigned ifindex, int32_t ppb) {
  int result;
  struct pkt_mac *mac = begin_with_clock(ifindex, &result);
  if (mac != NULL)
    result = adjust(mac, ppb);
  return finish(result);
}
