/* STM32H7 Ethernet MAC: start, stop, MDIO, address filter, IEEE 1588 clock. */
#include "../common/address.h"
#include "../common/dma.h"
#include "dwmac_h7_internal.h"
#include "dwmac_h7_regs.h"
#include <errno.h>
#include <pktsock/os.h>
#include <pktsock/ring.h>
#include <string.h>

enum {
  CLOCK_US = 1000,    /* the IEEE 1588 clock takes an update over within a few cycles */
  EXACT_ADDRESSES = 3 /* beside its own */
};

/* What the interrupt handler answers to: reception, transmission, out of descriptors, bus error. */
#define INTERRUPTS (DMACSR_NIS | DMACSR_AIS | DMACSR_TI | DMACSR_RI | DMACSR_RBU | DMACSR_FBE)

static volatile uint32_t *reg(const struct pkt_mac *mac, unsigned offset) { return dwmac_h7_reg(mac, offset); }

/* MDC is at most 2.5 MHz: the divider of each range of the bus clock (MACMDIOAR.CR). */
static uint32_t mdc_range(uint32_t hz) {
  if (hz < 35000000)
    return 2; /* 16 */
  if (hz < 60000000)
    return 3; /* 26 */
  if (hz < 100000000)
    return 0; /* 42 */
  if (hz < 150000000)
    return 1; /* 62 */
  return hz < 250000000 ? 4 /* 102 */ : 5 /* 124 */;
}

static int mdio(struct pkt_mac *mac, unsigned phy, unsigned number, uint32_t operation) {
  if (*reg(mac, MACMDIOAR) & MACMDIOAR_MB) /* an access that was given up is not over: nothing may be written */
    return -EIO;
  *reg(mac, MACMDIOAR) = phy << MACMDIOAR_PA_SHIFT | number << MACMDIOAR_RDA_SHIFT |
                         mdc_range(dwmac_h7_config(mac)->bus_clock()) << MACMDIOAR_CR_SHIFT | operation | MACMDIOAR_MB;
  return dwmac_wait_clear(reg(mac, MACMDIOAR), MACMDIOAR_MB, DWMAC_MDIO_US);
}

static int mdio_read(struct pkt_mac *mac, unsigned phy, unsigned number) {
  int error = mdio(mac, phy, number, MACMDIOAR_GOC_READ);
  return error != 0 ? error : (int)(*reg(mac, MACMDIODR) & 0xffff);
}

static int mdio_write(struct pkt_mac *mac, unsigned phy, unsigned number, uint16_t value) {
  *reg(mac, MACMDIODR) = value;
  return mdio(mac, phy, number, MACMDIOAR_GOC_WRITE);
}

static const struct phy_bus phy_bus = {.read = mdio_read, .write = mdio_write};

static void write_address(struct pkt_mac *mac, unsigned number, const uint8_t *address) {
  dwmac_write(reg(mac, MACAHR(number)), address != NULL ? pkt_address_high(address) | MACAHR_AE : 0);
  dwmac_write(reg(mac, MACALR(number)), address != NULL ? pkt_address_low(address) : 0); /* this one takes both over */
}

static void write_filter(struct pkt_mac *mac) {
  const struct dwmac_filter *filter = &dwmac_h7_state(mac)->filter;
  for (unsigned i = 0; i < EXACT_ADDRESSES; i++)
    write_address(mac, i + 1, i < filter->exact_count ? filter->exact[i] : NULL);
  dwmac_write(reg(mac, MACHT0R), filter->hash[0]);
  dwmac_write(reg(mac, MACHT1R), filter->hash[1]);
  dwmac_write(reg(mac, MACPFR), MACPFR_HPF | (filter->promiscuous ? MACPFR_PR : 0) |
                                    (filter->all_multicast ? MACPFR_PM : 0) | (filter->hash_unicast ? MACPFR_HUC : 0) |
                                    (filter->hash_multicast ? MACPFR_HMC : 0));
}

static void dwmac_h7_set_filter(struct pkt_mac *mac, const struct pkt_mac_filter *filter) {
  struct dwmac_h7 *s = dwmac_h7_state(mac);
  dwmac_split_filter(&s->filter, filter, EXACT_ADDRESSES, true);
  if (s->recovery.running) /* else bring_up() does it */
    write_filter(mac);
}

static void set_time(struct pkt_mac *mac) {
  uint32_t sec, nsec;
  pkt_os_time(&sec, &nsec);
  *reg(mac, MACSTSUR) = sec;
  *reg(mac, MACSTNUR) = nsec;
  *reg(mac, MACTSCR) |= MACTSCR_TSINIT;
  dwmac_wait_clear(reg(mac, MACTSCR), MACTSCR_TSINIT, CLOCK_US);
}

static void start_clock(struct pkt_mac *mac) {
  struct dwmac_clock_rate rate = dwmac_clock_rate(dwmac_h7_config(mac)->bus_clock());
  uint32_t mode = MACTSCR_TSENA | MACTSCR_TSCTRLSSR; /* in nanoseconds that roll over at a second */
  *reg(mac, MACTSCR) = mode;
  *reg(mac, MACSSIR) = rate.increment << MACSSIR_SSINC_SHIFT;
  *reg(mac, MACTSAR) = rate.addend;
  *reg(mac, MACTSCR) = mode | MACTSCR_TSADDREG;
  dwmac_wait_clear(reg(mac, MACTSCR), MACTSCR_TSADDREG, CLOCK_US);
  *reg(mac, MACTSCR) = mode | MACTSCR_TSCFUPDT;
  set_time(mac);
  dwmac_h7_state(mac)->stamping = false;
}

/* Follow the wall clock, and stamp frames only while a socket wants it: a stamped frame takes two descriptors. */
static void follow_clock(struct pkt_mac *mac) {
  struct dwmac_h7 *s = dwmac_h7_state(mac);
  uint32_t sec = *reg(mac, MACSTSR), nsec = *reg(mac, MACSTNR);
  if (*reg(mac, MACSTSR) == sec && dwmac_clock_is_off(sec, nsec)) /* else a second ended between the two reads */
    set_time(mac);
  bool wanted = mac->iface->stamping != 0;
  if (wanted == s->stamping)
    return;
  *reg(mac, MACTSCR) = (*reg(mac, MACTSCR) & ~MACTSCR_TSENALL) | (wanted ? MACTSCR_TSENALL : 0);
  s->stamping = wanted;
}

static void write_mode(struct pkt_mac *mac) {
  const struct phy *phy = &dwmac_h7_state(mac)->phy;
  dwmac_write(reg(mac, MACCR), (phy->fast ? MACCR_FES : 0) | (phy->full_duplex ? MACCR_DM : 0) | MACCR_TE | MACCR_RE);
}

/* Reset the MAC, program it anew and let it go. Interrupts of the MAC are off in its DMA or at the processor. */
static int bring_up(struct pkt_mac *mac) {
  dwmac_write(reg(mac, DMAMR), DMAMR_SWR); /* not to be read for four bus cycles */
  if (dwmac_wait_clear(reg(mac, DMAMR), DMAMR_SWR, DWMAC_RESET_US) != 0)
    return -EIO;
  *reg(mac, DMASBMR) = DMASBMR_AAL | DMASBMR_FB;
  *reg(mac, DMACCR) = 0; /* descriptors lie back to back */
  /* The MAC's own interrupts (counters at half their range, time stamps, wake-up) share the line and are not wanted. */
  *reg(mac, MMC_RX_INTERRUPT_MASK) = MMC_ALL;
  *reg(mac, MMC_TX_INTERRUPT_MASK) = MMC_ALL;
  *reg(mac, MACIER) = 0;
  /* Whole frames in the queues: nothing underruns. Bad and undersized frames come through, so that they can be counted.
   * Checksums are the sockets' business: no offload on either side. */
  *reg(mac, MTLTXQOMR) = MTLTXQOMR_TQS_2048 | MTLTXQOMR_TXQEN | MTLTXQOMR_TSF;
  *reg(mac, MTLRXQOMR) = MTLRXQOMR_RQS_2048 | MTLRXQOMR_RSF | MTLRXQOMR_FEP | MTLRXQOMR_FUP;
  write_address(mac, 0, mac->hwaddr);
  write_filter(mac);
  start_clock(mac);
  uint32_t irqs = pkt_os_irq_save();
  dwmac_h7_rings_reset(mac);
  *reg(mac, DMACSR) = INTERRUPTS;
  *reg(mac, DMACIER) = INTERRUPTS;
  *reg(mac, DMACTXCR) = DMACTXCR_TXPBL_32 | DMACTXCR_ST;
  *reg(mac, DMACRXCR) = DMACRXCR_RXPBL_32 | (mac->frame_size & ~3u) << DMACRXCR_RBSZ_SHIFT | DMACRXCR_SR;
  dwmac_h7_rings_arm(mac);
  pkt_os_irq_restore(irqs);
  write_mode(mac);
  return 0;
}

/* Stop, and give up what was being sent. */
static void take_down(struct pkt_mac *mac) {
  *reg(mac, DMACIER) = 0;
  *reg(mac, DMACTXCR) &= ~DMACTXCR_ST;
  *reg(mac, DMACRXCR) &= ~DMACRXCR_SR;
  dwmac_write(reg(mac, MACCR), 0);
  uint32_t irqs = pkt_os_irq_save();
  dwmac_h7_rings_drop_tx(mac);
  pkt_os_irq_restore(irqs);
  phy_init(&dwmac_h7_state(mac)->phy);
}

static const struct dwmac_recovery_ops recovery_ops = {.bring_up = bring_up, .take_down = take_down};

static int dwmac_h7_start(struct pkt_mac *mac) {
  struct dwmac_h7 *s = dwmac_h7_state(mac);
  memset(s, 0, sizeof(*s));
  dwmac_recover(&s->recovery, mac, &recovery_ops, false);
  pkt_os_irq_enable(dwmac_h7_config(mac)->irq);
  return 0;
}

static void dwmac_h7_stop(struct pkt_mac *mac) {
  pkt_os_irq_disable(dwmac_h7_config(mac)->irq);
  take_down(mac);
  /* The memory is someone else's from now on: see the DMA stand still, or reset it. */
  if (dwmac_wait_clear(reg(mac, DMADSR), DMADSR_RPS0 | DMADSR_TPS0, DWMAC_MDIO_US) != 0)
    *reg(mac, DMAMR) |= DMAMR_SWR;
}

/* Frames that the MAC lost because it had no descriptor; reading the register clears it. A counter that has gone round
 * says so once. */
static void count_missed(struct pkt_mac *mac) {
  uint32_t missed = *reg(mac, MTLRXQMPOCR);
  uint32_t rounds = (missed & MTLRXQMPOCR_OVFCNTOVF ? MTLRXQMPOCR_ROUND : 0) +
                    (missed & MTLRXQMPOCR_MISCNTOVF ? MTLRXQMPOCR_ROUND : 0);
  uint32_t irqs = pkt_os_irq_save();
  mac->iface->rx_no_frame += MTLRXQMPOCR_OVFPKTCNT(missed) + MTLRXQMPOCR_MISPKTCNT(missed) + rounds;
  pkt_os_irq_restore(irqs);
}

static void dwmac_h7_service(struct pkt_mac *mac) {
  struct dwmac_h7 *s = dwmac_h7_state(mac);
  if (!dwmac_recover(&s->recovery, mac, &recovery_ops, s->tx_busy > 0))
    return;
  count_missed(mac);
  follow_clock(mac);
  dwmac_h7_refill(mac);
  if (phy_service(&s->phy, mac, &phy_bus, dwmac_h7_config(mac)->phy_address) && phy_is_up(&s->phy))
    write_mode(mac);
}

static bool dwmac_h7_link(struct pkt_mac *mac) {
  const struct dwmac_h7 *s = dwmac_h7_state(mac);
  return s->recovery.running && phy_is_up(&s->phy);
}

const struct pkt_mac_ops dwmac_h7_ops = {
    .name = "STM32H7 MAC",
    .tx_offset = 0,
    .start = dwmac_h7_start,
    .stop = dwmac_h7_stop,
    .transmit = dwmac_h7_transmit,
    .refill = dwmac_h7_refill,
    .set_filter = dwmac_h7_set_filter,
    .link = dwmac_h7_link,
    .service = dwmac_h7_service,
};
