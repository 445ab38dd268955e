conformance: node_modules/.package-lock.json ## every case on Linux and on ours; ON="target ..." CASE="name"; ON=help: targets
	$(QUIET)$(TSX) test/conformance/run.ts $(if $(filter help,$(ON)),--list,$${ON:+--target "$$ON"} $${CASE:+--case "$$CASE"})

.PHONY: conformance
