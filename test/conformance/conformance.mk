conformance: node_modules/.package-lock.json ## every case on Linux and on ours; TARGET=linux|host|mps2|lm3s CASE="name"
	$(QUIET)npx tsx test/conformance/run.ts $${TARGET:+--target "$$TARGET"} $${CASE:+--case "$$CASE"}

.PHONY: conformance
