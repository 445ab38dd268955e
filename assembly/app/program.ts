// The application that runtime.ts runs. The build reads another file in the place of this one, which exports the
// application's class (host/build/app.ts).

import { App } from "./application";

export default class Program extends App {}
