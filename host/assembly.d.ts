// The integer types of AssemblyScript, so that TypeScript reads assembly/abi.ts as it stands.
type u32 = number;
