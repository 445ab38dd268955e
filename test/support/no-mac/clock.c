/* Checks pktsock.h's description of the MAC's clock: what reaches a driver, what does not, and with which errno. eth0's driver
 * has a clock, eth1's none. Ends with 0 if all holds. */
#include "../../../boards/mac/template.h"
#include "board.h"
#include <errno.h>
#include <pktsock/pktsock.h>
#include <stdio.h>
#include <time.h>

extern struct template_config eth1_config;

static unsigned failures, calls;
static struct pkt_time of_mac;
static int64_t moved;
static int32_t rate;
static int outcome; /* of the driver's operations */

#define CHECK(condition) ((condition) ? (void)0 : (void)(failures++, printf("line %d: not %s\n", __LINE__, #condition)))
#define FAILS(call, number) CHECK((errno = 0, (call) == -1) && errno == (number))

static int get(struct pkt_mac *mac, struct pkt_time *now) {
  (void)mac;
  *now = of_mac;
  return outcome;
}

static int set(struct pkt_mac *mac, const struct pkt_time *time) {
  (void)mac;
  calls++;
  of_mac = *time;
  return outcome;
}

static int step(struct pkt_mac *mac, int64_t ns) {
  (void)mac;
  calls++;
  moved = ns;
  return outcome;
}

static int adjust(struct pkt_mac *mac, int32_t ppb) {
  (void)mac;
  calls++;
  rate = ppb;
  return outcome;
}

static const struct pkt_clock_ops clock_ops = {.max_ppb = 500, .get = get, .set = set, .step = step, .adjust = adjust};

static bool is_time(int64_t sec, long nsec) {
  struct timespec now = {-1, -1};
  return pktsock_clock_gettime(1, &now) == 0 && now.tv_sec == sec && now.tv_nsec == nsec;
}

int main(void) {
  struct timespec time = {5, 6};
  struct pkt_mac_ops ops = template_ops;
  ops.clock = &clock_ops;
  board_mac(0)->ops = &ops;
  eth1_config.present = true;
  FAILS(pktsock_clock_gettime(1, &time), ENODEV);
  CHECK(pktsock_start_board() == 0);

  FAILS(pktsock_clock_gettime(0, &time), ENODEV);
  FAILS(pktsock_clock_settime(3, &time), ENODEV);
  FAILS(pktsock_clock_step(UINT32_MAX, 1), ENODEV);
  FAILS(pktsock_clock_gettime(2, &time), EOPNOTSUPP);
  FAILS(pktsock_clock_settime(2, NULL), EOPNOTSUPP);
  FAILS(pktsock_clock_step(2, 1), EOPNOTSUPP);
  FAILS(pktsock_clock_adjust(2, 0), EOPNOTSUPP);
  FAILS(pktsock_clock_gettime(1, NULL), EFAULT);
  FAILS(pktsock_clock_settime(1, NULL), EFAULT);

  CHECK(pktsock_clock_settime(1, &time) == 0 && of_mac.sec == 5 && of_mac.nsec == 6 && is_time(5, 6));
  time = (struct timespec){UINT32_MAX, 999999999};
  CHECK(pktsock_clock_settime(1, &time) == 0 && is_time(UINT32_MAX, 999999999));
  calls = 0;
  time.tv_nsec = 1000000000;
  FAILS(pktsock_clock_settime(1, &time), EINVAL);
  time.tv_nsec = -1;
  FAILS(pktsock_clock_settime(1, &time), EINVAL);
  time = (struct timespec){-1, 0};
  FAILS(pktsock_clock_settime(1, &time), EINVAL);
  time = (struct timespec){(time_t)1 << 32, 0};
  FAILS(pktsock_clock_settime(1, &time), EINVAL);

  /* Never beyond either end of the clock. */
  FAILS(pktsock_clock_step(1, 1), EINVAL);
  FAILS(pktsock_clock_step(1, INT64_MAX), EINVAL);
  FAILS(pktsock_clock_step(1, INT64_MIN), EINVAL);
  FAILS(pktsock_clock_adjust(1, 501), ERANGE);
  FAILS(pktsock_clock_adjust(1, -501), ERANGE);
  FAILS(pktsock_clock_adjust(1, INT32_MIN), ERANGE);
  of_mac = (struct pkt_time){5, 6};
  FAILS(pktsock_clock_step(1, -5000000007), EINVAL);
  CHECK(calls == 0);
  CHECK(pktsock_clock_step(1, -5000000006) == 0 && moved == -5000000006);
  CHECK(pktsock_clock_step(1, 4294967290999999993) == 0 && moved == 4294967290999999993);
  CHECK(pktsock_clock_adjust(1, 500) == 0 && rate == 500);
  CHECK(pktsock_clock_adjust(1, -500) == 0 && rate == -500);

  /* A driver's errors, and a time that is none. */
  outcome = -EIO;
  FAILS(pktsock_clock_gettime(1, &time), EIO);
  FAILS(pktsock_clock_settime(1, &(struct timespec){1, 1}), EIO);
  FAILS(pktsock_clock_step(1, 1), EIO);
  FAILS(pktsock_clock_adjust(1, 1), EIO);
  outcome = 0;
  of_mac.nsec = 1000000000;
  FAILS(pktsock_clock_gettime(1, &time), EIO);
  calls = 0;
  FAILS(pktsock_clock_step(1, 1), EIO);
  CHECK(calls == 0);

  pktsock_stop();
  FAILS(pktsock_clock_adjust(1, 0), ENODEV);
  CHECK(pktsock_start_board() == 0);
  of_mac.nsec = 0;
  CHECK(is_time(1, 0));
  pktsock_stop();
  return failures != 0;
}
