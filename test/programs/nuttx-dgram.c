/* The DGRAM program of NuttX's page on packet sockets, word for word, with what it takes for granted around it. */
#include <arpa/inet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <netpacket/packet.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BUFSIZE 600

int main(void) {
  printf("ready\n");
#include "nuttx-dgram.inc"
  printf("done\n");
  return 0;
}
