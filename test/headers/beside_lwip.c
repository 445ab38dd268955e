/* C and C++: a file that uses lwIP's sockets and the component's, whose headers it includes in either order. */
/* clang-format off */
#ifdef LWIP_FIRST
#include <lwip/sockets.h>
#include <pktsock/pktsock.h>
#else
#include <pktsock/pktsock.h>
#include <lwip/sockets.h>
#endif
/* clang-format on */

#include <assert.h>
#include <errno.h>

static_assert(PKTSOCK_APART(LWIP_SOCKET_OFFSET, MEMP_NUM_NETCONN), "descriptors overlap");
static_assert(!PKTSOCK_APART(LWIP_SOCKET_OFFSET, MEMP_NUM_NETCONN + 1), "the last of them is the component's first");
static_assert(!PKTSOCK_APART(PKTSOCK_FIRST_DESCRIPTOR + 63, 1), "the component's last");
static_assert(PKTSOCK_APART(PKTSOCK_FIRST_DESCRIPTOR + 64, 1), "behind the component's last");
static_assert(sizeof(struct sockaddr_in) == 16 && sizeof(struct pktsock_sockaddr_ll) == 20, "both have their types");
static_assert(SO_TYPE != PKTSOCK_SO_TYPE, "both have their numbers");

struct pktsock_config config = PKTSOCK_CONFIG;

/* Returns 0 when the calls are the component's, which is not started. */
int main(void) {
  struct sockaddr_in stack = {};
  struct pktsock_sockaddr_ll packet = {};
  struct pktsock_iovec part = {&packet, sizeof(packet)};
  struct pktsock_msghdr message = {};
  stack.sin_family = AF_INET;
  packet.sll_family = PKTSOCK_AF_PACKET;
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  if (pktsock_socket(stack.sin_family, PKTSOCK_SOCK_RAW, 0) != -1 || errno != EAFNOSUPPORT)
    return 1;
  if (pktsock_socket(PKTSOCK_AF_PACKET, PKTSOCK_SOCK_RAW, 0) != -1 || errno != ENETDOWN)
    return 2;
  if (pktsock_bind(PKTSOCK_FIRST_DESCRIPTOR, (struct pktsock_sockaddr *)&packet, sizeof(packet)) != -1 ||
      errno != EBADF)
    return 3;
  if (pktsock_recvmsg(PKTSOCK_FIRST_DESCRIPTOR, &message, PKTSOCK_MSG_DONTWAIT) != -1 || errno != EBADF)
    return 4;
  return config.frames == PKTSOCK_FRAMES ? 0 : 5;
}
