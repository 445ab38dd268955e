import type { Endpoint } from "./endpoint.js";
import type { PcapngWriter } from "./pcapng.js";

/** Wraps an endpoint: writes all frames that it sends ("out") and gets ("in") to the capture, as interface `name`. */
export function recorded(endpoint: Endpoint, writer: PcapngWriter, name: string): Endpoint {
  const number = writer.addInterface(name);
  const wrapper: Endpoint = {
    onFrame: null,
    send(frame) {
      writer.frame(number, frame, "in");
      endpoint.send(frame);
    },
    close: () => endpoint.close(),
  };
  endpoint.onFrame = (frame) => {
    writer.frame(number, frame, "out");
    wrapper.onFrame?.(frame);
  };
  return wrapper;
}
