/* The newer DesignWare MAC of the STM32H743: registers, filter, queues, DMA, as RM0433 (chapter 58) describes them. */
#include "nic.h"
#include <stdlib.h>
#include <string.h>

enum { MACCR = 0x000, MACPFR = 0x008, MACHT0R = 0x010, MACHT1R = 0x014, MACIER = 0x0b4, MACMDIOAR = 0x200 };
enum { MACMDIODR = 0x204, MACA0HR = 0x300, MACA3LR = 0x31c, MMC_RX_MASK = 0x70c, MMC_TX_MASK = 0x710 };
enum { MACTSCR = 0xb00, MACTSAR = 0xb18, SSINC_SHIFT = 16 };
enum { MTLTXQOMR = 0xd00, MTLRXQOMR = 0xd30, MTLRXQMPOCR = 0xd34 };
enum { DMAMR = 0x1000, DMASBMR = 0x1004, DMADSR = 0x100c, DMACCR = 0x1100, DMACTXCR = 0x1104, DMACRXCR = 0x1108 };
enum { DMACTXDLAR = 0x1114, DMACRXDLAR = 0x111c, DMACTXDTPR = 0x1120, DMACRXDTPR = 0x1128, DMACTXRLR = 0x112c };
enum { DMACRXRLR = 0x1130, DMACIER = 0x1134, DMACSR = 0x1160, SIZE = 0x1200 };
enum { IRQ = 61, MDC_CYCLES = 64, FCS = 4, FIFO_BYTES = 2048, FIFO_FRAMES = 32, SUSPEND_CYCLES = 8000 };
enum { MDIO_AGAIN_US = 100, RESET_READ_CYCLES = 4, LATE_US = 300 };

#define OWN (1u << 31)
#define CR_ON 3u                                           /* TE, RE */
#define CR_RESERVED (1u << 15)                             /* 1 after reset, to be kept */
#define CR_MODE (1u << 9 | 1u << 13 | 1u << 14 | 1u << 15) /* DCRS, DM, FES, PS */
#define CTXT (1u << 30)
#define FD (1u << 29)
#define LD (1u << 28)
#define TSA (1u << 14)
#define TTSE (1u << 30)
#define TTSS (1u << 17)
#define TI (1u << 0)
#define RI (1u << 6)
#define RBU (1u << 7)
#define FBE (1u << 12)
#define AIS (1u << 14)
#define NIS (1u << 15)

struct queued {
  uint8_t bytes[MAX_WIRE_FRAME + FCS];
  uint32_t len;
  uint32_t error;
  uint64_t stamp; /* as the MAC writes it; 0: none */
};

struct eqos {
  struct nic *nic;
  struct soc *soc;
  uint32_t reg[SIZE / 4];
  bool fail_next, stopped_by_error, rx_suspended, rx_suspending, tx_running;
  uint32_t rx_at, tx_at; /* the current descriptors */
  struct queued fifo[FIFO_FRAMES];
  unsigned fifo_count, fifo_bytes;
  uint32_t missed;
  uint64_t reset_written;
  struct nic_clock clock;
  uint64_t context; /* the stamp of the frame before, which is due */
  struct timer *mdio_done, *tx_done, *reset_done, *suspend, *context_due;
};

static uint32_t *reg(struct eqos *e, uint32_t offset) { return &e->reg[offset / 4]; }

static void update_irq(struct eqos *e) {
  uint32_t *sr = reg(e, DMACSR), enabled = *sr & *reg(e, DMACIER);
  if (enabled & (TI | RI | 1u << 2 | 1u << 11))
    *sr |= NIS;
  if (enabled & (RBU | FBE | 1u << 1 | 1u << 8 | 1u << 9 | 1u << 13))
    *sr |= AIS;
  machine_irq(&e->soc->m, IRQ, (*sr & *reg(e, DMACIER) & (NIS | AIS)) != 0);
}

static bool is_fast(struct eqos *e) { return *reg(e, MACCR) & 1u << 14; }
static bool is_full_duplex(struct eqos *e) { return *reg(e, MACCR) & 1u << 13; }
static bool rx_started(struct eqos *e) { return (*reg(e, DMACRXCR) & 1) && !e->stopped_by_error; }
static bool tx_started(struct eqos *e) { return (*reg(e, DMACTXCR) & 1) && !e->stopped_by_error; }

static bool dma_access(struct eqos *e, uint32_t address, void *to, const void *from, uint32_t len) {
  bool ok = !e->fail_next &&
            (to != NULL ? dma_read(&e->soc->m, address, to, len) : dma_write(&e->soc->m, address, from, len));
  if (ok)
    return true;
  if (!e->fail_next)
    fail(&e->soc->m, "the MAC accesses %u bytes at 0x%08x, out of its reach", len, address);
  e->fail_next = false;
  e->stopped_by_error = true;
  *reg(e, DMACSR) |= FBE;
  update_irq(e);
  return false;
}

static uint32_t word(struct eqos *e, uint32_t descriptor, unsigned index) {
  return dma_read_word(&e->soc->m, descriptor + 4 * index);
}

static uint32_t after(uint32_t list, uint32_t last, uint32_t at) { return at == list + 16 * last ? list : at + 16; }

/* ---- Sending ---- */

static void start_tx(struct eqos *e) {
  if (e->tx_running || !tx_started(e) || e->tx_at == *reg(e, DMACTXDTPR))
    return;
  uint32_t d2 = word(e, e->tx_at, 2), d3 = word(e, e->tx_at, 3), len = d2 & 0x3fff;
  if (!(d3 & OWN))
    fail(&e->soc->m, "the TX tail pointer is beyond a descriptor that is not the MAC's");
  if ((d3 & (CTXT | FD | LD)) != (FD | LD) || (d3 & 3u << 16) || (d2 & 0x3fffu << 16) || (d3 & 0x7fff) != len)
    fail(&e->soc->m, "TX descriptor 0x%08x 0x%08x: not one whole frame without checksum offload", d2, d3);
  if (len < 60 || len > 1522)
    fail(&e->soc->m, "a frame of %u bytes to send", len);
  if ((*reg(e, MTLTXQOMR) & 0x7000eu) != (0x70000u | 8u | 2u))
    fail(&e->soc->m, "MTLTXQOMR 0x%08x: queue off, small, or not store and forward", *reg(e, MTLTXQOMR));
  e->tx_running = true;
  if (!e->nic->hold_tx && !e->soc->phy.no_clock && (*reg(e, MACCR) & 2))
    e->tx_done->at = e->soc->m.cycles + nic_wire_cycles(e->nic, len, is_fast(e));
}

static void write_stamp(struct eqos *e, uint32_t descriptor, uint64_t stamp) {
  dma_write_word(&e->soc->m, descriptor, (uint32_t)stamp);
  dma_write_word(&e->soc->m, descriptor + 4, (uint32_t)(stamp >> 32));
}

/* Write words 0 and 1 of a sent frame's descriptor, which have no addresses any more. Returns whether they are its stamp. */
static bool stamp_sent(struct eqos *e, bool asked) {
  enum stamp_fault fault = e->nic->tx_stamps;
  if (asked && !e->clock.on)
    fail(&e->soc->m, "a frame is to be stamped without a clock");
  write_stamp(e, e->tx_at, nic_stamp(e->nic, &e->clock, fault));
  return fault != STAMP_NONE && (asked || fault == STAMP_UNASKED);
}

static void on_tx_done(void *self) {
  struct eqos *e = self;
  uint8_t bytes[0x4000];
  uint32_t d2 = word(e, e->tx_at, 2), len = d2 & 0x3fff;
  e->tx_running = false;
  if (!dma_access(e, word(e, e->tx_at, 0), bytes, NULL, len))
    return;
  /* with RMII the PHY does not tell its own carrier in half duplex */
  uint32_t error = e->nic->fail_tx ? 1u << 8 : !is_full_duplex(e) && !(*reg(e, MACCR) & 1u << 9) ? 1u << 10 : 0;
  if (error == 0 && nic_has_wire(e->nic, is_fast(e), is_full_duplex(e)))
    e->nic->sent(e->nic->sent_arg, bytes, len);
  bool stamped = stamp_sent(e, d2 & TTSE);
  dma_write_word(&e->soc->m, e->tx_at + 8, 0);
  dma_write_word(&e->soc->m, e->tx_at + 12, FD | LD | error | (error != 0 ? 1u << 15 : 0) | (stamped ? TTSS : 0));
  e->tx_at = after(*reg(e, DMACTXDLAR), *reg(e, DMACTXRLR), e->tx_at);
  if (d2 & 1u << 31)
    *reg(e, DMACSR) |= TI;
  update_irq(e);
  start_tx(e);
}

/* ---- Receiving ---- */

static bool passes(struct eqos *e, const uint8_t *destination, unsigned len) {
  uint32_t pfr = *reg(e, MACPFR);
  struct nic_filter filter = {.promiscuous = pfr & 1,
                              .hash_unicast = pfr & 2,
                              .hash_multicast = pfr & 4,
                              .pass_multicast = pfr & 16,
                              .hash_or_perfect = pfr & 1u << 10,
                              .count = 4,
                              .hash = {*reg(e, MACHT0R), *reg(e, MACHT1R)}};
  for (unsigned i = 0; i < 4; i++) {
    filter.high[i] = *reg(e, MACA0HR + 8 * i);
    filter.low[i] = *reg(e, MACA0HR + 4 + 8 * i);
  }
  filter.high[0] |= 1u << 31; /* always 1 */
  bool passes = nic_filter_passes(&filter, destination);
  return nic_is_control(destination, len) ? nic_passes_control(pfr >> 6 & 3, passes) : passes;
}

static void on_suspend(void *self) {
  struct eqos *e = self;
  e->rx_suspending = false;
  e->rx_suspended = true;
  *reg(e, DMACSR) |= RBU;
  update_irq(e);
}

/* Is there a descriptor before the tail pointer that is the MAC's? If not, reception is suspended a moment later (a long
 * one, so that tests meet it), and says so once. It goes on, and starts, when the tail pointer is written, not within
 * that moment. */
static bool has_descriptor(struct eqos *e) {
  if (e->rx_suspended || e->rx_suspending)
    return false;
  if (e->rx_at != *reg(e, DMACRXDTPR) && (word(e, e->rx_at, 3) & OWN))
    return true;
  e->rx_suspending = true;
  e->suspend->at = e->soc->m.cycles + SUSPEND_CYCLES;
  return false;
}

static void next_descriptor(struct eqos *e) { e->rx_at = after(*reg(e, DMACRXDLAR), *reg(e, DMACRXRLR), e->rx_at); }

/* The stamp of the frame before. If there is no descriptor for it, it is lost. */
static void write_context(struct eqos *e) {
  if (e->nic->rx_stamps != STAMP_OMITTED && has_descriptor(e)) {
    write_stamp(e, e->rx_at, e->context);
    dma_write_word(&e->soc->m, e->rx_at + 12, CTXT);
    next_descriptor(e);
    e->nic->stamped++;
  }
  e->context = 0;
}

/* From the queue into descriptors, as long as there are both. A frame whose descriptors run out stays truncated. */
static void drain(struct eqos *e) {
  while (e->fifo_count > 0 && e->context == 0 && rx_started(e) && has_descriptor(e)) {
    struct queued *frame = &e->fifo[0];
    uint32_t done = 0, first = FD, room = *reg(e, DMACRXCR) >> 1 & 0x3fff;
    bool last = false;
    while (!last && has_descriptor(e)) {
      uint32_t d3 = word(e, e->rx_at, 3), part = frame->len - done < room ? frame->len - done : room;
      if (room % 4 != 0 || (d3 & (OWN | CTXT | 1u << 24 | 1u << 25)) != (OWN | CTXT | 1u << 24))
        fail(&e->soc->m, "RX descriptor with word 3 0x%08x (bit 30: interrupt), buffers of %u", d3, room);
      if (!dma_access(e, word(e, e->rx_at, 0), NULL, frame->bytes + done, part))
        return;
      done += part;
      last = done == frame->len;
      dma_write_word(&e->soc->m, e->rx_at, 0);
      dma_write_word(&e->soc->m, e->rx_at + 4,
                     last && frame->stamp != 0 && e->nic->rx_stamps != STAMP_FOREIGN ? TSA : 0);
      dma_write_word(&e->soc->m, e->rx_at + 8, 0);
      dma_write_word(&e->soc->m, e->rx_at + 12,
                     first | (last ? LD | 1u << 26 | frame->error : 0) | (last ? frame->len : done));
      first = 0;
      next_descriptor(e);
    }
    if (last && frame->stamp != 0) {
      e->context = frame->stamp;
      if (e->nic->rx_stamps == STAMP_LATE)
        e->context_due->at = e->soc->m.cycles + machine_us(&e->soc->m, LATE_US);
      else
        write_context(e);
    }
    *reg(e, DMACSR) |= RI;
    e->fifo_bytes -= frame->len;
    memmove(&e->fifo[0], &e->fifo[1], --e->fifo_count * sizeof(e->fifo[0]));
  }
  if (rx_started(e))
    has_descriptor(e);
  update_irq(e);
}

static void on_context_due(void *self) {
  write_context(self);
  drain(self);
}

static void eqos_receive(struct nic *nic, const uint8_t *bytes, unsigned len, enum wire_fault fault) {
  struct eqos *e = nic->model;
  static const uint32_t errors[] = {[WIRE_BAD_CRC] = 1u << 24, /* and the summary contains dribble */
                                    [WIRE_DRIBBLE] = 1u << 19,
                                    [WIRE_FAKE_DRIBBLE] = 1u << 24 | 1u << 19,
                                    [WIRE_BAD_DRIBBLE] = 1u << 24 | 1u << 19};
  uint32_t mode = *reg(e, MTLRXQOMR), error = errors[fault] != 0 ? errors[fault] | 1u << 15 : 0;
  bool runt = len + FCS < 64;
  if (!(*reg(e, MACCR) & 1) || !rx_started(e) || !nic_has_wire(nic, is_fast(e), is_full_duplex(e))) {
    nic->deaf++;
    return;
  }
  if (!passes(e, bytes, len)) {
    nic->filtered++;
    return;
  }
  if ((error && (!(mode & 1u << 4) || runt)) || (!error && runt && !(mode & 1u << 3)))
    return; /* not forwarded; a runt with an error never is */
  if (!(mode & 1u << 5) || (mode >> 20 & 7) != 7)
    fail(&e->soc->m, "MTLRXQOMR 0x%08x: small queue or not store and forward", mode);
  if (nic->silent || e->fifo_bytes + len + FCS > FIFO_BYTES || e->fifo_count == FIFO_FRAMES) {
    nic->no_descriptor++;
    e->missed++;
    return;
  }
  struct queued *frame = &e->fifo[e->fifo_count++];
  memcpy(frame->bytes, bytes, len);
  nic_fcs(bytes, len, fault, frame->bytes + len);
  frame->len = len + FCS;
  frame->error = error;
  frame->stamp = e->clock.stamps_all && nic->rx_stamps != STAMP_NONE ? nic_stamp(nic, &e->clock, nic->rx_stamps) : 0;
  e->fifo_bytes += frame->len;
  drain(e);
}

/* ---- Registers ---- */

static void expect_clocked(struct eqos *e) {
  if (!soc_ethernet_clocked(e->soc) || soc_ethernet_in_reset(e->soc))
    fail(&e->soc->m, "access to the MAC without clock or in reset");
}

static void on_mdio_done(void *self) {
  struct eqos *e = self;
  if (e->nic->hold_mdio) {
    e->mdio_done->at = e->soc->m.cycles + machine_us(&e->soc->m, MDIO_AGAIN_US);
    return;
  }
  uint32_t ar = *reg(e, MACMDIOAR), address = ar >> 21 & 31, number = ar >> 16 & 31;
  if ((ar & 12) == 4)
    phy_model_write(&e->soc->phy, address, number, (uint16_t)*reg(e, MACMDIODR));
  else if ((ar & 12) == 12)
    *reg(e, MACMDIODR) = phy_model_read(&e->soc->phy, address, number);
  else
    fail(&e->soc->m, "MDIO operation in MACMDIOAR 0x%08x", ar);
  *reg(e, MACMDIOAR) = ar & ~1u;
}

static void start_mdio(struct eqos *e, uint32_t value) {
  static const uint32_t divider[16] = {42, 62, 16, 26, 102, 124};
  uint32_t by = divider[value >> 8 & 15];
  if (*reg(e, MACMDIOAR) & 1)
    fail(&e->soc->m, "MACMDIOAR is written while MDIO is busy");
  if (by == 0 || e->soc->ahb_clock / by > 2500000)
    fail(&e->soc->m, "MDC at %u Hz", by ? e->soc->ahb_clock / by : 0);
  *reg(e, MACMDIOAR) = value;
  e->mdio_done->at = e->soc->m.cycles + (uint64_t)MDC_CYCLES * by * (e->soc->m.cpu_hz / e->soc->ahb_clock);
}

static void on_reset_done(void *self) {
  struct eqos *e = self;
  memset(e->reg, 0, sizeof(e->reg));
  *reg(e, MACCR) = CR_RESERVED;
  *reg(e, MTLTXQOMR) = 0x00070008;
  *reg(e, MTLRXQOMR) = 0x00700000;
  *reg(e, MACA0HR) = 0x8000ffff;
  e->clock = (struct nic_clock){0};
  e->stopped_by_error = e->tx_running = e->nic->silent = e->nic->dead = false;
  e->rx_suspended = true;
  e->rx_suspending = false;
  e->suspend->at = UINT64_MAX;
  e->fifo_count = e->fifo_bytes = e->missed = 0;
  e->context = 0;
  e->tx_done->at = e->context_due->at = UINT64_MAX;
  update_irq(e);
}

static uint32_t eqos_read(void *self, uint32_t offset) {
  struct eqos *e = self;
  uint32_t value;
  expect_clocked(e);
  if (offset >= MACTSCR && offset <= MACTSAR)
    return nic_clock_read(e->nic, &e->clock, (offset - MACTSCR) / 4);
  switch (offset) {
  case DMADSR:
    if (e->nic->stuck)
      return 3u << 8 | 3u << 12;
    return (rx_started(e) ? (e->rx_suspended ? 4u : 3u) << 8 : 0) | (e->tx_running   ? 3u << 12
                                                                     : tx_started(e) ? 6u << 12
                                                                                     : 0);
  case MTLRXQMPOCR:
    value = (e->missed & 0x7ff) | (uint32_t)(e->missed > 0x7ff) << 11;
    e->missed = 0;
    return value;
  case DMAMR:
    if (e->soc->m.cycles - e->reset_written < RESET_READ_CYCLES * (e->soc->m.cpu_hz / e->soc->ahb_clock))
      fail(&e->soc->m, "DMAMR is read within four bus cycles of the reset");
    return *reg(e, offset);
  case MACCR:
  case MACMDIOAR:
  case MACMDIODR:
  case DMACTXCR:
  case DMACRXCR:
  case MTLTXQOMR:
  case DMACSR: return *reg(e, offset);
  }
  fail(&e->soc->m, "read of Ethernet register 0x%x", offset);
}

static void write_list(struct eqos *e, uint32_t offset, uint32_t value) {
  bool rx = offset == DMACRXDLAR;
  if (rx ? rx_started(e) : tx_started(e))
    fail(&e->soc->m, "the list address is changed while the DMA runs");
  *reg(e, offset) = value;
  *(rx ? &e->rx_at : &e->tx_at) = value;
}

static void eqos_write(void *self, uint32_t offset, uint32_t value) {
  struct eqos *e = self;
  expect_clocked(e);
  switch (offset) {
  case MACCR:
    if (value & (1u << 27 | 1u << 20 | 1u << 21))
      fail(&e->soc->m, "MACCR 0x%08x: checksum offload or stripping", value);
    if (!(value & CR_RESERVED))
      fail(&e->soc->m, "MACCR 0x%08x: a reserved bit is not kept", value);
    nic_expect_mode(e->nic, *reg(e, MACCR), value, CR_ON, CR_MODE);
    if ((value & 3) && (*reg(e, MMC_RX_MASK) != ~0u || *reg(e, MMC_TX_MASK) != ~0u))
      fail(&e->soc->m, "the MAC's counters can interrupt");
    *reg(e, MACCR) = value;
    start_tx(e);
    break;
  case MACMDIOAR: start_mdio(e, value); break;
  case DMAMR:
    *reg(e, DMAMR) = value;
    e->reset_written = e->soc->m.cycles;
    if ((value & 1) && !e->soc->phy.no_clock && !e->nic->stuck)
      e->reset_done->at = e->soc->m.cycles + machine_us(&e->soc->m, 5);
    break;
  case DMACTXDLAR:
  case DMACRXDLAR: write_list(e, offset, value); break;
  case DMACTXDTPR:
    *reg(e, offset) = value;
    if (tx_started(e)) {
      machine_expect_dsb(&e->soc->m, "the TX tail pointer");
      if (e->tx_running && value == e->tx_at)
        fail(&e->soc->m, "the TX tail pointer meets the descriptor under way");
      start_tx(e);
    }
    break;
  case DMACRXDTPR:
    machine_expect_dsb(&e->soc->m, "the RX tail pointer");
    *reg(e, offset) = value;
    if (e->rx_suspended && rx_started(e) && (e->rx_at == value || !(word(e, e->rx_at, 3) & OWN)))
      fail(&e->soc->m, "the MAC is started for reception, but has no descriptor");
    e->rx_suspended = false;
    drain(e);
    break;
  case DMACSR: *reg(e, DMACSR) &= ~value; break;
  case DMACRXCR:
  case DMACTXCR:
    if ((value & 1) && !(e->soc->rcc[0xdc / 4] & 1u << 29))
      fail(&e->soc->m, "the DMA starts while SRAM1 has no clock");
    if (offset == DMACRXCR && (value & 1) && !rx_started(e))
      e->nic->silent = e->nic->dead;
    *reg(e, offset) = value;
    break;
  case MTLTXQOMR:
    *reg(e, offset) = value;
    if ((value & 1) && !e->soc->phy.no_clock) { /* empties the queue; needs the transmitter's clock */
      if (e->tx_running || tx_started(e))
        fail(&e->soc->m, "the transmitter's queue is emptied while it sends");
      *reg(e, offset) &= ~1u;
    }
    break;
  case MACPFR:
  case MACHT0R:
  case MACHT1R:
  case MACIER:
  case MACMDIODR:
  case MMC_RX_MASK:
  case MMC_TX_MASK:
  case MTLRXQOMR:
  case DMASBMR:
  case DMACCR:
  case DMACTXRLR:
  case DMACRXRLR:
  case DMACIER: *reg(e, offset) = value; break;
  default:
    if (offset >= MACTSCR && offset <= MACTSAR)
      nic_clock_write(e->nic, &e->clock, (offset - MACTSCR) / 4, value, SSINC_SHIFT);
    else if (offset >= MACA0HR && offset <= MACA3LR)
      *reg(e, offset) = value;
    else
      fail(&e->soc->m, "write of Ethernet register 0x%x", offset);
  }
  update_irq(e);
}

static void eqos_bus_error(struct nic *nic) { ((struct eqos *)nic->model)->fail_next = true; }

static bool eqos_enabled(struct nic *nic) { return *reg(nic->model, MACCR) & CR_ON; }

static uint64_t eqos_stamp(struct nic *nic) { return nic_clock_ns(nic, &((struct eqos *)nic->model)->clock); }

void eqos_init(struct soc *soc, struct nic *nic, uint32_t base) {
  struct eqos *e = calloc(1, sizeof(*e));
  *nic = (struct nic){.soc = soc,
                      .model = e,
                      .receive = eqos_receive,
                      .bus_error = eqos_bus_error,
                      .stamp = eqos_stamp,
                      .enabled = eqos_enabled};
  e->nic = nic;
  e->soc = soc;
  e->mdio_done = machine_add_timer(&soc->m, on_mdio_done, e);
  e->tx_done = machine_add_timer(&soc->m, on_tx_done, e);
  e->reset_done = machine_add_timer(&soc->m, on_reset_done, e);
  e->suspend = machine_add_timer(&soc->m, on_suspend, e);
  e->context_due = machine_add_timer(&soc->m, on_context_due, e);
  on_reset_done(e);
  machine_add_device(&soc->m, (struct device){"Ethernet", base, SIZE, eqos_read, eqos_write, e});
}
