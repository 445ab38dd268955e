/* Sends frames on an interface, as they are. Arguments: its name, and the frames in hexadecimal. */
#include <net/if.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>

int main(int argc, char **argv) {
  struct sockaddr_ll to = {.sll_family = AF_PACKET, .sll_ifindex = argc > 1 ? (int)if_nametoindex(argv[1]) : 0};
  int fd = socket(AF_PACKET, SOCK_RAW, 0);
  for (int i = 2; i < argc; i++) {
    unsigned char frame[1518];
    size_t len = 0;
    while (len < sizeof(frame) && sscanf(argv[i] + 2 * len, "%2hhx", &frame[len]) == 1)
      len++;
    if (sendto(fd, frame, len, 0, (struct sockaddr *)&to, sizeof(to)) != (ssize_t)len)
      return perror(argv[1]), 1;
  }
  return 0;
}
