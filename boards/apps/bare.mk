# Without socket layer: neither engine nor module, and of boards/port only the edge to the system.
APP_BARE := 1
