/* After the last trap: prints the errno of every call, then whether the descriptors close. */
#include "inject.h"
#include <pktsock/pktsock.h>
#include <pktsock/select.h>

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static int fd;
static uint8_t bytes[64];
static struct pktsock_frame frame;

/* What a call returned, and its errno; ALL is what it returns on failure. */
static void said(const char *name, long result, long failure) {
  printf("%s: %s %s\n", name, result == failure ? "fails" : "succeeds",
         result != failure ? "-"
         : errno == EIO    ? "EIO"
         : errno == EBADF  ? "EBADF"
                           : "another errno");
  errno = 0;
}

static void control(const char *name, unsigned long request) {
  struct pktsock_ifreq argument = {.ifr_ifrn.ifrn_name = "eth0"};
  said(name, pktsock_ioctl(fd, request, &argument), -1);
}

static void poll_it(void) {
  struct pktsock_pollfd polled = {.fd = fd, .events = PKTSOCK_POLLIN};
  int result = pktsock_poll(&polled, 1, -1);
  printf("poll: %d %#x\n", result, (unsigned)polled.revents);
  fd_set readable;
  FD_ZERO(&readable);
  FD_SET(fd, &readable);
  printf("select: %d\n", pktsock_select(fd + 1, &readable, NULL, NULL, NULL));
}

static void call_all(void) {
  struct pktsock_sockaddr_ll address = {.sll_family = PKTSOCK_AF_PACKET, .sll_ifindex = 1};
  struct pktsock_sockaddr *name = (struct pktsock_sockaddr *)&address;
  pktsock_socklen_t len = sizeof(address);
  struct pktsock_iovec part = {bytes, sizeof(bytes)};
  struct pktsock_msghdr message = {.msg_iov = &part, .msg_iovlen = 1};
  struct pktsock_socket_counters counters;
  struct pktsock_ifaddrs *list;
  char text[PKTSOCK_IFNAMSIZ];
  int on = 1;
  said("socket", pktsock_socket(PKTSOCK_AF_PACKET, PKTSOCK_SOCK_RAW, 0x0300), -1);
  said("stack", pktsock_stack(1), -1);
  said("bind", pktsock_bind(fd, name, sizeof(address)), -1);
  said("getsockname", pktsock_getsockname(fd, name, &len), -1);
  said("getpeername", pktsock_getpeername(fd, name, &len), -1);
  said("connect", pktsock_connect(fd, name, sizeof(address)), -1);
  said("listen", pktsock_listen(fd, 1), -1);
  said("accept", pktsock_accept(fd, name, &len), -1);
  said("shutdown", pktsock_shutdown(fd, 0), -1);
  said("send", pktsock_send(fd, bytes, sizeof(bytes), 0), -1);
  said("sendto", pktsock_sendto(fd, bytes, sizeof(bytes), 0, name, sizeof(address)), -1);
  said("sendmsg", pktsock_sendmsg(fd, &message, 0), -1);
  said("recv", pktsock_recv(fd, bytes, sizeof(bytes), 0), -1);
  said("recv, not waiting", pktsock_recv(fd, bytes, sizeof(bytes), PKTSOCK_MSG_DONTWAIT), -1);
  said("recvfrom", pktsock_recvfrom(fd, bytes, sizeof(bytes), 0, name, &len), -1);
  said("recvmsg", pktsock_recvmsg(fd, &message, 0), -1);
  said("peek", pktsock_peek(fd, &frame, 0), -1);
  said("reserve", pktsock_reserve(fd, &frame, 0), -1);
  said("submit", pktsock_submit(fd, &frame), -1);
  said("release", pktsock_release(fd, &frame), -1);
  said("setsockopt", pktsock_setsockopt(fd, PKTSOCK_SOL_SOCKET, PKTSOCK_SO_PRIORITY, &on, sizeof(on)), -1);
  len = sizeof(on);
  said("getsockopt", pktsock_getsockopt(fd, PKTSOCK_SOL_SOCKET, PKTSOCK_SO_PRIORITY, &on, &len), -1);
  said("fcntl F_GETFL", pktsock_fcntl(fd, F_GETFL, 0L), -1);
  said("fcntl F_SETFL", pktsock_fcntl(fd, F_SETFL, (long)O_NONBLOCK), -1);
  control("SIOCGIFINDEX", PKTSOCK_SIOCGIFINDEX);
  control("SIOCGIFFLAGS", PKTSOCK_SIOCGIFFLAGS);
  control("SIOCGIFHWADDR", PKTSOCK_SIOCGIFHWADDR);
  control("SIOCGIFCONF", PKTSOCK_SIOCGIFCONF);
  control("SIOCADDMULTI", PKTSOCK_SIOCADDMULTI);
  control("SIOCOUTQ", PKTSOCK_SIOCOUTQ);
  control("FIONREAD", PKTSOCK_FIONREAD);
  control("FIONBIO", PKTSOCK_FIONBIO);
  control("SIOCGSTAMP", PKTSOCK_SIOCGSTAMP);
  said("socket_counters", pktsock_socket_counters(fd, &counters), -1);
  said("if_nametoindex", pktsock_if_nametoindex("eth0"), 0);
  said("if_indextoname", pktsock_if_indextoname(1, text) != NULL, 0);
  said("if_nameindex", pktsock_if_nameindex() != NULL, 0);
  said("getifaddrs", pktsock_getifaddrs(&list), -1);
  poll_it();
}

int main(void) {
  struct pktsock_sockaddr_ll eth0 = {.sll_family = PKTSOCK_AF_PACKET, .sll_protocol = 0x0300, .sll_ifindex = 1};
  struct pktsock_counters counters = {0};
  fd = pktsock_socket(PKTSOCK_AF_PACKET, PKTSOCK_SOCK_RAW, 0);
  int other = pktsock_socket(PKTSOCK_AF_PACKET, PKTSOCK_SOCK_DGRAM, 0x0300);
  pktsock_bind(fd, (struct pktsock_sockaddr *)&eth0, sizeof(eth0));
  pktsock_reserve(fd, &frame, 0);
  inject_at = inject_calls + 1;
  inject_lasts = true; /* the module cannot be started again */
  said("the call that traps", pktsock_send(other, bytes, sizeof(bytes), 0), -1);
  call_all();
  said("close", pktsock_close(fd), -1);
  said("close the other", pktsock_close(other), -1);
  said("close again", pktsock_close(fd), -1);
  said("recv from the closed one", pktsock_recv(fd, bytes, sizeof(bytes), 0), -1);
  said("counters", pktsock_counters(1, &counters), -1);
  printf("error: %s, traps %u\n", pktsock_error(), (unsigned)counters.traps);
  pktsock_stop();
  printf("end\n");
  return 0;
}
