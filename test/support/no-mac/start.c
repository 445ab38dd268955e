/* Checks mac.h's description of a MAC that does not answer: pktsock_start() fails with EIO and a sentence, started MACs are
 * stopped again, and a second try can succeed. Ends with 0 if all holds. */
#include "../../../boards/mac/template.h"
#include "board.h"
#include <errno.h>
#include <net/if.h>
#include <pktsock/pktsock.h>
#include <stdio.h>
#include <sys/socket.h>

extern struct template_config eth1_config;
extern struct template_state eth0_state, eth1_state;

static unsigned failures;

#define CHECK(condition) ((condition) ? (void)0 : (void)(failures++, printf("line %d: not %s\n", __LINE__, #condition)))

int main(void) {
  CHECK(pktsock_start_board() == -1 && errno == EIO);
  CHECK(!eth0_state.started && !eth1_state.started);
  CHECK(if_nametoindex("eth0") == 0 && socket(AF_PACKET, SOCK_RAW, 0) < 0);

  eth1_config.present = true;
  CHECK(pktsock_start_board() == 0);
  CHECK(eth0_state.started && eth1_state.started);
  CHECK(if_nametoindex("eth0") == 1 && if_nametoindex("eth1") == 2);
  CHECK(pktsock_start_board() == -1 && errno == EALREADY && pktsock_error() != NULL);
  CHECK(eth0_state.started && socket(AF_PACKET, SOCK_RAW, 0) >= 0);
  pktsock_stop();
  CHECK(!eth0_state.started && !eth1_state.started);
  return failures != 0;
}
