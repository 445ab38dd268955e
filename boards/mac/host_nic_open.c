/* The two kinds of descriptors for host_nic.c. */
#include <pktsock/host_nic.h>

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/if.h>
#include <linux/if_tun.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

static int fail(int fd) {
  int error = errno;
  if (fd >= 0)
    close(fd);
  return -error;
}

int host_nic_open_tap(const char *argument) {
  struct ifreq request = {.ifr_flags = IFF_TAP | IFF_NO_PI};
  if (strlen(argument) == 0 || strlen(argument) >= sizeof(request.ifr_name))
    return -EINVAL;
  strcpy(request.ifr_name, argument);
  int fd = open("/dev/net/tun", O_RDWR | O_CLOEXEC);
  if (fd < 0 || ioctl(fd, TUNSETIFF, &request) < 0)
    return fail(fd);
  return fd;
}

int host_nic_open_udp(const char *argument) {
  unsigned short local, remote;
  char rest;
  if (sscanf(argument, "%hu:%hu%c", &local, &remote, &rest) != 2)
    return -EINVAL;
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
  int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  if (fd < 0)
    return fail(fd);
  address.sin_port = htons(local);
  if (bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
    return fail(fd);
  address.sin_port = htons(remote);
  if (connect(fd, (struct sockaddr *)&address, sizeof(address)) < 0)
    return fail(fd);
  return fd;
}
