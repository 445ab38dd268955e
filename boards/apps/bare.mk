# Without socket layer: neither engine nor module, and of boards/pktsock only the edge to the system.
APP_BARE := 1
