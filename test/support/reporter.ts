// Mocha's own report, with a last line that a person and a machine can read: "123 passed, 0 failed".
import Mocha from "mocha";

export default class Reporter extends Mocha.reporters.Spec {
  override epilogue(): void {
    super.epilogue();
    const { passes, failures, pending } = this.stats;
    if (pending > 0) console.log(`${pending} skipped: they say above what they miss`);
    console.log(`${passes} passed, ${failures} failed`);
  }
}
