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
  CLOCK_US = 1000,    /* an update of the IEEE 1588 clock takes effect within a few cycles */
  EXACT_ADDRESSES = 3 /* in addition to its own */
};

/* The interrupts in use: reception, transmission, no RX descriptor, bus error. */
#define INTERRUPTS (DMACSR_NIS | DMACSR_AIS | DMACSR_TI | DMACSR_RI | DMACSR_RBU | DMACSR_FBE)

static volatile uint32_t *reg(const struct pkt_mac *mac, unsigned offset) { return dwmac_h7_reg(mac, offset); }

/* The code in MACMDIOAR.CR for the range of the bus clock: it selects a divider that keeps MDC at 2.5 MHz or less. */
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
  if (*reg(mac, MACMDIOAR) & MACMDIOAR_MB) /* an earlier access that timed out is still under way */
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
  dwmac_write(reg(mac, MACALR(number)),
              address != NULL ? pkt_address_low(address) : 0); /* this write makes both take effect */
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
  if (s->recovery.running) /* otherwise bring_up() writes it */
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
  uint32_t mode = MACTSCR_TSENA | MACTSCR_TSCTRLSSR; /* counts nanoseconds up to one second */
  *reg(mac, MACTSCR) = mode;
  *reg(mac, MACSSIR) = rate.increment << MACSSIR_SSINC_SHIFT;
  *reg(mac, MACTSAR) = rate.addend;
  *reg(mac, MACTSCR) = mode | MACTSCR_TSADDREG;
  dwmac_wait_clear(reg(mac, MACTSCR), MACTSCR_TSADDREG, CLOCK_US);
  *reg(mac, MACTSCR) = mode | MACTSCR_TSCFUPDT;
  set_time(mac);
  dwmac_h7_state(mac)->stamping = false;
}

/* Follow the wall clock. Stamp frames only while a socket asks for it, because a stamped frame uses two descriptors. */
static void follow_clock(struct pkt_mac *mac) {
  struct dwmac_h7 *s = dwmac_h7_state(mac);
  uint32_t sec = *reg(mac, MACSTSR), nsec = *reg(mac, MACSTNR);
  if (*reg(mac, MACSTSR) == sec && dwmac_clock_is_off(sec, nsec)) /* otherwise a second ended between the two reads */
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

/* Reset the MAC, program and start it. The MAC's interrupts must be disabled, in its DMA or at the processor. */
static int bring_up(struct pkt_mac *mac) {
  dwmac_write(reg(mac, DMAMR), DMAMR_SWR); /* must not be read for four bus cycles */
  if (dwmac_wait_clear(reg(mac, DMAMR), DMAMR_SWR, DWMAC_RESET_US) != 0)
    return -EIO;
  *reg(mac, DMASBMR) = DMASBMR_AAL | DMASBMR_FB;
  *reg(mac, DMACCR) = 0; /* no gaps between descriptors */
  /* Mask the MAC's other interrupts (counters at half their range, time stamps, wake-up), which share the line. */
  *reg(mac, MMC_RX_INTERRUPT_MASK) = MMC_ALL;
  *reg(mac, MMC_TX_INTERRUPT_MASK) = MMC_ALL;
  *reg(mac, MACIER) = 0;
  /* Store and forward in both queues, so that no frame underruns. Forward bad and undersized frames, so that the driver
   * can count them. No checksum offload, because sockets see the bytes of the wire. */
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

/* Stop the MAC and drop the frames that it was sending. */
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
  /* The memory will be reused: make sure that the DMA has stopped, or reset it. */
  if (dwmac_wait_clear(reg(mac, DMADSR), DMADSR_RPS0 | DMADSR_TPS0, DWMAC_MDIO_US) != 0)
    *reg(mac, DMAMR) |= DMAMR_SWR;
}

/* Count the frames that the MAC dropped because it had no descriptor. Reading the register clears it; an overflow bit
 * means that its counter wrapped once. */
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
