/* Registers and descriptors of the newer DesignWare MAC ("Ethernet QoS") of the STM32H7, by the names of ST's reference
 * manual RM0433, chapter "Ethernet". Offsets are from the one base. */
#ifndef DWMAC_H7_REGS_H
#define DWMAC_H7_REGS_H

/* MAC */
#define MACCR 0x000
#define MACCR_RE (1u << 0)
#define MACCR_TE (1u << 1)
#define MACCR_DCRS (1u << 9)
#define MACCR_DM (1u << 13)
#define MACCR_FES (1u << 14)
#define MACCR_RESERVED (1u << 15) /* 1 after reset, to be kept */
#define MACPFR 0x008
#define MACPFR_PR (1u << 0)
#define MACPFR_HUC (1u << 1)
#define MACPFR_HMC (1u << 2)
#define MACPFR_PM (1u << 4)
#define MACPFR_PCF_ALL (2u << 6)
#define MACPFR_HPF (1u << 10)
#define MACHT0R 0x010
#define MACHT1R 0x014
#define MACIER 0x0b4
#define MACMDIOAR 0x200
#define MACMDIOAR_MB (1u << 0)
#define MACMDIOAR_GOC_WRITE (1u << 2)
#define MACMDIOAR_GOC_READ (3u << 2)
#define MACMDIOAR_CR_SHIFT 8
#define MACMDIOAR_RDA_SHIFT 16
#define MACMDIOAR_PA_SHIFT 21
#define MACMDIODR 0x204
#define MACAHR(n) (0x300 + 8 * (n))
#define MACAHR_AE (1u << 31)
#define MACALR(n) (0x304 + 8 * (n))
#define MMC_RX_INTERRUPT_MASK 0x70c
#define MMC_TX_INTERRUPT_MASK 0x710
#define MMC_ALL 0xffffffffu

#define MACTSCR 0xb00 /* and what follows it: dwmac_clock.c */
#define MACSSIR_SSINC_SHIFT 16

/* Queues */
#define MTLTXQOMR 0xd00
#define MTLTXQOMR_FTQ (1u << 0)
#define MTLTXQOMR_TSF (1u << 1)
#define MTLTXQOMR_TXQEN (2u << 2)
#define MTLTXQOMR_TQS_2048 (7u << 16)
#define MTLRXQOMR 0xd30
#define MTLRXQOMR_FUP (1u << 3)
#define MTLRXQOMR_FEP (1u << 4)
#define MTLRXQOMR_RSF (1u << 5)
#define MTLRXQOMR_RQS_2048 (7u << 20)
#define MTLRXQMPOCR 0xd34
#define MTLRXQMPOCR_OVFPKTCNT(value) ((value)&0x7ff)
#define MTLRXQMPOCR_OVFCNTOVF (1u << 11)
#define MTLRXQMPOCR_MISPKTCNT(value) ((value) >> 16 & 0x7ff)
#define MTLRXQMPOCR_MISCNTOVF (1u << 27)
#define MTLRXQMPOCR_ROUND 0x800u /* of both counters */

/* DMA */
#define DMAMR 0x1000
#define DMAMR_SWR (1u << 0)
#define DMASBMR 0x1004
#define DMASBMR_FB (1u << 0)
#define DMASBMR_AAL (1u << 12)
#define DMADSR 0x100c
#define DMADSR_RPS0 (0xfu << 8)
#define DMADSR_RPS0_SUSPENDED (4u << 8)
#define DMADSR_TPS0 (0xfu << 12)
#define DMADSR_TPS0_SUSPENDED (6u << 12)
#define DMACCR 0x1100
#define DMACTXCR 0x1104
#define DMACTXCR_ST (1u << 0)
#define DMACTXCR_TXPBL_32 (32u << 16)
#define DMACRXCR 0x1108
#define DMACRXCR_SR (1u << 0)
#define DMACRXCR_RBSZ_SHIFT 1
#define DMACRXCR_RXPBL_32 (32u << 16)
#define DMACTXDLAR 0x1114
#define DMACRXDLAR 0x111c
#define DMACTXDTPR 0x1120
#define DMACRXDTPR 0x1128
#define DMACTXRLR 0x112c
#define DMACRXRLR 0x1130
#define DMACIER 0x1134 /* bits as in DMACSR */
#define DMACSR 0x1160
#define DMACSR_TI (1u << 0)
#define DMACSR_RI (1u << 6)
#define DMACSR_RBU (1u << 7)
#define DMACSR_FBE (1u << 12)
#define DMACSR_AIS (1u << 14)
#define DMACSR_NIS (1u << 15)

/* Descriptors: four words each. */
#define DES3_OWN (1u << 31)
#define DES3_CTXT (1u << 30)
#define DES3_FD (1u << 29)
#define DES3_LD (1u << 28)
#define DES3_ES (1u << 15)
#define TDES2_IOC (1u << 31)
#define TDES2_TTSE (1u << 30)
#define TDES3_TTSS (1u << 17) /* as written back, with the time in words 0 and 1 */
#define RDES1_TSA (1u << 14)
#define RDES3_IOC (1u << 30)   /* as armed */
#define RDES3_BUF1V (1u << 24) /* as armed */
#define RDES3_RS1V (1u << 26)  /* as written back: RDES1 is valid */
#define RDES3_CE (1u << 24)    /* ... and the reasons of ES */
#define RDES3_GP (1u << 23)
#define RDES3_RWT (1u << 22)
#define RDES3_OE (1u << 21)
#define RDES3_RE (1u << 20)
#define RDES3_DE (1u << 19)
#define RDES3_PL(word) ((word)&0x7fff) /* FCS included */
#define FCS_BYTES 4u

#endif
