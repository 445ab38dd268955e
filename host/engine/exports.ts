/** The module's functions (assembly/index.ts) with the number of their i32 arguments. The C list is generated from this. */
export const exportArguments = {
  init: 0,
  addIface: 2,
  ifaceIndex: 0,
  setIfaceFlags: 2,
  requestIfaceFlags: 2,
  openSocket: 2,
  openStack: 1,
  closeSocket: 1,
  bindSocket: 2,
  socketName: 1,
  receive: 2,
  receiveFrom: 3,
  bytesReadable: 1,
  service: 0,
  send: 2,
  sendTo: 3,
  bytesUnsent: 1,
  reapAll: 0,
  peek: 2,
  reserve: 1,
  release: 2,
  submit: 3,
  setOption: 4,
  getOption: 4,
  lastStamp: 1,
  stampSending: 2,
  socketCounters: 1,
  pollSocket: 1,
  macFilterFlags: 1,
  macFilterAddress: 2,
  setMulticast: 2,
} as const;

/** Those of a module with an application (assembly/app/runtime.ts); a module without one has none of them. */
export const appExportArguments = {
  appStart: 0,
  appAdopt: 0,
  appTimers: 1,
} as const;

export type ExportName = keyof typeof exportArguments;
export type CallName = ExportName | keyof typeof appExportArguments;

/** The functions that the module imports (assembly/port.ts), with their types as readWasm() writes them. */
export const importTypes: Readonly<Record<string, string>> = {
  "port.give": "i32 i32 ->",
  "port.take": "i32 i32 ->",
  "port.match": "i32 i32 -> i32",
};
