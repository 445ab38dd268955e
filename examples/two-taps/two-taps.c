/* Two sockets tap all frames of eth0. One reads each frame at once; the other one never reads. The slow tap loses frames, and
 * its statistics say how many; the fast one loses none. */
#include <arpa/inet.h>
#include <linux/if_packet.h>
#include <net/ethernet.h>
#include <net/if.h>
#include <stdio.h>
#include <sys/socket.h>

#define REPORT_AFTER 4

static int open_tap(const char *name) {
  struct sockaddr_ll address = {
      .sll_family = AF_PACKET,
      .sll_protocol = htons(ETH_P_ALL),
      .sll_ifindex = (int)if_nametoindex(name),
  };
  int sd = socket(AF_PACKET, SOCK_RAW, 0);
  return sd >= 0 && bind(sd, (struct sockaddr *)&address, sizeof(address)) == 0 ? sd : -1;
}

/* The numbers begin at 0 again with each call. tp_packets counts the lost frames, too. */
static void report(const char *who, int sd) {
  struct tpacket_stats stats;
  socklen_t len = sizeof(stats);
  if (getsockopt(sd, SOL_PACKET, PACKET_STATISTICS, &stats, &len) == 0)
    printf("%s tap: %u frames, %s\n", who, stats.tp_packets, stats.tp_drops == 0 ? "none lost" : "some lost");
}

int main(void) {
  int fast = open_tap("eth0"), slow = open_tap("eth0");
  /* As small a queue as can be, so that it is soon full. */
  int room = 1;
  if (fast < 0 || slow < 0 || setsockopt(slow, SOL_SOCKET, SO_RCVBUF, &room, sizeof(room)) < 0) {
    perror("eth0");
    return 1;
  }
  printf("tapping\n");

  for (;;) {
    static unsigned char frame[ETH_FRAME_LEN];
    for (int i = 0; i < REPORT_AFTER; i++)
      if (recv(fast, frame, sizeof(frame), 0) < 0)
        perror("recv");
    report("fast", fast);
    report("slow", slow);
  }
}
