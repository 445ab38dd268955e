/* The private network of `pktsock run --private`: a network namespace with interfaces that replace the board's,
 * so that the kernel's answers (netlink, /sys, routes, SO_BINDTODEVICE) agree with the component's. Frames that the kernel
 * itself sends there are lost: the board has no network stack. */
#define _GNU_SOURCE
#include "server.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/if_tun.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>

bool stand_in_network(void) { return unshare(CLONE_NEWNET) == 0; }

bool stand_in_add(const char *name, unsigned index) {
  struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
  snprintf(request.ifr_name, sizeof(request.ifr_name), "%s", name);
  /* The descriptor stays open, or the interface would have no carrier. */
  int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
  return fd >= 0 && ioctl(fd, TUNSETIFINDEX, &index) == 0 && ioctl(fd, TUNSETIFF, &request) == 0;
}
