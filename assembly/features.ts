// What a build of the module may leave out: options of host/build/options.ts, which the build gives to asc when they are 0. asc
// leaves out what is behind a constant that is false.

// @ts-ignore: asc defines it
export const FILTER: bool = isDefined(NET_PKT_FILTER) ? NET_PKT_FILTER != 0 : true;
// @ts-ignore: asc defines it
export const TIMESTAMPS: bool = isDefined(NET_PKT_TIMESTAMPS) ? NET_PKT_TIMESTAMPS != 0 : true;
// @ts-ignore: asc defines it
export const ZEROCOPY: bool = isDefined(NET_PKT_ZEROCOPY) ? NET_PKT_ZEROCOPY != 0 : true;
