/** The module's functions and how many arguments each takes: PKT_EXPORTS of boards/port/engine.h. */
export const exportArguments = {
  init: 0,
  addIface: 2,
  ifaceIndex: 0,
  setIfaceFlags: 2,
  openSocket: 2,
  closeSocket: 1,
  bindSocket: 2,
  socketName: 1,
  receive: 2,
  receiveFrom: 3,
  bytesReadable: 1,
  service: 0,
  send: 2,
  sendTo: 3,
  lendReceived: 1,
  lendEmpty: 1,
  giveBack: 2,
  sendLent: 3,
  setOption: 4,
  getOption: 4,
  pollSocket: 1,
} as const;

export type ExportName = keyof typeof exportArguments;
