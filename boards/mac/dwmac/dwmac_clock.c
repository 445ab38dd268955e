/* The IEEE 1588 clock of both generations of the DesignWare MAC: it counts nanoseconds in fine correction mode, driven by the
 * bus clock. The registers have the same layout in both; their names here are those of the older one (RM0090, "PTP
 * register descriptions"; RM0433 calls them MACTSCR, MACSSIR, MACSTSR, MACSTNR, MACSTSUR, MACSTNUR and MACTSAR). */
#include "dwmac_common.h"
#include <errno.h>
#include <pktsock/os.h>

enum { PTPTSCR, PTPSSIR, PTPTSHR, PTPTSLR, PTPTSHUR, PTPTSLUR, PTPTSAR }; /* words */

#define PTPTSCR_TSE (1u << 0)
#define PTPTSCR_TSFCU (1u << 1)
#define PTPTSCR_TSSTI (1u << 2)
#define PTPTSCR_TSSTU (1u << 3)
#define PTPTSCR_TTSARU (1u << 5)
#define UPDATES (PTPTSCR_TSSTI | PTPTSCR_TSSTU | PTPTSCR_TTSARU) /* the MAC clears the bit afterwards */
#define PTPTSCR_TSSARFE (1u << 8)
#define PTPTSCR_TSSSR (1u << 9)
#define PTPTSLR_STSS(value) ((value)&0x7fffffff)

enum { UPDATE_US = 1000 }; /* an update takes effect within a few cycles */
#define NS_PER_S 1000000000
#define CLOCK_NS (NS_PER_S * ((int64_t)UINT32_MAX + 1)) /* all times of the clock */

static volatile uint32_t *reg(const struct pkt_mac *mac, unsigned number) {
  return dwmac_core(mac)->clock.registers + number;
}

/* The smallest increment that leaves room for DWMAC_MAX_PPB. */
struct dwmac_clock_rate dwmac_clock_rate(uint32_t bus_hz, int32_t ppb) {
  uint32_t increment = NS_PER_S / (bus_hz - bus_hz / (NS_PER_S / DWMAC_MAX_PPB)) + 1;
  uint64_t addend = ((uint64_t)NS_PER_S << 32) / ((uint64_t)increment * bus_hz);
  addend += (uint64_t)((int64_t)addend * ppb / NS_PER_S);
  return (struct dwmac_clock_rate){.increment = increment, .addend = (uint32_t)addend};
}

/* Is the MAC carrying out an update? The registers must not be written then. */
static bool is_busy(struct pkt_mac *mac) { return (*reg(mac, PTPTSCR) & UPDATES) != 0; }

/* Have the MAC carry out an update. */
static int update(struct pkt_mac *mac, uint32_t what) {
  dwmac_write(reg(mac, PTPTSCR), *reg(mac, PTPTSCR) | what);
  return dwmac_wait_clear(reg(mac, PTPTSCR), what, UPDATE_US);
}

static int update_rate(struct pkt_mac *mac, uint32_t addend) {
  if (is_busy(mac))
    return -EIO;
  *reg(mac, PTPTSAR) = addend;
  return update(mac, PTPTSCR_TTSARU);
}

static int64_t clock_ns(const struct pkt_mac *mac) {
  uint32_t sec = *reg(mac, PTPTSHR), nsec = *reg(mac, PTPTSLR);
  if (*reg(mac, PTPTSHR) != sec) { /* a second ended in between */
    sec = *reg(mac, PTPTSHR);
    nsec = *reg(mac, PTPTSLR);
  }
  return (int64_t)sec * NS_PER_S + PTPTSLR_STSS(nsec);
}

static int64_t now_ns(void) { return (int64_t)pkt_os_now() * 1000; }

static void note_time(struct pkt_mac *mac) { dwmac_core(mac)->clock.ahead = clock_ns(mac) - now_ns(); }

/* `what`: set the time, or add to it. */
static int update_time(struct pkt_mac *mac, uint32_t what, int64_t ns) {
  if (is_busy(mac))
    return -EIO;
  *reg(mac, PTPTSHUR) = (uint32_t)(ns / NS_PER_S);
  *reg(mac, PTPTSLUR) = (uint32_t)(ns % NS_PER_S);
  int result = update(mac, what);
  note_time(mac);
  return result;
}

static void stamp_received(struct pkt_mac *mac) {
  uint32_t control = *reg(mac, PTPTSCR), all = dwmac_core(mac)->clock.stamps_received ? PTPTSCR_TSSARFE : 0;
  if (!is_busy(mac) && (control & PTPTSCR_TSSARFE) != all) /* if it is busy, service() tries again */
    dwmac_write(reg(mac, PTPTSCR), (control & ~PTPTSCR_TSSARFE) | all);
}

struct dwmac_clock dwmac_clock_begin(const struct pkt_mac *mac) {
  const struct dwmac_clock *before = &dwmac_core(mac)->clock;
  uint32_t sec, nsec;
  if (mac->restarting)
    return (struct dwmac_clock){.ppb = before->ppb, .ahead = before->ahead};
  pkt_os_time(&sec, &nsec);
  return (struct dwmac_clock){.ahead = (int64_t)sec * NS_PER_S + nsec - now_ns()};
}

void dwmac_clock_stop(struct pkt_mac *mac) {
  if (dwmac_core(mac)->clock.registers != NULL && dwmac_core(mac)->running)
    note_time(mac);
}

void dwmac_clock_start(struct pkt_mac *mac) {
  struct dwmac_clock *clock = &dwmac_core(mac)->clock;
  if (clock->registers == NULL)
    return;
  struct dwmac_clock_rate rate = dwmac_clock_rate(clock->bus_hz(), clock->ppb);
  uint32_t mode = PTPTSCR_TSE | PTPTSCR_TSSSR; /* counts nanoseconds up to one second */
  dwmac_write(reg(mac, PTPTSCR), mode);
  *reg(mac, PTPSSIR) = rate.increment << clock->increment_shift;
  update_rate(mac, rate.addend);
  dwmac_write(reg(mac, PTPTSCR), mode | PTPTSCR_TSFCU);
  update_time(mac, PTPTSCR_TSSTI, now_ns() + clock->ahead);
  stamp_received(mac);
}

void dwmac_clock_service(struct pkt_mac *mac) {
  if (dwmac_core(mac)->clock.registers == NULL)
    return;
  note_time(mac);
  stamp_received(mac);
}

/* ---- The operations of mac.h ---- */

static int get(struct pkt_mac *mac, struct pkt_time *now) {
  if (!dwmac_core(mac)->running)
    return -EIO;
  int64_t ns = clock_ns(mac);
  *now = (struct pkt_time){.sec = (uint32_t)(ns / NS_PER_S), .nsec = (uint32_t)(ns % NS_PER_S)};
  return 0;
}

static int set(struct pkt_mac *mac, const struct pkt_time *time) {
  if (!dwmac_core(mac)->running)
    return -EIO;
  return update_time(mac, PTPTSCR_TSSTI, (int64_t)time->sec * NS_PER_S + time->nsec);
}

/* Backwards by an addition modulo 2^32 seconds, without the sign bit, about which the manuals disagree: RM0090 has the value
 * subtracted, RM0433 its complement. */
static int step(struct pkt_mac *mac, int64_t ns) {
  if (!dwmac_core(mac)->running)
    return -EIO;
  return update_time(mac, PTPTSCR_TSSTU, ns < 0 ? ns + CLOCK_NS : ns);
}

static int adjust(struct pkt_mac *mac, int32_t ppb) {
  struct dwmac_clock *clock = &dwmac_core(mac)->clock;
  if (!dwmac_core(mac)->running)
    return -EIO;
  int result = update_rate(mac, dwmac_clock_rate(clock->bus_hz(), ppb).addend);
  if (result == 0)
    clock->ppb = ppb;
  return result;
}

static int stamp(struct pkt_mac *mac, bool received, bool sent) {
  struct dwmac_clock *clock = &dwmac_core(mac)->clock;
  clock->stamps_received = received;
  clock->stamps_sent = sent;
  if (dwmac_core(mac)->running) /* otherwise dwmac_clock_start() does it */
    stamp_received(mac);
  return 0;
}

const struct pkt_clock_ops dwmac_clock_ops = {
    .max_ppb = DWMAC_MAX_PPB, .get = get, .set = set, .step = step, .adjust = adjust, .stamp = stamp};
