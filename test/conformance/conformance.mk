conformance: node_modules/.package-lock.json ## every case on Linux and on ours; ON=linux|host|mps2|lm3s CASE="name"
	$(QUIET)npx tsx test/conformance/run.ts $${ON:+--target "$$ON"} $${CASE:+--case "$$CASE"}

.PHONY: conformance
