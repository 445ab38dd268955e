/* The DesignWare MAC of STM32F4, F7 and ESP32: registers, filter, DMA, as RM0090 (rev 19, chapter 33) describes them. */
#include "nic.h"
#include <stdlib.h>
#include <string.h>

enum { MACCR = 0x00, MACFFR = 0x04, MACHTHR = 0x08, MACHTLR = 0x0c, MACMIIAR = 0x10, MACMIIDR = 0x14, MACIMR = 0x3c };
enum { MACA0HR = 0x40, MMCRIMR = 0x10c, MMCTIMR = 0x110, PTPTSCR = 0x700 };
enum { DMABMR = 0x00, DMATPDR = 0x04, DMARPDR = 0x08, DMARDLAR = 0x0c, DMATDLAR = 0x10, DMASR = 0x14, DMAOMR = 0x18 };
enum { DMAIER = 0x1c, DMAMFBOCR = 0x20 };
enum { IRQ = 61, MDC_CYCLES = 64, FCS = 4, SUSPEND_CYCLES = 8000, MDIO_AGAIN_US = 100 };

#define OWN (1u << 31)
#define TS (1u << 0)
#define RS (1u << 6)
#define RBUS (1u << 7)
#define FBES (1u << 13)
#define AIS (1u << 15)
#define NIS (1u << 16)
#define OMR_SR (1u << 1)
#define OMR_ST (1u << 13)
#define OMR_FTF (1u << 20)
#define CR_ON (3u << 2)                                     /* TE, RE */
#define CR_MODE (1u << 11 | 1u << 14 | 1u << 15 | 1u << 16) /* DM, FES, PS, CSD */
#define TSV (1u << 7)
#define TTSE (1u << 25)
#define TTSS (1u << 17)
#define BMR_EDFE (1u << 7)

struct gmac {
  struct nic *nic;
  struct soc *soc;
  bool has_clock, mdio_seen, fail_next;
  uint32_t mac[0x80 / 4], mmc_rx_mask, mmc_tx_mask;
  uint32_t bmr, sr, omr, ier, rdlar, tdlar;
  uint32_t rx_at, tx_at; /* the current descriptor */
  bool rx_suspended, rx_suspending, stopped_by_error;
  uint32_t missed[2];                                                /* flushed by the DMA, lost by the FIFO */
  uint64_t settled[0x80 / 4], bmr_settled, omr_settled, ptp_settled; /* when a register may be written again */
  struct nic_clock clock;
  struct timer *mdio_done, *tx_done, *reset_done, *suspend;
  bool tx_running;
};

static uint32_t stride(const struct gmac *g) { return g->bmr & BMR_EDFE ? 32 : 16; }

static void update_irq(struct gmac *g) {
  uint32_t normal = TS | RS | 1u << 2 | 1u << 14;
  uint32_t abnormal = RBUS | FBES | 1u << 1 | 1u << 8 | 1u << 9;
  if (g->sr & g->ier & normal)
    g->sr |= NIS;
  if (g->sr & g->ier & abnormal)
    g->sr |= AIS;
  machine_irq(&g->soc->m, IRQ, (g->sr & g->ier & (NIS | AIS)) != 0);
}

/* ---- Bus errors ---- */

static void bus_error(struct gmac *g) {
  g->sr |= FBES;
  g->stopped_by_error = true;
  update_irq(g);
}

static bool fetch(struct gmac *g, uint32_t address, void *bytes, uint32_t len) {
  if (g->fail_next || !dma_read(&g->soc->m, address, bytes, len)) {
    if (!g->fail_next)
      fail(&g->soc->m, "the MAC fetches %u bytes at 0x%08x, out of its reach", len, address);
    g->fail_next = false;
    bus_error(g);
    return false;
  }
  return true;
}

static bool store(struct gmac *g, uint32_t address, const void *bytes, uint32_t len) {
  if (g->fail_next || !dma_write(&g->soc->m, address, bytes, len)) {
    if (!g->fail_next)
      fail(&g->soc->m, "the MAC stores %u bytes at 0x%08x, out of its reach", len, address);
    g->fail_next = false;
    bus_error(g);
    return false;
  }
  return true;
}

static uint32_t word(struct gmac *g, uint32_t descriptor, unsigned index) {
  return dma_read_word(&g->soc->m, descriptor + 4 * index);
}

/* ---- Sending ---- */

static bool is_fast(const struct gmac *g) { return g->mac[MACCR / 4] & 1u << 14; }
static bool is_full_duplex(const struct gmac *g) { return g->mac[MACCR / 4] & 1u << 11; }

/* The descriptor behind the one at `at`. The ESP32's manual knows the chained form only. */
static uint32_t after(struct gmac *g, uint32_t at, uint32_t list, bool end_of_ring, bool chained) {
  if (g->soc->series == SERIES_ESP32 && !chained)
    fail(&g->soc->m, "a descriptor does not name the next one");
  return end_of_ring ? list : chained ? word(g, at, 3) : at + stride(g);
}

/* All descriptors with the MAC: one that looks ahead (OSF) would meet its own. */
static void expect_gap(struct gmac *g) {
  uint32_t at = g->tdlar;
  do {
    uint32_t status = word(g, at, 0);
    if (!(status & OWN))
      return;
    at = after(g, at, g->tdlar, status & 1u << 21, status & 1u << 20);
  } while (at != g->tdlar);
  fail(&g->soc->m, "all TX descriptors are with the MAC");
}

static void start_tx(struct gmac *g) {
  uint32_t status, control;
  if (g->tx_running || !(g->omr & OMR_ST) || g->stopped_by_error)
    return;
  status = word(g, g->tx_at, 0);
  if (!(status & OWN))
    return;
  control = word(g, g->tx_at, 1);
  uint32_t len = control & 0x1fff;
  if ((status & 3u << 28) != 3u << 28 || (status & 3u << 22) || (control & 0x1fff0000))
    fail(&g->soc->m, "TX descriptor 0x%08x 0x%08x: not one whole frame without checksum offload", status, control);
  if (len < 60 || len > 1522)
    fail(&g->soc->m, "a frame of %u bytes to send", len);
  g->tx_running = true;
  if (!g->nic->hold_tx && !g->soc->phy.no_clock && (g->mac[MACCR / 4] & 1u << 3))
    g->tx_done->at = g->soc->m.cycles + nic_wire_cycles(g->nic, len, is_fast(g));
}

/* Write a frame's stamp into its descriptor; returns whether the MAC says that it has. */
static bool write_stamp(struct gmac *g, uint32_t descriptor, enum stamp_fault fault) {
  uint64_t ns = nic_stamp(g->nic, &g->clock, fault);
  if (fault != STAMP_STALE) {
    dma_write_word(&g->soc->m, descriptor + 24, (uint32_t)ns);
    dma_write_word(&g->soc->m, descriptor + 28, (uint32_t)(ns >> 32));
  }
  return fault != STAMP_NONE;
}

/* Stamp a sent frame, if that is asked for; returns the status. */
static uint32_t stamp_sent(struct gmac *g, uint32_t status) {
  bool asked = status & TTSE;
  status &= ~TTSS;
  if (asked && (!g->clock.on || !(g->bmr & BMR_EDFE)))
    fail(&g->soc->m, "a frame is to be stamped without a clock, or into a descriptor without room for it");
  if ((asked || g->nic->tx_stamps == STAMP_UNASKED) && write_stamp(g, g->tx_at, g->nic->tx_stamps))
    status |= TTSS;
  return status;
}

static void on_tx_done(void *self) {
  struct gmac *g = self;
  uint8_t bytes[0x2000];
  uint32_t status = word(g, g->tx_at, 0), len = word(g, g->tx_at, 1) & 0x1fff;
  g->tx_running = false;
  if (!fetch(g, word(g, g->tx_at, 2), bytes, len))
    return;
  if (g->nic->fail_tx)
    status |= 1u << 15 | 1u << 8;
  else if (!is_full_duplex(g) && !(g->mac[MACCR / 4] & 1u << 16)) /* with RMII the PHY does not tell its own carrier */
    status |= 1u << 15 | 1u << 10;
  else if (nic_has_wire(g->nic, is_fast(g), is_full_duplex(g)))
    g->nic->sent(g->nic->sent_arg, bytes, len);
  status = stamp_sent(g, status);
  dma_write_word(&g->soc->m, g->tx_at, status & ~OWN);
  g->tx_at = after(g, g->tx_at, g->tdlar, status & 1u << 21, status & 1u << 20);
  if (status & 1u << 30)
    g->sr |= TS;
  update_irq(g);
  start_tx(g);
}

/* ---- Receiving ---- */

static unsigned address_count(const struct gmac *g) { return g->soc->series == SERIES_ESP32 ? 8 : 4; }

static bool passes(struct gmac *g, const uint8_t *destination, unsigned len) {
  uint32_t ffr = g->mac[MACFFR / 4];
  struct nic_filter filter = {.promiscuous = ffr & 1,
                              .hash_unicast = ffr & 2,
                              .hash_multicast = ffr & 4,
                              .pass_multicast = ffr & 16,
                              .hash_or_perfect = ffr & 1u << 10,
                              .count = address_count(g),
                              .hash = {g->mac[MACHTLR / 4], g->mac[MACHTHR / 4]}};
  for (unsigned i = 0; i < filter.count; i++) {
    filter.high[i] = g->mac[(MACA0HR + 8 * i) / 4];
    filter.low[i] = g->mac[(MACA0HR + 4 + 8 * i) / 4];
  }
  if (g->soc->series != SERIES_ESP32) /* always 1; ESP32s have been seen that do not set it by reset */
    filter.high[0] |= 1u << 31;
  bool passes = nic_filter_passes(&filter, destination);
  return nic_is_control(destination, len) ? nic_passes_control(ffr >> 6 & 3, passes) : passes;
}

static void on_suspend(void *self) {
  struct gmac *g = self;
  g->rx_suspending = false;
  g->rx_suspended = true;
  g->sr |= RBUS;
  update_irq(g);
}

/* Does the next descriptor belong to the MAC? If not, reception is suspended a moment later (a long one, so that tests
 * meet it), and says so once. It goes on at a poll demand, not at one within that moment; silicon also looks again when
 * the next frame comes, but a driver should not count on that. */
static bool has_descriptor(struct gmac *g) {
  if (g->rx_suspended || g->rx_suspending)
    return false;
  if (word(g, g->rx_at, 0) & OWN)
    return true;
  g->rx_suspending = true;
  g->suspend->at = g->soc->m.cycles + SUSPEND_CYCLES;
  return false;
}

/* Into as many descriptors as it takes. `total`: with FCS. */
static void write_frame(struct gmac *g, const uint8_t *bytes, uint32_t total, uint32_t error) {
  uint32_t done = 0, first = 1u << 9;
  for (;;) {
    uint32_t control = word(g, g->rx_at, 1), room = control & 0x1fff, at = g->rx_at, status = first;
    uint32_t part = total - done < room ? total - done : room;
    if (room == 0 || room % 4 != 0 || (control & 1u << 31))
      fail(&g->soc->m, "RX descriptor with control 0x%08x", control);
    if (!store(g, word(g, at, 2), bytes + done, part))
      return;
    done += part;
    g->rx_at = after(g, at, g->rdlar, control & 1u << 15, control & 1u << 14);
    bool last = done == total, truncated = !last && !(word(g, g->rx_at, 0) & OWN);
    if (last || truncated) {
      status |= 1u << 8 | total << 16 | error | (truncated ? 1u << 14 | 1u << 15 : 0);
      if (g->clock.stamps_all && (g->bmr & BMR_EDFE)) {
        g->nic->stamped++;
        status |= write_stamp(g, at, g->nic->rx_stamps) ? TSV : 0;
      }
    }
    dma_write_word(&g->soc->m, at, status);
    first = 0;
    if (last || truncated)
      break;
  }
  g->sr |= RS;
  has_descriptor(g); /* fetches the next one at once */
}

static void gmac_receive(struct nic *nic, const uint8_t *bytes, unsigned len, enum wire_fault fault) {
  struct gmac *g = nic->model;
  uint8_t with_fcs[MAX_WIRE_FRAME + FCS];
  uint32_t error = fault == WIRE_BAD_CRC || fault == WIRE_BAD_DRIBBLE ? 1u << 1 | 1u << 15 : 0;
  if (!(g->mac[MACCR / 4] & 1u << 2) || !(g->omr & OMR_SR) || g->stopped_by_error ||
      !nic_has_wire(nic, is_fast(g), is_full_duplex(g))) {
    nic->deaf++;
    return;
  }
  if (!passes(g, bytes, len)) {
    nic->filtered++;
    return;
  }
  bool runt = len + FCS < 64;
  if ((error && (!(g->omr & 1u << 7) || runt)) || (!error && runt && !(g->omr & 1u << 6)))
    return; /* not forwarded; a runt with an error never is */
  if (nic->silent) {
    nic->no_descriptor++;
    g->missed[0]++;
  } else if (!has_descriptor(g)) {
    g->missed[nic->no_descriptor++ % 32 == 0]++; /* the driver must look at both */
  } else {
    memcpy(with_fcs, bytes, len);
    nic_fcs(bytes, len, fault, with_fcs + len);
    bool dribbles = fault == WIRE_DRIBBLE || fault == WIRE_BAD_DRIBBLE;
    write_frame(g, with_fcs, len + FCS, error | (dribbles ? 1u << 2 : 0));
  }
  update_irq(g);
}

/* ---- Registers ---- */

static void expect_clocked(struct gmac *g) {
  if (!soc_ethernet_clocked(g->soc) || soc_ethernet_in_reset(g->soc))
    fail(&g->soc->m, "access to the MAC without clock or in reset");
}

/* A write that follows another within four cycles of the MII clock may be lost (errata sheets). */
static void expect_settled(struct gmac *g, uint64_t *settled, const char *name, uint32_t offset) {
  uint32_t cycles = 4 * (g->soc->m.cpu_hz / (is_fast(g) ? 25000000 : 2500000));
  if (g->soc->m.cycles < *settled)
    fail(&g->soc->m, "%s register 0x%x is written again too soon", name, offset);
  *settled = g->soc->m.cycles + cycles;
}

static void on_mdio_done(void *self) {
  struct gmac *g = self;
  if (g->nic->hold_mdio) {
    g->mdio_done->at = g->soc->m.cycles + machine_us(&g->soc->m, MDIO_AGAIN_US);
    return;
  }
  uint32_t miiar = g->mac[MACMIIAR / 4];
  unsigned address = miiar >> 11 & 31, reg = miiar >> 6 & 31;
  if (miiar & 2)
    phy_model_write(&g->soc->phy, address, reg, (uint16_t)g->mac[MACMIIDR / 4]);
  else
    g->mac[MACMIIDR / 4] = phy_model_read(&g->soc->phy, address, reg);
  g->mac[MACMIIAR / 4] &= ~1u;
}

static void start_mdio(struct gmac *g, uint32_t value) {
  static const uint32_t divider[8] = {42, 62, 16, 26, 102};
  uint32_t by = divider[value >> 2 & 7];
  if (g->mac[MACMIIAR / 4] & 1)
    fail(&g->soc->m, "MACMIIAR is written while MDIO is busy");
  if (by == 0 || g->soc->ahb_clock / by > 2500000)
    fail(&g->soc->m, "MDC at %u Hz", by ? g->soc->ahb_clock / by : 0);
  g->mac[MACMIIAR / 4] = value;
  g->mdio_done->at = g->soc->m.cycles + (uint64_t)MDC_CYCLES * by * (g->soc->m.cpu_hz / g->soc->ahb_clock);
}

static bool is_clock(const struct gmac *g, uint32_t offset) {
  return g->has_clock && offset >= PTPTSCR && offset < PTPTSCR + 4 * NIC_CLOCK_WORDS;
}

static uint32_t mac_read(void *self, uint32_t offset) {
  struct gmac *g = self;
  expect_clocked(g);
  if (offset <= MACA0HR + 8 * address_count(g) - 4)
    return g->mac[offset / 4];
  if (is_clock(g, offset))
    return nic_clock_read(g->nic, &g->clock, (offset - PTPTSCR) / 4);
  fail(&g->soc->m, "read of MAC register 0x%x", offset);
}

/* The ESP32's manual knows no hash table and no counters. */
static void expect_esp32_has(struct gmac *g, uint32_t offset, uint32_t value) {
  if (offset == MACHTHR || offset == MACHTLR || offset == MMCRIMR || offset == MMCTIMR ||
      (offset == MACFFR && (value & 0x406) != 0))
    fail(&g->soc->m, "the ESP32 has nothing for 0x%08x to 0x%x", value, offset);
}

static void mac_write(void *self, uint32_t offset, uint32_t value) {
  struct gmac *g = self;
  expect_clocked(g);
  if (g->soc->series == SERIES_ESP32)
    expect_esp32_has(g, offset, value);
  if (offset <= MACHTLR || (offset >= MACA0HR && offset <= MACA0HR + 8 * address_count(g) - 4))
    expect_settled(g, &g->settled[offset / 4], "MAC", offset);
  if (offset == PTPTSCR)
    expect_settled(g, &g->ptp_settled, "MAC", offset);
  if (offset == MACCR)
    nic_expect_mode(g->nic, g->mac[MACCR / 4], value, CR_ON, CR_MODE);
  if (offset == MACMIIAR)
    start_mdio(g, value);
  else if (offset == MMCRIMR)
    g->mmc_rx_mask = value;
  else if (offset == MMCTIMR)
    g->mmc_tx_mask = value;
  else if (offset <= MACA0HR + 8 * address_count(g) - 4)
    g->mac[offset / 4] = value;
  else if (is_clock(g, offset))
    nic_clock_write(g->nic, &g->clock, (offset - PTPTSCR) / 4, value, 0);
  else
    fail(&g->soc->m, "write of MAC register 0x%x", offset);
  if (offset == MACCR) {
    if (!(value & 1u << 15) || (value & (1u << 10 | 1u << 25 | 1u << 7)))
      fail(&g->soc->m, "MACCR 0x%08x: reserved bit, checksum offload or stripping", value);
    if (g->soc->series != SERIES_ESP32 && (value & 12) && (g->mmc_rx_mask != ~0u || g->mmc_tx_mask != ~0u))
      fail(&g->soc->m, "the MAC's counters can interrupt");
    start_tx(g);
  }
}

static void on_reset_done(void *self) {
  struct gmac *g = self;
  memset(g->mac, 0, sizeof(g->mac));
  g->mac[MACCR / 4] = 0x8000;
  g->bmr = 0x20100;
  g->sr = g->omr = g->ier = g->missed[0] = g->missed[1] = g->mmc_rx_mask = g->mmc_tx_mask = 0;
  g->clock = (struct nic_clock){0};
  g->rx_suspended = g->rx_suspending = g->stopped_by_error = g->tx_running = false;
  g->nic->silent = g->nic->dead = false;
  g->suspend->at = UINT64_MAX;
  g->tx_done->at = UINT64_MAX;
  update_irq(g);
}

static uint32_t dma_read_register(void *self, uint32_t offset) {
  struct gmac *g = self;
  expect_clocked(g);
  uint32_t value;
  switch (offset) {
  case DMABMR: return g->bmr;
  case DMASR: /* with the states of both processes: stopped, or something else */
    if (g->nic->stuck)
      return g->sr | 3u << 17 | 3u << 20;
    return g->sr | (g->omr & OMR_SR ? (g->rx_suspended ? 4u : 3u) << 17 : 0) |
           (g->tx_running     ? 3u << 20
            : g->omr & OMR_ST ? 6u << 20
                              : 0);
  case DMAOMR: return g->omr;
  case DMAIER: return g->ier;
  case DMAMFBOCR:
    value = (g->missed[0] & 0xffff) | (g->missed[0] > 0xffff) << 16 | (g->missed[1] & 0x7ff) << 17 |
            (uint32_t)(g->missed[1] > 0x7ff) << 28;
    g->missed[0] = g->missed[1] = 0;
    return value;
  }
  fail(&g->soc->m, "read of DMA register 0x%x", offset);
}

static void dma_write_register(void *self, uint32_t offset, uint32_t value) {
  struct gmac *g = self;
  expect_clocked(g);
  switch (offset) {
  case DMABMR:
    expect_settled(g, &g->bmr_settled, "DMA", offset);
    g->bmr = value;
    if ((value & 1) && !g->soc->phy.no_clock && !g->nic->stuck)
      g->reset_done->at = g->soc->m.cycles + machine_us(&g->soc->m, 5);
    else if (value & 0x7c)
      fail(&g->soc->m, "descriptors apart: DMABMR 0x%08x", value);
    break;
  case DMATPDR:
    machine_expect_dsb(&g->soc->m, "the transmit poll demand");
    expect_gap(g);
    start_tx(g);
    break;
  case DMARPDR:
    machine_expect_dsb(&g->soc->m, "the receive poll demand");
    if ((g->omr & OMR_SR) && g->rx_suspended && !g->stopped_by_error && !(word(g, g->rx_at, 0) & OWN))
      fail(&g->soc->m, "the MAC is started for reception, but has no descriptor");
    g->rx_suspended = false;
    break;
  case DMARDLAR:
  case DMATDLAR:
    if (g->omr & (offset == DMARDLAR ? OMR_SR : OMR_ST))
      fail(&g->soc->m, "the list address is changed while the DMA runs");
    *(offset == DMARDLAR ? &g->rdlar : &g->tdlar) = value;
    *(offset == DMARDLAR ? &g->rx_at : &g->tx_at) = value;
    break;
  case DMASR: g->sr &= ~value; break;
  case DMAOMR:
    expect_settled(g, &g->omr_settled, "DMA", offset);
    if ((value & (OMR_SR | OMR_ST)) && (value & (1u << 25 | 1u << 21)) != (1u << 25 | 1u << 21))
      fail(&g->soc->m, "the DMA starts without store and forward");
    if ((value & OMR_SR) && !(g->omr & OMR_SR)) {
      g->rx_suspended = !(word(g, g->rx_at, 0) & OWN);
      g->nic->silent = g->nic->dead;
    }
    g->omr = value;
    if ((value & OMR_FTF) && !g->soc->phy.no_clock && !g->nic->stuck) { /* needs the transmitter's clock */
      if (g->tx_running || (value & OMR_ST))
        fail(&g->soc->m, "the transmitter's FIFO is emptied while it sends");
      g->omr &= ~OMR_FTF;
    }
    start_tx(g);
    break;
  case DMAIER: g->ier = value; break;
  default: fail(&g->soc->m, "write of DMA register 0x%x", offset);
  }
  update_irq(g);
}

static void gmac_bus_error(struct nic *nic) { ((struct gmac *)nic->model)->fail_next = true; }

static bool gmac_enabled(struct nic *nic) { return ((struct gmac *)nic->model)->mac[MACCR / 4] & CR_ON; }

static uint64_t gmac_stamp(struct nic *nic) { return nic_clock_ns(nic, &((struct gmac *)nic->model)->clock); }

void gmac_init(struct soc *soc, struct nic *nic, uint32_t mac_base, uint32_t dma_base, bool time_stamps) {
  struct gmac *g = calloc(1, sizeof(*g));
  *nic = (struct nic){.soc = soc,
                      .model = g,
                      .receive = gmac_receive,
                      .bus_error = gmac_bus_error,
                      .stamp = gmac_stamp,
                      .enabled = gmac_enabled};
  g->nic = nic;
  g->soc = soc;
  g->has_clock = time_stamps;
  g->mdio_done = machine_add_timer(&soc->m, on_mdio_done, g);
  g->tx_done = machine_add_timer(&soc->m, on_tx_done, g);
  g->reset_done = machine_add_timer(&soc->m, on_reset_done, g);
  g->suspend = machine_add_timer(&soc->m, on_suspend, g);
  on_reset_done(g);
  machine_add_device(&soc->m, (struct device){"MAC", mac_base, 0x800, mac_read, mac_write, g});
  machine_add_device(&soc->m, (struct device){"DMA", dma_base, 0x60, dma_read_register, dma_write_register, g});
}
